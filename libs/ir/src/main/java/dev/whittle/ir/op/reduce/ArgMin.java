package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The index of the smallest element along the axis that operand 1 contains; the first one of equal
 * elements.
 *
 * @param outputType INT32 or INT64; if the declared output has another type, that one counts
 */
public record ArgMin(TensorType outputType) implements Op {
  public static final OpType<ArgMin> TYPE =
      OpType.of(
          "ARG_MIN",
          79,
          "ArgMinOptions",
          2,
          1,
          options -> new ArgMin(options.tensorType("output_type", TensorType.FLOAT32)));

  @Override
  public OpType<ArgMin> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("output_type", outputType.code());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return ArgMinMaxKernels.infer(operands, outputType);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 -> ArgMinMaxKernels.floats((x, best) -> x < best);
      case INT8, UINT8, INT32, BOOL -> ArgMinMaxKernels.integers((x, best) -> x < best);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8 -> 2;
      default -> 1;
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.NONE, TensorType.INT8);
  }
}
