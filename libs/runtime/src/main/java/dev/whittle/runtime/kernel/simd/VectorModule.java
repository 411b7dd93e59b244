package dev.whittle.runtime.kernel.simd;

import java.util.concurrent.atomic.AtomicBoolean;

/** The module of the Vector API, which a virtual machine may be started with. */
public final class VectorModule {
  private static final String NAME = "jdk.incubator.vector";
  private static final AtomicBoolean RECOMMENDED = new AtomicBoolean();

  private VectorModule() {}

  /** Returns whether the virtual machine was started with the Vector API. */
  public static boolean isPresent() {
    return ModuleLayer.boot().findModule(NAME).isPresent();
  }

  /** Prints once, to the standard error stream, how to enable vectors if they are missing. */
  public static void recommend() {
    if (!isPresent() && !RECOMMENDED.getAndSet(true)) {
      System.err.println("whittle: running without vectors; start Java with --add-modules " + NAME);
    }
  }
}
