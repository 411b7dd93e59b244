package dev.whittle.json;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object that knows its place in the document, so that every error message names it.
 *
 * <p>A getter throws the reader's own exception, made by its {@link ErrorFactory}, if the field has
 * another type, or if the field is missing and the getter has no default. A null field counts as
 * missing. Objects nested in this one share its error factory.
 */
public final class Config {
  private static final int MAX_QUOTED_LENGTH = 80;

  private final Map<String, @Nullable Object> fields;
  private final String place;
  private final ErrorFactory errors;

  Config(Map<String, @Nullable Object> fields, String place, ErrorFactory errors) {
    this.fields = fields;
    this.place = place;
    this.errors = errors;
  }

  /** Creates the exception by which a reader reports a malformed document. */
  @FunctionalInterface
  public interface ErrorFactory {
    /**
     * Creates an exception.
     *
     * @param message the place in the document, the value found and the one expected
     * @param cause the parser's exception; null if the text is JSON, but not the expected JSON
     */
    RuntimeException create(String message, @Nullable Throwable cause);
  }

  /**
   * Reads a JSON object.
   *
   * @param json one JSON object in UTF-8; bare {@code NaN} and {@code Infinity} are accepted
   * @param origin the document's name in error messages, such as its file
   * @param errors creates the exception to throw, here and in the getters of the result
   * @throws RuntimeException of the error factory if the text is not one JSON object; its message
   *     gives line and column
   */
  public static Config parse(byte[] json, String origin, ErrorFactory errors) {
    return JsonTree.parse(json, origin, errors);
  }

  /** Returns the origin and the path within the document, as in {@code model.json.layers[2]}. */
  public String place() {
    return place;
  }

  /** Returns the names of all fields, in the order of the document. */
  public Set<String> keys() {
    return fields.keySet();
  }

  /** Returns whether the field exists and is not null. */
  public boolean has(String key) {
    return fields.get(key) != null;
  }

  /**
   * Returns a field's value as parsed: a {@link String}, {@link Boolean}, {@link Long}, {@link
   * Double}, {@link List} or {@link Map}; null if the field is missing.
   */
  public @Nullable Object get(String key) {
    return fields.get(key);
  }

  /** Returns a required string. */
  public String string(String key) {
    return require(key, "a string", Config::asString);
  }

  /** Returns a string, or a default if the field is missing. */
  public String string(String key, String ifMissing) {
    return has(key) ? string(key) : ifMissing;
  }

  /** Returns a string, or null if the field is missing. */
  public @Nullable String stringOrNull(String key) {
    return has(key) ? string(key) : null;
  }

  /** Returns a required integer of 32 bits; {@code 3.0} counts as one. */
  public int integer(String key) {
    return require(key, "an integer", Config::asInteger);
  }

  /** Returns a required integer of 64 bits; {@code 3.0} does not count as one. */
  public long longInteger(String key) {
    return require(key, "an integer", v -> v instanceof Long number ? number : null);
  }

  /** Returns an integer of 32 bits, or a default if the field is missing. */
  public int integer(String key, int ifMissing) {
    return has(key) ? integer(key) : ifMissing;
  }

  /** Returns a number, or a default if the field is missing. */
  public float real(String key, double ifMissing) {
    Object value = fields.get(key);
    return value == null
        ? (float) ifMissing
        : require(key, "a number", v -> asReal(unwrap(v))).floatValue();
  }

  /** Returns a boolean, or a default if the field is missing; 0 and 1 count as booleans. */
  public boolean flag(String key, boolean ifMissing) {
    Object value = fields.get(key);
    return value == null ? ifMissing : require(key, "true or false", Config::asFlag);
  }

  /** Returns a required object. */
  public Config object(String key) {
    return require(key, "an object", v -> v instanceof Map<?, ?> m ? nested("." + key, m) : null);
  }

  /**
   * Returns an object that was found within this one.
   *
   * @param path the object's place relative to this one, as in {@code .layers[2]}
   * @param nestedFields fields by name, with values as {@link #get} returns them
   */
  public Config nested(String path, Map<?, ?> nestedFields) {
    return new Config(stringKeys(nestedFields), place + path, errors);
  }

  /**
   * Returns an object at the same place with other fields.
   *
   * @param newFields fields by name, with values as {@link #get} returns them
   */
  public Config withFields(Map<?, ?> newFields) {
    return new Config(stringKeys(newFields), place, errors);
  }

  /** Casts an object of a parsed tree; its keys are strings. */
  @SuppressWarnings("unchecked")
  private static Map<String, @Nullable Object> stringKeys(Map<?, ?> map) {
    return (Map<String, @Nullable Object>) map;
  }

  /** Returns a required list, with items as {@link #get} returns them. */
  public List<?> list(String key) {
    return require(key, "a list", v -> v instanceof List<?> list ? list : null);
  }

  /** Returns a required list of objects. */
  public List<Config> objects(String key) {
    List<Config> objects = new ArrayList<>();
    for (Object item : list(key)) {
      String path = "." + key + "[" + objects.size() + "]";
      if (!(item instanceof Map<?, ?> map)) {
        throw malformedAt(path, "an object", item);
      }
      objects.add(nested(path, map));
    }
    return objects;
  }

