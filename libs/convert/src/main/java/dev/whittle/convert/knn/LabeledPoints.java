package dev.whittle.convert.knn;

import java.util.List;

/** Points in space, each with a label. */
public final class LabeledPoints {
  private final int columns;
  private final float[] coordinates;
  private final int[] labels;
  private final List<String> labelNames;

  /**
   * Creates points from arrays, which are not copied and must not change any more.
   *
   * @param columns the number of coordinates of a point
   * @param coordinates all coordinates, point by point
   * @param labels for each point an index into {@code labelNames}
   * @param labelNames the names of the labels, in the order that breaks ties
   * @throws IllegalArgumentException if the parts do not fit together, or a coordinate is not
   *     finite
   */
  public LabeledPoints(int columns, float[] coordinates, int[] labels, List<String> labelNames) {
    if (columns < 1 || labels.length < 1 || coordinates.length != (long) columns * labels.length) {
      throw new IllegalArgumentException(
          "%d coordinates are not %d points of %d"
              .formatted(coordinates.length, labels.length, columns));
    }
    this.columns = columns;
    this.coordinates = coordinates;
    this.labels = labels;
    this.labelNames = List.copyOf(labelNames);
    for (int label : labels) {
      if (label < 0 || label >= labelNames.size()) {
        throw new IllegalArgumentException(
            "label %d, but there are names for %d".formatted(label, labelNames.size()));
      }
    }
    for (int i = 0; i < coordinates.length; i++) {
      if (!Float.isFinite(coordinates[i])) {
        throw new IllegalArgumentException(
            "point %d has the coordinate %s".formatted(i / columns, coordinates[i]));
      }
    }
  }

  /** The number of coordinates of a point. */
  public int columns() {
    return columns;
  }

  /** The coordinates themselves, point after point: not to be changed. */
  public float[] coordinates() {
    return coordinates;
  }

  /** The labels themselves: not to be changed. */
  public int[] labels() {
    return labels;
  }

  /** The names of the labels, in the order that breaks ties. */
  public List<String> labelNames() {
    return labelNames;
  }

  /** The number of points. */
  public int rows() {
    return labels.length;
  }

  /** The points with these indices, in their order. */
  public LabeledPoints select(int[] rows) {
    float[] selected = new float[rows.length * columns];
    int[] selectedLabels = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(coordinates, rows[i] * columns, selected, i * columns, columns);
      selectedLabels[i] = labels[rows[i]];
    }
    return new LabeledPoints(columns, selected, selectedLabels, labelNames);
  }
}
