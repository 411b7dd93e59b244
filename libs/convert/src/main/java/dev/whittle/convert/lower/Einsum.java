package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Einstein sums of one or two operands; two are lowered to a matrix product. A label in both
 * operands and the result is a batch axis, one in both operands only is summed over, and one in a
 * single operand and the result is free.
 */
public final class Einsum {
  private final Emitter emit;
  private final String left;
  private final String right;
  private final String result;
  private final Map<Character, Integer> dimensions = new LinkedHashMap<>();

  private Einsum(Emitter emit, String left, String right, String result) {
    this.emit = emit;
    this.left = left;
    this.right = right;
    this.result = result;
  }

  /**
   * Lowers an Einstein sum of one or two operands.
   *
   * @throws OperandException if the equation does not fit the operands, or is not supported
   */
  public static Value apply(Emitter emit, String equation, List<Value> operands) {
    List<String> terms = terms(equation, operands);
    if (operands.size() == 1) {
      return single(emit, terms.get(0), terms.get(1), operands.getFirst());
    }
    if (operands.size() == 2) {
      var sum = new Einsum(emit, terms.get(0), terms.get(1), terms.get(2));
      return sum.product(operands.get(0), operands.get(1));
    }
    throw OperandException.unsupported("an Einstein sum of %d operands", operands.size());
  }

  /** Returns the labels of each operand and the result; labels replace an ellipsis. */
  private static List<String> terms(String equation, List<Value> operands) {
    String compact = equation.replace(" ", "");
    int arrow = compact.indexOf("->");
    List<String> inputs =
        new ArrayList<>(
            List.of((arrow < 0 ? compact : compact.substring(0, arrow)).split(",", -1)));
    if (inputs.size() != operands.size()) {
      throw OperandException.invalid("'%s' has %d operands", equation, operands.size());
    }
    String result = arrow < 0 ? implicit(inputs) : compact.substring(arrow + 2);
    int most = 0;
    for (int i = 0; i < inputs.size(); i++) {
      if (inputs.get(i).contains("...")) {
        most = Math.max(most, Emitter.rank(operands.get(i)) - inputs.get(i).length() + 3);
      }
    }
    String dots = "αβγδεζηθ".substring(0, Math.min(8, most));
    for (int i = 0; i < inputs.size(); i++) {
      int count = Emitter.rank(operands.get(i)) - inputs.get(i).length() + 3;
      String own = count < 0 || count > dots.length() ? "" : dots.substring(dots.length() - count);
      inputs.set(i, inputs.get(i).replace("...", own));
      if (inputs.get(i).length() != Emitter.rank(operands.get(i))) {
        throw OperandException.invalid(
            "'%s' does not fit an operand %s", equation, operands.get(i).shape());
      }
      if (inputs.get(i).chars().distinct().count() < inputs.get(i).length()) {
        throw OperandException.unsupported("a diagonal, which '%s' takes of an operand", equation);
      }
    }
    inputs.add(result.replace("...", dots));
    return inputs;
  }

  private static String implicit(List<String> inputs) {
    String all = String.join("", inputs).replace(".", "");
    String once =
        all.chars()
            .filter(c -> all.indexOf(c) == all.lastIndexOf(c))
            .sorted()
            .mapToObj(c -> String.valueOf((char) c))
            .collect(Collectors.joining());
    return (String.join("", inputs).contains("...") ? "..." : "") + once;
  }

  private static Value single(Emitter emit, String from, String to, Value x) {
    String kept = pick(from, c -> to.indexOf(c) >= 0);
    int[] gone = places(from, pick(from, c -> to.indexOf(c) < 0));
    Value summed = gone.length == 0 ? x : emit.sum(x, false, gone);
    return emit.transpose(summed, places(kept, to));
  }

  private static String pick(String labels, Predicate<Character> wanted) {
    return labels
        .chars()
        .mapToObj(c -> (char) c)
        .filter(wanted)
        .map(String::valueOf)
        .collect(Collectors.joining());
  }

  private static int[] places(String labels, String wanted) {
    return wanted.chars().map(labels::indexOf).toArray();
  }

