package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.index.MatrixDiag;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Einstein sums. Two operands are lowered to a matrix product: a label in both operands and the
 * result is a batch axis, one in both operands only is summed over, and one in a single operand and
 * the result is free. More operands are multiplied from left to right. A label that is repeated in
 * one operand takes its diagonal, one that is repeated in the result writes a diagonal among zeros.
 */
public final class Einsum {
  /** The largest rank of operands of BATCH_MATMUL in the native runtime. */
  private static final int MAX_PRODUCT_RANK = 5;

  private final Emitter emit;
  private final String left;
  private final String right;
  private final String result;

  private Einsum(Emitter emit, String left, String right, String result) {
    this.emit = emit;
    this.left = left;
    this.right = right;
    this.result = result;
  }

  /**
   * Lowers an Einstein sum.
   *
   * @throws OperandException if the equation does not fit the operands
   */
  public static Value apply(Emitter emit, String equation, List<Value> operands) {
    List<String> terms = terms(equation, operands);
    String result = terms.removeLast();
    Deque<String> labels = new ArrayDeque<>();
    Deque<Value> values = new ArrayDeque<>();
    for (int i = 0; i < operands.size(); i++) {
      String own = terms.get(i);
      Value x = operands.get(i);
      for (char label = repeated(own); label != 0; label = repeated(own)) {
        x = diagonal(emit, x, own, label);
        own = without(own, label) + label;
      }
      labels.add(own);
      values.add(x);
    }
    String distinct = distinct(result);
    if (distinct.chars().anyMatch(c -> String.join("", terms).indexOf(c) < 0)) {
      throw OperandException.invalid("a result label of '%s' that no operand has", equation);
    }
    while (values.size() > 2) {
      String a = labels.pop();
      String b = labels.pop();
      String wanted = String.join("", labels) + distinct;
      String both = distinct(pick(a + b, c -> wanted.indexOf(c) >= 0));
      values.push(new Einsum(emit, a, b, both).product(values.pop(), values.pop()));
      labels.push(both);
    }
    Value sum =
        values.size() == 1
            ? single(emit, labels.pop(), distinct, values.pop())
            : new Einsum(emit, labels.pop(), labels.pop(), distinct)
                .product(values.pop(), values.pop());
    return spread(emit, sum, distinct, result);
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
    }
    inputs.add(result.replace("...", dots));
    return inputs;
  }

  // Diagonals.

  /** Returns the first label that occurs again; 0 if there is none. */
  private static char repeated(String labels) {
    for (int i = 0; i < labels.length(); i++) {
      if (labels.lastIndexOf(labels.charAt(i)) > i) {
        return labels.charAt(i);
      }
    }
    return 0;
  }

  private static String distinct(String labels) {
    return labels
        .chars()
        .distinct()
        .mapToObj(c -> String.valueOf((char) c))
        .collect(Collectors.joining());
  }

  /** Returns the labels without the first two occurrences of one. */
  private static String without(String labels, char label) {
    int first = labels.indexOf(label);
    String rest = labels.substring(0, first) + labels.substring(first + 1);
    int second = rest.indexOf(label);
    return rest.substring(0, second) + rest.substring(second + 1);
  }

  /** Replaces the first two axes of a label by their diagonal, as the last axis. */
  private static Value diagonal(Emitter emit, Value x, String labels, char label) {
    int first = labels.indexOf(label);
    int second = labels.indexOf(label, first + 1);
    int rows = Emitter.dim(x, first);
    if (rows != Emitter.dim(x, second) && rows >= 0 && Emitter.dim(x, second) >= 0) {
      throw OperandException.invalid(
          "the diagonal of axes %d and %d of %s", first, second, x.shape());
    }
    List<List<Axis>> groups = new ArrayList<>();
    int[] order = new int[labels.length()];
    int next = 0;
    for (int axis = 0; axis < labels.length(); axis++) {
      if (axis != first && axis != second) {
        groups.add(List.of(new Axis(x, axis)));
        order[next++] = axis;
      }
    }
    order[next] = first;
    order[next + 1] = second;
    groups.add(List.of(new Axis(x, first), new Axis(x, second)));
    Value flat = grouped(emit, emit.transpose(x, order), groups);
    Value distance = emit.add(emit.dimension(x, first), 1);
    Value places = emit.mul(Indexing.range(emit, x, first), distance);
    return emit.gather(flat, places, next);
  }

  /** Writes labels that are repeated in the result as diagonals among zeros. */
  private static Value spread(Emitter emit, Value x, String labels, String result) {
    String own = labels;
    Value y = x;
    for (int i = 0; i < result.length(); i++) {
      String label = result.substring(i, i + 1);
      if (result.indexOf(label) < i) {
        String rest = pick(own, c -> label.indexOf(c) < 0);
        long times = own.chars().filter(c -> c == label.charAt(0)).count();
        if (times > 1) {
          throw OperandException.unsupported("a label that the result has three times");
        }
        y = emit.node(new MatrixDiag(), emit.transpose(y, places(own, rest + label)));
        own = rest + label + label;
      }
    }
    if (own.equals(labels)) {
      return y;
    }
    int[] order = new int[own.length()];
    boolean[] used = new boolean[own.length()];
    for (int i = 0; i < order.length; i++) {
      int place = own.indexOf(result.charAt(i));
      order[i] = used[place] ? place + 1 : place;
      used[place] = true;
    }
    return emit.transpose(y, order);
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

  // Products.

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
    String batch = pick(result, c -> left.indexOf(c) >= 0 && right.indexOf(c) >= 0);
    String summed = pick(left, c -> right.indexOf(c) >= 0 && result.indexOf(c) < 0);
    String leftFree = pick(result, c -> right.indexOf(c) < 0);
    String rightFree = pick(result, c -> left.indexOf(c) < 0);
    Value product;
    if (summed.isEmpty()) {
      product = outer(a, b, batch, leftFree, rightFree);
    } else if (batch.isEmpty()
        && !leftFree.isEmpty()
        && b.isConstant()
        && b.type() == TensorType.FLOAT32
        && a.type() == TensorType.FLOAT32) {
      product = dense(a, Objects.requireNonNull(b.contents()), summed, leftFree, rightFree);
    } else {
      product = matrices(a, b, batch, summed, leftFree, rightFree);
    }
    return emit.transpose(product, places(batch + leftFree + rightFree, result));
  }

  /** The size of an axis of a value. */
  private record Axis(Value of, int axis) {
    int known() {
      return Emitter.dim(of, axis);
    }
  }

  private static List<Axis> axes(Value x, String labels, String wanted) {
    List<Axis> axes = new ArrayList<>();
    for (int place : places(labels, wanted)) {
      axes.add(new Axis(x, place));
    }
    return axes;
  }

  /** Returns the product of the sizes of axes; {@link Shape#DYNAMIC} if it is unknown. */
  private static int size(List<Axis> group) {
    int product = 1;
    for (Axis axis : group) {
      if (axis.known() == Shape.DYNAMIC) {
        return Shape.DYNAMIC;
      }
      product = Math.multiplyExact(product, axis.known());
    }
    return product;
  }

  /** Reshapes to one axis for each group, as large as the axes in the group together. */
  private static Value grouped(Emitter emit, Value x, List<List<Axis>> groups) {
    int[] dims = groups.stream().mapToInt(Einsum::size).toArray();
    if (Arrays.stream(dims).filter(d -> d == Shape.DYNAMIC).count() <= 1) {
      return emit.reshape(x, Arrays.stream(dims).map(d -> d == Shape.DYNAMIC ? -1 : d).toArray());
    }
    List<Value> sizes = new ArrayList<>();
    for (List<Axis> group : groups) {
      Value size = emit.ints(1);
      for (int i = 0; i < group.size(); i++) {
        Value one = emit.dimension(group.get(i).of, group.get(i).axis);
        size = i == 0 ? one : emit.mul(size, one);
      }
      sizes.add(size);
    }
    return emit.narrow(emit.node(new Reshape(), x, emit.concat(0, sizes)), Emitter.shape(dims));
  }

  private static List<List<Axis>> each(List<Axis> axes) {
    return axes.stream().map(List::of).toList();
  }

  /** Multiplies without a sum, by broadcasting. */
  private Value outer(Value a, Value b, String batch, String leftFree, String rightFree) {
    Value x = emit.transpose(a, places(left, batch + leftFree));
    Value y = emit.transpose(b, places(right, batch + rightFree));
    for (int i = 0; i < rightFree.length(); i++) {
      x = emit.expandDims(x, Emitter.rank(x));
    }
    for (int i = 0; i < leftFree.length() && !batch.isEmpty(); i++) {
      y = emit.expandDims(y, batch.length());
    }
    return emit.mul(x, y);
  }

  private Value dense(Value a, Tensor weights, String summed, String leftFree, String rightFree) {
    Value x = emit.transpose(a, places(left, leftFree + summed));
    int inner = 1;
    for (int place : places(right, summed)) {
      inner = Math.multiplyExact(inner, weights.dim(place));
    }
    int outer = Math.toIntExact(weights.elements() / Math.max(1, inner));
    if (summed.length() > 1) {
      x = emit.reshape(x, sameThen(leftFree.length(), inner));
    }
    Tensor matrix =
        ConstantTensors.reshape(
            ConstantTensors.transpose(weights, places(right, rightFree + summed)), outer, inner);
    Value product =
        emit.node(
            new FullyConnected(Activation.NONE, leftFree.length() > 1),
            x,
            emit.constant("kernel", matrix),
            null);
    int[] dims = Arrays.stream(places(right, rightFree)).map(weights::dim).toArray();
    return rightFree.length() == 1
        ? product
        : emit.reshape(product, sameThen(leftFree.length(), dims));
  }

  private static int[] sameThen(int same, int... rest) {
    int[] dims = new int[same + rest.length];
    Arrays.fill(dims, 0, same, Emitter.SAME);
    System.arraycopy(rest, 0, dims, same, rest.length);
    return dims;
  }

  private Value matrices(
      Value a, Value b, String batch, String summed, String leftFree, String rightFree) {
    boolean flattens = batch.length() + 2 > MAX_PRODUCT_RANK && !broadcasts(a, b, batch);
    Value x = matrix(a, left, batch, leftFree, summed, flattens);
    Value y = matrix(b, right, batch, summed, rightFree, flattens);
    Value product = emit.matmul(x, y, false, false);
    if (leftFree.length() == 1 && rightFree.length() == 1 && !flattens) {
      return product;
    }
    List<List<Axis>> groups = new ArrayList<>();
    for (int i = 0; i < batch.length(); i++) {
      groups.add(
          List.of(
              flattens
                  ? axes(a, left, batch.substring(i, i + 1)).getFirst()
                  : new Axis(product, i)));
    }
    groups.addAll(each(axes(a, left, leftFree)));
    groups.addAll(each(axes(b, right, rightFree)));
    return grouped(emit, product, groups);
  }

  /** Returns whether a batch axis of one operand may be repeated for the other. */
  private boolean broadcasts(Value a, Value b, String batch) {
    List<Axis> x = axes(a, left, batch);
    List<Axis> y = axes(b, right, batch);
    return IntStream.range(0, batch.length())
        .anyMatch(i -> x.get(i).known() != y.get(i).known() || x.get(i).known() == Shape.DYNAMIC);
  }

  private Value matrix(
      Value x, String labels, String batch, String rows, String columns, boolean flattens) {
    Value ordered = emit.transpose(x, places(labels, batch + rows + columns));
    if (rows.length() == 1 && columns.length() == 1 && !flattens) {
      return ordered;
    }
    List<Axis> shared = axes(x, labels, batch);
    List<List<Axis>> groups = new ArrayList<>(flattens ? List.of(shared) : each(shared));
    groups.add(axes(x, labels, rows));
    groups.add(axes(x, labels, columns));
    return grouped(emit, ordered, groups);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s,%s->%s", left, right, result);
  }
}
