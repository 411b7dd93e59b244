package dev.whittle.json;

import dev.whittle.ir.MalformedModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object of a model's configuration that knows its place in the file, so that every
 * complaint names it. Methods throw {@link MalformedModelException} where a field has another type
 * than asked for, or is missing and there is no default; a null field counts as missing.
 */
public final class Config {
  private final Map<String, @Nullable Object> fields;
  private final String place;

  public Config(Map<String, @Nullable Object> fields, String place) {
    this.fields = fields;
    this.place = place;
  }

  /**
   * Reads a JSON object.
   *
   * @param origin what messages call the text
   * @throws MalformedModelException if the text is not one JSON object, with line and column
   */
  public static Config parse(byte[] json, String origin) {
    return JsonTree.parse(json, origin);
  }

  /** Where in the file this object stands. */
  public String place() {
    return place;
  }

  public Set<String> keys() {
    return fields.keySet();
  }

  /** Whether the field exists and is not null. */
  public boolean has(String key) {
    return fields.get(key) != null;
  }

  /** The raw value: a string, number, boolean, list or map; null where missing. */
  public @Nullable Object get(String key) {
    return fields.get(key);
  }

  public String string(String key) {
    return require(key, "a string", Config::asString);
  }

  public String string(String key, String ifMissing) {
    return has(key) ? string(key) : ifMissing;
  }

  public @Nullable String stringOrNull(String key) {
    return has(key) ? string(key) : null;
  }

  public int integer(String key) {
    return require(key, "an integer", Config::asInteger);
  }

  public int integer(String key, int ifMissing) {
    return has(key) ? integer(key) : ifMissing;
  }

  public float real(String key, double ifMissing) {
    Object value = fields.get(key);
    return value == null
        ? (float) ifMissing
        : require(key, "a number", v -> asReal(unwrap(v))).floatValue();
  }

  public boolean flag(String key, boolean ifMissing) {
    Object value = fields.get(key);
    return value == null ? ifMissing : require(key, "true or false", Config::asFlag);
  }

  public Config object(String key) {
    return require(
        key, "an object", v -> v instanceof Map<?, ?> m ? of(m, place + "." + key) : null);
  }

  public List<?> list(String key) {
    return require(key, "a list", v -> v instanceof List<?> list ? list : null);
  }

  /** A list of objects. */
  public List<Config> objects(String key) {
    List<Config> objects = new ArrayList<>();
    for (Object item : list(key)) {
      String itemPlace = place + "." + key + "[" + objects.size() + "]";
      if (!(item instanceof Map<?, ?> map)) {
        throw malformed(itemPlace, "an object", item);
      }
      objects.add(of(map, itemPlace));
    }
    return objects;
  }

  public List<String> strings(String key) {
    List<String> strings = new ArrayList<>();
    for (Object item : list(key)) {
      if (!(item instanceof String string)) {
        throw malformed(place + "." + key, "a list of strings", item);
      }
      strings.add(string);
    }
    return strings;
  }

  /** A list of integers; one integer counts as a list of it. */
  public int[] integers(String key) {
    return require(key, "integers", v -> integersOf(unwrap(v)));
  }

  /** {@link #integers} of {@code count}; one integer stands for {@code count} equal ones. */
  public int[] integers(String key, int count) {
    int[] found = integers(key);
    if (found.length == count) {
      return found;
    }
    if (found.length != 1 || fields.get(key) instanceof List<?>) {
      throw malformed(place + "." + key, count + " integers", fields.get(key));
    }
    int[] all = new int[count];
    java.util.Arrays.fill(all, found[0]);
    return all;
  }

  public int[] integers(String key, int count, int ifMissing) {
    if (has(key)) {
      return integers(key, count);
    }
    int[] all = new int[count];
    java.util.Arrays.fill(all, ifMissing);
    return all;
  }

  /** Numbers in any nesting of lists, in order. */
  public float[] reals(String key) {
    List<Double> found = new ArrayList<>();
    collectReals(key, unwrap(require(key, "numbers", v -> v)), found);
    float[] reals = new float[found.size()];
    for (int i = 0; i < reals.length; i++) {
      reals[i] = found.get(i).floatValue();
    }
    return reals;
  }

  /** {@link #reals} in double precision. */
  public double[] doubles(String key) {
    List<Double> found = new ArrayList<>();
    collectReals(key, unwrap(require(key, "numbers", v -> v)), found);
    return found.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** An integer that may be larger than {@link #integer} takes. */
  public long wholeNumber(String key) {
    return require(key, "an integer", v -> v instanceof Long number ? number : null);
  }

  private void collectReals(String key, @Nullable Object value, List<Double> found) {
    if (value instanceof List<?> list) {
      list.forEach(item -> collectReals(key, item, found));
    } else {
      Double real = value == null ? null : asReal(value);
      if (real == null) {
        throw malformed(place + "." + key, "numbers", value);
      }
      found.add(real);
    }
  }

  /** A complaint about a field. */
  public MalformedModelException malformed(String key, String expected) {
    return malformed(place + "." + key, expected, fields.get(key));
  }

  private static MalformedModelException malformed(
      String where, String expected, @Nullable Object found) {
    return new MalformedModelException(
        where + ": expected " + expected + ", found " + shorten(String.valueOf(found)));
  }

  /** At most 80 characters of a text, for messages. */
  public static String shorten(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= 80 ? line : line.substring(0, 77) + "...";
  }

  private <T> T require(String key, String expected, Function<Object, @Nullable T> as) {
    Object value = fields.get(key);
    if (value == null) {
      throw new MalformedModelException(place + ": '" + key + "' is missing");
    }
    T typed = as.apply(value);
    if (typed == null) {
      throw malformed(key, expected);
    }
    return typed;
  }

  /** Keras wraps some values: {@code {"class_name": "__numpy__", "config": {"value": ...}}}. */
  private static Object unwrap(Object value) {
    if (value instanceof Map<?, ?> map && map.get("config") instanceof Map<?, ?> config) {
      Object inner = config.get("value");
      return inner == null ? value : inner;
    }
    if (value instanceof Map<?, ?> map && map.get("value") != null) {
      return unwrap(java.util.Objects.requireNonNull(map.get("value")));
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

  /** The integers of a list or a single one; null if there is anything else. */
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

  /** An object of a parsed tree, whose keys are strings. */
  @SuppressWarnings("unchecked")
  public static Config of(Map<?, ?> map, String place) {
    return new Config((Map<String, @Nullable Object>) map, place);
  }

  @Override
  public String toString() {
    return place + " " + fields;
  }
}
