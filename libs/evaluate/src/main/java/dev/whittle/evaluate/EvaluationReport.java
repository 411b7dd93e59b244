package dev.whittle.evaluate;

import dev.whittle.json.JsonOutput;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/** Formats an evaluation as text, JSON and HTML. */
public final class EvaluationReport {
  private EvaluationReport() {}

  /** Returns a table with a row for each model. */
  public static String text(Evaluation evaluation) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(EvaluationTable.header(evaluation));
    evaluation.results().forEach(r -> rows.add(EvaluationTable.row(evaluation, r)));
    return TextTable.of(rows);
  }

  /** Writes a JSON document: an object with an array {@code models}. */
  public static void json(Evaluation evaluation, OutputStream out) {
    try (JsonGenerator json = JsonOutput.generator(out)) {
      json.writeStartObject();
      json.writeStringProperty("data", evaluation.origin());
      json.writeStringProperty("engine", evaluation.engine());
      json.writeArrayPropertyStart("models");
      for (Evaluation.Result result : evaluation.results()) {
        EvaluationMetrics metrics = result.metrics();
        json.writeStartObject();
        json.writeStringProperty("model", result.model().name());
        json.writeNumberProperty("bytes", result.model().bytes());
        json.writeNumberProperty("zipped_bytes", result.model().zippedBytes());
        json.writeNumberProperty("samples", metrics.samples());
        if (evaluation.hasLabels()) {
          json.writeNumberProperty("top1", metrics.top1());
          json.writeNumberProperty("top5", metrics.top5());
        }
        json.writeNumberProperty("agreement", metrics.agreement());
        json.writeNumberProperty("mean_squared_error", metrics.meanSquaredError());
        json.writeNumberProperty("relative_error", metrics.relativeError());
        json.writeNumberProperty("cosine", metrics.cosine());
        json.writeNumberProperty("largest_difference", metrics.largestDifference());
        json.writeNumberProperty("median_ms", result.median() / 1e6);
        json.writeNumberProperty("p90_ms", result.p90() / 1e6);
        json.writeNumberProperty("activation_bytes", result.activationBytes());
        if (metrics.confusion().length > 0) {
          json.writeArrayPropertyStart("confusion");
          for (long[] row : metrics.confusion()) {
            json.writeArray(row, 0, row.length);
          }
          json.writeEndArray();
        }
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
  }

  /** Returns a self-contained page with the table and charts. */
  public static String html(Evaluation evaluation) {
    var page = new HtmlPage("Model comparison");
    page.paragraph(
        "%,d samples of %s, engine %s. Agreement, relative error and cosine refer to the first"
                .formatted(
                    evaluation.results().getFirst().metrics().samples(),
                    evaluation.origin(),
                    evaluation.engine())
            + " model.");
    List<List<String>> rows = new ArrayList<>();
    evaluation.results().forEach(r -> rows.add(EvaluationTable.row(evaluation, r)));
    page.table(EvaluationTable.header(evaluation), rows);
    page.heading(evaluation.hasLabels() ? "Accuracy against size" : "Agreement against size");
    page.chart(Charts.accuracyAgainstSize(evaluation));
    page.heading("Latency");
    page.chart(Charts.latencies(evaluation));
    for (Evaluation.Result result : evaluation.results()) {
      long[][] confusion = result.metrics().confusion();
      if (confusion.length > 0) {
        page.heading("Confusion: " + result.model().name());
        page.chart(Charts.confusion(confusion));
      }
    }
    return page.toString();
  }
}
