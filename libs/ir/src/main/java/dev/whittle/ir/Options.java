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
 * The attributes of an operator as the file holds them: field names and values of one option table.
 * Values are {@code Integer} (also for enumerations), {@code Long}, {@code Float}, {@code Boolean},
 * {@code String} or a list of one of these. Vectors and strings that a file leaves out are absent
 * here. The schema of the tables is in the {@code tflite} module.
 *
 * @param table the table's name in the schema, such as {@code Conv2DOptions}; empty for none
 */
public record Options(String table, SequencedMap<String, Object> fields) {
  /** No option table at all. */
  public static final Options NONE = new Options("", new LinkedHashMap<>());

  public Options {
    fields = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(fields));
  }

  /** An empty table of that name. */
  public static Options of(String table) {
    return new Options(table, new LinkedHashMap<>());
  }

  /** These options and one more field; a null value is left out. */
  public Options with(String field, @Nullable Object value) {
    if (value == null) {
      return this;
    }
    var copy = new LinkedHashMap<>(fields);
    copy.put(field, value);
    return new Options(table, copy);
  }

  /** An integer or enumeration field, or {@code absent} where the table lacks it. */
  public int integer(String field, int absent) {
    return fields.get(field) instanceof Number n ? n.intValue() : absent;
  }

  public long longInteger(String field, long absent) {
    return fields.get(field) instanceof Number n ? n.longValue() : absent;
  }

  public float real(String field, float absent) {
    return fields.get(field) instanceof Number n ? n.floatValue() : absent;
  }

  public boolean flag(String field, boolean absent) {
    return fields.get(field) instanceof Boolean b ? b : absent;
  }

  public @Nullable String text(String field) {
    return fields.get(field) instanceof String s ? s : null;
  }

  /** An integer vector, or null where the table lacks it. */
  public @Nullable List<Integer> integers(String field) {
    return fields.get(field) instanceof List<?> list
        ? list.stream().map(e -> ((Number) e).intValue()).toList()
        : null;
  }

  /** A float vector, or null where the table lacks it. */
  public @Nullable List<Float> reals(String field) {
    return fields.get(field) instanceof List<?> list
        ? list.stream().map(e -> ((Number) e).floatValue()).toList()
        : null;
  }

  /** A tensor type field. */
  public TensorType tensorType(String field, TensorType absent) {
    int code = integer(field, absent.code());
    return TensorType.ofCode(code)
        .orElseThrow(() -> OperandException.invalid("%s: no tensor type %d", field, code));
  }

  /** The fields of this table, for a human reader. */
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
