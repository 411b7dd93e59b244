package dev.whittle.ir.op.activation;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import java.util.Map;

/** The logarithm of {@link Softmax} with a beta of 1. */
public record LogSoftmax() implements Op {
  public static final OpType<LogSoftmax> TYPE =
      OpType.of("LOG_SOFTMAX", 50, "LogSoftmaxOptions", 1, 1, options -> new LogSoftmax());

  @Override
  public OpType<LogSoftmax> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.sameAsInput(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 -> SoftmaxKernels.logarithms();
      case INT8, UINT8 -> SoftmaxKernels.quantizedLogarithms(operands);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.fixed(Map.of(TensorType.INT8, Quantization.perTensor(16f / 256, 127)));
  }
}
