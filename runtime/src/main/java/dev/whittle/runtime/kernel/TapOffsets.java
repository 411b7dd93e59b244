package dev.whittle.runtime.kernel;

/**
 * Where the input runs of each output place of a convolution begin: one for each tap of the filter.
 * Taps beyond the border begin at a run of zeros behind the input.
 */
final class TapOffsets {
  private TapOffsets() {}

  /**
   * How a filter moves along one axis.
   *
   * @param before how many places before the input the first window begins
   */
  record Axis(int input, int filter, int output, int stride, int dilation, int before) {
    /** The axis for same (0) or valid (1) padding. */
    static Axis of(int padding, int input, int filter, int output, int stride, int dilation) {
      long reach = (filter - 1L) * dilation + 1;
      long total = Math.max(0, (output - 1L) * stride + reach - input);
      int before = padding == 0 ? (int) (total / 2) : 0;
      return new Axis(input, filter, output, stride, dilation, before);
    }

    int place(int at, int tap) {
      return at * stride - before + tap * dilation;
    }
  }

  /**
   * The offsets, {@code [batch, height, width, taps]}.
   *
   * @param channels of the input
   */
  static int[] of(int batch, Axis vertical, Axis horizontal, int channels) {
    int taps = vertical.filter * horizontal.filter;
    int zeros =
        Math.multiplyExact(
            Math.multiplyExact(batch, Math.multiplyExact(vertical.input, horizontal.input)),
            channels);
    int rows = Math.multiplyExact(batch, Math.multiplyExact(vertical.output, horizontal.output));
    int[] offsets = new int[Math.multiplyExact(rows, taps)];
    int at = 0;
    for (int b = 0; b < batch; b++) {
      for (int y = 0; y < vertical.output; y++) {
        for (int x = 0; x < horizontal.output; x++) {
          for (int ky = 0; ky < vertical.filter; ky++) {
            int row = vertical.place(y, ky);
            for (int kx = 0; kx < horizontal.filter; kx++) {
              int column = horizontal.place(x, kx);
              boolean inside =
                  row >= 0 && row < vertical.input && column >= 0 && column < horizontal.input;
              offsets[at++] =
                  inside
                      ? ((b * vertical.input + row) * horizontal.input + column) * channels
                      : zeros;
            }
          }
        }
      }
    }
    return offsets;
  }
}
