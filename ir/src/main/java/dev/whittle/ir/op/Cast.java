package dev.whittle.ir.op;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.TypedShape;
import dev.whittle.ir.kernel.Kernel;
import java.util.List;

/**
 * The same numbers in another type. The operands' own types count; files may leave out the
 * attributes.
 */
public record Cast(TensorType from, TensorType to) implements Op {
  public static final OpType<Cast> TYPE =
      OpType.of(
          "CAST",
          53,
          "CastOptions",
          1,
          1,
          options ->
              new Cast(
                  options.tensorType("in_data_type", TensorType.FLOAT32),
                  options.tensorType("out_data_type", TensorType.FLOAT32)));

  @Override
  public OpType<Cast> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("in_data_type", from.code())
        .with("out_data_type", to.code());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(
        new TypedShape(
            operands.outputCount() > 0 ? operands.output(0).type() : to, operands.shape(0)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return CastKernels.of(operands.type(0), operands.output(0).type());
  }
}
