package dev.whittle.ir.op.signal;

import dev.whittle.ir.tensor.Tensor;

/** The 2-D discrete Fourier transform of real images whose dimensions are powers of two. */
final class FourierTransform {
  private FourierTransform() {}

  /**
   * Computes the first {@code columns / 2 + 1} columns of the transform.
   *
   * @param in the images, whose last two axes are truncated or zero-padded
   * @param out the complex output
   * @param rows the height of the transform
   * @param columns the width of the transform
   */
  static void real(Tensor in, Tensor out, int rows, int columns) {
    int height = in.dim(in.rank() - 2);
    int width = in.dim(in.rank() - 1);
    int frequencies = columns / 2 + 1;
    long images = out.elements() / ((long) rows * frequencies);
    double[] re = new double[rows * columns];
    double[] im = new double[rows * columns];
    for (long p = 0; p < images; p++) {
      for (int y = 0; y < rows; y++) {
        for (int x = 0; x < columns; x++) {
          boolean inside = y < height && x < width;
          re[y * columns + x] = inside ? in.getFloat((p * height + y) * width + x) : 0;
          im[y * columns + x] = 0;
        }
        transform(re, im, y * columns, 1, columns);
      }
      for (int x = 0; x < frequencies; x++) {
        transform(re, im, x, columns, rows);
      }
      for (int y = 0; y < rows; y++) {
        for (int x = 0; x < frequencies; x++) {
          long offset = 8 * ((p * rows + y) * frequencies + x);
          out.data().set(Tensor.FLOAT, offset, (float) re[y * columns + x]);
          out.data().set(Tensor.FLOAT, offset + 4, (float) im[y * columns + x]);
        }
      }
    }
  }

  /**
   * Transforms {@code n} numbers at a distance of {@code step} in place (Cooley and Tukey, 1965).
   */
  private static void transform(double[] re, double[] im, int first, int step, int n) {
    for (int i = 1, j = 0; i < n; i++) {
      int bit = n >> 1;
      for (; (j & bit) != 0; bit >>= 1) {
        j ^= bit;
      }
      j ^= bit;
      if (i < j) {
        swap(re, first + i * step, first + j * step);
        swap(im, first + i * step, first + j * step);
      }
    }
    for (int length = 2; length <= n; length *= 2) {
      for (int k = 0; k < length / 2; k++) {
        double angle = -2 * Math.PI * k / length;
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        for (int i = 0; i < n; i += length) {
          int a = first + (i + k) * step;
          int b = a + length / 2 * step;
          double r = re[b] * cos - im[b] * sin;
          double s = re[b] * sin + im[b] * cos;
          re[b] = re[a] - r;
          im[b] = im[a] - s;
          re[a] += r;
          im[a] += s;
        }
      }
    }
  }

  private static void swap(double[] values, int i, int j) {
    double swapped = values[i];
    values[i] = values[j];
    values[j] = swapped;
  }
}
