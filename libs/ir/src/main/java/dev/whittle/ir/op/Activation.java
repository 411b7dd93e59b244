package dev.whittle.ir.op;

import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;

/** The activation an operator applies to its own result, numbered as in the schema. */
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

  /** The number the schema gives this activation. */
  public int code() {
    return code;
  }

  /** The activation with that schema number. */
  public static Activation ofCode(int code) {
    if (code < 0 || code >= ALL.length) {
      throw OperandException.invalid("no activation function %d", code);
    }
    return ALL[code];
  }

  /** The least result; activations that are not a clamp have none. */
  public float min() {
    return switch (this) {
      case NONE, TANH, SIGN_BIT -> Float.NEGATIVE_INFINITY;
      case RELU, RELU6 -> 0;
      case RELU_N1_TO_1 -> -1;
    };
  }

  /** The greatest result; activations that are not a clamp have none. */
  public float max() {
    return switch (this) {
      case NONE, RELU, TANH, SIGN_BIT -> Float.POSITIVE_INFINITY;
      case RELU6 -> 6;
      case RELU_N1_TO_1 -> 1;
    };
  }

  /** This activation of {@code x}. */
  public float apply(float x) {
    return switch (this) {
      case NONE -> x;
      case RELU, RELU6, RELU_N1_TO_1 -> Math.min(Math.max(x, min()), max());
      case TANH -> (float) Math.tanh(x);
      case SIGN_BIT -> Float.floatToRawIntBits(x) < 0 ? 1 : 0;
    };
  }

  /** Whether this activation is a clamp, or nothing: {@link #min} and {@link #max} say it all. */
  public boolean isClamp() {
    return switch (this) {
      case NONE, RELU, RELU6, RELU_N1_TO_1 -> true;
      case TANH, SIGN_BIT -> false;
    };
  }

  /**
   * Requires an activation that is a clamp, which is all that most kernels can fuse.
   *
   * @throws OperandException if it is another one
   */
  public Activation requireClamp() {
    if (!isClamp()) {
      throw OperandException.unsupported("fused activation %s", this);
    }
    return this;
  }

  /** The stored integers that this activation clamps a quantized result to. */
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

  /** The least and greatest stored integer of a result. */
  public record Bounds(int low, int high) {
    /** The range of a quantized type. */
    public static Bounds of(TensorType type) {
      return switch (type) {
        case INT8 -> new Bounds(Byte.MIN_VALUE, Byte.MAX_VALUE);
        case UINT8 -> new Bounds(0, 255);
        case INT16 -> new Bounds(Short.MIN_VALUE, Short.MAX_VALUE);
        default -> throw OperandException.unsupported("quantized type %s", type);
      };
    }

    public int clamp(int x) {
      return FixedPoint.clamp(x, low, high);
    }
  }
}
