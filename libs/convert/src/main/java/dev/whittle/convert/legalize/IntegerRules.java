package dev.whittle.convert.legalize;

import static dev.whittle.ir.tensor.TensorType.FLOAT32;
import static dev.whittle.ir.tensor.TensorType.INT32;
import static dev.whittle.ir.tensor.TensorType.INT64;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.Relu;
import dev.whittle.ir.op.activation.Relu6;
import dev.whittle.ir.op.math.Div;
import dev.whittle.ir.op.math.FloorDiv;
import dev.whittle.ir.op.math.FloorMod;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.math.Round;
import dev.whittle.ir.op.math.SquaredDifference;
import dev.whittle.ir.op.shape.ZerosLike;
import dev.whittle.ir.rewrite.GraphEditor;
import dev.whittle.ir.rewrite.Rule;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.tflite.KernelCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rules for integers that are not quantized. TensorFlow's integer arithmetic wraps around, so that
 * an operator of sums and products gives the same result in a wider type that is wrapped at the
 * end; operators that compare or move elements give the same in any type that holds them.
 */
final class IntegerRules {
  private static final Set<String> SUMS_AND_PRODUCTS =
      Set.of(
          "ADD",
          "SUB",
          "MUL",
          "NEG",
          "ABS",
          "SQUARE",
          "SQUARED_DIFFERENCE",
          "POW",
          "SUM",
          "REDUCE_PROD",
          "CUMSUM",
          "ADD_N",
          "SCATTER_ND",
          "SEGMENT_SUM",
          "UNSORTED_SEGMENT_SUM",
          "UNSORTED_SEGMENT_PROD",
          "BITWISE_XOR");

  private static final Set<String> COMPARISONS =
      Set.of(
          "EQUAL",
          "NOT_EQUAL",
          "LESS",
          "LESS_EQUAL",
          "GREATER",
          "GREATER_EQUAL",
          "MAXIMUM",
          "MINIMUM",
          "REDUCE_MAX",
          "REDUCE_MIN",
          "ARG_MAX",
          "ARG_MIN",
          "TOPK_V2",
          "SIGN",
          "FLOOR_DIV",
          "FLOOR_MOD",
          "DIV",
          "RIGHT_SHIFT",
          "SELECT",
          "SELECT_V2",
          "WHERE",
          "UNIQUE",
          "RELU",
          "RELU6");

  private static final Set<String> MOVES =
      Set.of(
          "RESHAPE",
          "TRANSPOSE",
          "CONCATENATION",
          "SLICE",
          "STRIDED_SLICE",
          "PAD",
          "PADV2",
          "MIRROR_PAD",
          "TILE",
          "GATHER",
          "GATHER_ND",
          "PACK",
          "UNPACK",
          "SPLIT",
          "SPLIT_V",
          "BROADCAST_TO",
          "EXPAND_DIMS",
          "SQUEEZE",
          "REVERSE_V2",
          "REVERSE_SEQUENCE",
          "FILL",
          "ZEROS_LIKE",
          "SPACE_TO_DEPTH",
          "DEPTH_TO_SPACE",
          "SPACE_TO_BATCH_ND",
          "BATCH_TO_SPACE_ND",
          "MATRIX_DIAG",
          "MATRIX_SET_DIAG",
          "ONE_HOT",
          "SPARSE_TO_DENSE",
          "DYNAMIC_UPDATE_SLICE",
          "RESIZE_NEAREST_NEIGHBOR");

  static final List<Rule> RULES =
      List.of(
          new Rule(
              "widen-integers",
              "Computes with wider integers where no kernel takes the narrow ones.",
              IntegerRules::widen),
          new Rule(
              "divide-long-integers",
              "Divides 64-bit integers by quotients of floats, corrected until they are exact.",
              IntegerRules::divide),
          new Rule(
              "rectify-integers",
              "Rectifies integers by maxima and minima.",
              IntegerRules::rectify),
          new Rule(
              "square-integers",
              "Squares differences of integers by a product.",
              IntegerRules::square));

  private IntegerRules() {}

  // Wider types.

  private static boolean widen(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    String name = node.op().type().name();
    if (!SUMS_AND_PRODUCTS.contains(name) && !COMPARISONS.contains(name) && !MOVES.contains(name)) {
      return false;
    }
    Operands operands = Expansion.operands(editor, node);
    if (KernelCheck.refusal(node.op(), operands).isEmpty()) {
      return false;
    }
    List<TensorType> candidates =
        SUMS_AND_PRODUCTS.contains(name) ? List.of(INT32) : List.of(INT32, FLOAT32);
    for (TensorType wide : candidates) {
      Operands wider = widened(operands, wide);
      if (wider != null && KernelCheck.refusal(node.op(), wider).isEmpty()) {
        Expansion.replace(
            editor, handle, (emit, inputs) -> wide(emit, node.op(), inputs, wider, operands));
        return true;
      }
    }
    return false;
  }

