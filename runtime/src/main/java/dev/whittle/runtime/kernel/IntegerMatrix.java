package dev.whittle.runtime.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * 8-bit weights multiplied in single precision, which is exact: products are under 2^15 and at most
 * 512 of them are summed before they are added to 32-bit integers, so that no sum reaches 2^24.
 */
final class IntegerMatrix {
  /** {@code 255 * 127 * 512 < 2^24}. */
  private static final int MAX_TERMS = 512;

  /** Some adjacent taps, or a part of one, with their weights. */
  private record Chunk(PackedMatrix weights, int firstTap, int taps, int from, int run) {}

  private final List<Chunk> chunks = new ArrayList<>();
  private final int taps;
  private final int channels;
  private float[] part = {};

  /**
   * Packs weights.
   *
   * @param weights {@code [channels, taps, run]}, whole numbers from -128 to 127
   */
  IntegerMatrix(float[] weights, int channels, int taps, int run) {
    this.taps = taps;
    this.channels = channels;
    int group = run == 0 ? taps : Math.max(1, MAX_TERMS / run);
    for (int tap = 0; tap < taps; tap += group) {
      int count = Math.min(group, taps - tap);
      for (int from = 0; from < run; from += MAX_TERMS) {
        int size = Math.min(MAX_TERMS, run - from);
        chunks.add(new Chunk(slice(weights, tap, count, from, size, run), tap, count, from, size));
      }
    }
  }

  private PackedMatrix slice(float[] weights, int tap, int count, int from, int size, int run) {
    float[] slice = new float[channels * count * size];
    for (int c = 0; c < channels; c++) {
      for (int t = 0; t < count; t++) {
        System.arraycopy(
            weights, (c * taps + tap + t) * run + from, slice, (c * count + t) * size, size);
      }
    }
    return PackedMatrix.of(slice, new float[0], channels);
  }

  /** The offsets of each chunk, from those of all taps, {@code [rows, taps]}. */
  List<int[]> chunkOffsets(int[] offsets) {
    int rows = taps == 0 ? 0 : offsets.length / taps;
    List<int[]> all = new ArrayList<>();
    for (Chunk chunk : chunks) {
      int[] own = new int[rows * chunk.taps];
      for (int row = 0; row < rows; row++) {
        for (int t = 0; t < chunk.taps; t++) {
          own[row * chunk.taps + t] = offsets[row * taps + chunk.firstTap + t] + chunk.from;
        }
      }
      all.add(own);
    }
    return all;
  }

  /**
   * Sums products.
   *
   * @param input whole numbers from -255 to 255
   * @param sums {@code [rows, channels]}
   */
  void multiply(float[] input, List<int[]> chunkOffsets, int rows, int[] sums) {
    int size = rows * channels;
    if (part.length < size) {
      part = new float[size];
    }
    Arrays.fill(sums, 0, size, 0);
    for (int i = 0; i < chunks.size(); i++) {
      Chunk chunk = chunks.get(i);
      chunk.weights.multiply(
          input,
          chunkOffsets.get(i),
          chunk.run,
          0,
          rows,
          part,
          Float.NEGATIVE_INFINITY,
          Float.POSITIVE_INFINITY);
      for (int k = 0; k < size; k++) {
        sums[k] += (int) part[k];
      }
    }
  }
}
