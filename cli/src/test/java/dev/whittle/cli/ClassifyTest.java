package dev.whittle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.json.Config;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command classify, and what convert and optimize say of a model of pictures. */
class ClassifyTest {
  private static final String DATA = "../testdata/vision/";
  private static final String MODEL = DATA + "mobilenet_v2_1.0_224_quant.tflite";
  private static final String DIGITS = "../testdata/mnist/float32.tflite";

  @TempDir private Path folder = Path.of("");

  @Test
  void thePicturesAreNamed() {
    CommandRun run =
        CommandRun.of(
            "classify",
            DATA + "cat.jpg",
            DATA + "grace_hopper.jpg",
            DATA + "sunflower.jpg",
            "--model",
            MODEL,
            "--top",
            "1");
    assertEquals(0, run.status(), run.err());
    List<String> lines = run.out().lines().toList();
    assertEquals(6, lines.size(), run.out());
    assertTrue(lines.get(1).endsWith("%  Egyptian cat"), run.out());
    assertTrue(lines.get(3).endsWith("%  military uniform"), run.out());
    assertTrue(lines.get(5).endsWith("%  daisy"), run.out());
  }

  @Test
  void jsonIsOneDocument() {
    CommandRun run = CommandRun.of("classify", DATA + "cat.jpg", "--model", MODEL, "--json");
    Config document = Config.parse(run.out().getBytes(StandardCharsets.UTF_8), "the output");
    Config picture = document.objects("pictures").getFirst();
    assertEquals(3, picture.objects("results").size());
    assertEquals(286, picture.objects("results").getFirst().integer("index"));
  }

  @Test
  void whatIsSaidInTheFileNeedNotBeSaidAgain() throws IOException {
    Path labels = folder.resolve("digits.txt");
    Files.writeString(labels, "zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n");
    String output = folder.resolve("described.tflite").toString();
    CommandRun described =
        CommandRun.of(
            "optimize",
            DIGITS,
            "--output_file",
            output,
            "--labels",
            labels.toString(),
            "--normalization",
            "unit");
    assertEquals(0, described.status(), described.err());
    String seven = "../web/src/main/frontend/public/samples/seven.png";
    CommandRun run = CommandRun.of("classify", seven, "--model", output);
    assertTrue(run.out().lines().toList().get(1).endsWith("seven"), run.out());
    assertEquals("", run.err());
    CommandRun silent = CommandRun.of("classify", seven, "--model", DIGITS);
    assertTrue(silent.err().contains("does not say what it takes for pixels"), silent.err());
  }

  @Test
  void mistakesAreTold() throws IOException {
    Path labels = folder.resolve("few.txt");
    Files.writeString(labels, "only\ntwo\n");
    CommandRun few =
        CommandRun.of(
            "optimize", DIGITS, "--output_file", folder + "/x", "--labels", labels.toString());
    assertEquals(2, few.status());
    assertTrue(few.err().contains("has 2 labels, and the model 10 outputs"), few.err());
    Path text = folder.resolve("text.jpg");
    Files.writeString(text, "no picture");
    CommandRun none = CommandRun.of("classify", text.toString(), "--model", MODEL);
    assertEquals(2, none.status());
    assertTrue(none.err().contains("is no JPEG, PNG, WebP, BMP or GIF picture"), none.err());
    CommandRun region =
        CommandRun.of("classify", DATA + "cat.jpg", "--model", MODEL, "--region", "1,2");
    assertEquals(2, region.status());
    CommandRun other =
        CommandRun.of(
            "classify", DATA + "cat.jpg", "--model", "../testdata/knn/../mnist/int16x8.tflite");
    assertEquals(1, other.status(), other.err());
  }
}
