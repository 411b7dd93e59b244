package dev.whittle.runtime;

import dev.whittle.ir.Model;
import dev.whittle.runtime.session.Session;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A way to run models. Whittle's own engines are built in; others are found through {@link
 * java.util.ServiceLoader}.
 */
public interface Engine {
  /** What {@link InterpreterOptions#engine} and the command line call it. */
  String name();

  /**
   * Makes a model ready to run.
   *
   * @param file the bytes the model was read from, where there are any
   * @throws dev.whittle.ir.UnsupportedModelException naming every node that this engine cannot run
   */
  Session open(Model model, @Nullable MemorySegment file, InterpreterOptions options);
}
