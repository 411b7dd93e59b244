package dev.whittle.tflite;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Options;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.OpCatalog;
import dev.whittle.ir.op.common.CustomOp;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the subgraphs of a model. */
final class GraphReader {
  private final FlatTable.Source source;
  private final List<OperatorCode> codes;
  private final List<MemorySegment> buffers;

  /** What an entry of the operator table says. */
  private record OperatorCode(int builtin, String custom, int version) {}

  GraphReader(FlatTable model, List<MemorySegment> buffers) {
    this.source = model.source();
    this.codes = model.tables(Slots.MODEL_OPERATOR_CODES, GraphReader::code);
    this.buffers = buffers;
  }

  private static OperatorCode code(FlatTable table) {
    // Files from before operator 127 have only the first field, later ones both.
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
          table.position(), "tensor %d is in an external buffer, but the file lists none", id);
    }
    Shape stated = shape(table, Slots.TENSOR_SHAPE);
    Shape initial = stated.withDynamicAs(1);
    Shape declared =
        table.has(Slots.TENSOR_SHAPE_SIGNATURE)
            ? shape(table, Slots.TENSOR_SHAPE_SIGNATURE)
            : stated;
    return new Value(
        id,
        table.stringOrEmpty(Slots.TENSOR_NAME),
        type(table, table.int8(Slots.TENSOR_TYPE, 0)),
        // Runtimes go by the shape: a signature that contradicts it, or is empty, says nothing.
        declared.accepts(initial) ? declared : stated,
        initial,
        table.bool(Slots.TENSOR_HAS_RANK, false),
        table.bool(Slots.TENSOR_IS_VARIABLE, false),
        QuantizationCodec.read(table.table(Slots.TENSOR_QUANTIZATION)),
        SparsityCodec.read(table.table(Slots.TENSOR_SPARSITY)),
        data(table),
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
        throw source.malformed(table.position(), "a shape has the extent %d", dim);
      }
    }
    return Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
  }

  private TensorType type(FlatTable table, int code) {
    return TensorType.ofCode(code)
        .orElseThrow(() -> source.malformed(table.position(), "no tensor type %d", code));
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
          table.position(), "no operator code %d, there are %d", index, codes.size());
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
    // Options of another operator mean the same as none, as in the native runtime.
    String expected =
        OpCatalog.ofCode(code.builtin).map(OpType::optionTable).orElse(options.table());
    boolean usable = options.table().isEmpty() || options.table().equals(expected);
    Options own = usable ? options : Options.NONE;
    try {
      return OpCatalog.decode(code.builtin, name, own);
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
