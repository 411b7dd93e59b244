package dev.whittle.ir.op.type;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The conversion of numbers to another type.
 *
 * @param from the type of the operand; null if the file leaves it out
 * @param to the type of the output; null if the file leaves it out
 */
public record Cast(@Nullable TensorType from, @Nullable TensorType to) implements Op {
  public static final OpType<Cast> TYPE =
      OpType.of(
          "CAST",
          53,
          "CastOptions",
          1,
          1,
          options ->
              options.table().isEmpty()
                  ? new Cast(null, null)
                  : new Cast(
                      options.tensorType("in_data_type", TensorType.FLOAT32),
                      options.tensorType("out_data_type", TensorType.FLOAT32)));

  @Override
  public OpType<Cast> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return from == null || to == null
        ? Options.NONE
        : Options.of(TYPE.optionTable())
            .with("in_data_type", from.code())
            .with("out_data_type", to.code());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    TensorType result = operands.outputCount() > 0 ? operands.output(0).type() : to;
    if (result == null) {
      throw OperandException.invalid(
          "the output type is missing; expected a declared output or the attribute out_data_type");
    }
    return List.of(new TypedShape(result, operands.shape(0)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return CastKernels.of(operands.type(0), operands.output(0).type());
  }
}
