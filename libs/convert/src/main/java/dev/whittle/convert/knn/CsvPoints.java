package dev.whittle.convert.knn;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/** Reads labeled points from a table of comma-separated values (RFC 4180, UTF-8). */
public final class CsvPoints {
  private final String file;
  private final String labelColumn;
  private final List<float[]> points = new ArrayList<>();
  private final List<String> labels = new ArrayList<>();
  private List<String> header = List.of();
  private int label = -1;

  private CsvPoints(Path file, String labelColumn) {
    this.file = file.toString();
    this.labelColumn = labelColumn;
  }

  /**
   * Reads a table. Every column but the label's must hold finite numbers. Labels that are all
   * integers are ordered by number, others as text.
   *
   * @param labelColumn a name of the first line, or the number of a column counted from 0 (negative
   *     from the last), in which case a first line of numbers is data
   * @throws IOException if the file cannot be read; the message names the line and the problem
   */
  public static LabeledPoints read(Path file, String labelColumn) throws IOException {
    var table = new CsvPoints(file, labelColumn);
    try (CsvReader<CsvRecord> reader = CsvReader.builder().ofCsvRecord(file)) {
      for (CsvRecord line : reader) {
        table.add(line);
      }
    } catch (UncheckedIOException e) {
      throw new IOException(file + ": cannot be read as text in UTF-8", e);
    } catch (CsvParseException e) {
      throw new IOException(file + ": not a table of comma-separated values", e);
    }
    return table.finish();
  }

  private void add(CsvRecord line) throws IOException {
    List<String> fields = line.getFields();
    if (header.isEmpty()) {
      header = fields;
      label = labelIndex(fields);
      if (!isData(fields)) {
        return;
      }
    }
    if (fields.size() != header.size()) {
      throw bad(line, "has %d fields, the first line %d".formatted(fields.size(), header.size()));
    }
    float[] point = new float[fields.size() - 1];
    for (int i = 0; i < fields.size(); i++) {
      if (i != label) {
        point[i < label ? i : i - 1] = number(line, i);
      }
    }
    points.add(point);
    labels.add(fields.get(label).strip());
  }

  private int labelIndex(List<String> fields) throws IOException {
    int named = fields.indexOf(labelColumn);
    if (named >= 0) {
      return named;
    }
    int count = fields.size();
    try {
      int number = Integer.parseInt(labelColumn);
      int index = number < 0 ? number + count : number;
      if (index >= 0 && index < count) {
        return index;
      }
    } catch (NumberFormatException e) {
      // Not a number, so a name that the first line lacks.
    }
    throw new IOException(
        file + ": there is no column '" + labelColumn + "'; the first line is " + fields);
  }

  private boolean isData(List<String> fields) {
    for (int i = 0; i < fields.size(); i++) {
      if (i != label && !isNumber(fields.get(i))) {
        return false;
      }
    }
    return !fields.get(label).equals(labelColumn);
  }

  private static boolean isNumber(String field) {
    try {
      Double.parseDouble(field.strip());
      return true;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private float number(CsvRecord line, int column) throws IOException {
    String field = line.getField(column).strip();
    try {
      // By way of double, as tables are commonly read: the nearest float may differ in rare cases.
      float number = (float) Double.parseDouble(field);
      if (Float.isFinite(number)) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Reported below.
    }
    throw bad(line, "column %d is not a finite number: '%s'".formatted(column, field));
  }

  private IOException bad(CsvRecord line, String problem) {
    return new IOException(file + ", line " + line.getStartingLineNumber() + ": " + problem);
  }

  private LabeledPoints finish() throws IOException {
    if (points.isEmpty()) {
      throw new IOException(file + ": the table has no rows");
    }
    if (header.size() < 2) {
      throw new IOException(file + ": the table has no column beside the label");
    }
    boolean whole = labels.stream().allMatch(l -> l.matches("-?\\d{1,18}"));
    Comparator<String> order =
        whole ? Comparator.comparingLong(Long::parseLong) : Comparator.naturalOrder();
    var numbers = new TreeMap<String, Integer>(order);
    labels.forEach(name -> numbers.put(name, 0));
    List<String> names = List.copyOf(numbers.keySet());
    for (int i = 0; i < names.size(); i++) {
      numbers.put(names.get(i), i);
    }
    int columns = header.size() - 1;
    float[] coordinates = new float[Math.multiplyExact(points.size(), columns)];
    for (int i = 0; i < points.size(); i++) {
      System.arraycopy(points.get(i), 0, coordinates, i * columns, columns);
    }
    int[] indices = labels.stream().mapToInt(name -> numbers.getOrDefault(name, 0)).toArray();
    return new LabeledPoints(columns, coordinates, Arrays.copyOf(indices, indices.length), names);
  }
}
