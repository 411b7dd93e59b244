package dev.whittle.runtime.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The layout of an arena in which blocks share memory if their lifetimes do not overlap. Greedy by
 * size: the largest block first, each at the lowest free offset.
 */
final class ArenaLayout {
  /** The number of blocks, by size, that share memory: the search for offsets is quadratic. */
  private static final int MAX_SHARED = 8192;

  private final List<Block> blocks = new ArrayList<>();
  private long size;

  /** A block that is live from step {@code first} to step {@code last}, inclusive. */
  static final class Block {
    private final long bytes;
    private final int first;
    private final int last;
    private long offset;

    private Block(long bytes, int first, int last) {
      this.bytes = bytes;
      this.first = first;
      this.last = last;
    }

    long offset() {
      return offset;
    }

    private boolean overlaps(Block other) {
      return first <= other.last && other.first <= last;
    }
  }

  /** Adds a block, whose offset is known after {@link #place}. */
  Block add(long bytes, int first, int last) {
    long aligned = Math.ceilDiv(bytes, MemoryLimit.ALIGNMENT) * MemoryLimit.ALIGNMENT;
    var block = new Block(aligned, first, last);
    blocks.add(block);
    return block;
  }

  /** Assigns every block an offset and returns the size of the arena in bytes. */
  long place() {
    List<Block> bySize = new ArrayList<>(blocks);
    bySize.sort(Comparator.comparingLong((Block b) -> b.bytes).reversed());
    List<Block> placed = new ArrayList<>();
    for (Block block : bySize) {
      if (placed.size() < MAX_SHARED) {
        block.offset = lowestFree(block, placed);
        insertByOffset(placed, block);
      } else {
        block.offset = size;
      }
      size = Math.max(size, Math.addExact(block.offset, block.bytes));
    }
    return size;
  }

  private static long lowestFree(Block block, List<Block> placed) {
    long offset = 0;
    for (Block other : placed) {
      if (!other.overlaps(block)) {
        continue;
      }
      if (other.offset - offset >= block.bytes) {
        return offset;
      }
      offset = Math.max(offset, other.offset + other.bytes);
    }
    return offset;
  }

  private static void insertByOffset(List<Block> placed, Block block) {
    int index = 0;
    while (index < placed.size() && placed.get(index).offset <= block.offset) {
      index++;
    }
    placed.add(index, block);
  }
}
