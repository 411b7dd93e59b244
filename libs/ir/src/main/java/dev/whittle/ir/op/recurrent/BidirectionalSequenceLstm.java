package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Two {@link UnidirectionalSequenceLstm} layers on a sequence, one forward and one backward.
 * Operands 1 to 17 are the weights of the forward layer and 18 to 34 those of the backward layer.
 * Operands 35 to 38 are the output and cell states of both, which are variables. Operand 39 is an
 * optional auxiliary sequence. With auxiliary weights (operands 40 to 43 and 44 to 47), it is a
 * second input of both layers; without, it is the only input of the backward layer.
 *
 * @param activation the activation of the cells' input and state
 * @param cellClip the bound of the magnitude of cell states; 0 for none
 * @param projectionClip the bound of the magnitude of projections; 0 for none
 * @param mergeOutputs whether one output has the units of both layers
 * @param timeMajor whether sequences are {@code [time, batch, in]}
 * @param asymmetricQuantizeInputs whether float inputs of 8-bit weights are quantized
 *     asymmetrically
 */
public record BidirectionalSequenceLstm(
    Activation activation,
    float cellClip,
    float projectionClip,
    boolean mergeOutputs,
    boolean timeMajor,
    boolean asymmetricQuantizeInputs)
    implements Op {
  private static final int AUXILIARY = 39;

  public static final OpType<BidirectionalSequenceLstm> TYPE =
      OpType.of(
              "BIDIRECTIONAL_SEQUENCE_LSTM",
              52,
              "BidirectionalSequenceLSTMOptions",
              48,
              1,
              options ->
                  new BidirectionalSequenceLstm(
                      Activation.ofCode(options.integer("fused_activation_function", 0)),
                      options.real("cell_clip", 0),
                      options.real("proj_clip", 0),
                      options.flag("merge_outputs", false),
                      options.flag("time_major", true),
                      options.flag("asymmetric_quantize_inputs", false)))
          .withMaxOutputs(2);

  @Override
  public OpType<BidirectionalSequenceLstm> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("fused_activation_function", activation.code())
        .with("cell_clip", cellClip)
        .with("proj_clip", projectionClip)
        .with("merge_outputs", mergeOutputs)
        .with("time_major", timeMajor)
        .with("asymmetric_quantize_inputs", asymmetricQuantizeInputs);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return SequenceLayout.outputs(operands, mergeOutputs, units(operands, 35), units(operands, 37));
  }

  private static int units(Operands operands, int state) {
    Shape shape = operands.shape(state);
    if (shape.isRankKnown() && shape.rank() != 2) {
      throw OperandException.invalid("a state has shape %s; expected [batch, units]", shape);
    }
    return shape.isRankKnown() ? shape.dim(1) : Shape.DYNAMIC;
  }

  @Override
  public Kernel kernel(Operands operands) {
    boolean hasAuxiliary = operands.hasInput(AUXILIARY);
    boolean isShared = hasAuxiliary && operands.hasInput(41);
    int auxiliary = isShared ? AUXILIARY : -1;
    var forward = new LstmOperands(0, 1, 35, 36, -1, auxiliary, 40);
    var backward =
        new LstmOperands(hasAuxiliary && !isShared ? AUXILIARY : 0, 18, 37, 38, -1, auxiliary, 44);
    LstmCell.requireTypes(operands, forward);
    LstmCell.requireTypes(operands, backward);
    return invocation -> {
      run(invocation, forward, new LstmCell.Target(0, 0, false));
      int offset = mergeOutputs ? invocation.input(35).dim(1) : 0;
      run(invocation, backward, new LstmCell.Target(mergeOutputs ? 0 : 1, offset, true));
    };
  }

  private void run(Invocation invocation, LstmOperands layer, LstmCell.Target target) {
    var settings =
        new LstmCell.Settings(activation, cellClip, projectionClip, asymmetricQuantizeInputs);
    SequenceLayout layout = LstmCell.layout(invocation, layer, timeMajor);
    new LstmCell(invocation, layer, settings).run(layout, target);
  }

  /** Returns false, because a run changes the states. */
  @Override
  public boolean isPure() {
    return false;
  }

  @Override
  public int version(Operands operands) {
    boolean hybrid = operands.type(2) != operands.type(0);
    if (hybrid) {
      return asymmetricQuantizeInputs ? 3 : 2;
    }
    return timeMajor ? 1 : 2;
  }

  @Override
  public long multiplyAccumulates(Operands operands) {
    return SequenceLayout.multiplyAccumulates(operands);
  }

  @Override
  public QuantizationRule quantizationRule() {
    Integer[] weights =
        IntStream.range(1, 48)
            .filter(i -> i < 12 || i == 16 || (i > 17 && i < 29) || i == 33 || i > 39)
            .boxed()
            .toArray(Integer[]::new);
    return QuantizationRule.FLOAT_ONLY.withStored(weights);
  }
}
