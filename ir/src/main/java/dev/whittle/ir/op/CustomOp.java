package dev.whittle.ir.op;

import dev.whittle.ir.Constant;
import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operand;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.TypedShape;
import dev.whittle.ir.kernel.Kernel;
import java.util.ArrayList;
import java.util.List;

/**
 * A custom operator for which no implementation is registered.
 *
 * @param customCode the name it is registered by
 * @param customOptions its attributes in a form only its implementation knows, mostly a flexbuffer;
 *     empty for none
 * @param largeOptions whether the options lie outside the flatbuffer in the file
 */
public record CustomOp(String customCode, Constant customOptions, boolean largeOptions)
    implements Op {
  public CustomOp(String customCode, Constant customOptions) {
    this(customCode, customOptions, false);
  }

  @Override
  public OpType<CustomOp> type() {
    return new OpType<>(
        customCode, OpType.CUSTOM, "", 0, OpType.MANY, 0, OpType.MANY, options -> this);
  }

  @Override
  public Options options() {
    return Options.NONE;
  }

  /** The outputs as they are declared. */
  @Override
  public List<TypedShape> infer(Operands operands) {
    return declaredOutputs(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    throw OperandException.unsupported("no implementation of custom operator '%s'", customCode);
  }

  @Override
  public boolean isPure() {
    return false;
  }

  static List<TypedShape> declaredOutputs(Operands operands) {
    List<TypedShape> outputs = new ArrayList<>();
    for (int i = 0; i < operands.outputCount(); i++) {
      Operand output = operands.output(i);
      outputs.add(new TypedShape(output.type(), output.shape()));
    }
    return outputs;
  }
}
