package dev.whittle.data;

import dev.whittle.ir.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A sample: a tensor without batch axis for each input of a model.
 *
 * @param inputs the tensors by the name of the input; {@link #ONLY_INPUT} if the data set does not
 *     name it and the model has one input
 * @param label the index of its class, from 0; {@link #NO_LABEL} if it has none
 */
public record Sample(SequencedMap<String, Tensor> inputs, int label) {
  /** A placeholder for the name of a model's only input. */
  public static final String ONLY_INPUT = "";

  /** The label of a sample whose class is unknown. */
  public static final int NO_LABEL = -1;

  public Sample {
    inputs = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(inputs));
  }

  /** Returns a sample of named tensors without a label. */
  public static Sample of(Map<String, Tensor> inputs) {
    return new Sample(new LinkedHashMap<>(inputs), NO_LABEL);
  }

  /**
   * Returns a sample for a model with one input.
   *
   * @param label the index of its class, or {@link #NO_LABEL}
   */
  public static Sample of(Tensor input, int label) {
    var inputs = new LinkedHashMap<String, Tensor>();
    inputs.put(ONLY_INPUT, input);
    return new Sample(inputs, label);
  }
}
