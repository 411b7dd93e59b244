package dev.whittle.ir.rewrite;

/**
 * A named rewrite rule.
 *
 * @param name the name that {@code --explain} prints, such as {@code fuse-activation}
 * @param purpose a sentence for people
 * @param body the rule
 */
public record Rule(String name, String purpose, Body body) {
  /** The implementation of a rule. */
  @FunctionalInterface
  public interface Body {
    /**
     * Rewrites the graph at a node if the rule applies, and returns whether it did.
     *
     * @param editor the graph
     * @param node the handle of a present node
     */
    boolean apply(GraphEditor editor, int node);
  }
}
