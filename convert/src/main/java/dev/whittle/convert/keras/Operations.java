package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.Config;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Op;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.ir.op.Abs;
import dev.whittle.ir.op.ArgMax;
import dev.whittle.ir.op.ArgMin;
import dev.whittle.ir.op.BroadcastTo;
import dev.whittle.ir.op.Ceil;
import dev.whittle.ir.op.Cos;
import dev.whittle.ir.op.Cumsum;
import dev.whittle.ir.op.Equal;
import dev.whittle.ir.op.Exp;
import dev.whittle.ir.op.Floor;
import dev.whittle.ir.op.FloorDiv;
import dev.whittle.ir.op.FloorMod;
import dev.whittle.ir.op.Greater;
import dev.whittle.ir.op.GreaterEqual;
import dev.whittle.ir.op.LeakyRelu;
import dev.whittle.ir.op.Less;
import dev.whittle.ir.op.LessEqual;
import dev.whittle.ir.op.Log;
import dev.whittle.ir.op.LogicalAnd;
import dev.whittle.ir.op.LogicalNot;
import dev.whittle.ir.op.LogicalOr;
import dev.whittle.ir.op.MirrorPad;
import dev.whittle.ir.op.Neg;
import dev.whittle.ir.op.NotEqual;
import dev.whittle.ir.op.Pack;
import dev.whittle.ir.op.Pow;
import dev.whittle.ir.op.ReduceAll;
import dev.whittle.ir.op.ReduceAny;
import dev.whittle.ir.op.ReduceProd;
import dev.whittle.ir.op.Round;
import dev.whittle.ir.op.Rsqrt;
import dev.whittle.ir.op.Sign;
import dev.whittle.ir.op.Sin;
import dev.whittle.ir.op.SplitV;
import dev.whittle.ir.op.Sqrt;
import dev.whittle.ir.op.Square;
import dev.whittle.ir.op.SquaredDifference;
import dev.whittle.ir.op.StridedSlice;
import dev.whittle.ir.op.TopKV2;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** {@code keras.ops}: operations that stand between the layers of a functional model. */
final class Operations {
  private Operations() {}

  static void register(Layers table) {
    registerElementwise(table);
    registerPairs(table);
    registerReductions(table);
    registerShapes(table);
    registerActivations(table);
    registerOthers(table);
    RareOperations.register(table);
  }

  // Arguments.

  /** An argument as a value; a number takes the type of {@code like}. */
  static Value operand(LayerCall call, int index, String key, @Nullable Value like) {
    Argument argument = call.argument(index, key);
    return switch (argument) {
      case Argument.OfTensor tensor -> tensor.value();
      case Argument.Literal literal ->
          call.literal(literal, like == null ? TensorType.FLOAT32 : like.type());
      case Argument.OfList list when Argument.tensors(list).isEmpty() -> numbers(call, list);
      case null, default ->
          throw new MalformedModelException(
              call.describe() + ": its argument '" + key + "' is no tensor");
    };
  }

  private static Value numbers(LayerCall call, Argument.OfList list) {
    float[] values = new float[list.items().size()];
    boolean whole = true;
    for (int i = 0; i < values.length; i++) {
      if (!(list.items().get(i) instanceof Argument.Literal literal
          && literal.value() instanceof Number number)) {
        throw OperandException.unsupported("a list of other things than numbers");
      }
      values[i] = number.floatValue();
      whole &= number instanceof Long;
    }
    if (whole) {
      int[] integers = new int[values.length];
      for (int i = 0; i < integers.length; i++) {
        integers[i] = (int) values[i];
      }
      return call.emit().ints(integers);
    }
    return call.emit().constant("numbers", values, values.length);
  }

  private static List<Value> pair(LayerCall call) {
    @Nullable Value given =
        call.argument(0, "x1") instanceof Argument.OfTensor t ? t.value() : null;
    if (given == null) {
      Value second = operand(call, 1, "x2", null);
      return List.of(operand(call, 0, "x1", second), second);
    }
    return List.of(given, operand(call, 1, "x2", given));
  }

  static Value x(LayerCall call) {
    return operand(call, 0, "x", null);
  }

  /** A stated number, list of numbers, or null, wherever it stands. */
  private static int @Nullable [] axes(LayerCall call, String key) {
    return call.config().has(key) ? call.config().integers(key) : null;
  }

  // Element by element.

  static void each(Layers table, String name, BiFunction<Emitter, Value, Value> function) {
    table.value(
        name, call -> function.apply(call.emit(), call.emit().cast(x(call), TensorType.FLOAT32)));
  }

