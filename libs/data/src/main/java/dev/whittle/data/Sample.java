package dev.whittle.data;

import dev.whittle.ir.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * One sample: a tensor without batch axis for each input of a model.
 *
 * @param inputs by the model's name for the input; {@link #ONLY_INPUT} where the data set does not
 *     know it because the model has one input
 * @param label the number of its class; {@link #NO_LABEL} if it has none
 */
public record Sample(SequencedMap<String, Tensor> inputs, int label) {
  /** Stands for the name of a model's only input. */
  public static final String ONLY_INPUT = "";

  public static final int NO_LABEL = -1;

  public Sample {
    inputs = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(inputs));
  }

  /** A sample of named tensors without a label. */
  public static Sample of(Map<String, Tensor> inputs) {
    return new Sample(new LinkedHashMap<>(inputs), NO_LABEL);
  }

  /** A sample for a model's only input. */
  public static Sample of(Tensor input, int label) {
    var inputs = new LinkedHashMap<String, Tensor>();
    inputs.put(ONLY_INPUT, input);
    return new Sample(inputs, label);
  }
}
