package dev.whittle.train.knn;

import dev.whittle.convert.knn.LabeledPoints;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws the decision regions of a classifier in the plane, with points on top. */
public final class DecisionRegions {
  /** The number of grid points along each axis. */
  private static final int GRID = 120;

  /** The width of the image in pixels. */
  private static final int WIDTH = 900;

  /** The height of the image in pixels. */
  private static final int HEIGHT = 700;

  private final LabeledPoints points;
  private final float[] low = new float[2];
  private final float[] high = new float[2];

  private DecisionRegions(LabeledPoints points) {
    this.points = points;
    for (int axis = 0; axis < 2; axis++) {
      low[axis] = Float.POSITIVE_INFINITY;
      high[axis] = Float.NEGATIVE_INFINITY;
      for (int i = axis; i < points.coordinates().length; i += 2) {
        low[axis] = Math.min(low[axis], points.coordinates()[i]);
        high[axis] = Math.max(high[axis], points.coordinates()[i]);
      }
      float margin = Math.max(0.05f * (high[axis] - low[axis]), 1e-3f);
      low[axis] -= margin;
      high[axis] += margin;
    }
  }

  /**
   * Draws an image and returns its file contents.
   *
   * @param points points with two coordinates, drawn in the colors of their own labels
   * @param title the title of the image
   * @param format {@code svg} or {@code png}
   * @throws IllegalArgumentException if the points do not have two coordinates, or for another
   *     format
   * @throws IOException if the image cannot be encoded
   */
  public static byte[] draw(
      KnnClassifier classifier, LabeledPoints points, String title, String format)
      throws IOException {
    if (points.columns() != 2) {
      throw new IllegalArgumentException(
          "decision regions need points with 2 coordinates, not " + points.columns());
    }
    XYChart chart = new DecisionRegions(points).chart(classifier, title);
    var bytes = new ByteArrayOutputStream();
    switch (format.toLowerCase(Locale.ROOT)) {
      case "svg" ->
          VectorGraphicsEncoder.saveVectorGraphic(
              chart, bytes, VectorGraphicsEncoder.VectorGraphicsFormat.SVG);
      case "png" -> BitmapEncoder.saveBitmap(chart, bytes, BitmapEncoder.BitmapFormat.PNG);
      default ->
          throw new IllegalArgumentException(
              "the image format must be svg or png, not '" + format + "'");
    }
    return bytes.toByteArray();
  }

  private XYChart chart(KnnClassifier classifier, String title) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .theme(Styler.ChartTheme.XChart)
            .build();
    chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
    chart.getStyler().setMarkerSize(7);
    chart.getStyler().setXAxisMin((double) low[0]).setXAxisMax((double) high[0]);
    chart.getStyler().setYAxisMin((double) low[1]).setYAxisMax((double) high[1]);
    float[] grid = grid();
    int[] labels = classifier.predict(grid);
    for (int label = 0; label < points.labelNames().size(); label++) {
      Color color = Color.getHSBColor((float) label / points.labelNames().size(), 0.75f, 0.8f);
      Color pale = new Color(color.getRed(), color.getGreen(), color.getBlue(), 50);
      add(chart, grid, labels, label, " region", pale)
          .ifPresent(
              region -> {
                region.setMarker(SeriesMarkers.SQUARE);
                region.setShowInLegend(false);
              });
    }
    for (int label = 0; label < points.labelNames().size(); label++) {
      Color color = Color.getHSBColor((float) label / points.labelNames().size(), 0.75f, 0.8f);
      add(chart, points.coordinates(), points.labels(), label, "", color)
          .ifPresent(drawn -> drawn.setMarker(SeriesMarkers.CIRCLE));
    }
    return chart;
  }

  private float[] grid() {
    float[] grid = new float[GRID * GRID * 2];
    for (int i = 0; i < GRID * GRID; i++) {
      int row = i / GRID;
      grid[2 * i] = low[0] + (high[0] - low[0]) * (i % GRID) / (GRID - 1);
      grid[2 * i + 1] = low[1] + (high[1] - low[1]) * row / (GRID - 1);
    }
    return grid;
  }

  private Optional<XYSeries> add(
      XYChart chart, float[] coordinates, int[] labels, int label, String suffix, Color color) {
    List<Double> xs = new ArrayList<>();
    List<Double> ys = new ArrayList<>();
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] == label) {
        xs.add((double) coordinates[2 * i]);
        ys.add((double) coordinates[2 * i + 1]);
      }
    }
    if (xs.isEmpty()) {
      return Optional.empty();
    }
    XYSeries series = chart.addSeries(points.labelNames().get(label) + suffix, xs, ys);
    series.setMarkerColor(color);
    return Optional.of(series);
  }
}
