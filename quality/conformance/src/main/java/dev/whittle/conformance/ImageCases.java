package dev.whittle.conformance;

import static dev.whittle.ir.tensor.TensorType.FLOAT32;
import static dev.whittle.ir.tensor.TensorType.INT16;
import static dev.whittle.ir.tensor.TensorType.INT32;
import static dev.whittle.ir.tensor.TensorType.INT64;
import static dev.whittle.ir.tensor.TensorType.INT8;
import static dev.whittle.ir.tensor.TensorType.UINT8;

import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.image.ResizeBilinear;
import dev.whittle.ir.op.image.ResizeNearestNeighbor;
import dev.whittle.ir.op.nn.AveragePool2D;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.nn.L2Pool2D;
import dev.whittle.ir.op.nn.MaxPool2D;
import dev.whittle.ir.op.shape.DepthToSpace;
import dev.whittle.ir.op.shape.SpaceToDepth;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import java.util.Objects;

/** Cases of operators on images: convolutions, pooling, resizing. */
final class ImageCases {
  static final List<CaseGenerator> ALL =
      List.of(
          CaseGenerator.close("CONV_2D", ImageCases::convolution),
          CaseGenerator.close("DEPTHWISE_CONV_2D", ImageCases::depthwise),
          CaseGenerator.close("AVERAGE_POOL_2D", b -> pool(b, 0)),
          CaseGenerator.exact("MAX_POOL_2D", b -> pool(b, 1)),
          CaseGenerator.close("L2_POOL_2D", b -> pool(b, 2)),
          CaseGenerator.close("RESIZE_BILINEAR", ImageCases::bilinear),
          CaseGenerator.exact("RESIZE_NEAREST_NEIGHBOR", ImageCases::nearest),
          CaseGenerator.exact("SPACE_TO_DEPTH", ImageCases::spaceToDepth),
          CaseGenerator.exact("DEPTH_TO_SPACE", ImageCases::depthToSpace));

  private ImageCases() {}

  private static Activation clamp(CaseBuilder b) {
    return b.oneOf(Activation.NONE, Activation.RELU, Activation.RELU6, Activation.RELU_N1_TO_1);
  }

