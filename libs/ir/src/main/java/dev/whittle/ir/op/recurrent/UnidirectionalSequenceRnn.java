package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The {@link Rnn} layer on a sequence {@code [batch, time, in]}.
 *
 * @param timeMajor whether the sequence is {@code [time, batch, in]}
 * @param activation the function of the layer
 * @param asymmetricQuantizeInputs whether float inputs of 8-bit weights are quantized
 *     asymmetrically
 */
public record UnidirectionalSequenceRnn(
    boolean timeMajor, Activation activation, boolean asymmetricQuantizeInputs) implements Op {
  public static final OpType<UnidirectionalSequenceRnn> TYPE =
      OpType.of(
          "UNIDIRECTIONAL_SEQUENCE_RNN",
          35,
          "SequenceRNNOptions",
          5,
          1,
          options ->
              new UnidirectionalSequenceRnn(
                  options.flag("time_major", false),
                  Activation.ofCode(options.integer("fused_activation_function", 0)),
                  options.flag("asymmetric_quantize_inputs", false)));

  @Override
  public OpType<UnidirectionalSequenceRnn> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("time_major", timeMajor)
        .with("fused_activation_function", activation.code())
        .with("asymmetric_quantize_inputs", asymmetricQuantizeInputs);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape input = operands.shape(0);
    Shape weights = operands.shape(1);
    Shape output =
        input.isRankKnown() && input.rank() == 3 && weights.isRankKnown() && weights.rank() == 2
            ? Shape.of(input.dim(0), input.dim(1), weights.dim(0))
            : Shapes.dynamic(3);
    return List.of(new TypedShape(operands.type(0), output));
  }

  @Override
  public Kernel kernel(Operands operands) {
    RnnKernels.requireTypes(operands, 1);
    var layer = RnnKernels.Layer.single(timeMajor);
    return invocation ->
        RnnKernels.run(invocation, layer, activation, asymmetricQuantizeInputs, 0, 0);
  }

  /** Returns false, because a run changes the state. */
  @Override
  public boolean isPure() {
    return false;
  }

  @Override
  public int version(Operands operands) {
    boolean hybrid = operands.type(1) != operands.type(0);
    return hybrid ? (asymmetricQuantizeInputs ? 3 : 2) : 1;
  }

  @Override
  public long multiplyAccumulates(Operands operands) {
    return SequenceLayout.multiplyAccumulates(operands);
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.FLOAT_ONLY.withStored(1, 2);
  }
}
