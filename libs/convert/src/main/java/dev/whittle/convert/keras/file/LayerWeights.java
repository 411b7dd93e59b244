package dev.whittle.convert.keras.file;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The weights of one layer, read in the order in which the layer creates them, trainable ones
 * first.
 */
public final class LayerWeights {
  private final WeightStore.Scope scope;
  private final String layer;
  private int next;

  /**
   * @param layer the description of the layer in messages
   */
  public LayerWeights(WeightStore.Scope scope, String layer) {
    this.scope = scope;
    this.layer = layer;
  }

  public WeightStore.Scope scope() {
    return scope;
  }

  /**
   * Reads the next weight.
   *
   * @param dims the shape that the layer's configuration implies; -1 for any size
   * @throws MalformedModelException if the weight is missing, or has another shape
   */
  public Tensor next(String name, int... dims) {
    Shape expected = Emitter.shape(dims);
    Tensor weight = nextOrNull(name);
    if (weight == null) {
      throw new MalformedModelException(
          "%s: its weight '%s' %s is missing in %s"
              .formatted(layer, name, expected, scope.place()));
    }
    if (!expected.accepts(weight.shape())) {
      throw new MalformedModelException(
          "%s: its weight '%s' has the shape %s in %s; its configuration implies %s"
              .formatted(layer, name, weight.shape(), scope.place(), expected));
    }
    return weight;
  }

  /** Reads the next weight as floats, of any type. */
  public float[] floats(String name, int... dims) {
    Tensor weight = next(name, dims);
    if (weight.type() == TensorType.FLOAT32) {
      return weight.toFloats();
    }
    float[] values = new float[Math.toIntExact(weight.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) weight.getReal(i);
    }
    return values;
  }

  /** Reads the next weight, of any shape; null if it is missing. */
  public @Nullable Tensor nextOrNull(String name) {
    return scope.weight(next++, name);
  }

  /**
   * Adds the update of low rank (LoRA) that a layer trains beside a weight: {@code weight + alpha /
   * rank * a @ b}. Archives hold the sum already; HDF5 files may hold the parts.
   */
  public Tensor withLowRankUpdate(Config config, String name, Tensor weight) {
    if (!config.has("lora_rank")) {
      return weight;
    }
    Tensor a = nextOrNull("lora_" + name + "_a");
    Tensor b = nextOrNull("lora_" + name + "_b");
    if (a == null || b == null) {
      return weight;
    }
    int rank = b.dim(0);
    int columns = weight.dim(weight.rank() - 1);
    if (b.rank() != 2
        || b.dim(1) != columns
        || a.elements() * columns != weight.elements() * rank) {
      throw new MalformedModelException(
          "%s: updates of low rank of shapes %s and %s for a weight of shape %s"
              .formatted(layer, a.shape(), b.shape(), weight.shape()));
    }
    double factor = config.real("lora_alpha", rank) / config.integer("lora_rank");
    Tensor sum = Tensor.allocate(TensorType.FLOAT32, weight.dims());
    for (long i = 0; i < sum.elements(); i++) {
      double update = 0;
      for (int r = 0; r < rank; r++) {
        update += a.getReal(i / columns * rank + r) * b.getReal((long) r * columns + i % columns);
      }
      sum.setFloat(i, (float) (weight.getReal(i) + factor * update));
    }
    return sum;
  }

  /** Returns the weights of a nested layer; see {@link WeightStore.Scope#part}. */
  public LayerWeights part(String attribute, String name) {
    return new LayerWeights(scope.part(attribute, name), layer);
  }

  public @Nullable List<String> asset(String name) {
    return scope.asset(name);
  }
}
