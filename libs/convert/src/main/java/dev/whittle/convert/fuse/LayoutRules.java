package dev.whittle.convert.fuse;

import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.Elu;
import dev.whittle.ir.op.activation.Gelu;
import dev.whittle.ir.op.activation.HardSwish;
import dev.whittle.ir.op.activation.LeakyRelu;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Relu;
import dev.whittle.ir.op.activation.Relu6;
import dev.whittle.ir.op.activation.ReluN1To1;
import dev.whittle.ir.op.activation.Tanh;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Div;
import dev.whittle.ir.op.math.Maximum;
import dev.whittle.ir.op.math.Minimum;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.op.reduce.Mean;
import dev.whittle.ir.op.reduce.ReduceMax;
import dev.whittle.ir.op.reduce.ReduceMin;
import dev.whittle.ir.op.reduce.Sum;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.MirrorPad;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.op.shape.PadV2;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.op.shape.Transpose;
import dev.whittle.ir.op.type.Cast;
import dev.whittle.ir.rewrite.GraphEditor;
import dev.whittle.ir.rewrite.Rule;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Rules that remove reshapes and transposes, or move them out of the way of other rules. */
final class LayoutRules {
  static final Rule DROP_IDENTITY =
      new Rule(
          "drop-identity",
          "Removes reshapes, transposes and casts that change nothing.",
          LayoutRules::dropIdentity);

  static final Rule MERGE_TRANSPOSES =
      new Rule(
          "merge-transposes",
          "Makes one transpose of two that follow one another.",
          LayoutRules::mergeTransposes);

  static final Rule SINK_TRANSPOSE =
      new Rule(
          "sink-transpose",
          "Moves a transpose behind operators of any layout, towards one that undoes it.",
          LayoutRules::sinkTranspose);

  static final Rule SINK_RESHAPE =
      new Rule(
          "sink-reshape",
          "Moves a reshape that keeps the channels behind operators on each channel.",
          LayoutRules::sinkReshape);

  static final List<Rule> RULES =
      List.of(DROP_IDENTITY, MERGE_TRANSPOSES, SINK_TRANSPOSE, SINK_RESHAPE);

  private LayoutRules() {}

  private static boolean dropIdentity(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (node.inputs().isEmpty() || node.outputs().size() != 1) {
      return false;
    }
    int from = node.inputs().getFirst();
    int to = node.outputs().getFirst();
    if (from == Node.ABSENT || !changesNothing(editor, node, from, to)) {
      return false;
    }
    // Graph outputs keep their names. The body of a loop must not return an input unchanged.
    if (editor.isOutput(to) && (editor.producerHandle(from) < 0 || editor.isOutput(from))) {
      return false;
    }
    if (editor.isOutput(to)) {
      editor.update(editor.value(from).withName(editor.value(to).name()));
    }
    editor.remove(handle);
    editor.replaceUses(to, from);
    return true;
  }

  private static boolean changesNothing(GraphEditor editor, Node node, int from, int to) {
    Value x = editor.value(from);
    Value y = editor.value(to);
    if (x.isVariable() || y.isVariable() || x.type() != y.type()) {
      return false;
    }
    return switch (node.op()) {
      case Cast _ -> true;
      case Reshape _ -> x.shape().equals(y.shape()) && unknown(x.shape()) <= 1;
      case Transpose _ -> {
        int[] order = Floats.integers(editor, node.inputs().get(1));
        yield order != null && Arrays.equals(order, IntStream.range(0, order.length).toArray());
      }
      default -> false;
    };
  }

  private static long unknown(Shape shape) {
    return shape.isRankKnown()
        ? Arrays.stream(shape.toArray()).filter(d -> d == Shape.DYNAMIC).count()
        : 2;
  }

  private static boolean mergeTransposes(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (!(node.op() instanceof Transpose)) {
      return false;
    }
    Node before = editor.producer(node.inputs().getFirst());
    if (before == null || !(before.op() instanceof Transpose)) {
      return false;
    }
    int[] outer = Floats.integers(editor, node.inputs().get(1));
    int[] inner = Floats.integers(editor, before.inputs().get(1));
    if (outer == null || inner == null || outer.length != inner.length) {
      return false;
    }
    int[] both = Arrays.stream(outer).map(i -> inner[i]).toArray();
    Value order = Floats.add(editor, editor.value(node.inputs().get(1)).name(), both);
    editor.replace(
        handle,
        node.withOperands(
            List.of(before.inputs().getFirst(), order.id()), node.outputs(), node.intermediates()));
    return true;
  }

  private static boolean isUnary(Op op) {
    return op instanceof Relu
        || op instanceof Relu6
        || op instanceof ReluN1To1
        || op instanceof Elu
        || op instanceof Gelu
        || op instanceof HardSwish
        || op instanceof LeakyRelu
        || op instanceof Logistic
        || op instanceof Tanh;
  }

