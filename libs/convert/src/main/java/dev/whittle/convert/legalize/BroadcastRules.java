package dev.whittle.convert.legalize;

import static dev.whittle.ir.tensor.Shape.DYNAMIC;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.shape.BroadcastArgs;
import dev.whittle.ir.rewrite.GraphEditor;
import dev.whittle.ir.rewrite.Rule;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.tflite.KernelCheck;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Rules for broadcasts of more dimensions than kernels take. */
final class BroadcastRules {
  private static final Set<String> BROADCASTING =
      Set.of(
          "ADD",
          "SUB",
          "MUL",
          "DIV",
          "MAXIMUM",
          "MINIMUM",
          "POW",
          "FLOOR_DIV",
          "FLOOR_MOD",
          "SQUARED_DIFFERENCE",
          "ATAN2",
          "EQUAL",
          "NOT_EQUAL",
          "LESS",
          "LESS_EQUAL",
          "GREATER",
          "GREATER_EQUAL",
          "LOGICAL_AND",
          "LOGICAL_OR",
          "BITWISE_XOR",
          "RIGHT_SHIFT",
          "SELECT_V2");

  static final List<Rule> RULES =
      List.of(
          new Rule(
              "merge-broadcast-dimensions",
              "Merges adjacent dimensions that are broadcast alike, where kernels take fewer.",
              BroadcastRules::merge),
          new Rule(
              "broadcast-before",
              "Broadcasts operands in nodes of their own, where no kernel broadcasts so many"
                  + " dimensions.",
              BroadcastRules::expand));

  private BroadcastRules() {}

  private static boolean isRefused(GraphEditor editor, Node node, Operands operands) {
    return BROADCASTING.contains(node.op().type().name())
        && node.inputs().stream().noneMatch(id -> id == Node.ABSENT)
        && operands.output(0).shape().isRankKnown()
        && node.inputs().stream().allMatch(id -> editor.value(id).shape().isRankKnown())
        && KernelCheck.refusal(node.op(), operands).isPresent();
  }

  private static boolean merge(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    Operands operands = Expansion.operands(editor, node);
    if (!isRefused(editor, node, operands)) {
      return false;
    }
    Shape out = operands.output(0).shape();
    List<int[]> dims = new ArrayList<>();
    for (int i = 0; i < operands.inputCount(); i++) {
      dims.add(aligned(operands.shape(i), out.rank()));
    }
    List<int[]> merged = merged(dims);
    if (merged == null || merged.getFirst().length == out.rank()) {
      return false;
    }
    int[] result = merge(out.toArray(), bounds(dims));
    if (merged.stream().anyMatch(m -> unknown(m) > 1) || unknown(result) > 1) {
      return false;
    }
    if (unknown(out.toArray()) > 1
        || KernelCheck.refusal(node.op(), reshaped(operands, merged, result)).isPresent()) {
      return false;
    }
    Expansion.replace(
        editor,
        handle,
        (emit, inputs) -> {
          @Nullable Value[] flat = new Value[inputs.size()];
          for (int i = 0; i < flat.length; i++) {
            Value input = inputs.get(i);
            flat[i] = input == null ? null : emit.reshape(input, merged.get(i));
          }
          return List.of(emit.reshape(emit.node(node.op(), flat), out.toArray()));
        });
    return true;
  }

  private static boolean expand(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    Operands operands = Expansion.operands(editor, node);
    if (!isRefused(editor, node, operands)) {
      return false;
    }
    Shape out = operands.output(0).shape();
    List<int[]> full = new ArrayList<>();
    for (int i = 0; i < operands.inputCount(); i++) {
      full.add(out.toArray());
    }
    if (KernelCheck.refusal(node.op(), reshaped(operands, full, out.toArray())).isPresent()) {
      return false;
    }
    Expansion.replace(
        editor, handle, (emit, inputs) -> List.of(broadcast(emit, node.op(), inputs, out)));
    return true;
  }

  private static Value broadcast(Emitter emit, Op op, List<@Nullable Value> inputs, Shape out) {
    @Nullable Value shape = out.isStatic() ? emit.ints(out.toArray()) : null;
    if (shape == null) {
      for (Value input : inputs) {
        if (input != null) {
          Value own = emit.shapeOperand(input);
          shape = shape == null ? own : emit.node(new BroadcastArgs(), shape, own);
        }
      }
    }
    @Nullable Value[] full = new Value[inputs.size()];
    for (int i = 0; i < full.length; i++) {
      Value input = inputs.get(i);
      full[i] =
          input == null || shape == null || (out.isStatic() && input.shape().equals(out))
              ? input
              : emit.narrow(emit.broadcastTo(input, shape), out);
    }
    return emit.node(op, full);
  }

  private static Operands reshaped(Operands operands, List<int[]> inputs, int[] output) {
    List<@Nullable Operand> changed = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      changed.add(reshaped(operands.input(i), inputs.get(i)));
    }
    return new Operands(
        changed, List.of(reshaped(operands.output(0), output)), Operands.SubgraphTypes.NONE);
  }

  private static Operand reshaped(Operand operand, int[] dims) {
    return new Operand(
        operand.name(), operand.type(), Shape.of(dims), operand.quantization(), null);
  }

  // Merging of dimensions.

  private static int[] aligned(Shape shape, int rank) {
    int[] dims = new int[rank];
    Arrays.fill(dims, 1);
    System.arraycopy(shape.toArray(), 0, dims, rank - shape.rank(), shape.rank());
    return dims;
  }

  private static int unknown(int[] dims) {
    return (int) Arrays.stream(dims).filter(d -> d == DYNAMIC).count();
  }

  /** Returns the merged dimensions of each operand; null if it is unknown which are broadcast. */
  private static @Nullable List<int[]> merged(List<int[]> operands) {
    for (int axis = 0; axis < operands.getFirst().length; axis++) {
      int a = axis;
      long unknown = operands.stream().filter(dims -> dims[a] == DYNAMIC).count();
      long ones = operands.stream().filter(dims -> dims[a] == 1).count();
      // An unknown dimension is the one of the result if all others are 1.
      if (unknown > 1 || (unknown == 1 && ones < operands.size() - 1)) {
        return null;
      }
    }
    int[] bounds = bounds(operands);
    return operands.stream().map(dims -> merge(dims, bounds)).toList();
  }

  /** Returns the first axes of the groups of adjacent dimensions that are broadcast alike. */
  private static int[] bounds(List<int[]> operands) {
    List<Integer> bounds = new ArrayList<>();
    @Nullable List<Boolean> previous = null;
    for (int axis = 0; axis < operands.getFirst().length; axis++) {
      int a = axis;
      List<Boolean> ones = operands.stream().map(dims -> dims[a] == 1).toList();
      boolean isNeutral = !ones.contains(false);
      if (previous == null || (!isNeutral && !ones.equals(previous))) {
        boolean joins = previous != null && !previous.contains(false);
        if (!joins) {
          bounds.add(axis);
        }
        previous = ones;
      }
    }
    return bounds.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int[] merge(int[] dims, int[] bounds) {
    int[] merged = new int[bounds.length];
    for (int g = 0; g < bounds.length; g++) {
      int end = g + 1 < bounds.length ? bounds[g + 1] : dims.length;
      merged[g] = 1;
      for (int axis = bounds[g]; axis < end; axis++) {
        merged[g] =
            merged[g] == DYNAMIC || dims[axis] == DYNAMIC
                ? DYNAMIC
                : Math.multiplyExact(merged[g], dims[axis]);
      }
    }
    return merged;
  }
}
