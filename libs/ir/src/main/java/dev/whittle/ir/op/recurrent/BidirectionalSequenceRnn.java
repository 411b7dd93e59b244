package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * Two {@link UnidirectionalSequenceRnn} layers on a sequence, one forward and one backward.
 * Operands 1 to 4 are those of the forward layer and 5 to 8 those of the backward layer. Operand 9
 * is an optional auxiliary sequence. With auxiliary weights (operands 10 and 11), it is a second
 * input of both layers; without, it is the only input of the backward layer.
 *
 * @param timeMajor whether sequences are {@code [time, batch, in]}
 * @param activation the function of the layers
 * @param mergeOutputs whether one output has the units of both layers
 * @param asymmetricQuantizeInputs whether float inputs of 8-bit weights are quantized
 *     asymmetrically
 */
public record BidirectionalSequenceRnn(
    boolean timeMajor,
    Activation activation,
    boolean mergeOutputs,
    boolean asymmetricQuantizeInputs)
    implements Op {
  private static final int AUXILIARY = 9;

  public static final OpType<BidirectionalSequenceRnn> TYPE =
      OpType.of(
              "BIDIRECTIONAL_SEQUENCE_RNN",
              46,
              "BidirectionalSequenceRNNOptions",
              12,
              1,
              options ->
                  new BidirectionalSequenceRnn(
                      options.flag("time_major", false),
                      Activation.ofCode(options.integer("fused_activation_function", 0)),
                      options.flag("merge_outputs", false),
                      options.flag("asymmetric_quantize_inputs", false)))
          .withMaxOutputs(2);

  @Override
  public OpType<BidirectionalSequenceRnn> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("time_major", timeMajor)
        .with("fused_activation_function", activation.code())
        .with("merge_outputs", mergeOutputs)
        .with("asymmetric_quantize_inputs", asymmetricQuantizeInputs);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return SequenceLayout.outputs(
        operands, mergeOutputs, units(operands.shape(1)), units(operands.shape(5)));
  }

  private static int units(Shape weights) {
    return weights.isRankKnown() && weights.rank() == 2 ? weights.dim(0) : Shape.DYNAMIC;
  }

  @Override
  public Kernel kernel(Operands operands) {
    boolean hasAuxiliary = operands.hasInput(AUXILIARY);
    boolean isShared = hasAuxiliary && operands.hasInput(10);
    // The native kernel ignores the backward layer's own sequence if it is batch-major.
    boolean isBackwardInput = hasAuxiliary && !isShared && timeMajor;
    RnnKernels.requireTypes(operands, 1);
    RnnKernels.requireTypes(operands, 5);
    var forward = new RnnKernels.Layer(0, 1, isShared ? AUXILIARY : -1, 10, timeMajor, false);
    var backward =
        new RnnKernels.Layer(
            isBackwardInput ? AUXILIARY : 0, 5, isShared ? AUXILIARY : -1, 11, timeMajor, true);
    return invocation -> {
      int first = invocation.input(1).dim(0);
      RnnKernels.run(invocation, forward, activation, asymmetricQuantizeInputs, 0, 0);
      RnnKernels.run(
          invocation,
          backward,
          activation,
          asymmetricQuantizeInputs,
          mergeOutputs ? 0 : 1,
          mergeOutputs ? first : 0);
    };
  }

  /** Returns false, because a run changes the states. */
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
    return QuantizationRule.FLOAT_ONLY.withStored(1, 2, 5, 6, 10, 11);
  }
}
