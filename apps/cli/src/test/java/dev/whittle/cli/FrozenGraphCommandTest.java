package dev.whittle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The conversion of frozen graphs, with the options of TensorFlow's former command. */
class FrozenGraphCommandTest {
  private static final String GRAPHS = "../../quality/testdata/frozen/";

  @TempDir private Path folder = Path.of("");

  private CommandRun convert(String command, String... arguments) {
    String[] all = new String[arguments.length + 3];
    all[0] = command;
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    all[arguments.length + 1] = "--output_file";
    all[arguments.length + 2] = model().toString();
    return CommandRun.of(all);
  }

  private Path model() {
    return folder.resolve("model.tflite");
  }

  private static void assertSays(CommandRun run, int status, String... parts) {
    assertEquals(status, run.status(), run.err());
    for (String part : parts) {
      assertTrue(run.err().contains(part), () -> "lacks '" + part + "': " + run.err());
    }
  }

  @Test
  void convertsWithTheOptionsOfTheFormerCommand() throws IOException {
    for (String command : new String[] {"convert", "tflite_convert"}) {
      CommandRun run =
          convert(
              command,
              "--graph_def_file=" + GRAPHS + "network.pb",
              "--input_arrays=image",
              "--output_arrays=scores,label",
              "--input_shapes=1,8,8,2");
      assertEquals(0, run.status(), run.err());
      String inspected = CommandRun.of("inspect", model().toString()).out();
      assertTrue(inspected.contains("image: FLOAT32[1, 8, 8, 2]"), inspected);
      Files.delete(model());
    }
    CommandRun former =
        convert(
            "tflite_convert",
            "--enable_v1_converter",
            "--graph_def_file=" + GRAPHS + "network.pb",
            "--input_arrays=image",
            "--output_arrays=scores");
    assertEquals(0, former.status(), former.err());
  }

  @Test
  void takesAnyTensorAsTheInput() {
    CommandRun run =
        convert(
            "convert",
            GRAPHS + "network.pb",
            "--input_arrays",
            "features",
            "--output_arrays",
            "scores",
            "--input_shapes",
            "?,4,4,4");
    assertEquals(0, run.status(), run.err());
  }

  @Test
  void asksForNamesAndShapes() {
    assertSays(
        convert("convert", "--graph_def_file", GRAPHS + "network.pb"),
        1,
        "--input_arrays and --output_arrays",
        "image",
        "scores");
    assertSays(
        convert(
            "convert",
            "--graph_def_file",
            GRAPHS + "network.pb",
            "--input_arrays=image",
            "--output_arrays=scores",
            "--input_shapes=1,8,8,2:1"),
        2,
        "--input_shapes states 2 shapes; expected 1");
    assertSays(
        convert(
            "convert",
            "--graph_def_file",
            GRAPHS + "network.pb",
            "--input_arrays=image",
            "--output_arrays=scores",
            "--input_shapes=1,x"),
        2,
        "'x' is no dimension");
  }

  @Test
  void refusesTextAndOtherModels() {
    assertSays(
        convert("convert", "--graph_def_file", GRAPHS + "text.pbtxt"), 2, "text form", "binary");
    assertSays(
        convert(
            "convert",
            "--saved_model_dir",
            "../../quality/testdata/savedmodel/affine/saved_model",
            "--input_arrays=x"),
        2,
        "--input_arrays",
        "--graph_def_file");
  }
}
