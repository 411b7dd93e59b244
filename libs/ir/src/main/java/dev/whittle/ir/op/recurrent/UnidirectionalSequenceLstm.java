package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A layer of long short-term memory cells on a sequence {@code [batch, time, in]}. Operands 1 to 4
 * are the weights of the input, forget, cell and output gates, 5 to 8 their recurrent weights, 9 to
 * 11 peephole weights, 12 to 15 biases, 16 and 17 the weights and bias of a projection, 18 and 19
 * the output and cell states, which are variables, and 20 to 23 the coefficients of layer
 * normalization. The input gate, peepholes, projection and normalization are optional. Without an
 * input gate, it is coupled: one minus the forget gate.
 *
 * @param activation the activation of the cell's input and state
 * @param cellClip the bound of the magnitude of the cell state; 0 for none
 * @param projectionClip the bound of the magnitude of the projection; 0 for none
 * @param timeMajor whether the sequence is {@code [time, batch, in]}
 * @param asymmetricQuantizeInputs whether float inputs of 8-bit weights are quantized
 *     asymmetrically
 * @param diagonalRecurrentTensors whether recurrent weights are stored as diagonals
 */
public record UnidirectionalSequenceLstm(
    Activation activation,
    float cellClip,
    float projectionClip,
    boolean timeMajor,
    boolean asymmetricQuantizeInputs,
    boolean diagonalRecurrentTensors)
    implements Op {
  public static final OpType<UnidirectionalSequenceLstm> TYPE =
      OpType.of(
              "UNIDIRECTIONAL_SEQUENCE_LSTM",
              44,
              "UnidirectionalSequenceLSTMOptions",
              20,
              1,
              options ->
                  new UnidirectionalSequenceLstm(
                      Activation.ofCode(options.integer("fused_activation_function", 0)),
                      options.real("cell_clip", 0),
                      options.real("proj_clip", 0),
                      options.flag("time_major", false),
                      options.flag("asymmetric_quantize_inputs", false),
                      options.flag("diagonal_recurrent_tensors", false)))
          .withMaxInputs(24);

  @Override
  public OpType<UnidirectionalSequenceLstm> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("fused_activation_function", activation.code())
        .with("cell_clip", cellClip)
        .with("proj_clip", projectionClip)
        .with("time_major", timeMajor)
        .with("asymmetric_quantize_inputs", asymmetricQuantizeInputs)
        .with("diagonal_recurrent_tensors", diagonalRecurrentTensors);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape input = operands.shape(0);
    Shape state = operands.shape(18);
    if (!input.isRankKnown() || !state.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shapes.dynamic(3)));
    }
    if (input.rank() != 3 || state.rank() != 2) {
      throw OperandException.invalid(
          "input %s and output state %s; expected 3 and 2 dimensions", input, state);
    }
    return List.of(
        new TypedShape(operands.type(0), Shape.of(input.dim(0), input.dim(1), state.dim(1))));
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (diagonalRecurrentTensors) {
      throw OperandException.unsupported("no kernel for diagonal recurrent weights");
    }
    return LstmCell.kernel(
        operands,
        new LstmCell.Settings(activation, cellClip, projectionClip, asymmetricQuantizeInputs),
        timeMajor);
  }

  /**
   * Returns the arithmetic of a layer of 8-bit operands with a 16-bit cell state; null for others.
   */
  public @Nullable IntegerLstmCell integerCell(Operands operands) {
    return LstmCell.isInteger(operands)
        ? new IntegerLstmCell(operands, timeMajor, cellClip, projectionClip)
        : null;
  }

  /** Returns false, because a run changes the states. */
  @Override
  public boolean isPure() {
    return false;
  }

  @Override
  public int version(Operands operands) {
    if (diagonalRecurrentTensors) {
      return 4;
    }
    boolean hybrid =
        operands.type(0) == TensorType.FLOAT32 && operands.type(2) != TensorType.FLOAT32;
    return hybrid ? (asymmetricQuantizeInputs ? 3 : 2) : 1;
  }

  @Override
  public long multiplyAccumulates(Operands operands) {
    return SequenceLayout.multiplyAccumulates(operands);
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.FLOAT_ONLY.withStored(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16);
  }
}
