package dev.whittle.evaluate;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BoxChart;
import org.knowm.xchart.BoxChartBuilder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;

/** The charts of reports, as HTML elements. */
public final class Charts {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 420;

  private Charts() {}

  /** Returns a scatter chart of accuracy, or of agreement without labels, against file size. */
  static String accuracyAgainstSize(Evaluation evaluation) {
    boolean labels = evaluation.hasLabels();
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .xAxisTitle("kilobytes")
            .yAxisTitle(labels ? "top-1 %" : "agreement with the first model %")
            .build();
    chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
    int number = 1;
    for (Evaluation.Result result : evaluation.results()) {
      EvaluationMetrics metrics = result.metrics();
      chart.addSeries(
          number++ + " " + result.model().name(),
          new double[] {result.model().bytes() / 1024.0},
          new double[] {100 * (labels ? metrics.top1() : metrics.agreement())});
    }
    return svg(chart);
  }

  /** Returns a box chart of the latencies of each model. */
  static String latencies(Evaluation evaluation) {
    BoxChart chart =
        new BoxChartBuilder().width(WIDTH).height(HEIGHT).yAxisTitle("milliseconds").build();
    int number = 1;
    for (Evaluation.Result result : evaluation.results()) {
      chart.addSeries(
          number++ + " " + result.model().name(),
          result.latencies().stream().map(nanos -> nanos / 1e6).toList());
    }
    return svg(chart);
  }

  /** Returns a heat map of a confusion matrix, in percent of each label's samples. */
  static String confusion(long[][] counts) {
    int classes = counts.length;
    HeatMapChart chart =
        new HeatMapChartBuilder()
            .width(Math.max(480, 26 * classes))
            .height(Math.max(420, 24 * classes))
            .xAxisTitle("answer")
            .yAxisTitle("label")
            .build();
    int[] names = new int[classes];
    int[][] perCent = new int[classes][classes];
    for (int label = 0; label < classes; label++) {
      names[label] = label;
      long sum = 0;
      for (long count : counts[label]) {
        sum += count;
      }
      for (int answer = 0; answer < classes; answer++) {
        perCent[answer][label] =
            sum == 0 ? 0 : (int) Math.round(100.0 * counts[label][answer] / sum);
      }
    }
    chart.getStyler().setShowValue(classes <= 20);
    chart.addSeries("per cent of the label", names, names, perCent);
    // As SVG, with an element for each cell, a page would take megabytes.
    return image(chart);
  }

  /**
   * Returns a bar chart.
   *
   * @param title the title of the vertical axis
   * @param names the names of the bars
   * @param heights the height of each bar
   */
  public static String bars(String title, List<String> names, List<Double> heights) {
    CategoryChart chart =
        new CategoryChartBuilder().width(WIDTH).height(HEIGHT).yAxisTitle(title).build();
    chart.getStyler().setXAxisLabelRotation(60);
    chart.getStyler().setLegendVisible(false);
    chart.addSeries(title, new ArrayList<>(names), new ArrayList<>(heights));
    return svg(chart);
  }

  private static String image(Chart<?, ?> chart) {
    var out = new ByteArrayOutputStream();
    try {
      BitmapEncoder.saveBitmap(chart, out, BitmapEncoder.BitmapFormat.PNG);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "<img alt=\"confusion\" src=\"data:image/png;base64,%s\">"
        .formatted(Base64.getEncoder().encodeToString(out.toByteArray()));
  }

  private static String svg(Chart<?, ?> chart) {
    var out = new ByteArrayOutputStream();
    try {
      VectorGraphicsEncoder.saveVectorGraphic(
          chart, out, VectorGraphicsEncoder.VectorGraphicsFormat.SVG);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String document = out.toString(StandardCharsets.UTF_8);
    // Skip the XML and document type declarations, which are invalid inside HTML.
    return document.substring(Math.max(0, document.indexOf("<svg")));
  }
}
