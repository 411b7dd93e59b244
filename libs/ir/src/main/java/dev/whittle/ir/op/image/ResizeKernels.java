package dev.whittle.ir.op.image;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.Arrays;
import java.util.List;

/** Shape inference and reference kernels of the resizing operators. */
final class ResizeKernels {
  private ResizeKernels() {}

  static List<TypedShape> infer(Operands operands) {
    Shape input = operands.shape(0);
    if (input.isRankKnown() && input.rank() != 4) {
      throw OperandException.invalid(
          "input has shape %s; expected [batch, height, width, channels]", input);
    }
    long[] size = operands.knownIntegers(1);
    if (size != null && (size.length != 2 || size[0] < 1 || size[1] < 1)) {
      throw OperandException.invalid(
          "size %s; expected a height and width of at least 1", Arrays.toString(size));
    }
    int height = size == null ? Shape.DYNAMIC : Math.toIntExact(size[0]);
    int width = size == null ? Shape.DYNAMIC : Math.toIntExact(size[1]);
    int batch = input.isRankKnown() ? input.dim(0) : Shape.DYNAMIC;
    int channels = input.isRankKnown() ? input.dim(3) : Shape.DYNAMIC;
    return List.of(new TypedShape(operands.type(0), Shape.of(batch, height, width, channels)));
  }

  static Kernel nearest(Operands operands, boolean alignCorners, boolean halfPixelCenters) {
    operands.type(0).requireWholeBytes();
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      int height = out.dim(1);
      int width = out.dim(2);
      int channels = in.dim(3);
      long outputIndex = 0;
      for (int b = 0; b < out.dim(0); b++) {
        for (int y = 0; y < height; y++) {
          int row = AxisInterpolation.nearest(y, in.dim(1), height, alignCorners, halfPixelCenters);
          for (int x = 0; x < width; x++, outputIndex += channels) {
            int column =
                AxisInterpolation.nearest(x, in.dim(2), width, alignCorners, halfPixelCenters);
            long index = ((long) b * in.dim(1) + row) * in.dim(2) + column;
            Tensor.copy(in, index * channels, out, outputIndex, channels);
          }
        }
      }
    };
  }

  static Kernel bilinear(Operands operands, ResizeBilinear op) {
    return switch (operands.type(0)) {
      case FLOAT32, UINT8 -> floatBilinear(operands.type(0), op);
      case INT8, INT16 -> integerBilinear(op);
      default -> throw operands.unsupportedType();
    };
  }

  private static Kernel floatBilinear(TensorType type, ResizeBilinear op) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      AxisInterpolation vertical = op.axis(type, in.dim(1), out.dim(1));
      AxisInterpolation horizontal = op.axis(type, in.dim(2), out.dim(2));
      int channels = in.dim(3);
      long outputIndex = 0;
      for (int b = 0; b < out.dim(0); b++) {
        for (int y = 0; y < out.dim(1); y++) {
          int top = vertical.lower(y);
          int bottom = vertical.upper(y);
          float dy = vertical.fraction(y);
          for (int x = 0; x < out.dim(2); x++) {
            int left = horizontal.lower(x);
            int right = horizontal.upper(x);
            float dx = horizontal.fraction(x);
            for (int c = 0; c < channels; c++, outputIndex++) {
              // The order of the built-in kernel: rounding to 8 bits depends on the last bit of the
              // sum.
              float value =
                  real(in, b, top, left, c) * ((1 - dy) * (1 - dx))
                      + real(in, b, top, right, c) * ((1 - dy) * dx)
                      + real(in, b, bottom, left, c) * (dy * (1 - dx))
                      + real(in, b, bottom, right, c) * (dy * dx);
              if (type == TensorType.FLOAT32) {
                out.setFloat(outputIndex, value);
              } else {
                out.setInteger(outputIndex, (long) (value + 0.5f));
              }
            }
          }
        }
      }
    };
  }

  private static float real(Tensor in, int b, int y, int x, int c) {
    long index = (((long) b * in.dim(1) + y) * in.dim(2) + x) * in.dim(3) + c;
    return in.type() == TensorType.FLOAT32 ? in.getFloat(index) : in.getInteger(index);
  }

  private static Kernel integerBilinear(ResizeBilinear op) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      AxisInterpolation vertical = op.axis(in.type(), in.dim(1), out.dim(1));
      AxisInterpolation horizontal = op.axis(in.type(), in.dim(2), out.dim(2));
      int channels = in.dim(3);
      long outputIndex = 0;
      for (int b = 0; b < out.dim(0); b++) {
        for (int y = 0; y < out.dim(1); y++) {
          int top = vertical.lower(y);
          int bottom = vertical.upper(y);
          long dy = (long) vertical.fraction(y);
          for (int x = 0; x < out.dim(2); x++) {
            int left = horizontal.lower(x);
            int right = horizontal.upper(x);
            long dx = (long) horizontal.fraction(x);
            for (int c = 0; c < channels; c++, outputIndex++) {
              long sum =
                  integer(in, b, top, left, c) * (1024 - dy) * (1024 - dx)
                      + integer(in, b, bottom, left, c) * dy * (1024 - dx)
                      + integer(in, b, top, right, c) * (1024 - dy) * dx
                      + integer(in, b, bottom, right, c) * dy * dx;
              long half = sum > 0 ? 1L << 19 : -(1L << 19);
              out.setInteger(outputIndex, (sum + half) / (1L << 20));
            }
          }
        }
      }
    };
  }

  private static long integer(Tensor in, int b, int y, int x, int c) {
    return in.getInteger((((long) b * in.dim(1) + y) * in.dim(2) + x) * in.dim(3) + c);
  }
}