  /** Returns a required list of strings. */
  public List<String> strings(String key) {
    List<String> strings = new ArrayList<>();
    for (Object item : list(key)) {
      if (!(item instanceof String string)) {
        throw malformedAt("." + key, "a list of strings", item);
      }
      strings.add(string);
    }
    return strings;
  }

  /** Returns a required list of integers; a single integer counts as a list of one. */
  public int[] integers(String key) {
    return require(key, "integers", v -> integersOf(unwrap(v)));
  }

  /**
   * Returns a required list of integers; a single integer stands for {@code count} equal ones.
   *
   * @param count the expected length of the list
   */
  public int[] integers(String key, int count) {
    int[] found = integers(key);
    if (found.length == count) {
      return found;
    }
    if (found.length != 1 || fields.get(key) instanceof List<?>) {
      throw malformedAt("." + key, count + " integers", fields.get(key));
    }
    int[] all = new int[count];
    Arrays.fill(all, found[0]);
    return all;
  }

  /** Returns {@code count} integers, all of them {@code ifMissing} if the field is missing. */
  public int[] integers(String key, int count, int ifMissing) {
    if (has(key)) {
      return integers(key, count);
    }
    int[] all = new int[count];
    Arrays.fill(all, ifMissing);
    return all;
  }

  /** Returns the numbers of nested lists in order, in single precision. */
  public float[] reals(String key) {
    double[] doubles = doubles(key);
    float[] reals = new float[doubles.length];
    for (int i = 0; i < reals.length; i++) {
      reals[i] = (float) doubles[i];
    }
    return reals;
  }

  /** Returns the numbers of nested lists in order. */
  public double[] doubles(String key) {
    List<Double> found = new ArrayList<>();
    collectReals(key, unwrap(require(key, "numbers", v -> v)), found);
    return found.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private void collectReals(String key, @Nullable Object value, List<Double> found) {
    if (value instanceof List<?> list) {
      list.forEach(item -> collectReals(key, item, found));
    } else {
      Double real = value == null ? null : asReal(value);
      if (real == null) {
        throw malformedAt("." + key, "numbers", value);
      }
      found.add(real);
    }
  }

  /** Creates the reader's exception about a field: its place, its value and the expected one. */
  public RuntimeException malformed(String key, String expected) {
    return malformedAt("." + key, expected, fields.get(key));
  }

  private RuntimeException malformedAt(String path, String expected, @Nullable Object found) {
    return errors.create(
        place + path + ": expected " + expected + ", found " + shorten(String.valueOf(found)),
        null);
  }

  /** Returns at most 80 characters of a text, without control characters, for messages. */
  public static String shorten(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= MAX_QUOTED_LENGTH
        ? line
        : line.substring(0, MAX_QUOTED_LENGTH - 3) + "...";
  }

  private <T> T require(String key, String expected, Function<Object, @Nullable T> as) {
    Object value = fields.get(key);
    if (value == null) {
      throw errors.create(place + ": '" + key + "' is missing; expected " + expected, null);
    }
    T typed = as.apply(value);
    if (typed == null) {
      throw malformed(key, expected);
    }
    return typed;
  }

  // Keras wraps some values: {"class_name": "__numpy__", "config": {"value": ...}}.
  private static Object unwrap(Object value) {
    if (value instanceof Map<?, ?> map && map.get("config") instanceof Map<?, ?> config) {
      Object inner = config.get("value");
      return inner == null ? value : inner;
    }
    if (value instanceof Map<?, ?> map && map.get("value") != null) {
      return unwrap(Objects.requireNonNull(map.get("value")));
    }
    return value;
  }

  private static @Nullable String asString(Object value) {
    return value instanceof String string ? string : null;
  }

  private static @Nullable Integer asInteger(Object value) {
    return switch (value) {
      case Long number when number == number.intValue() -> number.intValue();
      case Double number when number == number.intValue() -> number.intValue();
      default -> null;
    };
  }

  private static @Nullable Double asReal(Object value) {
    return value instanceof Number number ? number.doubleValue() : null;
  }

  private static @Nullable Boolean asFlag(Object value) {
    return switch (value) {
      case Boolean flag -> flag;
      case Long number when number == 0 || number == 1 -> number == 1;
      default -> null;
    };
  }

  /**
   * Returns the integers of a list, or a single integer as an array of one; null if the value is
   * anything else.
   */
  public static int @Nullable [] integersOf(Object value) {
    if (!(value instanceof List<?> list)) {
      Integer single = asInteger(value);
      return single == null ? null : new int[] {single};
    }
    int[] all = new int[list.size()];
    for (int i = 0; i < all.length; i++) {
      Object item = list.get(i);
      Integer integer = item == null ? null : asInteger(item);
      if (integer == null) {
        return null;
      }
      all[i] = integer;
    }
    return all;
  }

  @Override
  public String toString() {
    return place + " " + fields;
  }
}
