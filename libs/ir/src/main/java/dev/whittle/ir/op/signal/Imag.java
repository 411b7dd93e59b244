package dev.whittle.ir.op.signal;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The imaginary parts of complex numbers. */
public record Imag() implements Op {
  public static final OpType<Imag> TYPE = OpType.of("IMAG", 133, "", 1, 1, options -> new Imag());

  @Override
  public OpType<Imag> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.NONE;
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(ComplexKernels.partType(operands.type(0)), operands.shape(0)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return ComplexKernels.of(operands.type(0), (re, im) -> im);
  }
}
