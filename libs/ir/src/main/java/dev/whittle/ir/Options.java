package dev.whittle.ir;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of an operator as a file stores them: the fields of an option table by name. A
 * value is an {@code Integer} (also for an enumeration), {@code Long}, {@code Float}, {@code
 * Boolean}, {@code String} or a list of one of these. A vector or string that a file leaves out is
 * absent. The module {@code tflite} has the schema of the tables.
 *
 * @param table the table's name in the schema, such as {@code Conv2DOptions}; empty for none
 * @param fields the values by the fields' names in the schema
 */
public record Options(String table, SequencedMap<String, Object> fields) {
  /** The options of an operator without an option table. */
  public static final Options NONE = new Options("", new LinkedHashMap<>());

  public Options {
    fields = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(fields));
  }

  /** Returns an empty table. */
  public static Options of(String table) {
    return new Options(table, new LinkedHashMap<>());
  }

  /** Returns these options with another field; without it if the value is null. */
  public Options with(String field, @Nullable Object value) {
    if (value == null) {
      return this;
    }
    var copy = new LinkedHashMap<>(fields);
    copy.put(field, value);
    return new Options(table, copy);
  }

  /** Returns an integer or enumeration field, or {@code absent} if the table lacks it. */
  public int integer(String field, int absent) {
    return fields.get(field) instanceof Number n ? n.intValue() : absent;
  }

  /** Returns a 64-bit integer field, or {@code absent} if the table lacks it. */
  public long longInteger(String field, long absent) {
    return fields.get(field) instanceof Number n ? n.longValue() : absent;
  }

  /** Returns a float field, or {@code absent} if the table lacks it. */
  public float real(String field, float absent) {
    return fields.get(field) instanceof Number n ? n.floatValue() : absent;
  }

  /** Returns a boolean field, or {@code absent} if the table lacks it. */
  public boolean flag(String field, boolean absent) {
    return fields.get(field) instanceof Boolean b ? b : absent;
  }

  /** Returns a string field, or null if the table lacks it. */
  public @Nullable String text(String field) {
    return fields.get(field) instanceof String s ? s : null;
  }

  /** Returns an integer vector, or null if the table lacks it. */
  public @Nullable List<Integer> integers(String field) {
    return fields.get(field) instanceof List<?> list
        ? list.stream().map(e -> ((Number) e).intValue()).toList()
        : null;
  }

  /** Returns a float vector, or null if the table lacks it. */
  public @Nullable List<Float> reals(String field) {
    return fields.get(field) instanceof List<?> list
        ? list.stream().map(e -> ((Number) e).floatValue()).toList()
        : null;
  }

  /**
   * Returns a tensor type field, or {@code absent} if the table lacks it.
   *
   * @throws OperandException if the code is not in the schema
   */
  public TensorType tensorType(String field, TensorType absent) {
    int code = integer(field, absent.code());
    return TensorType.ofCode(code)
        .orElseThrow(
            () ->
                OperandException.invalid(
                    "unknown tensor type code %d in field %s of %s", code, field, table));
  }

  /** Returns the table and its fields for people. */
  @Override
  public String toString() {
    if (fields.isEmpty()) {
      return table;
    }
    var text = new StringBuilder(table).append('(');
    String separator = "";
    for (Map.Entry<String, Object> field : fields.entrySet()) {
      text.append(separator).append(field.getKey()).append('=').append(field.getValue());
      separator = ", ";
    }
    return text.append(')').toString();
  }
}
