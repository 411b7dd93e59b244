package dev.whittle.tflite;

import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The buffers of a file under construction. Equal constants share one; buffer 0 is empty. */
final class BufferTable {
  private static final int SAMPLES = 64;

  private final List<Constant> buffers = new ArrayList<>();
  private final Map<Long, List<Integer>> byHash = new HashMap<>();

  BufferTable() {
    buffers.add(Constant.of(new byte[0]));
  }

  /** Returns the index of the buffer with a constant's bytes, which it adds if it is new. */
  int add(Constant constant) {
    if (constant.byteSize() == 0) {
      return 0;
    }
    List<Integer> candidates =
        byHash.computeIfAbsent(hash(constant.bytes()), k -> new ArrayList<>());
    for (int candidate : candidates) {
      if (buffers.get(candidate).equals(constant)) {
        return candidate;
      }
    }
    candidates.add(buffers.size());
    buffers.add(constant);
    return buffers.size() - 1;
  }

  List<Constant> all() {
    return buffers;
  }

  /** Hashes a sample of the bytes; buffers of equal hashes are compared in full. */
  private static long hash(MemorySegment bytes) {
    long size = bytes.byteSize();
    long step = Math.max(1, size / SAMPLES);
    long hash = size;
    for (long i = 0; i < size; i += step) {
      hash = hash * 31 + bytes.get(Tensor.BYTE, i);
    }
    return hash;
  }
}
