package dev.whittle.convert.savedmodel;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A translation of the loops and branches of TensorFlow 1, whose parts are nodes of the graph, into
 * While and If, whose parts are functions. A loop is a frame: {@code Enter} passes a variable into
 * it, {@code Merge} selects the initial value or that of the last step, and {@code Switch} passes
 * it to the next step or to {@code Exit}. A branch consists of the nodes between {@code Switch}
 * nodes of one condition and a {@code Merge}. Other forms are left unchanged.
 */
final class LegacyControlFlow {
  private static final String FORM = "/functional";

  private final Map<String, TfNode> nodes;
  private final Map<String, TfFunction> functions;

  private LegacyControlFlow(Map<String, TfNode> nodes, Map<String, TfFunction> functions) {
    this.nodes = nodes;
    this.functions = functions;
  }

  /**
   * Returns a graph without loops and branches of TensorFlow 1, as far as they have the usual form.
   *
   * @param functions receives the functions of the loops and branches
   */
  static TfFunction functional(TfFunction graph, Map<String, TfFunction> functions) {
    if (graph.nodes().values().stream().noneMatch(LegacyControlFlow::isMerge)) {
      return graph;
    }
    var flow = new LegacyControlFlow(new LinkedHashMap<>(graph.nodes()), functions);
    flow.replaceLoops();
    flow.replaceBranches();
    return new TfFunction(graph.name(), graph.arguments(), graph.results(), flow.nodes);
  }

  private static boolean isMerge(TfNode node) {
    return node.op().equals("Merge") || node.op().equals("RefMerge");
  }

  private static boolean isSwitch(@Nullable TfNode node) {
    return node != null && (node.op().equals("Switch") || node.op().equals("RefSwitch"));
  }

  private static boolean isEnter(@Nullable TfNode node) {
    return node != null && (node.op().equals("Enter") || node.op().equals("RefEnter"));
  }

  private static boolean isExit(TfNode node) {
    return node.op().equals("Exit") || node.op().equals("RefExit");
  }

  /** A reference to a result of an operation. */
  private record Result(String node, int index) {
    static Result of(String reference) {
      String name = operation(reference);
      String rest = reference.substring(reference.lastIndexOf(':') + 1);
      boolean indexed = reference.indexOf(':') >= 0 && rest.chars().allMatch(Character::isDigit);
      return new Result(name, indexed ? Integer.parseInt(rest) : 0);
    }
  }

  private static String operation(String reference) {
    return TfNode.isControl(reference) ? reference.substring(1) : TfNode.nameOf(reference);
  }

  // Loops.

  /** A variable of a loop: its nodes and, by reference, its value after a step. */
  private record Variable(TfNode enter, String merge, String next, String choice) {}

  private void replaceLoops() {
    Map<String, List<TfNode>> frames = new LinkedHashMap<>();
    for (TfNode node : nodes.values()) {
      if (isEnter(node)) {
        frames.computeIfAbsent(node.text("frame_name", ""), k -> new ArrayList<>()).add(node);
      }
    }
    // A nested loop is replaced first, and becomes an operation of the outer loop's step.
    boolean progress = true;
    while (progress) {
      progress = frames.entrySet().removeIf(f -> replaceLoop(f.getKey(), f.getValue()));
    }
  }

  private boolean replaceLoop(String frame, List<TfNode> enters) {
    List<Variable> variables = new ArrayList<>();
    List<TfNode> constants = new ArrayList<>();
    String condition = null;
    for (TfNode enter : enters) {
      if (enter.flag("is_constant", false)) {
        constants.add(enter);
        continue;
      }
      TfNode merge = user(enter.name(), LegacyControlFlow::isMerge);
      TfNode choice = merge == null ? null : user(merge.name(), LegacyControlFlow::isSwitch);
      TfNode next = merge == null ? null : nextIteration(merge);
      TfNode loopCondition = choice == null ? null : nodes.get(operation(choice.input(1)));
      if (merge == null || choice == null || next == null || loopCondition == null) {
        return false;
      }
      condition = loopCondition.input(0);
      variables.add(new Variable(enter, merge.name(), next.input(0), choice.name()));
    }
    if (condition == null) {
      return false;
    }
    Map<String, String> arguments = new HashMap<>();
    List<String> names = new ArrayList<>();
    List<String> initial = new ArrayList<>();
    for (Variable variable : variables) {
      String name = "arg" + names.size();
      arguments.put(variable.merge, name);
      arguments.put(variable.choice, name);
      names.add(name);
      initial.add(variable.enter.input(0));
    }
    List<String> after = new ArrayList<>(variables.stream().map(Variable::next).toList());
    for (TfNode constant : constants) {
      String name = "arg" + names.size();
      arguments.put(constant.name(), name);
      names.add(name);
      initial.add(constant.input(0));
      after.add(constant.name());
    }
    UnaryOperator<@Nullable String> inside = reference -> arguments.get(operation(reference));
    Map<String, TfNode> step = cone(after, inside);
    Map<String, TfNode> test = cone(List.of(condition), inside);
    if (step.values().stream().anyMatch(n -> isExit(n) || isEnter(n))
        || test.values().stream().anyMatch(n -> isExit(n) || isEnter(n))) {
      return false;
    }
    addFunction(frame + "/cond", names, renamed(List.of(condition), inside), test);
    addFunction(frame + "/body", names, renamed(after, inside), step);
    String loop = frame + FORM;
    Map<String, Proto> attributes =
        Map.of(
            "cond", Proto.ofFunction(frame + "/cond"), "body", Proto.ofFunction(frame + "/body"));
    nodes.put(loop, new TfNode(loop, "While", initial, attributes));
    for (int i = 0; i < variables.size(); i++) {
      String choice = variables.get(i).choice;
      for (TfNode exit : List.copyOf(nodes.values())) {
        if (isExit(exit) && operation(exit.input(0)).equals(choice)) {
          nodes.put(exit.name(), identity(exit, loop + ":" + i));
        }
      }
    }
    return true;
  }

