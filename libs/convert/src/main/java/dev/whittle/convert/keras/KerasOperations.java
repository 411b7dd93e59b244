package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code keras.ops}: operations that stand between the layers of a functional model. */
final class KerasOperations {
  static final KerasTable TABLE =
      new KerasTable(
          List.of(
              KerasElementwiseOperations::register,
              KerasShapeOperations::register,
              KerasReductionOperations::register,
              KerasActivationOperations::register,
              KerasProductOperations::register,
              KerasIndexOperations::register,
              KerasNetworkOperations::register,
              KerasImageOperations::register,
              KerasSortingOperations::register));

  private KerasOperations() {}

  /**
   * Returns an argument as a value.
   *
   * @param like gives a number its type; null for float32
   */
  static Value operand(LayerCall call, int index, String key, @Nullable Value like) {
    Argument argument = call.argument(index, key);
    return switch (argument) {
      case Argument.OfTensor tensor -> tensor.value();
      case Argument.Literal literal ->
          call.literal(literal, like == null ? TensorType.FLOAT32 : like.type());
      case Argument.OfList list when Argument.tensors(list).isEmpty() -> numbers(call, list);
      case null, default ->
          throw new MalformedModelException(
              call.describe() + ": its argument '" + key + "' is not a tensor");
    };
  }

  private static Value numbers(LayerCall call, Argument.OfList list) {
    float[] values = new float[list.items().size()];
    boolean integers = true;
    for (int i = 0; i < values.length; i++) {
      if (!(list.items().get(i) instanceof Argument.Literal literal
          && literal.value() instanceof Number number)) {
        throw OperandException.unsupported("a list of other things than numbers");
      }
      values[i] = number.floatValue();
      integers &= number instanceof Long;
    }
    if (!integers) {
      return call.emit().constant("numbers", values, values.length);
    }
    int[] rounded = new int[values.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = (int) values[i];
    }
    return call.emit().ints(rounded);
  }

  /** Returns the arguments {@code x1} and {@code x2}; a number takes the type of the tensor. */
  static List<Value> pair(LayerCall call) {
    @Nullable Value first =
        call.argument(0, "x1") instanceof Argument.OfTensor t ? t.value() : null;
    if (first == null) {
      Value second = operand(call, 1, "x2", null);
      return List.of(operand(call, 0, "x1", second), second);
    }
    return List.of(first, operand(call, 1, "x2", first));
  }

  static Value x(LayerCall call) {
    return operand(call, 0, "x", null);
  }

  /** Returns all tensors among the arguments. */
  static List<Value> tensors(LayerCall call) {
    return call.tensors().stream().map(Argument.OfTensor::value).toList();
  }

  static Argument list(List<Value> values) {
    return new Argument.OfList(values.stream().map(Argument::of).toList());
  }

  /** Returns the axes in the configuration, one or several; null if there are none. */
  static int @Nullable [] axes(LayerCall call, String key) {
    return call.config().has(key) ? call.config().integers(key) : null;
  }

  /** Returns the axes that {@code axis} states, or all axes. */
  static int[] axesOrAll(LayerCall call, Value x) {
    int @Nullable [] stated = axes(call, "axis");
    return stated == null ? Emitter.axesFrom(x, 0) : stated;
  }

  /** Returns the axes that {@code axis} states, or the last axis. */
  static int[] axesOrLast(LayerCall call) {
    int @Nullable [] stated = axes(call, "axis");
    return stated == null ? new int[] {-1} : stated;
  }
}
