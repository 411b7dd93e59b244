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

/** The conversion of quantized integers or 16-bit floats to floats. */
public record Dequantize() implements Op {
  public static final OpType<Dequantize> TYPE =
      OpType.of("DEQUANTIZE", 6, "DequantizeOptions", 1, 1, options -> new Dequantize());

  @Override
  public OpType<Dequantize> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(TensorType.FLOAT32, operands.shape(0)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT16, BFLOAT16 -> QuantizeKernels.toFloat32();
      case INT4, INT8, UINT8, INT16 -> QuantizeKernels.dequantize(operands);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public int version(Operands operands) {
    Quantization quantization = operands.input(0).quantization();
    if (quantization != null && quantization.isPerAxis()) {
      return 5;
    }
    return switch (operands.type(0)) {
      case INT4 -> 6;
      case INT16, FLOAT16 -> 3;
      case INT8 -> 2;
      default -> 1;
    };
  }
}
