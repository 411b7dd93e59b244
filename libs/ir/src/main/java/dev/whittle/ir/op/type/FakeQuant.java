package dev.whittle.ir.op.type;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * Numbers rounded to those that an integer of few bits can stand for.
 *
 * @param min the least of the range
 * @param max the greatest of the range
 * @param bits of the integer, 2 to 16
 * @param narrowRange whether the least integer is left out
 */
public record FakeQuant(float min, float max, int bits, boolean narrowRange) implements Op {
  public static final OpType<FakeQuant> TYPE =
      OpType.of(
          "FAKE_QUANT",
          80,
          "FakeQuantOptions",
          1,
          1,
          options ->
              new FakeQuant(
                  options.real("min", 0),
                  options.real("max", 0),
                  options.integer("num_bits", 0),
                  options.flag("narrow_range", false)));

  @Override
  public OpType<FakeQuant> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("min", min)
        .with("max", max)
        .with("num_bits", bits)
        .with("narrow_range", narrowRange);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.sameAsInput(operands);
  }

  /**
   * What the integers stand for.
   *
   * @param low the real number of the least one
   * @param high the real number of the greatest one
   * @param scale the distance of adjacent ones
   */
  public record Range(float low, float high, float scale) {}

  /**
   * From {@code min} to {@code max}, but moved so that zero is one of its numbers
   * (NudgeQuantizationRange, quantization notes, section a.3).
   */
  public Range range() {
    float least = narrowRange ? 1 : 0;
    float greatest = (1 << bits) - 1;
    float scale = (max - min) / (greatest - least);
    float zero = least - min / scale;
    float nudged =
        zero < least ? least : zero > greatest ? greatest : FixedPoint.roundHalfAway(zero);
    return new Range((least - nudged) * scale, (greatest - nudged) * scale, scale);
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (operands.type(0) != TensorType.FLOAT32 || bits < 2 || bits > 16 || !(min < max)) {
      throw OperandException.unsupported(
          "%d bits of %s for %s to %s", bits, operands.type(0), min, max);
    }
    Range range = range();
    float low = range.low;
    float scale = range.scale;
    float inverse = 1 / scale;
    return ElementwiseKernels.unaryFloats(
        x -> {
          float shifted = Math.min(Math.max(x, low), range.high) - low;
          return FixedPoint.roundHalfAway(shifted * inverse) * scale + low;
        });
  }

  @Override
  public int version(Operands operands) {
    return narrowRange ? 2 : 1;
  }
}
