package dev.whittle.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** The available engines. */
public final class Engines {
  private Engines() {}

  /**
   * Returns an engine by its name.
   *
   * @param name a built-in engine's name, or that of an engine which the thread's context class
   *     loader finds
   * @throws IllegalArgumentException if there is no such engine
   */
  public static Engine named(String name) {
    List<Engine> engines = available();
    return engines.stream()
        .filter(e -> e.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "unknown engine '%s'; available: %s"
                        .formatted(
                            name,
                            engines.stream().map(Engine::name).collect(Collectors.joining(", ")))));
  }

  /** Returns all engines, the built-in ones first. */
  public static List<Engine> available() {
    List<Engine> engines = new ArrayList<>();
    engines.add(new ReferenceEngine());
    engines.add(new FastEngine());
    ServiceLoader.load(Engine.class).forEach(engines::add);
    return engines;
  }
}
