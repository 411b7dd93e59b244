package dev.whittle.tflite;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Options;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.CustomOp;
import dev.whittle.ir.op.OpCatalog;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A reader of a model's subgraphs. */
final class GraphReader {
  private final FlatTable.Source source;
  private final List<OperatorCode> codes;
  private final List<MemorySegment> buffers;

  /** An entry of the operator code table. */
  private record OperatorCode(int builtin, String custom, int version) {}

  GraphReader(FlatTable model, List<MemorySegment> buffers) {
    this.source = model.source();
    this.codes = model.tables(Slots.MODEL_OPERATOR_CODES, GraphReader::code);
    this.buffers = buffers;
  }

  private static OperatorCode code(FlatTable table) {
    // Older files have only the deprecated 8-bit field, newer ones have both.
    int builtin =
        Math.max(table.int8(Slots.CODE_DEPRECATED, 0), table.int32(Slots.CODE_BUILTIN, 0));
    return new OperatorCode(
        builtin, table.stringOrEmpty(Slots.CODE_CUSTOM), table.int32(Slots.CODE_VERSION, 1));
  }

  Graph graph(FlatTable table) {
    List<FlatTable> tensors = table.tables(Slots.SUBGRAPH_TENSORS, t -> t);
    List<Value> values = new ArrayList<>(tensors.size());
    for (int i = 0; i < tensors.size(); i++) {
      values.add(value(i, tensors.get(i)));
    }
    return new Graph(
        table.stringOrEmpty(Slots.SUBGRAPH_NAME),
        values,
        ids(table, Slots.SUBGRAPH_INPUTS),
        ids(table, Slots.SUBGRAPH_OUTPUTS),
        table.tables(Slots.SUBGRAPH_OPERATORS, this::node),
        table.int32(Slots.SUBGRAPH_DEBUG, -1));
  }

  private static List<Integer> ids(FlatTable table, int slot) {
    List<Integer> ids = table.int32s(slot);
    return ids == null ? List.of() : ids;
  }

  private Value value(int id, FlatTable table) {
    if (table.uint32(Slots.TENSOR_EXTERNAL_BUFFER) != 0) {
      throw source.malformed(
          table.position(), "tensor %d is in an external buffer, but the file has none", id);
    }
    Shape shape = shape(table, Slots.TENSOR_SHAPE);
    Shape initial = shape.withDynamicAs(1);
    Shape signature =
        table.has(Slots.TENSOR_SHAPE_SIGNATURE)
            ? shape(table, Slots.TENSOR_SHAPE_SIGNATURE)
            : shape;
    return new Value(
        id,
        table.stringOrEmpty(Slots.TENSOR_NAME),
        type(table, table.int8(Slots.TENSOR_TYPE, 0)),
        new Value.Declaration(
            // Like runtimes, ignore a signature that is empty or contradicts the shape.
            signature.accepts(initial) ? signature : shape,
            initial,
            table.bool(Slots.TENSOR_HAS_RANK, false)),
        table.bool(Slots.TENSOR_IS_VARIABLE, false),
        QuantizationCodec.read(table.table(Slots.TENSOR_QUANTIZATION)),
        new Value.Storage(data(table), SparsityCodec.read(table.table(Slots.TENSOR_SPARSITY))),
        table.tables(Slots.TENSOR_VARIANTS, this::variant));
  }

  private @Nullable Constant data(FlatTable table) {
    long buffer = table.uint32(Slots.TENSOR_BUFFER);
    return buffer == 0 ? null : TfliteReader.constant(table, buffer, buffers);
  }

  private Shape shape(FlatTable table, int slot) {
    List<Integer> dims = table.int32s(slot);
    if (dims == null) {
      return Shape.SCALAR;
    }
    for (int dim : dims) {
      if (dim < Shape.DYNAMIC) {
        throw source.malformed(
            table.position(),
            "a shape has the dimension %d; expected -1 (unknown), 0 or more",
            dim);
      }
    }
    return Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
  }

  private TensorType type(FlatTable table, int code) {
    return TensorType.ofCode(code)
        .orElseThrow(
            () -> source.malformed(table.position(), "unknown code %d of a tensor type", code));
  }

  private Value.Variant variant(FlatTable table) {
    return new Value.Variant(
        type(table, table.int8(Slots.VARIANT_TYPE, 0)),
        shape(table, Slots.VARIANT_SHAPE),
        table.bool(Slots.VARIANT_HAS_RANK, false));
  }

  private Node node(FlatTable table) {
    long index = table.uint32(Slots.OPERATOR_CODE);
    if (index >= codes.size()) {
      throw source.malformed(
          table.position(),
          "operator code %d does not exist; the file has %d",
          index,
          codes.size());
    }
    OperatorCode code = codes.get((int) index);
    List<Boolean> mutating = table.bools(Slots.OPERATOR_MUTATING);
    return new Node(
        op(table, code),
        code.version,
        ids(table, Slots.OPERATOR_INPUTS),
        ids(table, Slots.OPERATOR_OUTPUTS),
        ids(table, Slots.OPERATOR_INTERMEDIATES),
        mutating == null ? List.of() : mutating,
        table.int32(Slots.OPERATOR_DEBUG, -1));
  }

  private Op op(FlatTable table, OperatorCode code) {
    if (code.builtin == OpType.CUSTOM) {
      return customOp(table, code.custom);
    }
    String name = OptionTable.operatorName(code.builtin);
    Options options = OptionsCodec.read(table);
    // Like the native runtime, ignore options of another operator.
    String expected =
        OpCatalog.ofCode(code.builtin).map(OpType::optionTable).orElse(options.table());
    boolean isExpected = options.table().isEmpty() || options.table().equals(expected);
    try {
      return OpCatalog.decode(code.builtin, name, isExpected ? options : Options.NONE);
    } catch (OperandException e) {
      throw source.malformed(
          table.position(), "operator %s: %s", name, String.valueOf(e.getMessage()));
    }
  }

  private CustomOp customOp(FlatTable table, String name) {
    long offset = table.int64(Slots.OPERATOR_LARGE_OPTIONS_OFFSET, 0);
    long size = table.int64(Slots.OPERATOR_LARGE_OPTIONS_SIZE, 0);
    if (offset > 1 && size > 0) {
      return new CustomOp(
          name, Constant.of(TfliteReader.outside(table, source, offset, size)), true);
    }
    MemorySegment options = table.vector(Slots.OPERATOR_CUSTOM_OPTIONS, 1);
    return new CustomOp(
        name, options == null ? Constant.of(new byte[0]) : Constant.of(options), false);
  }
}
