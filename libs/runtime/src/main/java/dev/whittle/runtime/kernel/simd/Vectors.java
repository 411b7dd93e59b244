package dev.whittle.runtime.kernel.simd;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The species of the micro-kernels' vectors, and operations that several kernels use. */
final class Vectors {
  /** Bits of a vector: those of the processor, or fewer to test narrower vectors. */
  private static final int BITS =
      Integer.getInteger("whittle.vector.bits", FloatVector.SPECIES_PREFERRED.vectorBitSize());

  static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(BITS));

  /** Floats of a vector. */
  static final int LANES = FLOATS.length();

  static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());

  /**
   * Vectors of as many bytes as {@link #FLOATS} has lanes, or of more if there are none so short.
   */
  static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * LANES)));

  /** True if {@link #BYTES} has as many lanes as {@link #FLOATS}. */
  static final boolean HAS_BYTES = BYTES.length() == LANES;

  /** Vectors of bytes of the same width as {@link #FLOATS}. */
  static final VectorSpecies<Byte> WIDE_BYTES = VectorSpecies.of(byte.class, FLOATS.vectorShape());

  /** See {@link ScalarFunctions#ROUNDER}. */
  static final float ROUNDER = ScalarFunctions.ROUNDER;

  /**
   * True if the compiler strip-mines counted loops, so that threads can stop between strips. It
   * does so by default with the collectors G1, ZGC and Shenandoah. With Serial (the default in
   * containers of one processor) and Parallel it does not; it then schedules loops in another way,
   * and loops that need all of 16 registers keep an accumulator in memory.
   */
  static final boolean IS_STRIP_MINING = isStripMining();

  private Vectors() {}

  /** Returns false if the virtual machine does not provide the option. */
  private static boolean isStripMining() {
    try {
      HotSpotDiagnosticMXBean options =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return options != null
          && Boolean.parseBoolean(options.getVMOption("UseCountedLoopSafepoints").getValue());
    } catch (RuntimeException | LinkageError e) {
      return false;
    }
  }

  /** Clamps by comparing and blending: {@code max} and {@code min} treat NaN and zeros, slowly. */
  static FloatVector clamp(FloatVector x, FloatVector min, FloatVector max) {
    FloatVector raised = x.blend(min, x.lt(min));
    return raised.blend(max, raised.compare(VectorOperators.GT, max));
  }

  static IntVector toInts(FloatVector integers) {
    return (IntVector) integers.convert(VectorOperators.F2I, 0);
  }

  /**
   * Stores the low bytes of integers.
   *
   * @param wide a buffer for one vector, for species without {@link #HAS_BYTES}
   */
  static void store(IntVector integers, byte[] output, int to, int[] wide) {
    if (HAS_BYTES) {
      ((ByteVector) integers.castShape(BYTES, 0)).intoArray(output, to);
      return;
    }
    integers.intoArray(wide, 0);
    for (int lane = 0; lane < LANES; lane++) {
      output[to + lane] = (byte) wide[lane];
    }
  }

  /** Loads element {@code i} of the left operand and those after it, or its only element. */
  static FloatVector left(float[] array, BinaryLoop loop, int i) {
    return loop.leftStep == 0
        ? FloatVector.broadcast(FLOATS, array[loop.leftOffset])
        : FloatVector.fromArray(FLOATS, array, loop.leftOffset + i);
  }

  /** Loads element {@code i} of the right operand and those after it, or its only element. */
  static FloatVector right(float[] array, BinaryLoop loop, int i) {
    return loop.rightStep == 0
        ? FloatVector.broadcast(FLOATS, array[loop.rightOffset])
        : FloatVector.fromArray(FLOATS, array, loop.rightOffset + i);
  }
}
