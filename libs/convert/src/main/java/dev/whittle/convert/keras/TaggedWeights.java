package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.WeightStore;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a file with every number replaced by a tag: float bits that count up from {@link
 * #FIRST}. Lowering usually only moves weights, so the tags in the constants of a lowered model
 * identify the weights. Where lowering computes with weights, two stores with different {@code
 * shift} yield inconsistent tags.
 */
final class TaggedWeights implements WeightStore {
  /** Bits of an ordinary positive float, so that copying preserves them. */
  private static final int FIRST = 0x2000_0000;

  /** The largest number of weights with distinct tags. */
  static final int MAX_ELEMENTS = 1 << 28;

  private final WeightStore weights;
  private final int shift;
  private final Map<String, TrainingImport.Variable> variables = new LinkedHashMap<>();
  private final Map<String, String> places = new LinkedHashMap<>();
  private int next;

  TaggedWeights(WeightStore weights, int shift) {
    this.weights = weights;
    this.shift = shift;
  }

  /** Returns the index of the weight with a tag; -1 if the bits are no tag. */
  int element(int bits) {
    int element = bits - FIRST - shift;
    return element >= 0 && element < next ? element : -1;
  }

  /** Returns the variables that have been read, in the order of their elements. */
  List<TrainingImport.Variable> variables() {
    return new ArrayList<>(variables.values());
  }

  /** Returns the place in the file of the variable that an element belongs to. */
  String place(int element) {
    for (TrainingImport.Variable variable : variables.values()) {
      if (element < variable.first() + variable.size()) {
        return places.getOrDefault(variable.name(), "");
      }
    }
    throw new IllegalArgumentException("no element " + element);
  }

  @Override
  public Scope root() {
    return new Tagged(weights.root());
  }

  private Tensor tag(String name, Tensor weight, String place) {
    int size = Math.toIntExact(weight.elements());
    TrainingImport.Variable variable = variables.get(name);
    if (variable == null) {
      if (size > MAX_ELEMENTS - next) {
        throw new UnsupportedModelException(
            "training of this model", "it has more than " + MAX_ELEMENTS + " weights", "");
      }
      variable = new TrainingImport.Variable(name, next, size);
      variables.put(name, variable);
      places.put(name, place);
      next += size;
    }
    float[] tags = new float[size];
    for (int i = 0; i < size; i++) {
      tags[i] = Float.intBitsToFloat(FIRST + shift + variable.first() + i);
    }
    return Tensor.onHeap(tags, weight.dims());
  }

  private final class Tagged implements Scope {
    private final Scope scope;

    Tagged(Scope scope) {
      this.scope = scope;
    }

    @Override
    public Scope layer(String key, String name) {
      return new Tagged(scope.layer(key, name));
    }

    @Override
    public Scope part(String attribute, String name) {
      return new Tagged(scope.part(attribute, name));
    }

    @Override
    public @Nullable Tensor weight(int index, String name) {
      Tensor weight = scope.weight(index, name);
      String variable = variable(index, name);
      return weight == null || variable == null || weight.type() != TensorType.FLOAT32
          ? weight
          : tag(variable, weight, scope.place());
    }

    @Override
    public @Nullable String variable(int index, String name) {
      return scope.variable(index, name);
    }

    @Override
    public @Nullable List<String> asset(String name) {
      return scope.asset(name);
    }

    @Override
    public String place() {
      return scope.place();
    }
  }
}
