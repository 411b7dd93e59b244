package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.tflite.NativeKernels;
import dev.whittle.tflite.TfliteReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The table of native kernels accepts what the native runtime is known to run. */
class NativeKernelTableTest {
  private static final Path MODELS = Path.of("../testdata/operators");
  private static final int CASES = 40;

  @Test
  void acceptsTheModelsThatTheNativeRuntimeRan() throws IOException {
    Set<String> refusals = new TreeSet<>();
    List<Path> folders;
    try (var list = Files.list(MODELS)) {
      folders = list.sorted().toList();
    }
    for (Path folder : folders) {
      refusals(TfliteReader.read(folder.resolve("model.tflite")), refusals);
    }
    assertEquals(Set.of(), refusals);
  }

  @Test
  void acceptsTheRandomCasesThatTheNativeRuntimeRuns() {
    Set<String> refusals = new TreeSet<>();
    for (CaseGenerator generator : Cases.all()) {
      if (generator.nativeKernel() == CaseGenerator.NativeKernel.RELIABLE) {
        var random = new SplittableRandom(generator.operator().hashCode());
        for (int i = 0; i < CASES; i++) {
          var builder = new CaseBuilder(random.split());
          generator.generate().accept(builder);
          refusals(builder.build().model(), refusals);
        }
      }
    }
    assertEquals(Set.of(), refusals);
  }

  private static void refusals(Model model, Set<String> refusals) {
    for (Graph graph : model.graphs()) {
      for (Node node : graph.nodes()) {
        NativeKernels.get()
            .refusal(node.op().type().name(), operands(graph, node))
            .ifPresent(refusals::add);
      }
    }
  }

  private static Operands operands(Graph graph, Node node) {
    List<@Nullable Operand> inputs = new ArrayList<>();
    node.inputs().forEach(id -> inputs.add(id == Node.ABSENT ? null : Operand.of(graph.value(id))));
    List<Operand> outputs = node.outputs().stream().map(id -> Operand.of(graph.value(id))).toList();
    return new Operands(inputs, outputs, Operands.SubgraphTypes.NONE);
  }

  @Test
  void refusesTypesAndRanksWithAReason() {
    NativeKernels kernels = NativeKernels.get();
    String types = kernels.refusal("LESS", pair(TensorType.FLOAT64, 1, 1)).orElseThrow();
    assertTrue(types.contains("float64"), types);
    String rank = kernels.refusal("LESS", pair(TensorType.FLOAT32, 5, 4)).orElseThrow();
    assertTrue(rank.contains("5"), rank);
    assertTrue(kernels.refusal("LESS", pair(TensorType.FLOAT32, 5, 5)).isEmpty());
    assertTrue(kernels.refusal("STABLEHLO_SORT", pair(TensorType.FLOAT32, 1, 1)).isPresent());
  }

  private static Operands pair(TensorType type, int rank, int otherRank) {
    return new Operands(
        List.of(operand(type, rank), operand(type, otherRank)),
        List.of(operand(TensorType.BOOL, Math.max(rank, otherRank))),
        Operands.SubgraphTypes.NONE);
  }

  private static Operand operand(TensorType type, int rank) {
    int[] dims = new int[rank];
    Arrays.fill(dims, 2);
    return new Operand("x", type, Shape.of(dims), null, null);
  }
}
