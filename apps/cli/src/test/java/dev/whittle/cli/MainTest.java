package dev.whittle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.npz.NpyArray;
import dev.whittle.npz.Npz;
import dev.whittle.tflite.TfliteReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

class MainTest {
  private static final String MODEL = "../../quality/testdata/knn/knn_sqrt_dyn.tflite";

  @TempDir Path folder;

  private static CommandRun whittle(String... arguments) {
    return CommandRun.of(arguments);
  }

  private String write(String name, Map<String, NpyArray> arrays) throws IOException {
    Path file = folder.resolve(name);
    Npz.write(file, arrays);
    return file.toString();
  }

  private static NpyArray points(int count) {
    return NpyArray.of(new float[count * 2], count, 2);
  }

  @Test
  void runWritesWhatTheModelComputes() throws IOException {
    String input = write("in.npz", Map.of("x", points(4)));
    Path output = folder.resolve("out.npz");
    CommandRun outcome = whittle("run", MODEL, "--input", input, "--output=" + output);
    assertEquals(0, outcome.status(), outcome.err());
    assertEquals("", outcome.out());
    Map<String, NpyArray> results = Npz.read(output);
    assertEquals(List.of("output_0", "output_1"), results.keySet().stream().sorted().toList());
    for (NpyArray result : results.values()) {
      assertArrayEquals(new int[] {4, 3}, result.shape());
    }
  }

  @Test
  void runPrintsWhereNoOutputIsNamed() throws IOException {
    CommandRun outcome = whittle("run", MODEL, "--input", write("in.npz", Map.of("x", points(1))));
    assertEquals(0, outcome.status(), outcome.err());
    assertTrue(outcome.out().contains("output_1: int32 [1, 3]"), outcome.out());
  }

  @Test
  void aModelThatStatesNoRankTakesAny() {
    String folder = "../../quality/testdata/operators/rank_08/";
    CommandRun outcome = whittle("run", folder + "model.tflite", "--input", folder + "in.npz");
    assertEquals(0, outcome.status(), outcome.err());
    assertTrue(outcome.out().contains("int32 [] 2"), outcome.out());
  }

  @Test
  void inputsThatDoNotFitAreExplained() throws IOException {
    CommandRun name = whittle("run", MODEL, "--input", write("name.npz", Map.of("y", points(1))));
    assertEquals(2, name.status());
    assertTrue(name.err().contains("[y]") && name.err().contains("[x]"), name.err());
    CommandRun shape =
        whittle(
            "run",
            MODEL,
            "--input",
            write("shape.npz", Map.of("x", NpyArray.of(new float[3], 1, 3))));
    assertEquals(2, shape.status());
    assertTrue(shape.err().contains("[1, 3]") && shape.err().contains("2]"), shape.err());
    CommandRun type =
        whittle(
            "run",
            MODEL,
            "--input",
            write("type.npz", Map.of("x", NpyArray.of(new double[2], 1, 2))));
    assertEquals(2, type.status());
    assertTrue(type.err().contains("float64") && type.err().contains("FLOAT32"), type.err());
  }

  @Test
  void anOutputThatCannotBeWrittenLeavesNothing() throws IOException {
    String input = write("in.npz", Map.of("x", points(1)));
    Path missing = folder.resolve("no/out.npz");
    assertEquals(
        2, whittle("run", MODEL, "--input", input, "--output", missing.toString()).status());
    assertEquals(
        2, whittle("run", MODEL, "--input", input, "--output", folder.toString()).status());
    try (var files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"none.tflite", "--no_such_option", ""})
  void wrongUsageGivesStatusTwo(String argument) {
    assertEquals(2, whittle("inspect", argument).status());
  }

  @Test
  void aBrokenModelGivesStatusOneAndAReason() throws IOException {
    Path broken = Files.write(folder.resolve("broken.tflite"), new byte[100]);
    CommandRun outcome = whittle("inspect", broken.toString());
    assertEquals(1, outcome.status());
    assertTrue(outcome.err().contains("broken.tflite"), outcome.err());
    assertEquals("", outcome.out());
  }

