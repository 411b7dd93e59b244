package dev.whittle.convert.keras;

import dev.whittle.convert.lower.ActivationFunctions;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.Gelu;
import dev.whittle.ir.op.shape.Reshape;

/** {@code keras.ops}: activation functions with several attributes or an axis. */
final class KerasActivationOperations {
  private KerasActivationOperations() {}

  static void register(KerasTable table) {
    table.value("ReLU", Activations::relu);
    table.value("Threshold", KerasActivationOperations::threshold);
    table.value("Gelu", KerasActivationOperations::gelu);
    alongAxis(table, "Softmax", ActivationFunctions::softmax);
    alongAxis(table, "LogSoftmax", ActivationFunctions::logSoftmax);
    alongAxis(table, "Glu", ActivationFunctions::glu);
    alongAxis(table, "Sparsemax", ActivationFunctions::sparsemax);
  }

  private static Value gelu(LayerCall call) {
    return call.emit().node(new Gelu(call.config().flag("approximate", true)), call.floats());
  }

  private static Value threshold(LayerCall call) {
    return ActivationFunctions.threshold(
        call.emit(),
        call.floats(),
        call.config().real("threshold", 0),
        call.config().real("default_value", 0));
  }

  /** An activation function along an axis. */
  @FunctionalInterface
  private interface AlongAxis {
    Value apply(Emitter emit, Value x, int axis);
  }

  private static void alongAxis(KerasTable table, String name, AlongAxis function) {
    table.value(name, call -> alongAxis(call, function));
  }

  /** Applies a function along {@code axis}; over all elements where the axis is None. */
  private static Value alongAxis(LayerCall call, AlongAxis function) {
    Emitter e = call.emit();
    Value x = call.floats();
    if (call.config().keys().contains("axis") && !call.config().has("axis")) {
      Value flat = function.apply(e, e.reshape(x, -1), -1);
      return e.node(new Reshape(), flat, e.shapeOf(x));
    }
    return function.apply(e, x, call.config().integer("axis", -1));
  }
}
