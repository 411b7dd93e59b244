package dev.whittle.conformance;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.Model;
import dev.whittle.tflite.TfliteWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Prints how all cases of a folder fare: for people, not a test. */
final class KerasTable {
  private KerasTable() {}

  public static void main(String[] args) throws Exception {
    try (var files = Files.list(Path.of(args[0]))) {
      List<Path> all =
          files
              .filter(f -> f.toString().endsWith(".json"))
              .filter(f -> args.length < 2 || f.getFileName().toString().matches(args[1]))
              .sorted()
              .toList();
      for (Path json : all) {
        print(json);
      }
    }
  }

  private static String difference(KerasCase one, Model model, String engine) {
    try {
      return String.valueOf(one.difference(model, engine));
    } catch (RuntimeException e) {
      return "!! " + engine + ": " + e.getMessage();
    }
  }

  private static void print(Path json) {
    String stem = json.toString().replaceFirst("\\.json$", "");
    String line = json.getFileName().toString().replaceFirst("\\.json$", "");
    try {
      KerasCase one = KerasCase.read(json);
      Path source = Path.of(stem + ".keras");
      if (!Files.exists(source)) {
        source = Path.of(stem + ".h5");
      }
      Model model = TfLiteConverter.fromKerasModel(source).convertModel().model();
      int bytes = TfliteWriter.toBytes(model).length;
      Path theirs = Path.of(stem + ".tflite");
      line += " " + bytes + "/" + (Files.exists(theirs) ? Files.size(theirs) : -1);
      for (String engine : List.of("litert", "reference")) {
        line += " " + difference(one, model, engine);
      }
    } catch (Throwable e) {
      line += " !! " + e.getClass().getSimpleName() + ": " + e.getMessage();
      if (System.getProperty("trace") != null) {
        e.printStackTrace(System.out);
      }
    }
    System.out.println(line);
  }
}
