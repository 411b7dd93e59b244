package dev.whittle.ir.op;

import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;

/** The fused activation function that an operator applies to its result. */
public enum Activation {
  NONE(0),
  RELU(1),
  RELU_N1_TO_1(2),
  RELU6(3),
  TANH(4),
  SIGN_BIT(5);

  private static final Activation[] ALL = values();

  private final int code;

  Activation(int code) {
    this.code = code;
  }

  /** Returns the code in the TensorFlow Lite schema. */
  public int code() {
    return code;
  }

  /**
   * Returns the activation with a code of the schema.
   *
   * @throws OperandException if there is no such code
   */
  public static Activation ofCode(int code) {
    if (code < 0 || code >= ALL.length) {
      throw OperandException.invalid(
          "unknown activation code %d; expected 0 to %d", code, ALL.length - 1);
    }
    return ALL[code];
  }

  /** Returns the lower bound of a clamp; negative infinity if there is none. */
  public float min() {
    return switch (this) {
      case NONE, TANH, SIGN_BIT -> Float.NEGATIVE_INFINITY;
      case RELU, RELU6 -> 0;
      case RELU_N1_TO_1 -> -1;
    };
  }

  /** Returns the upper bound of a clamp; infinity if there is none. */
  public float max() {
    return switch (this) {
      case NONE, RELU, TANH, SIGN_BIT -> Float.POSITIVE_INFINITY;
      case RELU6 -> 6;
      case RELU_N1_TO_1 -> 1;
    };
  }

  /** Returns the function of {@code x}. */
  public float apply(float x) {
    return switch (this) {
      case NONE -> x;
      case RELU, RELU6, RELU_N1_TO_1 -> Math.min(Math.max(x, min()), max());
      case TANH -> (float) Math.tanh(x);
      case SIGN_BIT -> Float.floatToRawIntBits(x) < 0 ? 1 : 0;
    };
  }

  /**
   * Returns whether this is a clamp or the identity, so that {@link #min} and {@link #max} define
   * it.
   */
  public boolean isClamp() {
    return switch (this) {
      case NONE, RELU, RELU6, RELU_N1_TO_1 -> true;
      case TANH, SIGN_BIT -> false;
    };
  }

  /**
   * Returns this activation if it is a clamp or the identity, which are all that most kernels fuse.
   *
   * @throws OperandException if it is another function
   */
  public Activation requireClamp() {
    if (!isClamp()) {
      throw OperandException.unsupported("no kernel for the fused activation %s", this);
    }
    return this;
  }

  /**
   * Returns the stored integers that this activation clamps a quantized result to.
   *
   * @param type the type of the result
   * @param quantization the parameters of the result
   * @throws OperandException if the activation is not a clamp or the type has no quantized kernels
   */
  public Bounds quantizedBounds(TensorType type, Quantization quantization) {
    Bounds all = Bounds.of(type);
    float scale = quantization.scaleValue();
    int zeroPoint = quantization.zeroPointValue();
    return switch (requireClamp()) {
      case NONE, TANH, SIGN_BIT -> all;
      case RELU -> new Bounds(Math.max(all.low, quantize(0, scale, zeroPoint)), all.high);
      case RELU6, RELU_N1_TO_1 ->
          new Bounds(
              Math.max(all.low, quantize(min(), scale, zeroPoint)),
              Math.min(all.high, quantize(max(), scale, zeroPoint)));
    };
  }

  private static int quantize(float x, float scale, int zeroPoint) {
    return zeroPoint + (int) FixedPoint.roundHalfAway(x / scale);
  }

  /**
   * The bounds of a quantized result.
   *
   * @param low the smallest stored integer
   * @param high the largest stored integer
   */
  public record Bounds(int low, int high) {
    /**
     * Returns the range of an 8-bit or 16-bit type.
     *
     * @throws OperandException for other types
     */
    public static Bounds of(TensorType type) {
      return switch (type) {
        case INT8 -> new Bounds(Byte.MIN_VALUE, Byte.MAX_VALUE);
        case UINT8 -> new Bounds(0, 255);
        case INT16 -> new Bounds(Short.MIN_VALUE, Short.MAX_VALUE);
        default -> throw OperandException.unsupported("no quantized kernel for %s", type);
      };
    }

    public int clamp(int x) {
      return FixedPoint.clamp(x, low, high);
    }
  }
}
