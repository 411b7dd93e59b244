package dev.whittle.convert.savedmodel;

import dev.whittle.ir.tensor.OperandException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of the operations that have a lowering, with their defaults, as TensorFlow
 * registers them. {@code operation_attributes.py} writes them, and describes their form.
 *
 * <p>A lowering has to read each attribute that a node sets to another value than its default, or
 * declare that it does not matter. All others are refused, so that none is ignored in silence.
 */
final class OperationAttributes {
  private static final String RESOURCE = "attributes.txt";
  private static final String ANNOTATION = "_";
  private static final String IMPLIED = "~";
  private static final String REQUIRED = "";

  /** The lines of the file by the operation's name, which are parsed when they are needed. */
  private static final Map<String, String> LINES = read();

  private OperationAttributes() {}

  private static Map<String, String> read() {
    try (InputStream in = OperationAttributes.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("the resource " + RESOURCE + " is missing");
      }
      Map<String, String> lines = new HashMap<>();
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .forEach(line -> lines.put((line + " ").substring(0, (line + " ").indexOf(' ')), line));
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns whether the file has the operation. */
  static boolean defines(String operation) {
    return LINES.containsKey(operation);
  }

  /**
   * Returns the defaults of an operation's attributes: empty for an attribute that has none, {@code
   * ~} for one that follows from the inputs.
   */
  static Map<String, String> defaults(String operation) {
    String line = LINES.get(operation);
    if (line == null) {
      throw new IllegalStateException(
          "no attributes of %s in %s: run operation_attributes.py".formatted(operation, RESOURCE));
    }
    Map<String, String> defaults = new HashMap<>();
    List<String> parts = List.of(line.split(" ", -1));
    for (String part : parts.subList(1, parts.size())) {
      int equals = part.indexOf('=');
      if (part.startsWith(IMPLIED)) {
        defaults.put(part.substring(1), IMPLIED);
      } else {
        defaults.put(
            equals < 0 ? part : part.substring(0, equals),
            equals < 0 ? REQUIRED : part.substring(equals + 1));
      }
    }
    return defaults;
  }

  /**
   * Refuses attributes that the operation does not have.
   *
   * @throws OperandException naming the attribute and its value
   */
  static void requireKnown(TfNode node) {
    Map<String, String> defaults = defaults(node.op());
    node.attributes()
        .forEach(
            (name, value) -> {
              if (!name.startsWith(ANNOTATION) && !defaults.containsKey(name)) {
                throw OperandException.unsupported(
                    "the attribute '%s' = %s, which TensorFlow 2.21 does not have there",
                    name, shown(text(value)));
              }
            });
  }

  /**
   * Refuses attributes that were not read.
   *
   * @param honored the attributes that were read, or do not matter
   * @throws OperandException naming the attribute, its value and its default
   */
  static void requireHonored(TfNode node, Set<String> honored) {
    Map<String, String> defaults = null;
    for (Map.Entry<String, Proto> attribute : node.attributes().entrySet()) {
      String name = attribute.getKey();
      if (name.startsWith(ANNOTATION) || honored.contains(name)) {
        continue;
      }
      defaults = defaults == null ? defaults(node.op()) : defaults;
      String ifMissing = defaults.get(name);
      String value = text(attribute.getValue());
      if (ifMissing == null || (!ifMissing.equals(IMPLIED) && !isSame(value, ifMissing))) {
        throw OperandException.unsupported(
            "the attribute '%s' = %s, which Whittle does not support; %s",
            name,
            shown(value),
            ifMissing == null || ifMissing.equals(REQUIRED)
                ? "it has no default"
                : "its default is " + shown(ifMissing));
      }
    }
  }

  private static boolean isSame(String value, String ifMissing) {
    boolean areNumbers = value.startsWith("f:") && ifMissing.startsWith("f:");
    return areNumbers
        ? Float.parseFloat(value.substring(2)) == Float.parseFloat(ifMissing.substring(2))
        : value.equals(ifMissing);
  }

  // Values, in the form of the file.

  private static String text(Proto value) {
    if (value.has(1)) {
      return "list:" + items(value.message(1)).collect(Collectors.joining(","));
    }
    if (value.has(2)) {
      return "s:" + escaped(value.text(2));
    }
    if (value.has(3)) {
      return "i:" + value.integer(3);
    }
    if (value.has(4)) {
      return "f:" + value.real(4);
    }
    if (value.has(5)) {
      return "b:" + value.integer(5);
    }
    if (value.has(6)) {
      return "type:" + value.integer(6);
    }
    if (value.has(7)) {
      return "shape:" + shape(value.message(7));
    }
    return value.has(10) ? "func:" + escaped(value.message(10).text(1)) : "another value";
  }

  private static Stream<String> items(Proto list) {
    Function<Object, String> plain = String::valueOf;
    return Stream.of(
            list.texts(2).stream().map(OperationAttributes::escaped),
            list.integers(3).stream().map(plain),
            list.reals(4).stream().map(plain),
            list.integers(5).stream().map(plain),
            list.integers(6).stream().map(plain),
            list.messages(7).stream().map(OperationAttributes::shape),
            list.messages(9).stream().map(function -> escaped(function.text(1))))
        .flatMap(items -> items);
  }

  private static String shape(Proto shape) {
    if (shape.flag(3)) {
      return "?";
    }
    String dims =
        shape.messages(2).stream()
            .map(dim -> String.valueOf(dim.integer(1)))
            .collect(Collectors.joining("x"));
    return dims.isEmpty() ? "scalar" : dims;
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
      boolean plain = one > ' ' && one <= '~' && one != '%' && one != ',';
      escaped.append(plain ? String.valueOf((char) one) : "%%%02X".formatted(one));
    }
    return escaped.toString();
  }

  /** Returns a value as people write it. */
  private static String shown(@Nullable String text) {
    String value = text == null ? "" : text;
    int colon = value.indexOf(':');
    String plain = value.substring(colon + 1);
    return switch (value.substring(0, Math.max(colon, 0))) {
      case "s" -> "'" + plain + "'";
      case "b" -> plain.equals("0") ? "false" : "true";
      case "type" -> type(plain);
      case "list" -> "[" + plain + "]";
      default -> plain;
    };
  }

  private static String type(String number) {
    try {
      return DataTypes.type(Long.parseLong(number)).name();
    } catch (OperandException e) {
      return "type " + number;
    }
  }
}
