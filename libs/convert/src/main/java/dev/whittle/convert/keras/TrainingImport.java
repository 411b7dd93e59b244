package dev.whittle.convert.keras;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Keras model lowered for training: nothing is folded, every weight is a constant of its own, and
 * the behavior of layers in training is noted. The model itself computes inference.
 *
 * @param weights the constants that are weights of the file
 * @param normalizations batch normalizations to train
 * @param noises the noise that training applies to values, by id
 * @param warnings differences from the training of Keras
 */
public record TrainingImport(
    Model model,
    List<Weight> weights,
    List<BatchNormalization> normalizations,
    Map<Integer, Noise> noises,
    List<String> warnings) {

  /**
   * A constant of the main graph that holds weights of the file.
   *
   * @param value its id
   * @param trainable false if its layer was frozen
   */
  public record Weight(int value, boolean trainable, Elements elements) {}

  /**
   * The origins of the elements of a constant: indices into the elements of all variables of the
   * file; -1 for an element that is not a weight.
   */
  public static final class Elements {
    private final int[] sources;

    Elements(int[] sources) {
      this.sources = sources;
    }

    int size() {
      return sources.length;
    }

    /** Returns the indices of all weights among the elements. */
    public BitSet sources() {
      var all = new BitSet();
      for (int source : sources) {
        if (source >= 0) {
          all.set(source);
        }
      }
      return all;
    }

    int source(int element) {
      return sources[element];
    }

    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Elements other && Arrays.equals(sources, other.sources);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(sources);
    }
  }

  /**
   * A normalization by the moments of a batch, or by the file's moving averages in inference.
   *
   * @param input the id of the normalized value
   * @param output the id of the result
   * @param gamma the factor's constant; null for 1
   * @param beta the offset's constant; null for 0
   * @param mean the constant with the moving mean
   * @param variance the constant with the moving variance
   * @param axis the axis of the channels
   * @param epsilon added to the variance
   * @param momentum the share that a moving average keeps at each step
   */
  public record BatchNormalization(
      int input,
      int output,
      @Nullable Integer gamma,
      @Nullable Integer beta,
      int mean,
      int variance,
      int axis,
      float epsilon,
      float momentum) {}

  /**
   * The noise that training applies to a value.
   *
   * @param amount the dropped share, or the standard deviation
   * @param sharedAxes axes along which all elements get the same noise
   */
  public record Noise(Kind kind, float amount, List<Integer> sharedAxes) {
    /** The kind of noise. */
    public enum Kind {
      /** Some elements become zero, the others are scaled up to keep the mean. */
      DROPOUT,
      /** Normal noise is added. */
      GAUSSIAN,
      /** Elements are multiplied with normal noise of mean 1. */
      GAUSSIAN_FACTOR
    }

    public Noise {
      sharedAxes = List.copyOf(sharedAxes);
    }
  }

  /** A variable of the file, with its first index and size among the elements of all variables. */
  record Variable(String name, int first, int size) {}

  public TrainingImport {
    weights = List.copyOf(weights);
    normalizations = List.copyOf(normalizations);
    noises = Map.copyOf(noises);
    warnings = List.copyOf(warnings);
  }

  /**
   * Collects the variables of the file from a model with other contents of its constants.
   *
   * @param variables the variables of the file
   * @return contents by the variable's name, without variables that are in no constant
   */
  Map<String, float[]> collect(Model trained, List<Variable> variables) {
    int total = variables.isEmpty() ? 0 : variables.getLast().first + variables.getLast().size;
    float[] all = new float[total];
    boolean[] known = new boolean[total];
    Graph graph = trained.mainGraph();
    for (Weight weight : weights) {
      Tensor contents = graph.value(weight.value).contents();
      if (contents == null || contents.elements() != weight.elements.size()) {
        throw new IllegalArgumentException(
            "'" + graph.value(weight.value).name() + "' is not the constant it was");
      }
      for (int i = 0; i < weight.elements.size(); i++) {
        int source = weight.elements.source(i);
        if (source >= 0) {
          all[source] = contents.getFloat(i);
          known[source] = true;
        }
      }
    }
    Map<String, float[]> collected = new LinkedHashMap<>();
    for (Variable variable : variables) {
      int end = variable.first + variable.size;
      boolean complete = true;
      for (int i = variable.first; i < end; i++) {
        complete &= known[i];
      }
      if (complete) {
        collected.put(variable.name, Arrays.copyOfRange(all, variable.first, end));
      }
    }
    return collected;
  }

  /** Returns a model with other contents of some constants of its main graph. */
  public static Model withContents(Model model, Map<Integer, float[]> contents) {
    Graph main = model.mainGraph();
    List<Value> values = new ArrayList<>(main.values());
    contents.forEach(
        (id, numbers) -> {
          int[] dims = values.get(id).initialShape().toArray();
          Constant data = Constant.of(Tensor.onHeap(numbers, dims).data());
          values.set(id, values.get(id).withData(data));
        });
    return model.withMainValues(values);
  }
}