  private static boolean sinkTranspose(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (node.inputs().isEmpty() || node.inputs().getFirst() == Node.ABSENT) {
      return false;
    }
    if (isUnary(node.op())) {
      int[] order = transposed(editor, node.inputs().getFirst());
      return order != null && sink(editor, handle, order, List.of(source(editor, node, 0)));
    }
    return switch (node.op()) {
      case Add _, Mul _, Sub _, Div _, Maximum _, Minimum _ -> sinkBinary(editor, handle, node);
      case Pad _, PadV2 _, MirrorPad _ -> sinkPad(editor, handle, node);
      case Concatenation join -> sinkConcatenation(editor, handle, node, join);
      case Mean op -> sinkReduction(editor, handle, node, op.keepDims());
      case Sum op -> sinkReduction(editor, handle, node, op.keepDims());
      case ReduceMax op -> sinkReduction(editor, handle, node, op.keepDims());
      case ReduceMin op -> sinkReduction(editor, handle, node, op.keepDims());
      default -> false;
    };
  }

  private static boolean sinkBinary(GraphEditor editor, int handle, Node node) {
    int[] left = transposed(editor, node.inputs().get(0));
    int[] right = transposed(editor, node.inputs().get(1));
    if (left != null && right != null && Arrays.equals(left, right)) {
      return sink(editor, handle, left, List.of(source(editor, node, 0), source(editor, node, 1)));
    }
    int operand = left != null ? 0 : 1;
    int[] order = left != null ? left : right;
    if (order == null) {
      return false;
    }
    Integer constant = reordered(editor, node.inputs().get(1 - operand), order);
    if (constant == null) {
      return false;
    }
    int moved = source(editor, node, operand);
    return sink(
        editor, handle, order, operand == 0 ? List.of(moved, constant) : List.of(constant, moved));
  }

  private static boolean sinkPad(GraphEditor editor, int handle, Node node) {
    int[] order = transposed(editor, node.inputs().getFirst());
    int[] margins = order == null ? null : Floats.integers(editor, node.inputs().get(1));
    if (order == null || margins == null || margins.length != 2 * order.length) {
      return false;
    }
    int[] moved = new int[margins.length];
    for (int i = 0; i < order.length; i++) {
      moved[2 * order[i]] = margins[2 * i];
      moved[2 * order[i] + 1] = margins[2 * i + 1];
    }
    String name = editor.value(node.inputs().get(1)).name();
    List<Integer> inputs = new ArrayList<>(node.inputs());
    inputs.set(0, source(editor, node, 0));
    inputs.set(1, Floats.add(editor, name, Tensor.of(moved, order.length, 2)).id());
    return sink(editor, handle, order, inputs);
  }

  private static boolean sinkConcatenation(
      GraphEditor editor, int handle, Node node, Concatenation join) {
    int[] order = transposed(editor, node.inputs().getFirst());
    if (order == null) {
      return false;
    }
    List<Integer> inputs = new ArrayList<>();
    for (int i = 0; i < node.inputs().size(); i++) {
      if (!Arrays.equals(order, transposed(editor, node.inputs().get(i)))) {
        return false;
      }
      inputs.add(source(editor, node, i));
    }
    int axis = order[join.axis() < 0 ? join.axis() + order.length : join.axis()];
    editor.replace(
        handle, Node.of(new Concatenation(axis, join.activation()), node.inputs(), node.outputs()));
    return sink(editor, handle, order, inputs);
  }

  /** Reduces the axes before the transpose; the transpose then moves the remaining axes. */
  private static boolean sinkReduction(
      GraphEditor editor, int handle, Node node, boolean keepsDims) {
    int[] order = transposed(editor, node.inputs().getFirst());
    int[] axes = order == null ? null : Floats.integers(editor, node.inputs().get(1));
    if (order == null || axes == null) {
      return false;
    }
    int rank = order.length;
    int[] reduced = Arrays.stream(axes).map(a -> a < 0 ? a + rank : a).toArray();
    int[] moved = Arrays.stream(reduced).map(a -> order[a]).sorted().toArray();
    String name = editor.value(node.inputs().get(1)).name();
    List<Integer> inputs = List.of(source(editor, node, 0), Floats.add(editor, name, moved).id());
    if (keepsDims) {
      return sink(editor, handle, order, inputs);
    }
    int[] left =
        IntStream.range(0, rank)
            .filter(i -> Arrays.stream(reduced).noneMatch(a -> a == i))
            .map(i -> order[i])
            .toArray();
    int[] sorted = Arrays.stream(left).sorted().toArray();
    int[] rest = Arrays.stream(left).map(i -> Arrays.binarySearch(sorted, i)).toArray();
    if (IntStream.range(0, rest.length).allMatch(i -> rest[i] == i)) {
      editor.replace(handle, node.withOperands(inputs, node.outputs(), node.intermediates()));
      return true;
    }
    return sink(editor, handle, rest, inputs);
  }

