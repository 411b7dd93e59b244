package dev.whittle.evaluate;

import java.util.List;
import java.util.stream.Collectors;

/** Formats a table as text. The first column is left-aligned, the others right-aligned. */
public final class TextTable {
  private TextTable() {}

  /**
   * Returns the lines of a table.
   *
   * @param rows the cells, the header first; all rows have the same length
   */
  public static String of(List<List<String>> rows) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], row.get(c).length());
      }
    }
    return rows.stream().map(row -> line(row, widths)).collect(Collectors.joining("\n"));
  }

  private static String line(List<String> row, int[] widths) {
    var line = new StringBuilder();
    for (int c = 0; c < widths.length; c++) {
      String padding = " ".repeat(widths[c] - row.get(c).length());
      line.append(c == 0 ? row.get(c) + padding : "  " + padding + row.get(c));
    }
    return line.toString().stripTrailing();
  }
}
