package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Functions;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.activation.Elu;
import dev.whittle.ir.op.activation.LeakyRelu;
import dev.whittle.ir.op.activation.LogSoftmax;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Relu;
import dev.whittle.ir.op.activation.Relu6;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.activation.Tanh;
import dev.whittle.ir.op.index.Select;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.AddN;
import dev.whittle.ir.op.math.Atan2;
import dev.whittle.ir.op.math.BitwiseXor;
import dev.whittle.ir.op.math.Ceil;
import dev.whittle.ir.op.math.Cos;
import dev.whittle.ir.op.math.Div;
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
import dev.whittle.ir.op.math.Maximum;
import dev.whittle.ir.op.math.Minimum;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.math.Neg;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.math.Pow;
import dev.whittle.ir.op.math.RightShift;
import dev.whittle.ir.op.math.Round;
import dev.whittle.ir.op.math.Rsqrt;
import dev.whittle.ir.op.math.Sign;
import dev.whittle.ir.op.math.Sin;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.math.Square;
import dev.whittle.ir.op.math.SquaredDifference;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.op.shape.ZerosLike;
import dev.whittle.ir.op.type.FakeQuant;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.LongBinaryOperator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Operations on each element by itself. */
final class TensorFlowElementwiseOperations {
  private TensorFlowElementwiseOperations() {}

