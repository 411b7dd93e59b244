package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.Topology;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Functions;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.Elu;
import dev.whittle.ir.op.activation.Gelu;
import dev.whittle.ir.op.activation.HardSwish;
import dev.whittle.ir.op.activation.LeakyRelu;
import dev.whittle.ir.op.activation.LogSoftmax;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Relu;
import dev.whittle.ir.op.activation.Relu6;
import dev.whittle.ir.op.activation.ReluN1To1;
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
import dev.whittle.json.Config;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The functions of {@code keras.activations}, with the constants that Keras gives them. */
final class Activations {
  private Activations() {}

  /** Applies the activation that a configuration names under {@code key}. */
  static Value apply(Emitter emit, Config config, String key, Value x) {
    return apply(emit, name(config.get(key)), x);
  }

  /**
   * The name of an activation as configurations state it; {@code linear} for none. A serialized
   * function or operation counts by its name.
   */
  static String name(@Nullable Object stated) {
    return switch (stated) {
      case null -> "linear";
      case String name -> name;
      case Map<?, ?> object when object.containsKey("value") || isLambda(object) ->
          throw CoreLayers.refusedLambda();
      case Map<?, ?> object -> {
        Object config = object.get("config");
        if (config instanceof String function) {
          yield function;
        }
        String className = String.valueOf(object.get("class_name"));
        String known = WeightKeys.snakeCase(className);
        if (config instanceof Map<?, ?> attributes
            && attributes.keySet().stream()
                .anyMatch(k -> !k.equals("name") && !k.equals("dtype") && !k.equals("trainable"))) {
          throw OperandException.unsupported(
              "the activation %s; put it behind the layer as a layer of its own", className);
        }
        yield known;
      }
      default -> throw OperandException.unsupported("the activation %s", stated);
    };
  }

  private static boolean isLambda(Map<?, ?> object) {
    return "__lambda__".equals(object.get("class_name"));
  }

  /** Whether an activation's results depend on other elements along the last axis. */
  static boolean isAlongAnAxis(String name) {
    return switch (name) {
      case "softmax", "log_softmax", "sparsemax", "glu" -> true;
      default -> false;
    };
  }

  static Value apply(Emitter emit, String name, Value input) {
    // Booleans and integers are activated as floats.
    Value x = name.equals("linear") ? input : emit.cast(input, TensorType.FLOAT32);
    return switch (name) {
      case "linear" -> x;
      case "relu", "re_lu" -> emit.node(new Relu(), x);
      case "relu6" -> emit.node(new Relu6(), x);
      case "leaky_relu" -> emit.node(new LeakyRelu(0.2f), x);
      case "elu" -> elu(emit, x, 1);
      case "selu" -> Functions.selu(emit, x);
      case "celu" -> celu(emit, x, 1);
      case "sigmoid" -> emit.node(new Logistic(), x);
      case "tanh" -> emit.node(new Tanh(), x);
      case "softmax", "softmax_v2" -> softmax(emit, x, -1);
      case "log_softmax" -> logSoftmax(emit, x, -1);
      case "softplus" -> Functions.softplus(emit, x);
      case "softsign" -> emit.div(x, emit.add(emit.node(new Abs(), x), 1));
      case "silu", "swish" -> emit.mul(x, emit.node(new Logistic(), x));
      case "hard_silu", "hard_swish" -> emit.node(new HardSwish(), x);
      case "hard_sigmoid" -> hardSigmoid(emit, x);
      case Topology.OLD_HARD_SIGMOID ->
          emit.min(emit.node(new Relu(), emit.add(emit.mul(x, 0.2), 0.5)), 1);
      case "gelu" -> emit.node(new Gelu(false), x);
      case "exponential" -> emit.node(new Exp(), x);
      case "mish" -> mish(emit, x);
      case "glu" -> glu(emit, x, -1);
      case "hard_tanh" -> emit.node(new ReluN1To1(), x);
      case "tanh_shrink" -> emit.sub(x, emit.node(new Tanh(), x));
      case "hard_shrink" -> hardShrink(emit, x, 0.5f);
      case "soft_shrink" -> softShrink(emit, x, 0.5f);
      case "squareplus" -> squareplus(emit, x, 4);
      case "sparse_plus" -> sparsePlus(emit, x);
      case "sparse_sigmoid" -> emit.min(emit.node(new Relu(), emit.add(emit.mul(x, 0.5), 0.5)), 1);
      case "log_sigmoid" -> emit.node(new Neg(), Functions.softplus(emit, emit.node(new Neg(), x)));
      case "sparsemax" -> sparsemax(emit, x, -1);
      default ->
          throw OperandException.unsupported(
              "the activation '%s'%s",
              name,
              name.equals("threshold")
                  ? ", which needs two numbers that no configuration states"
                  : " is not one of Keras' own; express it with layers or keras.ops");
    };
  }

