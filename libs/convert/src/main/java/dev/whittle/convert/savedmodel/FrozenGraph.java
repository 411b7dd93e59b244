package dev.whittle.convert.savedmodel;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A graph of TensorFlow 1 in binary form, whose variables have become constants.
 *
 * @param inputs the tensors that the model takes, such as {@code image} or {@code image:0}; any
 *     tensor of the graph
 * @param outputs the tensors that the model returns, in order
 * @param allowsCustomOperators whether operations without a lowering become custom operators of the
 *     same name
 */
public record FrozenGraph(
    Path file, List<String> inputs, List<String> outputs, boolean allowsCustomOperators) {
  private static final long MAX_BYTES = Integer.MAX_VALUE - 16L;
  private static final int MAX_NAMED = 10;
  private static final int FLOAT = 1;

  /** The beginning of a graph in text form. */
  private static final Pattern TEXT =
      Pattern.compile("(\\s|#[^\\n]*\\n)*(node|library|versions)\\s*[:{].*", Pattern.DOTALL);

  private static final Set<String> VARIABLES =
      Set.of("Variable", "VariableV2", "VarHandleOp", "AutoReloadVariable", "TemporaryVariable");

  public FrozenGraph {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  public FrozenGraph allowingCustomOperators(boolean allow) {
    return new FrozenGraph(file, inputs, outputs, allow);
  }

  /**
   * Reads the graph as one of a SavedModel, with the signature {@code serving_default}.
   *
   * @param inputShapes shapes of inputs by name
   * @throws MalformedModelException if the file is broken
   * @throws UnsupportedModelException if it is no frozen graph, or lacks a named tensor
   * @throws IOException if the file cannot be read
   */
  Proto metaGraph(Map<String, Shape> inputShapes) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new MalformedModelException(file + ": is too large for a graph");
    }
    ByteString bytes = ByteString.copyFrom(Files.readAllBytes(file));
    String start = bytes.substring(0, Math.min(bytes.size(), 1 << 12)).toStringUtf8();
    if (TEXT.matcher(start).matches()) {
      throw refused("is a graph in text form", "write it in binary form (as_text=False)");
    }
    Proto graph = Proto.parse(bytes, file.toString());
    if (graph.integer(1) != 0) {
      throw refused(
          "is the file of a SavedModel, not a frozen graph", "name its folder: --saved_model_dir");
    }
    Map<String, TfNode> nodes = TfFunction.main(graph).nodes();
    if (nodes.isEmpty()) {
      throw new MalformedModelException(file + ": is no graph: it has no operations");
    }
    requireNames(nodes);
    requireConstants(nodes);
    var signature = UnknownFieldSet.newBuilder();
    var ofInputs = UnknownFieldSet.Field.newBuilder();
    for (String input : inputs) {
      ofInputs.addLengthDelimited(port(input, input(input, nodes, inputShapes)));
    }
    var ofOutputs = UnknownFieldSet.Field.newBuilder();
    for (String output : outputs) {
      ofOutputs.addLengthDelimited(
          port(output, UnknownFieldSet.newBuilder().addField(1, text(output)).build()));
    }
    signature.addField(1, ofInputs.build()).addField(2, ofOutputs.build());
    var entry =
        UnknownFieldSet.newBuilder()
            .addField(1, text("serving_default"))
            .addField(2, message(signature.build()));
    return Proto.of(
        UnknownFieldSet.newBuilder()
            .addField(2, UnknownFieldSet.Field.newBuilder().addLengthDelimited(bytes).build())
            .addField(5, message(entry.build()))
            .build(),
        file.toString());
  }

  private UnsupportedModelException refused(String reason, String remedy) {
    return new UnsupportedModelException(file.toString(), reason, remedy);
  }

  /** Returns the name of an input or output in the signature. */
  private static String name(String tensor) {
    return tensor.endsWith(":0") ? tensor.substring(0, tensor.length() - 2) : tensor;
  }

  /** Returns the entry of a signature's map of inputs or outputs. */
  private static ByteString port(String tensor, UnknownFieldSet info) {
    return UnknownFieldSet.newBuilder()
        .addField(1, text(name(tensor)))
        .addField(2, message(info))
        .build()
        .toByteString();
  }

  private static UnknownFieldSet.Field text(String text) {
    return UnknownFieldSet.Field.newBuilder()
        .addLengthDelimited(ByteString.copyFromUtf8(text))
        .build();
  }

  private static UnknownFieldSet.Field message(UnknownFieldSet message) {
    return UnknownFieldSet.Field.newBuilder().addLengthDelimited(message.toByteString()).build();
  }

  /** Describes an input: its tensor, its element type and, where the graph states it, its shape. */
  private UnknownFieldSet input(
      String input, Map<String, TfNode> nodes, Map<String, Shape> inputShapes) {
    TfNode node = nodes.get(TfNode.nameOf(input));
    if (node == null) {
      throw missing(input, nodes);
    }
    long type = node.type("dtype", node.type("T", FLOAT));
    Proto attribute = node.attributes().get("shape");
    boolean isPlaceholder = node.op().startsWith("Placeholder");
    Shape shape =
        isPlaceholder && attribute != null ? DataTypes.shape(attribute.message(7)) : Shape.UNKNOWN;
    if (!shape.isRankKnown() && !inputShapes.containsKey(name(input))) {
      throw refused(
          "the graph states no shape of the input '" + name(input) + "'",
          "give the shapes of all inputs with --input_shapes");
    }
    var number = UnknownFieldSet.Field.newBuilder().addVarint(type).build();
    var info = UnknownFieldSet.newBuilder().addField(1, text(input)).addField(2, number);
    if (shape.isRankKnown() && attribute != null) {
      ByteString stated =
          attribute.bytes(7).isEmpty() ? ByteString.EMPTY : attribute.bytes(7).getLast();
      info.addField(3, UnknownFieldSet.Field.newBuilder().addLengthDelimited(stated).build());
    }
    return info.build();
  }

  private void requireNames(Map<String, TfNode> nodes) {
    if (inputs.isEmpty() || outputs.isEmpty()) {
      throw refused(
          "a frozen graph does not state its inputs and outputs",
          "name them: --input_arrays and --output_arrays; " + candidates(nodes));
    }
    Set<String> seen = new HashSet<>();
    for (String input : inputs) {
      if (!seen.add(name(input))) {
        throw refused("the input '" + name(input) + "' is named twice", "name it once");
      }
      int colon = input.indexOf(':');
      if (colon >= 0 && !input.endsWith(":0")) {
        throw refused(
            "the input '" + input + "' is another output than the first of its operation",
            "name the operations that read it as inputs");
      }
    }
    seen.clear();
    for (String output : outputs) {
      if (!nodes.containsKey(TfNode.nameOf(output))) {
        throw missing(output, nodes);
      }
      if (!seen.add(name(output))) {
        throw refused("the output '" + name(output) + "' is named twice", "name it once");
      }
    }
  }

  private UnsupportedModelException missing(String tensor, Map<String, TfNode> nodes) {
    return refused("the graph has no tensor '" + tensor + "'", candidates(nodes));
  }

  /** Lists probable inputs and outputs: placeholders, and operations that no other reads. */
  private static String candidates(Map<String, TfNode> nodes) {
    List<String> placeholders = new ArrayList<>();
    Map<String, TfNode> last = new LinkedHashMap<>(nodes);
    for (TfNode node : nodes.values()) {
      if (node.op().startsWith("Placeholder")) {
        placeholders.add(node.name());
      }
      node.inputs().forEach(input -> last.remove(operation(input)));
    }
    last.values().removeIf(node -> Set.of("NoOp", "Const", "Placeholder").contains(node.op()));
    return "its placeholders are %s, its last operations %s"
        .formatted(shortened(placeholders), shortened(List.copyOf(last.keySet())));
  }

  private static List<String> shortened(List<String> names) {
    return names.subList(0, Math.min(names.size(), MAX_NAMED));
  }

  private static String operation(String input) {
    return TfNode.nameOf(TfNode.isControl(input) ? input.substring(1) : input);
  }

  /** Refuses variables among the operations that the outputs need. */
  private void requireConstants(Map<String, TfNode> nodes) {
    Set<String> ends = new HashSet<>();
    inputs.forEach(input -> ends.add(TfNode.nameOf(input)));
    Set<String> reached = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>();
    outputs.forEach(output -> open.push(TfNode.nameOf(output)));
    List<String> variables = new ArrayList<>();
    while (!open.isEmpty()) {
      String name = open.pop();
      TfNode node = nodes.get(name);
      if (node == null || ends.contains(name) || !reached.add(name)) {
        continue;
      }
      if (VARIABLES.contains(node.op())) {
        variables.add(name);
      }
      node.dataInputs().forEach(input -> open.push(operation(input)));
    }
    if (!variables.isEmpty()) {
      throw refused(
          "the graph has %d variables, such as %s, whose contents it does not hold"
              .formatted(variables.size(), shortened(variables)),
          "freeze the graph first (tf.compat.v1.graph_util.convert_variables_to_constants), or"
              + " save a SavedModel");
    }
  }
}
