package dev.whittle.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Kinds of files and folders, recognized by their contents and never by their names. Each has a
 * description, and advice on the option or command that takes it.
 */
enum FileContent {
  TFLITE(
      "a TensorFlow Lite model",
      "'whittle run', 'inspect' and 'optimize' take it without conversion"),
  KERAS("a Keras model", "'whittle convert --keras_model_file' converts it"),
  HDF5("an HDF5 file", "if it is a Keras model, 'whittle convert --keras_model_file' converts it"),
  KERAS_FOLDER(
      "the folder of an unpacked .keras archive", "zip its contents, and name the archive"),
  KERAS_CONFIG(
      "the configuration of a Keras model without weights",
      "name the file with the weights, and this one with --keras_config"),
  TFJS_LAYERS(
      "the model.json of a Keras model in TensorFlow.js",
      "'whittle convert --keras_model_file' converts it"),
  TFJS_FOLDER(
      "the folder of a TensorFlow.js model",
      "name the model.json in it: 'whittle convert --keras_model_file' converts it"),
  TFJS_GRAPH(
      "a graph model of TensorFlow.js",
      "convert the Keras model or the SavedModel that it was made from"),
  SAVED_MODEL("the folder of a SavedModel", "'whittle convert --saved_model_dir' converts it"),
  SAVED_MODEL_FILE(
      "the file saved_model.pb of a SavedModel", "name its folder: --saved_model_dir takes that"),
  FROZEN_GRAPH(
      "a frozen graph of TensorFlow 1", "'whittle convert --graph_def_file' is the option for it"),
  GRAPH_TEXT("a TensorFlow graph in text form", "write it in binary form"),
  ONNX(
      "an ONNX model",
      "export the model to Keras or to a SavedModel first, for example with onnx2tf"),
  PYTORCH(
      "a PyTorch file",
      "export the model to a SavedModel first, for example through ONNX with onnx2tf"),
  PICKLE("a pickled Python object", "save the model in a format of Keras or as a SavedModel"),
  SAFETENSORS("a file of weights in the safetensors format", "export the whole model"),
  GGUF("a language model in the GGUF format", "Whittle does not convert such models"),
  CHECKPOINT(
      "a TensorFlow checkpoint, which has weights but no graph",
      "export the model: model.export(folder) or model.save(file)"),
  NPZ(
      "an archive of NumPy arrays",
      "it is data for --representative_data, for --data, or for --input of 'whittle run'"),
  NPY("a NumPy array", "it is data for --input of 'whittle run'"),
  IMAGE("an image", "'whittle classify' takes images"),
  IMAGE_FOLDER("a folder of images", "it is data for --representative_data or --data"),
  IDX("an idx file, as of MNIST", "name its folder as --representative_data or --data"),
  IDX_FOLDER(
      "a folder of idx files, as of MNIST", "it is data for --representative_data or --data"),
  ZIPPED_SAVED_MODEL("a SavedModel in a zip archive", "unpack it, and name its folder"),
  ZIP("a zip archive that is no Keras model", "unpack it first"),
  BROKEN_ZIP("a truncated or damaged zip archive", "copy or download it again"),
  COMPRESSED("a compressed file or archive", "unpack it first"),
  LFS("a Git LFS pointer", "run 'git lfs pull'"),
  HTML("an HTML or XML page", "the download seems to have failed"),
  JSON("a JSON file", ""),
  TEXT("a text file", ""),
  EMPTY("an empty file", "copy or download it again"),
  EMPTY_FOLDER("an empty folder", ""),
  FOLDER("a folder", "name a file in it"),
  UNKNOWN("a file of an unknown kind", "");

  /** Bytes that are read to recognize a file. */
  private static final int HEAD = 1 << 16;

  private static final Pattern KERAS_LAYERS = Pattern.compile("\"class_name\"\\s*:");

  private final String description;
  private final String advice;

  FileContent(String description, String advice) {
    this.description = description;
    this.advice = advice;
  }

  /** Returns the kind as a noun phrase with its article. */
  String description() {
    return description;
  }

  /** Returns the option or command for the kind, as a clause; empty if there is none. */
  String advice() {
    return advice;
  }

