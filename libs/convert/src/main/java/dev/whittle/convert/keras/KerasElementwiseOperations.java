package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Einsum;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Functions;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Ceil;
import dev.whittle.ir.op.math.Cos;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.math.Exp;
import dev.whittle.ir.op.math.Floor;
import dev.whittle.ir.op.math.FloorDiv;
import dev.whittle.ir.op.math.FloorMod;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.GreaterEqual;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.LessEqual;
import dev.whittle.ir.op.math.Log;
import dev.whittle.ir.op.math.LogicalAnd;
import dev.whittle.ir.op.math.LogicalNot;
import dev.whittle.ir.op.math.LogicalOr;
import dev.whittle.ir.op.math.Neg;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.math.Pow;
import dev.whittle.ir.op.math.Round;
import dev.whittle.ir.op.math.Rsqrt;
import dev.whittle.ir.op.math.Sign;
import dev.whittle.ir.op.math.Sin;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.math.Square;
import dev.whittle.ir.op.math.SquaredDifference;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** {@code keras.ops}: what works element by element, and products. */
final class KerasElementwiseOperations {
  private KerasElementwiseOperations() {}

  static void register(Layers table) {
    registerSingle(table);
    registerPairs(table);
  }

  static void each(Layers table, String name, BiFunction<Emitter, Value, Value> function) {
    table.value(
        name,
        call ->
            function.apply(
                call.emit(), call.emit().cast(KerasOperations.x(call), TensorType.FLOAT32)));
  }

  private static void any(Layers table, String name, BiFunction<Emitter, Value, Value> function) {
    table.value(name, call -> function.apply(call.emit(), KerasOperations.x(call)));
  }

  private static void registerSingle(Layers table) {
    each(table, "Exp", (e, x) -> e.node(new Exp(), x));
    each(table, "Expm1", (e, x) -> e.sub(e.node(new Exp(), x), 1));
    each(table, "Exp2", (e, x) -> e.node(new Exp(), e.mul(x, Math.log(2))));
    each(table, "Log", (e, x) -> e.node(new Log(), x));
    each(table, "Log1p", (e, x) -> e.node(new Log(), e.add(x, 1)));
    each(table, "Log2", (e, x) -> e.mul(e.node(new Log(), x), 1 / Math.log(2)));
    each(table, "Log10", (e, x) -> e.mul(e.node(new Log(), x), 1 / Math.log(10)));
    each(table, "Sqrt", (e, x) -> e.node(new Sqrt(), x));
    each(table, "Rsqrt", (e, x) -> e.node(new Rsqrt(), x));
    each(table, "Sin", (e, x) -> e.node(new Sin(), x));
    each(table, "Cos", (e, x) -> e.node(new Cos(), x));
    each(table, "Tan", Functions::tan);
    each(table, "Sinh", Functions::sinh);
    each(table, "Cosh", Functions::cosh);
    each(table, "Floor", (e, x) -> e.node(new Floor(), x));
    each(table, "Ceil", (e, x) -> e.node(new Ceil(), x));
    each(table, "Reciprocal", (e, x) -> e.div(e.scalar(1f), x));
    each(table, "Deg2rad", (e, x) -> e.mul(x, Math.PI / 180));
    each(table, "Rad2deg", (e, x) -> e.mul(x, 180 / Math.PI));
    any(table, "Absolute", KerasElementwiseOperations::absolute);
    any(table, "Abs", KerasElementwiseOperations::absolute);
    any(table, "Fabs", KerasElementwiseOperations::absolute);
    any(table, "Negative", (e, x) -> e.node(new Neg(), x));
    any(
        table,
        "Square",
        (e, x) -> x.type() == TensorType.FLOAT32 ? e.node(new Square(), x) : e.mul(x, x));
    any(table, "Sign", (e, x) -> e.node(new Sign(), x));
    any(table, "LogicalNot", (e, x) -> e.node(new LogicalNot(), e.cast(x, TensorType.BOOL)));
    any(table, "Isnan", (e, x) -> e.node(new NotEqual(), x, x));
    for (String name : List.of("Copy", "StopGradient", "ConvertToTensor", "Identity", "View")) {
      any(table, name, (e, x) -> x);
    }
    table.value(
        "Round",
        call -> {
          int decimals = call.config().integer("decimals", 0);
          Emitter e = call.emit();
          double scale = Math.pow(10, decimals);
          Value x = call.floats();
          return decimals == 0
              ? e.node(new Round(), x)
              : e.mul(e.node(new Round(), e.mul(x, scale)), 1 / scale);
        });
    table.value("OnesLike", call -> filled(call, call.emit().scalar(1f)));
    table.value("ZerosLike", call -> filled(call, call.emit().scalar(0f)));
    table.value(
        "Clip",
        call -> {
          Value x = KerasOperations.x(call);
          Emitter e = call.emit();
          if (call.config().has("x_min")) {
            x = e.max(x, call.config().real("x_min", 0));
          }
          return call.config().has("x_max") ? e.min(x, call.config().real("x_max", 0)) : x;
        });
    table.value(
        "Cast",
        call ->
            call.emit().cast(KerasOperations.x(call), KerasImporter.type(dtype(call, "dtype"))));
    table.value(
        "SaturateCast",
        call -> {
          TensorType type = KerasImporter.type(dtype(call, "dtype"));
          return call.emit().cast(saturated(call.emit(), KerasOperations.x(call), type), type);
        });
  }

