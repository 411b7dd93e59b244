package dev.whittle.optimize.calibrate;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What calibration saw.
 *
 * @param samples how many samples were run
 * @param tensors by value id in the model's main graph
 * @param heads of the outputs with scores, by value id
 */
public record Statistics(
    long samples, Map<Integer, TensorStatistics> tensors, Map<Integer, HeadStatistics> heads) {
  public static final Statistics NONE = new Statistics(0, Map.of(), Map.of());

  public Statistics {
    tensors = Collections.unmodifiableMap(new TreeMap<>(tensors));
    heads = Collections.unmodifiableMap(new TreeMap<>(heads));
  }

  /** Statistics of a value; null if it was never computed. */
  public @Nullable TensorStatistics of(int value) {
    return tensors.get(value);
  }
}
