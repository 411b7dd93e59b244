package dev.whittle.cli;

import dev.whittle.convert.knn.Distance;
import picocli.CommandLine.Option;

/** The options of commands that make a nearest-neighbors classifier. */
public final class KnnOptions {
  @Option(
      names = "--label",
      paramLabel = "COLUMN",
      defaultValue = "-1",
      description = "The label's column: its name or number (default: the last).")
  private String label = "-1";

  @Option(
      names = "--neighbors",
      paramLabel = "K",
      defaultValue = "3",
      description = "How many neighbors vote (default: ${DEFAULT-VALUE}).")
  private int neighbors = 3;

  @Option(
      names = "--distance",
      paramLabel = "KIND",
      defaultValue = "l2",
      description = "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Distance distance = Distance.L2;

  /** The label's column in a table. */
  public String label() {
    return label;
  }

  /** How many neighbors vote. */
  public int neighbors() {
    return neighbors;
  }

  public Distance distance() {
    return distance;
  }
}
