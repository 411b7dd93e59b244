package dev.whittle.ir.op.nn;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Activation;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.L2Kernels;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import java.util.Map;

/** Rows of the last axis divided by their lengths. */
public record L2Normalization(Activation activation) implements Op {
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
    return ElementwiseKernels.sameAsInput(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (activation != Activation.NONE) {
      throw OperandException.unsupported("fused activation %s", activation);
    }
    return switch (operands.type(0)) {
      case FLOAT32 -> L2Kernels::floats;
      case INT8, UINT8 -> L2Kernels.integers(operands);
      default -> throw ElementwiseKernels.noKernel(operands);
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
