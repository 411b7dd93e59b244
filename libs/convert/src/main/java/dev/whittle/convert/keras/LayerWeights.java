package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.WeightStore;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The weights of one layer, read in the order in which the layer creates them, trainable ones
 * first.
 */
final class LayerWeights {
  private final WeightStore.Scope scope;
  private final String layer;
  private int next;

  /**
   * @param layer the description of the layer in messages
   */
  LayerWeights(WeightStore.Scope scope, String layer) {
    this.scope = scope;
    this.layer = layer;
  }

  WeightStore.Scope scope() {
    return scope;
  }

  /**
   * Reads the next weight.
   *
   * @param dims the shape that the layer's configuration implies; -1 for any size
   * @throws MalformedModelException if the weight is missing, or has another shape
   */
  Tensor next(String name, int... dims) {
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
  float[] floats(String name, int... dims) {
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
  @Nullable Tensor nextOrNull(String name) {
    return scope.weight(next++, name);
  }

  /** Returns the weights of a nested layer; see {@link WeightStore.Scope#part}. */
  LayerWeights part(String attribute, String name) {
    return new LayerWeights(scope.part(attribute, name), layer);
  }

  @Nullable List<String> asset(String name) {
    return scope.asset(name);
  }
}
