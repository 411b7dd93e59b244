package dev.whittle.convert.keras.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.MalformedModelException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class NamedWeightsTest {
  private static WeightStore.Scope file(String... names) {
    List<NamedWeights.Variable> all =
        Arrays.stream(names).map(name -> new NamedWeights.Variable(name, name)).toList();
    return new NamedWeights("file", layer -> all, place -> null).root();
  }

  private static WeightStore.Scope scope(WeightStore.Scope root, String layer, String... parts) {
    WeightStore.Scope scope = root.layer(layer, layer);
    for (String part : parts) {
      scope = scope.part(part, part);
    }
    return scope;
  }

  @Test
  void prefersNameWithFewestOtherLayers() {
    var root = file("model/dense/kernel:0", "dense/kernel:0");
    assertEquals("dense/kernel:0", scope(root, "dense").variable(0, "kernel"));
    assertEquals("model/dense/kernel:0", scope(root, "model", "dense").variable(0, "kernel"));
  }

  @Test
  void findsNestedLayersWithSlashesInNames() {
    var root = file("conv1/conv/kernel:0", "conv2/conv/kernel:0");
    assertEquals("conv2/conv/kernel:0", scope(root, "base", "conv2/conv").variable(0, "kernel"));
  }

  @Test
  void assignsNumberedWeightsInOrderToUnnamedParts() {
    var root = file("bi/kernel:0", "bi/bias:0", "bi/kernel_1:0", "bi/bias_1:0");
    assertEquals("bi/kernel:0", scope(root, "bi", "forward_lstm").variable(0, "kernel"));
    assertEquals("bi/kernel_1:0", scope(root, "bi", "backward_lstm").variable(0, "kernel"));
    // Another call of the same layer.
    assertEquals("bi/kernel:0", scope(root, "bi", "forward_lstm").variable(0, "kernel"));
    assertEquals("bi/bias:0", scope(root, "bi", "forward_lstm").variable(1, "bias"));
  }

  @Test
  void findsNamesWithAppendedNumbers() {
    var root = file("dense_1_1/kernel:0", "dense_2_1/kernel:0");
    assertEquals("dense_2_1/kernel:0", scope(root, "model", "dense_2").variable(0, "kernel"));
    assertEquals("dense_1_1/kernel:0", scope(root, "model", "dense_1").variable(0, "kernel"));
  }

  @Test
  void assignsNoWeightToTwoLayers() {
    var root = file("dense_1/kernel:0", "other/kernel:0");
    assertEquals("dense_1/kernel:0", scope(root, "model", "dense").variable(0, "kernel"));
    assertNull(scope(root, "model", "dense_1").variable(0, "kernel"));
    var other = scope(root, "dense_1");
    String message =
        String.valueOf(
            assertThrows(MalformedModelException.class, () -> other.variable(0, "kernel"))
                .getMessage());
    assertTrue(message.contains("'dense_1/kernel:0' could be the weight of both"), message);
  }

  @Test
  void readsWeightsOfOtherNamesInOrder() {
    var root = file("param_0", "param_1");
    assertEquals("param_1", scope(root, "dense").variable(1, "bias"));
  }
}
