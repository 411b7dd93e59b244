package dev.whittle.ir;

import dev.whittle.ir.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The shapes that the resource variables of a model have when they are read: for each variable, the
 * common shape of everything that is assigned to it in any graph. Dimensions that differ are
 * dynamic. What is assigned may depend on what is read, so graphs are inferred until nothing
 * changes; a variable without a known assignment is first taken to have the shape that the read
 * declares.
 */
final class VariableShapes {
  /** The number of times that the graphs are inferred; shapes that still change are not known. */
  private static final int MAX_PASSES = 8;

  private final Map<String, Shape> assigned;

  /** The common shape of assignments whose variable is not known; null for none. */
  private @Nullable Shape anywhere;

  private final Map<String, Shape> readInPass = new HashMap<>();
  private final boolean guesses;
  private final boolean isKnown;

  private VariableShapes(Map<String, Shape> present, boolean guesses, boolean isKnown) {
    this.assigned = new HashMap<>(present);
    this.guesses = guesses;
    this.isKnown = isKnown;
  }

  /** Returns shapes of which nothing is known. */
  static VariableShapes unknown() {
    return new VariableShapes(Map.of(), false, false);
  }

  /**
   * Infers the shapes of a model's variables.
   *
   * @param graph the index of a graph that runs with other input shapes than it declares
   * @param inputShapes the shapes of its inputs
   * @param present shapes that variables have at present, by name
   */
  static VariableShapes of(
      Model model, int graph, List<Shape> inputShapes, Map<String, Shape> present) {
    if (model.graphs().stream().noneMatch(VariableShapes::reads)) {
      return unknown();
    }
    List<Integer> entries = entries(model, graph);
    for (boolean guesses : new boolean[] {true, false}) {
      var shapes = new VariableShapes(present, guesses, true);
      try {
        for (int pass = 0; pass < MAX_PASSES; pass++) {
          shapes.readInPass.clear();
          for (int entry : entries) {
            ShapeInference.inferEntry(
                model, entry, entry == graph ? inputShapes : declared(model, entry), shapes);
          }
          if (shapes.isStable()) {
            return shapes;
          }
        }
      } catch (ModelException | ArithmeticException e) {
        // A graph that cannot be inferred may assign anything: the next attempt is made.
      }
    }
    return unknown();
  }

  private static boolean reads(Graph graph) {
    return graph.nodes().stream()
        .anyMatch(
            node ->
                node.op() instanceof VariableAccess access
                    && access.access() == VariableAccess.Kind.READ);
  }

  /** Returns the graphs that run with known inputs, those without reads of variables first. */
  private static List<Integer> entries(Model model, int graph) {
    Set<Integer> called = new HashSet<>();
    model.graphs().forEach(g -> g.nodes().forEach(n -> called.addAll(n.op().subgraphs())));
    List<Integer> entries = new ArrayList<>();
    for (int g = 0; g < model.graphs().size(); g++) {
      if (g == graph || !called.contains(g) || model.graphs().get(g).inputs().isEmpty()) {
        entries.add(g);
      }
    }
    entries.sort(Comparator.comparing(g -> reads(model.graphs().get(g))));
    return entries;
  }

  private static List<Shape> declared(Model model, int graph) {
    Graph g = model.graphs().get(graph);
    return g.inputs().stream().map(i -> g.value(i).shape()).toList();
  }

  /** Adds an assignment to a variable; null for one that is not known. */
  void assign(@Nullable String variable, Shape shape) {
    if (variable == null) {
      anywhere = anywhere == null ? shape : common(anywhere, shape);
    } else {
      assigned.merge(variable, shape, VariableShapes::common);
    }
  }

  /**
   * Returns the shape of a variable.
   *
   * @param variable null for one that is not known
   * @param declared the shape that the read declares
   */
  Shape read(@Nullable String variable, Shape declared) {
    if (!isKnown) {
      return Shape.UNKNOWN;
    }
    Shape shape = result(variable);
    if (shape == null) {
      shape = guesses ? declared : Shape.UNKNOWN;
    }
    readInPass.put(String.valueOf(variable), shape);
    return shape;
  }

  private @Nullable Shape result(@Nullable String variable) {
    List<Shape> shapes = new ArrayList<>();
    if (variable == null) {
      shapes.addAll(assigned.values());
    } else if (assigned.containsKey(variable)) {
      shapes.add(assigned.get(variable));
    }
    if (anywhere != null) {
      shapes.add(anywhere);
    }
    return shapes.stream().reduce(VariableShapes::common).orElse(null);
  }

  private boolean isStable() {
    for (Map.Entry<String, Shape> read : readInPass.entrySet()) {
      Shape now = result(read.getKey().equals("null") ? null : read.getKey());
      if (now != null && !now.equals(read.getValue())) {
        return false;
      }
    }
    return true;
  }

  private static Shape common(Shape a, Shape b) {
    if (!a.isRankKnown() || !b.isRankKnown() || a.rank() != b.rank()) {
      return Shape.UNKNOWN;
    }
    int[] dims = a.toArray();
    Arrays.setAll(dims, i -> dims[i] == b.dim(i) ? dims[i] : Shape.DYNAMIC);
    return Shape.of(dims);
  }
}
