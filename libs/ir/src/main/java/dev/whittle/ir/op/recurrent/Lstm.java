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
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A step of {@link UnidirectionalSequenceLstm} with the same operands. The input is {@code [batch,
 * in]}.
 *
 * @param activation the activation of the cell's input and state
 * @param cellClip the bound of the magnitude of the cell state; 0 for none
 * @param projectionClip the bound of the magnitude of the projection; 0 for none
 * @param kernelType 0 for the full kernel; 1 for the basic one with five operands, which only some
 *     versions of the native runtime have
 * @param asymmetricQuantizeInputs whether float inputs of 8-bit weights are quantized
 *     asymmetrically
 */
public record Lstm(
    Activation activation,
    float cellClip,
    float projectionClip,
    int kernelType,
    boolean asymmetricQuantizeInputs)
    implements Op {
  public static final OpType<Lstm> TYPE =
      OpType.of(
              "LSTM",
              16,
              "LSTMOptions",
              5,
              1,
              options ->
                  new Lstm(
                      Activation.ofCode(options.integer("fused_activation_function", 0)),
                      options.real("cell_clip", 0),
                      options.real("proj_clip", 0),
                      options.integer("kernel_type", 0),
                      options.flag("asymmetric_quantize_inputs", false)))
          .withMaxInputs(24)
          .withMaxOutputs(4);

  @Override
  public OpType<Lstm> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("fused_activation_function", activation.code())
        .with("cell_clip", cellClip)
        .with("proj_clip", projectionClip)
        .with("kernel_type", kernelType)
        .with("asymmetric_quantize_inputs", asymmetricQuantizeInputs);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    if (kernelType != 0) {
      return operands.declaredOutputs();
    }
    Shape input = operands.shape(0);
    Shape state = operands.shape(18);
    if (!input.isRankKnown() || !state.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shapes.dynamic(2)));
    }
    if (input.rank() != 2 || state.rank() != 2) {
      throw OperandException.invalid(
          "input %s and output state %s; expected 2 dimensions each", input, state);
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(input.dim(0), state.dim(1))));
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (kernelType != 0) {
      throw OperandException.unsupported("no kernel for kernel type %d; expected 0", kernelType);
    }
    return LstmCell.kernel(
        operands,
        new LstmCell.Settings(activation, cellClip, projectionClip, asymmetricQuantizeInputs),
        false);
  }

  /**
   * Returns the arithmetic of a layer of 8-bit operands with a 16-bit cell state; null for others.
   */
  public @Nullable IntegerLstmCell integerCell(Operands operands) {
    return LstmCell.isInteger(operands)
        ? new IntegerLstmCell(operands, false, cellClip, projectionClip)
        : null;
  }

  /** Returns false, because a run changes the states. */
  @Override
  public boolean isPure() {
    return false;
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
