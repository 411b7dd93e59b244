package dev.whittle.ir.rewrite;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A mutable graph for rewrite rules. It keeps the producer and the consumers of each value up to
 * date. Nodes have handles, which remain valid while other nodes are added and removed.
 */
public final class GraphEditor {
  private final Graph original;
  private final List<Value> values;
  private final List<Integer> outputs;
  private final List<@Nullable Node> nodes = new ArrayList<>();
  private final List<Integer> order = new ArrayList<>();
  private final Map<Integer, Integer> redirections = new HashMap<>();
  private final Map<Integer, Integer> producers = new HashMap<>();
  private final Map<Integer, SortedSet<Integer>> consumers = new HashMap<>();

  /** Values that have lost their last consumer since the last {@link #releaseUnread}. */
  private final Set<Integer> unread = new HashSet<>();

  GraphEditor(Graph graph) {
    this.original = graph;
    this.values = new ArrayList<>(graph.values());
    this.outputs = new ArrayList<>(graph.outputs());
    for (Node node : graph.nodes()) {
      order.add(register(node));
    }
  }

  private int register(Node node) {
    int handle = nodes.size();
    nodes.add(node);
    link(handle, node);
    return handle;
  }

  private void link(int handle, Node node) {
    node.outputs().forEach(id -> producers.put(id, handle));
    for (int id : node.inputs()) {
      if (id != Node.ABSENT) {
        consumers.computeIfAbsent(id, k -> new TreeSet<>()).add(handle);
      }
    }
  }

  private void unlink(int handle, Node node) {
    node.outputs().forEach(id -> producers.remove(id, handle));
    for (int id : node.inputs()) {
      SortedSet<Integer> readers = consumers.get(id);
      if (readers != null) {
        readers.remove(handle);
        if (readers.isEmpty()) {
          unread.add(id);
        }
      }
    }
  }

  /**
   * Releases the contents of constants without consumers, so that rewriting does not retain them.
   */
  void releaseUnread() {
    for (int id : unread) {
      Value value = values.get(id);
      if (consumers(id).isEmpty() && !isOutput(id) && value.isConstant()) {
        values.set(id, value.withData(null));
      }
    }
    unread.clear();
  }

  /** Returns the handles of all present nodes in execution order, as a copy. */
  public List<Integer> handles() {
    return List.copyOf(order);
  }

  /** Returns whether a node has not been removed. */
  public boolean contains(int handle) {
    return nodes.get(handle) != null;
  }

  /**
   * Returns a node.
   *
   * @throws IllegalArgumentException if the node has been removed
   */
  public Node node(int handle) {
    Node node = nodes.get(handle);
    if (node == null) {
      throw new IllegalArgumentException("node " + handle + " has been removed");
    }
    return node;
  }

  public Value value(int id) {
    return values.get(id);
  }

  /** Returns the node that computes a value; null for inputs, constants and variables. */
  public @Nullable Node producer(int value) {
    Integer handle = producers.get(value);
    return handle == null ? null : nodes.get(handle);
  }

  /** Returns the handle of the node that computes a value, or -1. */
  public int producerHandle(int value) {
    return producers.getOrDefault(value, -1);
  }

  /** Returns the handles of the nodes that read a value. */
  public SortedSet<Integer> consumers(int value) {
    return Collections.unmodifiableSortedSet(
        consumers.getOrDefault(value, Collections.emptySortedSet()));
  }

  public boolean isOutput(int value) {
    return outputs.contains(value);
  }

  /** Returns whether exactly one node reads a value, and it is not an output of the graph. */
  public boolean hasSingleUse(int value) {
    return !isOutput(value) && consumers(value).size() == 1;
  }

  /** Adds a value and returns it with its new id. */
  public Value add(Value template) {
    Value value = template.withId(values.size());
    values.add(value);
    return value;
  }

  /** Replaces the value that has the same id. */
  public void update(Value value) {
    values.set(value.id(), value);
  }

  /** Replaces a node; its handle and its position remain. */
  public void replace(int handle, Node replacement) {
    unlink(handle, node(handle));
    nodes.set(handle, replacement);
    link(handle, replacement);
  }

  /** Adds a node before another one and returns its handle. */
  public int insertBefore(int handle, Node added) {
    int position = order.indexOf(handle);
    int addedHandle = register(added);
    order.add(position, addedHandle);
    return addedHandle;
  }

  /** Removes a node, whose outputs must not have consumers. */
  public void remove(int handle) {
    unlink(handle, node(handle));
    nodes.set(handle, null);
    order.removeIf(h -> h == handle);
  }

  /** Replaces a value by another one in all consumers and in the outputs of the graph. */
  public void replaceUses(int value, int replacement) {
    for (int handle : List.copyOf(consumers(value))) {
      Node reader = node(handle);
      List<Integer> inputs =
          reader.inputs().stream().map(id -> id == value ? replacement : id).toList();
      replace(handle, reader.withOperands(inputs, reader.outputs(), reader.intermediates()));
    }
    outputs.replaceAll(id -> id == value ? replacement : id);
    redirections.put(value, replacement);
  }

  /** Returns the value that consumers of {@code value} read now. */
  int redirected(int value) {
    int current = value;
    while (redirections.containsKey(current)) {
      current = redirections.get(current);
    }
    return current;
  }

  /** Returns a node's operator and first output, for messages and {@code --explain}. */
  public String describe(int handle) {
    Node node = node(handle);
    String output =
        node.outputs().isEmpty() ? "" : " '" + value(node.outputs().getFirst()).name() + "'";
    return node.op().type().name() + output;
  }

  /**
   * Returns the present graph, without values that nothing refers to.
   *
   * @param keep the ids of values to keep because a signature refers to them
   * @param renumbered receives the new id of each value that is kept
   */
  Graph freeze(BitSet keep, Map<Integer, Integer> renumbered) {
    BitSet used = (BitSet) keep.clone();
    original.inputs().forEach(used::set);
    outputs.forEach(used::set);
    for (int handle : order) {
      Node node = node(handle);
      for (List<Integer> ids : List.of(node.inputs(), node.outputs(), node.intermediates())) {
        ids.stream().filter(id -> id != Node.ABSENT).forEach(used::set);
      }
    }
    return new Renumbering(used, renumbered)
        .apply(original, values, outputs, order.stream().map(this::node).toList());
  }
}
