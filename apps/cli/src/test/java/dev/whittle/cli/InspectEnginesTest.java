package dev.whittle.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engines that {@code inspect} lists for a graph. */
class InspectEnginesTest {
  @TempDir private Path folder;

  private String inspected(Shape left, Shape right) throws IOException {
    var graph = new GraphBuilder("main");
    Value a = graph.input("a", TensorType.FLOAT32, left);
    Value b = graph.input("b", TensorType.FLOAT32, right);
    graph.output(graph.node("less", new Less(), a, b));
    Path file = folder.resolve("model.tflite");
    Files.write(file, TfliteWriter.toBytes(graph.buildModel("")));
    return CommandRun.of("inspect", file.toString()).out();
  }

  @Test
  void listsAllEnginesIfEachHasTheKernels() throws IOException {
    String text = inspected(Shape.of(2, 3), Shape.of(3));
    assertTrue(text.contains("runs on: fast, reference, litert\n"), text);
  }

  @Test
  void leavesOutTheNativeRuntimeAndSaysWhyIfItsKernelAborts() throws IOException {
    String text = inspected(Shape.of(2, 3, 1, 2, 2), Shape.of(2, 1, 4, 2, 2));
    assertTrue(text.contains("runs on: fast, reference\n"), text);
    assertTrue(text.contains("unsupported by litert"), text);
    assertTrue(text.contains("node 0 LESS"), text);
  }
}
