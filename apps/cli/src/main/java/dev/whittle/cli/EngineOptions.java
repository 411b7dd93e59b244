package dev.whittle.cli;

import dev.whittle.cli.option.Arguments;
import dev.whittle.cli.option.Condition;
import dev.whittle.cli.option.Needs;
import dev.whittle.cli.option.UsageException;
import dev.whittle.runtime.Engines;
import dev.whittle.runtime.FastEngine;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.runtime.ReferenceEngine;
import picocli.CommandLine.Option;

/** Options of commands that run models. */
final class EngineOptions {
  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads of an inference (default: ${DEFAULT-VALUE}).")
  @Needs(value = Condition.THREADS, except = "1")
  private int threads = 1;

  @Option(
      names = "--max_memory",
      paramLabel = "MIB",
      defaultValue = "4096",
      description = "Maximum memory of activations, in MiB (default: ${DEFAULT-VALUE}).")
  private long maxMemory = 4096;

  InterpreterOptions options() {
    if (threads < 1 || maxMemory < 1) {
      throw new UsageException(
          "--threads %d, --max_memory %d: expected at least 1 of each"
              .formatted(threads, maxMemory));
    }
    long mebibytes = Math.min(maxMemory, Long.MAX_VALUE >> 20);
    return InterpreterOptions.DEFAULT.withThreads(threads).withMaxMemory(mebibytes << 20);
  }

  /**
   * Returns the name of an engine as it is registered; loads its folder if necessary.
   *
   * @throws UsageException if there is no such engine
   */
  static String require(String engine) {
    if (Engines.available().stream().noneMatch(e -> e.name().equalsIgnoreCase(engine))) {
      Extensions.load(Extensions.LITERT);
    }
    return Arguments.checked("--engine " + engine, () -> Engines.named(engine)).name();
  }

  /** Returns whether an engine shows its plan. */
  static boolean showsPlan(String engine) {
    return engine.equalsIgnoreCase(FastEngine.NAME)
        || engine.equalsIgnoreCase(ReferenceEngine.NAME);
  }

  /** Returns whether an engine uses more threads than one. */
  static boolean hasThreads(String engine) {
    return !engine.equalsIgnoreCase(ReferenceEngine.NAME);
  }
}
