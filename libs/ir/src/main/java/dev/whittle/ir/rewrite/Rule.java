package dev.whittle.ir.rewrite;

/**
 * A rewrite rule: a value with a name, so that what fired can be told and tested.
 *
 * @param name what {@code --explain} prints, such as {@code fuse-activation}
 * @param purpose one sentence for people
 */
public record Rule(String name, String purpose, Body body) {
  /** Tries the rule at one node. */
  @FunctionalInterface
  public interface Body {
    /**
     * Changes the graph at a node where the rule applies.
     *
     * @param node a handle of the editor's; the node is there when this is called
     * @return whether anything was changed
     */
    boolean apply(GraphEditor editor, int node);
  }
}
