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
  private final DepthwiseRow line;

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
    this.line =
        new DepthwiseRow(
            slabs == null ? windows.width() : windows.reachedColumns(),
            windows.channels(),
            windows.filterHeight(),
            windows.filterWidth(),
            windows.strideWidth(),
            windows.dilationWidth(),
            slabs == null ? windows.left() : 0,
            windows.outputWidth());
    this.linesPerChunk = Math.max(1, Math.ceilDiv(windows.outputHeight(), 4 * workers.count()));
    this.chunksPerPicture = Math.ceilDiv(windows.outputHeight(), linesPerChunk);
    boolean scaled = slabs != null || hybrid != null;
    int outputLine = Math.multiplyExact(windows.outputWidth(), windows.channels());
    workers.reserve(slabs == null ? 0 : slabs.patches.slabSize(), scaled ? outputLine : 0, 0);
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
    int chunks;
    if (slabs == null) {
      floats.bind(invocation.input(0));
      results.bindOutput(invocation.output(0));
      if (hybrid != null) {
        hybrid.rows.fill(floats);
      }
      chunks = windows.batch() * chunksPerPicture;
    } else {
      slabs.bytes.bind(invocation.input(0));
      slabs.stored.bindOutput(invocation.output(0));
      chunks = slabs.patches.chunks();
    }
    long work = (long) windows.outputs() * windows.channels() * windows.taps();
    workers.run(this, chunks, work >= MIN_WORK);
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
    int[] rows = scratch.rows(windows.filterHeight());
    int[] steps = scratch.steps(windows.filterHeight());
    Hybrid quantized = hybrid;
    float[] input = quantized == null ? floats.array() : quantized.rows.values();
    int origin = quantized == null ? floats.offset() : quantized.rows.origin();
    for (int y = first; y < last; y++) {
      for (int ky = 0; ky < windows.filterHeight(); ky++) {
        int row = windows.inputRow(y, ky);
        boolean inside = row >= 0 && row < windows.height();
        int place = (picture * windows.height() + row) * windows.width();
        rows[ky] = inside ? origin + place * channels : 0;
        steps[ky] = inside ? channels : 0;
      }
      int at = (picture * windows.outputHeight() + y) * windows.outputWidth() * channels;
      int to = results.offset() + at;
      if (quantized == null) {
        scratch.math.depthwise(
            input, rows, steps, line, weights, bias, results.array(), to, min, max);
        continue;
      }
      float[] sums = scratch.sums();
      scratch.math.depthwise(input, rows, steps, line, weights, bias, sums, 0, min, max);
      float factor = quantized.rows.scale(picture);
      scratch.math.scale(
          sums,
          0,
          channels,
          quantized.scales,
          quantized.bias,
          0,
          factor,
          channels,
          windows.outputWidth(),
          results.array(),
          to,
          channels,
          quantized.min,
          quantized.max);
    }
  }

  private void inSlab(int chunk, Scratch scratch, Slabs kind) {
    Patches patches = kind.patches;
    float[] slab = scratch.input();
    patches.fill(chunk, kind, kind.zeroPoint, slab, scratch.math);
    int channels = windows.channels();
    int[] rows = scratch.rows(windows.filterHeight());
    int[] steps = scratch.steps(windows.filterHeight());
    int lineSize = patches.slabLine();
    float[] sums = scratch.sums();
    for (int y = 0; y < patches.lines(chunk); y++) {
      for (int ky = 0; ky < windows.filterHeight(); ky++) {
        rows[ky] = (y * windows.strideHeight() + ky * windows.dilationHeight()) * lineSize;
        steps[ky] = channels;
      }
      scratch.math.depthwise(slab, rows, steps, line, weights, bias, sums, 0, min, max);
      int row = patches.firstRow(chunk) + y * windows.outputWidth();
      scratch.math.rescale(
          sums,
          0,
          channels,
          kind.rescaling,
          0,
          channels,
          windows.outputWidth(),
          kind.stored.array(),
          kind.stored.offset() + row * channels,
          channels);
    }
  }
}
