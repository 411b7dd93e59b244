package dev.whittle.train.network;

import dev.whittle.ir.Op;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.activation.Elu;
import dev.whittle.ir.op.activation.Gelu;
import dev.whittle.ir.op.activation.HardSwish;
import dev.whittle.ir.op.activation.LeakyRelu;
import dev.whittle.ir.op.activation.LogSoftmax;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Prelu;
import dev.whittle.ir.op.activation.Relu;
import dev.whittle.ir.op.activation.Relu0To1;
import dev.whittle.ir.op.activation.Relu6;
import dev.whittle.ir.op.activation.ReluN1To1;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.activation.Tanh;
import dev.whittle.ir.op.index.Select;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.AddN;
import dev.whittle.ir.op.math.Atan2;
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
import dev.whittle.ir.op.math.Round;
import dev.whittle.ir.op.math.Rsqrt;
import dev.whittle.ir.op.math.Sign;
import dev.whittle.ir.op.math.Sin;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.math.Square;
import dev.whittle.ir.op.math.SquaredDifference;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.op.type.Cast;
import dev.whittle.ir.op.type.FakeQuant;
import dev.whittle.ir.tensor.TensorType;
import java.util.function.Function;
import org.tensorflow.Output;

/** Lowerings of element-wise operators and activations. */
final class ElementwiseLowerings {
  private static final float SQRT_HALF = (float) Math.sqrt(0.5);
  private static final float SQRT_2_OVER_PI = (float) Math.sqrt(2 / Math.PI);

  private ElementwiseLowerings() {}

  static void register(TrainingLowerings table) {
    unary(table, Abs.class, "Abs");
    unary(table, Cos.class, "Cos");
    unary(table, Elu.class, "Elu");
    unary(table, Exp.class, "Exp");
    unary(table, Log.class, "Log");
    unary(table, Logistic.class, "Sigmoid");
    unary(table, LogSoftmax.class, "LogSoftmax");
    unary(table, Neg.class, "Neg");
    unary(table, Relu.class, "Relu");
    unary(table, Relu6.class, "Relu6");
    unary(table, Rsqrt.class, "Rsqrt");
    unary(table, Sin.class, "Sin");
    unary(table, Sqrt.class, "Sqrt");
    unary(table, Square.class, "Square");
    unary(table, Tanh.class, "Tanh");
    stepFunction(table, Ceil.class, "Ceil");
    stepFunction(table, Floor.class, "Floor");
    stepFunction(table, Round.class, "Rint");
    stepFunction(table, Sign.class, "Sign");
    stepFunction(table, LogicalNot.class, "LogicalNot");
    fused(table, Add.class, "Add", Add::activation);
    fused(table, Sub.class, "Sub", Sub::activation);
    fused(table, Mul.class, "Mul", Mul::activation);
    binary(table, Maximum.class, "Maximum");
    binary(table, Minimum.class, "Minimum");
    binary(table, Pow.class, "Pow");
    binary(table, SquaredDifference.class, "SquaredDifference");
    binary(table, Atan2.class, "Atan2");
    stepFunction(table, FloorDiv.class, "FloorDiv");
    stepFunction(table, FloorMod.class, "FloorMod");
    stepFunction(table, Equal.class, "Equal");
    stepFunction(table, NotEqual.class, "NotEqual");
    stepFunction(table, Greater.class, "Greater");
    stepFunction(table, GreaterEqual.class, "GreaterEqual");
    stepFunction(table, Less.class, "Less");
    stepFunction(table, LessEqual.class, "LessEqual");
    stepFunction(table, LogicalAnd.class, "LogicalAnd");
    stepFunction(table, LogicalOr.class, "LogicalOr");
    table.single(Div.class, ElementwiseLowerings::divide);
    table.single(AddN.class, (call, op) -> call.ops().listOp("AddN", b -> b, call.allInputs()));
    table.single(Cast.class, ElementwiseLowerings::cast);
    table.single(FakeQuant.class, ElementwiseLowerings::fakeQuant);
    table.single(Gelu.class, ElementwiseLowerings::gelu);
    table.single(HardSwish.class, ElementwiseLowerings::hardSwish);
    table.single(LeakyRelu.class, ElementwiseLowerings::leakyRelu);
    table.single(Prelu.class, ElementwiseLowerings::prelu);
    table.single(Relu0To1.class, (call, op) -> clip(call, 0, 1));
    table.single(ReluN1To1.class, (call, op) -> clip(call, -1, 1));
    table.single(Select.class, (call, op) -> select(call));
    table.single(SelectV2.class, (call, op) -> select(call));
    table.single(Softmax.class, ElementwiseLowerings::softmax);
  }

