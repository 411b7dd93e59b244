package dev.whittle.conformance;

import static dev.whittle.ir.tensor.TensorType.BOOL;
import static dev.whittle.ir.tensor.TensorType.FLOAT32;
import static dev.whittle.ir.tensor.TensorType.INT16;
import static dev.whittle.ir.tensor.TensorType.INT32;
import static dev.whittle.ir.tensor.TensorType.INT64;
import static dev.whittle.ir.tensor.TensorType.INT8;
import static dev.whittle.ir.tensor.TensorType.UINT8;

import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Add;
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
import dev.whittle.ir.op.shape.ZerosLike;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Cases of elementwise operators other than activations. */
final class ElementwiseCases {
  static final List<CaseGenerator> ALL =
      List.of(
          CaseGenerator.exact("ABS", ElementwiseCases::absolute),
          CaseGenerator.exact("CEIL", b -> unary(b, new Ceil(), FLOAT32)),
          CaseGenerator.close("COS", b -> unary(b, new Cos(), FLOAT32)),
          CaseGenerator.oneStep("EXP", ElementwiseCases::exponential),
          CaseGenerator.exact("FLOOR", b -> unary(b, new Floor(), FLOAT32)),
          CaseGenerator.oneStep("LOG", b -> positiveOrQuantized(b, new Log())),
          CaseGenerator.exact("NEG", b -> unary(b, new Neg(), FLOAT32, INT32, INT64)),
          CaseGenerator.exact("ROUND", b -> unary(b, new Round(), FLOAT32)),
          CaseGenerator.close("RSQRT", b -> positiveOrQuantized(b, new Rsqrt())),
          CaseGenerator.exact("SIGN", b -> unary(b, new Sign(), FLOAT32, INT32)),
          CaseGenerator.close("SIN", b -> unary(b, new Sin(), FLOAT32)),
          CaseGenerator.close("SQRT", b -> positive(b, new Sqrt())),
          CaseGenerator.close("SQUARE", b -> unary(b, new Square(), FLOAT32)),
          CaseGenerator.exact("LOGICAL_NOT", b -> unary(b, new LogicalNot(), BOOL)),
          CaseGenerator.exact("ZEROS_LIKE", b -> unary(b, new ZerosLike(), FLOAT32, INT32, INT64)),
          CaseGenerator.close("ADD", b -> sum(b, activation -> new Add(activation, b.chance(0.5)))),
          CaseGenerator.close("SUB", b -> sum(b, activation -> new Sub(activation, b.chance(0.5)))),
          CaseGenerator.close("MUL", ElementwiseCases::product),
          CaseGenerator.close("DIV", ElementwiseCases::quotient),
          CaseGenerator.close("ATAN2", ElementwiseCases::arcTangent),
          CaseGenerator.close("FLOOR_DIV", b -> division(b, new FloorDiv(), FLOAT32, INT32)),
          CaseGenerator.close("FLOOR_MOD", b -> division(b, new FloorMod(), FLOAT32, INT32, INT64)),
          CaseGenerator.close("POW", ElementwiseCases::power),
          CaseGenerator.close("SQUARED_DIFFERENCE", ElementwiseCases::squaredDifference),
          CaseGenerator.exact("MAXIMUM", b -> extremum(b, new Maximum())),
          CaseGenerator.exact("MINIMUM", b -> extremum(b, new Minimum())),
          CaseGenerator.exact("LOGICAL_AND", b -> binary(b, new LogicalAnd(), BOOL)),
          CaseGenerator.exact("LOGICAL_OR", b -> binary(b, new LogicalOr(), BOOL)),
          CaseGenerator.exact("EQUAL", b -> equality(b, new Equal())),
          CaseGenerator.exact("NOT_EQUAL", b -> equality(b, new NotEqual())),
          CaseGenerator.exact("GREATER", b -> order(b, new Greater())),
          CaseGenerator.exact("GREATER_EQUAL", b -> order(b, new GreaterEqual())),
          CaseGenerator.exact("LESS", b -> order(b, new Less())),
          CaseGenerator.exact("LESS_EQUAL", b -> order(b, new LessEqual())));

  private ElementwiseCases() {}

  private static void unary(CaseBuilder b, Op op, TensorType... types) {
    b.output(op, b.input(b.oneOf(types), b.dims(0, 5)));
  }

  private static void exponential(CaseBuilder b) {
    if (b.chance(0.5)) {
      unary(b, new Exp(), FLOAT32);
    } else {
      // Converting an e^x that exceeds the range of int32 is undefined in C++.
      var small = Quantization.perTensor(0.02f, b.between(-128, 127));
      Tensor contents = b.randomTensor(INT8, small, b.dims(1, 4));
      b.output(INT8, b.quantization(INT8), new Exp(), b.input(contents));
    }
  }

