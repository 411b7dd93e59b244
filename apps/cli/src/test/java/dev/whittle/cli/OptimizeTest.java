package dev.whittle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.npz.NpyArray;
import dev.whittle.npz.Npz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands optimize, evaluate and doctor on the digit network. */
class OptimizeTest {
  private static final String MODEL = "../../quality/testdata/mnist/float32.tflite";
  private static final String DIGITS = "../../quality/testdata/mnist";

  @TempDir private Path folder = Path.of("");

  private static CommandRun whittle(String... arguments) {
    return CommandRun.of(arguments);
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private CommandRun optimize(String output, String... options) {
    String[] all = new String[options.length + 4];
    all[0] = "optimize";
    all[1] = MODEL;
    all[2] = "--output_file";
    all[3] = file(output);
    System.arraycopy(options, 0, all, 4, options.length);
    return whittle(all);
  }

  @Test
  void quantizesEvaluatesAndDiagnoses() throws IOException {
    CommandRun optimized =
        optimize(
            "int8.tflite",
            "--quantize",
            "int8",
            "--head",
            "int8",
            "--representative-data",
            DIGITS,
            "--output_recipe",
            file("used.json"));
    assertEquals(0, optimized.status(), optimized.err());
    assertTrue(optimized.out().contains("zipped"), optimized.out());
    assertTrue(optimized.err().contains("too coarse"), optimized.err());

    CommandRun evaluated =
        whittle(
            "evaluate",
            MODEL,
            file("int8.tflite"),
            "--data",
            DIGITS,
            "--samples",
            "100",
            "--runs",
            "2",
            "--json",
            "--report",
            file("report.html"));
    assertEquals(0, evaluated.status(), evaluated.err());
    assertTrue(evaluated.out().contains("\"top1\":"), evaluated.out());
    String page = Files.readString(folder.resolve("report.html"));
    assertTrue(page.contains("<svg") && page.contains("Confusion"));

    CommandRun diagnosed =
        whittle(
            "doctor",
            MODEL,
            file("int8.tflite"),
            "--data",
            DIGITS,
            "--samples",
            "200",
            "--output_recipe",
            file("recipe.json"),
            "--report",
            file("doctor.html"));
    assertEquals(0, diagnosed.status(), diagnosed.err());
    assertTrue(diagnosed.out().contains("LOGISTIC"), diagnosed.out());

    CommandRun treated =
        optimize(
            "treated.tflite", "--recipe", file("recipe.json"), "--representative_data", DIGITS);
    assertEquals(0, treated.status(), treated.err());
  }

  @ParameterizedTest
  @CsvSource({
    "'--quantize dynamic', 112000",
    "'--quantize float16', 213000",
    "'--quantize weights_int4', 60000",
    "'--quantize weights_int8 --block_size 16', 190000",
    "'--prune 0.8:1x4 --sparse_tensors', 100000",
    "'--prune 2:4 --cluster 16 --quantize dynamic', 112000",
    "'--quantize auto --representative_data ../../quality/testdata/mnist --max_loss 2', 113000",
  })
  void reducesTheSizeOfTheModel(String options, long maxBytes) throws IOException {
    CommandRun run = optimize("small.tflite", options.split(" ", -1));
    assertEquals(0, run.status(), run.err());
    long bytes = Files.size(folder.resolve("small.tflite"));
    assertTrue(bytes <= maxBytes, () -> options + ": " + bytes + " bytes");
  }

  @Test
  void measuresFourBitWeightsAndListsAllModes() {
    CommandRun four = optimize("four.tflite", "--quantize", "weights_int4");
    assertTrue(four.err().contains("4-bit weights lose"), four.err());
    CommandRun automatic =
        optimize(
            "auto.tflite",
            "--quantize",
            "auto",
            "--representative_data",
            DIGITS,
            "--representative_samples",
            "64",
            "--criterion",
            "error");
    assertEquals(0, automatic.status(), automatic.err());
    assertTrue(automatic.err().contains("points of relative error"), automatic.err());
    assertTrue(automatic.err().contains("dynamic: "), automatic.err());
    assertTrue(automatic.err().contains("none: "), automatic.err());
  }

  @ParameterizedTest
  @CsvSource({
    "'--quantize int8', 1, no calibration data",
    "'--quantize fast', 2, expected none",
    "'', 2, nothing to do",
    "'--prune 1.5', 2, sparsity must be",
    "'--prune 0.5 --sparsity_layers none', 2, no float weights",
    "'--cluster 1', 2, clusters must be",
    "'--quantize int8 --representative_data /no/such', 2, no such file",
    "'--recipe x.json', 2, there is no such file",
    "'--quantize int8 --calibration_method median', 2, no calibration method",
    "'--quantize int8 --head none', 2, expected one of",
    "'--quantize auto', 2, needs --representative_data",
    "'--quantize int8 --representative_data x --representative_samples 0', 2, at least 1",
    "'--quantize auto --representative_data x --max_loss -1', 2, expected 0 or more",
  })
  void rejectsImpossibleOptions(String options, int status, String message) {
    CommandRun run =
        options.isEmpty()
            ? optimize("none.tflite")
            : optimize("none.tflite", options.split(" ", -1));
    assertEquals(status, run.status(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertFalse(Files.exists(folder.resolve("none.tflite")));
  }

  @Test
  void rejectsDataOfOtherNamesShapesAndValues() throws IOException {
    Path other = folder.resolve("other.npz");
    NpyArray images = NpyArray.of(new float[8 * 784], 8, 784);
    Npz.write(other, Map.of("first", images, "second", images));
    CommandRun wrongName =
        optimize("none.tflite", "--quantize", "int8", "--representative_data", other.toString());
    assertEquals(2, wrongName.status());
    assertTrue(wrongName.err().contains("may be any of"), wrongName.err());
    Npz.write(other, Map.of("input_layer", NpyArray.of(new float[8 * 100], 8, 10, 10)));
    CommandRun wrongShape =
        optimize("none.tflite", "--quantize", "int8", "--representative_data", other.toString());
    assertEquals(2, wrongShape.status(), wrongShape.err());
    float[] bad = new float[2 * 784];
    bad[900] = Float.NaN;
    Npz.write(other, Map.of("input_layer", NpyArray.of(bad, 2, 28, 28)));
    CommandRun notNumbers =
        optimize("none.tflite", "--quantize", "int8", "--representative_data", other.toString());
    assertEquals(2, notNumbers.status(), notNumbers.err());
    assertTrue(notNumbers.err().contains("not finite"), notNumbers.err());
  }
}
