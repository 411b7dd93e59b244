package dev.whittle.ir.op.image;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** Typing and reference kernels of {@link ResizeBilinear} and {@link ResizeNearestNeighbor}. */
final class ResizeKernels {
  private ResizeKernels() {}

  static List<TypedShape> infer(Operands operands) {
    Shape input = operands.shape(0);
    if (input.isRankKnown() && input.rank() != 4) {
      throw OperandException.invalid("input %s must have 4 axes", input);
    }
    long[] size = operands.knownIntegers(1);
    if (size != null && (size.length != 2 || size[0] < 1 || size[1] < 1)) {
      throw OperandException.invalid("size %s", java.util.Arrays.toString(size));
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
      long at = 0;
      for (int b = 0; b < out.dim(0); b++) {
        for (int y = 0; y < height; y++) {
          int row = AxisInterpolation.nearest(y, in.dim(1), height, alignCorners, halfPixelCenters);
          for (int x = 0; x < width; x++, at += channels) {
            int column =
                AxisInterpolation.nearest(x, in.dim(2), width, alignCorners, halfPixelCenters);
            long place = ((long) b * in.dim(1) + row) * in.dim(2) + column;
            Tensor.copy(in, place * channels, out, at, channels);
          }
        }
      }
    };
  }

  static Kernel bilinear(Operands operands, ResizeBilinear op) {
    return switch (operands.type(0)) {
      case FLOAT32, UINT8 -> realBilinear(operands.type(0), op);
      case INT8, INT16 -> integerBilinear(op);
      default -> throw operands.unsupportedType();
    };
  }

  private static Kernel realBilinear(TensorType type, ResizeBilinear op) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      AxisInterpolation vertical = op.axis(type, in.dim(1), out.dim(1));
      AxisInterpolation horizontal = op.axis(type, in.dim(2), out.dim(2));
      int channels = in.dim(3);
      long at = 0;
      for (int b = 0; b < out.dim(0); b++) {
        for (int y = 0; y < out.dim(1); y++) {
          int top = vertical.lower(y);
          int bottom = vertical.upper(y);
          float dy = vertical.fraction(y);
          for (int x = 0; x < out.dim(2); x++) {
            int left = horizontal.lower(x);
            int right = horizontal.upper(x);
            float dx = horizontal.fraction(x);
            for (int c = 0; c < channels; c++, at++) {
              // This order, as rounding to 8 bits shows the last bit of the sum.
              float value =
                  real(in, b, top, left, c) * ((1 - dy) * (1 - dx))
                      + real(in, b, top, right, c) * ((1 - dy) * dx)
                      + real(in, b, bottom, left, c) * (dy * (1 - dx))
                      + real(in, b, bottom, right, c) * (dy * dx);
              if (type == TensorType.FLOAT32) {
                out.setFloat(at, value);
              } else {
                out.setInteger(at, (long) (value + 0.5f));
              }
            }
          }
        }
      }
    };
  }

  private static float real(Tensor in, int b, int y, int x, int c) {
    long place = (((long) b * in.dim(1) + y) * in.dim(2) + x) * in.dim(3) + c;
    return in.type() == TensorType.FLOAT32 ? in.getFloat(place) : in.getInteger(place);
  }

  private static Kernel integerBilinear(ResizeBilinear op) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      AxisInterpolation vertical = op.axis(in.type(), in.dim(1), out.dim(1));
      AxisInterpolation horizontal = op.axis(in.type(), in.dim(2), out.dim(2));
      int channels = in.dim(3);
      long at = 0;
      for (int b = 0; b < out.dim(0); b++) {
        for (int y = 0; y < out.dim(1); y++) {
          int top = vertical.lower(y);
          int bottom = vertical.upper(y);
          long dy = (long) vertical.fraction(y);
          for (int x = 0; x < out.dim(2); x++) {
            int left = horizontal.lower(x);
            int right = horizontal.upper(x);
            long dx = (long) horizontal.fraction(x);
            for (int c = 0; c < channels; c++, at++) {
              long sum =
                  whole(in, b, top, left, c) * (1024 - dy) * (1024 - dx)
                      + whole(in, b, bottom, left, c) * dy * (1024 - dx)
                      + whole(in, b, top, right, c) * (1024 - dy) * dx
                      + whole(in, b, bottom, right, c) * dy * dx;
              long half = sum > 0 ? 1L << 19 : -(1L << 19);
              out.setInteger(at, (sum + half) / (1L << 20));
            }
          }
        }
      }
    };
  }

  private static long whole(Tensor in, int b, int y, int x, int c) {
    return in.getInteger((((long) b * in.dim(1) + y) * in.dim(2) + x) * in.dim(3) + c);
  }
}
