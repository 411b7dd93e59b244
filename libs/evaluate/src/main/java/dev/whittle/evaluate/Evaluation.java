package dev.whittle.evaluate;

import java.util.List;

/**
 * A comparison of models on the same samples.
 *
 * @param engine the name of the engine that ran them
 * @param origin the source of the samples
 * @param results the results, in the order of the models
 */
public record Evaluation(String engine, String origin, List<Result> results) {
  /**
   * The result of one model.
   *
   * @param model the model
   * @param metrics its metrics over all samples
   * @param latencies the latencies of single invocations in nanoseconds, ascending
   * @param activationBytes the size of the engine's arena in bytes; -1 if unknown
   */
  public record Result(
      NamedModel model, EvaluationMetrics metrics, List<Long> latencies, long activationBytes) {
    public Result {
      latencies = List.copyOf(latencies);
    }

    /** Returns the median of the latencies in nanoseconds. */
    public long median() {
      return latencies.get(latencies.size() / 2);
    }

    /** Returns the 90th percentile of the latencies in nanoseconds. */
    public long p90() {
      return latencies.get(latencies.size() * 9 / 10);
    }
  }

  public Evaluation {
    results = List.copyOf(results);
  }

  /** Returns whether the samples have labels. */
  public boolean hasLabels() {
    return results.getFirst().metrics().hasLabels();
  }
}