  @Test
  void explainTellsWhichKernelRunsEachOperatorAndWhereItsOutputsAre() {
    CommandRun outcome = whittle("inspect", "--explain", MODEL);
    assertEquals(0, outcome.status(), outcome.err());
    assertTrue(outcome.out().contains("fast: "), outcome.out());
    assertTrue(outcome.out().contains("arenas: "), outcome.out());
    assertTrue(outcome.out().contains(" of the float arena, "), outcome.out());
  }

  @Test
  void inspectTellsWhatIsInAModel() {
    CommandRun outcome = whittle("inspect", MODEL);
    assertEquals(0, outcome.status(), outcome.err());
    assertTrue(
        outcome.out().contains("TOPK_V2") && outcome.out().contains("output_1"), outcome.out());
  }

  @Test
  void jsonIsOneDocument() {
    for (String command : List.of("inspect", "bench")) {
      CommandRun outcome =
          command.equals("bench")
              ? whittle(command, MODEL, "--json", "--runs", "3")
              : whittle(command, MODEL, "--json");
      assertEquals(0, outcome.status(), outcome.err());
      try (var parser = new JsonFactory().createParser(ObjectReadContext.empty(), outcome.out())) {
        JsonToken token = parser.nextToken();
        assertTrue(token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY);
        parser.skipChildren();
        assertEquals(null, parser.nextToken(), command);
      }
    }
  }

  @Test
  void benchTellsWhatEachOperatorTakes() {
    CommandRun outcome = whittle("bench", MODEL, "--profile", "--runs", "3");
    assertEquals(0, outcome.status(), outcome.err());
    assertTrue(outcome.out().contains("operators in fast"), outcome.out());
    assertTrue(outcome.out().lines().anyMatch(l -> l.matches(".*TOPK_V2 .* us .*%.*fast: .*")));
    CommandRun json = whittle("bench", MODEL, "--profile", "--runs", "3", "--json");
    assertTrue(json.out().contains("\"operator\""), json.out());
  }

  @Test
  void optionsMayBeWrittenWithDashesOrUnderscores() throws IOException {
    Path csv = Files.writeString(folder.resolve("p.csv"), "x,y,class\n1,2,a\n3,4,b\n5,6,a\n");
    Path model = folder.resolve("p.tflite");
    CommandRun dashes =
        whittle("convert", "--knn-data=" + csv, "--label", "class", "--output-file=" + model);
    assertEquals(0, dashes.status(), dashes.err());
    assertTrue(Files.exists(model));
    CommandRun underscores =
        whittle("convert", "--knn_data", csv.toString(), "--output_file", model.toString());
    assertEquals(0, underscores.status(), underscores.err());
    String input = write("in.npz", Map.of("x", NpyArray.of(new float[] {1, 2}, 1, 2)));
    CommandRun run = whittle("run", model.toString(), "--input", input);
    assertTrue(run.out().contains("label: int32 [1] 0"), run.out());
  }

  @Test
  void badTablesAreExplainedByLine() throws IOException {
    Path csv = Files.writeString(folder.resolve("p.csv"), "x,y,class\n1,2,a\n3,nan,b\n");
    Path model = folder.resolve("p.tflite");
    CommandRun outcome =
        whittle("convert", "--knn_data", csv.toString(), "--output_file", model.toString());
    assertEquals(2, outcome.status());
    assertTrue(outcome.err().contains("line 3"), outcome.err());
    assertFalse(Files.exists(model));
    CommandRun label =
        whittle(
            "convert",
            "--knn_data",
            csv.toString(),
            "--label",
            "kind",
            "--output_file",
            model.toString());
    assertTrue(label.err().contains("kind") && label.err().contains("class"), label.err());
  }

  private static final String KERAS = "../../quality/testdata/keras/conv_bn_relu.keras";

  @Test
  void aKerasModelIsConvertedAndExplained() throws IOException {
    Path model = folder.resolve("m.tflite");
    CommandRun outcome =
        whittle(
            "convert",
            "--keras-model-file=" + KERAS,
            "--output_file",
            model.toString(),
            "--explain");
    assertEquals(0, outcome.status(), outcome.err());
    assertTrue(outcome.out().contains("BatchNormalization  MUL ADD"), outcome.out());
    assertTrue(outcome.out().contains("fold-scale: 1 times"), outcome.out());
    assertTrue(outcome.out().contains("fuse-activation: 1 times"), outcome.out());
    assertEquals(
        List.of("CONV_2D"),
        TfliteReader.read(model).mainGraph().nodes().stream()
            .map(node -> node.op().type().name())
            .toList());
  }

