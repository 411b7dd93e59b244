package dev.whittle.optimize.calibrate;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The statistics of a calibration.
 *
 * @param samples the number of samples that were run
 * @param tensors statistics of the float tensors, by value id in the model's main graph
 * @param heads statistics of the outputs of LOGISTIC and SOFTMAX, by value id
 */
public record Statistics(
    long samples, Map<Integer, TensorStatistics> tensors, Map<Integer, HeadStatistics> heads) {
  /** The statistics before any sample was run. */
  public static final Statistics NONE = new Statistics(0, Map.of(), Map.of());

  public Statistics {
    tensors = Collections.unmodifiableMap(new TreeMap<>(tensors));
    heads = Collections.unmodifiableMap(new TreeMap<>(heads));
  }

  /** Returns the statistics of a value; null if it was never computed. */
  public @Nullable TensorStatistics of(int value) {
    return tensors.get(value);
  }
}
