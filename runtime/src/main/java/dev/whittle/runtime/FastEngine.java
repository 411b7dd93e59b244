package dev.whittle.runtime;

import dev.whittle.ir.Model;
import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.runtime.kernel.ArrayMemory;
import dev.whittle.runtime.kernel.FastKernels;
import dev.whittle.runtime.kernel.PackedWeights;
import dev.whittle.runtime.kernel.VectorModule;
import dev.whittle.runtime.kernel.Workers;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs operators with fast kernels where there are some and with reference kernels elsewhere.
 * Integers are as the reference engine computes them; floats differ in their last bits, because
 * sums are in another order. Results depend neither on the number of threads nor on the processor.
 * Without the Vector API they are the same, later.
 */
public final class FastEngine implements Engine {
  public static final String NAME = "fast";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Session open(Model model, @Nullable MemorySegment file, InterpreterOptions options) {
    ReferenceEngine.requireKnownOperators(model);
    VectorModule.recommend();
    return new PlannedSession(model, options, new Fast(model, options.threads()));
  }

  /** Fast kernels on arrays. */
  private static final class Fast implements Backend {
    private final Workers workers;
    private final PackedWeights weights;
    private final FastKernels kernels;

    Fast(Model model, int threads) {
      workers = new Workers(threads);
      weights = PackedWeights.of(model);
      kernels = new FastKernels(workers, weights);
    }

    @Override
    public Kernel kernel(Op op, Operands operands) {
      // The reference kernel is asked for anyway: it says what is wrong with operands.
      Kernel reference = op.kernel(operands);
      Kernel chosen = kernels.kernel(op, operands);
      return chosen == null ? reference : chosen;
    }

    @Override
    public @Nullable Kernel paddedKernel(Op op, Operands operands, int top, int left) {
      return kernels.padded(op, operands, top, left);
    }

    @Override
    public @Nullable Kernel fusedKernel(Kernel first, Kernel second) {
      return kernels.fused(first, second);
    }

    @Override
    public MemorySegment allocate(long bytes, boolean floats) {
      return ArrayMemory.allocate(bytes, floats);
    }

    @Override
    public boolean optimizes() {
      return true;
    }

    @Override
    public List<Tensor> constants(int graph, int value, Supplier<List<Tensor>> compute) {
      return weights.constants(graph, value, compute);
    }

    @Override
    public String describe(Kernel kernel) {
      return kernels.describe(kernel);
    }

    @Override
    public void close() {
      workers.close();
    }
  }
}
