package dev.whittle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The recognition of files by their contents, and messages for files that do not fit. */
class FileContentTest {
  private static final String DATA = "../../quality/testdata/";

  @TempDir private Path folder = Path.of("");

  private final Map<FileContent, Path> files = new EnumMap<>(FileContent.class);

  private void add(FileContent content, String name, int... bytes) throws IOException {
    byte[] contents = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      contents[i] = (byte) bytes[i];
    }
    files.put(content, Files.write(folder.resolve(name), contents));
  }

  private void add(FileContent content, String name, String text) throws IOException {
    files.put(content, Files.writeString(folder.resolve(name), text, StandardCharsets.ISO_8859_1));
  }

  private void addZip(FileContent content, String name, String... entries) throws IOException {
    Path file = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(file);
        var zip = new ZipOutputStream(out)) {
      for (String entry : entries) {
        zip.putNextEntry(new ZipEntry(entry));
        zip.write(1);
        zip.closeEntry();
      }
    }
    files.put(content, file);
  }

  private void addFolder(FileContent content, String name, String... entries) throws IOException {
    Path created = Files.createDirectory(folder.resolve(name));
    for (String entry : entries) {
      Files.createDirectories(created.resolve(entry).getParent());
      Files.write(created.resolve(entry), new byte[] {1});
    }
    files.put(content, created);
  }

  /** Files with misleading names, as they are given by mistake. */
  @BeforeEach
  void writeFiles() throws IOException {
    files.put(FileContent.TFLITE, Path.of(DATA + "mnist/float32.tflite"));
    files.put(FileContent.KERAS, Path.of(DATA + "keras/ELU.keras"));
    files.put(FileContent.SAVED_MODEL, Path.of(DATA + "savedmodel/affine/saved_model"));
    files.put(
        FileContent.SAVED_MODEL_FILE,
        Path.of(DATA + "savedmodel/affine/saved_model/saved_model.pb"));
    files.put(FileContent.NPZ, Path.of(DATA + "savedmodel/affine/serving_default.in.npz"));
    files.put(FileContent.IDX_FOLDER, Path.of(DATA + "mnist"));
    add(FileContent.HDF5, "a.tflite", "\u0089HDF\r\n\u001a\n and more");
    add(FileContent.FROZEN_GRAPH, "a.keras", "\n\u000f\n\u0001x\u0012\u000bPlaceholder");
    add(FileContent.ONNX, "b.keras", "\u0008\u0007\u0012\u0007pytorch\u001a\u00051.2.0");
    add(FileContent.IMAGE, "c.keras", 0xff, 0xd8, 0xff, 0xe0, 0, 16);
    add(FileContent.NPY, "d.keras", "\u0093NUMPY\u0001\0");
    add(FileContent.PICKLE, "e.keras", 0x80, 4, 0x95, 1);
    add(FileContent.COMPRESSED, "f.keras", 0x1f, 0x8b, 8, 0);
    add(FileContent.SAFETENSORS, "g.keras", "\u0010\0\0\0\0\0\0\0{\"a\": 1}");
    add(FileContent.GGUF, "h.keras", "GGUF\u0003\0\0\0");
    add(FileContent.LFS, "i.tflite", "version https://git-lfs.github.com/spec/v1\noid x\n");
    add(FileContent.HTML, "j.tflite", "\n<!DOCTYPE html><html></html>");
    add(FileContent.TFJS_GRAPH, "k.json", "{\"format\": \"graph-model\", \"modelTopology\": {}}");
    add(FileContent.TFJS_LAYERS, "l.json", "{\"modelTopology\": {\"class_name\": \"Model\"}}");
    add(FileContent.KERAS_CONFIG, "m.json", "{\"class_name\": \"Sequential\", \"config\": {}}");
    add(FileContent.JSON, "n.json", "{\"entries\": []}");
    add(FileContent.GRAPH_TEXT, "o.pb", "node {\n  name: \"x\"\n}\n");
    add(FileContent.TEXT, "p.keras", "x,y\n1,2\n");
    add(FileContent.IDX, "q.npz", 0, 0, 8, 3, 0, 0, 0, 1);
    add(FileContent.EMPTY, "r.keras");
    add(FileContent.UNKNOWN, "s.keras", 1, 2, 3, 4, 5, 6, 7, 8, 9);
    addZip(FileContent.PYTORCH, "t.keras", "archive/data.pkl", "archive/data/0");
    addZip(FileContent.ZIP, "u.keras", "readme.md");
    addZip(FileContent.ZIPPED_SAVED_MODEL, "v.keras", "m/saved_model.pb", "m/variables/x");
    byte[] zip = Files.readAllBytes(Path.of(DATA + "keras/ELU.keras"));
    Path truncated = folder.resolve("w.keras");
    files.put(FileContent.BROKEN_ZIP, Files.write(truncated, Arrays.copyOf(zip, 1000)));
    addFolder(FileContent.TFJS_FOLDER, "tfjs", "model.json", "group1-shard1of1.bin");
    addFolder(FileContent.KERAS_FOLDER, "keras", "config.json", "model.weights.h5");
    addFolder(FileContent.CHECKPOINT, "checkpoint", "checkpoint", "model.index");
    addFolder(FileContent.IMAGE_FOLDER, "images", "cats/1.jpg");
    addFolder(FileContent.EMPTY_FOLDER, "empty");
    addFolder(FileContent.FOLDER, "folder", "notes.txt");
  }

  @Test
  void recognizesEveryKindByItsContents() throws IOException {
    for (FileContent content : FileContent.values()) {
      assertTrue(files.containsKey(content), content::name);
    }
    for (Map.Entry<FileContent, Path> file : files.entrySet()) {
      assertEquals(file.getKey(), FileContent.of(file.getValue()), file.getValue()::toString);
    }
  }

  /**
   * Commands with a file in place of {@code FILE}, and the kinds that they take. Every other kind
   * is refused with its description and without output.
   */
  @ParameterizedTest
  @CsvSource({
    "convert FILE -o OUT, KERAS HDF5 TFJS_LAYERS KERAS_CONFIG SAVED_MODEL FROZEN_GRAPH TEXT",
    "convert --graph_def_file FILE -o OUT, FROZEN_GRAPH",
    "convert --keras_model_file FILE -o OUT, KERAS HDF5 TFJS_LAYERS KERAS_CONFIG JSON",
    "convert --saved_model_dir FILE -o OUT, SAVED_MODEL",
    "convert --knn_data FILE -o OUT, TEXT",
    "tflite_convert --keras_model_file FILE --output_file OUT,"
        + " KERAS HDF5 TFJS_LAYERS KERAS_CONFIG JSON",
    "tflite_convert --saved_model_dir FILE --output_file OUT, SAVED_MODEL",
    "optimize FILE -o OUT --quantize dynamic, TFLITE",
    "optimize MODEL -o OUT --recipe FILE, JSON TFJS_LAYERS KERAS_CONFIG",
    "optimize MODEL -o OUT --quantize int8 --representative_data FILE,"
        + " NPZ IMAGE_FOLDER IDX_FOLDER",
    "run FILE --input IN, TFLITE",
    "run MODEL --input FILE, NPZ NPY",
    "inspect FILE, TFLITE",
    "bench FILE, TFLITE",
    "evaluate FILE --data IN, TFLITE KERAS HDF5 TFJS_LAYERS KERAS_CONFIG SAVED_MODEL",
    "evaluate MODEL --data FILE, NPZ IMAGE_FOLDER IDX_FOLDER",
    "doctor MODEL FILE --data IN, TFLITE KERAS HDF5 TFJS_LAYERS KERAS_CONFIG SAVED_MODEL",
    "classify IMAGE --model FILE, TFLITE",
    "classify FILE --model MODEL, IMAGE",
  })
  void aFileOfAnotherKindIsNamed(String line, String taken) throws IOException {
    for (Map.Entry<FileContent, Path> file : files.entrySet()) {
      FileContent content = file.getKey();
      if (content == FileContent.UNKNOWN
          || Arrays.asList(taken.split(" ", -1)).contains(content.name())) {
        continue;
      }
      CommandRun run = run(line, file.getValue());
      String label = line + " with " + content + ": " + run.err();
      assertEquals(line.startsWith("tflite_convert") ? 1 : 2, run.status(), label);
      assertTrue(run.err().contains("is " + content.description()), label);
      assertTrue(run.err().contains(file.getValue().toString()), label);
      assertFalse(Files.exists(folder.resolve("out.tflite")), label);
    }
  }

  private CommandRun run(String line, Path file) {
    String[] arguments = line.split(" ", -1);
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] =
          switch (arguments[i]) {
            case "FILE" -> file.toString();
            case "OUT" -> folder.resolve("out.tflite").toString();
            case "MODEL" -> DATA + "mnist/float32.tflite";
            case "IN" -> DATA + "savedmodel/affine/serving_default.in.npz";
            case "IMAGE" -> DATA + "vision/cat.jpg";
            default -> arguments[i];
          };
    }
    return CommandRun.of(arguments);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "convert FILE -o OUT",
        "convert --keras_model_file FILE -o OUT",
        "convert --saved_model_dir FILE -o OUT",
        "convert --knn_data FILE -o OUT",
        "optimize FILE -o OUT --quantize dynamic",
        "optimize MODEL -o OUT --recipe FILE",
        "optimize MODEL -o OUT --labels FILE.txt",
        "optimize MODEL -o OUT --quantize int8 --representative_data FILE",
        "run FILE --input IN",
        "run MODEL --input FILE",
        "inspect FILE",
        "bench FILE",
        "evaluate FILE --data IN",
        "evaluate MODEL --data FILE",
        "doctor FILE MODEL --data IN",
        "classify FILE --model MODEL",
        "classify IMAGE --model FILE",
        "classify IMAGE --model MODEL --labels FILE",
      })
  void aMissingFileIsAnErrorOfUsage(String line) {
    CommandRun run = run(line, Path.of("no/such.file"));
    assertEquals(2, run.status(), run.err());
    assertTrue(run.err().contains("no such file"), run.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"inspect FILE", "run FILE --input IN", "optimize FILE -o OUT --prune 0.5"})
  void aTruncatedModelIsAnErrorOfUsage(String line) throws IOException {
    byte[] model = Files.readAllBytes(Path.of(DATA + "mnist/float32.tflite"));
    for (int size : new int[] {12, 1000, model.length / 2}) {
      Path file = Files.write(folder.resolve("short.tflite"), Arrays.copyOf(model, size));
      CommandRun run = run(line, file);
      assertEquals(2, run.status(), run.err());
      assertFalse(run.err().contains("Exception") || run.err().contains("java."), run.err());
    }
  }

  @Test
  void theFolderOfASavedModelIsProposedForItsFile() {
    Path file = Path.of(DATA + "savedmodel/affine/saved_model/saved_model.pb");
    CommandRun run = run("convert --saved_model_dir FILE -o OUT", file);
    assertTrue(
        run.err().contains("expected its folder: --saved_model_dir /")
            && run.err().strip().endsWith("saved_model"),
        run.err());
  }

  @ParameterizedTest
  @CsvSource({
    "--post_training_quantize, --quantize dynamic",
    "--quantize-weights, --quantize dynamic",
    "--inference_type=QUANTIZED_UINT8, --quantize int8",
    "--mean_values=128, --representative_data",
    "--std-dev-values=127, --representative_data",
    "--default_ranges_min=0, --representative_data",
    "--change_concat_input_ranges=true, leave it out",
    "--output_format=TFLITE, leave it out",
    "--target_ops=SELECT_TF_OPS, --allow_custom_ops",
    "--savedmodel_directory=x, --saved_model_dir",
  })
  void anOptionOfTheFormerConvertersNamesItsSuccessor(String option, String successor) {
    for (String command : new String[] {"convert", "tflite_convert"}) {
      CommandRun run = CommandRun.of(command, option, "--output_file", "x.tflite");
      assertEquals(2, run.status());
      assertTrue(run.err().contains(successor), run.err());
    }
  }
}
