package dev.whittle.runtime;

import dev.whittle.ir.Model;
import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.KernelSelector;
import dev.whittle.runtime.kernel.execution.ArrayMemory;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.runtime.kernel.simd.VectorModule;
import dev.whittle.runtime.plan.Backend;
import dev.whittle.runtime.plan.PlannedSession;
import dev.whittle.runtime.session.Session;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The default engine: fast kernels for most operators, reference kernels for the others. Integer
 * results equal those of the reference engine; float results differ in their last bits, because
 * sums are in another order. Results depend neither on the number of threads nor on the processor,
 * nor on whether kernels use the Vector API. They do without it if its module is absent, and in
 * short-lived sessions ({@link InterpreterOptions#expectedRuns}), which would end before the
 * virtual machine has compiled vector code.
 */
public final class FastEngine implements Engine {
  /** The engine's name. */
  public static final String NAME = "fast";

  FastEngine() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Session open(Model model, @Nullable MemorySegment file, InterpreterOptions options) {
    ReferenceEngine.requireKnownOperators(model);
    return new PlannedSession(model, options.maxMemory(), new Fast(model, options, true));
  }

  /** A backend of fast kernels, whose tensors are in arrays. */
  private static final class Fast implements Backend {
    /**
     * Multiply-adds of all runs up to which kernels do without vectors: by then, vector code would
     * just have been compiled. See decision 022.
     */
    private static final long MAX_WORK_WITHOUT_VECTORS = 16_000_000_000L;

    private final Model model;
    private final InterpreterOptions options;
    private final boolean vectors;
    private final PackedWeights weights;
    private @Nullable Workers workers;
    private @Nullable KernelSelector kernels;
    private @Nullable Fast withoutVectors;

    /**
     * A backend.
     *
     * @param vectors whether kernels use the Vector API, if its module is present
     */
    Fast(Model model, InterpreterOptions options, boolean vectors) {
      this.model = model;
      this.options = options;
      this.vectors = vectors;
      this.weights = PackedWeights.of(model);
    }

    @Override
    public Backend forWork(LongSupplier work) {
      long runs = options.expectedRuns();
      if (runs == 0 || work.getAsLong() > MAX_WORK_WITHOUT_VECTORS / runs) {
        return this;
      }
      if (withoutVectors == null) {
        withoutVectors = new Fast(model, options, false);
      }
      return withoutVectors;
    }

    private KernelSelector kernels() {
      if (kernels == null) {
        if (vectors) {
          VectorModule.recommend();
        }
        workers = new Workers(options.threads(), vectors);
        kernels = new KernelSelector(workers, weights);
      }
      return kernels;
    }

    @Override
    public Kernel kernel(Op op, Operands operands) {
      // The reference kernel is created in any case, because that checks the operands.
      Kernel reference = op.kernel(operands);
      Kernel chosen = kernels().kernel(op, operands);
      return chosen == null ? reference : chosen;
    }

    @Override
    public @Nullable Kernel paddedKernel(Op op, Operands operands, int top, int left) {
      return kernels().padded(op, operands, top, left);
    }

    @Override
    public @Nullable Kernel fusedKernel(Kernel first, Kernel second) {
      return kernels().fused(first, second);
    }

    @Override
    public @Nullable Kernel gatedKernel(Kernel first, Kernel second, int gateInput) {
      return kernels().gated(first, second, gateInput);
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
    public boolean isReference(Kernel kernel) {
      return !kernels().isFast(kernel);
    }

    @Override
    public String describe(Kernel kernel) {
      return kernels().describe(kernel);
    }

    @Override
    public void close() {
      if (workers != null) {
        workers.close();
      }
      if (withoutVectors != null) {
        withoutVectors.close();
      }
    }
  }
}
