package dev.whittle.optimize.sparse;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.type.Densify;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Sparsity;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Stores weights with many zeros as sparse tensors (quantization notes, section f). FULLY_CONNECTED
 * reads blocks of 1 x 4 floats or 1 x 16 bytes, and single floats, as they are; for others a
 * DENSIFY restores the weights when the model is loaded. What would not get smaller stays dense.
 */
public final class SparseEncoding {
  /** The version of FULLY_CONNECTED that takes sparse weights. */
  private static final int SPARSE_DENSE_LAYER = 8;

  /** Fewer zeros than this are not worth looking at. */
  private static final double LEAST_SPARSITY = 0.3;

  private final List<Value> values;
  private final List<Node> nodes = new ArrayList<>();
  private final Graph graph;
  private final Map<Integer, Integer> dense = new HashMap<>();

  private SparseEncoding(Graph graph) {
    this.graph = graph;
    this.values = new ArrayList<>(graph.values());
  }

  /** The model with sparse tensors where they are smaller. */
  public static Model apply(Model model) {
    return model.withGraphs(
        model.graphs().stream().map(graph -> new SparseEncoding(graph).run()).toList());
  }

  private Graph run() {
    Map<Integer, Integer> readers = new HashMap<>();
    graph.nodes().forEach(n -> n.inputs().forEach(id -> readers.merge(id, 1, Integer::sum)));
    for (Node node : graph.nodes()) {
      nodes.add(encode(node, readers));
    }
    return new Graph(
        graph.name(), values, graph.inputs(), graph.outputs(), nodes, graph.debugMetadataIndex());
  }

  private Node encode(Node node, Map<Integer, Integer> readers) {
    int place = node.op().quantizationRule().weights();
    int id = place < 0 || place >= node.inputs().size() ? Node.ABSENT : node.inputs().get(place);
    Value value = id == Node.ABSENT ? null : graph.value(id);
    Tensor contents = value == null ? null : value.contents();
    if (value == null || contents == null || zeros(contents) < LEAST_SPARSITY) {
      return node;
    }
    boolean floats = value.type() == TensorType.FLOAT32;
    if (!floats && value.type() != TensorType.INT8) {
      return node;
    }
    boolean direct =
        node.op() instanceof FullyConnected
            && readers.getOrDefault(id, 0) == 1
            && (floats || isInteger(node));
    if (direct) {
      for (int block : floats ? new int[] {4, 1} : new int[] {16}) {
        Encoded encoded = encoded(contents, block);
        if (encoded != null && encoded.bytes() < contents.data().byteSize()) {
          values.set(id, value.withSparseData(encoded.sparsity, encoded.stored));
          return withVersion(node);
        }
      }
    }
    return behindDensify(node, place, value, contents);
  }

  private boolean isInteger(Node node) {
    return graph.value(node.inputs().getFirst()).type() == TensorType.INT8;
  }

  private static Node withVersion(Node node) {
    return new Node(
        node.op(),
        SPARSE_DENSE_LAYER,
        node.inputs(),
        node.outputs(),
        node.intermediates(),
        node.mutatingVariableInputs(),
        node.debugMetadataIndex());
  }

  private Node behindDensify(Node node, int place, Value value, Tensor contents) {
    Integer known = dense.get(value.id());
    if (known == null) {
      Encoded encoded = encoded(contents, 1);
      if (encoded == null || encoded.bytes() >= contents.data().byteSize()) {
        return node;
      }
      Value restored = value.withId(values.size()).withName(value.name() + "_dense").withData(null);
      values.add(restored);
      values.set(value.id(), value.withSparseData(encoded.sparsity, encoded.stored));
      nodes.add(Node.of(new Densify(), new int[] {value.id()}, restored.id()));
      known = restored.id();
      dense.put(value.id(), known);
    }
    List<Integer> inputs = new ArrayList<>(node.inputs());
    inputs.set(place, known);
    return node.withOperands(inputs, node.outputs(), node.intermediates());
  }

  private static double zeros(Tensor tensor) {
    long zeros = 0;
    for (long i = 0; i < tensor.elements(); i++) {
      zeros += tensor.getReal(i) == 0 ? 1 : 0;
    }
    return tensor.elements() == 0 ? 0 : (double) zeros / tensor.elements();
  }

  private record Encoded(Sparsity sparsity, Constant stored, long indexBytes) {
    /** With what every tensor of a file takes for its layout, about. */
    long bytes() {
      return stored.byteSize() + indexBytes + 128;
    }
  }

  /**
   * All axes dense but the last, which is compressed in blocks; null if blocks do not divide it.
   *
   * @param block the extent of blocks; 1 for single elements
   */
  private static @Nullable Encoded encoded(Tensor tensor, int block) {
    int[] dims = tensor.dims();
    int columns = dims.length == 0 ? 0 : dims[dims.length - 1];
    if (columns == 0 || columns % block != 0) {
      return null;
    }
    int rows = Math.toIntExact(tensor.elements() / columns);
    int bytes = tensor.type().bits() / 8;
    List<Integer> segments = new ArrayList<>(List.of(0));
    List<Integer> indices = new ArrayList<>();
    byte[] stored = new byte[Math.toIntExact(tensor.data().byteSize())];
    int at = 0;
    for (int row = 0; row < rows; row++) {
      for (int b = 0; b < columns / block; b++) {
        long first = (long) row * columns + (long) b * block;
        if (!isZero(tensor, first, block)) {
          indices.add(b);
          int size = block * bytes;
          MemorySegment.copy(tensor.data(), first * bytes, MemorySegment.ofArray(stored), at, size);
          at += size;
        }
      }
      segments.add(indices.size());
    }
    var segmentList = indices(segments);
    var indexList = indices(indices);
    List<Sparsity.Dimension> dimensions = new ArrayList<>();
    List<Integer> order = new ArrayList<>();
    for (int axis = 0; axis < dims.length; axis++) {
      order.add(axis);
      dimensions.add(
          axis < dims.length - 1
              ? new Sparsity.Dimension.Dense(dims[axis])
              : new Sparsity.Dimension.Compressed(segmentList, indexList));
    }
    List<Integer> blockMap = new ArrayList<>();
    if (block > 1) {
      order.add(dims.length);
      dimensions.add(new Sparsity.Dimension.Dense(block));
      blockMap.add(dims.length - 1);
    }
    long indexBytes =
        (long) segments.size() * segmentList.bits() / 8
            + (long) indices.size() * indexList.bits() / 8;
    return new Encoded(
        new Sparsity(order, blockMap, dimensions),
        Constant.of(java.util.Arrays.copyOf(stored, at)),
        indexBytes);
  }

  private static boolean isZero(Tensor tensor, long first, int count) {
    for (int i = 0; i < count; i++) {
      if (tensor.getReal(first + i) != 0) {
        return false;
      }
    }
    return true;
  }

  /** The narrowest numbers that hold the greatest. */
  private static Sparsity.Indices indices(List<Integer> numbers) {
    int greatest = numbers.stream().mapToInt(Integer::intValue).max().orElse(0);
    return new Sparsity.Indices(greatest < 1 << 8 ? 8 : greatest < 1 << 16 ? 16 : 32, numbers);
  }
}