  private static TfNode identity(TfNode node, String reference) {
    Map<String, Proto> type = new HashMap<>(node.attributes());
    type.keySet().retainAll(Set.of("T"));
    return new TfNode(node.name(), "Identity", List.of(reference), type);
  }

  private @Nullable TfNode user(String name, Predicate<TfNode> kind) {
    for (TfNode node : nodes.values()) {
      if (kind.test(node)
          && node.dataInputs().stream().anyMatch(input -> operation(input).equals(name))) {
        return node;
      }
    }
    return null;
  }

  private @Nullable TfNode nextIteration(TfNode merge) {
    for (String input : merge.dataInputs()) {
      TfNode from = nodes.get(operation(input));
      if (from != null && from.op().endsWith("NextIteration")) {
        return from;
      }
    }
    return null;
  }

  /**
   * Returns the nodes that references need, up to those that are arguments inside.
   *
   * @param inside returns the name inside of a reference that is an argument there; else null
   */
  private Map<String, TfNode> cone(
      List<String> references, UnaryOperator<@Nullable String> inside) {
    Map<String, TfNode> cone = new LinkedHashMap<>();
    Deque<String> open = new ArrayDeque<>(references);
    while (!open.isEmpty()) {
      String reference = Objects.requireNonNull(open.pop());
      TfNode node = nodes.get(operation(reference));
      if (node != null && inside.apply(reference) == null && !cone.containsKey(node.name())) {
        cone.put(node.name(), rewired(node, inside));
        node.inputs().forEach(open::push);
      }
    }
    return cone;
  }

  private static TfNode rewired(TfNode node, UnaryOperator<@Nullable String> inside) {
    List<String> kept =
        node.inputs().stream()
            .filter(input -> !TfNode.isControl(input) || inside.apply(input) == null)
            .toList();
    return new TfNode(node.name(), node.op(), renamed(kept, inside), node.attributes());
  }

  private static List<String> renamed(
      List<String> references, UnaryOperator<@Nullable String> inside) {
    List<String> renamed = new ArrayList<>();
    for (String reference : references) {
      String name = inside.apply(reference);
      renamed.add(name == null ? reference : name);
    }
    return renamed;
  }

  private void addFunction(
      String name, List<String> arguments, List<String> results, Map<String, TfNode> body) {
    // The body's references to outer nodes have been replaced by arguments.
    var flow = new LegacyControlFlow(body, functions);
    flow.replaceBranches();
    functions.put(name, new TfFunction(name, arguments, results, flow.nodes));
  }

  // Branches.

  /**
   * One side of a branch.
   *
   * @param condition the reference that chooses, behind identities
   * @param outcome 1 if the side is for a true condition, 0 if for a false one
   * @param captured the Switch nodes that pass values into the branch
   */
  private record Side(String condition, int outcome, Set<String> captured) {}

  private void replaceBranches() {
    List<TfNode> waiting = new ArrayList<>();
    for (String name : topologicalOrder()) {
      TfNode node = nodes.get(name);
      if (node != null && isMerge(node) && node.dataInputs().size() == 2) {
        waiting.add(node);
      }
    }
    while (!waiting.isEmpty()) {
      replaceBranch(waiting);
    }
  }

