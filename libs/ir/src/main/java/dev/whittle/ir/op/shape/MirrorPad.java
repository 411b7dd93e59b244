package dev.whittle.ir.op.shape;

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
 * Padding by reflection. Operand 1 has a row for each axis, with the numbers of elements before and
 * after.
 *
 * @param symmetric whether the elements at the edge are repeated
 */
public record MirrorPad(boolean symmetric) implements Op {
  public static final OpType<MirrorPad> TYPE =
      OpType.of(
          "MIRROR_PAD",
          100,
          "MirrorPadOptions",
          2,
          1,
          options -> new MirrorPad(options.integer("mode", 0) == 1));

  @Override
  public OpType<MirrorPad> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("mode", symmetric ? 1 : 0);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(operands.type(0), PadKernels.infer(operands)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return PadKernels.mirror(symmetric);
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
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
