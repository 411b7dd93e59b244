package dev.whittle.litert;

import dev.whittle.ir.Model;
import dev.whittle.runtime.Engine;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.runtime.session.Session;
import java.lang.foreign.MemorySegment;
import org.bytedeco.tensorflowlite.BuiltinOpResolver;
import org.jspecify.annotations.Nullable;

/**
 * The native TensorFlow Lite runtime as it comes, with XNNPACK where it applies: the rival to be
 * measured against. Its results differ from the built-in kernels' by rounding.
 */
public final class XnnpackEngine implements Engine {
  public static final String NAME = "litert-xnnpack";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Session open(Model model, @Nullable MemorySegment file, InterpreterOptions options) {
    return NativeSession.open(model, file, options, BuiltinOpResolver::new);
  }
}
