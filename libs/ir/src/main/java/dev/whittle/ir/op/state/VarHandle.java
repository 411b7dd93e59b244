package dev.whittle.ir.op.state;

import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.VariableAccess;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The handle of a resource variable.
 *
 * @param container the first part of the variable's name; null if the file leaves it out
 * @param sharedName the second part of the variable's name; null if the file leaves it out
 */
public record VarHandle(@Nullable String container, @Nullable String sharedName)
    implements VariableAccess {
  public static final OpType<VarHandle> TYPE =
      OpType.of(
          "VAR_HANDLE",
          142,
          "VarHandleOptions",
          0,
          1,
          options -> new VarHandle(options.text("container"), options.text("shared_name")));

  @Override
  public OpType<VarHandle> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("container", container)
        .with("shared_name", sharedName);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(TensorType.RESOURCE, Shape.of(1)));
  }

  @Override
  public Kind access() {
    return Kind.HANDLE;
  }

  @Override
  public String variable() {
    return container + "/" + sharedName;
  }

  @Override
  public Kernel kernel(Operands operands) {
    String name = variable();
    return invocation -> invocation.output(0).setInt(0, ResourceTable.of(invocation).handle(name));
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
