package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Round;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * Integers with scales that a model computes with itself, as Keras' quantized layers do. They are
 * computed as integer-valued floats.
 */
public final class ScaledIntegers {
  private ScaledIntegers() {}

  /**
   * Quantized activations.
   *
   * @param integers integer-valued floats
   * @param scale the factor that they were multiplied by, with reduced axes of size 1
   */
  public record Quantized(Value integers, Value scale) {}

  /**
   * Quantizes by the greatest absolute value along some axes, as {@code
   * keras.quantizers.abs_max_quantize}: {@code scale = high / (max(abs(x)) + epsilon)}.
   */
  public static Quantized byAbsoluteMaximum(
      Emitter emit, Value x, double low, double high, double epsilon, int... axes) {
    Value greatest = emit.reduceMax(emit.node(new Abs(), x), true, axes);
    Value scale = emit.div(emit.scalar(x.type(), high), emit.add(greatest, epsilon));
    Value rounded = emit.node(new Round(), emit.mul(x, scale));
    return new Quantized(emit.min(emit.max(rounded, low), high), scale);
  }

  /**
   * Unpacks pairs of 4-bit integers, the first one in the lower bits.
   *
   * @param packed bytes {@code [rows, ceil(size / 2)]}, or {@code [ceil(size / 2), columns]} if
   *     {@code axis} is 0
   * @param axis 0 or 1
   * @return {@code [rows, size]} or {@code [size, columns]}
   */
  public static Tensor unpacked(Tensor packed, int axis, int size) {
    if (packed.rank() != 2 || packed.dim(axis) != (size + 1) / 2) {
      throw OperandException.invalid(
          "packed integers of shape %s; expected %d along axis %d",
          packed.shape(), (size + 1) / 2, axis);
    }
    int rows = axis == 0 ? size : packed.dim(0);
    int columns = axis == 0 ? packed.dim(1) : size;
    Tensor result = Tensor.allocate(TensorType.INT8, rows, columns);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        int at = axis == 0 ? r : c;
        long place = axis == 0 ? (long) (r / 2) * columns + c : (long) r * packed.dim(1) + c / 2;
        long pair = packed.getInteger(place);
        long nibble = (at % 2 == 0 ? pair : pair >> 4) & 0xf;
        result.setInteger((long) r * columns + c, (nibble ^ 8) - 8);
      }
    }
    return result;
  }

  /**
   * Computes the floats of a matrix that is scaled by groups along an axis: {@code (q - zero) *
   * scale}.
   *
   * @param scale of each group: {@code [groups, columns]}, or {@code [rows, groups]} if {@code
   *     axis} is 1
   * @param zero of each group; null for 0
   * @param groups the group of each index of the axis
   */
  public static Tensor grouped(
      Tensor integers, Tensor scale, @Nullable Tensor zero, Tensor groups, int axis) {
    int rows = integers.dim(0);
    int columns = integers.dim(1);
    if (groups.elements() != integers.dim(axis)
        || scale.rank() != 2
        || scale.dim(1 - axis) != integers.dim(1 - axis)
        || (zero != null && !zero.shape().equals(scale.shape()))) {
      throw OperandException.invalid(
          "groups of shape %s with scales of shape %s for integers of shape %s",
          groups.shape(), scale.shape(), integers.shape());
    }
    Tensor floats = Tensor.allocate(TensorType.FLOAT32, rows, columns);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        int group = (int) groups.getReal(axis == 0 ? r : c);
        if (group < 0 || group >= scale.dim(axis)) {
          throw OperandException.invalid("group %d of %d", group, scale.dim(axis));
        }
        long place = axis == 0 ? (long) group * columns + c : (long) r * scale.dim(1) + group;
        double offset = zero == null ? 0 : zero.getReal(place);
        long at = (long) r * columns + c;
        floats.setFloat(at, (float) ((integers.getReal(at) - offset) * scale.getReal(place)));
      }
    }
    return floats;
  }

  /**
   * Computes the floats of a matrix that is divided by a scale for each index of an axis.
   *
   * @param axis 0 for the rows, 1 for the columns
   */
  public static Tensor divided(Tensor integers, Tensor scale, int axis) {
    if (integers.rank() != 2 || scale.elements() != integers.dim(axis)) {
      throw OperandException.invalid(
          "scales of shape %s for integers of shape %s", scale.shape(), integers.shape());
    }
    Tensor floats = Tensor.allocate(TensorType.FLOAT32, integers.dims());
    int columns = integers.dim(1);
    for (long i = 0; i < floats.elements(); i++) {
      double divisor = scale.getReal(axis == 0 ? i / columns : i % columns);
      floats.setFloat(i, (float) (integers.getReal(i) / divisor));
    }
    return floats;
  }

  /** Returns integers as floats of the same shape. */
  public static Tensor floats(Tensor integers) {
    Tensor floats = Tensor.allocate(TensorType.FLOAT32, integers.dims());
    for (long i = 0; i < floats.elements(); i++) {
      floats.setFloat(i, (float) integers.getReal(i));
    }
    return floats;
  }
}
