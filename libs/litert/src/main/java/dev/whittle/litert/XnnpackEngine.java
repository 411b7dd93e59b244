package dev.whittle.litert;

import dev.whittle.ir.Model;
import dev.whittle.runtime.Engine;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.runtime.session.Session;
import java.lang.foreign.MemorySegment;
import org.bytedeco.tensorflowlite.BuiltinOpResolver;
import org.jspecify.annotations.Nullable;

/**
 * The native TensorFlow Lite runtime with its default delegate, XNNPACK. It is the baseline of
 * Whittle's benchmarks. Its results differ from those of the built-in kernels by rounding.
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
