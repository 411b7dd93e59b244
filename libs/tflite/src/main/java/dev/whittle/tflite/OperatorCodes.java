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

/** The operator code table of a file under construction: the operators used, with versions. */
final class OperatorCodes {
  /** The value of the deprecated 8-bit field for all operators from this code on. */
  private static final int PLACEHOLDER = 127;

  /** An estimate of a node's size in a file, with its operands. */
  private static final int NODE_BYTES = 160;

  private final Map<Code, Integer> indices = new LinkedHashMap<>();
  private final List<List<Integer>> versions = new ArrayList<>();
  private final Model model;

  private record Code(int builtin, String custom, int version) {}

  OperatorCodes(Model model) {
    this.model = model;
    for (Graph graph : model.graphs()) {
      List<Integer> graphVersions = new ArrayList<>();
      ShapeInference.Inferred declared = declared(graph);
      for (Node node : graph.nodes()) {
        int version = version(graph, node, declared);
        graphVersions.add(version);
        indices.putIfAbsent(code(node, version), indices.size());
      }
      versions.add(graphVersions);
    }
  }

  private int version(Graph graph, Node node, ShapeInference.Inferred declared) {
    return node.version() != 0
        ? node.version()
        : node.op().version(ShapeInference.operands(model, graph, node, declared));
  }

  /** Returns the shapes as declared: versions depend on types and ranks, not on contents. */
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

  /** Returns the versions of the nodes of each graph. */
  List<List<Integer>> versions() {
    return versions;
  }

  /** Returns the index of a node's operator in the table. */
  int index(int graph, int node) {
    return indices.getOrDefault(
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
    for (Code code : indices.keySet()) {
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
