package dev.whittle.runtime.session;

import java.util.List;

/**
 * What a plan does with a node.
 *
 * @param kernel the kernel that runs it, or why none does
 * @param outputs where its outputs are
 */
public record PlannedNode(int node, String kernel, List<Place> outputs) {
  public PlannedNode {
    outputs = List.copyOf(outputs);
  }

  /**
   * Where a value is.
   *
   * @param offset bytes from the start of the arena of its kind; -1 if it is not in an arena
   * @param bytes that it takes; -1 if that depends on the run
   */
  public record Place(int value, long offset, long bytes) {}
}
