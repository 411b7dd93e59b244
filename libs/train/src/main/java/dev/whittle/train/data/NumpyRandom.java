package dev.whittle.train.data;

/**
 * The numbers of NumPy's legacy generator {@code numpy.random.RandomState(seed)}: a Mersenne
 * Twister (M. Matsumoto and T. Nishimura, 1998) and the ways that NumPy draws from it, bit for bit.
 * The one freedom is the logarithm in normal numbers: here it is rounded correctly, while the C
 * library that NumPy calls may be off by one unit in the last place in about 2 of 1,000 cases.
 */
public final class NumpyRandom {
  private static final int SIZE = 624;
  private static final int MIDDLE = 397;
  private static final int UPPER = 0x80000000;

  private final int[] state = new int[SIZE];
  private int position = SIZE;
  private double cachedNormal;
  private boolean hasCachedNormal;

  /** A generator as {@code RandomState(seed)} starts it. */
  public NumpyRandom(int seed) {
    state[0] = seed;
    for (int i = 1; i < SIZE; i++) {
      state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    }
  }

  private int nextBits() {
    if (position == SIZE) {
      twist();
    }
    int y = state[position++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >>> 18);
  }

  private void twist() {
    for (int i = 0; i < SIZE; i++) {
      int y = (state[i] & UPPER) | (state[(i + 1) % SIZE] & ~UPPER);
      state[i] = state[(i + MIDDLE) % SIZE] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : 0x9908b0df);
    }
    position = 0;
  }

  /** A number in {@code [0, 1)} with 53 random bits. */
  public double nextDouble() {
    int high = nextBits() >>> 5;
    int low = nextBits() >>> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }

  /** A number in {@code [low, high)}. */
  public double uniform(double low, double high) {
    return low + (high - low) * nextDouble();
  }

  /** A normally distributed number, by Marsaglia's polar method, which makes two at a time. */
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

  /** A whole number in {@code 0..greatest}, by masking and rejection. */
  public int interval(int greatest) {
    if (greatest == 0) {
      return 0;
    }
    int mask = -1 >>> Integer.numberOfLeadingZeros(greatest);
    int value;
    do {
      value = nextBits() & mask;
    } while (value > greatest);
    return value;
  }

  /** The numbers {@code 0..count - 1} in random order. */
  public int[] permutation(int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      order[i] = i;
    }
    for (int i = count - 1; i > 0; i--) {
      int j = interval(i);
      int moved = order[i];
      order[i] = order[j];
      order[j] = moved;
    }
    return order;
  }
}