  static void register(TensorFlowOperations table) {
    unary(table, "Abs", Abs::new);
    unary(table, "Ceil", Ceil::new);
    unary(table, "Cos", Cos::new);
    unary(table, "Elu", Elu::new);
    unary(table, "Exp", Exp::new);
    unary(table, "Floor", Floor::new);
    unary(table, "Log", Log::new);
    unary(table, "LogSoftmax", LogSoftmax::new);
    unary(table, "LogicalNot", LogicalNot::new);
    unary(table, "Neg", Neg::new);
    unary(table, "Relu", Relu::new);
    unary(table, "Relu6", Relu6::new);
    unary(table, "Round", Round::new);
    unary(table, "Rint", Round::new);
    unary(table, "Rsqrt", Rsqrt::new);
    unary(table, "Sigmoid", Logistic::new);
    unary(table, "Sign", Sign::new);
    unary(table, "Sin", Sin::new);
    unary(table, "Softmax", () -> new Softmax(1));
    unary(table, "Sqrt", Sqrt::new);
    unary(table, "Tanh", Tanh::new);
    unary(table, "ZerosLike", ZerosLike::new);
    function(table, "Acos", Functions::acos);
    function(table, "Acosh", Functions::acosh);
    function(table, "Asin", Functions::asin);
    function(table, "Asinh", Functions::asinh);
    function(table, "Atan", Functions::atan);
    function(table, "Atanh", Functions::atanh);
    function(table, "Cosh", Functions::cosh);
    function(table, "Erf", Functions::erf);
    function(table, "Erfc", (emit, x) -> emit.sub(emit.scalar(1f), Functions.erf(emit, x)));
    function(table, "Invert", (emit, x) -> emit.sub(emit.scalar(x.type(), -1), x));
    function(
        table, "IsFinite", (emit, x) -> emit.node(new Equal(), emit.sub(x, x), emit.scalar(0f)));
    function(
        table,
        "IsInf",
        (emit, x) ->
            emit.node(new Equal(), emit.node(new Abs(), x), emit.scalar(Float.POSITIVE_INFINITY)));
    function(table, "IsNan", (emit, x) -> emit.node(new NotEqual(), x, x));
    function(table, "Lgamma", Functions::logGamma);
    function(table, "Selu", Functions::selu);
    function(table, "Sinh", Functions::sinh);
    function(table, "Softplus", Functions::softplus);
    function(
        table,
        "Square",
        (emit, x) -> x.type() == TensorType.FLOAT32 ? emit.node(new Square(), x) : emit.mul(x, x));
    function(table, "Tan", Functions::tan);
    table.single(
        "LeakyRelu",
        call -> call.emit().node(new LeakyRelu(call.node().real("alpha", 0.2f)), call.x()));
    table.single("Log1p", call -> call.emit().node(new Log(), call.emit().add(call.x(), 1)));
    table.single("Expm1", call -> call.emit().sub(call.emit().node(new Exp(), call.x()), 1));
    for (String name : List.of("Reciprocal", "Inv")) {
      table.single(name, call -> call.emit().div(one(call), call.x()));
    }
    table.single(
        "Softsign",
        call ->
            call.emit().div(call.x(), call.emit().add(call.emit().node(new Abs(), call.x()), 1)));
    table.single(
        "OnesLike",
        call -> call.emit().add(call.emit().node(new ZerosLike(), call.x()), one(call)));
    partly(table, "Add", Add::new, Math::addExact);
    partly(table, "AddV2", Add::new, Math::addExact);
    partly(table, "Sub", Sub::new, Math::subtractExact);
    partly(table, "Mul", () -> new Mul(Activation.NONE), Math::multiplyExact);
    TensorFlowOperations.Lowering multiplication = Objects.requireNonNull(table.get("Mul"));
    table.put(
        "Mul",
        call -> {
          Value gelu = call.x().type() == TensorType.FLOAT32 ? GeluPattern.match(call) : null;
          return gelu == null ? multiplication.lower(call) : List.of(Item.of(gelu));
        });
    binary(table, "RealDiv", () -> new Div(Activation.NONE));
    binary(table, "Div", () -> new Div(Activation.NONE));
    binary(table, "TruncateDiv", () -> new Div(Activation.NONE));
    partly(table, "Maximum", () -> new Maximum(), Math::max);
    partly(table, "Minimum", () -> new Minimum(), Math::min);
    binary(table, "Pow", Pow::new);
    binary(table, "SquaredDifference", SquaredDifference::new);
    partly(table, "FloorDiv", FloorDiv::new, TensorFlowElementwiseOperations::floorDiv);
    binary(table, "FloorMod", FloorMod::new);
    binary(table, "Atan2", Atan2::new);
    binary(table, "Equal", Equal::new);
    binary(table, "NotEqual", NotEqual::new);
    binary(table, "Greater", Greater::new);
    binary(table, "GreaterEqual", GreaterEqual::new);
    binary(table, "Less", Less::new);
    binary(table, "LessEqual", LessEqual::new);
    binary(table, "LogicalAnd", LogicalAnd::new);
    binary(table, "LogicalOr", LogicalOr::new);
    binary(table, "BitwiseXor", BitwiseXor::new);
    binary(table, "RightShift", RightShift::new);
    table.single(
        "MulNoNan",
        call -> zeroWhere(call, call.value(1), call.emit().mul(call.x(), call.value(1))));
    table.single(
        "Xdivy", call -> zeroWhere(call, call.x(), call.emit().div(call.x(), call.value(1))));
    table.single("Xlogy", call -> zeroWhere(call, call.x(), timesLog(call, 0)));
    table.single("Xlog1py", call -> zeroWhere(call, call.x(), timesLog(call, 1)));
    table.single("TruncateMod", TensorFlowElementwiseOperations::truncateMod);
    table.single(
        "ApproximateEqual",
        call ->
            call.emit()
                .node(
                    new Less(),
                    call.emit().node(new Abs(), call.emit().sub(call.x(), call.value(1))),
                    call.emit().scalar(call.node().real("tolerance", 1e-5f))));
    table.single(
        "LeftShift",
        call ->
            call.emit()
                .mul(
                    call.x(),
                    call.emit()
                        .node(new Pow(), call.emit().scalar(call.x().type(), 2), call.value(1))));
    table.single("AddN", call -> call.emit().node(new AddN(), array(call)));
    table.single("Select", call -> call.emit().node(new Select(), array(call)));
    table.single("SelectV2", call -> call.emit().node(new SelectV2(), array(call)));
    table.single(
        "ClipByValue",
        call -> call.emit().min(call.emit().max(call.x(), call.value(1)), call.value(2)));
    table.put("Cast", TensorFlowElementwiseOperations::cast);
    table.single("FakeQuantWithMinMaxVars", TensorFlowElementwiseOperations::fakeQuant);
    table.single(
        "FakeQuantWithMinMaxArgs",
        call ->
            call.emit()
                .node(
                    new FakeQuant(
                        call.node().real("min", -6),
                        call.node().real("max", 6),
                        (int) call.node().integer("num_bits", 8),
                        call.node().flag("narrow_range", false)),
                    call.x()));
  }

