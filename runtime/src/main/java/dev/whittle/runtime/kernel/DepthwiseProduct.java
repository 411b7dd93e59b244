package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.ir.op.Activation;
import org.jspecify.annotations.Nullable;

/**
 * A depthwise convolution of one output channel for each input channel, some lines of the output at
 * a time. Floats are read in place, with a column of zeros for lines beyond the border; where whole
 * numbers are multiplied, the lines that are read are copied to a slab as such.
 */
final class DepthwiseProduct implements Kernel, Workers.Task {
  private static final long MIN_WORK = 1 << 16;

  /** Elements of a band of lines that are read: what half a second-level cache holds. */
  private static final int BAND_ELEMENTS = 1 << 16;

  /** Sums that stay in the first-level cache. */
  private static final int BLOCK_SUMS = 1 << 13;

  private final Workers workers;
  private final Windows windows;
  private final float[] weights;
  private final float[] bias;
  private final float min;
  private final float max;
  private final int linesPerChunk;
  private final int chunksPerPicture;
  private final FloatArray floats = new FloatArray();
  private final FloatArray results = new FloatArray();
  private final DepthwiseRow geometry;

  /** Lines that are computed together, channel by channel. */
  private final int linesPerBand;

  /** Channels whose sums are made outputs before those of others are computed. */
  private final int blockChannels;

  /** What makes whole numbers of inputs and outputs of sums; null for floats. */
  private final @Nullable Whole whole;

  private DepthwiseProduct(
      Workers workers,
      Windows windows,
      float[] weights,
      float[] bias,
      float min,
      float max,
      @Nullable Whole whole) {
    this.workers = workers;
    this.windows = windows;
    this.weights = weights;
    this.bias = bias;
    this.min = min;
    this.max = max;
    this.whole = whole;
    this.geometry = whole == null ? DepthwiseRow.inPlace(windows) : DepthwiseRow.bordered(windows);
    this.linesPerChunk = Math.max(1, Math.ceilDiv(windows.outputHeight(), 4 * workers.count()));
    this.chunksPerPicture = Math.ceilDiv(windows.outputHeight(), linesPerChunk);
    this.blockChannels = Math.min(windows.channels(), 2 * workers.lanes());
    int most =
        whole != null
            ? BLOCK_SUMS / Math.max(1, windows.outputWidth() * blockChannels)
            : BAND_ELEMENTS / Math.max(1, windows.width() * windows.channels());
    this.linesPerBand = Math.max(2, Math.min(most / 2 * 2, windows.outputHeight()));
    int line = Math.multiplyExact(windows.outputWidth(), blockChannels);
    workers.reserve(
        whole == null ? 0 : whole.patches.slabSize(),
        whole != null ? Math.multiplyExact(linesPerBand, line) : 0,
        0);
  }

  Windows windows() {
    return windows;
  }

  /** Whether inputs and weights are floats. */
  boolean isOfFloats() {
    return whole == null;
  }

  static DepthwiseProduct ofFloats(
      Workers workers, Windows given, float[] weights, float[] bias, float min, float max) {
    return new DepthwiseProduct(workers, given.flattened(), weights, bias, min, max, null);
  }

  /** Floats with 8-bit weights: inputs are quantized, sums made floats again. */
  static DepthwiseProduct ofHybrid(
      Workers workers,
      Windows given,
      float[] weights,
      QuantizedRows rows,
      float[] scales,
      float[] bias,
      Activation activation) {
    Windows windows = given.flattened();
    var hybrid = new Hybrid(patches(workers, windows), rows, scales, bias, activation);
    return ofWhole(workers, windows, weights, new float[windows.channels()], hybrid);
  }

  static DepthwiseProduct ofBytes(
      Workers workers,
      Windows given,
      float[] weights,
      float[] bias,
      Rescaling rescaling,
      int zeroPoint,
      boolean unsigned) {
    Windows windows = given.flattened();
    var bytes = new Bytes(patches(workers, windows), rescaling, zeroPoint, unsigned);
    return ofWhole(workers, windows, weights, bias, bytes);
  }

