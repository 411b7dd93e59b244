package dev.whittle.runtime.kernel.simd;

import java.util.concurrent.atomic.AtomicBoolean;

/** Whether the virtual machine was started with the Vector API. */
public final class VectorModule {
  private static final String NAME = "jdk.incubator.vector";
  private static final AtomicBoolean SAID = new AtomicBoolean();

  private VectorModule() {}

  public static boolean isPresent() {
    return ModuleLayer.boot().findModule(NAME).isPresent();
  }

  /** Says once, on the standard error stream, how to get vectors where they are missing. */
  public static void recommend() {
    if (!isPresent() && !SAID.getAndSet(true)) {
      System.err.println("whittle: running without vectors; start Java with --add-modules " + NAME);
    }
  }
}
