package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.Topology;
import dev.whittle.convert.keras.file.WeightKeys;
import dev.whittle.convert.lower.ActivationFunctions;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.Gelu;
import dev.whittle.ir.op.activation.HardSwish;
import dev.whittle.ir.op.activation.LeakyRelu;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Relu;
import dev.whittle.ir.op.activation.Relu6;
import dev.whittle.ir.op.activation.ReluN1To1;
import dev.whittle.ir.op.activation.Tanh;
import dev.whittle.ir.op.math.Exp;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
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
   * Returns the name of an activation function in a configuration; {@code linear} for none. A
   * serialized function or operation is identified by its name.
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

  /** Returns whether an activation function combines elements along the last axis. */
  static boolean isAlongAnAxis(String name) {
    return switch (name) {
      case "softmax", "log_softmax", "sparsemax", "glu" -> true;
      default -> false;
    };
  }

  static Value apply(Emitter emit, String name, Value input) {
    // Activation functions take floats only.
    Value x = name.equals("linear") ? input : emit.cast(input, TensorType.FLOAT32);
    return switch (name) {
      case "linear" -> x;
      case "relu", "re_lu" -> emit.node(new Relu(), x);
      case "relu6" -> emit.node(new Relu6(), x);
      case "leaky_relu" -> emit.node(new LeakyRelu(0.2f), x);
      case "elu" -> ActivationFunctions.elu(emit, x, 1);
      case "selu" -> ActivationFunctions.selu(emit, x);
      case "celu" -> ActivationFunctions.celu(emit, x, 1);
      case "sigmoid" -> emit.node(new Logistic(), x);
      case "tanh" -> emit.node(new Tanh(), x);
      case "softmax", "softmax_v2" -> ActivationFunctions.softmax(emit, x, -1);
      case "log_softmax" -> ActivationFunctions.logSoftmax(emit, x, -1);
      case "softplus" -> ActivationFunctions.softplus(emit, x);
      case "softsign" -> ActivationFunctions.softsign(emit, x);
      case "silu", "swish" -> ActivationFunctions.silu(emit, x);
      case "hard_silu", "hard_swish" -> emit.node(new HardSwish(), x);
      case "hard_sigmoid" -> ActivationFunctions.hardSigmoid(emit, x);
      case Topology.OLD_HARD_SIGMOID ->
          emit.min(emit.node(new Relu(), emit.add(emit.mul(x, 0.2), 0.5)), 1);
      case "gelu" -> emit.node(new Gelu(false), x);
      case "exponential" -> emit.node(new Exp(), x);
      case "mish" -> ActivationFunctions.mish(emit, x);
      case "glu" -> ActivationFunctions.glu(emit, x, -1);
      case "hard_tanh" -> emit.node(new ReluN1To1(), x);
      case "tanh_shrink" -> ActivationFunctions.tanhShrink(emit, x);
      case "hard_shrink" -> ActivationFunctions.hardShrink(emit, x, 0.5f);
      case "soft_shrink" -> ActivationFunctions.softShrink(emit, x, 0.5f);
      case "squareplus" -> ActivationFunctions.squareplus(emit, x, 4);
      case "sparse_plus" -> ActivationFunctions.sparsePlus(emit, x);
      case "sparse_sigmoid" -> ActivationFunctions.sparseSigmoid(emit, x);
      case "log_sigmoid" -> ActivationFunctions.logSigmoid(emit, x);
      case "sparsemax" -> ActivationFunctions.sparsemax(emit, x, -1);
      default ->
          throw OperandException.unsupported(
              "the activation '%s'%s",
              name,
              name.equals("threshold")
                  ? ", which needs two numbers that no configuration states"
                  : " is not one of Keras' own; express it with layers or keras.ops");
    };
  }

  /** Lowers the general rectifier that a configuration describes. */
  static Value relu(LayerCall call) {
    Config config = call.config();
    @Nullable Float max = config.has("max_value") ? config.real("max_value", 0) : null;
    return ActivationFunctions.relu(
        call.emit(),
        call.floats(),
        config.real("negative_slope", 0),
        max,
        config.real("threshold", 0));
  }
}
