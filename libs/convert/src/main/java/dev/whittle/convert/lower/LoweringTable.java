package dev.whittle.convert.lower;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The lowerings of a front end by the names of its operators. They are registered topic by topic
 * when a name is first looked up, since linking all of them would slow down the start of a process.
 *
 * @param <L> adds the nodes of an operator
 */
public abstract class LoweringTable<L> {
  private final Map<String, L> lowerings = new HashMap<>();

  protected LoweringTable() {}

  /** Registers the next topic; returns false if all are registered. */
  protected abstract boolean registerNext();

  /**
   * Registers a lowering.
   *
   * @throws IllegalStateException if the name has one already
   */
  public final synchronized void put(String name, L lowering) {
    if (lowerings.putIfAbsent(name, lowering) != null) {
      throw new IllegalStateException("two lowerings are registered for " + name);
    }
  }

  /** Extends the lowering of a name that has been registered before. */
  public final synchronized void extend(String name, UnaryOperator<L> extension) {
    if (lowerings.computeIfPresent(name, (key, lowering) -> extension.apply(lowering)) == null) {
      throw new IllegalStateException("there is no lowering to extend for " + name);
    }
  }

  /** Returns the lowering of a name; null if the front end has none. */
  public final synchronized @Nullable L get(String name) {
    L found = lowerings.get(name);
    while (found == null && registerNext()) {
      found = lowerings.get(name);
    }
    return found;
  }

  /** Returns all names, sorted. */
  public final synchronized Set<String> names() {
    while (registerNext()) {
      // Each call registers a topic.
    }
    return new TreeSet<>(lowerings.keySet());
  }
}