  private static Patches patches(Workers workers, Windows windows) {
    return new Patches(windows, windows.channels(), false, workers);
  }

  /** Sums of whole numbers, without clamp. */
  private static DepthwiseProduct ofWhole(
      Workers workers, Windows windows, float[] weights, float[] bias, Whole whole) {
    float all = Float.POSITIVE_INFINITY;
    return new DepthwiseProduct(workers, windows, weights, bias, -all, all, whole);
  }

  /** What makes whole numbers of inputs, which are copied to slabs, and outputs of sums. */
  private abstract static class Whole implements Patches.Source {
    final Patches patches;

    /** What is beyond the border. */
    final float beyond;

    Whole(Patches patches, float beyond) {
      this.patches = patches;
      this.beyond = beyond;
    }

    abstract void bindInput(Tensor input);

    abstract void bindOutput(Tensor output);

    /**
     * Makes outputs of sums.
     *
     * @param stride how far apart pixels are in {@code sums}
     * @param at element 0 of the output
     * @param outputStride how far apart its pixels are
     */
    abstract void finish(
        MicroKernels math,
        float[] sums,
        int stride,
        int picture,
        int firstChannel,
        int channels,
        int pixels,
        int at,
        int outputStride);
  }

  private static final class Bytes extends Whole {
    private final ByteArray input = new ByteArray();
    private final ByteArray output = new ByteArray();
    private final Rescaling rescaling;
    private final boolean unsigned;

    Bytes(Patches patches, Rescaling rescaling, int zeroPoint, boolean unsigned) {
      super(patches, zeroPoint);
      this.rescaling = rescaling;
      this.unsigned = unsigned;
    }

    @Override
    void bindInput(Tensor tensor) {
      input.bind(tensor);
    }

    @Override
    void bindOutput(Tensor tensor) {
      output.bindOutput(tensor);
    }

    @Override
    public void copy(int from, float[] slab, int to, int count, MicroKernels math) {
      math.widen(input.array(), input.offset() + from, unsigned, slab, to, count);
    }

    @Override
    void finish(
        MicroKernels math,
        float[] sums,
        int stride,
        int picture,
        int firstChannel,
        int channels,
        int pixels,
        int at,
        int outputStride) {
      math.rescale(
          sums,
          0,
          stride,
          rescaling,
          firstChannel,
          channels,
          pixels,
          output.array(),
          output.offset() + at,
          outputStride);
    }
  }

  private static final class Hybrid extends Whole {
    private final QuantizedRows rows;
    private final float[] scales;
    private final float[] bias;
    private final float min;
    private final float max;
    private final FloatArray output = new FloatArray();

    Hybrid(
        Patches patches, QuantizedRows rows, float[] scales, float[] bias, Activation activation) {
      super(patches, 0);
      this.rows = rows;
      this.scales = scales;
      this.bias = bias;
      this.min = activation.min();
      this.max = activation.max();
    }

    @Override
    void bindInput(Tensor tensor) {
      rows.begin(tensor);
    }

    @Override
    void bindOutput(Tensor tensor) {
      output.bindOutput(tensor);
    }

    @Override
    public void copy(int from, float[] slab, int to, int count, MicroKernels math) {
      rows.copy(from, slab, to, count, math);
    }

    @Override
    void finish(
        MicroKernels math,
        float[] sums,
        int stride,
        int picture,
        int firstChannel,
        int channels,
        int pixels,
        int at,
        int outputStride) {
      math.scale(
          sums,
          0,
          stride,
          scales,
          bias,
          firstChannel,
          rows.scale(picture),
          channels,
          pixels,
          output.array(),
          output.offset() + at,
          outputStride,
          min,
          max);
    }
  }

  @Override
  public void run(Invocation invocation) {
    if (windows.outputs() == 0 || windows.channels() == 0) {
      return;
    }
    bindOutput(invocation);
    int chunks;
    if (whole == null) {
      floats.bind(invocation.input(0));
      chunks = windows.batch() * chunksPerPicture;
    } else {
      whole.bindInput(invocation.input(0));
      chunks = whole.patches.chunks();
    }
    long work = (long) windows.outputs() * windows.channels() * windows.taps();
    workers.run(this, chunks, work >= MIN_WORK);
  }

