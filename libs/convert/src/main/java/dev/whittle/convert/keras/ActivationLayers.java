package dev.whittle.convert.keras;

import dev.whittle.convert.lower.ActivationFunctions;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.LeakyRelu;
import dev.whittle.ir.op.activation.Prelu;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.Map;

/** {@code keras.layers}: activations. */
final class ActivationLayers {
  private ActivationLayers() {}

  static void register(KerasTable table) {
    table.masked("Activation", ActivationLayers::activation);
    table.masked("ReLU", Activations::relu);
    table.masked(
        "LeakyReLU",
        call ->
            call.emit()
                .node(
                    new LeakyRelu(
                        call.config().real("negative_slope", call.config().real("alpha", 0.3))),
                    call.floats()));
    table.masked(
        "ELU",
        call ->
            ActivationFunctions.elu(call.emit(), call.floats(), call.config().real("alpha", 1)));
    table.masked("PReLU", ActivationLayers::prelu);
    table.masked("Softmax", ActivationLayers::softmax);
    table.masked(
        "ThresholdedReLU",
        call -> {
          float theta = call.config().real("theta", 1);
          return ActivationFunctions.threshold(call.emit(), call.floats(), theta, 0);
        });
  }

  private static Value activation(LayerCall call) {
    Object stated = call.config().get("activation");
    if (stated instanceof Map<?, ?> object
        && object.get("config") instanceof Map<?, ?>
        && object.get("class_name") instanceof String className
        && KerasLayers.TABLE.get(className) != null) {
      // An activation layer instead of a function.
      Config layer = call.config().nested(".activation", object);
      Argument result =
          call.importer().part(call, layer, call.weights().scope(), call.args(), call.kwargs());
      if (result instanceof Argument.OfTensor tensor) {
        return tensor.value();
      }
      throw OperandException.unsupported("an activation with several results");
    }
    return Activations.apply(call.emit(), Activations.name(stated), call.x());
  }

  private static Value prelu(LayerCall call) {
    Value x = call.floats();
    int[] dims = new int[Emitter.rank(x) - 1];
    boolean[] shared = new boolean[dims.length];
    if (call.config().has("shared_axes")) {
      for (int axis : call.config().integers("shared_axes")) {
        shared[Emitter.axis(x, axis) - 1] = true;
      }
    }
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shared[i] ? 1 : Emitter.dim(x, i + 1);
    }
    return call.emit()
        .node(new Prelu(), x, call.constant("alpha", call.weights().next("alpha", dims)));
  }

  /** Added to masked logits, as Keras does. */
  private static final float MASKED_LOGIT = -3e38f;

  private static Value softmax(LayerCall call) {
    Emitter emit = call.emit();
    Value x = call.floats();
    Value mask = call.tensor(1, "mask");
    if (mask != null) {
      Value masked = emit.sub(emit.scalar(1f), emit.cast(mask, TensorType.FLOAT32));
      x = emit.add(x, emit.mul(masked, MASKED_LOGIT));
    }
    int[] axes = call.config().has("axis") ? call.config().integers("axis") : new int[] {-1};
    if (axes.length == 1) {
      return ActivationFunctions.softmax(emit, x, axes[0]);
    }
    return softmaxOver(emit, x, axes);
  }

  /** Lowers a softmax over several axes; over the last ones of a known shape by one operator. */
  private static Value softmaxOver(Emitter emit, Value x, int[] axes) {
    int rank = Emitter.rank(x);
    int[] order = java.util.Arrays.stream(axes).map(a -> Emitter.axis(x, a)).sorted().toArray();
    Value shifted = emit.sub(x, emit.reduceMax(x, true, order));
    Value powers = emit.node(new dev.whittle.ir.op.math.Exp(), shifted);
    boolean isLast = order[0] == rank - order.length;
    if (isLast && x.shape().isStatic()) {
      int[] flat = new int[order[0] + 1];
      java.util.Arrays.fill(flat, Emitter.SAME);
      flat[order[0]] = -1;
      Value flatSoftmax = ActivationFunctions.softmax(emit, emit.reshape(x, flat), -1);
      return emit.reshape(flatSoftmax, Emitter.dims(x));
    }
    return emit.div(powers, emit.sum(powers, true, order));
  }
}
