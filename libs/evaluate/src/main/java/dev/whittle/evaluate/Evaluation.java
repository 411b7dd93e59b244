package dev.whittle.evaluate;

import java.util.List;

/**
 * Models compared on the same samples.
 *
 * @param engine that ran them
 * @param origin where the samples came from
 * @param results in the order of the models
 */
public record Evaluation(String engine, String origin, List<Result> results) {
  /**
   * What was found of one model.
   *
   * @param latencies of single invocations in nanoseconds, ascending
   * @param activationBytes that the engine's memory plan takes; -1 if unknown
   */
  public record Result(
      NamedModel model, EvaluationMetrics metrics, List<Long> latencies, long activationBytes) {
    public Result {
      latencies = List.copyOf(latencies);
    }

    /** Nanoseconds that half of the invocations took at most. */
    public long median() {
      return latencies.get(latencies.size() / 2);
    }

    /** Nanoseconds that nine of ten invocations took at most. */
    public long p90() {
      return latencies.get(latencies.size() * 9 / 10);
    }
  }

  public Evaluation {
    results = List.copyOf(results);
  }

  /** Whether answers could be compared with labels. */
  public boolean hasLabels() {
    return results.getFirst().metrics().hasLabels();
  }
}
