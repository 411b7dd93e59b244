package dev.whittle.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.evaluate.Evaluation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FineTuneConvolutionalNetworkTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void integerModelIsSmallerAndAboutAsAccurate() throws IOException {
    Evaluation evaluation =
        FineTuneConvolutionalNetwork.run(Path.of("../quality/testdata/mnist"), folder, 15);
    double floats = evaluation.results().get(0).metrics().top1();
    double integers = evaluation.results().get(1).metrics().top1();
    assertTrue(floats > 0.5, "floats: " + floats);
    assertEquals(floats, integers, 0.1);
    assertTrue(
        Files.size(folder.resolve("int8.tflite")) < Files.size(folder.resolve("float32.tflite")));
    assertTrue(Files.exists(folder.resolve("trained.keras")));
  }
}
