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

/** The ranges of a graph's values: those it was trained with first, then calibrated ones. */
final class ValueRanges {
  /**
   * Where more of the numbers than this become zero, integers of one scale cannot stand for them:
   * some dwarf the others, such as the -1e9 that a mask adds.
   */
  private static final double MOST_VANISHING = 0.4;

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

  /** The range of a value for integers of a type; null if it has none. */
  @Nullable Range of(int id, TensorType type) {
    Range trained = TrainedRanges.of(graph.value(id));
    if (trained != null) {
      return trained;
    }
    TensorStatistics seen = statistics.of(id);
    return seen == null || seen.count() == 0 || seen.nonFinite() > 0
        ? null
        : calibrated(id, seen, type);
  }

  /** Some methods search long, and every reader of a value asks. */
  private Range calibrated(int id, TensorStatistics seen, TensorType type) {
    return calibrated
        .computeIfAbsent(type, k -> new HashMap<>())
        .computeIfAbsent(id, k -> method.range(seen, type.bits()));
  }

  /** Why a value cannot be integers of a type; null if it can. */
  @Nullable String obstacle(int id, TensorType type) {
    String name = graph.value(id).name();
    TensorStatistics seen = statistics.of(id);
    if (TrainedRanges.of(graph.value(id)) != null) {
      return null;
    }
    if (seen == null || seen.count() == 0) {
      return "the range of '%s' is not known".formatted(name);
    }
    if (seen.nonFinite() > 0) {
      return "'%s' holds numbers that are not finite".formatted(name);
    }
    Range range = calibrated(id, seen, type);
    double scale = ActivationParameters.of(range, type).scaleValue();
    double vanishing = seen.underflowShare(scale);
    return guard && vanishing > MOST_VANISHING
        ? "in '%s' a few numbers dwarf the others (%.4g to %.4g): %.0f %% would become zero"
            .formatted(name, seen.min(), seen.max(), 100 * vanishing)
        : null;
  }

  /** What a user should know of the calibrated values. */
  List<String> warnings() {
    return statistics.tensors().entrySet().stream()
        .flatMap(e -> RangeWarnings.of(graph.value(e.getKey()).name(), e.getValue()).stream())
        .toList();
  }
}