  private static <O extends Op> void unary(TrainingLowerings table, Class<O> type, String name) {
    table.single(type, (call, op) -> call.ops().op(name, call.input(0)));
  }

  private static <O extends Op> void binary(TrainingLowerings table, Class<O> type, String name) {
    table.single(type, (call, op) -> call.ops().op(name, call.input(0), call.input(1)));
  }

  private static <O extends Op> void fused(
      TrainingLowerings table, Class<O> type, String name, Function<O, Activation> activation) {
    table.single(
        type,
        (call, op) ->
            call.ops()
                .activate(call.ops().op(name, call.input(0), call.input(1)), activation.apply(op)));
  }

  /** Registers an operator that is constant between its jumps, so that its gradient is zero. */
  private static <O extends Op> void stepFunction(
      TrainingLowerings table, Class<O> type, String name) {
    table.single(
        type,
        (call, op) -> {
          Output<?>[] inputs = new Output<?>[call.inputs().size()];
          for (int i = 0; i < inputs.length; i++) {
            inputs[i] = call.ops().stopGradient(call.input(i));
          }
          return call.ops().stopGradient(call.ops().op(name, inputs));
        });
  }

  private static Output<?> divide(NodeCall call, Div op) {
    boolean floats = call.value(0).type() == TensorType.FLOAT32;
    Output<?> quotient =
        call.ops().op(floats ? "Div" : "TruncateDiv", call.input(0), call.input(1));
    return call.ops().activate(quotient, op.activation());
  }

  private static Output<?> cast(NodeCall call, Cast op) {
    TensorType to = call.result().type();
    boolean floats = call.value(0).type() == TensorType.FLOAT32 && to == TensorType.FLOAT32;
    Output<?> x = call.input(0);
    return call.ops().cast(floats ? x : call.ops().stopGradient(x), to);
  }

  private static Output<?> fakeQuant(NodeCall call, FakeQuant op) {
    TensorFlowOps ops = call.ops();
    FakeQuant.Range range = op.range();
    Output<?> low = ops.number(range.low());
    Output<?> high = ops.number(range.high());
    Output<?> clipped = ops.clip(call.input(0), low, high);
    Output<?> quantized =
        ops.op(
            "FakeQuantWithMinMaxVars",
            b -> b.setAttr("num_bits", op.bits()).setAttr("narrow_range", op.narrowRange()),
            clipped,
            low,
            high);
    return ops.straightThrough(clipped, quantized);
  }

  private static Output<?> gelu(NodeCall call, Gelu op) {
    TensorFlowOps ops = call.ops();
    Output<?> x = call.input(0);
    // erf(x / sqrt(2)), or its approximation by tanh (Hendrycks and Gimpel, 2016).
    Output<?> inner;
    if (op.approximate()) {
      Output<?> cube = ops.mul(ops.op("Square", x), x);
      Output<?> sum = ops.add(x, ops.mul(cube, ops.number(0.044715f)));
      inner = ops.op("Tanh", ops.mul(sum, ops.number(SQRT_2_OVER_PI)));
    } else {
      inner = ops.op("Erf", ops.mul(x, ops.number(SQRT_HALF)));
    }
    return ops.mul(ops.mul(x, ops.number(0.5f)), ops.add(inner, ops.number(1)));
  }

  private static Output<?> hardSwish(NodeCall call, HardSwish op) {
    TensorFlowOps ops = call.ops();
    Output<?> x = call.input(0);
    Output<?> gate = ops.op("Relu6", ops.add(x, ops.number(3)));
    return ops.mul(x, ops.mul(gate, ops.number(1 / 6f)));
  }

  private static Output<?> leakyRelu(NodeCall call, LeakyRelu op) {
    return call.ops().op("LeakyRelu", b -> b.setAttr("alpha", op.alpha()), call.input(0));
  }

  private static Output<?> softmax(NodeCall call, Softmax op) {
    TensorFlowOps ops = call.ops();
    Output<?> x = call.input(0);
    return ops.op("Softmax", op.beta() == 1 ? x : ops.mul(x, ops.number(op.beta())));
  }

  private static Output<?> prelu(NodeCall call, Prelu op) {
    TensorFlowOps ops = call.ops();
    Output<?> x = call.input(0);
    Output<?> negative = ops.minimum(x, ops.number(0));
    return ops.add(ops.op("Relu", x), ops.mul(negative, call.input(1)));
  }

  private static Output<?> clip(NodeCall call, float low, float high) {
    TensorFlowOps ops = call.ops();
    return ops.clip(call.input(0), ops.number(low), ops.number(high));
  }

  private static Output<?> select(NodeCall call) {
    return call.ops().op("SelectV2", call.input(0), call.input(1), call.input(2));
  }
}
