package dev.whittle.convert.legalize;

import static dev.whittle.convert.legalize.Expansion.present;
import static dev.whittle.ir.tensor.Shape.DYNAMIC;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.nn.BatchMatMul;
import dev.whittle.ir.op.nn.L2Normalization;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.op.shape.PadV2;
import dev.whittle.ir.op.shape.Slice;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.rewrite.GraphEditor;
import dev.whittle.ir.rewrite.Rule;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.tflite.KernelCheck;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Rules for slices, padding, matrix products and normalization of more dimensions than kernels
 * take.
 */
final class DimensionRules {
  /** The most dimensions that SLICE, STRIDED_SLICE and PAD take in TensorFlow Lite. */
  private static final int MAX_EDIT_RANK = 5;

  static final List<Rule> RULES =
      List.of(
          new Rule(
              "merge-untouched-dimensions",
              "Slices and pads with the unchanged dimensions merged, a few axes at a time.",
              DimensionRules::edit),
          new Rule(
              "merge-matrix-batches",
              "Merges the batch dimensions of a matrix product.",
              DimensionRules::multiply),
          new Rule(
              "merge-normalized-rows",
              "Normalizes a matrix of all rows.",
              DimensionRules::normalize));

  private DimensionRules() {}

  /** Returns whether only the number of dimensions keeps kernels from running a node. */
  private static boolean isRefused(Op op, Operands operands) {
    return isReshapable(operands.shape(0))
        && isReshapable(operands.output(0).shape())
        && !operands.input(0).isQuantized()
        && KernelCheck.nativeRefusal(op, operands).isPresent()
        && KernelCheck.typeRefusal(op, operands).isEmpty();
  }

  private static boolean isReshapable(Shape shape) {
    return shape.isRankKnown()
        && Arrays.stream(shape.toArray()).filter(dim -> dim == DYNAMIC).count() <= 1;
  }

  private static boolean edit(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    Op op = node.op();
    boolean isEdit =
        op instanceof Slice
            || op instanceof Pad
            || op instanceof PadV2
            || op instanceof StridedSlice;
    if (!isEdit) {
      return false;
    }
    Operands operands = Expansion.operands(editor, node);
    if (!isRefused(op, operands)) {
      return false;
    }
    List<@Nullable Tensor> constants = new ArrayList<>();
    for (int id : node.inputs()) {
      constants.add(editor.value(id).contents());
    }
    if (constants.stream().skip(1).anyMatch(Objects::isNull)) {
      return false;
    }
    Shape shape = operands.shape(0);
    AxisEdit edit =
        switch (op) {
          case Slice _ -> AxisEdit.slice(shape, integers(constants, 1), integers(constants, 2));
          case StridedSlice strided ->
              AxisEdit.strided(
                  strided,
                  shape.rank(),
                  integers(constants, 1),
                  integers(constants, 2),
                  integers(constants, 3));
          default ->
              AxisEdit.pad(
                  op, integers(constants, 1), constants.size() > 2 ? constants.get(2) : null);
        };
    if (edit == null) {
      return false;
    }
    Shape out = operands.output(0).shape();
    Expansion.replace(
        editor,
        handle,
        (emit, inputs) -> List.of(edit.applyMerged(emit, present(inputs, 0), MAX_EDIT_RANK, out)));
    return true;
  }

  private static int[] integers(List<@Nullable Tensor> constants, int operand) {
    Tensor tensor = Objects.requireNonNull(constants.get(operand));
    int[] values = new int[Math.toIntExact(tensor.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.toIntExact(tensor.getInteger(i));
    }
    return values;
  }

  private static boolean multiply(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (!(node.op() instanceof BatchMatMul op)) {
      return false;
    }
    Operands operands = Expansion.operands(editor, node);
    Shape left = operands.shape(0);
    Shape right = operands.shape(1);
    Shape out = operands.output(0).shape();
    if (!isRefused(op, operands)
        || !isReshapable(right)
        || left.rank() < 2
        || right.rank() < 2
        || !isMergeable(left, right, out)) {
      return false;
    }
    Expansion.replace(
        editor,
        handle,
        (emit, inputs) -> {
          Value product =
              emit.node(
                  op,
                  flattened(emit, present(inputs, 0), out),
                  flattened(emit, present(inputs, 1), out));
          return List.of(emit.reshape(product, out.toArray()));
        });
    return true;
  }

  /**
   * Returns whether the batches of both operands become one: they are equal, or those of one are
   * all 1, or all sizes are known.
   */
  private static boolean isMergeable(Shape left, Shape right, Shape out) {
    int[] first = batch(left, out.rank());
    int[] second = batch(right, out.rank());
    return Arrays.equals(first, second)
        || isSingle(first)
        || isSingle(second)
        || (Arrays.stream(first).noneMatch(dim -> dim == DYNAMIC)
            && Arrays.stream(second).noneMatch(dim -> dim == DYNAMIC));
  }

  private static boolean isSingle(int[] batch) {
    return Arrays.stream(batch).allMatch(dim -> dim == 1);
  }

  /** Returns the batch dimensions, with ones in front as far as a broadcast adds them. */
  private static int[] batch(Shape shape, int rank) {
    int[] batch = new int[rank - 2];
    Arrays.fill(batch, 1);
    int own = shape.rank() - 2;
    System.arraycopy(shape.toArray(), 0, batch, batch.length - own, own);
    return batch;
  }

  private static Value flattened(Emitter emit, Value x, Shape out) {
    int[] batch = batch(x.shape(), out.rank());
    int[] full = Arrays.copyOf(out.toArray(), batch.length);
    int rows = x.shape().dim(x.shape().rank() - 2);
    int columns = x.shape().dim(x.shape().rank() - 1);
    Value matrices = x;
    if (!isSingle(batch) && !Arrays.equals(batch, full)) {
      int[] dims = Arrays.copyOf(full, full.length + 2);
      dims[full.length] = rows;
      dims[full.length + 1] = columns;
      matrices = emit.broadcastTo(x, emit.ints(dims));
      batch = full;
    }
    int count = 1;
    for (int dim : batch) {
      count = count == DYNAMIC || dim == DYNAMIC ? DYNAMIC : Math.multiplyExact(count, dim);
    }
    return emit.reshape(matrices, count, rows, columns);
  }

  private static boolean normalize(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (!(node.op() instanceof L2Normalization op)) {
      return false;
    }
    Operands operands = Expansion.operands(editor, node);
    Shape shape = operands.shape(0);
    if (!isRefused(op, operands) || shape.dim(shape.rank() - 1) == DYNAMIC) {
      return false;
    }
    Expansion.replace(
        editor,
        handle,
        (emit, inputs) -> {
          Value rows = emit.reshape(present(inputs, 0), -1, shape.dim(shape.rank() - 1));
          return List.of(emit.reshape(emit.node(op, rows), shape.toArray()));
        });
    return true;
  }
}
