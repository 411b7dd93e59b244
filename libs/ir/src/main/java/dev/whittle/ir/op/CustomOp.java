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
 * A custom operator, which a {@link CustomOperator} implements if the class path has one.
 *
 * @param customCode the name by which files refer to it
 * @param customOptions the attributes in the operator's own format, often a FlexBuffer; empty for
 *     none
 * @param largeOptions whether the file stores the options outside the flatbuffer
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

  /** Returns the implementation of this operator; null if the class path has none. */
  public @Nullable CustomOperator implementation() {
    return Known.BY_NAME.get(customCode);
  }

  /** The implementations on the class path, which are loaded when one is first needed. */
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

  /** Returns whether the class path has an implementation of this operator. */
  public boolean isImplemented() {
    return implementation() != null;
  }

  /** Returns a copy of {@link #customOptions}. */
  public byte[] optionBytes() {
    return customOptions.bytes().toArray(ValueLayout.JAVA_BYTE);
  }

  /** Returns the outputs as declared if there is no implementation. */
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
    throw OperandException.unsupported(
        "no implementation of custom operator '%s' on the class path", customCode);
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
