package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.ReferenceTable;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A lookup table for a function of an 8-bit integer: the reference kernel's 256 results. */
public final class LookupTable implements ElementwiseKernel, Workers.Task {
  private static final int SIZE = 256;

  private final Workers workers;
  private final byte[] bytes = new byte[SIZE];
  private final float[] floats = new float[SIZE];
  private final boolean toFloats;
  private final ByteArray input = new ByteArray();
  private final ByteArray output = new ByteArray();
  private final FloatArray floatOutput = new FloatArray();
  private int count;

  private LookupTable(Workers workers, boolean toFloats) {
    this.workers = workers;
    this.toFloats = toFloats;
  }

  /**
   * Tabulates an elementwise operator whose input is of 8-bit integers.
   *
   * @return null if the reference kernel rejects some of them
   */
  public static @Nullable LookupTable of(Workers workers, Op op, Operands operands) {
    TensorType type = operands.output(0).type();
    var all = new Tensor(operands.type(0), operands.input(0).quantization(), Tensor.Allocator.HEAP);
    all.resize(SIZE);
    for (int i = 0; i < SIZE; i++) {
      all.setByte(i, (byte) i);
    }
    var results = new Tensor(type, operands.output(0).quantization(), Tensor.Allocator.HEAP);
    results.resize(SIZE);
    if (!ReferenceTable.fill(op, operands, List.of(all), results)) {
      return null;
    }
    var table = new LookupTable(workers, type == TensorType.FLOAT32);
    for (int i = 0; i < SIZE; i++) {
      if (table.toFloats) {
        table.floats[i] = results.getFloat(i);
      } else {
        table.bytes[i] = results.getByte(i);
      }
    }
    return table;
  }

  /**
   * Returns the table of a gate {@code f(x) * x}, where this is the table of {@code f}; null if the
   * results are floats, or the kernel does not multiply.
   *
   * @param first whether {@code f(x)} is the first operand
   */
  public @Nullable LookupTable times(Int8Arithmetic product, boolean first) {
    if (toFloats || !product.isProduct()) {
      return null;
    }
    var products = new LookupTable(workers, false);
    for (int i = 0; i < SIZE; i++) {
      byte x = (byte) i;
      products.bytes[i] = first ? product.multiply(bytes[i], x) : product.multiply(x, bytes[i]);
    }
    return products;
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    if (toFloats) {
      floatOutput.bindOutput(invocation.output(0));
    } else {
      output.bindOutput(invocation.output(0));
    }
    count = Math.toIntExact(invocation.output(0).elements());
    workers.run(this, Workers.chunks(count));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int from = Workers.first(chunk);
    int part = Workers.length(chunk, count);
    byte[] in = input.array();
    int at = input.offset() + from;
    if (toFloats) {
      float[] out = floatOutput.array();
      int to = floatOutput.offset() + from;
      for (int i = 0; i < part; i++) {
        out[to + i] = floats[in[at + i] & 0xff];
      }
    } else {
      byte[] out = output.array();
      int to = output.offset() + from;
      for (int i = 0; i < part; i++) {
        out[to + i] = bytes[in[at + i] & 0xff];
      }
    }
  }
}