  /**
   * Returns a random 8-bit filter with one scale per slice of {@code axis}, or one scale in all.
   */
  static Tensor filter(CaseBuilder b, boolean perAxis, int axis, int... dims) {
    float[] scales = new float[perAxis ? dims[axis] : 1];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = (float) b.random().nextDouble(0.001, 0.05);
    }
    Quantization quantization =
        perAxis ? Quantization.perAxis(scales, axis) : Quantization.perTensor(scales[0], 0);
    Tensor filter = b.randomTensor(INT8, quantization, dims);
    for (long i = 0; i < filter.elements(); i++) {
      filter.setInteger(i, Math.max(filter.getInteger(i), -127));
    }
    return filter;
  }

  /**
   * Adds a bias with the product of the input's and the filter's scales, which the native kernels
   * require.
   */
  static Value bias(CaseBuilder b, TensorType type, float inputScale, Tensor filter, int channels) {
    float[] scales = Objects.requireNonNull(filter.quantization()).scales();
    for (int i = 0; i < scales.length; i++) {
      scales[i] *= inputScale;
    }
    Quantization quantization =
        scales.length == 1 ? Quantization.perTensor(scales[0], 0) : Quantization.perAxis(scales, 0);
    Tensor bias = b.randomTensor(type, quantization, channels);
    for (long i = 0; i < bias.elements(); i++) {
      bias.setInteger(i, b.between(-3000, 3000));
    }
    return b.constant(bias);
  }

  private static void convolution(CaseBuilder b) {
    int filterHeight = b.between(1, 3);
    int filterWidth = b.between(1, 3);
    int groups = b.chance(0.2) ? 2 : 1;
    int in = groups * b.between(1, 5);
    int out = groups * b.between(1, 5);
    int dilation = b.chance(0.2) ? 2 : 1;
    var op =
        new Conv2D(
            b.oneOf(Padding.SAME, Padding.VALID),
            b.between(1, 2),
            b.between(1, 2),
            clamp(b),
            dilation,
            dilation,
            FLOAT32);
    int[] image = {b.between(1, 2), b.between(5, 8), b.between(5, 8), in};
    int[] filter = {out, filterHeight, filterWidth, in / groups};
    convolve(b, op, groups > 1, image, filter, 0, out);
  }

  private static void depthwise(CaseBuilder b) {
    int in = b.between(1, 5);
    int multiplier = b.chance(0.4) ? b.between(1, 3) : 1;
    int dilation = b.chance(0.2) ? 2 : 1;
    int stride = dilation == 2 ? 1 : b.between(1, 2);
    var op =
        new DepthwiseConv2D(
            b.oneOf(Padding.SAME, Padding.VALID),
            stride,
            stride,
            multiplier,
            clamp(b),
            dilation,
            dilation);
    int[] image = {b.between(1, 2), b.between(5, 8), b.between(5, 8), in};
    int[] filter = {1, b.between(1, 3), b.between(1, 3), in * multiplier};
    convolve(b, op, false, image, filter, 3, in * multiplier);
  }

  private static void convolve(
      CaseBuilder b, Op op, boolean grouped, int[] image, int[] filter, int axis, int channels) {
    boolean depthwise = axis == 3;
    switch (b.between(0, grouped ? 1 : 4)) {
      case 0 -> {
        Value bias = b.constant(b.randomTensor(FLOAT32, null, channels));
        b.output(
            op, b.input(FLOAT32, image), b.constant(b.randomTensor(FLOAT32, null, filter)), bias);
      }
      case 1 -> {
        Tensor weights = filter(b, b.chance(0.7), axis, filter);
        Quantization input = Quantization.perTensor(0.03f, b.between(-20, 20));
        b.output(
            INT8,
            Quantization.perTensor((float) b.random().nextDouble(0.01, 0.5), b.between(-128, 127)),
            op,
            b.input(b.randomTensor(INT8, input, image)),
            b.constant(!grouped && b.chance(0.3) ? b.toInt4(weights) : weights),
            bias(b, INT32, 0.03f, weights, channels));
      }
      case 2 -> {
        Tensor weights = filter(b, true, axis, filter);
        Quantization input = Quantization.perTensor(0.0003f, 0);
        b.output(
            INT16,
            Quantization.perTensor((float) b.random().nextDouble(0.0005, 0.01), 0),
            op,
            b.input(b.randomTensor(INT16, input, image)),
            b.constant(weights),
            bias(b, INT64, 0.0003f, weights, channels));
      }
      case 3 -> {
        // The depthwise hybrid kernel requires per-channel scales.
        Tensor weights = filter(b, depthwise || b.chance(0.5), axis, filter);
        b.output(
            op,
            b.input(FLOAT32, image),
            b.constant(weights),
            b.constant(b.randomTensor(FLOAT32, null, channels)));
      }
      default -> {
        Tensor weights =
            b.randomTensor(UINT8, Quantization.perTensor(0.02f, b.between(100, 150)), filter);
        Quantization input = Quantization.perTensor(0.03f, b.between(100, 150));
        Tensor bias = b.randomTensor(INT32, Quantization.perTensor(0.03f * 0.02f, 0), channels);
        b.output(
            UINT8,
            Quantization.perTensor((float) b.random().nextDouble(0.1, 0.5), b.between(0, 255)),
            op,
            b.input(b.randomTensor(UINT8, input, image)),
            b.constant(weights),
            b.constant(bias));
      }
    }
  }

  private static int[] image(CaseBuilder b) {
    return new int[] {b.between(1, 2), b.between(3, 8), b.between(3, 8), b.between(1, 9)};
  }

  private static void pool(CaseBuilder b, int kind) {
    int height = b.between(1, 3);
    int width = b.between(1, 3);
    Padding padding = b.oneOf(Padding.SAME, Padding.VALID);
    int strideWidth = b.between(1, 2);
    int strideHeight = b.between(1, 2);
    boolean quantized = kind < 2 && b.chance(0.6);
    Activation activation = clamp(b);
    Op op =
        switch (kind) {
          case 0 ->
              new AveragePool2D(padding, strideWidth, strideHeight, width, height, activation);
          case 1 -> new MaxPool2D(padding, strideWidth, strideHeight, width, height, activation);
          default -> new L2Pool2D(padding, strideWidth, strideHeight, width, height, activation);
        };
    if (quantized) {
      TensorType type = b.oneOf(INT8, UINT8, INT16);
      Quantization quantization = b.quantization(type);
      b.output(type, quantization, op, b.input(b.randomTensor(type, quantization, image(b))));
    } else {
      b.output(op, b.input(FLOAT32, image(b)));
    }
  }

  private static void resize(CaseBuilder b, Op op, TensorType... types) {
    TensorType type = b.oneOf(types);
    Value size = b.constantOrInput(Tensor.of(new int[] {b.between(1, 9), b.between(1, 9)}, 2));
    if (type == FLOAT32) {
      b.output(op, b.input(type, image(b)), size);
    } else {
      Quantization quantization = b.quantization(type);
      Value input = b.input(b.randomTensor(type, quantization, image(b)));
      b.output(type, quantization, op, input, size);
    }
  }

  private static void bilinear(CaseBuilder b) {
    boolean align = b.chance(0.3);
    resize(b, new ResizeBilinear(align, !align && b.chance(0.5)), FLOAT32, INT8, INT16, UINT8);
  }

  private static void nearest(CaseBuilder b) {
    boolean align = b.chance(0.3);
    resize(
        b, new ResizeNearestNeighbor(align, !align && b.chance(0.5)), FLOAT32, INT8, UINT8, INT16);
  }

  private static void spaceToDepth(CaseBuilder b) {
    int block = b.between(1, 3);
    int[] dims = {
      b.between(1, 2), block * b.between(1, 3), block * b.between(1, 3), b.between(1, 4)
    };
    b.output(new SpaceToDepth(block), b.input(b.oneOf(FLOAT32, INT32, INT8, UINT8, INT64), dims));
  }

  private static void depthToSpace(CaseBuilder b) {
    int block = b.between(1, 3);
    int[] dims = {b.between(1, 2), b.between(1, 3), b.between(1, 3), block * block * 2};
    b.output(new DepthToSpace(block), b.input(b.oneOf(FLOAT32, INT32, INT8, UINT8, INT64), dims));
  }
}
