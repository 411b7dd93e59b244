package dev.whittle.convert.savedmodel;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An operation of a TensorFlow graph.
 *
 * @param inputs as the file writes them: {@code name}, {@code name:1}, {@code ^name}, in functions
 *     {@code name:output:0}
 */
record TfNode(String name, String op, List<String> inputs, Map<String, Proto> attributes) {
  private static final List<String> FUNCTIONS =
      List.of("f", "cond", "body", "then_branch", "else_branch");

  static TfNode of(Proto node) {
    return new TfNode(node.text(1), node.text(2), node.texts(3), node.map(5));
  }

  /**
   * Returns the same operation, which notes the attributes that are read.
   *
   * @param read receives their names
   */
  TfNode watched(Set<String> read) {
    return new TfNode(name, op, inputs, new Watched(attributes, read));
  }

  /** Attributes that note which of them are read. */
  private static final class Watched extends AbstractMap<String, Proto> {
    private final Map<String, Proto> all;
    private final Set<String> read;

    Watched(Map<String, Proto> all, Set<String> read) {
      this.all = all;
      this.read = read;
    }

    @Override
    public @Nullable Proto get(Object name) {
      read.add(String.valueOf(name));
      return all.get(name);
    }

    @Override
    public boolean containsKey(Object name) {
      return get(name) != null;
    }

    @Override
    public Set<Map.Entry<String, Proto>> entrySet() {
      read.addAll(all.keySet());
      return all.entrySet();
    }
  }

  /** Returns the operation of a reference to a result. */
  static String nameOf(String reference) {
    int colon = reference.indexOf(':');
    return colon < 0 ? reference : reference.substring(0, colon);
  }

  /**
   * Returns the reference of an input.
   *
   * @throws MalformedModelException if there are fewer inputs
   */
  String input(int index) {
    if (index >= inputs.size()) {
      throw new MalformedModelException(
          "operation '%s' (%s): input %d is missing".formatted(name, op, index));
    }
    return inputs.get(index);
  }

  /** Returns the inputs of data, without control inputs. */
  List<String> dataInputs() {
    return inputs.stream().filter(input -> !isControl(input)).toList();
  }

  static boolean isControl(String reference) {
    return reference.startsWith("^");
  }

  long integer(String attribute, long ifMissing) {
    Proto value = attributes.get(attribute);
    return value == null ? ifMissing : value.integer(3);
  }

  float real(String attribute, float ifMissing) {
    Proto value = attributes.get(attribute);
    return value == null ? ifMissing : value.real(4);
  }

  boolean flag(String attribute, boolean ifMissing) {
    Proto value = attributes.get(attribute);
    return value == null ? ifMissing : value.flag(5);
  }

  String text(String attribute, String ifMissing) {
    Proto value = attributes.get(attribute);
    return value == null ? ifMissing : value.text(2);
  }

  /** Returns the number of an element type. */
  long type(String attribute, long ifMissing) {
    Proto value = attributes.get(attribute);
    return value == null ? ifMissing : value.integer(6);
  }

  /** Returns the name of a function. */
  String function(String attribute) {
    Proto value = attributes.get(attribute);
    return value == null ? "" : value.message(10).text(1);
  }

  List<String> texts(String attribute) {
    Proto value = attributes.get(attribute);
    return value == null ? List.of() : value.message(1).texts(2);
  }

  List<Float> reals(String attribute) {
    Proto value = attributes.get(attribute);
    return value == null ? List.of() : value.message(1).reals(4);
  }

  /** Returns the numbers of several element types. */
  List<Long> types(String attribute) {
    Proto value = attributes.get(attribute);
    return value == null ? List.of() : value.message(1).integers(6);
  }

  /** Returns a shape; an unknown one if the attribute is missing. */
  Shape shape(String attribute) {
    Proto value = attributes.get(attribute);
    return value == null ? Shape.UNKNOWN : DataTypes.shape(value.message(7));
  }

  List<Proto> shapes(String attribute) {
    Proto value = attributes.get(attribute);
    return value == null ? List.of() : value.message(1).messages(7);
  }

  /** Returns the names of all functions that the operation may call. */
  List<String> functions() {
    List<String> names = new ArrayList<>();
    for (String attribute : FUNCTIONS) {
      Proto value = attributes.get(attribute);
      if (value != null) {
        names.add(value.message(10).text(1));
      }
    }
    names.addAll(branches());
    names.removeIf(String::isEmpty);
    return names;
  }

  /** Returns the functions among which the operation chooses. */
  List<String> branches() {
    Proto value = attributes.get("branches");
    return value == null
        ? List.of()
        : value.message(1).messages(9).stream().map(function -> function.text(1)).toList();
  }

  /**
   * Returns a list of integers of a known length.
   *
   * @param ifMissing what each of them is if the attribute is missing
   * @throws OperandException if the list has another length
   */
  int[] integers(String attribute, int count, int ifMissing) {
    int[] all = new int[count];
    Arrays.fill(all, ifMissing);
    int[] stated = integers(attribute, all);
    if (stated.length != count) {
      throw OperandException.invalid(
          "'%s' has %d elements; expected %d", attribute, stated.length, count);
    }
    return stated;
  }

  int[] integers(String attribute, int[] ifMissing) {
    Proto value = attributes.get(attribute);
    return value == null
        ? ifMissing
        : value.message(1).integers(3).stream().mapToInt(Long::intValue).toArray();
  }
}
