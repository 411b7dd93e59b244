package dev.whittle.convert.legalize;

import static dev.whittle.convert.legalize.Expansion.present;
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
import dev.whittle.ir.op.index.TopKV2;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.AddN;
import dev.whittle.ir.op.math.Div;
import dev.whittle.ir.op.math.FloorDiv;
import dev.whittle.ir.op.math.FloorMod;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.Neg;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.math.Round;
import dev.whittle.ir.op.math.Sign;
import dev.whittle.ir.op.math.SquaredDifference;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.ArgMin;
import dev.whittle.ir.op.shape.ZerosLike;
import dev.whittle.ir.rewrite.GraphEditor;
import dev.whittle.ir.rewrite.Rule;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.tflite.KernelCheck;
import dev.whittle.tflite.NativeKernels;
import java.util.ArrayList;
import java.util.EnumSet;
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

  /** Operators whose operands behind the first one are indices. */
  private static final Set<String> INDEXED =
      Set.of(
          "SEGMENT_SUM",
          "UNSORTED_SEGMENT_MAX",
          "UNSORTED_SEGMENT_MIN",
          "UNSORTED_SEGMENT_PROD",
          "UNSORTED_SEGMENT_SUM");

  /** Operators whose first operand chooses between the others. */
  private static final Set<String> CONDITIONAL = Set.of("SELECT", "SELECT_V2", "WHERE");

  /** Operators that other rules replace if their operands are INT64. */
  private static final Set<String> LONG =
      Set.of(
          "ABS",
          "ADD_N",
          "ARG_MAX",
          "ARG_MIN",
          "DIV",
          "FLOOR_DIV",
          "RELU",
          "RELU6",
          "SIGN",
          "SQUARED_DIFFERENCE");

  static final List<Rule> RULES =
      List.of(
          new Rule(
              "widen-integers",
              "Computes with wider integers where no kernel takes the narrow ones.",
              IntegerRules::widen),
          new Rule(
              "narrow-indices",
              "Casts indices to INT32 where no kernel takes them in 64 bits.",
              IntegerRules::narrowIndices),
          new Rule(
              "divide-long-integers",
              "Divides 64-bit integers by quotients of floats, corrected until they are exact.",
              IntegerRules::divide),
          new Rule(
              "compose-integer-operators",
              "Computes with sums, products and extrema of integers where no kernel takes them.",
              IntegerRules::compose));

  private IntegerRules() {}

  // Wider types.

  private static boolean widen(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    String name = node.op().type().name();
    if (!SUMS_AND_PRODUCTS.contains(name) && !COMPARISONS.contains(name) && !MOVES.contains(name)) {
      return false;
    }
    Operands operands = Expansion.operands(editor, node);
    boolean isRare = isRare(name, operands);
    if (!isRare && KernelCheck.refusal(node.op(), operands).isEmpty()) {
      return false;
    }
    List<TensorType> candidates =
        SUMS_AND_PRODUCTS.contains(name) ? List.of(INT32) : List.of(INT32, FLOAT32);
    for (TensorType wide : candidates) {
      Operands wider = widened(name, operands, wide);
      if (wider != null
          && (isLong(name, wider) || KernelCheck.typeRefusal(node.op(), wider).isEmpty())) {
        Expansion.replace(
            editor, handle, (emit, inputs) -> wide(emit, node.op(), inputs, wider, operands));
        return true;
      }
    }
    return false;
  }

  /**
   * Returns whether runtimes before {@value NativeKernels#VERSION} take the operands in quantized
   * form only, abort on them, or do not know the type.
   */
  private static boolean isRare(String name, Operands operands) {
    boolean computes = SUMS_AND_PRODUCTS.contains(name) || COMPARISONS.contains(name);
    for (int i = 0; i < operands.inputCount(); i++) {
      boolean isRare =
          operands.hasInput(i)
              && !operands.input(i).isQuantized()
              && switch (operands.type(i)) {
                case INT4, UINT4, INT8, UINT8, INT16, UINT16 -> computes || name.equals("TILE");
                case UINT32 -> !name.equals("RESHAPE");
                default -> false;
              };
      if (isRare) {
        return true;
      }
    }
    return false;
  }

  private static boolean isLong(String name, Operands operands) {
    return operands.type(0) == INT64 && LONG.contains(name);
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
  private static @Nullable Operands widened(String name, Operands operands, TensorType wide) {
    List<@Nullable Operand> inputs = new ArrayList<>();
    List<Operand> outputs = new ArrayList<>();
    Set<TensorType> changedTypes = EnumSet.noneOf(TensorType.class);
    for (int i = 0; i < operands.inputCount(); i++) {
      Operand given = operands.hasInput(i) ? operands.input(i) : null;
      boolean isCondition = i == 0 && CONDITIONAL.contains(name);
      Operand wider = given == null || isCondition ? given : widened(given, wide);
      if (given != null && wider != null && given.type() != wider.type()) {
        changedTypes.add(given.type());
      }
      inputs.add(wider);
    }
    for (int i = 0; i < operands.outputCount(); i++) {
      Operand output = operands.output(i);
      outputs.add(changedTypes.contains(output.type()) ? widened(output, wide) : output);
    }
    return changedTypes.isEmpty()
        ? null
        : new Operands(inputs, outputs, Operands.SubgraphTypes.NONE);
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

  // Indices.

  private static boolean narrowIndices(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (!INDEXED.contains(node.op().type().name())) {
      return false;
    }
    Operands operands = Expansion.operands(editor, node);
    Operands narrow = operands;
    for (int i = 1; i < operands.inputCount(); i++) {
      if (operands.hasInput(i) && operands.type(i) == INT64) {
        narrow = narrow.withInput(i, retyped(operands.input(i), INT32));
      }
    }
    if (narrow == operands
        || KernelCheck.refusal(node.op(), operands).isEmpty()
        || KernelCheck.refusal(node.op(), narrow).isPresent()) {
      return false;
    }
    Operands target = narrow;
    Expansion.replace(
        editor, handle, (emit, inputs) -> wide(emit, node.op(), inputs, target, operands));
    return true;
  }

  // Arithmetic that has other kernels.

  private static boolean isRefused(GraphEditor editor, int handle, TensorType... types) {
    Node node = editor.node(handle);
    if (node.inputs().isEmpty() || node.inputs().getFirst() == Node.ABSENT) {
      return false;
    }
    return List.of(types).contains(editor.value(node.inputs().getFirst()).type())
        && editor.value(node.inputs().getFirst()).quantization() == null
        && KernelCheck.refusal(node.op(), Expansion.operands(editor, node)).isPresent();
  }

  private static boolean compose(GraphEditor editor, int handle) {
    if (!isRefused(editor, handle, INT32, INT64)) {
      return false;
    }
    Op op = editor.node(handle).op();
    Expansion.@Nullable Lowering lowering =
        switch (op) {
          case Relu _ -> (e, in) -> List.of(e.max(present(in, 0), 0));
          case Relu6 _ -> (e, in) -> List.of(e.min(e.max(present(in, 0), 0), 6));
          case SquaredDifference _ -> (e, in) -> List.of(square(e, in));
          case Abs _ ->
              (e, in) -> List.of(e.max(present(in, 0), e.node(new Neg(), present(in, 0))));
          case Sign _ -> (e, in) -> List.of(sign(e, present(in, 0)));
          case AddN _ -> (e, in) -> List.of(sum(e, in));
          case ArgMax _ -> extremum(editor, handle, false);
          case ArgMin _ -> extremum(editor, handle, true);
          default -> null;
        };
    if (lowering == null) {
      return false;
    }
    Expansion.replace(editor, handle, lowering);
    return true;
  }

  private static Value square(Emitter emit, List<@Nullable Value> inputs) {
    Value difference = emit.sub(present(inputs, 0), present(inputs, 1));
    return emit.mul(difference, difference);
  }

  private static Value sign(Emitter emit, Value x) {
    Value zero = emit.scalar(x.type(), 0);
    Value positive = emit.cast(emit.node(new Less(), zero, x), x.type());
    return emit.sub(positive, emit.cast(emit.node(new Less(), x, zero), x.type()));
  }

  private static Value sum(Emitter emit, List<@Nullable Value> inputs) {
    Value sum = present(inputs, 0);
    for (int i = 1; i < inputs.size(); i++) {
      sum = emit.add(sum, present(inputs, i));
    }
    return sum;
  }

  /** Finds an index by TOPK_V2, which prefers lower indices as ARG_MAX does. */
  private static Expansion.@Nullable Lowering extremum(
      GraphEditor editor, int handle, boolean isMinimum) {
    Node node = editor.node(handle);
    Value x = editor.value(node.inputs().get(0));
    Tensor axis = editor.value(node.inputs().get(1)).contents();
    TensorType type = editor.value(node.outputs().getFirst()).type();
    if (axis == null || axis.elements() != 1 || !x.shape().isRankKnown()) {
      return null;
    }
    int along = (int) axis.getInteger(0);
    return (emit, inputs) -> {
      Value moved = emit.swap(present(inputs, 0), along, -1);
      // -1 - x reverses the order of all integers.
      Value ordered = isMinimum ? emit.sub(emit.scalar(x.type(), -1), moved) : moved;
      Value index = emit.nodes(2, new TopKV2(), ordered, emit.scalar(1)).get(1);
      Value swapped = emit.swap(index, along, -1);
      return List.of(emit.cast(emit.squeeze(swapped, along), type));
    };
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
}
