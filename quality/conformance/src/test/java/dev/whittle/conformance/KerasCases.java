package dev.whittle.conformance;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.Node;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The Keras models in {@code testdata} and their lines in {@code docs/keras-layers.md}. */
final class KerasCases {
  static final Path DOCUMENT = Path.of("../../docs/keras-layers.md");
  private static final List<Path> FOLDERS =
      List.of(Path.of("../testdata/keras"), Path.of("../testdata/keras-more"));
  private static final String REFUSED = "refused.txt";
  private static final String SIZES = "tensorflow-sizes.txt";

  private KerasCases() {}

  /** Returns the model files, with and without recorded outputs. */
  static List<Path> sources() {
    List<Path> sources = new ArrayList<>();
    for (Path folder : FOLDERS) {
      try (var files = Files.walk(folder, 2)) {
        files.filter(KerasCases::isSource).sorted().forEach(sources::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return sources;
  }

  private static boolean isSource(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.endsWith(".keras") || name.endsWith(".h5") || name.equals("model.json");
  }

  static String name(Path source) {
    boolean tfjs = source.endsWith("model.json");
    Path named = tfjs ? source.getParent() : source;
    return String.valueOf(named == null ? source : named.getFileName())
        .replaceFirst("\\.(keras|h5)$", "");
  }

  private static Path folder(Path source) {
    Path folder =
        source.endsWith("model.json")
            ? source.resolve("../..").normalize()
            : source.resolveSibling("");
    return folder;
  }

  /** Returns the inputs and outputs that Keras recorded, or null if there are none. */
  static @Nullable KerasCase expectation(Path source) throws IOException {
    Path json = folder(source).resolve(name(source) + ".json");
    return Files.exists(json) ? KerasCase.read(json) : null;
  }

  /** Returns the reason for which the converter must refuse a model, or null if it must not. */
  static @Nullable String refusal(Path source) throws IOException {
    return lines(folder(source).resolve(REFUSED)).get(name(source));
  }

  /** Returns the size of the file of TensorFlow's converter, or null if it refuses the model. */
  static @Nullable Long tensorFlowBytes(Path source) throws IOException {
    Path file = folder(source).resolve(name(source) + ".tflite");
    if (Files.exists(file)) {
      return Files.size(file);
    }
    String recorded = lines(folder(source).resolve(SIZES)).get(name(source));
    return recorded == null ? null : Long.valueOf(recorded);
  }

  private static Map<String, String> lines(Path file) throws IOException {
    Map<String, String> lines = new HashMap<>();
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        int space = line.indexOf(' ');
        if (!line.startsWith("#") && space > 0) {
          lines.put(line.substring(0, space), line.substring(space + 1));
        }
      }
    }
    return lines;
  }

  /** Returns a case's line in the document, without the differences at its end. */
  static String line(Path source, Model model) throws IOException {
    Long tensorFlowBytes = tensorFlowBytes(source);
    String operators =
        model.graphs().stream().map(KerasCases::operators).collect(Collectors.joining(" // "));
    return String.format(
        Locale.ROOT,
        "| %s | %s | %d | %s |",
        name(source),
        operators.isEmpty() ? "(none)" : operators,
        TfliteWriter.toBytes(model).length,
        tensorFlowBytes == null ? "" : tensorFlowBytes);
  }

  private static String operators(Graph graph) {
    List<String> names = new ArrayList<>();
    for (Node node : graph.nodes()) {
      String name = node.op().type().name();
      String last = names.isEmpty() ? "" : names.getLast().replaceFirst(" ×.*", "");
      if (last.equals(name)) {
        String entry = names.removeLast();
        int count = entry.contains("×") ? Integer.parseInt(entry.replaceFirst(".*×", "")) : 1;
        names.add(name + " ×" + (count + 1));
      } else {
        names.add(name);
      }
    }
    return String.join(" ", names);
  }

  /** Writes the table of the document. */
  static void writeDocument() throws IOException {
    var text =
        new StringBuilder(Files.readString(DOCUMENT).replaceFirst("(?s)\n\\| case .*", "\n"));
    text.append("| case | operators | bytes | TensorFlow's bytes | reference | native |\n");
    text.append("|---|---|---|---|---|---|\n");
    for (Path source : sources()) {
      String refusal = refusal(source);
      if (refusal != null) {
        text.append("| ").append(name(source)).append(" | refused: ").append(refusal);
        text.append(" | | | | |\n");
        continue;
      }
      Model model = TfLiteConverter.fromKerasModel(source).convertModel().model();
      text.append(line(source, model));
      KerasCase expected = expectation(source);
      for (String engine : List.of("reference", "litert")) {
        text.append(' ')
            .append(expected == null ? "" : difference(expected, model, engine))
            .append(" |");
      }
      text.append('\n');
    }
    Files.writeString(DOCUMENT, text);
  }

  private static String difference(KerasCase expected, Model model, String engine) {
    try {
      double difference = expected.difference(model, engine);
      return difference == 0 ? "0" : String.format(Locale.ROOT, "%.0e", difference);
    } catch (ModelException e) {
      return "does not run";
    }
  }
}
