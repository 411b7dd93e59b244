package dev.whittle.ir.op.common;

import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A kernel for 4-bit weights: it unpacks them to 8 bits and runs the kernel for those. */
public final class Int4WeightKernel implements Kernel {
  private final int operand;
  private final Kernel kernel;
  private final @Nullable Tensor constant;

  private Int4WeightKernel(int operand, Kernel kernel, @Nullable Tensor constant) {
    this.operand = operand;
    this.kernel = kernel;
    this.constant = constant;
  }

  /**
   * Returns a kernel for weights of any type. Constant weights are unpacked once.
   *
   * @param operands the operands
   * @param operand the index of the weights
   * @param kernel makes the kernel for weights that are not 4-bit integers
   */
  public static Kernel of(Operands operands, int operand, Function<Operands, Kernel> kernel) {
    Operand weights = operands.input(operand);
    if (weights.type() != TensorType.INT4) {
      return kernel.apply(operands);
    }
    Tensor known = weights.known();
    Tensor constant = known == null ? null : unpacked(known);
    var wide =
        new Operand(
            weights.name(), TensorType.INT8, weights.shape(), weights.quantization(), constant);
    return new Int4WeightKernel(operand, kernel.apply(operands.withInput(operand, wide)), constant);
  }

  private static Tensor unpacked(Tensor packed) {
    var wide = new Tensor(TensorType.INT8, packed.quantization(), Tensor.Allocator.AUTOMATIC);
    wide.resize(packed.dims());
    for (long i = 0; i < packed.elements(); i++) {
      wide.setByte(i, (byte) packed.getInteger(i));
    }
    return wide;
  }

  @Override
  public void run(Invocation invocation) {
    Tensor wide = constant == null ? unpacked(invocation.input(operand)) : constant;
    kernel.run(new Replaced(invocation, operand, wide));
  }

  /** An invocation with another tensor in place of an input. */
  private record Replaced(Invocation original, int operand, Tensor tensor) implements Invocation {
    @Override
    public int inputCount() {
      return original.inputCount();
    }

    @Override
    public int outputCount() {
      return original.outputCount();
    }

    @Override
    public boolean hasInput(int i) {
      return original.hasInput(i);
    }

    @Override
    public Tensor input(int i) {
      return i == operand ? tensor : original.input(i);
    }

    @Override
    public Tensor output(int i) {
      return original.output(i);
    }

    @Override
    public void runSubgraph(int graph, List<Tensor> inputs, List<Tensor> outputs) {
      original.runSubgraph(graph, inputs, outputs);
    }

    @Override
    public void runLoop(int condition, int body, List<Tensor> state) {
      original.runLoop(condition, body, state);
    }

    @Override
    public <T> T resource(Object key, Class<T> type, Supplier<T> create) {
      return original.resource(key, type, create);
    }
  }
}
