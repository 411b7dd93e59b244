package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.Elu;
import dev.whittle.ir.op.activation.LeakyRelu;
import dev.whittle.ir.op.activation.LogSoftmax;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Relu;
import dev.whittle.ir.op.activation.Relu6;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.activation.Tanh;
import dev.whittle.ir.op.index.TopKV2;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Div;
import dev.whittle.ir.op.math.Exp;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.Log;
import dev.whittle.ir.op.math.Neg;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.math.Square;
import dev.whittle.ir.op.reduce.Cumsum;
import dev.whittle.ir.op.type.Cast;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Activation functions of 32-bit floats, as operators or combinations of them. */
public final class ActivationFunctions {
  /** From here on, softplus(x) equals x in 32-bit floats. */
  private static final float SOFTPLUS_LINEAR = 20;

  // Klambauer et al., "Self-Normalizing Neural Networks" (2017).
  private static final float SELU_ALPHA = 1.6732632f;
  private static final float SELU_SCALE = 1.050701f;

  private ActivationFunctions() {}

  // Rectifiers.

  /**
   * Lowers the general rectifier: {@code min(x, max)} above the threshold, {@code slope (x -
   * threshold)} elsewhere.
   *
   * @param max the upper bound of the result; null for none
   */
  public static Value relu(
      Emitter emit, Value x, float slope, @Nullable Float max, float threshold) {
    if (threshold == 0) {
      if (slope != 0) {
        Value leaky = emit.node(new LeakyRelu(slope), x);
        return max == null ? leaky : emit.min(leaky, max);
      }
      if (max == null) {
        return emit.node(new Relu(), x);
      }
      return max == 6 ? emit.node(new Relu6(), x) : emit.min(emit.node(new Relu(), x), max);
    }
    Value above = emit.node(new Greater(), x, emit.scalar(threshold));
    Value upper = max == null ? x : emit.min(x, max);
    Value lower = slope == 0 ? emit.scalar(0f) : emit.mul(emit.sub(x, threshold), slope);
    return emit.where(above, upper, lower);
  }

  /** {@code x} above the threshold, {@code otherwise} elsewhere. */
  public static Value threshold(Emitter emit, Value x, float threshold, float otherwise) {
    Value above = emit.node(new Greater(), x, emit.scalar(threshold));
    return emit.where(above, x, emit.scalar(otherwise));
  }

  /** {@code x} where positive, {@code alpha (e^x - 1)} elsewhere. */
  public static Value elu(Emitter emit, Value x, float alpha) {
    Value elu = emit.node(new Elu(), x);
    return alpha == 1 ? elu : emit.where(isPositive(emit, x), x, emit.mul(elu, alpha));
  }

  private static Value isPositive(Emitter emit, Value x) {
    return emit.node(new Greater(), x, emit.scalar(0f));
  }

  /** {@code celu(x) = alpha elu(x / alpha)}. */
  public static Value celu(Emitter emit, Value x, float alpha) {
    return alpha == 1
        ? emit.node(new Elu(), x)
        : emit.mul(emit.node(new Elu(), emit.mul(x, 1 / alpha)), alpha);
  }

  /** ELU times a scale; the scale of each branch is chosen by the sign of x. */
  public static Value selu(Emitter emit, Value x) {
    Value isPositive = isPositive(emit, x);
    Value scale =
        emit.where(isPositive, emit.scalar(SELU_SCALE), emit.scalar(SELU_SCALE * SELU_ALPHA));
    return emit.mul(emit.node(new Elu(), x), scale);
  }

  // Smooth functions.

  /** {@code log(1 + e^x)}, for large x without the overflow of e^x. */
  public static Value softplus(Emitter emit, Value x) {
    Value bounded = emit.min(x, SOFTPLUS_LINEAR);
    return emit.max(emit.node(new Log(), emit.add(emit.node(new Exp(), bounded), 1)), x);
  }

  /** {@code x / (1 + |x|)}. */
  public static Value softsign(Emitter emit, Value x) {
    return emit.div(x, emit.add(emit.node(new Abs(), x), 1));
  }

  /** {@code x sigmoid(x)}, also called swish. */
  public static Value silu(Emitter emit, Value x) {
    return emit.mul(x, emit.node(new Logistic(), x));
  }

  /** {@code x tanh(log(1 + e^x))}. */
  public static Value mish(Emitter emit, Value x) {
    // Where e^x overflows, tanh still gives 1.
    Value softplus = emit.node(new Log(), emit.add(emit.node(new Exp(), x), 1));
    return emit.mul(x, emit.node(new Tanh(), softplus));
  }

