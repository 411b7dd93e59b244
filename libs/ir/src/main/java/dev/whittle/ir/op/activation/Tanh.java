package dev.whittle.ir.op.activation;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import java.util.Map;

/** The hyperbolic tangent. */
public record Tanh() implements Op {
  public static final OpType<Tanh> TYPE = OpType.of("TANH", 28, "", 1, 1, options -> new Tanh());

  @Override
  public OpType<Tanh> type() {
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
      case FLOAT32, FLOAT16, BFLOAT16 -> ElementwiseKernels.unaryFloats(x -> (float) Math.tanh(x));
      case INT8, UINT8 -> ElementwiseKernels.quantizedFunction(operands, x -> (float) Math.tanh(x));
      case INT16 -> LogisticInt16.tanh(operands);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8 -> 2;
      case INT16 -> 3;
      default -> 1;
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.fixed(
        Map.of(
            TensorType.INT8,
            Quantization.perTensor(1f / 128, 0),
            TensorType.INT16,
            Quantization.perTensor(1f / 32768, 0)));
  }
}
