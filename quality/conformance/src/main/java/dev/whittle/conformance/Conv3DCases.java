package dev.whittle.conformance;

import static dev.whittle.ir.tensor.TensorType.FLOAT32;
import static dev.whittle.ir.tensor.TensorType.INT16;
import static dev.whittle.ir.tensor.TensorType.INT32;
import static dev.whittle.ir.tensor.TensorType.INT64;
import static dev.whittle.ir.tensor.TensorType.INT8;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.index.Bucketize;
import dev.whittle.ir.op.nn.Conv3D;
import dev.whittle.ir.op.nn.Conv3DTranspose;
import dev.whittle.ir.op.nn.TransposeConv;
import dev.whittle.ir.op.signal.Rfft2d;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;

/** Cases of 3-D and transposed convolutions, and of Fourier transforms. */
final class Conv3DCases {
  static final List<CaseGenerator> ALL =
      List.of(
          CaseGenerator.close("CONV_3D", Conv3DCases::conv3D),
          CaseGenerator.close("CONV_3D_TRANSPOSE", Conv3DCases::conv3DTranspose),
          CaseGenerator.close("TRANSPOSE_CONV", Conv3DCases::transposeConv),
          CaseGenerator.close("RFFT2D", Conv3DCases::fourier),
          CaseGenerator.exact(
              "BUCKETIZE",
              b ->
                  b.output(
                      new Bucketize(List.of(-2f, 0f, 1.5f)),
                      b.input(b.oneOf(FLOAT32, INT32, INT64), b.dims(0, 4)))));

  private Conv3DCases() {}

  private static void conv3D(CaseBuilder b) {
    int in = b.between(1, 3);
    int out = b.between(1, 3);
    int[] input = {b.between(1, 2), b.between(3, 5), b.between(3, 5), b.between(3, 5), in};
    int[] filter = {b.between(1, 3), b.between(1, 3), b.between(1, 3), in, out};
    var op =
        new Conv3D(
            b.oneOf(Padding.SAME, Padding.VALID),
            b.between(1, 2),
            b.between(1, 2),
            b.between(1, 2),
            b.oneOf(Activation.NONE, Activation.RELU),
            1,
            1,
            1);
    b.output(
        op,
        b.input(FLOAT32, input),
        b.constant(b.randomTensor(FLOAT32, null, filter)),
        b.constant(b.randomTensor(FLOAT32, null, out)));
  }

  /** Returns the output size of a transposed convolution along one dimension. */
  private static int outputSize(Padding padding, int input, int stride, int filter) {
    return padding == Padding.SAME ? input * stride : (input - 1) * stride + filter;
  }

  private static void conv3DTranspose(CaseBuilder b) {
    int in = b.between(1, 3);
    int out = b.between(1, 3);
    Padding padding = b.oneOf(Padding.SAME, Padding.VALID);
    int[] strides = {b.between(1, 2), b.between(1, 2), b.between(1, 2)};
    int[] input = {1, b.between(2, 4), b.between(2, 4), b.between(2, 4), in};
    int[] filter = {b.between(1, 3), b.between(1, 3), b.between(1, 3), out, in};
    int[] shape = {1, 0, 0, 0, out};
    for (int i = 0; i < 3; i++) {
      filter[i] = Math.max(filter[i], strides[i]);
      shape[i + 1] = outputSize(padding, input[i + 1], strides[i], filter[i]);
    }
    // The native runtime 2.20 ignores the padding before the first plane.
    filter[0] = padding == Padding.SAME ? Math.min(filter[0], strides[0] + 1) : filter[0];
    var op =
        new Conv3DTranspose(padding, strides[0], strides[2], strides[1], Activation.NONE, 1, 1, 1);
    b.output(
        op,
        b.constantOrInput(Tensor.of(shape, 5)),
        b.constant(b.randomTensor(FLOAT32, null, filter)),
        b.input(FLOAT32, input),
        b.constant(b.randomTensor(FLOAT32, null, out)));
  }

  private static void transposeConv(CaseBuilder b) {
    int in = b.between(1, 4);
    int out = b.between(1, 4);
    Padding padding = b.oneOf(Padding.SAME, Padding.VALID);
    int strideHeight = b.between(1, 2);
    int strideWidth = b.between(1, 2);
    int height = b.between(strideHeight, 3);
    int width = b.between(strideWidth, 3);
    int[] image = {b.between(1, 2), b.between(2, 5), b.between(2, 5), in};
    int[] filter = {out, height, width, in};
    int[] shape = {
      image[0],
      outputSize(padding, image[1], strideHeight, height),
      outputSize(padding, image[2], strideWidth, width),
      out
    };
    var op = new TransposeConv(padding, strideWidth, strideHeight, Activation.NONE, FLOAT32);
    Value outputShape = b.constant(shape);
    if (b.chance(0.4)) {
      b.output(
          op,
          outputShape,
          b.constant(b.randomTensor(FLOAT32, null, filter)),
          b.input(FLOAT32, image),
          b.constant(b.randomTensor(FLOAT32, null, out)));
      return;
    }
    TensorType type = b.oneOf(INT8, INT16);
    float scale = type == INT8 ? 0.03f : 0.0003f;
    Tensor weights = ImageCases.filter(b, b.chance(0.7) || type == INT16, 0, filter);
    Quantization input = Quantization.perTensor(scale, type == INT8 ? b.between(-20, 20) : 0);
    float outputScale =
        (float)
            (type == INT8 ? b.random().nextDouble(0.05, 0.5) : b.random().nextDouble(0.001, 0.01));
    b.output(
        type,
        Quantization.perTensor(outputScale, type == INT8 ? b.between(-128, 127) : 0),
        op,
        outputShape,
        b.constant(weights),
        b.input(b.randomTensor(type, input, image)),
        ImageCases.bias(b, type == INT8 ? INT32 : INT64, scale, weights, out));
  }

  private static void fourier(CaseBuilder b) {
    int rows = 1 << b.between(0, 3);
    int columns = 1 << b.between(1, 4);
    int[] dims = b.dims(2, 4);
    dims[dims.length - 2] = rows;
    dims[dims.length - 1] = columns;
    b.output(
        new Rfft2d(),
        b.input(FLOAT32, dims),
        b.constantOrInput(Tensor.of(new int[] {rows, columns}, 2)));
  }
}