  private static List<Value> wide(
      Emitter emit, Op op, List<@Nullable Value> inputs, Operands wider, Operands operands) {
    @Nullable Value[] cast = new Value[inputs.size()];
    for (int i = 0; i < cast.length; i++) {
      Value input = inputs.get(i);
      cast[i] = input == null ? null : emit.cast(input, wider.type(i));
    }
    List<Value> results = new ArrayList<>();
    List<Value> computed = emit.nodes(operands.outputCount(), op, cast);
    for (int i = 0; i < computed.size(); i++) {
      results.add(emit.cast(computed.get(i), operands.output(i).type()));
    }
    return results;
  }

  /** Returns operands with wider types in place of the narrow ones; null if there are none. */
  private static @Nullable Operands widened(Operands operands, TensorType wide) {
    List<@Nullable Operand> inputs = new ArrayList<>();
    List<Operand> outputs = new ArrayList<>();
    boolean changed = false;
    for (int i = 0; i < operands.inputCount(); i++) {
      Operand given = operands.hasInput(i) ? operands.input(i) : null;
      Operand wider = given == null ? null : widened(given, wide);
      changed |= given != wider;
      inputs.add(wider);
    }
    for (int i = 0; i < operands.outputCount(); i++) {
      outputs.add(widened(operands.output(i), wide));
    }
    return changed ? new Operands(inputs, outputs, Operands.SubgraphTypes.NONE) : null;
  }

  private static Operand widened(Operand operand, TensorType wide) {
    if (operand.isQuantized()) {
      return operand;
    }
    return switch (operand.type()) {
      case INT4, UINT4, INT8, UINT8, INT16, UINT16, BOOL -> retyped(operand, wide);
      case UINT32 -> retyped(operand, INT64);
      default -> operand;
    };
  }

  private static Operand retyped(Operand operand, TensorType type) {
    return new Operand(operand.name(), type, operand.shape(), null, null);
  }

  // Arithmetic that has other kernels.

  private static boolean isRefused(GraphEditor editor, int handle, TensorType... types) {
    Node node = editor.node(handle);
    return List.of(types).contains(editor.value(node.inputs().getFirst()).type())
        && editor.value(node.inputs().getFirst()).quantization() == null
        && KernelCheck.refusal(node.op(), Expansion.operands(editor, node)).isPresent();
  }

  private static boolean rectify(GraphEditor editor, int handle) {
    Op op = editor.node(handle).op();
    if ((!(op instanceof Relu) && !(op instanceof Relu6))
        || !isRefused(editor, handle, INT32, INT64)) {
      return false;
    }
    Expansion.replace(
        editor,
        handle,
        (emit, inputs) -> {
          Value x = present(inputs, 0);
          Value rectified = emit.max(x, 0);
          return List.of(op instanceof Relu ? rectified : emit.min(rectified, 6));
        });
    return true;
  }

  private static boolean square(GraphEditor editor, int handle) {
    if (!(editor.node(handle).op() instanceof SquaredDifference)
        || !isRefused(editor, handle, INT64)) {
      return false;
    }
    Expansion.replace(
        editor,
        handle,
        (emit, inputs) -> {
          Value difference = emit.sub(present(inputs, 0), present(inputs, 1));
          return List.of(emit.mul(difference, difference));
        });
    return true;
  }

  private static boolean divide(GraphEditor editor, int handle) {
    Op op = editor.node(handle).op();
    if ((!(op instanceof FloorDiv) && !(op instanceof Div)) || !isRefused(editor, handle, INT64)) {
      return false;
    }
    Expansion.replace(
        editor,
        handle,
        (emit, inputs) -> {
          Value a = present(inputs, 0);
          Value b = present(inputs, 1);
          Value remainder = emit.node(new FloorMod(), a, b);
          Value quotient = exactQuotient(emit, emit.sub(a, remainder), b);
          return List.of(
              op instanceof FloorDiv ? quotient : truncated(emit, a, b, quotient, remainder));
        });
    return true;
  }

  /** Rounds a quotient, which was rounded down, towards zero. */
  private static Value truncated(Emitter emit, Value a, Value b, Value quotient, Value remainder) {
    Value zero = emit.scalar(INT64, 0);
    Value isNegative =
        emit.node(new NotEqual(), emit.node(new Less(), a, zero), emit.node(new Less(), b, zero));
    Value isInexact = emit.node(new NotEqual(), remainder, zero);
    Value up = emit.mul(emit.cast(isNegative, INT64), emit.cast(isInexact, INT64));
    return emit.add(quotient, up);
  }

  /**
   * Divides integers without remainder. A quotient of floats has a relative error below 2^-22; each
   * further step divides what the steps before left, so three steps give all 64 bits.
   */
  private static Value exactQuotient(Emitter emit, Value a, Value b) {
    Value divisor = emit.cast(b, FLOAT32);
    Value quotient = null;
    Value rest = a;
    for (int step = 0; step < 3; step++) {
      Value part =
          emit.cast(emit.node(new Round(), emit.div(emit.cast(rest, FLOAT32), divisor)), INT64);
      quotient = quotient == null ? part : emit.add(quotient, part);
      rest = emit.sub(rest, emit.mul(part, b));
    }
    return quotient == null ? emit.node(new ZerosLike(), a) : quotient;
  }

  private static Value present(List<@Nullable Value> inputs, int index) {
    Value value = inputs.get(index);
    if (value == null) {
      throw OperandException.invalid("input %d is missing", index);
    }
    return value;
  }
}
