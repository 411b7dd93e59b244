package dev.whittle.conformance;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Cases of FULLY_CONNECTED with float, integer and hybrid kernels. */
final class DenseCases {
  static final List<CaseGenerator> ALL =
      List.of(CaseGenerator.close("FULLY_CONNECTED", DenseCases::fullyConnected));

  private DenseCases() {}

  private static void fullyConnected(CaseBuilder b) {
    int in = b.between(1, 40);
    int out = b.between(1, 12);
    int batch = b.between(1, 5);
    switch (b.between(0, 5)) {
      case 0 -> floats(b, batch, in, out);
      case 5 -> blockwise(b, batch, b.between(4, 12));
      case 4 -> uint8(b, batch, in, out);
      case 1 -> int8(b, batch, in, out);
      case 2 -> int16(b, batch, in, out);
      default -> hybrid(b, batch, in, out);
    }
  }

  private static FullyConnected op(CaseBuilder b, boolean asymmetric) {
    Activation activation =
        b.oneOf(Activation.NONE, Activation.RELU, Activation.RELU6, Activation.RELU_N1_TO_1);
    return new FullyConnected(activation, 0, b.chance(0.3), asymmetric, TensorType.FLOAT32);
  }

  private static void floats(CaseBuilder b, int batch, int in, int out) {
    Value bias = b.chance(0.7) ? b.constant(b.randomTensor(TensorType.FLOAT32, null, out)) : null;
    b.output(
        op(b, false),
        b.input(TensorType.FLOAT32, batch, in),
        b.constant(b.randomTensor(TensorType.FLOAT32, null, out, in)),
        bias);
  }