  void bindOutput(Invocation invocation) {
    if (whole == null) {
      results.bindOutput(invocation.output(0));
    } else {
      whole.bindOutput(invocation.output(0));
    }
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    if (whole == null) {
      inPlace(chunk, scratch);
    } else {
      inSlab(chunk, scratch, whole);
    }
  }

  private void inPlace(int chunk, Scratch scratch) {
    int picture = chunk / chunksPerPicture;
    int first = chunk % chunksPerPicture * linesPerChunk;
    int last = Math.min(first + linesPerChunk, windows.outputHeight());
    int channels = windows.channels();
    int height = windows.filterHeight();
    for (int y = first; y < last; y += linesPerBand) {
      int lines = Math.min(linesPerBand, last - y);
      int[] rows = scratch.rows(lines * height);
      int[] steps = scratch.steps(lines * height);
      for (int r = 0; r < lines * height; r++) {
        int row = windows.inputRow(y + r / height, r % height);
        boolean inside = row >= 0 && row < windows.height();
        int place = (picture * windows.height() + row) * windows.width();
        rows[r] = inside ? floats.offset() + place * channels : 0;
        steps[r] = inside ? channels : 0;
      }
      int line = picture * windows.outputHeight() + y;
      compute(scratch, floats.array(), lines, line, geometry, 0, channels);
    }
  }

  private void inSlab(int chunk, Scratch scratch, Whole kind) {
    Patches patches = kind.patches;
    float[] slab = scratch.input();
    patches.fill(chunk, kind, kind.beyond, slab, scratch.math);
    int height = windows.filterHeight();
    int lineSize = patches.slabLine();
    int firstLine = patches.firstRow(chunk) / windows.outputWidth();
    for (int y = 0; y < patches.lines(chunk); y += linesPerBand) {
      int lines = Math.min(linesPerBand, patches.lines(chunk) - y);
      int[] rows = scratch.rows(lines * height);
      int[] steps = scratch.steps(lines * height);
      for (int r = 0; r < lines * height; r++) {
        int row = (y + r / height) * windows.strideHeight();
        rows[r] = (row + r % height * windows.dilationHeight()) * lineSize;
        steps[r] = windows.channels();
      }
      sums(scratch, slab, lines, firstLine + y, kind);
    }
  }

  /**
   * Computes some lines of floats, for which the scratch space has the rows of input and their
   * steps.
   *
   * @param line the first line, as the output counts them
   * @param firstChannel the first of {@code channels}
   */
  void compute(
      Scratch scratch,
      float[] input,
      int lines,
      int line,
      DepthwiseRow row,
      int firstChannel,
      int channels) {
    int outputLine = windows.outputWidth() * windows.channels();
    scratch.math.depthwise(
        input,
        scratch.rows(0),
        scratch.steps(0),
        lines,
        row,
        weights,
        bias,
        firstChannel,
        channels,
        results.array(),
        results.offset() + line * outputLine + firstChannel,
        windows.channels(),
        outputLine,
        min,
        max);
  }

  /** Sums of some lines, block of channels by block of channels, and what becomes of them. */
  private void sums(Scratch scratch, float[] input, int lines, int line, Whole kind) {
    int channels = windows.channels();
    int pixels = lines * windows.outputWidth();
    for (int c = 0; c < channels; c += blockChannels) {
      int count = Math.min(blockChannels, channels - c);
      float[] sums = scratch.sums();
      scratch.math.depthwise(
          input,
          scratch.rows(0),
          scratch.steps(0),
          lines,
          geometry,
          weights,
          bias,
          c,
          count,
          sums,
          0,
          blockChannels,
          windows.outputWidth() * blockChannels,
          min,
          max);
      kind.finish(
          scratch.math,
          sums,
          blockChannels,
          line / windows.outputHeight(),
          c,
          count,
          pixels,
          line * windows.outputWidth() * channels + c,
          channels);
    }
  }
}
