package dev.whittle.cli;

import dev.whittle.runtime.Engines;
import dev.whittle.runtime.InterpreterOptions;
import picocli.CommandLine.Option;

/** Options of commands that run models. */
final class EngineOptions {
  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads of an inference (default: ${DEFAULT-VALUE}).")
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
    return InterpreterOptions.DEFAULT
        .withThreads(threads)
        .withMaxMemory(Math.multiplyExact(maxMemory, 1L << 20));
  }

  /**
   * Loads the folder of an engine if necessary.
   *
   * @throws IllegalArgumentException if there is no such engine
   */
  static void require(String engine) {
    if (Engines.available().stream().noneMatch(e -> e.name().equals(engine))) {
      Extensions.load(Extensions.LITERT);
    }
    Engines.named(engine);
  }
}
