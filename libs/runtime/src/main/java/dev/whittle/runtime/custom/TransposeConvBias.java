package dev.whittle.runtime.custom;

import dev.whittle.ir.CustomOperator;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.nn.TransposeConv;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * MediaPipe's transposed convolution with a bias. Operands: input {@code [batch, h, w, in]},
 * weights {@code [out, kh, kw, in]}, bias {@code [out]}. Options: padding (1 same, 2 valid), stride
 * across, stride down, as 32-bit integers.
 */
public final class TransposeConvBias implements CustomOperator {
  private static final int SAME = 1;
  private static final int VALID = 2;

  private record Attributes(int padding, int strideWidth, int strideHeight) {
    static Attributes of(byte[] options) {
      if (options.length < 12) {
        throw OperandException.invalid("has %d bytes of options, not 12", options.length);
      }
      ByteBuffer buffer = ByteBuffer.wrap(options).order(ByteOrder.LITTLE_ENDIAN);
      var attributes = new Attributes(buffer.getInt(), buffer.getInt(), buffer.getInt());
      if ((attributes.padding != SAME && attributes.padding != VALID)
          || attributes.strideWidth < 1
          || attributes.strideHeight < 1) {
        throw OperandException.invalid("has the options %s", attributes);
      }
      return attributes;
    }

    int dimension(int in, int taps, int stride) {
      if (in == Shape.DYNAMIC || taps == Shape.DYNAMIC) {
        return Shape.DYNAMIC;
      }
      return padding == SAME
          ? Math.multiplyExact(in, stride)
          : Math.addExact(Math.multiplyExact(in - 1, stride), taps);
    }

    /** Returns the padding before the input of the convolution of which this is the transpose. */
    int margin(int in, int taps, int stride) {
      return padding == SAME ? Math.max(0, (in - 1) * stride + taps - in * stride) / 2 : 0;
    }
  }

  /**
   * Returns the built-in operator of the same function, whose operands are the shape of the output,
   * the weights, the input and the bias.
   *
   * @throws OperandException if the options are malformed
   */
  public static TransposeConv asBuiltIn(byte[] options) {
    Attributes attributes = Attributes.of(options);
    return new TransposeConv(
        Padding.ofCode(attributes.padding - SAME),
        attributes.strideWidth,
        attributes.strideHeight,
        Activation.NONE,
        TensorType.FLOAT32);
  }

  @Override
  public String name() {
    return "Convolution2DTransposeBias";
  }

  @Override
  public List<TypedShape> infer(Operands operands, byte[] options) {
    Attributes attributes = Attributes.of(options);
    Shape input = operands.shape(0);
    Shape weights = operands.shape(1);
    if (!input.isRankKnown() || !weights.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    if (input.rank() != 4 || weights.rank() != 4 || input.dim(3) != weights.dim(3)) {
      throw OperandException.invalid("input %s and weights %s", input, weights);
    }
    return List.of(
        new TypedShape(
            operands.type(0),
            Shape.of(
                input.dim(0),
                attributes.dimension(input.dim(1), weights.dim(1), attributes.strideHeight),
                attributes.dimension(input.dim(2), weights.dim(2), attributes.strideWidth),
                weights.dim(0))));
  }

  @Override
  public Kernel kernel(Operands operands, byte[] options) {
    Attributes attributes = Attributes.of(options);
    for (int i = 0; i < 3; i++) {
      if (operands.type(i) != TensorType.FLOAT32) {
        throw OperandException.unsupported("no kernel for operands of type %s", operands.type(i));
      }
    }
    return invocation -> run(invocation, attributes);
  }

  private static void run(Invocation invocation, Attributes attributes) {
    Tensor input = invocation.input(0);
    Tensor bias = invocation.input(2);
    Tensor output = invocation.output(0);
    int channels = output.dim(3);
    for (long i = 0; i < output.elements(); i++) {
      output.setFloat(i, bias.getFloat(i % channels));
    }
    long at = 0;
    for (int b = 0; b < input.dim(0); b++) {
      for (int y = 0; y < input.dim(1); y++) {
        for (int x = 0; x < input.dim(2); x++) {
          spread(invocation, attributes, b, y, x, at);
          at += input.dim(3);
        }
      }
    }
  }

  /** Adds the products of one input pixel to all outputs that it contributes to. */
  private static void spread(
      Invocation invocation, Attributes attributes, int b, int y, int x, long at) {
    Tensor input = invocation.input(0);
    Tensor weights = invocation.input(1);
    Tensor output = invocation.output(0);
    int in = input.dim(3);
    int top =
        y * attributes.strideHeight
            - attributes.margin(input.dim(1), weights.dim(1), attributes.strideHeight);
    int left =
        x * attributes.strideWidth
            - attributes.margin(input.dim(2), weights.dim(2), attributes.strideWidth);
    for (int o = 0; o < output.dim(3); o++) {
      for (int r = Math.max(0, -top); r < weights.dim(1) && top + r < output.dim(1); r++) {
        for (int c = Math.max(0, -left); c < weights.dim(2) && left + c < output.dim(2); c++) {
          long w = (((long) o * weights.dim(1) + r) * weights.dim(2) + c) * in;
          long place =
              (((long) b * output.dim(1) + top + r) * output.dim(2) + left + c) * output.dim(3) + o;
          float sum = output.getFloat(place);
          for (int i = 0; i < in; i++) {
            sum += weights.getFloat(w + i) * input.getFloat(at + i);
          }
          output.setFloat(place, sum);
        }
      }
    }
  }
}
