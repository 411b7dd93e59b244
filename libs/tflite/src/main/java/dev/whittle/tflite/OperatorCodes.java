package dev.whittle.tflite;

import com.google.flatbuffers.FlatBufferBuilder;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.OpType;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The operator table of a file under construction: which operators in which versions it uses. */
final class OperatorCodes {
  /** Stands in the first, 8-bit field for all operators from this number on. */
  private static final int PLACEHOLDER = 127;

  /** What a node with its operands takes in a file, roughly. */
  private static final int NODE_BYTES = 160;

  private final Map<Code, Integer> numbers = new LinkedHashMap<>();
  private final List<List<Integer>> versions = new ArrayList<>();
  private final Model model;

  private record Code(int builtin, String custom, int version) {}

  OperatorCodes(Model model) {
    this.model = model;
    for (Graph graph : model.graphs()) {
      List<Integer> ofGraph = new ArrayList<>();
      ShapeInference.Inferred declared = declared(graph);
      for (Node node : graph.nodes()) {
        int version = version(graph, node, declared);
        ofGraph.add(version);
        numbers.putIfAbsent(code(node, version), numbers.size());
      }
      versions.add(ofGraph);
    }
  }

  private int version(Graph graph, Node node, ShapeInference.Inferred declared) {
    return node.version() != 0
        ? node.version()
        : node.op().version(ShapeInference.operands(model, graph, node, declared));
  }

  /** The shapes that the graph states: versions depend on types and ranks, not on contents. */
  private static ShapeInference.Inferred declared(Graph graph) {
    List<Shape> shapes = graph.values().stream().map(Value::shape).toList();
    List<@Nullable Tensor> unknown =
        new ArrayList<>(Collections.nCopies(shapes.size(), (@Nullable Tensor) null));
    return new ShapeInference.Inferred(shapes, unknown);
  }

  private static Code code(Node node, int version) {
    OpType<?> type = node.op().type();
    return new Code(type.code(), type.isCustom() ? type.name() : "", version);
  }

  /** The versions of all nodes, graph by graph. */
  List<List<Integer>> versions() {
    return versions;
  }

  /** The place of a node's operator in the table. */
  int number(int graph, int node) {
    return numbers.getOrDefault(
        code(model.graphs().get(graph).nodes().get(node), versions.get(graph).get(node)), -1);
  }

  long sizeEstimate() {
    return model.graphs().stream()
        .mapToLong(g -> (g.nodes().size() + g.values().size()) * (long) NODE_BYTES)
        .sum();
  }

  /** Adds the table's entries to a file and returns their offsets. */
  List<Integer> write(FlatBufferBuilder builder) {
    List<Integer> offsets = new ArrayList<>();
    for (Code code : numbers.keySet()) {
      int custom = code.builtin == OpType.CUSTOM ? builder.createString(code.custom) : 0;
      builder.startTable(Slots.CODE_SLOTS);
      builder.addByte(Slots.CODE_DEPRECATED, (byte) Math.min(code.builtin, PLACEHOLDER), 0);
      builder.addOffset(Slots.CODE_CUSTOM, custom, 0);
      builder.addInt(Slots.CODE_VERSION, code.version, 1);
      builder.addInt(Slots.CODE_BUILTIN, code.builtin, 0);
      offsets.add(builder.endTable());
    }
    return offsets;
  }
}
