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
 * A graph while rules change it: who computes and who reads each value is known at every moment.
 * Nodes are named by handles that stay the same while others come and go.
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

  /** Values that have lost their last reader since {@link #releaseUnread}. */
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

  /** Lets go of constants that nothing reads any more, so that rewriting does not pile them up. */
  void releaseUnread() {
    for (int id : unread) {
      Value value = values.get(id);
      if (consumers(id).isEmpty() && !isOutput(id) && value.isConstant()) {
        values.set(id, value.withData(null));
      }
    }
    unread.clear();
  }

  /** The handles of all nodes in execution order, as they are now. */
  public List<Integer> handles() {
    return List.copyOf(order);
  }

  public boolean contains(int handle) {
    return nodes.get(handle) != null;
  }

  /**
   * The node with that handle.
   *
   * @throws IllegalArgumentException if it has been removed
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

  /** The node that computes a value, or null for inputs, constants and variables. */
  public @Nullable Node producer(int value) {
    Integer handle = producers.get(value);
    return handle == null ? null : nodes.get(handle);
  }

  /** The handle of the node that computes a value, or -1. */
  public int producerHandle(int value) {
    return producers.getOrDefault(value, -1);
  }

  /** Handles of the nodes that read a value. */
  public SortedSet<Integer> consumers(int value) {
    return Collections.unmodifiableSortedSet(
        consumers.getOrDefault(value, Collections.emptySortedSet()));
  }

  public boolean isOutput(int value) {
    return outputs.contains(value);
  }

  /** Whether exactly one node reads a value and the graph does not hand it out. */
  public boolean hasSingleUse(int value) {
    return !isOutput(value) && consumers(value).size() == 1;
  }

  /** Adds a value and returns it with its id. */
  public Value add(Value template) {
    Value value = template.withId(values.size());
    values.add(value);
    return value;
  }

  /** Puts another description of a value in its place; its id stays. */
  public void update(Value value) {
    values.set(value.id(), value);
  }

  /** Puts a node in the place of another one. */
  public void replace(int handle, Node replacement) {
    unlink(handle, node(handle));
    nodes.set(handle, replacement);
    link(handle, replacement);
  }

  /** Adds a node that runs just before another one. */
  public int insertBefore(int handle, Node added) {
    int place = order.indexOf(handle);
    int addedHandle = register(added);
    order.add(place, addedHandle);
    return addedHandle;
  }

  /** Removes a node; nothing may read what it computed. */
  public void remove(int handle) {
    unlink(handle, node(handle));
    nodes.set(handle, null);
    order.removeIf(h -> h == handle);
  }

  /** Makes all readers of a value, and the graph's outputs, read another one. */
  public void replaceUses(int value, int by) {
    for (int handle : List.copyOf(consumers(value))) {
      Node reader = node(handle);
      List<Integer> inputs = reader.inputs().stream().map(id -> id == value ? by : id).toList();
      replace(handle, reader.withOperands(inputs, reader.outputs(), reader.intermediates()));
    }
    outputs.replaceAll(id -> id == value ? by : id);
    redirections.put(value, by);
  }

  /** The value that readers of {@code value} read now. */
  int redirected(int value) {
    int current = value;
    while (redirections.containsKey(current)) {
      current = redirections.get(current);
    }
    return current;
  }

  /** How messages and {@code --explain} name a node. */
  public String describe(int handle) {
    Node node = node(handle);
    String output =
        node.outputs().isEmpty() ? "" : " '" + value(node.outputs().getFirst()).name() + "'";
    return node.op().type().name() + output;
  }

  /**
   * The graph as it is now, without the values that nothing refers to.
   *
   * @param keep ids that stay although no node refers to them, because a signature does
   * @param renumbered receives the new id of every value that stays
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
