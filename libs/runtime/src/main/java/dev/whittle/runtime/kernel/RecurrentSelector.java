package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.recurrent.Lstm;
import dev.whittle.ir.op.recurrent.UnidirectionalSequenceLstm;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.runtime.kernel.recurrent.IntegerLstmKernel;
import dev.whittle.runtime.kernel.recurrent.LstmKernel;
import org.jspecify.annotations.Nullable;

/**
 * Chooses kernels for recurrent layers, whose weights must be constant. Projections, peepholes and
 * layer normalization have none.
 */
final class RecurrentSelector implements OperatorSelector {
  private final Workers workers;
  private final PackedWeights weights;

  RecurrentSelector(Workers workers, PackedWeights weights) {
    this.workers = workers;
    this.weights = weights;
  }

  @Override
  public @Nullable Kernel kernel(Op op, Operands operands) {
    return switch (op) {
      case UnidirectionalSequenceLstm lstm -> lstm(lstm, operands);
      case Lstm lstm when lstm.kernelType() == 0 -> lstm(asSequence(lstm), operands);
      default -> null;
    };
  }

  /** Returns a step as a sequence of one step: the operands have the same order. */
  private static UnidirectionalSequenceLstm asSequence(Lstm step) {
    return new UnidirectionalSequenceLstm(
        step.activation(),
        step.cellClip(),
        step.projectionClip(),
        false,
        step.asymmetricQuantizeInputs(),
        false);
  }

  private @Nullable Kernel lstm(UnidirectionalSequenceLstm op, Operands operands) {
    Kernel integers =
        IntegerLstmKernel.of(workers, weights, op.integerCell(operands), operands, op.timeMajor());
    return integers != null ? integers : LstmKernel.of(workers, weights, op, operands);
  }
}
