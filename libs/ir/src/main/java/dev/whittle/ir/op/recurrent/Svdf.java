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

/**
 * A singular value decomposition filter: a layer whose weights of features and time are of low rank
 * (P. Nakkiran et al., "Compressing deep neural networks using a rank-constrained topology", 2015).
 * The operands are the input {@code [batch, in]}, the feature weights {@code [filters, in]}, the
 * time weights {@code [filters, memory]}, an optional bias {@code [units]}, and the state {@code
 * [batch, memory * filters]}, a variable.
 *
 * @param rank the number of filters of each unit
 * @param activation the fused activation
 * @param asymmetricQuantizeInputs whether float inputs of 8-bit weights are quantized
 *     asymmetrically
 */
public record Svdf(int rank, Activation activation, boolean asymmetricQuantizeInputs)
    implements Op {
  public static final OpType<Svdf> TYPE =
      OpType.of(
          "SVDF",
          27,
          "SVDFOptions",
          5,
          1,
          options ->
              new Svdf(
                  options.integer("rank", 0),
                  Activation.ofCode(options.integer("fused_activation_function", 0)),
                  options.flag("asymmetric_quantize_inputs", false)));

  @Override
  public OpType<Svdf> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("rank", rank)
        .with("fused_activation_function", activation.code())
        .with("asymmetric_quantize_inputs", asymmetricQuantizeInputs);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape input = operands.shape(0);
    Shape weights = operands.shape(1);
    if (!input.isRankKnown() || !weights.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shapes.dynamic(2)));
    }
    if (rank < 1 || input.rank() != 2 || weights.rank() != 2 || weights.dim(0) % rank != 0) {
      throw OperandException.invalid(
          "input %s, feature weights %s and rank %d; expected 2 dimensions each and a multiple of"
              + " the rank",
          input, weights, rank);
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(input.dim(0), weights.dim(0) / rank)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (operands.type(0) == TensorType.INT8) {
      return SvdfKernels.integers(operands, rank);
    }
    TensorType weights = operands.type(1);
    boolean fits =
        operands.type(0) == TensorType.FLOAT32
            && (weights == TensorType.FLOAT32 || weights == TensorType.INT8)
            && operands.type(2) == weights;
    if (!fits) {
      throw operands.unsupportedType();
    }
    boolean hybrid = weights != TensorType.FLOAT32;
    return invocation ->
        SvdfKernels.floats(
            invocation, rank, activation, new VectorOperand(hybrid, asymmetricQuantizeInputs));
  }

  /**
   * Returns the arithmetic of a layer of integers.
   *
   * @throws OperandException if the operands have other types
   */
  public IntegerSvdf integers(Operands operands) {
    return IntegerSvdf.of(operands);
  }

  /** Returns false, because a run changes the state. */
  @Override
  public boolean isPure() {
    return false;
  }

  @Override
  public int version(Operands operands) {
    if (operands.type(0) == TensorType.INT8) {
      return 3;
    }
    boolean hybrid = operands.type(1) != TensorType.FLOAT32;
    return hybrid ? (asymmetricQuantizeInputs ? 4 : 2) : 1;
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
