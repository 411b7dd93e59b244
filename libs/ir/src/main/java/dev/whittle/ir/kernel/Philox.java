package dev.whittle.ir.kernel;

import java.util.concurrent.ThreadLocalRandom;

/**
 * The counter-based random number generator of TensorFlow: Philox 4x32 with 10 rounds (J. Salmon et
 * al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
 */
public final class Philox {
  private static final int ROUNDS = 10;

  private final int key0;
  private final int key1;
  private final int[] counter = new int[4];
  private final int[] block = new int[4];
  private int used = 4;

  /**
   * Makes a generator.
   *
   * @param seed the key; if both seeds are 0, the generator draws a random key
   * @param seed2 the upper half of the counter
   */
  public Philox(long seed, long seed2) {
    boolean random = seed == 0 && seed2 == 0;
    long key = random ? ThreadLocalRandom.current().nextLong() : seed;
    key0 = (int) key;
    key1 = (int) (key >>> 32);
    counter[2] = (int) seed2;
    counter[3] = (int) (seed2 >>> 32);
  }

  /** Discards the rest of the present block of four words: the next draw begins a new block. */
  public void alignToBlock() {
    used = 4;
  }

  /** Returns 32 random bits. */
  public int nextBits() {
    if (used == 4) {
      fillBlock();
      used = 0;
    }
    return block[used++];
  }

  /** Returns a number in {@code [0, 1)} with 23 random bits. */
  public float nextFloat() {
    return Float.intBitsToFloat((nextBits() & 0x7fffff) | 127 << 23) - 1;
  }

  /** Returns a number in {@code [0, 1)} with 52 random bits. */
  public double nextDouble() {
    long high = nextBits() & 0xfffffL;
    long low = nextBits() & 0xffffffffL;
    return Double.longBitsToDouble(high << 32 | low | 1023L << 52) - 1;
  }

  private void fillBlock() {
    int a = counter[0];
    int b = counter[1];
    int c = counter[2];
    int d = counter[3];
    int k0 = key0;
    int k1 = key1;
    for (int round = 0; round < ROUNDS; round++) {
      long first = (a & 0xffffffffL) * 0xd2511f53L;
      long second = (c & 0xffffffffL) * 0xcd9e8d57L;
      a = (int) (second >>> 32) ^ b ^ k0;
      b = (int) second;
      c = (int) (first >>> 32) ^ d ^ k1;
      d = (int) first;
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    block[0] = a;
    block[1] = b;
    block[2] = c;
    block[3] = d;
    for (int i = 0; i < 4 && ++counter[i] == 0; i++) {
      // Carries into the next word.
    }
  }
}