  private static int source(GraphEditor editor, Node node, int operand) {
    Node transpose = editor.producer(node.inputs().get(operand));
    if (transpose == null) {
      throw new IllegalStateException("the operand is computed by a transpose");
    }
    return transpose.inputs().getFirst();
  }

  /** Returns the permutation of the transpose that computes a value of one use; null if none. */
  private static int @Nullable [] transposed(GraphEditor editor, int id) {
    Node before = id == Node.ABSENT ? null : editor.producer(id);
    if (before == null
        || !(before.op() instanceof Transpose)
        || editor.isOutput(id)
        || editor.consumers(id).size() != 1) {
      return null;
    }
    return Floats.integers(editor, before.inputs().get(1));
  }

  /** Returns a constant in the layout before a transpose; null if the value is no such constant. */
  private static @Nullable Integer reordered(GraphEditor editor, int id, int[] order) {
    Tensor tensor = Floats.tensor(editor, id);
    if (tensor == null) {
      return null;
    }
    if (tensor.elements() == 1) {
      return id;
    }
    int rank = order.length;
    int[] dims = new int[rank];
    Arrays.fill(dims, 1);
    for (int i = 0; i < tensor.rank(); i++) {
      int axis = rank - tensor.rank() + i;
      if (axis < 0) {
        return null;
      }
      dims[order[axis]] = tensor.dim(i);
    }
    if (Arrays.stream(dims).filter(d -> d > 1).count() > 1) {
      return null;
    }
    return Floats.add(editor, editor.value(id).name(), tensor.toFloats(), trimmed(dims)).id();
  }

  private static int[] trimmed(int[] dims) {
    int first = 0;
    while (first < dims.length - 1 && dims[first] == 1) {
      first++;
    }
    return Arrays.copyOfRange(dims, first, dims.length);
  }

  /** Moves a node in front of the transpose that computes its operand. */
  private static boolean sink(GraphEditor editor, int handle, int[] order, List<Integer> operands) {
    Node node = editor.node(handle);
    int result = node.outputs().getFirst();
    Value after = editor.value(result);
    int[] dims = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      dims[order[i]] = after.shape().dim(i);
    }
    Value before = editor.add(after.withShape(Shape.of(dims)));
    List<Integer> inputs = new ArrayList<>(operands);
    editor.insertBefore(
        handle, node.withOperands(inputs, List.of(before.id()), node.intermediates()));
    Value permutation = Floats.add(editor, after.name() + "/perm", order);
    editor.replace(
        handle, Node.of(new Transpose(), List.of(before.id(), permutation.id()), List.of(result)));
    return true;
  }

  private static boolean sinkReshape(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    boolean unary = isUnary(node.op());
    if (!unary && !(node.op() instanceof Add) && !(node.op() instanceof Mul)) {
      return false;
    }
    int operand = node.inputs().getFirst();
    Node reshape = operand == Node.ABSENT ? null : editor.producer(operand);
    if (reshape == null
        || !(reshape.op() instanceof Reshape)
        || !editor.hasSingleUse(operand)
        || editor.value(operand).type() != TensorType.FLOAT32) {
      return false;
    }
    // Only behind an operator with weights, into which other rules may then fold the node.
    Node origin = editor.producer(reshape.inputs().getFirst());
    if (origin == null
        || Weighted.of(origin) == null
        || !editor.hasSingleUse(reshape.inputs().getFirst())) {
      return false;
    }
    Value x = editor.value(reshape.inputs().getFirst());
    Value y = editor.value(operand);
    int channels = last(y.shape());
    if (channels == Shape.DYNAMIC
        || channels != last(x.shape())
        || editor.value(node.outputs().getFirst()).shape().rank() != y.shape().rank()) {
      return false;
    }
    List<Integer> inputs = new ArrayList<>(List.of(x.id()));
    if (!unary) {
      float[] constant = Floats.perChannel(editor, node.inputs().get(1), channels);
      if (constant == null) {
        return false;
      }
      String name = editor.value(node.inputs().get(1)).name();
      inputs.add(Floats.add(editor, name, constant, channels).id());
    }
    int result = node.outputs().getFirst();
    Value before = editor.add(editor.value(result).withShape(x.shape()));
    editor.insertBefore(
        handle, node.withOperands(inputs, List.of(before.id()), node.intermediates()));
    List<Integer> reshaped = new ArrayList<>(reshape.inputs());
    reshaped.set(0, before.id());
    editor.replace(
        handle, reshape.withOperands(reshaped, List.of(result), reshape.intermediates()));
    return true;
  }

  private static int last(Shape shape) {
    return shape.isRankKnown() && shape.rank() > 0 ? shape.dim(shape.rank() - 1) : Shape.DYNAMIC;
  }
}