  static Value elu(Emitter emit, Value x, float alpha) {
    Value elu = emit.node(new Elu(), x);
    return alpha == 1 ? elu : emit.where(positive(emit, x), x, emit.mul(elu, alpha));
  }

  private static Value positive(Emitter emit, Value x) {
    return emit.node(new Greater(), x, emit.scalar(0f));
  }

  /** {@code celu(x) = alpha elu(x / alpha)}. */
  static Value celu(Emitter emit, Value x, float alpha) {
    return alpha == 1
        ? emit.node(new Elu(), x)
        : emit.mul(emit.node(new Elu(), emit.mul(x, 1 / alpha)), alpha);
  }

  private static Value mish(Emitter emit, Value x) {
    // Where e^x overflows, tanh still gives 1.
    Value softplus = emit.node(new Log(), emit.add(emit.node(new Exp(), x), 1));
    return emit.mul(x, emit.node(new Tanh(), softplus));
  }

  static Value hardSigmoid(Emitter emit, Value x) {
    return emit.mul(emit.node(new Relu6(), emit.add(x, 3)), 1f / 6);
  }

  static Value glu(Emitter emit, Value x, int axis) {
    List<Value> halves = emit.split(x, axis, 2);
    return emit.mul(halves.get(0), emit.node(new Logistic(), halves.get(1)));
  }

  static Value hardShrink(Emitter emit, Value x, float threshold) {
    Value kept = emit.node(new Greater(), emit.node(new Abs(), x), emit.scalar(threshold));
    return emit.where(kept, x, emit.scalar(0f));
  }

  /** What lies within the threshold is taken away. */
  static Value softShrink(Emitter emit, Value x, float threshold) {
    return emit.sub(x, emit.max(emit.min(x, threshold), -threshold));
  }

  static Value squareplus(Emitter emit, Value x, float b) {
    Value root = emit.node(new Sqrt(), emit.add(emit.node(new Square(), x), b));
    return emit.mul(emit.add(x, root), 0.5);
  }

  /** A parabola from -1 to 1 and a line after it. */
  private static Value sparsePlus(Emitter emit, Value x) {
    Value t = emit.min(emit.node(new Relu(), emit.add(x, 1)), 2);
    Value parabola = emit.mul(emit.node(new Square(), t), 0.25);
    return emit.add(parabola, emit.node(new Relu(), emit.sub(x, 1)));
  }

  /** {@code x} over the threshold, else another value. */
  static Value threshold(Emitter emit, Value x, float threshold, float otherwise) {
    Value over = emit.node(new Greater(), x, emit.scalar(threshold));
    return emit.where(over, x, emit.scalar(otherwise));
  }

  /** Keras' general rectifier: three straight pieces. */
  static Value relu(Emitter emit, Value x, float slope, @Nullable Float max, float threshold) {
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
    Value over = emit.node(new Greater(), x, emit.scalar(threshold));
    Value upper = max == null ? x : emit.min(x, max);
    Value lower = slope == 0 ? emit.scalar(0f) : emit.mul(emit.sub(x, threshold), slope);
    return emit.where(over, upper, lower);
  }

  static Value softmax(Emitter emit, Value x, int axis) {
    return alongLast(emit, x, axis, y -> emit.node(new Softmax(1), y));
  }

  static Value logSoftmax(Emitter emit, Value x, int axis) {
    return alongLast(emit, x, axis, y -> emit.node(new LogSoftmax(), y));
  }

  /** Applies what works along the last axis along another one. */
  static Value alongLast(
      Emitter emit, Value x, int axis, java.util.function.UnaryOperator<Value> function) {
    int a = Emitter.axis(x, axis);
    int last = x.shape().rank() - 1;
    return a == last
        ? function.apply(x)
        : emit.swap(function.apply(emit.swap(x, a, last)), a, last);
  }

  static Value sparsemax(Emitter emit, Value x, int axis) {
    return alongLast(emit, x, axis, y -> sparsemaxLast(emit, y));
  }

  /**
   * After Martins and Astudillo, "From Softmax to Sparsemax" (2016), with the threshold that Keras
   * computes: it adds up all partial sums of the support, where the paper takes the last one.
   */
  private static Value sparsemaxLast(Emitter emit, Value x) {
    int last = x.shape().rank() - 1;
    int n = x.shape().dim(last);
    if (n == Shape.DYNAMIC) {
      throw OperandException.unsupported("sparsemax along an axis of unknown extent");
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
