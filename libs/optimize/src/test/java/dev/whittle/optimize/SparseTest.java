package dev.whittle.optimize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.Model;
import dev.whittle.optimize.sparse.Pruning;
import dev.whittle.optimize.sparse.SparseEncoding;
import dev.whittle.optimize.sparse.WeightClustering;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SparseTest {
  private static final Model MODEL = TestModels.threeLayers(7, false);

  private static float[] weights(Model model, String name) {
    return Objects.requireNonNull(
            model.mainGraph().values().stream()
                .filter(v -> v.name().equals(name))
                .findFirst()
                .orElseThrow()
                .contents())
        .toFloats();
  }

  private static int zeros(float[] weights, int from, int to) {
    int zeros = 0;
    for (int i = from; i < to; i++) {
      zeros += weights[i] == 0 ? 1 : 0;
    }
    return zeros;
  }

  @Test
  void zeroesTheSmallestWeights() {
    float[] before = weights(MODEL, "b/weights");
    float[] after = weights(new Pruning.Unstructured(0.75).apply(MODEL, null), "b/weights");
    assertEquals(before.length * 3 / 4, zeros(after, 0, after.length));
    float minKept = Float.POSITIVE_INFINITY;
    float maxPruned = 0;
    for (int i = 0; i < after.length; i++) {
      if (after[i] == 0) {
        maxPruned = Math.max(maxPruned, Math.abs(before[i]));
      } else {
        minKept = Math.min(minKept, Math.abs(after[i]));
      }
    }
    assertTrue(maxPruned <= minKept);
  }

  @Test
  void zeroesWholeBlocks() {
    float[] after = weights(new Pruning.Blocks(2, 4, 0.5).apply(MODEL, null), "b/weights");
    int columns = 64;
    int empty = 0;
    for (int row = 0; row < 32; row += 2) {
      for (int column = 0; column < columns; column += 4) {
        int first = zeros(after, row * columns + column, row * columns + column + 4);
        int second = zeros(after, (row + 1) * columns + column, (row + 1) * columns + column + 4);
        assertTrue(first + second == 0 || first + second == 8);
        empty += first == 4 ? 1 : 0;
      }
    }
    assertEquals(128, empty);
  }

  @Test
  void zeroesTwoOfEveryFour() {
    float[] after = weights(new Pruning.Adjacent(2, 4).apply(MODEL, null), "a/weights");
    for (int i = 0; i < after.length; i += 4) {
      assertEquals(2, zeros(after, i, i + 4));
    }
  }

  @Test
  void prunesMatchingLayersOnly() {
    Model pruned = new Pruning.Unstructured(0.5).apply(MODEL, Pattern.compile("^b$"));
    assertArrayEquals(weights(MODEL, "a/weights"), weights(pruned, "a/weights"));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Pruning.Unstructured(0.5).apply(MODEL, Pattern.compile("none")));
  }

  @ParameterizedTest
  @EnumSource(WeightClustering.Initialization.class)
  void leavesFewDistinctWeightsAndPreservesZeros(WeightClustering.Initialization start) {
    Model pruned = new Pruning.Unstructured(0.5).apply(MODEL, null);
    var clustering = new WeightClustering(8, start, false, true, 1);
    float[] before = weights(pruned, "b/weights");
    float[] after = weights(clustering.apply(pruned, null), "b/weights");
    var distinct = new TreeSet<Float>();
    double error = 0;
    for (int i = 0; i < after.length; i++) {
      distinct.add(after[i]);
      assertEquals(before[i] == 0, after[i] == 0);
      error += Math.abs(after[i] - before[i]);
    }
    assertTrue(distinct.size() <= 8, distinct::toString);
    assertTrue(error / after.length < 0.02);
    assertArrayEquals(after, weights(clustering.apply(pruned, null), "b/weights"));
  }

  @Test
  void clustersEachChannelSeparately() {
    var clustering =
        new WeightClustering(4, WeightClustering.Initialization.KMEANS_PLUS_PLUS, true, false, 1);
    float[] after = weights(clustering.apply(MODEL, null), "b/weights");
    for (int row = 0; row < 32; row++) {
      var distinct = new TreeSet<Float>();
      for (int i = 0; i < 64; i++) {
        distinct.add(after[row * 64 + i]);
      }
      assertTrue(distinct.size() <= 4);
    }
  }

  @Test
  void sparseTensorsGiveTheSameOutput() {
    Model pruned = new Pruning.Blocks(1, 4, 0.8).apply(MODEL, null);
    Model sparse = SparseEncoding.apply(pruned);
    assertTrue(sparse.mainGraph().values().stream().anyMatch(v -> v.sparsity() != null));
    assertArrayEquals(TestModels.run(pruned, 3), TestModels.run(sparse, 3));
  }

  @Test
  void keepsDenseWeightsDense() {
    assertEquals(MODEL, SparseEncoding.apply(MODEL));
  }
}