  /**
   * Recognizes a file or folder that exists.
   *
   * @throws IOException if it cannot be read
   */
  static FileContent of(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      return ofFolder(path);
    }
    byte[] head;
    try (InputStream in = Files.newInputStream(path)) {
      head = in.readNBytes(HEAD);
    }
    if (head.length == 0) {
      return EMPTY;
    }
    String bytes = new String(head, StandardCharsets.ISO_8859_1);
    return bytes.startsWith("PK") ? ofZip(path) : ofBytes(bytes);
  }

  private static FileContent ofBytes(String bytes) {
    if (bytes.startsWith("TFL3", 4)) {
      return TFLITE;
    }
    if (bytes.startsWith("\u0089HDF\r\n")) {
      return HDF5;
    }
    if (bytes.startsWith("\u0093NUMPY")) {
      return NPY;
    }
    if (isImage(bytes)) {
      return IMAGE;
    }
    if (bytes.startsWith("\u001f\u008b")
        || bytes.startsWith("BZh")
        || bytes.startsWith("\u00fd7zXZ")
        || bytes.startsWith("7z\u00bc\u00af")
        || bytes.startsWith("ustar", 257)) {
      return COMPRESSED;
    }
    if (bytes.startsWith("version https://git-lfs")) {
      return LFS;
    }
    if (bytes.startsWith("GGUF")) {
      return GGUF;
    }
    if (bytes.startsWith("{\"", 8) && bytes.startsWith("\0\0", 6)) {
      return SAFETENSORS;
    }
    if (bytes.startsWith("\0\0\u0008\u0001") || bytes.startsWith("\0\0\u0008\u0003")) {
      return IDX;
    }
    if (bytes.length() > 1 && bytes.charAt(0) == 0x80 && bytes.charAt(1) <= 5) {
      return PICKLE;
    }
    FileContent message = ofMessage(bytes);
    return message == UNKNOWN ? ofText(bytes) : message;
  }

  private static boolean isImage(String bytes) {
    return bytes.startsWith("\u00ff\u00d8\u00ff")
        || bytes.startsWith("\u0089PNG")
        || bytes.startsWith("GIF8")
        || (bytes.startsWith("RIFF") && bytes.startsWith("WEBP", 8))
        || bytes.startsWith("II*\0")
        || bytes.startsWith("MM\0*")
        // A bitmap's header is at most 138 bytes; its size is a number of four bytes.
        || (bytes.startsWith("BM") && bytes.startsWith("\0\0\0\0", 6));
  }

  /** Recognizes Protocol Buffers by their first fields. */
  private static FileContent ofMessage(String bytes) {
    if (bytes.length() < 4) {
      return UNKNOWN;
    }
    char version = bytes.charAt(1);
    if (bytes.charAt(0) == 0x08 && version < 0x80) {
      // SavedModel: saved_model_schema_version 1, then meta_graphs. ONNX: ir_version 3 or more.
      if (version == 1) {
        return bytes.charAt(2) == 0x12 ? SAVED_MODEL_FILE : UNKNOWN;
      }
      return version > 1 && "\u0012\u001a\"(2:B".indexOf(bytes.charAt(2)) >= 0 ? ONNX : UNKNOWN;
    }
    return isGraphDef(bytes) ? FROZEN_GRAPH : UNKNOWN;
  }

  /** Returns whether a message begins with a NodeDef: {@code 1: {1: name, 2: operation}}. */
  private static boolean isGraphDef(String bytes) {
    if (bytes.charAt(0) != 0x0a) {
      return false;
    }
    int at = 1;
    while (at < bytes.length() && bytes.charAt(at) >= 0x80) {
      at++;
    }
    at++;
    if (at + 2 >= bytes.length() || bytes.charAt(at) != 0x0a) {
      return false;
    }
    int name = at + 2;
    int operation = name + bytes.charAt(at + 1);
    return bytes.charAt(at + 1) < 0x80
        && operation + 2 < bytes.length()
        && bytes.substring(name, operation).chars().allMatch(c -> c > ' ' && c < 0x7f)
        && bytes.charAt(operation) == 0x12
        && Character.isLetter(bytes.charAt(operation + 2));
  }

  private static FileContent ofText(String bytes) {
    boolean isText = bytes.chars().noneMatch(c -> c < ' ' && "\t\n\r\f".indexOf(c) < 0);
    String text = bytes.stripLeading();
    if (!isText) {
      return UNKNOWN;
    }
    if (text.startsWith("{") || text.startsWith("[")) {
      if (text.contains("\"graph-model\"")) {
        return TFJS_GRAPH;
      }
      if (text.contains("\"modelTopology\"") || text.contains("\"layers-model\"")) {
        return TFJS_LAYERS;
      }
      return KERAS_LAYERS.matcher(text).find() ? KERAS_CONFIG : JSON;
    }
    if (text.startsWith("<")) {
      return HTML;
    }
    return text.startsWith("node {") || text.startsWith("saved_model_schema_version")
        ? GRAPH_TEXT
        : TEXT;
  }

  private static FileContent ofZip(Path path) {
    try (var zip = new ZipFile(path.toFile())) {
      List<String> names = zip.stream().map(ZipEntry::getName).limit(100_000).toList();
      if (names.contains("model.weights.h5") || names.contains("config.json")) {
        return KERAS;
      }
      if (!names.isEmpty() && names.stream().allMatch(name -> name.endsWith(".npy"))) {
        return NPZ;
      }
      if (any(names, name -> name.endsWith("data.pkl") || name.endsWith("constants.pkl"))) {
        return PYTORCH;
      }
      return any(names, name -> name.endsWith("saved_model.pb")) ? ZIPPED_SAVED_MODEL : ZIP;
    } catch (IOException | IllegalArgumentException e) {
      // The archive's directory is at its end; a name in it may be malformed.
      return BROKEN_ZIP;
    }
  }

  private static boolean any(List<String> names, Predicate<String> condition) {
    return names.stream().anyMatch(condition);
  }

  private static FileContent ofFolder(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> entries = Files.list(folder)) {
      files = entries.limit(10_000).toList();
    }
    List<String> names = files.stream().map(FileContent::name).toList();
    if (names.isEmpty()) {
      return EMPTY_FOLDER;
    }
    if (any(names, name -> name.equals("saved_model.pb") || name.equals("saved_model.pbtxt"))) {
      return SAVED_MODEL;
    }
    if (names.contains("model.json")) {
      return TFJS_FOLDER;
    }
    if (names.contains("model.weights.h5") && names.contains("config.json")) {
      return KERAS_FOLDER;
    }
    if (any(names, name -> name.contains("idx3-ubyte") || name.contains("idx1-ubyte"))) {
      return IDX_FOLDER;
    }
    if (names.contains("checkpoint") || any(names, name -> name.endsWith(".index"))) {
      return CHECKPOINT;
    }
    for (Path file : files) {
      if (Files.isDirectory(file) ? containsImages(file) : hasImageName(name(file))) {
        return IMAGE_FOLDER;
      }
    }
    return FOLDER;
  }

  private static boolean containsImages(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.limit(1000).anyMatch(file -> hasImageName(name(file)));
    }
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
  }

  private static boolean hasImageName(String name) {
    return Stream.of(".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp").anyMatch(name::endsWith);
  }
}
