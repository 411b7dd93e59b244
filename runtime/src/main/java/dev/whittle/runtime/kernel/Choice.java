package dev.whittle.runtime.kernel;

/** One of two elements of 32 bits each, by a truth value. */
final class Choice extends BlockKernel implements ElementwiseKernel {
  private final BlockOperand condition;
  private final BlockOperand held;
  private final BlockOperand other;

  /**
   * A choice.
   *
   * @param held what is chosen where the condition is true
   */
  Choice(
      Workers workers, int count, BlockOperand condition, BlockOperand held, BlockOperand other) {
    super(workers, count, condition, held, other);
    this.condition = condition;
    this.held = held;
    this.other = other;
  }

  @Override
  void block(Scratch scratch, int from, int count) {
    int[] bits = scratch.integers();
    byte[] truth = scratch.bytes(BLOCK);
    condition.read(from, truth, 0, count);
    held.read(from, bits, 0, count);
    other.read(from, bits, BLOCK, count);
    for (int i = 0; i < count; i++) {
      // All ones where the byte is not zero: conditions that nobody can foresee take no jump.
      int mask = (truth[i] | -truth[i]) >> 31;
      bits[i] = (bits[i] & mask) | (bits[BLOCK + i] & ~mask);
    }
    store(bits, from, count);
  }
}
