package dev.whittle.ir.op;

import dev.whittle.ir.CustomOperator;
import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TypedShape;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * An operator that is not built in: {@link CustomOperator} implements it, or nothing does.
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

  /** What implements an operator of that name; null if nothing on the class path does. */
  public @Nullable CustomOperator implementation() {
    return Known.BY_NAME.get(customCode);
  }

  /** Found when a custom operator is first looked at, since looking takes time. */
  private static final class Known {
    private static final Map<String, CustomOperator> BY_NAME = new HashMap<>();

    static {
      for (CustomOperator operator :
          ServiceLoader.load(CustomOperator.class, CustomOp.class.getClassLoader())) {
        BY_NAME.putIfAbsent(operator.name(), operator);
      }
    }

    private Known() {}
  }

  /** Whether a {@link CustomOperator} of that name is on the class path. */
  public boolean isImplemented() {
    return implementation() != null;
  }

  /** A copy of {@link #customOptions}. */
  public byte[] optionBytes() {
    return customOptions.bytes().toArray(ValueLayout.JAVA_BYTE);
  }

  /** Without an implementation the outputs are as they are declared. */
  @Override
  public List<TypedShape> infer(Operands operands) {
    CustomOperator operator = implementation();
    return operator == null ? operands.declaredOutputs() : operator.infer(operands, optionBytes());
  }

  @Override
  public Kernel kernel(Operands operands) {
    CustomOperator operator = implementation();
    if (operator != null) {
      return operator.kernel(operands, optionBytes());
    }
    throw OperandException.unsupported("no implementation of custom operator '%s'", customCode);
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
