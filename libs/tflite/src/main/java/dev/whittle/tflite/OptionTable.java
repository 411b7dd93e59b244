package dev.whittle.tflite;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The schema of one table of operator options: its fields in slot order.
 *
 * @param union 1 for BuiltinOptions, 2 for BuiltinOptions2
 * @param number of the table in its union
 * @param name of the table
 * @param fields in slot order
 */
record OptionTable(int union, int number, String name, List<Field> fields) {
  /** The type of a field. */
  enum Kind {
    BYTE("byte"),
    BOOL("bool"),
    INT("int"),
    LONG("long"),
    FLOAT("float"),
    STRING("string"),
    BYTES("[ubyte]"),
    BOOLS("[bool]"),
    INTS("[int]"),
    LONGS("[long]"),
    FLOATS("[float]");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    static Kind of(String text) {
      for (Kind kind : values()) {
        if (kind.text.equals(text)) {
          return kind;
        }
      }
      throw new IllegalArgumentException(text);
    }
  }

  /**
   * A field of an option table.
   *
   * @param absent value of an integer or, as 0 or 1, of a boolean if a file omits the field
   */
  record Field(String name, Kind kind, int absent) {}

  private static final Map<String, OptionTable> BY_NAME = new HashMap<>();
  private static final Map<Integer, OptionTable> BY_NUMBER = new HashMap<>();
  private static final Map<Integer, String> OPERATORS = new HashMap<>();

  static {
    for (String line : lines("option-tables.txt")) {
      OptionTable table = parse(line);
      BY_NAME.put(table.name, table);
      BY_NUMBER.put(key(table.union, table.number), table);
    }
    for (String line : lines("operators.txt")) {
      String[] words = line.split(" ", -1);
      OPERATORS.put(Integer.parseInt(words[0]), words[1]);
    }
  }

  /** Returns the table of a name; null if the schema has none. */
  static @Nullable OptionTable named(String name) {
    return BY_NAME.get(name);
  }

  /** Returns the table of a number in a union; null if it is of a newer schema. */
  static @Nullable OptionTable numbered(int union, int number) {
    return BY_NUMBER.get(key(union, number));
  }

  /**
   * Returns the name of a built-in operator, or words for one that the schema here does not have.
   */
  static String operatorName(int code) {
    return OPERATORS.getOrDefault(code, "operator %d of a newer schema".formatted(code));
  }

  private static int key(int union, int number) {
    return union * 1000 + number;
  }

  private static OptionTable parse(String line) {
    String[] words = line.split(" ", -1);
    List<Field> fields = new ArrayList<>();
    for (int i = 3; i < words.length; i++) {
      String[] parts = words[i].split("[:=]", -1);
      fields.add(new Field(parts[0], Kind.of(parts[1]), parts.length > 2 ? number(parts[2]) : 0));
    }
    return new OptionTable(
        Integer.parseInt(words[0]), Integer.parseInt(words[1]), words[2], List.copyOf(fields));
  }

  private static int number(String text) {
    return text.equals("true") ? 1 : Integer.parseInt(text);
  }

  static List<String> lines(String resource) {
    try (InputStream in = OptionTable.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the resource " + resource + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#") && !line.isBlank())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