  private static void positive(CaseBuilder b, Op op) {
    Tensor contents = b.randomTensor(FLOAT32, null, b.dims(0, 4));
    for (long i = 0; i < contents.elements(); i++) {
      contents.setFloat(i, Math.abs(contents.getFloat(i)) + 1e-3f);
    }
    b.output(op, b.input(contents));
  }

  private static void binary(CaseBuilder b, Op op, TensorType... types) {
    TensorType type = b.oneOf(types);
    int[] dims = b.dims(0, 4);
    Value left = b.constantOrInput(b.randomTensor(type, null, b.broadcastable(dims)));
    b.output(op, left, b.input(type, dims));
  }

  private static Activation clamp(CaseBuilder b) {
    return b.oneOf(Activation.NONE, Activation.RELU, Activation.RELU6, Activation.RELU_N1_TO_1);
  }

  private static void sum(CaseBuilder b, Function<Activation, Op> op) {
    int[] dims = b.dims(0, 4);
    if (b.chance(0.2)) {
      shiftedSum(b, op.apply(clamp(b)), dims);
    } else if (b.chance(0.5)) {
      quantizedBinary(b, op.apply(clamp(b)), b.oneOf(INT8, UINT8, INT16), dims);
    } else {
      TensorType type = b.oneOf(FLOAT32, INT32, INT64);
      Op activated = op.apply(type == FLOAT32 ? clamp(b) : Activation.NONE);
      b.output(activated, b.input(type, dims), b.input(type, b.broadcastable(dims)));
    }
  }

  private static void quantizedBinary(CaseBuilder b, Op op, TensorType type, int[] dims) {
    Value left = b.quantizedInput(type, dims);
    Value right = b.quantizedInput(type, b.broadcastable(dims));
    b.output(type, b.quantization(type), op, left, right);
  }

  /** Generates 16-bit operands with power-of-two scales, one equal to the output's. */
  private static void shiftedSum(CaseBuilder b, Op op, int[] dims) {
    Quantization coarse = Quantization.perTensor(Math.scalb(1f, -b.between(8, 12)), 0);
    Quantization fine =
        Quantization.perTensor(coarse.scaleValue() * Math.scalb(1f, -b.between(0, 4)), 0);
    boolean first = b.chance(0.5);
    Value left = b.input(b.randomTensor(INT16, first ? coarse : fine, dims));
    Value right = b.input(b.randomTensor(INT16, first ? fine : coarse, dims));
    b.output(INT16, coarse, op, left, right);
  }

  private static void product(CaseBuilder b) {
    int[] dims = b.dims(0, 4);
    if (b.chance(0.5)) {
      quantizedBinary(b, new Mul(clamp(b)), b.oneOf(INT8, UINT8, INT16), dims);
    } else {
      TensorType type = b.oneOf(FLOAT32, INT32, INT64);
      Op op = new Mul(type == FLOAT32 ? clamp(b) : Activation.NONE);
      b.output(op, b.input(type, dims), b.input(type, b.broadcastable(dims)));
    }
  }

  private static void absolute(CaseBuilder b) {
    if (b.chance(0.5)) {
      unary(b, new Abs(), FLOAT32, INT32);
    } else {
      TensorType type = b.oneOf(INT8, INT16);
      Quantization quantization = b.quantization(type);
      Tensor contents = b.randomTensor(type, quantization, b.dims(1, 4));
      b.output(
          type, b.chance(0.3) ? quantization : b.quantization(type), new Abs(), b.input(contents));
    }
  }

  private static void positiveOrQuantized(CaseBuilder b, Op op) {
    if (b.chance(0.5)) {
      positive(b, op);
      return;
    }
    Quantization quantization = Quantization.perTensor(0.03f, -128);
    Tensor contents = b.randomTensor(INT8, quantization, b.dims(1, 4));
    for (long i = 0; i < contents.elements(); i++) {
      contents.setInteger(i, Math.max(-127, contents.getInteger(i)));
    }
    b.output(INT8, Quantization.perTensor(0.05f, b.between(-100, 50)), op, b.input(contents));
  }

  private static void squaredDifference(CaseBuilder b) {
    if (b.chance(0.6)) {
      binary(b, new SquaredDifference(), FLOAT32, INT32);
    } else {
      quantizedBinary(b, new SquaredDifference(), INT8, b.dims(0, 4));
    }
  }

