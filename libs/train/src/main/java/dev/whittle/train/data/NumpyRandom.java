package dev.whittle.train.data;

/**
 * NumPy's legacy generator {@code numpy.random.RandomState(seed)}, bit for bit: the Mersenne
 * Twister MT19937 (M. Matsumoto and T. Nishimura, 1998) and NumPy's distributions. Only the
 * logarithm in normal numbers may differ: it is rounded correctly here, while that of the C library
 * which NumPy calls may be off by one unit in the last place.
 */
public final class NumpyRandom {
  private static final int STATE_SIZE = 624;
  private static final int MIDDLE_OFFSET = 397;
  private static final int UPPER_MASK = 0x80000000;

  private final int[] state = new int[STATE_SIZE];
  private int position = STATE_SIZE;
  private double cachedNormal;
  private boolean hasCachedNormal;

  /** Creates the generator {@code RandomState(seed)}. */
  public NumpyRandom(int seed) {
    state[0] = seed;
    for (int i = 1; i < STATE_SIZE; i++) {
      state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    }
  }

  private int nextBits() {
    if (position == STATE_SIZE) {
      twist();
    }
    int y = state[position++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >>> 18);
  }

  private void twist() {
    for (int i = 0; i < STATE_SIZE; i++) {
      int y = (state[i] & UPPER_MASK) | (state[(i + 1) % STATE_SIZE] & ~UPPER_MASK);
      state[i] =
          state[(i + MIDDLE_OFFSET) % STATE_SIZE] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : 0x9908b0df);
    }
    position = 0;
  }

  /** Returns a uniformly distributed number in {@code [0, 1)} with 53 random bits. */
  public double nextDouble() {
    int high = nextBits() >>> 5;
    int low = nextBits() >>> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }

  /** Returns a uniformly distributed number in {@code [low, high)}. */
  public double uniform(double low, double high) {
    return low + (high - low) * nextDouble();
  }

  /** Returns a normally distributed number, by Marsaglia's polar method (1964). */
  public double normal(double mean, double deviation) {
    return mean + deviation * nextStandardNormal();
  }

  private double nextStandardNormal() {
    if (hasCachedNormal) {
      hasCachedNormal = false;
      return cachedNormal;
    }
    double x;
    double y;
    double square;
    do {
      x = 2 * nextDouble() - 1;
      y = 2 * nextDouble() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square == 0);
    double factor = Math.sqrt(-2 * Logarithm.of(square) / square);
    cachedNormal = factor * x;
    hasCachedNormal = true;
    return factor * y;
  }

  /**
   * Returns a uniformly distributed integer from 0 to {@code max}, by masked rejection.
   *
   * @param max at least 0
   */
  public int interval(int max) {
    if (max == 0) {
      return 0;
    }
    int mask = -1 >>> Integer.numberOfLeadingZeros(max);
    int value;
    do {
      value = nextBits() & mask;
    } while (value > max);
    return value;
  }

  /** Returns a random permutation of the integers from 0 to {@code count - 1}. */
  public int[] permutation(int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      order[i] = i;
    }
    for (int i = count - 1; i > 0; i--) {
      int j = interval(i);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }
}