  /** Clamped to what a type of integers of up to 32 bits holds. */
  private static Value saturated(Emitter e, Value x, TensorType type) {
    return switch (type) {
      case INT8 -> e.min(e.max(x, Byte.MIN_VALUE), Byte.MAX_VALUE);
      case UINT8 -> e.min(e.max(x, 0), 255);
      case INT16 -> e.min(e.max(x, Short.MIN_VALUE), Short.MAX_VALUE);
      case FLOAT32, FLOAT16, FLOAT64, INT64, BOOL -> x;
      default ->
          throw OperandException.unsupported(
              "a saturating cast to %s", type.name().toLowerCase(Locale.ROOT));
    };
  }

  /**
   * A tensor of the operand's extents, each element of which is {@code value}: of the stated type,
   * or of the operand's.
   */
  static Value filled(LayerCall call, Value value) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    TensorType type =
        call.config().has("dtype") ? KerasImporter.type(dtype(call, "dtype")) : x.type();
    return e.node(new dev.whittle.ir.op.shape.Fill(), e.shapeOf(x), e.cast(value, type));
  }

  private static String dtype(LayerCall call, String key) {
    return KerasImporter.dtypeName(call.config(), call.config().string(key, "float32"));
  }

  static Value exp(Emitter e, Value x) {
    return e.node(new Exp(), x);
  }

  private static Value absolute(Emitter e, Value x) {
    return e.node(new Abs(), x);
  }

  private static void registerPairs(Layers table) {
    pairs(table, "Add", Emitter::add);
    pairs(table, "Subtract", Emitter::sub);
    pairs(table, "Multiply", Emitter::mul);
    pairs(table, "Maximum", Emitter::max);
    pairs(table, "Minimum", Emitter::min);
    pairs(table, "FloorDivide", (e, a, b) -> e.binary(new FloorDiv(), a, b));
    pairs(table, "Mod", (e, a, b) -> e.binary(new FloorMod(), a, b));
    pairs(table, "Power", (e, a, b) -> e.binary(new Pow(), a, b));
    pairs(table, "Arctan2", Functions::atan2);
    for (String name : List.of("Divide", "TrueDivide")) {
      pairs(
          table,
          name,
          (e, a, b) -> e.div(e.cast(a, TensorType.FLOAT32), e.cast(b, TensorType.FLOAT32)));
    }
    pairs(table, "DivideNoNan", KerasElementwiseOperations::divideNoNan);
    pairs(table, "Equal", (e, a, b) -> e.binary(new Equal(), a, b));
    pairs(table, "NotEqual", (e, a, b) -> e.binary(new NotEqual(), a, b));
    pairs(table, "Greater", (e, a, b) -> e.binary(new Greater(), a, b));
    pairs(table, "GreaterEqual", (e, a, b) -> e.binary(new GreaterEqual(), a, b));
    pairs(table, "Less", (e, a, b) -> e.binary(new Less(), a, b));
    pairs(table, "LessEqual", (e, a, b) -> e.binary(new LessEqual(), a, b));
    pairs(table, "LogicalAnd", (e, a, b) -> logical(e, new LogicalAnd(), a, b));
    pairs(table, "LogicalOr", (e, a, b) -> logical(e, new LogicalOr(), a, b));
    pairs(table, "LogicalXor", (e, a, b) -> logical(e, new NotEqual(), a, b));
    pairs(table, "SquaredDifference", (e, a, b) -> e.binary(new SquaredDifference(), a, b));
    pairs(table, "Hypot", (e, a, b) -> e.node(new Sqrt(), e.add(e.mul(a, a), e.mul(b, b))));
    pairs(table, "Matmul", KerasElementwiseOperations::matmul);
    pairs(
        table,
        "Logaddexp",
        (e, a, b) -> {
          Value distance = e.node(new Neg(), e.node(new Abs(), e.sub(a, b)));
          return e.add(e.max(a, b), e.node(new Log(), e.add(exp(e, distance), 1)));
        });
    pairs(table, "Outer", (e, a, b) -> e.mul(e.reshape(a, -1, 1), e.reshape(b, 1, -1)));
    table.value(
        "Where",
        call -> {
          Value condition =
              call.emit()
                  .cast(KerasOperations.operand(call, 0, "condition", null), TensorType.BOOL);
          @Nullable Value given =
              call.argument(1, "x1") instanceof Argument.OfTensor t ? t.value() : null;
          Value b = KerasOperations.operand(call, 2, "x2", given);
          return call.emit().where(condition, KerasOperations.operand(call, 1, "x1", b), b);
        });
    table.value(
        "Dot",
        call -> {
          List<Value> operands = KerasOperations.pair(call);
          return dot(call.emit(), operands.get(0), operands.get(1));
        });
    table.value(
        "Einsum",
        call -> {
          List<Value> operands = call.tensors().stream().map(Argument.OfTensor::value).toList();
          return Einsum.apply(call.emit(), call.config().string("subscripts"), operands);
        });
    table.value(
        "Tensordot",
        call -> {
          List<Value> operands = KerasOperations.pair(call);
          return tensordot(call, operands.get(0), operands.get(1));
        });
  }

  /** An operation on two values. */
  @FunctionalInterface
  private interface Pair {
    Value apply(Emitter emit, Value a, Value b);
  }

  private static void pairs(Layers table, String name, Pair function) {
    table.value(
        name,
        call -> {
          List<Value> operands = KerasOperations.pair(call);
          return function.apply(call.emit(), operands.get(0), operands.get(1));
        });
  }

  private static Value logical(Emitter e, Op op, Value a, Value b) {
    return e.node(op, e.cast(a, TensorType.BOOL), e.cast(b, TensorType.BOOL));
  }

  private static Value divideNoNan(Emitter e, Value a, Value b) {
    Value isZero = e.node(new Equal(), b, e.scalar(0f));
    Value divisor = e.where(isZero, e.scalar(1f), b);
    return e.where(isZero, e.scalar(0f), e.div(a, divisor));
  }

  /** NumPy's matrix product: vectors are rows on the left and columns on the right. */
  static Value matmul(Emitter e, Value a, Value b) {
    int rankA = a.shape().rank();
    int rankB = b.shape().rank();
    Tensor weights = b.contents();
    if (weights != null && rankB == 2 && rankA >= 2 && b.type() == TensorType.FLOAT32) {
      return CoreLayers.fullyConnected(e, e.cast(a, TensorType.FLOAT32), weights, null);
    }
    Value left = rankA == 1 ? e.expandDims(a, 0) : a;
    Value right = rankB == 1 ? e.expandDims(b, 1) : b;
    Value product = e.matmul(left, right, false, false);
    if (rankB == 1) {
      product = e.squeeze(product, -1);
    }
    return rankA == 1 ? e.squeeze(product, rankB == 1 ? -1 : -2) : product;
  }

  /**
   * Sums over the last axis of one and the last but one of the other, which are matched no further.
   */
  private static Value dot(Emitter e, Value a, Value b) {
    int rankA = a.shape().rank();
    int rankB = b.shape().rank();
    if (rankA == 0 || rankB <= 2) {
      return matmul(e, a, b);
    }
    String rows = "abcdefgh".substring(0, rankA - 1);
    String columns = "ijklmnop".substring(0, rankB - 1);
    String before = columns.substring(0, rankB - 2);
    String last = columns.substring(rankB - 2);
    String equation = rows + "z," + before + "z" + last + "->" + rows + columns;
    return Einsum.apply(e, equation, List.of(a, b));
  }

  private static Value tensordot(LayerCall call, Value a, Value b) {
    int rankA = a.shape().rank();
    Object stated = call.config().get("axes");
    int[] left;
    int[] right;
    if (stated instanceof List<?> list && list.size() == 2) {
      left = Config.integersOf(java.util.Objects.requireNonNull(list.get(0)));
      right = Config.integersOf(java.util.Objects.requireNonNull(list.get(1)));
    } else {
      int count = call.config().integer("axes", 2);
      left = IntStream.range(rankA - count, rankA).toArray();
      right = IntStream.range(0, count).toArray();
    }
    if (left == null || right == null || left.length != right.length) {
      throw call.config().malformed("axes", "a number or two lists");
    }
    char[] termA = new char[rankA];
    char[] termB = new char[b.shape().rank()];
    for (int i = 0; i < left.length; i++) {
      termA[Emitter.axis(a, left[i])] = (char) ('a' + i);
      termB[Emitter.axis(b, right[i])] = (char) ('a' + i);
    }
    var result = new StringBuilder();
    label(termA, 'i', result);
    label(termB, 'q', result);
    String equation = new String(termA) + "," + new String(termB) + "->" + result;
    return Einsum.apply(call.emit(), equation, List.of(a, b));
  }

  private static void label(char[] term, char first, StringBuilder result) {
    for (int i = 0; i < term.length; i++) {
      if (term[i] == 0) {
        term[i] = (char) (first + i);
        result.append(term[i]);
      }
    }
  }
}
