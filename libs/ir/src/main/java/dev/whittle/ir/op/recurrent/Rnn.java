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
 * A step of a basic recurrent layer, {@code h = f(W x + U h + b)}. The operands are the input
 * {@code [batch, in]}, W {@code [units, in]}, U {@code [units, units]}, b {@code [units]}, and the
 * state h {@code [batch, units]}, a variable.
 *
 * @param activation the function f
 * @param asymmetricQuantizeInputs whether float inputs of 8-bit weights are quantized
 *     asymmetrically
 */
public record Rnn(Activation activation, boolean asymmetricQuantizeInputs) implements Op {
  public static final OpType<Rnn> TYPE =
      OpType.of(
          "RNN",
          24,
          "RNNOptions",
          5,
          1,
          options ->
              new Rnn(
                  Activation.ofCode(options.integer("fused_activation_function", 0)),
                  options.flag("asymmetric_quantize_inputs", false)));

  @Override
  public OpType<Rnn> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("fused_activation_function", activation.code())
        .with("asymmetric_quantize_inputs", asymmetricQuantizeInputs);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape input = operands.shape(0);
    Shape weights = operands.shape(1);
    Shape output =
        input.isRankKnown() && input.rank() == 2 && weights.isRankKnown() && weights.rank() == 2
            ? Shape.of(input.dim(0), weights.dim(0))
            : Shapes.dynamic(2);
    return List.of(new TypedShape(operands.type(0), output));
  }

  @Override
  public Kernel kernel(Operands operands) {
    RnnKernels.requireTypes(operands, 1);
    var layer = RnnKernels.Layer.single(false);
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
