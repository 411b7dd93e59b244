package dev.whittle.optimize.quantize;

import dev.whittle.ir.Graph;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.CalibrationMethod;
import dev.whittle.optimize.calibrate.Range;
import dev.whittle.optimize.calibrate.Statistics;
import dev.whittle.optimize.calibrate.TensorStatistics;
import dev.whittle.optimize.recipe.Recipe;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The ranges of a graph's values: trained ranges where there are any, otherwise calibrated ones.
 */
final class ValueRanges {
  /**
   * The maximum share of nonzero numbers that may round to zero. A few very large numbers, such as
   * the -1e9 of an attention mask, exceed it.
   */
  private static final double MAX_UNDERFLOW = 0.4;

  private final Graph graph;
  private final Statistics statistics;
  private final CalibrationMethod method;
  private final boolean guard;
  private final Map<TensorType, Map<Integer, Range>> calibrated = new EnumMap<>(TensorType.class);

  ValueRanges(Graph graph, Statistics statistics, Recipe recipe) {
    this.graph = graph;
    this.statistics = statistics;
    this.method = recipe.calibrationMethod();
    this.guard = recipe.guard();
  }

  /** Returns the range of a value for integers of a type; null if it is unknown. */
  @Nullable Range of(int id, TensorType type) {
    Range trained = TrainedRanges.of(graph.value(id));
    if (trained != null) {
      return trained;
    }
    TensorStatistics observed = statistics.of(id);
    return observed == null || observed.count() == 0 || observed.nonFinite() > 0
        ? null
        : calibrated(id, observed, type);
  }

  /** Returns the calibrated range, which is cached because some methods search for it. */
  private Range calibrated(int id, TensorStatistics observed, TensorType type) {
    return calibrated
        .computeIfAbsent(type, k -> new HashMap<>())
        .computeIfAbsent(id, k -> method.range(observed, type.bits()));
  }

  /** Returns the reason why a value cannot be integers of a type; null if it can. */
  @Nullable String obstacle(int id, TensorType type) {
    String name = graph.value(id).name();
    TensorStatistics observed = statistics.of(id);
    if (TrainedRanges.of(graph.value(id)) != null) {
      return null;
    }
    if (observed == null || observed.count() == 0) {
      return "the range of '%s' is unknown".formatted(name);
    }
    if (observed.nonFinite() > 0) {
      return "'%s' has values that are not finite".formatted(name);
    }
    Range range = calibrated(id, observed, type);
    double scale = ActivationParameters.of(range, type).scaleValue();
    double underflow = observed.underflowShare(scale);
    return guard && underflow > MAX_UNDERFLOW
        ? "a few large values set the range of '%s' (%.4g to %.4g): %.0f %% would round to zero"
            .formatted(name, observed.min(), observed.max(), 100 * underflow)
        : null;
  }

  /** Returns warnings about the calibrated values. */
  List<String> warnings() {
    return statistics.tensors().entrySet().stream()
        .flatMap(e -> RangeWarnings.of(graph.value(e.getKey()).name(), e.getValue()).stream())
        .toList();
  }
}