  private static Tensor weights(CaseBuilder b, int out, int in) {
    float[] scales = new float[b.chance(0.5) ? 1 : out];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = (float) b.random().nextDouble(0.001, 0.05);
    }
    Quantization quantization =
        scales.length == 1 ? Quantization.perTensor(scales[0], 0) : Quantization.perAxis(scales, 0);
    Tensor weights = b.randomTensor(TensorType.INT8, quantization, out, in);
    for (long i = 0; i < weights.elements(); i++) {
      weights.setInteger(i, Math.max(weights.getInteger(i), -127));
    }
    return weights;
  }

  private static @Nullable Value integerBias(CaseBuilder b, float inputScale, Tensor weights) {
    if (b.chance(0.3)) {
      return null;
    }
    float[] scales = Objects.requireNonNull(weights.quantization()).scales();
    for (int i = 0; i < scales.length; i++) {
      scales[i] *= inputScale;
    }
    Quantization quantization =
        scales.length == 1 ? Quantization.perTensor(scales[0], 0) : Quantization.perAxis(scales, 0);
    Tensor bias = b.randomTensor(TensorType.INT32, quantization, weights.dim(0));
    for (long i = 0; i < bias.elements(); i++) {
      bias.setInteger(i, b.between(-3000, 3000));
    }
    return b.constant(bias);
  }

  private static void int8(CaseBuilder b, int batch, int in, int out) {
    Quantization input = Quantization.perTensor(0.03f, b.between(-20, 20));
    Tensor weights = weights(b, out, in);
    Quantization output =
        Quantization.perTensor((float) b.random().nextDouble(0.01, 0.5), b.between(-128, 127));
    b.output(
        TensorType.INT8,
        output,
        op(b, false),
        b.input(b.randomTensor(TensorType.INT8, input, batch, in)),
        b.constant(b.chance(0.3) ? b.toInt4(weights) : weights),
        integerBias(b, 0.03f, weights));
  }

  /**
   * 4-bit weights with a scale for each block. The native kernel ignores the activation, and
   * computes nothing for fewer than 4 rows of weights.
   */
  private static void blockwise(CaseBuilder b, int batch, int out) {
    int size = b.oneOf(32, 64);
    int blocks = b.between(1, 3);
    Tensor scales = Tensor.allocate(TensorType.FLOAT16, out, blocks);
    for (int i = 0; i < scales.elements(); i++) {
      float scale = (float) b.random().nextDouble(0.001, 0.05);
      scales.data().set(Tensor.SHORT, 2L * i, Float.floatToFloat16(scale));
    }
    var details = new Quantization.Details.Blockwise(b.constant(scales).id(), -1, size);
    Value weights = b.constant(b.toInt4(b.randomTensor(TensorType.INT8, null, out, size * blocks)));
    var quantization = new Quantization(List.of(), List.of(), List.of(), List.of(), 0, details);
    b.output(
        new FullyConnected(Activation.NONE, 0, b.chance(0.3), b.chance(0.5), TensorType.FLOAT32),
        b.input(TensorType.FLOAT32, batch, size * blocks),
        b.graph().update(weights.withQuantization(quantization)),
        b.chance(0.5) ? b.constant(b.randomTensor(TensorType.FLOAT32, null, out)) : null);
  }

  /** The form of models that are older than signed integers, with zero points everywhere. */
  private static void uint8(CaseBuilder b, int batch, int in, int out) {
    float scale = (float) b.random().nextDouble(0.001, 0.05);
    Quantization quantization = Quantization.perTensor(scale, b.between(0, 255));
    Tensor weights = b.randomTensor(TensorType.UINT8, quantization, out, in);
    Quantization input = Quantization.perTensor(0.03f, b.between(0, 255));
    Quantization output =
        Quantization.perTensor((float) b.random().nextDouble(0.01, 0.5), b.between(0, 255));
    b.output(
        TensorType.UINT8,
        output,
        op(b, false),
        b.input(b.randomTensor(TensorType.UINT8, input, batch, in)),
        b.constant(weights),
        integerBias(b, 0.03f, weights));
  }

  private static void int16(CaseBuilder b, int batch, int in, int out) {
    Tensor weights = weights(b, out, in);
    float[] scales = Objects.requireNonNull(weights.quantization()).scales();
    for (int i = 0; i < scales.length; i++) {
      scales[i] *= 0.0003f;
    }
    Quantization quantization =
        scales.length == 1 ? Quantization.perTensor(scales[0], 0) : Quantization.perAxis(scales, 0);
    Tensor bias = b.randomTensor(TensorType.INT64, quantization, out);
    b.output(
        TensorType.INT16,
        Quantization.perTensor((float) b.random().nextDouble(0.0005, 0.005), 0),
        op(b, false),
        b.input(b.randomTensor(TensorType.INT16, Quantization.perTensor(0.0003f, 0), batch, in)),
        b.constant(weights),
        b.constant(bias));
  }

  /**
   * Generates the hybrid form that {@link #hybrid} omits, a {@link KnownDifference known
   * difference}.
   */
  static void symmetricByChannel(CaseBuilder b) {
    Tensor weights =
        b.randomTensor(TensorType.INT8, Quantization.perAxis(new float[] {0.01f, 0.05f}, 0), 2, 8);
    b.output(op(b, false), b.input(TensorType.FLOAT32, 1, 8), b.constant(weights), null);
  }

  private static void hybrid(CaseBuilder b, int batch, int in, int out) {
    Tensor weights = weights(b, out, in);
    // The native runtime 2.20 ignores the scales of per-axis weights if inputs are symmetric.
    boolean perAxis = Objects.requireNonNull(weights.quantization()).isPerAxis();
    boolean asymmetric = perAxis || b.chance(0.5);
    // Its kernel for 4-bit weights may round an asymmetrically quantized input the other way.
    boolean int4 = !asymmetric && b.chance(0.5);
    Value bias = b.chance(0.7) ? b.constant(b.randomTensor(TensorType.FLOAT32, null, out)) : null;
    b.output(
        op(b, asymmetric),
        b.input(TensorType.FLOAT32, batch, in),
        b.constant(int4 ? b.toInt4(weights) : weights),
        bias);
  }
}
