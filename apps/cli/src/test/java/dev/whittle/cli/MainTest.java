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
  void runWritesTheOutputs() throws IOException {
    String input = write("in.npz", Map.of("x", points(4)));
    Path output = folder.resolve("out.npz");
    CommandRun run = whittle("run", MODEL, "--input", input, "--output=" + output);
    assertEquals(0, run.status(), run.err());
    assertEquals("", run.out());
    Map<String, NpyArray> results = Npz.read(output);
    assertEquals(List.of("output_0", "output_1"), results.keySet().stream().sorted().toList());
    for (NpyArray result : results.values()) {
      assertArrayEquals(new int[] {4, 3}, result.shape());
    }
  }

  @Test
  void runPrintsTheOutputsWithoutAnOutputFile() throws IOException {
    CommandRun run = whittle("run", MODEL, "--input", write("in.npz", Map.of("x", points(1))));
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("output_1: int32 [1, 3]"), run.out());
  }

  @Test
  void runAcceptsAnyRankForAnUnknownRank() {
    String folder = "../../quality/testdata/operators/rank_08/";
    CommandRun run = whittle("run", folder + "model.tflite", "--input", folder + "in.npz");
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("int32 [] 2"), run.out());
  }

  @Test
  void leavesNoFileIfTheOutputCannotBeWritten() throws IOException {
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
  void exitsWithStatus2AfterWrongUsage(String argument) {
    assertEquals(2, whittle("inspect", argument).status());
  }

  @Test
  void exitsWithStatus2AndTheReasonForABrokenModel() throws IOException {
    Path broken = Files.write(folder.resolve("broken.tflite"), new byte[100]);
    CommandRun run = whittle("inspect", broken.toString());
    assertEquals(2, run.status());
    assertTrue(run.err().contains("broken.tflite"), run.err());
    assertEquals("", run.out());
  }

  @Test
  void inspectExplainsKernelsAndMemory() {
    CommandRun run = whittle("inspect", "--explain", MODEL);
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("fast: "), run.out());
    assertTrue(run.out().contains("arenas: "), run.out());
    assertTrue(run.out().contains(" of the float arena, "), run.out());
  }

  @Test
  void inspectShowsOperatorsAndOutputs() {
    CommandRun run = whittle("inspect", MODEL);
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("TOPK_V2") && run.out().contains("output_1"), run.out());
  }

  @Test
  void printsOneJsonDocument() {
    for (String command : List.of("inspect", "bench")) {
      CommandRun run =
          command.equals("bench")
              ? whittle(command, MODEL, "--json", "--runs", "3")
              : whittle(command, MODEL, "--json");
      assertEquals(0, run.status(), run.err());
      try (var parser = new JsonFactory().createParser(ObjectReadContext.empty(), run.out())) {
        JsonToken token = parser.nextToken();
        assertTrue(token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY);
        parser.skipChildren();
        assertEquals(null, parser.nextToken(), command);
      }
    }
  }

  @Test
  void benchProfilesOperators() {
    CommandRun run = whittle("bench", MODEL, "--profile", "--runs", "3");
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("operators in fast"), run.out());
    assertTrue(run.out().lines().anyMatch(l -> l.matches(".*TOPK_V2 .* us .*%.*fast: .*")));
    CommandRun json = whittle("bench", MODEL, "--profile", "--runs", "3", "--json");
    assertTrue(json.out().contains("\"operator\""), json.out());
  }

  @Test
  void acceptsOptionsWithDashesAndUnderscores() throws IOException {
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
  void rejectsBrokenTablesWithTheLine() throws IOException {
    Path csv = Files.writeString(folder.resolve("p.csv"), "x,y,class\n1,2,a\n3,nan,b\n");
    Path model = folder.resolve("p.tflite");
    CommandRun run =
        whittle("convert", "--knn_data", csv.toString(), "--output_file", model.toString());
    assertEquals(2, run.status());
    assertTrue(run.err().contains("line 3"), run.err());
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
  void convertsAndExplainsAKerasModel() throws IOException {
    Path model = folder.resolve("m.tflite");
    CommandRun run =
        whittle(
            "convert",
            "--keras-model-file=" + KERAS,
            "--output_file",
            model.toString(),
            "--explain");
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("BatchNormalization  MUL ADD"), run.out());
    assertTrue(run.out().contains("fold-scale: 1 times"), run.out());
    assertTrue(run.out().contains("fuse-activation: 1 times"), run.out());
    assertEquals(
        List.of("CONV_2D"),
        TfliteReader.read(model).mainGraph().nodes().stream()
            .map(node -> node.op().type().name())
            .toList());
  }

  @Test
  void fixesTheShapeOfAnInputByName() throws IOException {
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
    CommandRun run =
        whittle("convert", "--keras_model_file", keras, "--output_file", model.toString());
    assertEquals(0, run.status(), run.err());
    return model;
  }

  @Test
  void leavesNoFileAfterAnUnsupportedKerasModel() {
    Path model = folder.resolve("m.tflite");
    CommandRun run =
        whittle(
            "convert",
            "--keras_model_file",
            "../../quality/testdata/keras/lambda_square.keras",
            "--output_file",
            model.toString());
    assertEquals(1, run.status());
    assertTrue(run.err().contains("layer 'lambda' (Lambda)"), run.err());
    assertFalse(Files.exists(model));
    CommandRun missing =
        whittle("convert", "--keras_model_file", "none.keras", "--output_file", model.toString());
    assertEquals(2, missing.status());
  }

  @Test
  void rejectsAFolderWithoutASavedModel() {
    CommandRun run =
        whittle(
            "convert",
            "--saved_model_dir",
            folder.toString(),
            "--output_file",
            folder.resolve("m.tflite").toString());
    assertEquals(2, run.status());
    assertTrue(run.err().contains("saved_model.pb"), run.err());
  }

  @Test
  void tfliteConvertHasTheOptionsAndStatusesOfTensorFlow() {
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
  void helpListsAllCommands() {
    CommandRun run = whittle("--help");
    assertEquals(0, run.status());
    for (String command : WhittleCommand.SUBCOMMANDS.keySet()) {
      assertTrue(run.out().contains("\n  " + command + " "), run.out());
    }
  }

  @Test
  void registersCommandsByTheirNames() {
    WhittleCommand.SUBCOMMANDS.forEach(
        (name, command) -> assertEquals(name, new CommandLine(command.get()).getCommandName()));
  }

  @Test
  void suggestsACommandForAMisspelledOne() {
    CommandRun run = whittle("inspekt", MODEL);
    assertEquals(2, run.status());
    assertTrue(run.err().contains("whittle inspect"), run.err());
  }
}
