package dev.whittle.ir;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An operator that makes the handle of a resource variable, or reads or assigns the variable of a
 * handle. Shape inference derives the shapes of reads from all assignments of a model.
 */
public interface VariableAccess extends Op {
  /** The ways of taking part in a variable. */
  enum Kind {
    /** Output 0 is the handle of the variable that {@link #variable} names. */
    HANDLE,
    /** Output 0 has the contents of the variable whose handle is input 0. */
    READ,
    /** Input 1 becomes the contents of the variable whose handle is input 0. */
    ASSIGN
  }

  /** Returns the way in which the operator takes part in a variable. */
  Kind access();

  /** Returns the variable's name, which is unique in a model; null unless it is a handle. */
  default @Nullable String variable() {
    return null;
  }

  /** Returns the names of the variables whose handles the nodes of a graph make, by value id. */
  static Map<Integer, String> handles(Graph graph) {
    Map<Integer, String> names = new HashMap<>();
    for (Node node : graph.nodes()) {
      if (node.op() instanceof VariableAccess access && access.access() == Kind.HANDLE) {
        String name = access.variable();
        if (name != null && !node.outputs().isEmpty()) {
          names.put(node.outputs().getFirst(), name);
        }
      }
    }
    return names;
  }
}