  private static void any(Layers table, String name, BiFunction<Emitter, Value, Value> function) {
    table.value(name, call -> function.apply(call.emit(), x(call)));
  }

  private static void registerElementwise(Layers table) {
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
    each(table, "Tan", (e, x) -> e.div(e.node(new Sin(), x), e.node(new Cos(), x)));
    each(table, "Sinh", (e, x) -> e.mul(e.sub(exp(e, x), exp(e, e.node(new Neg(), x))), 0.5));
    each(table, "Cosh", (e, x) -> e.mul(e.add(exp(e, x), exp(e, e.node(new Neg(), x))), 0.5));
    each(table, "Floor", (e, x) -> e.node(new Floor(), x));
    each(table, "Ceil", (e, x) -> e.node(new Ceil(), x));
    each(table, "Reciprocal", (e, x) -> e.div(e.scalar(1f), x));
    each(table, "Deg2rad", (e, x) -> e.mul(x, Math.PI / 180));
    each(table, "Rad2deg", (e, x) -> e.mul(x, 180 / Math.PI));
    any(table, "Absolute", Operations::absolute);
    any(table, "Abs", Operations::absolute);
    any(table, "Fabs", Operations::absolute);
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
    any(table, "OnesLike", (e, x) -> e.add(e.node(new dev.whittle.ir.op.ZerosLike(), x), 1));
    any(table, "ZerosLike", (e, x) -> e.node(new dev.whittle.ir.op.ZerosLike(), x));
    table.value(
        "Clip",
        call -> {
          Value x = x(call);
          Emitter e = call.emit();
          if (call.config().has("x_min")) {
            x = e.max(x, call.config().real("x_min", 0));
          }
          return call.config().has("x_max") ? e.min(x, call.config().real("x_max", 0)) : x;
        });
    table.value(
        "Cast", call -> call.emit().cast(x(call), KerasImporter.type(dtype(call, "dtype"))));
    table.value(
        "SaturateCast",
        call -> call.emit().cast(x(call), KerasImporter.type(dtype(call, "dtype"))));
  }

  private static String dtype(LayerCall call, String key) {
    return KerasImporter.dtypeName(call.config(), call.config().string(key, "float32"));
  }

  private static Value exp(Emitter e, Value x) {
    return e.node(new Exp(), x);
  }

  private static Value absolute(Emitter e, Value x) {
    return e.node(new Abs(), x);
  }

  // Pairs.

