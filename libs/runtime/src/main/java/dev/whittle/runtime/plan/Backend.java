package dev.whittle.runtime.plan;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What an engine plans with: its kernels and its memory. One for each session. */
public interface Backend extends AutoCloseable {
  /**
   * What plans of that much work are made with. Closed with this one.
   *
   * @param work of one run, as {@link PlanWork} counts it
   */
  default Backend forWork(LongSupplier work) {
    return this;
  }

  /**
   * The kernel for operands of these types, extents and parameters.
   *
   * @throws dev.whittle.ir.tensor.OperandException if there is none
   */
  Kernel kernel(Op op, Operands operands);

  /**
   * The kernel of a convolution without padding of its own whose input has a rim of zeros; null
   * where there is none for such.
   *
   * @param operands with the input as it is without the rim
   * @param top rows of the rim before the input
   * @param left columns before it
   */
  @Nullable Kernel paddedKernel(Op op, Operands operands, int top, int left);

  /**
   * One kernel for two, the second of which alone reads what the first computes; it reads the
   * first's input in place of it. Null where there is none.
   */
  @Nullable Kernel fusedKernel(Kernel first, Kernel second);

  /**
   * One kernel for two of one and two inputs, the second of which alone reads what the first
   * computes, and beside it what the first reads. It reads that twice. Null where there is none.
   *
   * @param place which input of the second is what the first computes
   */
  @Nullable Kernel gatedKernel(Kernel first, Kernel second, int place);

  /**
   * Memory for tensors, all of the same kind.
   *
   * @param floats whether they are float tensors
   */
  MemorySegment allocate(long bytes, boolean floats);

  /**
   * Whether plans may compute constants ahead, share memory between values and let kernels write
   * where their results are wanted. If not, each value has its own place and each node runs.
   */
  boolean optimizes();

  /**
   * Constants that depend on the model alone, computed unless a session of the same model has done
   * so.
   *
   * @param value that identifies them
   */
  List<Tensor> constants(int graph, int value, Supplier<List<Tensor>> compute);

  /** Returns whether a kernel is an operator's reference kernel. */
  boolean isReference(Kernel kernel);

  /** Returns the name of a kernel in plans, such as {@code fast: FloatGemm}. */
  String describe(Kernel kernel);

  @Override
  default void close() {}
}
