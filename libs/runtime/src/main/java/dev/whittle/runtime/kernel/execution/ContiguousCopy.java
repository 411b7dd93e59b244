package dev.whittle.runtime.kernel.execution;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Copies runs of adjacent elements from one array to another of the same type, floats or bytes.
 * Types are told apart once for all runs: the library copies fast where it need not find out what
 * the arrays are.
 */
public final class ContiguousCopy {
  /** Runs that are shorter are copied faster by a loop than by the library. */
  private static final int MIN_RUN = 8;

  private static final VarHandle SHORT = view(short[].class);
  private static final VarHandle INT = view(int[].class);
  private static final VarHandle LONG = view(long[].class);

  private ContiguousCopy() {}

  private static VarHandle view(Class<?> type) {
    return MethodHandles.byteArrayViewVarHandle(type, ByteOrder.nativeOrder());
  }

  /**
   * Copies runs that begin at constant distances.
   *
   * @param at where the first run is read
   * @param step how far from its begin the next one begins
   * @param place where the first run is written
   * @param placeStep the same distance where runs are written
   * @param run the elements of a run
   * @param count how many runs there are
   */
  public static void copy(
      Object in, int at, int step, Object out, int place, int placeStep, int run, int count) {
    if (step == run && placeStep == run) {
      adjacent(in, at, out, place, run * count);
    } else if (in instanceof float[] floats && out instanceof float[] results) {
      copyFloats(floats, at, step, results, place, placeStep, run, count);
    } else if (in instanceof byte[] bytes && out instanceof byte[] results) {
      copyBytes(bytes, at, step, results, place, placeStep, run, count);
    } else {
      throw new IllegalArgumentException("arrays of different types");
    }
  }

  /** Copies one run. */
  public static void adjacent(Object in, int at, Object out, int place, int elements) {
    if (in instanceof float[] floats && out instanceof float[] results) {
      System.arraycopy(floats, at, results, place, elements);
    } else if (in instanceof byte[] bytes && out instanceof byte[] results) {
      System.arraycopy(bytes, at, results, place, elements);
    } else {
      throw new IllegalArgumentException("arrays of different types");
    }
  }

  private static void copyFloats(
      float[] in, int at, int step, float[] out, int place, int placeStep, int run, int count) {
    if (run >= MIN_RUN) {
      for (int i = 0; i < count; i++) {
        System.arraycopy(in, at + i * step, out, place + i * placeStep, run);
      }
      return;
    }
    // Column by column: the inner loop is the long one.
    for (int k = 0; k < run; k++) {
      for (int i = 0; i < count; i++) {
        out[place + k + i * placeStep] = in[at + k + i * step];
      }
    }
  }

  private static void copyBytes(
      byte[] in, int at, int step, byte[] out, int place, int placeStep, int run, int count) {
    switch (run) {
      case 2 -> {
        for (int i = 0; i < count; i++) {
          SHORT.set(out, place + i * placeStep, (short) SHORT.get(in, at + i * step));
        }
      }
      case 4 -> {
        for (int i = 0; i < count; i++) {
          INT.set(out, place + i * placeStep, (int) INT.get(in, at + i * step));
        }
      }
      case 8 -> {
        for (int i = 0; i < count; i++) {
          LONG.set(out, place + i * placeStep, (long) LONG.get(in, at + i * step));
        }
      }
      default -> {
        if (run > MIN_RUN) {
          for (int i = 0; i < count; i++) {
            System.arraycopy(in, at + i * step, out, place + i * placeStep, run);
          }
          return;
        }
        for (int k = 0; k < run; k++) {
          for (int i = 0; i < count; i++) {
            out[place + k + i * placeStep] = in[at + k + i * step];
          }
        }
      }
    }
  }

  /**
   * Copies numbered runs to adjacent places.
   *
   * @param at where run 0 is read
   * @param numbers of the runs, from {@code first} on
   * @param place where the first run is written
   * @param run the elements of a run
   * @param count how many runs are copied
   */
  public static void gather(
      Object in, int at, int[] numbers, int first, Object out, int place, int run, int count) {
    if (in instanceof float[] floats && out instanceof float[] results) {
      gatherFloats(floats, at, numbers, first, results, place, run, count);
    } else if (in instanceof byte[] bytes && out instanceof byte[] results) {
      gatherBytes(bytes, at, numbers, first, results, place, run, count);
    } else {
      throw new IllegalArgumentException("arrays of different types");
    }
  }

  private static void gatherFloats(
      float[] in, int at, int[] numbers, int first, float[] out, int place, int run, int count) {
    if (run == 1) {
      for (int i = 0; i < count; i++) {
        out[place + i] = in[at + numbers[first + i]];
      }
    } else if (run < MIN_RUN) {
      for (int i = 0; i < count; i++) {
        int from = at + numbers[first + i] * run;
        for (int k = 0; k < run; k++) {
          out[place + i * run + k] = in[from + k];
        }
      }
    } else {
      for (int i = 0; i < count; i++) {
        System.arraycopy(in, at + numbers[first + i] * run, out, place + i * run, run);
      }
    }
  }

  private static void gatherBytes(
      byte[] in, int at, int[] numbers, int first, byte[] out, int place, int run, int count) {
    switch (run) {
      case 1 -> {
        for (int i = 0; i < count; i++) {
          out[place + i] = in[at + numbers[first + i]];
        }
      }
      case 2 -> {
        for (int i = 0; i < count; i++) {
          SHORT.set(out, place + i * 2, (short) SHORT.get(in, at + numbers[first + i] * 2));
        }
      }
      case 4 -> {
        for (int i = 0; i < count; i++) {
          INT.set(out, place + i * 4, (int) INT.get(in, at + numbers[first + i] * 4));
        }
      }
      case 8 -> {
        for (int i = 0; i < count; i++) {
          LONG.set(out, place + i * 8, (long) LONG.get(in, at + numbers[first + i] * 8));
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          System.arraycopy(in, at + numbers[first + i] * run, out, place + i * run, run);
        }
      }
    }
  }
}
