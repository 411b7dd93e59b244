package dev.whittle.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The cells of an evaluation's table, which text and HTML share: one row for each model. */
final class EvaluationTable {
  private EvaluationTable() {}

  static List<String> header(Evaluation evaluation) {
    List<String> header = new ArrayList<>(List.of("model", "bytes", "zipped"));
    if (evaluation.hasLabels()) {
      header.addAll(List.of("top-1 %", "top-5 %"));
    }
    header.addAll(
        List.of("agreement %", "rel. error", "cosine", "median ms", "p90 ms", "activations"));
    return header;
  }

  static List<String> row(Evaluation evaluation, Evaluation.Result result) {
    EvaluationMetrics metrics = result.metrics();
    List<String> row = new ArrayList<>();
    row.add(result.model().name());
    row.add(format("%,d", result.model().bytes()));
    row.add(format("%,d", result.model().zippedBytes()));
    if (evaluation.hasLabels()) {
      row.add(format("%.2f", 100 * metrics.top1()));
      row.add(format("%.2f", 100 * metrics.top5()));
    }
    row.add(format("%.2f", 100 * metrics.agreement()));
    row.add(format("%.3g", metrics.relativeError()));
    row.add(format("%.6f", metrics.cosine()));
    row.add(format("%.3f", result.median() / 1e6));
    row.add(format("%.3f", result.p90() / 1e6));
    row.add(result.activationBytes() < 0 ? "unknown" : format("%,d", result.activationBytes()));
    return row;
  }

  private static String format(String pattern, Object value) {
    return String.format(Locale.ROOT, pattern, value);
  }
}
