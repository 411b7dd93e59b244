package dev.whittle.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** The engines that can be named in {@link InterpreterOptions}. */
public final class Engines {
  private Engines() {}

  /**
   * The engine of that name: a built-in one, or one that the thread's context class loader finds.
   *
   * @throws IllegalArgumentException listing the names there are
   */
  public static Engine named(String name) {
    List<Engine> engines = available();
    return engines.stream()
        .filter(e -> e.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no engine '%s'; there are: %s"
                        .formatted(
                            name,
                            engines.stream().map(Engine::name).collect(Collectors.joining(", ")))));
  }

  /** All engines, built-in ones first. */
  public static List<Engine> available() {
    List<Engine> engines = new ArrayList<>();
    engines.add(new ReferenceEngine());
    engines.add(new FastEngine());
    ServiceLoader.load(Engine.class).forEach(engines::add);
    return engines;
  }
}