  /** Replaces the first branch, and later ones with the same condition that do not depend on it. */
  private void replaceBranch(List<TfNode> waiting) {
    TfNode first = waiting.removeFirst();
    List<Side> sides = sides(first);
    if (sides.isEmpty()) {
      return;
    }
    String condition = sides.getFirst().condition;
    List<TfNode> merges = new ArrayList<>(List.of(first));
    Set<String> captured = new TreeSet<>();
    sides.forEach(side -> captured.addAll(side.captured));
    List<String> whenTrue = new ArrayList<>(List.of(result(first, sides, 1)));
    List<String> whenFalse = new ArrayList<>(List.of(result(first, sides, 0)));
    for (TfNode other : List.copyOf(waiting)) {
      List<Side> more = sides(other);
      boolean fits =
          !more.isEmpty()
              && more.getFirst().condition.equals(condition)
              && cone(other.dataInputs(), r -> null).keySet().stream()
                  .noneMatch(n -> merges.stream().anyMatch(m -> m.name().equals(n)));
      if (fits) {
        waiting.remove(other);
        merges.add(other);
        more.forEach(side -> captured.addAll(side.captured));
        whenTrue.add(result(other, more, 1));
        whenFalse.add(result(other, more, 0));
      }
    }
    Map<String, String> arguments = new HashMap<>();
    List<String> inputs = new ArrayList<>(List.of(condition));
    List<String> names = new ArrayList<>();
    for (String name : captured) {
      arguments.put(name, "arg" + names.size());
      names.add("arg" + names.size());
      inputs.add(Objects.requireNonNull(nodes.get(name)).input(0));
    }
    UnaryOperator<@Nullable String> inside = reference -> arguments.get(operation(reference));
    String branch = first.name() + FORM;
    functions.put(
        branch + "/then",
        new TfFunction(branch + "/then", names, renamed(whenTrue, inside), cone(whenTrue, inside)));
    functions.put(
        branch + "/else",
        new TfFunction(
            branch + "/else", names, renamed(whenFalse, inside), cone(whenFalse, inside)));
    Map<String, Proto> attributes =
        Map.of(
            "then_branch", Proto.ofFunction(branch + "/then"),
            "else_branch", Proto.ofFunction(branch + "/else"));
    nodes.put(branch, new TfNode(branch, "If", inputs, attributes));
    for (int i = 0; i < merges.size(); i++) {
      nodes.put(merges.get(i).name(), identity(merges.get(i), branch + ":" + i));
    }
  }

  private static String result(TfNode merge, List<Side> sides, int outcome) {
    return merge.dataInputs().get(sides.get(0).outcome == outcome ? 0 : 1);
  }

  /** Returns the two sides of a branch; an empty list if it has another form. */
  private List<Side> sides(TfNode merge) {
    List<Side> sides = new ArrayList<>();
    for (String input : merge.dataInputs()) {
      Side side = side(input);
      if (side == null) {
        return List.of();
      }
      sides.add(side);
    }
    boolean fits =
        sides.get(0).condition.equals(sides.get(1).condition)
            && sides.get(0).outcome != sides.get(1).outcome;
    return fits ? sides : List.of();
  }

  private @Nullable Side side(String result) {
    Set<String> captured = new TreeSet<>();
    Set<String> conditions = new HashSet<>();
    Set<Integer> outcomes = new HashSet<>();
    Set<String> seen = new HashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(result));
    while (!open.isEmpty()) {
      String reference = Objects.requireNonNull(open.pop());
      TfNode node = nodes.get(operation(reference));
      if (isSwitch(node) && node != null) {
        conditions.add(origin(node.input(1)));
        outcomes.add(Result.of(reference).index);
        captured.add(node.name());
      } else if (node != null && seen.add(node.name())) {
        node.inputs().forEach(open::push);
      }
    }
    return conditions.size() == 1 && outcomes.size() == 1
        ? new Side(conditions.iterator().next(), outcomes.iterator().next(), captured)
        : null;
  }

  /** Follows a reference through identities. */
  private String origin(String reference) {
    String at = reference;
    Set<String> seen = new HashSet<>();
    while (seen.add(at)) {
      TfNode node = nodes.get(operation(at));
      if (node == null || !node.op().equals("Identity") || node.name().endsWith(FORM)) {
        break;
      }
      at = node.input(0);
    }
    return at;
  }

  private List<String> topologicalOrder() {
    Set<String> order = new LinkedHashSet<>();
    Set<String> begun = new HashSet<>();
    for (String root : nodes.keySet()) {
      Deque<String> open = new ArrayDeque<>(List.of(root));
      while (!open.isEmpty()) {
        String name = open.peek();
        TfNode node = nodes.get(name);
        boolean isNew = node != null && begun.add(name);
        if (isNew && node != null) {
          for (String input : node.inputs()) {
            if (!begun.contains(operation(input))) {
              open.push(operation(input));
            }
          }
        } else {
          order.add(Objects.requireNonNull(open.pop()));
        }
      }
    }
    return new ArrayList<>(order);
  }
}
