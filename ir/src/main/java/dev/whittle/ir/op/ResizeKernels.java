package dev.whittle.ir.op;

import dev.whittle.ir.OperandException;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.TypedShape;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
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

  /** How far one output element is from the next in the input. */
  private static float step(int input, int output, boolean alignCorners) {
    return alignCorners && output > 1 ? (float) (input - 1) / (output - 1) : (float) input / output;
  }

  static Kernel nearest(Operands operands, boolean alignCorners, boolean halfPixelCenters) {
    Elements.requireMovable(operands.type(0));
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      float stepY = step(in.dim(1), out.dim(1), alignCorners);
      float stepX = step(in.dim(2), out.dim(2), alignCorners);
      int channels = in.dim(3);
      long at = 0;
      for (int b = 0; b < out.dim(0); b++) {
        for (int y = 0; y < out.dim(1); y++) {
          int row = nearest(y, in.dim(1), stepY, alignCorners, halfPixelCenters);
          for (int x = 0; x < out.dim(2); x++, at += channels) {
            int column = nearest(x, in.dim(2), stepX, alignCorners, halfPixelCenters);
            long place = ((long) b * in.dim(1) + row) * in.dim(2) + column;
            Elements.copy(in, place * channels, out, at, channels);
          }
        }
      }
    };
  }

  private static int nearest(int x, int extent, float step, boolean align, boolean halfPixel) {
    float offset = halfPixel ? 0.5f : 0;
    float place = (x + offset) * step;
    int nearest = (int) (align ? FixedPoint.roundHalfAway(place) : Math.floor(place));
    int within = Math.min(nearest, extent - 1);
    return halfPixel ? Math.max(0, within) : within;
  }

  static Kernel bilinear(Operands operands, boolean alignCorners, boolean halfPixelCenters) {
    return switch (operands.type(0)) {
      case FLOAT32, UINT8 -> realBilinear(operands.type(0), alignCorners, halfPixelCenters);
      case INT8, INT16 -> integerBilinear(alignCorners, halfPixelCenters);
      default -> throw Elementwise.noKernel(operands);
    };
  }

  private static Kernel realBilinear(TensorType type, boolean align, boolean halfPixel) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      float stepY = step(in.dim(1), out.dim(1), align);
      float stepX = step(in.dim(2), out.dim(2), align);
      int channels = in.dim(3);
      long at = 0;
      for (int b = 0; b < out.dim(0); b++) {
        for (int y = 0; y < out.dim(1); y++) {
          float placeY = halfPixel ? (y + 0.5f) * stepY - 0.5f : y * stepY;
          int top = Math.max(0, (int) Math.floor(placeY));
          int bottom = Math.min((int) Math.ceil(placeY), in.dim(1) - 1);
          for (int x = 0; x < out.dim(2); x++) {
            float placeX = halfPixel ? (x + 0.5f) * stepX - 0.5f : x * stepX;
            int left = Math.max(0, (int) Math.floor(placeX));
            int right = Math.min((int) Math.ceil(placeX), in.dim(2) - 1);
            for (int c = 0; c < channels; c++, at++) {
              float dy = placeY - top;
              float dx = placeX - left;
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

  /** With places as whole numbers of 1/1024 (quantization notes, section b). */
  private static Kernel integerBilinear(boolean align, boolean halfPixel) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      int stepY = step10(in.dim(1), out.dim(1), align);
      int stepX = step10(in.dim(2), out.dim(2), align);
      int channels = in.dim(3);
      long at = 0;
      for (int b = 0; b < out.dim(0); b++) {
        for (int y = 0; y < out.dim(1); y++) {
          int placeY = place10(y, stepY, halfPixel);
          int top = Math.max(placeY / 1024, 0);
          int bottom = Math.min(Math.ceilDiv(placeY, 1024), in.dim(1) - 1);
          for (int x = 0; x < out.dim(2); x++) {
            int placeX = place10(x, stepX, halfPixel);
            int left = Math.max(placeX / 1024, 0);
            int right = Math.min(Math.ceilDiv(placeX, 1024), in.dim(2) - 1);
            long dy = placeY - 1024L * top;
            long dx = placeX - 1024L * left;
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

  private static int step10(int input, int output, boolean align) {
    return align && output > 1
        ? (1024 * (input - 1) + (output - 1) / 2) / (output - 1)
        : (1024 * input + output / 2) / output;
  }

  private static int place10(int x, int step, boolean halfPixel) {
    return halfPixel ? x * step + step / 2 - 512 : x * step;
  }
}
