package dev.whittle.tflite;

import com.google.flatbuffers.FlatBufferBuilder;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.CustomOp;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A writer of a model's subgraphs. */
final class GraphWriter {
  private final FlatBufferBuilder builder;
  private final BufferTable buffers;
  private final OperatorCodes codes;
  private final Map<Constant, Long> outside;

  GraphWriter(
      FlatBufferBuilder builder,
      BufferTable buffers,
      OperatorCodes codes,
      Map<Constant, Long> outside) {
    this.builder = builder;
    this.buffers = buffers;
    this.codes = codes;
    this.outside = outside;
  }

  /** Adds all graphs to the file and returns their offsets. */
  List<Integer> write(Model model) {
    List<Integer> offsets = new ArrayList<>();
    for (int g = 0; g < model.graphs().size(); g++) {
      offsets.add(graph(g, model.graphs().get(g)));
    }
    return offsets;
  }

  private int graph(int index, Graph graph) {
    int tensors = Vectors.offsets(builder, graph.values().stream().map(this::tensor).toList());
    List<Integer> nodes = new ArrayList<>();
    for (int n = 0; n < graph.nodes().size(); n++) {
      nodes.add(node(codes.index(index, n), graph.nodes().get(n)));
    }
    int operators = Vectors.offsets(builder, nodes);
    int inputs = Vectors.ints(builder, graph.inputs());
    int outputs = Vectors.ints(builder, graph.outputs());
    int name = builder.createString(graph.name());
    builder.startTable(Slots.SUBGRAPH_SLOTS);
    builder.addOffset(Slots.SUBGRAPH_TENSORS, tensors, 0);
    builder.addOffset(Slots.SUBGRAPH_INPUTS, inputs, 0);
    builder.addOffset(Slots.SUBGRAPH_OUTPUTS, outputs, 0);
    builder.addOffset(Slots.SUBGRAPH_OPERATORS, operators, 0);
    builder.addOffset(Slots.SUBGRAPH_NAME, name, 0);
    builder.addInt(Slots.SUBGRAPH_DEBUG, graph.debugMetadataIndex(), -1);
    return builder.endTable();
  }

  private int tensor(Value value) {
    int name = builder.createString(value.name());
    int shape = shape(value.initialShape());
    boolean hasSignature =
        !value.shape().equals(value.initialShape()) && value.shape().isRankKnown();
    int signature = hasSignature ? shape(value.shape()) : 0;
    int quantization = QuantizationCodec.write(builder, value.quantization());
    int sparsity = SparsityCodec.write(builder, value.sparsity());
    int variants =
        value.variants().isEmpty()
            ? 0
            : Vectors.offsets(builder, value.variants().stream().map(this::variant).toList());
    builder.startTable(Slots.TENSOR_SLOTS);
    builder.addOffset(Slots.TENSOR_SHAPE, shape, 0);
    builder.addByte(Slots.TENSOR_TYPE, (byte) value.type().code(), 0);
    builder.addInt(Slots.TENSOR_BUFFER, value.data() == null ? 0 : buffers.add(value.data()), 0);
    builder.addOffset(Slots.TENSOR_NAME, name, 0);
    builder.addOffset(Slots.TENSOR_QUANTIZATION, quantization, 0);
    builder.addBoolean(Slots.TENSOR_IS_VARIABLE, value.isVariable(), false);
    builder.addOffset(Slots.TENSOR_SPARSITY, sparsity, 0);
    builder.addOffset(Slots.TENSOR_SHAPE_SIGNATURE, signature, 0);
    builder.addBoolean(Slots.TENSOR_HAS_RANK, value.hasRank(), false);
    builder.addOffset(Slots.TENSOR_VARIANTS, variants, 0);
    return builder.endTable();
  }

  private int shape(Shape shape) {
    return Vectors.ints(builder, Arrays.stream(shape.toArray()).boxed().toList());
  }

  private int variant(Value.Variant variant) {
    int shape = shape(variant.shape());
    builder.startTable(Slots.VARIANT_SLOTS);
    builder.addOffset(Slots.VARIANT_SHAPE, shape, 0);
    builder.addByte(Slots.VARIANT_TYPE, (byte) variant.type().code(), 0);
    builder.addBoolean(Slots.VARIANT_HAS_RANK, variant.hasRank(), false);
    return builder.endTable();
  }

  private int node(int code, Node node) {
    OptionsCodec.Written options =
        OptionsCodec.write(builder, node.op().type().name(), node.op().options());
    int inputs = Vectors.ints(builder, node.inputs());
    int outputs = Vectors.ints(builder, node.outputs());
    int custom = customOptions(node);
    int mutating =
        node.mutatingVariableInputs().isEmpty()
            ? 0
            : Vectors.booleans(builder, node.mutatingVariableInputs());
    int intermediates =
        node.intermediates().isEmpty() ? 0 : Vectors.ints(builder, node.intermediates());
    boolean inSecondUnion = options.union() == 2;
    builder.startTable(Slots.OPERATOR_SLOTS);
    builder.addInt(Slots.OPERATOR_CODE, code, 0);
    builder.addOffset(Slots.OPERATOR_INPUTS, inputs, 0);
    builder.addOffset(Slots.OPERATOR_OUTPUTS, outputs, 0);
    builder.addByte(
        inSecondUnion ? Slots.OPERATOR_OPTIONS_2_TYPE : Slots.OPERATOR_OPTIONS_TYPE,
        (byte) options.number(),
        0);
    builder.addOffset(
        inSecondUnion ? Slots.OPERATOR_OPTIONS_2 : Slots.OPERATOR_OPTIONS, options.offset(), 0);
    builder.addOffset(Slots.OPERATOR_CUSTOM_OPTIONS, custom, 0);
    builder.addOffset(Slots.OPERATOR_MUTATING, mutating, 0);
    builder.addOffset(Slots.OPERATOR_INTERMEDIATES, intermediates, 0);
    largeOptions(node);
    builder.addInt(Slots.OPERATOR_DEBUG, node.debugMetadataIndex(), -1);
    return builder.endTable();
  }

  private int customOptions(Node node) {
    return node.op() instanceof CustomOp op
            && !op.largeOptions()
            && op.customOptions().byteSize() > 0
        ? ModelLayout.bytes(builder, op.customOptions())
        : 0;
  }

  private void largeOptions(Node node) {
    if (node.op() instanceof CustomOp op && op.largeOptions()) {
      long offset = outside.getOrDefault(op.customOptions(), Long.MAX_VALUE);
      builder.addLong(Slots.OPERATOR_LARGE_OPTIONS_OFFSET, offset, 0);
      builder.addLong(Slots.OPERATOR_LARGE_OPTIONS_SIZE, op.customOptions().byteSize(), 0);
    }
  }
}