  private static Value[] array(OperationCall call) {
    return call.values().toArray(new Value[0]);
  }

  private static Value one(OperationCall call) {
    return call.emit().scalar(call.x().type(), 1);
  }

  private static void function(
      TensorFlowOperations table, String name, BiFunction<Emitter, Value, Value> function) {
    table.single(name, call -> function.apply(call.emit(), call.x()));
  }

  private static void unary(TensorFlowOperations table, String name, Supplier<Op> op) {
    table.single(name, call -> call.emit().node(op.get(), call.x()));
  }

  private static void binary(TensorFlowOperations table, String name, Supplier<Op> op) {
    table.single(name, call -> call.emit().node(op.get(), call.x(), call.value(1)));
  }

  /** An operation whose result is computed ahead as far as its operands are known. */
  private static void partly(
      TensorFlowOperations table, String name, Supplier<Op> op, LongBinaryOperator compute) {
    table.put(
        name,
        call ->
            List.of(
                new Item.Tensor(
                    call.emit().node(op.get(), call.x(), call.value(1)),
                    known(call.known(0), call.known(1), compute))));
  }

  /** A result, but zero where something is zero. */
  private static Value zeroWhere(OperationCall call, Value something, Value result) {
    Emitter emit = call.emit();
    Value zero = emit.scalar(result.type(), 0);
    return emit.where(emit.node(new Equal(), something, zero), zero, result);
  }

  private static Value timesLog(OperationCall call, double added) {
    Emitter emit = call.emit();
    Value y = added == 0 ? call.value(1) : emit.add(call.value(1), added);
    return emit.mul(call.x(), emit.node(new Log(), y));
  }

  /** What a division rounded towards zero leaves. */
  private static Value truncateMod(OperationCall call) {
    Emitter emit = call.emit();
    Value quotient = emit.div(call.x(), call.value(1));
    if (call.x().type() == TensorType.FLOAT32) {
      Value magnitude = emit.node(new Floor(), emit.node(new Abs(), quotient));
      quotient = emit.mul(emit.node(new Sign(), quotient), magnitude);
    }
    return emit.sub(call.x(), emit.mul(quotient, call.value(1)));
  }

  private static long floorDiv(long a, long b) {
    if (b == 0) {
      throw OperandException.invalid("a division by zero");
    }
    return Math.floorDiv(a, b);
  }

  private static @Nullable List<@Nullable Long> known(
      @Nullable List<@Nullable Long> a,
      @Nullable List<@Nullable Long> b,
      LongBinaryOperator compute) {
    if (a == null || b == null || (a.size() != b.size() && a.size() != 1 && b.size() != 1)) {
      return null;
    }
    List<@Nullable Long> known = new ArrayList<>();
    for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
      Long left = a.get(a.size() == 1 ? 0 : i);
      Long right = b.get(b.size() == 1 ? 0 : i);
      known.add(left == null || right == null ? null : compute.applyAsLong(left, right));
    }
    return known;
  }

  private static List<Item> cast(OperationCall call) {
    TensorType to = DataTypes.type(call.node().type("DstT", 1));
    Value x = call.x();
    Value y = to == x.type() ? x : call.emit().cast(x, to);
    return List.of(new Item.Tensor(y, to.isInteger() ? call.known(0) : null));
  }

  private static Value fakeQuant(OperationCall call) {
    var low = call.value(1).contents();
    var high = call.value(2).contents();
    if (low == null || high == null) {
      throw OperandException.unsupported("a range that is computed");
    }
    return call.emit()
        .node(
            new FakeQuant(
                low.getFloat(0),
                high.getFloat(0),
                (int) call.node().integer("num_bits", 8),
                call.node().flag("narrow_range", false)),
            call.x());
  }
}
