package dev.whittle.convert.lower;

import dev.whittle.ir.tensor.OperandException;
import java.util.function.DoubleUnaryOperator;

/**
 * Resampling along one axis as a matrix {@code [out, in]} of weights. Follows the kernels behind
 * {@code tf.image.resize}, with half-pixel centers.
 */
public final class ResizeMatrix {
  private static final double KEYS = -0.5;

  /** The number of steps of the table from which TensorFlow's bicubic kernel reads weights. */
  private static final int CUBIC_STEPS = 1024;

  private ResizeMatrix() {}

  /** Returns the row-major weights of an interpolation method of {@code tf.image.resize}. */
  public static float[] of(String method, int in, int out, boolean antialias) {
    return switch (method) {
      case "area" -> area(in, out);
      case "bicubic" -> antialias ? spans(in, out, 2, ResizeMatrix::cubic, true) : bicubic(in, out);
      case "bilinear" -> spans(in, out, 1, x -> Math.max(0, 1 - Math.abs(x)), antialias);
      case "lanczos3" -> spans(in, out, 3, x -> lanczos(x, 3), antialias);
      case "lanczos5" -> spans(in, out, 5, x -> lanczos(x, 5), antialias);
      default -> throw OperandException.unsupported("the interpolation '%s'", method);
    };
  }

  /** Returns the row-major weights of a kernel of {@code ScaleAndTranslate}. */
  public static float[] ofKernel(String kernel, int in, int out, boolean antialias) {
    return switch (kernel) {
      case "lanczos1" -> spans(in, out, 1, x -> lanczos(x, 1), antialias);
      case "lanczos3" -> spans(in, out, 3, x -> lanczos(x, 3), antialias);
      case "lanczos5" -> spans(in, out, 5, x -> lanczos(x, 5), antialias);
      case "gaussian" ->
          spans(in, out, 1.5, x -> Math.abs(x) < 1.5 ? Math.exp(-2 * x * x) : 0, antialias);
      case "box" -> spans(in, out, 1, ResizeMatrix::box, antialias);
      case "triangle" -> of("bilinear", in, out, antialias);
      case "keyscubic" -> spans(in, out, 2, ResizeMatrix::cubic, antialias);
      case "mitchellcubic" -> spans(in, out, 2, ResizeMatrix::mitchell, antialias);
      default -> throw OperandException.unsupported("the kernel '%s'", kernel);
    };
  }

  private static double box(double x) {
    double a = Math.abs(x);
    return a < 0.5 ? 1 : a == 0.5 ? 0.5 : 0;
  }

  /** Mitchell and Netravali, "Reconstruction filters in computer graphics" (1988). */
  private static double mitchell(double x) {
    double a = Math.abs(x);
    if (a >= 2) {
      return 0;
    }
    return a >= 1
        ? ((-7 / 18.0 * a + 2) * a - 10 / 3.0) * a + 16 / 9.0
        : (7 / 6.0 * a - 2) * a * a + 8 / 9.0;
  }

  private static double lanczos(double x, int radius) {
    double a = Math.abs(x);
    if (a > radius) {
      return 0;
    }
    if (a <= 1e-3) {
      return 1;
    }
    return radius
        * Math.sin(Math.PI * a)
        * Math.sin(Math.PI * a / radius)
        / (Math.PI * Math.PI * a * a);
  }

  /** Keys, "Cubic convolution interpolation for digital image processing" (1981). */
  private static double cubic(double x) {
    double a = Math.abs(x);
    if (a >= 2) {
      return 0;
    }
    return a >= 1
        ? ((KEYS * a - 5 * KEYS) * a + 8 * KEYS) * a - 4 * KEYS
        : ((KEYS + 2) * a - (KEYS + 3)) * a * a + 1;
  }

  private static float[] spans(
      int in, int out, double radius, DoubleUnaryOperator kernel, boolean antialias) {
    float[] weights = new float[in * out];
    double step = (double) in / out;
    double width = antialias ? Math.max(step, 1) : 1;
    for (int o = 0; o < out; o++) {
      double center = (o + 0.5) * step;
      int start = (int) Math.max(0, Math.ceil(center - radius * width - 0.5));
      int end = (int) Math.min(in - 1, Math.floor(center + radius * width - 0.5));
      fill(weights, o * in, start, end, i -> kernel.applyAsDouble((i + 0.5 - center) / width));
    }
    return weights;
  }

  /** Fills in the weights of the inputs from start to end, normalized to the sum one. */
  private static void fill(
      float[] weights, int row, int start, int end, DoubleUnaryOperator weightOf) {
    double sum = 0;
    for (int i = start; i <= end; i++) {
      sum += weightOf.applyAsDouble(i);
    }
    for (int i = start; i <= end && Math.abs(sum) > 1e-12; i++) {
      weights[row + i] = (float) (weightOf.applyAsDouble(i) / sum);
    }
  }

  private static float[] bicubic(int in, int out) {
    float[] weights = new float[in * out];
    float step = (float) in / out;
    for (int o = 0; o < out; o++) {
      float place = (o + 0.5f) * step - 0.5f;
      int below = (int) Math.floor(place);
      double rest = Math.rint((place - below) * CUBIC_STEPS) / CUBIC_STEPS;
      fill(
          weights,
          o * in,
          Math.max(0, below - 1),
          Math.min(in - 1, below + 2),
          i -> cubic(i - below - rest));
    }
    return weights;
  }

  /** Returns weights by which each output is the mean of the inputs that it covers. */
  private static float[] area(int in, int out) {
    float[] weights = new float[in * out];
    double step = (double) in / out;
    for (int o = 0; o < out; o++) {
      double from = o * step;
      double to = (o + 1) * step;
      int first = (int) Math.floor(from);
      int last = Math.min(in, (int) Math.ceil(to)) - 1;
      fill(weights, o * in, first, last, i -> Math.min(i + 1, to) - Math.max(i, from));
    }
    return weights;
  }
}
