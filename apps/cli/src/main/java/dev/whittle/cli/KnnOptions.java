package dev.whittle.cli;

import dev.whittle.cli.option.Condition;
import dev.whittle.cli.option.Needs;
import dev.whittle.cli.option.UsageException;
import dev.whittle.convert.knn.CsvPoints;
import dev.whittle.convert.knn.Distance;
import dev.whittle.convert.knn.LabeledPoints;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import picocli.CommandLine.Option;

/** Options of commands that build a nearest-neighbors classifier. */
public final class KnnOptions {
  @Option(
      names = "--label",
      paramLabel = "COLUMN",
      defaultValue = "-1",
      description = "The column of the labels: its name or number (default: the last).")
  @Needs(Condition.TABLE)
  private String label = "-1";

  @Option(
      names = "--neighbors",
      paramLabel = "K",
      defaultValue = "3",
      description = "Neighbors that vote (default: ${DEFAULT-VALUE}).")
  @Needs(Condition.KNN_DATA)
  private int neighbors = 3;

  @Option(
      names = "--distance",
      paramLabel = "KIND",
      defaultValue = "l2",
      description = "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  @Needs(Condition.KNN_DATA)
  private Distance distance = Distance.L2;

  /**
   * Reads a table of labeled points.
   *
   * @param option the option that names the file, for messages
   * @throws UsageException if the file is of another kind
   * @throws IOException if it cannot be read, or is no such table
   */
  public LabeledPoints read(String option, Path file) throws IOException {
    InputFiles.require(
        option, file, EnumSet.of(FileContent.TEXT), "a table of comma-separated values");
    return CsvPoints.read(file, label);
  }

  /**
   * Checks that a classifier can be made of points.
   *
   * @throws UsageException if there are fewer points than neighbors, or a point has no direction
   */
  public void check(LabeledPoints points) {
    if (neighbors < 1 || neighbors > points.rows()) {
      throw new UsageException(
          "--neighbors %d: expected 1 to %d, the number of points"
              .formatted(neighbors, points.rows()));
    }
    for (int row = 0; distance == Distance.COSINE && row < points.rows(); row++) {
      if (isOrigin(points, row)) {
        throw new UsageException(
            "--distance cosine: point %d is the origin, which has no direction".formatted(row));
      }
    }
  }

  private static boolean isOrigin(LabeledPoints points, int row) {
    for (int column = 0; column < points.columns(); column++) {
      if (points.coordinates()[row * points.columns() + column] != 0) {
        return false;
      }
    }
    return true;
  }

  /** Returns the number of neighbors that vote. */
  public int neighbors() {
    return neighbors;
  }

  /** Returns the measure of distance. */
  public Distance distance() {
    return distance;
  }
}
