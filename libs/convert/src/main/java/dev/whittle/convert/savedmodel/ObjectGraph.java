package dev.whittle.convert.savedmodel;

import com.google.protobuf.ByteString;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The Python objects of a SavedModel of TensorFlow 2, by which the checkpoint names its contents.
 * The operation that creates a variable or table is found where a call passes it to a function,
 * whose captured objects the object graph lists in the same order.
 *
 * @param keys the keys in the checkpoint by the name of the creating operation and the attribute of
 *     the object, such as {@code VARIABLE_VALUE} or {@code table-keys}
 */
record ObjectGraph(Map<String, Map<String, String>> keys) {
  private static final String CHECKPOINT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH";

  /**
   * Reads the object graph.
   *
   * @param saved the {@code SavedObjectGraph}
   * @param checkpoint holds the {@code TrackableObjectGraph}, whose nodes have other numbers
   * @throws MalformedModelException if a reference leads to no object
   */
  static ObjectGraph read(Proto saved, TfFunction main, TensorBundle checkpoint)
      throws IOException {
    Map<String, Map<String, String>> keys = new HashMap<>();
    if (!checkpoint.has(CHECKPOINT_GRAPH)) {
      return new ObjectGraph(keys);
    }
    Tensor graph = checkpoint.tensor(CHECKPOINT_GRAPH);
    if (graph.type() != TensorType.STRING || graph.elements() != 1) {
      throw new MalformedModelException(CHECKPOINT_GRAPH + ": expected one string");
    }
    Proto tracked = Proto.parse(ByteString.copyFrom(graph.strings().getFirst()), CHECKPOINT_GRAPH);
    Map<Integer, Map<String, String>> attributes =
        attributes(saved.messages(1), tracked.messages(1));
    Map<String, List<Long>> captured = new HashMap<>();
    saved.map(2).forEach((name, function) -> captured.put(name, function.integers(2)));
    for (TfNode node : main.nodes().values()) {
      List<Long> objects = captured.getOrDefault(node.function("f"), List.of());
      List<String> inputs = node.dataInputs();
      int first = inputs.size() - objects.size();
      for (int i = 0; i < objects.size() && first >= 0; i++) {
        Map<String, String> found = attributes.get(objects.get(i).intValue());
        if (found != null) {
          keys.putIfAbsent(TfNode.nameOf(inputs.get(first + i)), found);
        }
      }
    }
    return new ObjectGraph(keys);
  }

  /** Returns the checkpoint keys by saved object: both graphs name children alike. */
  private static Map<Integer, Map<String, String>> attributes(
      List<Proto> saved, List<Proto> tracked) {
    Map<Integer, Map<String, String>> attributes = new HashMap<>();
    Deque<int[]> open = new ArrayDeque<>();
    Set<Integer> seen = new HashSet<>();
    if (!saved.isEmpty() && !tracked.isEmpty()) {
      open.push(new int[] {0, 0});
    }
    while (!open.isEmpty()) {
      int[] pair = open.pop();
      if (!seen.add(pair[0])) {
        continue;
      }
      Proto object = at(tracked, pair[1]);
      Map<String, String> keys = new HashMap<>();
      object.messages(2).forEach(a -> keys.put(a.text(1), a.text(3)));
      attributes.put(pair[0], keys);
      Map<String, Integer> children = children(object);
      children(at(saved, pair[0]))
          .forEach(
              (name, child) -> {
                Integer other = children.get(name);
                if (other != null) {
                  open.push(new int[] {child, other});
                }
              });
    }
    return attributes;
  }

  private static Map<String, Integer> children(Proto object) {
    Map<String, Integer> children = new HashMap<>();
    for (Proto child : object.messages(1)) {
      children.put(child.text(2), (int) child.integer(1));
    }
    return children;
  }

  private static Proto at(List<Proto> objects, int index) {
    if (index < 0 || index >= objects.size()) {
      throw new MalformedModelException(
          "the object graph has %d objects; a reference leads to %d"
              .formatted(objects.size(), index));
    }
    return objects.get(index);
  }

  /** Returns the checkpoint key of an attribute; empty if there is none. */
  String key(String handle, String attribute) {
    return keys.getOrDefault(handle, Map.of()).getOrDefault(attribute, "");
  }
}