  private Value product(Value a, Value b) {
    // A label in one operand and not in the result is summed over first.
    String onlyLeft = pick(left, c -> right.indexOf(c) < 0 && result.indexOf(c) < 0);
    String onlyRight = pick(right, c -> left.indexOf(c) < 0 && result.indexOf(c) < 0);
    if (!onlyLeft.isEmpty() || !onlyRight.isEmpty()) {
      Value x = onlyLeft.isEmpty() ? a : emit.sum(a, false, places(left, onlyLeft));
      Value y = onlyRight.isEmpty() ? b : emit.sum(b, false, places(right, onlyRight));
      return new Einsum(
              emit,
              pick(left, c -> onlyLeft.indexOf(c) < 0),
              pick(right, c -> onlyRight.indexOf(c) < 0),
              result)
          .product(x, y);
    }
    note(left, a);
    note(right, b);
    String batch = pick(result, c -> left.indexOf(c) >= 0 && right.indexOf(c) >= 0);
    String summed = pick(left, c -> right.indexOf(c) >= 0 && result.indexOf(c) < 0);
    String leftFree = pick(result, c -> right.indexOf(c) < 0);
    String rightFree = pick(result, c -> left.indexOf(c) < 0);
    Tensor weights = b.contents();
    Value product =
        batch.isEmpty() && weights != null && !summed.isEmpty() && !leftFree.isEmpty()
            ? dense(a, weights, summed, leftFree, rightFree)
            : matrices(a, b, batch, summed, leftFree, rightFree);
    return emit.transpose(product, places(batch + leftFree + rightFree, result));
  }

  private void note(String labels, Value x) {
    for (int i = 0; i < labels.length(); i++) {
      int dimension = Emitter.dim(x, i);
      dimensions.merge(labels.charAt(i), dimension, (p, q) -> p == Shape.DYNAMIC ? q : p);
    }
  }

  private int dimension(char label) {
    return dimensions.getOrDefault(label, Shape.DYNAMIC);
  }

  private int dimension(String labels) {
    int product = 1;
    for (int i = 0; i < labels.length(); i++) {
      char c = labels.charAt(i);
      if (dimension(c) == Shape.DYNAMIC) {
        return -1;
      }
      product = Math.multiplyExact(product, dimension(c));
    }
    return product;
  }

  private Value dense(Value a, Tensor weights, String summed, String leftFree, String rightFree) {
    Value x = emit.transpose(a, places(left, leftFree + summed));
    if (summed.length() > 1) {
      x = emit.reshape(x, sameThen(leftFree.length(), dimension(summed)));
    }
    Tensor matrix =
        ConstantTensors.reshape(
            ConstantTensors.transpose(weights, places(right, rightFree + summed)),
            dimension(rightFree),
            dimension(summed));
    Value product =
        emit.node(
            new FullyConnected(Activation.NONE, leftFree.length() > 1),
            x,
            emit.constant("kernel", matrix),
            null);
    return rightFree.length() == 1
        ? product
        : emit.reshape(product, sameThen(leftFree.length(), dims(rightFree)));
  }

  private int[] dims(String labels) {
    return labels.chars().map(c -> dimension((char) c)).toArray();
  }

  private static int[] sameThen(int same, int... rest) {
    int[] dims = new int[same + rest.length];
    java.util.Arrays.fill(dims, 0, same, Emitter.SAME);
    System.arraycopy(rest, 0, dims, same, rest.length);
    return dims;
  }

  private Value matrices(
      Value a, Value b, String batch, String summed, String leftFree, String rightFree) {
    Value x = matrix(a, left, batch, leftFree, summed);
    Value y = matrix(b, right, batch, summed, rightFree);
    Value product = emit.matmul(x, y, false, false);
    if (leftFree.length() == 1 && rightFree.length() == 1) {
      return product;
    }
    int[] dims = sameThen(batch.length(), dims(leftFree + rightFree));
    return emit.reshape(product, dims);
  }

  private Value matrix(Value x, String labels, String batch, String rows, String columns) {
    Value ordered = emit.transpose(x, places(labels, batch + rows + columns));
    return rows.length() == 1 && columns.length() == 1
        ? ordered
        : emit.reshape(ordered, sameThen(batch.length(), dimension(rows), dimension(columns)));
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s,%s->%s", left, right, result);
  }
}
