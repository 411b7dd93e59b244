package dev.whittle.ir.op.type;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The quantization of floats, or the requantization of integers to other parameters. */
public record Quantize() implements Op {
  public static final OpType<Quantize> TYPE =
      OpType.of("QUANTIZE", 114, "QuantizeOptions", 1, 1, options -> new Quantize());

  @Override
  public OpType<Quantize> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(operands.output(0).type(), operands.shape(0)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 -> QuantizeKernels.quantize(operands);
      case INT8, UINT8, INT16, INT32 -> QuantizeKernels.requantize(operands);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public int version(Operands operands) {
    Quantization quantization = operands.output(0).quantization();
    if (quantization != null && quantization.isPerAxis()) {
      return 3;
    }
    boolean int16 =
        operands.type(0) == TensorType.INT16 || operands.output(0).type() == TensorType.INT16;
    return int16 ? 2 : 1;
  }
}
