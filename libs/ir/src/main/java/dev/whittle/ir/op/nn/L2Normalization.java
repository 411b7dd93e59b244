package dev.whittle.ir.op.nn;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import java.util.Map;

/** The division of each row along the last axis by its L2 norm. */
public record L2Normalization(Activation activation) implements Op {
  /** The divisor of rows of floats that have a smaller norm. */
  public static final float MIN_NORM = 1e-6f;

  public static final OpType<L2Normalization> TYPE =
      OpType.of(
          "L2_NORMALIZATION",
          11,
          "L2NormOptions",
          1,
          1,
          options ->
              new L2Normalization(
                  Activation.ofCode(options.integer("fused_activation_function", 0))));

  @Override
  public OpType<L2Normalization> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("fused_activation_function", activation.code());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.sameAsInput(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (activation != Activation.NONE) {
      throw OperandException.unsupported("fused activation %s", activation);
    }
    return switch (operands.type(0)) {
      case FLOAT32 -> L2NormalizationKernels::floats;
      case INT8, UINT8 -> L2NormalizationKernels.integers(operands);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public int version(Operands operands) {
    return operands.type(0) == TensorType.INT8 ? 2 : 1;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.fixed(Map.of(TensorType.INT8, Quantization.perTensor(1f / 128, 0)));
  }
}
