package dev.whittle.convert.keras;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code keras.ops}: operations that stand between the layers of a functional model. */
final class KerasOperations {
  private KerasOperations() {}

  static void register(Layers table) {
    KerasElementwiseOperations.register(table);
    KerasReductionOperations.register(table);
    KerasShapeOperations.register(table);
    KerasNetworkOperations.register(table);
    KerasRareOperations.register(table);
  }

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

  static List<Value> pair(LayerCall call) {
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
  static int @Nullable [] axes(LayerCall call, String key) {
    return call.config().has(key) ? call.config().integers(key) : null;
  }
}
