package dev.whittle.runtime.session;

import java.util.List;

/**
 * A node in a plan.
 *
 * @param node the node's index in its graph
 * @param kernel the name of the kernel that runs it, or the reason why none does
 * @param outputs the memory of its outputs
 */
public record PlannedNode(int node, String kernel, List<Place> outputs) {
  public PlannedNode {
    outputs = List.copyOf(outputs);
  }

  /**
   * The memory of a value.
   *
   * @param value the value's id in its graph
   * @param offset offset from the start of its arena, in bytes; -1 if it is not in an arena
   * @param bytes size in bytes; -1 if that is known only when the model runs
   */
  public record Place(int value, long offset, long bytes) {}
}