  @Test
  void anInputShapeIsFixedByItsName() throws IOException {
    Path model = folder.resolve("m.tflite");
    String input =
        TfliteReader.read(convert(KERAS, model)).signatures().getFirst().inputs().getFirst().name();
    CommandRun fixed =
        whittle(
            "convert",
            "--keras_model_file",
            KERAS,
            "--output_file",
            model.toString(),
            "--input_shape",
            input + ":1,8,8,3");
    assertEquals(0, fixed.status(), fixed.err());
    assertTrue(TfliteReader.read(model).mainGraph().value(0).shape().isStatic());
    CommandRun broken =
        whittle(
            "convert",
            "--keras_model_file",
            KERAS,
            "--output_file",
            model.toString(),
            "--input_shape",
            "8,8,3");
    assertEquals(2, broken.status(), broken.err());
  }

  private static Path convert(String keras, Path model) {
    CommandRun outcome =
        whittle("convert", "--keras_model_file", keras, "--output_file", model.toString());
    assertEquals(0, outcome.status(), outcome.err());
    return model;
  }

  @Test
  void aRefusedKerasModelLeavesNothingBehind() {
    Path model = folder.resolve("m.tflite");
    CommandRun outcome =
        whittle(
            "convert",
            "--keras_model_file",
            "../../quality/testdata/keras/lambda_square.keras",
            "--output_file",
            model.toString());
    assertEquals(1, outcome.status());
    assertTrue(outcome.err().contains("layer 'lambda' (Lambda)"), outcome.err());
    assertFalse(Files.exists(model));
    CommandRun missing =
        whittle("convert", "--keras_model_file", "none.keras", "--output_file", model.toString());
    assertEquals(2, missing.status());
  }

  @Test
  void aFolderWithoutASavedModelIsUnreadableInput() {
    CommandRun outcome =
        whittle(
            "convert",
            "--saved_model_dir",
            folder.toString(),
            "--output_file",
            folder.resolve("m.tflite").toString());
    assertEquals(2, outcome.status());
    assertTrue(outcome.err().contains("saved_model.pb"), outcome.err());
  }

  @Test
  void tensorFlowsCommandHasItsOptionsAndStatuses() {
    String output = folder.resolve("m.tflite").toString();
    String source = "../../quality/testdata/savedmodel/affine/saved_model";
    assertEquals(2, whittle("tflite_convert").status());
    assertEquals(0, whittle("tflite_convert", "--help").status());
    assertEquals(
        0,
        whittle("tflite_convert", "--saved-model-dir=" + source, "--output-file=" + output)
            .status());
    assertTrue(Files.exists(folder.resolve("m.tflite")));
    assertEquals(
        2,
        whittle(
                "tflite_convert",
                "--saved_model_dir=" + source,
                "--keras_model_file=x.keras",
                "--output_file=" + output)
            .status());
    assertEquals(
        1,
        whittle("tflite_convert", "--saved_model_dir=/nowhere", "--output_file=" + output)
            .status());
    assertEquals(
        2,
        whittle(
                "tflite_convert",
                "--saved_model_dir=" + source,
                "--output_file=" + output,
                "--enable_v1_converter")
            .status());
  }

  @Test
  void helpNamesEveryCommand() {
    CommandRun outcome = whittle("--help");
    assertEquals(0, outcome.status());
    for (String command : WhittleCommand.SUBCOMMANDS.keySet()) {
      assertTrue(outcome.out().contains("\n  " + command + " "), outcome.out());
    }
  }

  @Test
  void commandsAreKnownByTheirNames() {
    WhittleCommand.SUBCOMMANDS.forEach(
        (name, command) -> assertEquals(name, new CommandLine(command.get()).getCommandName()));
  }

  @Test
  void aMisspeltCommandIsExplained() {
    CommandRun outcome = whittle("inspekt", MODEL);
    assertEquals(2, outcome.status());
    assertTrue(outcome.err().contains("whittle inspect"), outcome.err());
  }
}
