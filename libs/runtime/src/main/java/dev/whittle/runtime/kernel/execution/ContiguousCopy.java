package dev.whittle.runtime.kernel.execution;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Copies runs of adjacent elements from one array to another of the same type, floats or bytes. The
 * type is checked once for all runs: {@code System.arraycopy} is faster if the compiler knows it.
 */
public final class ContiguousCopy {
  /** Shorter runs are copied faster by a loop than by {@code System.arraycopy}. */
  private static final int MIN_RUN = 8;

  private static final VarHandle SHORT = view(short[].class);
  private static final VarHandle INT = view(int[].class);
  private static final VarHandle LONG = view(long[].class);

  private ContiguousCopy() {}

  private static VarHandle view(Class<?> type) {
    return MethodHandles.byteArrayViewVarHandle(type, ByteOrder.nativeOrder());
  }

  /**
   * Copies runs at constant distances.
   *
   * @param at index of the first run in {@code in}
   * @param step distance of runs in {@code in}
   * @param to index of the first run in {@code out}
   * @param toStep distance of runs in {@code out}
   * @param run elements of a run
   * @param count number of runs
   */
  public static void copy(
      Object in, int at, int step, Object out, int to, int toStep, int run, int count) {
    if (step == run && toStep == run) {
      adjacent(in, at, out, to, run * count);
    } else if (in instanceof float[] floats && out instanceof float[] results) {
      copyFloats(floats, at, step, results, to, toStep, run, count);
    } else if (in instanceof byte[] bytes && out instanceof byte[] results) {
      copyBytes(bytes, at, step, results, to, toStep, run, count);
    } else {
      throw new IllegalArgumentException(
          "arrays of different types; expected two of floats or two of bytes");
    }
  }

  /** Copies one run. */
  public static void adjacent(Object in, int at, Object out, int to, int elements) {
    if (in instanceof float[] floats && out instanceof float[] results) {
      System.arraycopy(floats, at, results, to, elements);
    } else if (in instanceof byte[] bytes && out instanceof byte[] results) {
      System.arraycopy(bytes, at, results, to, elements);
    } else {
      throw new IllegalArgumentException(
          "arrays of different types; expected two of floats or two of bytes");
    }
  }

  private static void copyFloats(
      float[] in, int at, int step, float[] out, int to, int toStep, int run, int count) {
    if (run >= MIN_RUN) {
      for (int i = 0; i < count; i++) {
        System.arraycopy(in, at + i * step, out, to + i * toStep, run);
      }
      return;
    }
    // Column by column: the inner loop is the long one.
    for (int k = 0; k < run; k++) {
      for (int i = 0; i < count; i++) {
        out[to + k + i * toStep] = in[at + k + i * step];
      }
    }
  }

  private static void copyBytes(
      byte[] in, int at, int step, byte[] out, int to, int toStep, int run, int count) {
    switch (run) {
      case 2 -> {
        for (int i = 0; i < count; i++) {
          SHORT.set(out, to + i * toStep, (short) SHORT.get(in, at + i * step));
        }
      }
      case 4 -> {
        for (int i = 0; i < count; i++) {
          INT.set(out, to + i * toStep, (int) INT.get(in, at + i * step));
        }
      }
      case 8 -> {
        for (int i = 0; i < count; i++) {
          LONG.set(out, to + i * toStep, (long) LONG.get(in, at + i * step));
        }
      }
      default -> {
        if (run > MIN_RUN) {
          for (int i = 0; i < count; i++) {
            System.arraycopy(in, at + i * step, out, to + i * toStep, run);
          }
          return;
        }
        for (int k = 0; k < run; k++) {
          for (int i = 0; i < count; i++) {
            out[to + k + i * toStep] = in[at + k + i * step];
          }
        }
      }
    }
  }

  /**
   * Copies indexed runs, which become adjacent.
   *
   * @param at index of run 0 in {@code in}
   * @param indices indices of the runs, from element {@code first} on
   * @param to index of the first run in {@code out}
   * @param run elements of a run
   * @param count number of copied runs
   */
  public static void gather(
      Object in, int at, int[] indices, int first, Object out, int to, int run, int count) {
    if (in instanceof float[] floats && out instanceof float[] results) {
      gatherFloats(floats, at, indices, first, results, to, run, count);
    } else if (in instanceof byte[] bytes && out instanceof byte[] results) {
      gatherBytes(bytes, at, indices, first, results, to, run, count);
    } else {
      throw new IllegalArgumentException(
          "arrays of different types; expected two of floats or two of bytes");
    }
  }

  private static void gatherFloats(
      float[] in, int at, int[] indices, int first, float[] out, int to, int run, int count) {
    if (run == 1) {
      for (int i = 0; i < count; i++) {
        out[to + i] = in[at + indices[first + i]];
      }
    } else if (run < MIN_RUN) {
      for (int i = 0; i < count; i++) {
        int from = at + indices[first + i] * run;
        for (int k = 0; k < run; k++) {
          out[to + i * run + k] = in[from + k];
        }
      }
    } else {
      for (int i = 0; i < count; i++) {
        System.arraycopy(in, at + indices[first + i] * run, out, to + i * run, run);
      }
    }
  }

  private static void gatherBytes(
      byte[] in, int at, int[] indices, int first, byte[] out, int to, int run, int count) {
    switch (run) {
      case 1 -> {
        for (int i = 0; i < count; i++) {
          out[to + i] = in[at + indices[first + i]];
        }
      }
      case 2 -> {
        for (int i = 0; i < count; i++) {
          SHORT.set(out, to + i * 2, (short) SHORT.get(in, at + indices[first + i] * 2));
        }
      }
      case 4 -> {
        for (int i = 0; i < count; i++) {
          INT.set(out, to + i * 4, (int) INT.get(in, at + indices[first + i] * 4));
        }
      }
      case 8 -> {
        for (int i = 0; i < count; i++) {
          LONG.set(out, to + i * 8, (long) LONG.get(in, at + indices[first + i] * 8));
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          System.arraycopy(in, at + indices[first + i] * run, out, to + i * run, run);
        }
      }
    }
  }
}
