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

/** The kernels and the memory of an engine, for the plans of one session. */
public interface Backend extends AutoCloseable {
  /**
   * Returns the backend for a plan, which may depend on the work of its runs. It is closed with
   * this backend.
   *
   * @param work multiply-adds of one run, as {@link PlanWork} estimates them
   */
  default Backend forWork(LongSupplier work) {
    return this;
  }

  /**
   * Returns the kernel for a node.
   *
   * @throws dev.whittle.ir.tensor.OperandException if there is none for such operands
   */
  Kernel kernel(Op op, Operands operands);

  /**
   * Returns the kernel for a convolution without padding of its own that pads its input with zeros.
   *
   * @param operands the convolution's operands, with the unpadded input
   * @param top rows of padding before the input
   * @param left columns of padding before the input
   * @return null if there is none
   */
  @Nullable Kernel paddedKernel(Op op, Operands operands, int top, int left);

  /**
   * Returns one kernel for two nodes, of which only the second reads the first's output. It reads
   * the first node's input instead.
   *
   * @return null if there is none
   */
  @Nullable Kernel fusedKernel(Kernel first, Kernel second);

  /**
   * Returns one kernel for a gate {@code f(x, g(x))}: a node of one input, and the node of two
   * inputs that alone reads its output and also reads its input. The kernel has that input twice.
   *
   * @param first the kernel of {@code g}
   * @param second the kernel of {@code f}
   * @param gateInput which input of the second node is the first one's output
   * @return null if there is none
   */
  @Nullable Kernel gatedKernel(Kernel first, Kernel second, int gateInput);

  /**
   * Allocates memory for tensors, all of them float tensors or none of them.
   *
   * @param floats whether they are float tensors
   * @throws OutOfMemoryError if there is not enough memory
   */
  MemorySegment allocate(long bytes, boolean floats);

  /**
   * Returns whether plans may fold constants and padding, fuse nodes and let values share memory.
   * Otherwise each node runs and each value has memory of its own.
   */
  boolean optimizes();

  /**
   * Returns computed constants that depend on the model alone, which its sessions may share.
   *
   * @param value the id of the value that identifies them
   * @param compute computes them, if no session has done so
   */
  List<Tensor> constants(int graph, int value, Supplier<List<Tensor>> compute);

  /** Returns whether a kernel is an operator's reference kernel. */
  boolean isReference(Kernel kernel);

  /** Returns the name of a kernel in plans, such as {@code fast: FloatGemm}. */
  String describe(Kernel kernel);

  @Override
  default void close() {}
}