  private static void registerPairs(Layers table) {
    pairs(table, "Add", Emitter::add);
    pairs(table, "Subtract", Emitter::sub);
    pairs(table, "Multiply", Emitter::mul);
    pairs(table, "Maximum", Emitter::max);
    pairs(table, "Minimum", Emitter::min);
    pairs(table, "FloorDivide", (e, a, b) -> e.binary(new FloorDiv(), a, b));
    pairs(table, "Mod", (e, a, b) -> e.binary(new FloorMod(), a, b));
    pairs(table, "Power", (e, a, b) -> e.binary(new Pow(), a, b));
    pairs(table, "Arctan2", RareOperations::arctan2);
    for (String name : List.of("Divide", "TrueDivide")) {
      pairs(
          table,
          name,
          (e, a, b) -> e.div(e.cast(a, TensorType.FLOAT32), e.cast(b, TensorType.FLOAT32)));
    }
    pairs(table, "DivideNoNan", Operations::divideNoNan);
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
    pairs(table, "Matmul", Operations::matmul);
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
          Value condition = call.emit().cast(operand(call, 0, "condition", null), TensorType.BOOL);
          @Nullable Value given =
              call.argument(1, "x1") instanceof Argument.OfTensor t ? t.value() : null;
          Value b = operand(call, 2, "x2", given);
          return call.emit().where(condition, operand(call, 1, "x1", b), b);
        });
    table.value(
        "Dot",
        call -> {
          List<Value> operands = pair(call);
          return matmul(call.emit(), operands.get(0), operands.get(1));
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
          List<Value> operands = pair(call);
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
          List<Value> operands = pair(call);
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
    Tensor weights = Constants.contents(b);
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

  // Reductions.

  /** A reduction of some axes. */
  @FunctionalInterface
  private interface Reduction {
    Value apply(Emitter emit, Value x, boolean keep, int[] axes);
  }

  private static void reduction(Layers table, String name, Reduction reduction) {
    table.value(
        name,
        call -> {
          Value x = x(call);
          int @Nullable [] stated = axes(call, "axis");
          int[] all = stated == null ? Emitter.axesFrom(x, 0) : stated;
          return reduction.apply(call.emit(), x, call.config().flag("keepdims", false), all);
        });
  }

  private static void registerReductions(Layers table) {
    for (String prefix : List.of("", "A")) {
      String max = prefix.isEmpty() ? "Max" : "Amax";
      String min = prefix.isEmpty() ? "Min" : "Amin";
      reduction(table, max, (e, x, keep, axes) -> e.reduceMax(x, keep, axes));
      reduction(table, min, (e, x, keep, axes) -> e.reduceMin(x, keep, axes));
    }
    reduction(table, "Sum", (e, x, keep, axes) -> e.sum(summable(e, x), keep, axes));
    reduction(
        table, "Mean", (e, x, keep, axes) -> e.mean(e.cast(x, TensorType.FLOAT32), keep, axes));
    reduction(
        table, "Average", (e, x, keep, axes) -> e.mean(e.cast(x, TensorType.FLOAT32), keep, axes));
    reduction(table, "Prod", (e, x, keep, axes) -> e.reduce(new ReduceProd(keep), x, axes));
    reduction(
        table,
        "Any",
        (e, x, keep, axes) -> e.reduce(new ReduceAny(keep), e.cast(x, TensorType.BOOL), axes));
    reduction(
        table,
        "All",
        (e, x, keep, axes) -> e.reduce(new ReduceAll(keep), e.cast(x, TensorType.BOOL), axes));
    reduction(table, "Var", Operations::variance);
    reduction(table, "Std", (e, x, keep, axes) -> e.node(new Sqrt(), variance(e, x, keep, axes)));
    reduction(table, "Logsumexp", Operations::logSumExp);
    reduction(
        table,
        "CountNonzero",
        (e, x, keep, axes) ->
            e.sum(
                e.cast(e.node(new NotEqual(), x, e.scalar(x.type(), 0)), TensorType.INT32),
                keep,
                axes));
    table.put(
        "Moments",
        call -> {
          Emitter e = call.emit();
          Value x = call.floats();
          int[] axes = call.config().integers("axes");
          boolean keep = call.config().flag("keepdims", false);
          return new Argument.OfList(
              List.of(Argument.of(e.mean(x, keep, axes)), Argument.of(variance(e, x, keep, axes))));
        });
    table.value("Argmax", call -> arg(call, new ArgMax(TensorType.INT32)));
    table.value("Argmin", call -> arg(call, new ArgMin(TensorType.INT32)));
    table.value(
        "Cumsum",
        call -> {
          Value x = x(call);
          int axis = Emitter.axis(x, call.config().integer("axis", 0));
          return call.emit().node(new Cumsum(false, false), x, call.emit().scalar(axis));
        });
    table.value(
        "Norm",
        call -> {
          Value x = call.floats();
          int @Nullable [] stated = axes(call, "axis");
          Object order = call.config().get("ord");
          Emitter e = call.emit();
          int[] all = stated == null ? Emitter.axesFrom(x, 0) : stated;
          boolean keep = call.config().flag("keepdims", false);
          if (all.length == 1 && Long.valueOf(1).equals(order)) {
            return e.sum(e.node(new Abs(), x), keep, all);
          }
          if (order != null && !Long.valueOf(2).equals(order) && !"fro".equals(order)) {
            throw OperandException.unsupported("the norm of order %s", order);
          }
          return e.node(new Sqrt(), e.sum(e.node(new Square(), x), keep, all));
        });
    table.value(
        "Normalize",
        call -> {
          int @Nullable [] axes = axes(call, "axis");
          if (call.config().real("order", 2) != 2) {
            throw OperandException.unsupported("normalizing by a norm of another order than 2");
          }
          return NormalizationLayers.unit(
              call.emit(),
              call.floats(),
              call.config().real("epsilon", 1e-7),
              axes == null ? new int[] {-1} : axes);
        });
  }

  private static Value summable(Emitter e, Value x) {
    return x.type() == TensorType.BOOL ? e.cast(x, TensorType.INT32) : x;
  }

  private static Value variance(Emitter e, Value given, boolean keep, int[] axes) {
    Value x = e.cast(given, TensorType.FLOAT32);
    Value mean = e.mean(x, true, axes);
    return e.mean(e.node(new SquaredDifference(), x, mean), keep, axes);
  }

  private static Value logSumExp(Emitter e, Value x, boolean keep, int[] axes) {
    Value max = e.reduceMax(x, true, axes);
    Value sum = e.sum(exp(e, e.sub(x, max)), true, axes);
    Value result = e.add(e.node(new Log(), sum), max);
    return keep ? result : e.squeeze(result, axes);
  }

  private static Value arg(LayerCall call, Op op) {
    Emitter e = call.emit();
    Value x = x(call);
    boolean keep = call.config().flag("keepdims", false);
    if (!call.config().has("axis")) {
      return e.node(op, e.reshape(x, -1), e.scalar(0));
    }
    int axis = Emitter.axis(x, call.config().integer("axis"));
    Value found = e.node(op, x, e.scalar(axis));
    return keep ? e.expandDims(found, axis) : found;
  }

  // Shapes.

  private static void registerShapes(Layers table) {
    table.value("Reshape", call -> reshape(call, "newshape"));
    table.value("Ravel", call -> call.emit().reshape(x(call), -1));
    table.value(
        "Transpose",
        call -> {
          Value x = x(call);
          int rank = x.shape().rank();
          int @Nullable [] axes = axes(call, "axes");
          return call.emit()
              .transpose(
                  x,
                  axes == null
                      ? IntStream.range(0, rank).map(i -> rank - 1 - i).toArray()
                      : Arrays.stream(axes).map(a -> Emitter.axis(x, a)).toArray());
        });
    table.value(
        "Swapaxes",
        call ->
            call.emit()
                .swap(x(call), call.config().integer("axis1"), call.config().integer("axis2")));
    table.value("Moveaxis", Operations::moveAxes);
    table.value(
        "ExpandDims",
        call -> {
          Value x = x(call);
          int[] axes = call.config().integers("axis");
          int rank = x.shape().rank() + axes.length;
          int[] places = Arrays.stream(axes).map(a -> a < 0 ? a + rank : a).sorted().toArray();
          for (int place : places) {
            x = call.emit().expandDims(x, place);
          }
          return x;
        });
    table.value("Squeeze", Operations::squeeze);
    table.value(
        "Concatenate",
        call -> {
          List<Value> parts = call.tensors().stream().map(Argument.OfTensor::value).toList();
          return concatenate(call.emit(), call.config().integer("axis", -1), parts);
        });
    table.value("Hstack", call -> concatenate(call.emit(), 1, values(call)));
    table.value("Vstack", call -> concatenate(call.emit(), 0, values(call)));
    table.value(
        "Append", call -> concatenate(call.emit(), call.config().integer("axis", 0), values(call)));
    table.value(
        "Stack",
        call -> {
          List<Value> parts = values(call);
          int rank = parts.getFirst().shape().rank() + 1;
          int axis = call.config().integer("axis", 0);
          return call.emit()
              .node(
                  new Pack(parts.size(), axis < 0 ? axis + rank : axis),
                  parts.toArray(new Value[0]));
        });
    table.put("Split", Operations::split);
    table.put("Unstack", Operations::unstack);
    table.value("GetItem", Operations::getItem);
    table.value("Slice", Operations::slice);
    table.value(
        "Repeat",
        call ->
            ReshapingLayers.repeat(
                call.emit(),
                x(call),
                call.config().integer("axis"),
                call.config().integer("repeats")));
    table.value(
        "Tile",
        call -> {
          Value x = x(call);
          int[] repeats = call.config().integers("repeats");
          int rank = x.shape().rank();
          for (int i = rank; i < repeats.length; i++) {
            x = call.emit().expandDims(x, 0);
          }
          int[] all = new int[x.shape().rank()];
          Arrays.fill(all, 1);
          System.arraycopy(repeats, 0, all, all.length - repeats.length, repeats.length);
          return call.emit().tile(x, all);
        });
    table.value("Pad", Operations::pad);
    table.value(
        "Flip",
        call -> {
          Value x = x(call);
          int @Nullable [] axes = axes(call, "axis");
          for (int axis : axes == null ? Emitter.axesFrom(x, 0) : axes) {
            x = call.emit().reverse(x, axis);
          }
          return x;
        });
    table.value("Roll", Operations::roll);
    table.value("BroadcastTo", Operations::broadcastTo);
    table.value(
        "Take",
        call -> {
          Emitter e = call.emit();
          Value x = x(call);
          Value indices = PreprocessingLayers.indices(e, operand(call, 1, "indices", e.scalar(0)));
          return call.config().has("axis")
              ? e.gather(x, indices, call.config().integer("axis"))
              : e.gather(e.reshape(x, -1), indices, 0);
        });
    table.value(
        "DepthToSpace",
        call ->
            ConvolutionLayers.channelsLast(
                call,
                x(call),
                y ->
                    call.emit()
                        .node(
                            new dev.whittle.ir.op.DepthToSpace(call.config().integer("block_size")),
                            y)));
    table.value(
        "SpaceToDepth",
        call ->
            ConvolutionLayers.channelsLast(
                call,
                x(call),
                y ->
                    call.emit()
                        .node(
                            new dev.whittle.ir.op.SpaceToDepth(call.config().integer("block_size")),
                            y)));
  }

  private static List<Value> values(LayerCall call) {
    return call.tensors().stream().map(Argument.OfTensor::value).toList();
  }

  private static Value concatenate(Emitter e, int axis, List<Value> parts) {
    if (parts.isEmpty()) {
      throw OperandException.invalid("concatenates nothing");
    }
    List<Value> typed = new ArrayList<>();
    for (Value part : parts) {
      typed.add(e.promote(part, parts.getFirst()).getFirst());
    }
    return e.concat(axis, typed);
  }

  private static Value reshape(LayerCall call, String key) {
    Value x = x(call);
    int[] stated = new int[call.config().list(key).size()];
    List<?> list = call.config().list(key);
    int open = 0;
    for (int i = 0; i < stated.length; i++) {
      stated[i] = list.get(i) instanceof Long n ? n.intValue() : -1;
      open += stated[i] == -1 ? 1 : 0;
    }
    boolean batched = stated.length > 0 && stated[0] == -1 && open > 1;
    if (batched) {
      stated[0] = Emitter.SAME;
    }
    if (stated.length > 0 && stated[0] == -1 && open == 1) {
      // Only the batch is left open: samples keep their size.
      int rest = Arrays.stream(x.shape().toArray()).skip(1).reduce(1, (a, b) -> a * b);
      int given = Arrays.stream(stated).skip(1).reduce(1, (a, b) -> a * b);
      stated[0] = rest == given && x.shape().dim(0) != Shape.DYNAMIC ? x.shape().dim(0) : -1;
    }
    return call.emit().reshape(x, stated);
  }

  private static Value moveAxes(LayerCall call) {
    Value x = x(call);
    int rank = x.shape().rank();
    int[] from =
        Arrays.stream(call.config().integers("source")).map(a -> Emitter.axis(x, a)).toArray();
    int[] to =
        Arrays.stream(call.config().integers("destination")).map(a -> Emitter.axis(x, a)).toArray();
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      int axis = i;
      if (Arrays.stream(from).noneMatch(a -> a == axis)) {
        order.add(i);
      }
    }
    IntStream.range(0, to.length)
        .boxed()
        .sorted((a, b) -> Integer.compare(to[a], to[b]))
        .forEach(i -> order.add(to[i], from[i]));
    return call.emit().transpose(x, order.stream().mapToInt(Integer::intValue).toArray());
  }

  private static Value squeeze(LayerCall call) {
    Value x = x(call);
    int @Nullable [] axes = axes(call, "axis");
    int[] gone =
        axes == null
            ? IntStream.range(0, x.shape().rank()).filter(i -> x.shape().dim(i) == 1).toArray()
            : axes;
    return gone.length == 0 ? x : call.emit().squeeze(x, gone);
  }

  private static Argument split(LayerCall call) {
    Emitter e = call.emit();
    Value x = x(call);
    int axis = Emitter.axis(x, call.config().integer("axis", 0));
    Object stated = call.config().get("indices_or_sections");
    List<Value> parts;
    if (stated instanceof List<?>) {
      int[] ends = call.config().integers("indices_or_sections");
      int extent = call.extent(x, axis);
      int[] sizes = new int[ends.length + 1];
      int from = 0;
      for (int i = 0; i < sizes.length; i++) {
        int to = i < ends.length ? ends[i] : extent;
        sizes[i] = to - from;
        from = to;
      }
      parts =
          e.nodes(
              sizes.length,
              new SplitV(sizes.length),
              x,
              e.ints(sizes),
              e.constant("axis", Tensor.of(new int[] {axis})));
    } else {
      parts = e.split(x, axis, call.config().integer("indices_or_sections"));
    }
    return new Argument.OfList(parts.stream().map(Argument::of).toList());
  }

  private static Argument unstack(LayerCall call) {
    Value x = x(call);
    int axis = Emitter.axis(x, call.config().integer("axis", 0));
    int count = call.extent(x, axis);
    List<Argument> parts = new ArrayList<>();
    call.emit()
        .nodes(count, new dev.whittle.ir.op.Unpack(count, axis), x)
        .forEach(part -> parts.add(Argument.of(part)));
    return new Argument.OfList(parts);
  }

  /** Python's indexing: numbers, slices, None and dots; or one tensor of indices. */
  private static Value getItem(LayerCall call) {
    Value x = x(call);
    Argument key = call.argument(1, "key");
    if (key == null) {
      key = new Argument.Literal(null);
    }
    if (key instanceof Argument.OfTensor indices) {
      return call.emit().gather(x, PreprocessingLayers.indices(call.emit(), indices.value()), 0);
    }
    return index(call, x, key instanceof Argument.OfList list ? list.items() : List.of(key));
  }

  static Value index(LayerCall call, Value x, List<Argument> keys) {
    int rank = x.shape().rank();
    long real = keys.stream().filter(k -> !isNone(k) && !isDots(k)).count();
    int[] begin = new int[rank];
    int[] end = new int[rank];
    int[] step = new int[rank];
    Arrays.fill(step, 1);
    int beginMask = (1 << rank) - 1;
    int endMask = beginMask;
    int shrink = 0;
    List<Integer> added = new ArrayList<>();
    int axis = 0;
    int place = 0;
    for (Argument key : keys) {
      if (isDots(key)) {
        int skipped = (int) (rank - real);
        axis += skipped;
        place += skipped;
      } else if (isNone(key)) {
        added.add(place++);
      } else if (axis >= rank) {
        throw OperandException.invalid("too many indices for %s", x.shape());
      } else if (key instanceof Argument.OfSlice slice) {
        Integer from = number(slice.start());
        Integer to = number(slice.stop());
        Integer by = number(slice.step());
        step[axis] = by == null ? 1 : by;
        if (from != null) {
          begin[axis] = from;
          beginMask &= ~(1 << axis);
        }
        if (to != null) {
          end[axis] = to;
          endMask &= ~(1 << axis);
        }
        axis++;
        place++;
      } else {
        Integer at = number(key);
        if (at == null) {
          throw OperandException.unsupported("an index that is neither a number nor a slice");
        }
        begin[axis] = at;
        end[axis] = at + 1;
        beginMask &= ~(1 << axis);
        endMask = at == -1 ? endMask : endMask & ~(1 << axis);
        shrink |= 1 << axis;
        axis++;
      }
    }
    Emitter e = call.emit();
    boolean whole =
        beginMask == (1 << rank) - 1
            && endMask == beginMask
            && shrink == 0
            && Arrays.stream(step).allMatch(s -> s == 1);
    Value y =
        whole
            ? x
            : e.node(
                new StridedSlice(beginMask, endMask, 0, 0, shrink, false),
                x,
                e.ints(begin),
                e.ints(end),
                e.ints(step));
    for (int at : added) {
      y = e.expandDims(y, at);
    }
    return y;
  }

  private static boolean isNone(Argument key) {
    return key instanceof Argument.Literal literal && literal.value() == null;
  }

  private static boolean isDots(Argument key) {
    return key instanceof Argument.Ellipsis
        || (key instanceof Argument.Literal literal && "...".equals(literal.value()))
        || (key instanceof Argument.Literal l && "Ellipsis".equals(l.value()));
  }

  private static @Nullable Integer number(Argument argument) {
    return argument instanceof Argument.Literal literal && literal.value() instanceof Long n
        ? Integer.valueOf(n.intValue())
        : null;
  }

  private static Value slice(LayerCall call) {
    Value x = x(call);
    int[] shape = call.config().integers("shape");
    Argument starts = call.argument(1, "start_indices");
    Emitter e = call.emit();
    Value begin =
        starts instanceof Argument.OfTensor t
            ? e.cast(t.value(), TensorType.INT32)
            : operand(call, 1, "start_indices", e.scalar(0));
    return e.node(new dev.whittle.ir.op.Slice(), x, begin, e.ints(shape));
  }

  private static Value pad(LayerCall call) {
    Value x = x(call);
    int[] margins = margins(call.config(), x.shape().rank());
    String mode = call.config().string("mode", "constant");
    Emitter e = call.emit();
    if (mode.equals("constant")) {
      Argument fill = call.argument(1, "constant_values");
      double value =
          fill instanceof Argument.Literal l && l.value() instanceof Number n ? n.doubleValue() : 0;
      return value == 0 ? e.pad(x, margins) : e.pad(x, value, margins);
    }
    if (!mode.equals("reflect") && !mode.equals("symmetric")) {
      throw OperandException.unsupported("padding of the mode '%s'", mode);
    }
    return e.node(
        new MirrorPad(mode.equals("symmetric")),
        x,
        e.constant("paddings", Tensor.of(margins, margins.length / 2, 2)));
  }

  private static int[] margins(Config config, int rank) {
    float[] stated = config.reals("pad_width");
    int[] margins = new int[2 * rank];
    for (int i = 0; i < margins.length; i++) {
      margins[i] =
          (int)
              (stated.length == margins.length
                  ? stated[i]
                  : stated[stated.length == 1 ? 0 : i % 2]);
    }
    return margins;
  }

  private static Value roll(LayerCall call) {
    Value x = x(call);
    Emitter e = call.emit();
    int[] shifts = call.config().integers("shift");
    int @Nullable [] stated = axes(call, "axis");
    if (stated == null) {
      throw OperandException.unsupported("rolling over all axes at once");
    }
    for (int i = 0; i < stated.length; i++) {
      int axis = Emitter.axis(x, stated[i]);
      int extent = call.extent(x, axis);
      int shift = Math.floorMod(shifts[Math.min(i, shifts.length - 1)], extent);
      if (shift != 0) {
        Value end = e.slice(x, axis, extent - shift, Integer.MAX_VALUE);
        x = e.concat(axis, List.of(end, e.slice(x, axis, 0, extent - shift)));
      }
    }
    return x;
  }

  private static Value broadcastTo(LayerCall call) {
    Value x = x(call);
    List<?> stated = call.config().list("shape");
    int[] dims = new int[stated.size()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = stated.get(i) instanceof Long n && n >= 0 ? n.intValue() : Shape.DYNAMIC;
    }
    if (Arrays.stream(dims).anyMatch(d -> d == Shape.DYNAMIC) && dims.length != x.shape().rank()) {
      throw OperandException.unsupported("broadcasting to an open shape of another rank");
    }
    return call.emit().node(new BroadcastTo(), x, call.emit().shapeLike(x, dims));
  }

  // Activations.

  private static void registerActivations(Layers table) {
    for (String name :
        List.of(
            "Relu",
            "Relu6",
            "Sigmoid",
            "Tanh",
            "Softplus",
            "Softsign",
            "Silu",
            "Selu",
            "LogSigmoid",
            "HardSigmoid",
            "HardSilu",
            "HardTanh",
            "TanhShrink",
            "SparsePlus",
            "SparseSigmoid",
            "Mish")) {
      each(table, name, (e, x) -> Activations.apply(e, WeightKeys.snakeCase(name), x));
    }
    table.value(
        "ReLU",
        call -> {
          Config config = call.config();
          Float max = config.has("max_value") ? Float.valueOf(config.real("max_value", 0)) : null;
          return Activations.relu(
              call.emit(),
              call.floats(),
              config.real("negative_slope", 0),
              max,
              config.real("threshold", 0));
        });
    table.value(
        "LeakyRelu",
        call ->
            call.emit()
                .node(new LeakyRelu(call.config().real("negative_slope", 0.2)), call.floats()));
    with(table, "Elu", "alpha", 1, Activations::elu);
    with(table, "Celu", "alpha", 1, Activations::celu);
    with(table, "SoftShrink", "threshold", 0.5, Activations::softShrink);
    with(table, "HardShrink", "threshold", 0.5, Activations::hardShrink);
    with(table, "Squareplus", "b", 4, Activations::squareplus);
    table.value(
        "Threshold",
        call ->
            Activations.threshold(
                call.emit(),
                call.floats(),
                call.config().real("threshold", 0),
                call.config().real("default_value", 0)));
    table.value(
        "Gelu",
        call ->
            call.emit()
                .node(
                    new dev.whittle.ir.op.Gelu(call.config().flag("approximate", true)),
                    call.floats()));
    along(table, "Softmax", Activations::softmax);
    along(table, "LogSoftmax", Activations::logSoftmax);
    along(table, "Glu", Activations::glu);
    along(table, "Sparsemax", Activations::sparsemax);
  }

  /** An activation with a number. */
  @FunctionalInterface
  private interface Numbered {
    Value apply(Emitter emit, Value x, float number);
  }

  private static void with(
      Layers table, String name, String key, double ifMissing, Numbered function) {
    table.value(
        name,
        call -> function.apply(call.emit(), call.floats(), call.config().real(key, ifMissing)));
  }

  /** An activation along an axis. */
  @FunctionalInterface
  private interface Along {
    Value apply(Emitter emit, Value x, int axis);
  }

  private static void along(Layers table, String name, Along function) {
    table.value(
        name,
        call -> function.apply(call.emit(), call.floats(), call.config().integer("axis", -1)));
  }

  // Others.

  private static void registerOthers(Layers table) {
    table.put(
        "TopK",
        call -> {
          List<Value> found =
              call.emit()
                  .nodes(2, new TopKV2(), x(call), call.emit().scalar(call.config().integer("k")));
          return new Argument.OfList(found.stream().map(Argument::of).toList());
        });
    table.value(
        "OneHot",
        call ->
            Lookups.oneHot(
                call.emit(),
                PreprocessingLayers.indices(call.emit(), x(call)),
                call.config().integer("num_classes"),
                call.config().integer("axis", -1)));
    table.value(
        "MultiHot",
        call ->
            Lookups.encode(
                call.emit(), x(call), "multi_hot", call.config().integer("num_classes"), null));
    table.value("MaxPool", call -> pool(call, true));
    table.value("AveragePool", call -> pool(call, false));
    table.value("AdaptiveMaxPool", call -> adaptivePool(call, true));
    table.value("AdaptiveAveragePool", call -> adaptivePool(call, false));
    table.value("Resize", Operations::resize);
    table.value("Conv", call -> convolution(call, false));
    table.value("DepthwiseConv", call -> convolution(call, true));
    table.value("LayerNorm", call -> layerNorm(call));
    table.value(
        "RMSNorm",
        call -> {
          Emitter e = call.emit();
          Value x = call.floats();
          Value scale = call.tensor(1, "scale");
          int[] axes = axes(call, "axis") == null ? new int[] {-1} : call.config().integers("axis");
          Value y =
              e.mul(
                  x,
                  NormalizationLayers.inverseRoot(e, x, call.config().real("epsilon", 1e-7), axes));
          return scale == null ? y : e.mul(y, scale);
        });
    table.value(
        "RGBToGrayscale",
        call ->
            ConvolutionLayers.channelsLast(
                call,
                call.floats(),
                x ->
                    call.emit()
                        .sum(
                            call.emit()
                                .mul(
                                    x,
                                    call.emit()
                                        .constant(
                                            "weights", new float[] {0.2989f, 0.587f, 0.114f}, 3)),
                            true,
                            -1)));
  }

  private static Value layerNorm(LayerCall call) {
    Emitter e = call.emit();
    Value x = call.floats();
    Value gamma = call.tensor(1, "gamma");
    Value beta = call.tensor(2, "beta");
    int[] axes = call.config().has("axis") ? call.config().integers("axis") : new int[] {-1};
    Value centered = e.sub(x, e.mean(x, true, axes));
    Value y =
        e.mul(
            centered,
            NormalizationLayers.inverseRoot(
                e, centered, call.config().real("epsilon", 1e-7), axes));
    y = gamma == null ? y : e.mul(y, gamma);
    return beta == null ? y : e.add(y, beta);
  }

  private static Value pool(LayerCall call, boolean max) {
    Value x = call.floats();
    int axes = x.shape().rank() - 2;
    Config config = call.config();
    int[] sizes = config.integers("pool_size", axes);
    int[] strides = config.has("strides") ? config.integers("strides", axes) : sizes;
    String padding = config.string("padding", "valid");
    return ConvolutionLayers.channelsLast(
        call, x, y -> PoolingLayers.pool(call.emit(), y, sizes, strides, padding, max));
  }

  private static Value adaptivePool(LayerCall call, boolean max) {
    Value x = call.floats();
    int[] outputs = call.config().integers("output_size", x.shape().rank() - 2);
    return ConvolutionLayers.channelsLast(
        call, x, y -> PoolingLayers.adaptive(call.emit(), y, outputs, max));
  }

  private static Value resize(LayerCall call) {
    Config config = call.config();
    int[] size = config.integers("size", 2);
    Resizing.Fit fit =
        config.flag("crop_to_aspect_ratio", false)
            ? Resizing.Fit.CROP
            : config.flag("pad_to_aspect_ratio", false) ? Resizing.Fit.PAD : Resizing.Fit.STRETCH;
    UnaryOperator<Value> work =
        x ->
            Resizing.fit(
                call.emit(),
                x,
                size[0],
                size[1],
                config.string("interpolation", "bilinear"),
                config.flag("antialias", false),
                fit,
                config.real("fill_value", 0));
    Value x = x(call);
    if (x.shape().rank() == 3) {
      return call.emit().squeeze(work.apply(call.emit().expandDims(x, 0)), 0);
    }
    return ConvolutionLayers.channelsLast(call, x, work::apply);
  }

  private static Value convolution(LayerCall call, boolean depthwise) {
    Value x = call.floats();
    Value given = operand(call, 1, "kernel", x);
    Tensor kernel = Constants.contents(given);
    if (kernel == null) {
      throw OperandException.unsupported("a convolution whose kernel is computed");
    }
    int axes = x.shape().rank() - 2;
    var window =
        new Convolutions.Window(
            call.config().string("padding", "valid"),
            call.config().integers("strides", axes, 1),
            call.config().integers("dilation_rate", axes, 1));
    return ConvolutionLayers.channelsLast(
        call,
        x,
        y ->
            depthwise
                ? Convolutions.depthwise(call.emit(), y, kernel, null, window, v -> v)
                : Convolutions.convolve(call.emit(), y, kernel, null, window, v -> v));
  }
}