  /** {@code log(sigmoid(x))}. */
  public static Value logSigmoid(Emitter emit, Value x) {
    return emit.node(new Neg(), softplus(emit, emit.node(new Neg(), x)));
  }

  /** {@code x - tanh(x)}. */
  public static Value tanhShrink(Emitter emit, Value x) {
    return emit.sub(x, emit.node(new Tanh(), x));
  }

  /** {@code (x + sqrt(x^2 + b)) / 2}. */
  public static Value squareplus(Emitter emit, Value x, float b) {
    Value root = emit.node(new Sqrt(), emit.add(emit.node(new Square(), x), b));
    return emit.mul(emit.add(x, root), 0.5);
  }

  // Piecewise polynomials.

  /** {@code relu6(x + 3) / 6}. */
  public static Value hardSigmoid(Emitter emit, Value x) {
    return emit.mul(emit.node(new Relu6(), emit.add(x, 3)), 1f / 6);
  }

  /** {@code x} where its magnitude exceeds the threshold, 0 elsewhere. */
  public static Value hardShrink(Emitter emit, Value x, float threshold) {
    Value kept = emit.node(new Greater(), emit.node(new Abs(), x), emit.scalar(threshold));
    return emit.where(kept, x, emit.scalar(0f));
  }

  /** {@code x} moved towards 0 by the threshold, 0 within it. */
  public static Value softShrink(Emitter emit, Value x, float threshold) {
    return emit.sub(x, emit.max(emit.min(x, threshold), -threshold));
  }

  /** 0 up to -1, {@code (x + 1)^2 / 4} up to 1, then {@code x}. */
  public static Value sparsePlus(Emitter emit, Value x) {
    Value t = emit.min(emit.node(new Relu(), emit.add(x, 1)), 2);
    Value parabola = emit.mul(emit.node(new Square(), t), 0.25);
    return emit.add(parabola, emit.node(new Relu(), emit.sub(x, 1)));
  }

  /** {@code (x + 1) / 2}, clamped to the range from 0 to 1. */
  public static Value sparseSigmoid(Emitter emit, Value x) {
    return emit.min(emit.node(new Relu(), emit.add(emit.mul(x, 0.5), 0.5)), 1);
  }

  // Functions along an axis.

  public static Value softmax(Emitter emit, Value x, int axis) {
    return ShapeMoves.alongLast(emit, x, axis, y -> emit.node(new Softmax(1), y));
  }

  public static Value logSoftmax(Emitter emit, Value x, int axis) {
    return ShapeMoves.alongLast(emit, x, axis, y -> emit.node(new LogSoftmax(), y));
  }

  /** The first half along an axis, gated by the second: {@code a sigmoid(b)}. */
  public static Value glu(Emitter emit, Value x, int axis) {
    List<Value> halves = emit.split(x, axis, 2);
    return emit.mul(halves.get(0), emit.node(new Logistic(), halves.get(1)));
  }

  public static Value sparsemax(Emitter emit, Value x, int axis) {
    return ShapeMoves.alongLast(emit, x, axis, y -> sparsemaxLast(emit, y));
  }

  /**
   * After Martins and Astudillo, "From Softmax to Sparsemax" (2016), with the threshold that Keras
   * computes: it adds up all partial sums of the support, where the paper takes the last one.
   */
  private static Value sparsemaxLast(Emitter emit, Value x) {
    int last = Emitter.rank(x) - 1;
    int n = Emitter.dim(x, last);
    if (n == Shape.DYNAMIC) {
      throw OperandException.unsupported("sparsemax along an axis of unknown size");
    }
    Value sorted = emit.nodes(2, new TopKV2(), x, emit.scalar(n)).getFirst();
    Value sums = emit.node(new Cumsum(false, false), sorted, emit.scalar(last));
    float[] ranks = new float[n];
    for (int i = 0; i < n; i++) {
      ranks[i] = i + 1;
    }
    Value scaled = emit.mul(sorted, emit.constant("ranks", ranks, n));
    Value inSupport = emit.node(new Greater(), scaled, emit.sub(sums, 1));
    Value support = emit.node(new Cast(TensorType.BOOL, TensorType.FLOAT32), inSupport);
    Value count = emit.sum(support, true, last);
    Value total = emit.sum(emit.mul(sums, support), true, last);
    Value threshold = emit.node(new Div(), emit.sub(total, 1), count);
    return emit.node(new Relu(), emit.sub(x, threshold));
  }
}
