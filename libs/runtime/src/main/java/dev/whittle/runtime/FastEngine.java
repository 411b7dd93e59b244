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
 * Runs operators with fast kernels where there are some and with reference kernels elsewhere.
 * Integers are as the reference engine computes them; floats differ in their last bits, because
 * sums are in another order. Results depend neither on the number of threads nor on the processor.
 * Without the Vector API they are the same, later: where the module is absent, and where so few
 * runs are expected that they are over before its use is compiled.
 */
public final class FastEngine implements Engine {
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

  /** Fast kernels on arrays. */
  private static final class Fast implements Backend {
    /**
     * Work in all runs that is done without vectors before their loops would be compiled: these
     * take 0.5 s and more, and without vectors 16e9 multiply-adds take 0.5 s.
     */
    private static final long FEW = 16_000_000_000L;

    private final Model model;
    private final InterpreterOptions options;
    private final boolean vectors;
    private final PackedWeights weights;
    private @Nullable Workers workers;
    private @Nullable KernelSelector kernels;
    private @Nullable Fast withoutVectors;

    /**
     * Fast kernels.
     *
     * @param vectors whether they use the Vector API, where it is present
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
      if (runs == 0 || work.getAsLong() > FEW / runs) {
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
      // The reference kernel is asked for anyway: it says what is wrong with operands.
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
    public @Nullable Kernel gatedKernel(Kernel first, Kernel second, int place) {
      return kernels().gated(first, second, place);
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
