package dev.whittle.runtime;

import dev.whittle.ir.Model;
import dev.whittle.runtime.session.Session;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * An implementation that runs models. Whittle's own engines are built in; others are found through
 * {@link java.util.ServiceLoader}.
 */
public interface Engine {
  /** Returns the name by which {@link InterpreterOptions#engine} selects the engine. */
  String name();

  /**
   * Opens a session that runs a model.
   *
   * @param file the bytes that the model was read from; null if it was not read from a file
   * @throws dev.whittle.ir.UnsupportedModelException naming every node that this engine cannot run
   */
  Session open(Model model, @Nullable MemorySegment file, InterpreterOptions options);
}
