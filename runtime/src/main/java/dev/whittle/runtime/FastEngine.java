package dev.whittle.runtime;

import dev.whittle.ir.Model;
import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.runtime.kernel.FastKernels;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Runs operators with fast kernels where there are some and with reference kernels elsewhere.
 * Integers are as the reference engine computes them; floats differ in their last bits, because
 * sums are in another order.
 */
final class FastEngine implements Engine {
  static final String NAME = "fast";

  /** Whether the Vector API has been added to the virtual machine. */
  static boolean isAvailable() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Session open(Model model, @Nullable MemorySegment file, InterpreterOptions options) {
    ReferenceEngine.requireKnownOperators(model);
    var fast = new FastKernels();
    return new PlannedSession(model, options, (op, operands) -> kernel(fast, op, operands));
  }

  private static Kernel kernel(FastKernels fast, Op op, Operands operands) {
    // The reference kernel is asked for anyway: it says what is wrong with operands.
    Kernel reference = op.kernel(operands);
    Kernel chosen = fast.kernel(op, operands);
    return chosen == null ? reference : chosen;
  }
}
