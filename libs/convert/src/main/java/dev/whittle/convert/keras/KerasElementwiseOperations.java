package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Domain;
import dev.whittle.convert.lower.Elementwise;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.math.Round;
import dev.whittle.ir.op.shape.Fill;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code keras.ops}: the shared elementwise operators, and those with attributes. */
final class KerasElementwiseOperations {
  /** Operations that return their argument. */
  private static final List<String> IDENTITIES =
      List.of("Copy", "StopGradient", "ConvertToTensor", "Identity", "View");

  private KerasElementwiseOperations() {}

  static void register(KerasTable table) {
    for (Elementwise.Unary operator : Elementwise.unary()) {
      for (String name : operator.names().keras()) {
        table.value(name, call -> lower(call, operator));
      }
    }
    for (Elementwise.Binary operator : Elementwise.binary()) {
      for (String name : operator.names().keras()) {
        table.value(name, call -> lower(call, operator));
      }
    }
    for (Elementwise.Parametric operator : Elementwise.parametric()) {
      operator
          .keras()
          .forEach((name, key) -> table.value(name, call -> lower(call, operator, key)));
    }
    for (String name : IDENTITIES) {
      table.value(name, KerasOperations::x);
    }
    table.value("Round", KerasElementwiseOperations::round);
    table.value("Clip", KerasElementwiseOperations::clip);
    table.value("Cast", KerasElementwiseOperations::cast);
    table.value("SaturateCast", KerasElementwiseOperations::saturateCast);
    table.value("NanToNum", KerasElementwiseOperations::nanToNum);
    table.value("Where", KerasElementwiseOperations::where);
    table.value("OnesLike", call -> filled(call, call.emit().scalar(1f)));
    table.value("ZerosLike", call -> filled(call, call.emit().scalar(0f)));
    table.value("FullLike", KerasElementwiseOperations::fullLike);
  }

  private static Value lower(LayerCall call, Elementwise.Unary operator) {
    Emitter e = call.emit();
    Value x = operator.domain().cast(e, KerasOperations.x(call));
    return operator.lowering().lower(e, x);
  }

  private static Value lower(LayerCall call, Elementwise.Parametric operator, String key) {
    Emitter e = call.emit();
    Value x = operator.domain().cast(e, KerasOperations.x(call));
    return operator.lowering().lower(e, x, call.config().real(key, operator.ifAbsent()));
  }

  private static Value lower(LayerCall call, Elementwise.Binary operator) {
    List<Value> operands = KerasOperations.pair(call);
    Emitter e = call.emit();
    Domain domain = operator.domain();
    Value a = domain.cast(e, operands.get(0));
    return operator.lowering().lower(e, a, domain.cast(e, operands.get(1)));
  }

  private static Value round(LayerCall call) {
    int decimals = call.config().integer("decimals", 0);
    Emitter e = call.emit();
    Value x = call.floats();
    if (decimals == 0) {
      return e.node(new Round(), x);
    }
    double scale = Math.pow(10, decimals);
    return e.mul(e.node(new Round(), e.mul(x, scale)), 1 / scale);
  }

  private static Value clip(LayerCall call) {
    Value x = KerasOperations.x(call);
    Emitter e = call.emit();
    if (call.config().has("x_min")) {
      x = e.max(x, call.config().real("x_min", 0));
    }
    return call.config().has("x_max") ? e.min(x, call.config().real("x_max", 0)) : x;
  }

  private static Value nanToNum(LayerCall call) {
    Emitter e = call.emit();
    Value x = call.floats();
    Value number = e.scalar(call.config().real("nan", 0));
    Value defined = e.where(e.node(new NotEqual(), x, x), number, x);
    return e.max(e.min(defined, Float.MAX_VALUE), -Float.MAX_VALUE);
  }

  private static Value where(LayerCall call) {
    Emitter e = call.emit();
    Value condition = e.cast(KerasOperations.operand(call, 0, "condition", null), TensorType.BOOL);
    @Nullable Value first =
        call.argument(1, "x1") instanceof Argument.OfTensor t ? t.value() : null;
    Value b = KerasOperations.operand(call, 2, "x2", first);
    return e.where(condition, KerasOperations.operand(call, 1, "x1", b), b);
  }

  // Types.

  private static TensorType dtype(LayerCall call) {
    return KerasImporter.type(
        KerasImporter.dtypeName(call.config(), call.config().string("dtype", "float32")));
  }

  private static Value cast(LayerCall call) {
    return call.emit().cast(KerasOperations.x(call), dtype(call));
  }

  private static Value saturateCast(LayerCall call) {
    TensorType type = dtype(call);
    return call.emit().cast(saturated(call.emit(), KerasOperations.x(call), type), type);
  }

  /** Clamps to the range of an integer type of up to 16 bits. */
  private static Value saturated(Emitter e, Value x, TensorType type) {
    return switch (type) {
      case INT8 -> e.min(e.max(x, Byte.MIN_VALUE), Byte.MAX_VALUE);
      case UINT8 -> e.min(e.max(x, 0), 255);
      case INT16 -> e.min(e.max(x, Short.MIN_VALUE), Short.MAX_VALUE);
      case FLOAT32, FLOAT16, FLOAT64, INT64, BOOL -> x;
      default ->
          throw OperandException.unsupported(
              "a saturating cast to %s", type.name().toLowerCase(Locale.ROOT));
    };
  }

  // Tensors of one value.

  private static Value fullLike(LayerCall call) {
    Value like = KerasOperations.x(call);
    return filled(call, KerasOperations.operand(call, 1, "fill_value", like));
  }

  /** Fills a tensor of the operand's shape, of the stated type or the operand's. */
  private static Value filled(LayerCall call, Value value) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    TensorType type = call.config().has("dtype") ? dtype(call) : x.type();
    return e.node(new Fill(), e.shapeOf(x), e.cast(value, type));
  }
}
