package dev.whittle.cli;

import dev.whittle.runtime.Engines;
import dev.whittle.runtime.InterpreterOptions;
import picocli.CommandLine.Option;

/** The options of commands that run models. */
final class EngineOptions {
  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads that one invocation may use (default: ${DEFAULT-VALUE}).")
  private int threads = 1;

  @Option(
      names = "--max_memory",
      paramLabel = "MIB",
      defaultValue = "4096",
      description = "Memory that activations may take, in MiB (default: ${DEFAULT-VALUE}).")
  private long maxMemory = 4096;

  InterpreterOptions options() {
    if (threads < 1 || maxMemory < 1) {
      throw new UsageException("--threads and --max_memory must be at least 1");
    }
    return InterpreterOptions.DEFAULT
        .withThreads(threads)
        .withMaxMemory(Math.multiplyExact(maxMemory, 1L << 20));
  }

  /** Loads the folder that the engine may be in, and checks that it is there. */
  static void require(String engine) {
    if (Engines.available().stream().noneMatch(e -> e.name().equals(engine))) {
      Extensions.load(Extensions.LITERT);
    }
    Engines.named(engine);
  }
}
