package dev.whittle.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The available engines. */
public final class Engines {
  private Engines() {}

  /**
   * Returns an engine by its name.
   *
   * @param name a built-in engine's name, or that of an engine which this class's loader or the
   *     thread's context class loader finds
   * @throws IllegalArgumentException if there is no such engine
   */
  public static Engine named(String name) {
    List<Engine> engines = available();
    return engines.stream()
        .filter(e -> e.name().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "unknown engine '%s'; available: %s"
                        .formatted(
                            name,
                            engines.stream().map(Engine::name).collect(Collectors.joining(", ")))));
  }

  /**
   * Returns all engines, the built-in ones first. Others are looked for by the class loader of this
   * library, because threads of a pool may have another context class loader that does not see the
   * application's archives, and by the thread's context class loader.
   */
  public static List<Engine> available() {
    List<Engine> engines = new ArrayList<>();
    engines.add(new ReferenceEngine());
    engines.add(new FastEngine());
    addAll(engines, Engine.class.getClassLoader());
    addAll(engines, Thread.currentThread().getContextClassLoader());
    return engines;
  }

  private static void addAll(List<Engine> engines, @Nullable ClassLoader loader) {
    if (loader == null) {
      return;
    }
    for (Engine engine : ServiceLoader.load(Engine.class, loader)) {
      if (engines.stream().noneMatch(e -> e.name().equals(engine.name()))) {
        engines.add(engine);
      }
    }
  }
}
