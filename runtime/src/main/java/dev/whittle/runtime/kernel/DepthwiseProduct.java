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
final class DepthwiseProduct implements Kernel, Workers.Task, Patches.Source {
  private static final long MIN_WORK = 1 << 16;

  private final Workers workers;
  private final Windows windows;
  private final Patches patches;
  private final float[] weights;
  private final float[] bias;
  private final float min;
  private final float max;
  private final int linesPerChunk;
  private final int chunksPerPicture;
  private final FloatArray floats = new FloatArray();
  private final FloatArray results = new FloatArray();
  private final ByteArray bytes = new ByteArray();
  private final ByteArray stored = new ByteArray();
  private final DepthwiseRow line;

  /** What makes 8-bit outputs; null for floats. */
  private final @Nullable Rescaling rescaling;

  private final int zeroPoint;
  private final boolean unsigned;
  private @Nullable Hybrid hybrid;

  private DepthwiseProduct(
      Workers workers,
      Windows given,
      Patches patches,
      float[] weights,
      float[] bias,
      float min,
      float max,
      @Nullable Rescaling rescaling,
      int zeroPoint,
      boolean unsigned) {
    this.workers = workers;
    this.windows = given.flattened();
    this.patches = patches;
    this.weights = weights;
    this.bias = bias;
    this.min = min;
    this.max = max;
    this.rescaling = rescaling;
    this.zeroPoint = zeroPoint;
    this.unsigned = unsigned;
    boolean slab = rescaling != null;
    this.line =
        new DepthwiseRow(
            slab ? windows.reachedColumns() : windows.width(),
            windows.channels(),
            windows.filterHeight(),
            windows.filterWidth(),
            windows.strideWidth(),
            windows.dilationWidth(),
            slab ? 0 : windows.left(),
            windows.outputWidth());
    int share = Math.ceilDiv(windows.outputHeight(), 4 * workers.count());
    this.linesPerChunk = Math.max(1, share);
    this.chunksPerPicture = Math.ceilDiv(windows.outputHeight(), linesPerChunk);
    int outputLine = Math.multiplyExact(windows.outputWidth(), windows.channels());
    workers.reserve(slab ? patches.slabSize() : 0, slab ? outputLine : 0, 0);
  }

  static DepthwiseProduct ofFloats(
      Workers workers, Windows windows, float[] weights, float[] bias, float min, float max) {
    return new DepthwiseProduct(
        workers, windows, new Patches(windows, true, 1), weights, bias, min, max, null, 0, false);
  }

  /** Floats with 8-bit weights: inputs are quantized, sums made floats again. */
  static DepthwiseProduct ofHybrid(
      Workers workers,
      Windows windows,
      float[] weights,
      QuantizedRows rows,
      float[] scales,
      float[] bias,
      Activation activation) {
    var product =
        new DepthwiseProduct(
            workers,
            windows,
            new Patches(windows, true, 1),
            weights,
            new float[windows.channels()],
            Float.NEGATIVE_INFINITY,
            Float.POSITIVE_INFINITY,
            null,
            0,
            false);
    product.hybrid = new Hybrid(rows, scales, bias, activation.min(), activation.max());
    workers.reserve(0, Math.multiplyExact(windows.outputWidth(), windows.channels()), 0);
    return product;
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

  static DepthwiseProduct ofBytes(
      Workers workers,
      Windows windows,
      float[] weights,
      Rescaling rescaling,
      int zeroPoint,
      boolean unsigned) {
    return new DepthwiseProduct(
        workers,
        windows,
        new Patches(windows, false, workers.count()),
        weights,
        new float[windows.channels()],
        Float.NEGATIVE_INFINITY,
        Float.POSITIVE_INFINITY,
        rescaling,
        zeroPoint,
        unsigned);
  }

  @Override
  public void run(Invocation invocation) {
    if (windows.outputs() == 0 || windows.channels() == 0) {
      return;
    }
    int chunks;
    if (rescaling == null) {
      floats.bind(invocation.input(0));
      results.bindOutput(invocation.output(0));
      if (hybrid != null) {
        hybrid.rows.fill(floats);
      }
      chunks = windows.batch() * chunksPerPicture;
    } else {
      bytes.bind(invocation.input(0));
      stored.bindOutput(invocation.output(0));
      chunks = patches.chunks();
    }
    long work = (long) windows.outputs() * windows.channels() * windows.taps();
    if (work < MIN_WORK) {
      for (int chunk = 0; chunk < chunks; chunk++) {
        run(chunk, workers.scratch());
      }
    } else {
      workers.run(this, chunks);
    }
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    if (rescaling == null) {
      inPlace(chunk, scratch);
    } else {
      inSlab(chunk, scratch, rescaling);
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
      for (int x = 0; x < windows.outputWidth(); x++) {
        scratch.math.scale(
            sums,
            x * channels,
            quantized.scales,
            quantized.bias,
            0,
            factor,
            channels,
            results.array(),
            to + x * channels,
            quantized.min,
            quantized.max);
      }
    }
  }

  private void inSlab(int chunk, Scratch scratch, Rescaling scale) {
    float[] slab = scratch.input();
    patches.fill(chunk, this, zeroPoint, slab, scratch.math);
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
      for (int x = 0; x < windows.outputWidth(); x++) {
        int to = stored.offset() + (row + x) * channels;
        scratch.math.rescale(sums, x * channels, scale, 0, channels, stored.array(), to);
      }
    }
  }

  @Override
  public void copy(int from, float[] slab, int to, int count, MicroKernels math) {
    math.widen(bytes.array(), bytes.offset() + from, unsigned, slab, to, count);
  }
}
