package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.recurrent.BidirectionalSequenceLstm;
import dev.whittle.ir.op.recurrent.BidirectionalSequenceRnn;
import dev.whittle.ir.op.recurrent.IntegerLstmCell;
import dev.whittle.ir.op.recurrent.Lstm;
import dev.whittle.ir.op.recurrent.Rnn;
import dev.whittle.ir.op.recurrent.Svdf;
import dev.whittle.ir.op.recurrent.UnidirectionalSequenceLstm;
import dev.whittle.ir.op.recurrent.UnidirectionalSequenceRnn;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.runtime.kernel.recurrent.IntegerLstmKernel;
import dev.whittle.runtime.kernel.recurrent.IntegerSvdfKernel;
import dev.whittle.runtime.kernel.recurrent.LayerPair;
import dev.whittle.runtime.kernel.recurrent.LstmKernel;
import dev.whittle.runtime.kernel.recurrent.RnnKernel;
import dev.whittle.runtime.kernel.recurrent.SvdfKernel;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Chooses kernels for recurrent layers, whose weights must be constant. Projections, peepholes,
 * layer normalization and auxiliary inputs have none.
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
      case UnidirectionalSequenceLstm lstm ->
          lstm(
              operands,
              () -> lstm.integerCell(operands),
              lstm.timeMajor(),
              lstm.diagonalRecurrentTensors(),
              new LstmKernel.Settings(
                  lstm.activation(), lstm.cellClip(), lstm.asymmetricQuantizeInputs()));
      case Lstm lstm when lstm.kernelType() == 0 ->
          lstm(
              operands,
              () -> lstm.integerCell(operands),
              false,
              false,
              new LstmKernel.Settings(
                  lstm.activation(), lstm.cellClip(), lstm.asymmetricQuantizeInputs()));
      case BidirectionalSequenceLstm lstm -> bidirectional(lstm, operands);
      case Rnn rnn -> rnn(operands, rnn.activation(), rnn.asymmetricQuantizeInputs(), false);
      case UnidirectionalSequenceRnn rnn ->
          rnn(operands, rnn.activation(), rnn.asymmetricQuantizeInputs(), rnn.timeMajor());
      case BidirectionalSequenceRnn rnn -> bidirectional(rnn, operands);
      case Svdf svdf ->
          operands.type(0) == TensorType.INT8
              ? IntegerSvdfKernel.of(workers, weights, svdf, operands)
              : SvdfKernel.of(workers, weights, svdf, operands);
      default -> null;
    };
  }

  /**
   * Returns the kernel of an operator with one layer, whose operands are those of a sequence.
   *
   * @param integers makes the arithmetic of a layer of integers; null for others
   */
  private @Nullable Kernel lstm(
      Operands operands,
      Supplier<@Nullable IntegerLstmCell> integers,
      boolean timeMajor,
      boolean diagonal,
      LstmKernel.Settings settings) {
    boolean normalized = false;
    for (int i = 20; i < operands.inputCount(); i++) {
      normalized |= operands.hasInput(i);
    }
    if (diagonal || normalized) {
      return null;
    }
    IntegerLstmCell cell = integers.get();
    if (cell != null) {
      return IntegerLstmKernel.of(workers, weights, cell, operands, timeMajor);
    }
    var layer = new LstmKernel.Layer(0, 1, 18, timeMajor, false, 0, 0);
    return LstmKernel.of(workers, weights, layer, settings, operands);
  }

  private @Nullable Kernel bidirectional(BidirectionalSequenceLstm op, Operands operands) {
    if (operands.hasInput(39)) {
      return null;
    }
    var settings =
        new LstmKernel.Settings(op.activation(), op.cellClip(), op.asymmetricQuantizeInputs());
    boolean timeMajor = op.timeMajor();
    boolean merged = op.mergeOutputs();
    int offset = merged ? operands.shape(35).dim(1) : 0;
    var forward = new LstmKernel.Layer(0, 1, 35, timeMajor, false, 0, 0);
    var backward = new LstmKernel.Layer(0, 18, 37, timeMajor, true, merged ? 0 : 1, offset);
    return pair(
        LstmKernel.of(workers, weights, forward, settings, operands),
        LstmKernel.of(workers, weights, backward, settings, operands));
  }

  private @Nullable Kernel rnn(
      Operands operands, Activation activation, boolean asymmetric, boolean timeMajor) {
    var layer = new RnnKernel.Layer(0, 1, timeMajor, false, 0, 0);
    return RnnKernel.of(workers, weights, layer, activation, asymmetric, operands);
  }

  private @Nullable Kernel bidirectional(BidirectionalSequenceRnn op, Operands operands) {
    if (operands.hasInput(9)) {
      return null;
    }
    boolean timeMajor = op.timeMajor();
    boolean merged = op.mergeOutputs();
    int offset = merged ? operands.shape(1).dim(0) : 0;
    var forward = new RnnKernel.Layer(0, 1, timeMajor, false, 0, 0);
    var backward = new RnnKernel.Layer(0, 5, timeMajor, true, merged ? 0 : 1, offset);
    boolean asymmetric = op.asymmetricQuantizeInputs();
    return pair(
        RnnKernel.of(workers, weights, forward, op.activation(), asymmetric, operands),
        RnnKernel.of(workers, weights, backward, op.activation(), asymmetric, operands));
  }

  private static @Nullable Kernel pair(@Nullable Kernel forward, @Nullable Kernel backward) {
    return forward == null || backward == null ? null : new LayerPair(forward, backward);
  }
}
