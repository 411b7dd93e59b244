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
 * Two {@link UnidirectionalSequenceRnn} layers over a sequence, one from its start and one from its
 * end. Operands 1 to 4 belong to the first, as there, and 5 to 8 to the second. Operand 9 is a
 * second sequence: with weights (10 and 11) both layers see it too, without the second layer sees
 * it alone.
 *
 * @param mergeOutputs whether one output has the units of both layers
 * @param timeMajor whether sequences are {@code [time, batch, in]}
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
    boolean hasSecond = operands.hasInput(AUXILIARY);
    boolean linked = hasSecond && operands.hasInput(10);
    // The native kernel overlooks a sequence of the second layer's own if samples come first.
    boolean ownsSecond = hasSecond && !linked && timeMajor;
    RnnKernels.requireTypes(operands, 1);
    RnnKernels.requireTypes(operands, 5);
    var forward = new RnnKernels.Layer(0, 1, linked ? AUXILIARY : -1, 10, timeMajor, false);
    var backward =
        new RnnKernels.Layer(
            ownsSecond ? AUXILIARY : 0, 5, linked ? AUXILIARY : -1, 11, timeMajor, true);
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

  /** It changes its states. */
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
