package dev.whittle.cli;

import dev.whittle.convert.knn.Distance;
import picocli.CommandLine.Option;

/** Options of commands that build a nearest-neighbors classifier. */
public final class KnnOptions {
  @Option(
      names = "--label",
      paramLabel = "COLUMN",
      defaultValue = "-1",
      description = "The column of the labels: its name or number (default: the last).")
  private String label = "-1";

  @Option(
      names = "--neighbors",
      paramLabel = "K",
      defaultValue = "3",
      description = "Neighbors that vote (default: ${DEFAULT-VALUE}).")
  private int neighbors = 3;

  @Option(
      names = "--distance",
      paramLabel = "KIND",
      defaultValue = "l2",
      description = "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Distance distance = Distance.L2;

  /** Returns the column of the labels, by name or number; negative numbers count from the end. */
  public String label() {
    return label;
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
