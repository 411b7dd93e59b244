package dev.whittle.train.mnist;

import dev.whittle.evaluate.Charts;
import dev.whittle.evaluate.Evaluation;
import dev.whittle.evaluate.HtmlPage;
import dev.whittle.evaluate.NamedModel;
import dev.whittle.evaluate.TextTable;
import dev.whittle.train.mnist.MnistExperiment.Result;
import dev.whittle.train.mnist.MnistExperiment.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Formats results of the digits experiment as text and HTML. With several seeds, the figures are
 * means and standard deviations.
 */
public final class MnistReport {
  private MnistReport() {}

  /**
   * Returns a table with a row for each variant.
   *
   * @param results a result for each seed, at least one
   */
  public static String text(List<Result> results) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(header(results));
    rows.addAll(rows(results));
    return TextTable.of(rows);
  }

  /**
   * Returns a self-contained page with the table and charts.
   *
   * @param results a result for each seed, at least one
   */
  public static String html(List<Result> results) {
    var page = new HtmlPage("Handwritten digits: variants of 784-128-32-10");
    Result first = results.getFirst();
    page.paragraph(
        ("%d epochs of Adam in batches of 32, %d for fine-tuning, %d for pruning; seeds %s; %,d"
             + " test digits. Trained: accuracy that training reported. Converted: accuracy of the"
             + " .tflite file. Latency is the median for single digits on one thread.")
            .formatted(
                first.settings().epochs(),
                first.settings().fineTuning(),
                first.settings().pruning(),
                results.stream().map(r -> r.settings().seed()).toList(),
                first.evaluations().getFirst().results().getFirst().metrics().samples()));
    page.table(header(results), rows(results));
    List<String> names = first.variants().stream().map(Variant::name).toList();
    List<Double> zipped = new ArrayList<>();
    List<Double> errorRates = new ArrayList<>();
    for (int v = 0; v < names.size(); v++) {
      int variant = v;
      zipped.add(mean(results, r -> model(r, variant).zippedBytes() / 1024.0));
      errorRates.add(mean(results, r -> 100 - 100 * converted(r, 0, variant)));
    }
    page.heading("Size as a zip archive");
    page.chart(Charts.bars("kilobytes, zipped", names, zipped));
    page.heading("Error rate");
    page.chart(Charts.bars("% of the test digits", names, errorRates));
    for (Evaluation evaluation : first.evaluations()) {
      List<Double> latencies = evaluation.results().stream().map(r -> r.median() / 1e3).toList();
      page.heading("Latency, engine " + evaluation.engine());
      page.chart(Charts.bars("microseconds", names, latencies));
    }
    return page.toString();
  }

  private static List<String> header(List<Result> results) {
    List<String> header =
        new ArrayList<>(List.of("form", "bytes", "zipped", "trained %", "converted %"));
    for (Evaluation evaluation : results.getFirst().evaluations()) {
      header.add(evaluation.engine() + " us");
    }
    return header;
  }

  private static List<List<String>> rows(List<Result> results) {
    List<List<String>> rows = new ArrayList<>();
    Result first = results.getFirst();
    for (int v = 0; v < first.variants().size(); v++) {
      int variant = v;
      List<String> row = new ArrayList<>();
      row.add(first.variants().get(v).name());
      row.add("%,d".formatted(Math.round(mean(results, r -> model(r, variant).bytes()))));
      row.add("%,d".formatted(Math.round(mean(results, r -> model(r, variant).zippedBytes()))));
      row.add(
          Double.isNaN(first.variants().get(v).trained())
              ? "-"
              : perCent(results, r -> r.variants().get(variant).trained()));
      row.add(perCent(results, r -> converted(r, 0, variant)));
      for (int e = 0; e < first.evaluations().size(); e++) {
        int engine = e;
        double micros =
            mean(results, r -> r.evaluations().get(engine).results().get(variant).median() / 1e3);
        row.add(String.format(Locale.ROOT, "%.1f", micros));
      }
      rows.add(row);
    }
    return rows;
  }

  private static NamedModel model(Result result, int variant) {
    return result.evaluations().getFirst().results().get(variant).model();
  }

  private static double converted(Result result, int engine, int variant) {
    return result.evaluations().get(engine).results().get(variant).metrics().top1();
  }

  /** A figure of one result. */
  private interface Figure {
    double of(Result result);
  }

  private static double mean(List<Result> results, Figure number) {
    return results.stream().mapToDouble(number::of).average().orElse(Double.NaN);
  }

  /** Returns the mean in percent, with the standard deviation if there are several results. */
  private static String perCent(List<Result> results, Figure number) {
    double mean = mean(results, number);
    if (results.size() == 1) {
      return String.format(Locale.ROOT, "%.2f", 100 * mean);
    }
    double squares = results.stream().mapToDouble(r -> Math.pow(number.of(r) - mean, 2)).sum();
    double deviation = Math.sqrt(squares / (results.size() - 1));
    return String.format(Locale.ROOT, "%.2f +- %.2f", 100 * mean, 100 * deviation);
  }
}
