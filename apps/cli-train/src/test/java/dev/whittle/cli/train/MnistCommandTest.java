package dev.whittle.cli.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.runtime.Interpreter;
import dev.whittle.tflite.TfliteReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MnistCommandTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void shortExperimentPrintsAllVariantsAndWritesTheModels() throws IOException {
    Path models = folder.resolve("models");
    Path report = folder.resolve("report.html");
    var output = new ByteArrayOutputStream();
    PrintStream standardOutput = System.out;
    System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
    int status;
    try {
      status =
          new CommandLine(new ExperimentCommand())
              .execute(
                  "mnist",
                  "--short",
                  "--data",
                  "../../quality/testdata/mnist",
                  "--output_dir",
                  models.toString(),
                  "--report",
                  report.toString());
    } finally {
      System.setOut(standardOutput);
    }
    assertEquals(0, status);
    List<String> lines = output.toString(StandardCharsets.UTF_8).lines().toList();
    assertTrue(lines.getFirst().contains("converted %"), lines::toString);
    for (String variant :
        List.of("float32", "int16x8", "QAT int8", "pruned 90 %", "clustered 16, linear")) {
      assertTrue(lines.stream().anyMatch(l -> l.startsWith(variant)), variant);
    }
    assertTrue(Files.readString(report).contains("<svg"), "charts");
    try (var files = Files.list(models)) {
      assertEquals(lines.size(), files.count(), "a file for each variant, and the Keras file");
    }
    Path smallest = models.resolve("pruned-80-clustered-qat-int8.tflite");
    try (Interpreter interpreter = Interpreter.of(TfliteReader.read(smallest))) {
      interpreter.invoke();
      assertEquals(10, interpreter.getOutputTensor(0).elements());
    }
    assertTrue(Files.size(models.resolve("float32.keras")) > 300_000);
  }

  @Test
  void rejectsAFolderWithoutDigits() {
    assertEquals(
        1,
        new CommandLine(new ExperimentCommand())
            .setExecutionExceptionHandler((e, command, result) -> e instanceof IOException ? 1 : 7)
            .execute("mnist", "--data", folder.toString()));
  }
}