  private static void quotient(CaseBuilder b) {
    if (b.chance(0.4)) {
      int[] dims = b.dims(1, 4);
      Quantization divisors = Quantization.perTensor(0.05f, b.between(0, 40));
      Tensor divisor = b.randomTensor(UINT8, divisors, b.broadcastable(dims));
      for (long i = 0; i < divisor.elements(); i++) {
        divisor.setInteger(i, Math.max(divisor.getInteger(i), 50));
      }
      // For very small dividends the native kernel shifts by more bits than the type has.
      Quantization dividends = Quantization.perTensor(0.05f, b.between(0, 40));
      Tensor dividend = b.randomTensor(UINT8, dividends, dims);
      for (long i = 0; i < dividend.elements(); i++) {
        dividend.setInteger(i, Math.max(dividend.getInteger(i), 90));
      }
      b.output(
          UINT8,
          Quantization.perTensor((float) b.random().nextDouble(0.01, 0.2), b.between(0, 255)),
          new Div(clamp(b)),
          b.input(dividend),
          b.input(divisor));
      return;
    }
    TensorType type = b.oneOf(FLOAT32, INT32);
    division(b, new Div(type == FLOAT32 ? clamp(b) : Activation.NONE), type);
  }

  private static void division(CaseBuilder b, Op op, TensorType... types) {
    TensorType type = b.oneOf(types);
    int[] dims = b.dims(0, 4);
    b.output(op, b.input(type, dims), b.input(awayFromZero(b, type, b.broadcastable(dims))));
  }

  private static Tensor awayFromZero(CaseBuilder b, TensorType type, int... dims) {
    Tensor divisor = b.randomTensor(type, null, dims);
    for (long i = 0; i < divisor.elements(); i++) {
      if (type == FLOAT32) {
        divisor.setFloat(i, divisor.getFloat(i) + Math.copySign(0.1f, divisor.getFloat(i)));
      } else if (divisor.getInteger(i) == 0) {
        divisor.setInteger(i, 7);
      }
    }
    return divisor;
  }

  private static void arcTangent(CaseBuilder b) {
    int[] dims = b.dims(0, 4);
    b.output(new Atan2(), b.input(FLOAT32, dims), b.input(FLOAT32, dims));
  }

  private static void power(CaseBuilder b) {
    TensorType type = b.oneOf(FLOAT32, INT32);
    int[] dims = b.dims(0, 4);
    Tensor base = b.randomTensor(type, null, dims);
    Tensor exponent = b.randomTensor(type, null, b.broadcastable(dims));
    for (long i = 0; i < base.elements() && type == FLOAT32; i++) {
      base.setFloat(i, Math.abs(base.getFloat(i)));
    }
    for (long i = 0; i < exponent.elements() && type == INT32; i++) {
      exponent.setInteger(i, Math.abs(exponent.getInteger(i)) % 7);
    }
    b.output(new Pow(), b.input(base), b.input(exponent));
  }

  private static void extremum(CaseBuilder b, Op op) {
    int[] dims = b.dims(0, 4);
    if (b.chance(0.3)) {
      TensorType type = b.oneOf(INT8, UINT8, INT16);
      var quantization = b.quantization(type);
      Tensor left = b.randomTensor(type, quantization, dims);
      Tensor right = b.randomTensor(type, quantization, b.broadcastable(dims));
      b.output(type, quantization, op, b.input(left), b.input(right));
    } else {
      TensorType type = b.oneOf(FLOAT32, INT32, INT64);
      b.output(op, b.input(type, dims), b.input(type, b.broadcastable(dims)));
    }
  }

  private static void equality(CaseBuilder b, Op op) {
    int[] dims = b.dims(0, 4);
    switch (b.between(0, 2)) {
      case 0 -> quantizedComparison(b, op, dims);
      case 1 -> binary(b, op, FLOAT32, INT32, INT64, BOOL);
      default -> {
        Value left = strings(b, dims);
        b.output(op, left, strings(b, b.broadcastable(dims)));
      }
    }
  }

  private static Value strings(CaseBuilder b, int[] dims) {
    return b.input(b.randomStrings(dims));
  }

  private static void order(CaseBuilder b, Op op) {
    if (b.chance(0.4)) {
      quantizedComparison(b, op, b.dims(0, 4));
    } else {
      binary(b, op, FLOAT32, INT32, INT64);
    }
  }

  private static void quantizedComparison(CaseBuilder b, Op op, int[] dims) {
    TensorType type = b.oneOf(INT8, UINT8);
    @Nullable Quantization shared = b.chance(0.5) ? b.quantization(type) : null;
    var left = shared == null ? b.quantization(type) : shared;
    var right = shared == null ? b.quantization(type) : shared;
    b.output(
        op,
        b.input(b.randomTensor(type, left, dims)),
        b.input(b.randomTensor(type, right, b.broadcastable(dims))));
  }
}
