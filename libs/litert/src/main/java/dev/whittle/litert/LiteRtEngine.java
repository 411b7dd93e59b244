package dev.whittle.litert;

import dev.whittle.ir.Model;
import dev.whittle.runtime.Engine;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.runtime.session.Session;
import java.lang.foreign.MemorySegment;
import org.bytedeco.tensorflowlite.BuiltinOpResolverWithoutDefaultDelegates;
import org.jspecify.annotations.Nullable;

/**
 * The native TensorFlow Lite runtime with its built-in kernels and without delegates. It is the
 * oracle of Whittle's tests.
 */
public final class LiteRtEngine implements Engine {
  public static final String NAME = "litert";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Session open(Model model, @Nullable MemorySegment file, InterpreterOptions options) {
    return NativeSession.open(model, file, options, BuiltinOpResolverWithoutDefaultDelegates::new);
  }
}
