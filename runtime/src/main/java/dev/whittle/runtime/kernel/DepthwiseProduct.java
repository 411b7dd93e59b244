package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import org.jspecify.annotations.Nullable;

/**
 * A depthwise convolution of one output channel for each input channel, some lines of the output at
 * a time. Floats are read in place, with a column of zeros for lines beyond the border; of 8-bit
 * numbers, the lines that are read are copied to a slab.
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

  /** For 8-bit numbers; null for floats. */
  private final @Nullable Slabs slabs;

  /** For floats with 8-bit weights; null for others. */
  private final @Nullable Hybrid hybrid;

  private DepthwiseProduct(
      Workers workers,
      Windows windows,
      float[] weights,
      float[] bias,
      float min,
      float max,
      @Nullable Slabs slabs,
      @Nullable Hybrid hybrid) {
    this.workers = workers;
    this.windows = windows;
    this.weights = weights;
    this.bias = bias;
    this.min = min;
    this.max = max;
    this.slabs = slabs;
    this.hybrid = hybrid;
    this.geometry = slabs == null ? DepthwiseRow.inPlace(windows) : DepthwiseRow.bordered(windows);
    this.linesPerChunk = Math.max(1, Math.ceilDiv(windows.outputHeight(), 4 * workers.count()));
    this.chunksPerPicture = Math.ceilDiv(windows.outputHeight(), linesPerChunk);
    boolean summed = slabs != null || hybrid != null;
    this.blockChannels = Math.min(windows.channels(), 2 * workers.lanes());
    int most =
        summed
            ? BLOCK_SUMS / Math.max(1, windows.outputWidth() * blockChannels)
            : BAND_ELEMENTS / Math.max(1, windows.width() * windows.channels());
    this.linesPerBand = Math.max(2, Math.min(most / 2 * 2, windows.outputHeight()));
    int line = Math.multiplyExact(windows.outputWidth(), blockChannels);
    workers.reserve(
        slabs == null ? 0 : slabs.patches.slabSize(),
        summed ? Math.multiplyExact(linesPerBand, line) : 0,
        0);
  }

  Windows windows() {
    return windows;
  }

  /** Whether inputs and weights are floats. */
  boolean isOfFloats() {
    return slabs == null && hybrid == null;
  }

  static DepthwiseProduct ofFloats(
      Workers workers, Windows given, float[] weights, float[] bias, float min, float max) {
    return new DepthwiseProduct(workers, given.flattened(), weights, bias, min, max, null, null);
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
    var hybrid = new Hybrid(rows, scales, bias, activation.min(), activation.max());
    float[] none = new float[given.channels()];
    return ofWhole(workers, given.flattened(), weights, none, null, hybrid);
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
    var patches = new Patches(windows, windows.channels(), false, workers.count());
    return ofWhole(
        workers, windows, weights, bias, new Slabs(patches, rescaling, zeroPoint, unsigned), null);
  }

  /** Sums of whole numbers, without clamp. */
  private static DepthwiseProduct ofWhole(
      Workers workers,
      Windows windows,
      float[] weights,
      float[] bias,
      @Nullable Slabs slabs,
      @Nullable Hybrid hybrid) {
    float all = Float.POSITIVE_INFINITY;
    return new DepthwiseProduct(workers, windows, weights, bias, -all, all, slabs, hybrid);
  }

  /** Where 8-bit inputs are copied to, and what makes 8-bit outputs. */
  private static final class Slabs implements Patches.Source {
    private final ByteArray bytes = new ByteArray();
    private final ByteArray stored = new ByteArray();
    private final Patches patches;
    private final Rescaling rescaling;
    private final int zeroPoint;
    private final boolean unsigned;

    Slabs(Patches patches, Rescaling rescaling, int zeroPoint, boolean unsigned) {
      this.patches = patches;
      this.rescaling = rescaling;
      this.zeroPoint = zeroPoint;
      this.unsigned = unsigned;
    }

    @Override
    public void copy(int from, float[] slab, int to, int count, MicroKernels math) {
      math.widen(bytes.array(), bytes.offset() + from, unsigned, slab, to, count);
    }
  }

  /** What makes whole numbers of inputs, and floats of sums. */
  private static final class Hybrid {
    private final QuantizedRows rows;
    private final float[] scales;
    private final float[] bias;
    private final float min;
    private final float max;

    Hybrid(QuantizedRows rows, float[] scales, float[] bias, float min, float max) {
      this.rows = rows;
      this.scales = scales;
      this.bias = bias;
      this.min = min;
      this.max = max;
    }
  }

  @Override
  public void run(Invocation invocation) {
    if (windows.outputs() == 0 || windows.channels() == 0) {
      return;
    }
    bindOutput(invocation);
    int chunks;
    if (slabs == null) {
      floats.bind(invocation.input(0));
      if (hybrid != null) {
        hybrid.rows.fill(floats);
      }
      chunks = windows.batch() * chunksPerPicture;
    } else {
      slabs.bytes.bind(invocation.input(0));
      chunks = slabs.patches.chunks();
    }
    long work = (long) windows.outputs() * windows.channels() * windows.taps();
    workers.run(this, chunks, work >= MIN_WORK);
  }

  void bindOutput(Invocation invocation) {
    if (slabs == null) {
      results.bindOutput(invocation.output(0));
    } else {
      slabs.stored.bindOutput(invocation.output(0));
    }
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    if (slabs == null) {
      inPlace(chunk, scratch);
    } else {
      inSlab(chunk, scratch, slabs);
    }
  }

  private void inPlace(int chunk, Scratch scratch) {
    int picture = chunk / chunksPerPicture;
    int first = chunk % chunksPerPicture * linesPerChunk;
    int last = Math.min(first + linesPerChunk, windows.outputHeight());
    int channels = windows.channels();
    int height = windows.filterHeight();
    Hybrid quantized = hybrid;
    float[] input = quantized == null ? floats.array() : quantized.rows.values();
    int origin = quantized == null ? floats.offset() : quantized.rows.origin();
    for (int y = first; y < last; y += linesPerBand) {
      int lines = Math.min(linesPerBand, last - y);
      int[] rows = scratch.rows(lines * height);
      int[] steps = scratch.steps(lines * height);
      for (int r = 0; r < lines * height; r++) {
        int row = windows.inputRow(y + r / height, r % height);
        boolean inside = row >= 0 && row < windows.height();
        int place = (picture * windows.height() + row) * windows.width();
        rows[r] = inside ? origin + place * channels : 0;
        steps[r] = inside ? channels : 0;
      }
      int line = picture * windows.outputHeight() + y;
      if (quantized == null) {
        compute(scratch, input, lines, line, geometry, 0, channels);
      } else {
        sums(scratch, input, lines, line);
      }
    }
  }

  private void inSlab(int chunk, Scratch scratch, Slabs kind) {
    Patches patches = kind.patches;
    float[] slab = scratch.input();
    patches.fill(chunk, kind, kind.zeroPoint, slab, scratch.math);
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
      sums(scratch, slab, lines, firstLine + y);
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
  private void sums(Scratch scratch, float[] input, int lines, int line) {
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
      int at = line * windows.outputWidth() * channels + c;
      if (slabs != null) {
        scratch.math.rescale(
            sums,
            0,
            blockChannels,
            slabs.rescaling,
            c,
            count,
            pixels,
            slabs.stored.array(),
            slabs.stored.offset() + at,
            channels);
      } else if (hybrid != null) {
        scratch.math.scale(
            sums,
            0,
            blockChannels,
            hybrid.scales,
            hybrid.bias,
            c,
            hybrid.rows.scale(line / windows.outputHeight()),
            count,
            pixels,
            results.array(),
            results.offset() + at,
            channels,
            hybrid.min,
            hybrid.max);
      }
    }
  }
}
