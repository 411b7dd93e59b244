package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.index.Where;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.depthwise.DepthwiseConvolution;
import dev.whittle.runtime.kernel.depthwise.PointwiseDepthwise;
import dev.whittle.runtime.kernel.elementwise.FloatBinaryKernel;
import dev.whittle.runtime.kernel.elementwise.FloatUnaryKernel;
import dev.whittle.runtime.kernel.elementwise.Int8Arithmetic;
import dev.whittle.runtime.kernel.elementwise.LookupTable;
import dev.whittle.runtime.kernel.execution.ArrayMemory;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.FloatGemm;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.runtime.kernel.geometry.ArraySizeException;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import dev.whittle.runtime.kernel.simd.MicroKernels.Unary;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The choice of fast kernels for one session. Nodes of static shapes of fewer than 2^30 elements
 * get a fast kernel if one of the selectors has it; all others run their reference kernels. Integer
 * results equal those of the reference kernels; sums of floats are in another order and differ in
 * their last bits. The session's tensors must be in {@link ArrayMemory}; its kernels share threads
 * and scratch buffers.
 */
public final class KernelSelector {

  private final Workers workers;
  private final GemmSelector layers;

  /** In the order in which they are asked: the operators that most models have come first. */
  private final List<OperatorSelector> selectors;

  /**
   * A selector for one session.
   *
   * @param workers the session's threads, which run the kernels
   * @param weights the packed weights of the model, shared with its other sessions
   */
  public KernelSelector(Workers workers, PackedWeights weights) {
    this.workers = workers;
    this.layers = new GemmSelector(workers, weights);
    this.selectors =
        List.of(
            layers,
            new ElementwiseSelector(workers),
            new ReductionSelector(workers),
            new MoveSelector(workers),
            new RecurrentSelector(workers, weights));
  }

  /** Returns the fast kernel for a node, or null if its reference kernel is to run. */
  public @Nullable Kernel kernel(Op op, Operands operands) {
    if (operands.inputCount() == 0 || operands.outputCount() == 0) {
      return null;
    }
    // The shape of WHERE's output depends on the contents of its input.
    boolean isStatic = op instanceof Where ? isStatic(operands.shape(0)) : areStatic(operands);
    if (!isStatic) {
      return null;
    }
    try {
      for (OperatorSelector selector : selectors) {
        Kernel kernel = selector.kernel(op, operands);
        if (kernel != null) {
          return kernel;
        }
      }
      return null;
    } catch (ArraySizeException e) {
      return null;
    }
  }

  /**
   * Returns the fast kernel for a convolution without padding of its own that pads its input with
   * zeros.
   *
   * @param operands the convolution's operands, with the unpadded input
   * @param top rows of padding before the input
   * @param left columns of padding before the input
   * @return null if there is none
   */
  public @Nullable Kernel padded(Op op, Operands operands, int top, int left) {
    if (!areStatic(operands)) {
      return null;
    }
    try {
      if (op instanceof Conv2D conv && conv.padding() == Padding.VALID) {
        return layers.convolution(conv, operands, top, left);
      }
      if (op instanceof DepthwiseConv2D conv && conv.padding() == Padding.VALID) {
        return layers.depthwise(conv, operands, top, left);
      }
      return null;
    } catch (ArraySizeException e) {
      return null;
    }
  }

  /**
   * Returns one kernel for two nodes, of which only the second reads the first's output. It reads
   * the first node's input instead.
   *
   * @return null if there is none, or it would be no faster
   */
  public @Nullable Kernel fused(Kernel first, Kernel second) {
    try {
      return first instanceof FloatGemm expansion
              && second instanceof DepthwiseConvolution depthwise
          ? PointwiseDepthwise.of(workers, expansion, depthwise)
          : null;
    } catch (ArraySizeException e) {
      return null;
    }
  }

  /**
   * Returns one kernel for a gate {@code f(x, g(x))}, such as a product of a value and its
   * logistic.
   *
   * @param first the kernel of {@code g}, whose output only the second kernel reads
   * @param second the kernel of {@code f}
   * @param place which input of the second kernel is the first one's output
   * @return null if there is none
   */
  public @Nullable Kernel gated(Kernel first, Kernel second, int place) {
    if (first instanceof LookupTable gate && second instanceof Int8Arithmetic product) {
      return gate.times(product, place == 0);
    }
    return first instanceof FloatUnaryKernel gate
            && gate.is(Unary.LOGISTIC)
            && second instanceof FloatBinaryKernel product
            && product.isPlain(Binary.MUL)
        ? FloatUnaryKernel.of(workers, Unary.SWISH)
        : null;
  }

  /** Returns whether a kernel is one of the fast kernels, and not an operator's own. */
  public boolean isFast(Kernel kernel) {
    return kernel.getClass().getPackageName().startsWith(KernelSelector.class.getPackageName());
  }

  /** Returns the name of a kernel in plans. */
  public String describe(Kernel kernel) {
    if (!isFast(kernel)) {
      return "reference";
    }
    String name = kernel.getClass().getNestHost().getSimpleName();
    return "fast: " + name + (workers.mayUseVectors() ? "" : ", without vectors");
  }

  private static boolean areStatic(Operands operands) {
    for (int i = 0; i < operands.inputCount(); i++) {
      if (operands.hasInput(i) && !isStatic(operands.shape(i))) {
        return false;
      }
    }
    for (int i = 0; i < operands.outputCount(); i++) {
      if (!isStatic(operands.output(i).shape())) {
        return false;
      }
    }
    return true;
  }

  private static boolean isStatic(Shape shape) {
    return shape.isStatic() && shape.elements() < 1L << 30;
  }

  /** Returns whether a type is {@code INT8} or {@code UINT8}. */
  static boolean isByte(TensorType type) {
    return type == TensorType.INT8 || type == TensorType.UINT8;
  }
}
