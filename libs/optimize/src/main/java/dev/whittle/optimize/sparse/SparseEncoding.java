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
 * Stores weights with many zeros as sparse tensors ({@code SparsityParameters} of the TensorFlow
 * Lite schema). FULLY_CONNECTED reads blocks of 1 x 4 floats or 1 x 16 bytes and single floats
 * directly. For other operators a DENSIFY restores the weights when the model is loaded. Weights
 * that would not become smaller stay dense.
 */
public final class SparseEncoding {
  /** The version of FULLY_CONNECTED that accepts sparse weights. */
  private static final int SPARSE_FULLY_CONNECTED_VERSION = 8;

  /** The minimum share of zeros; sparser weights are candidates. */
  private static final double MIN_SPARSITY = 0.3;

  /** The approximate size of the sparsity tables of a tensor in a file, without its indices. */
  private static final int TABLE_BYTES = 128;

  private final List<Value> values;
  private final List<Node> nodes = new ArrayList<>();
  private final Graph graph;
  private final Map<Integer, Integer> densified = new HashMap<>();

  private SparseEncoding(Graph graph) {
    this.graph = graph;
    this.values = new ArrayList<>(graph.values());
  }

  /** Returns the model with sparse tensors where they are smaller. */
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
    int index = node.op().quantizationRule().weights();
    int id = index < 0 || index >= node.inputs().size() ? Node.ABSENT : node.inputs().get(index);
    Value value = id == Node.ABSENT ? null : graph.value(id);
    Tensor contents = value == null ? null : value.contents();
    if (value == null || contents == null || sparsity(contents) < MIN_SPARSITY) {
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
    return withDensify(node, index, value, contents);
  }

  private boolean isInteger(Node node) {
    return graph.value(node.inputs().getFirst()).type() == TensorType.INT8;
  }

  /** Returns the node with the version that accepts sparse weights. */
  private static Node withVersion(Node node) {
    return new Node(
        node.op(),
        SPARSE_FULLY_CONNECTED_VERSION,
        node.inputs(),
        node.outputs(),
        node.intermediates(),
        node.mutatingVariableInputs(),
        node.debugMetadataIndex());
  }

  /** Returns the node with a DENSIFY before its weights; the node itself if nothing is saved. */
  private Node withDensify(Node node, int index, Value value, Tensor contents) {
    Integer denseId = densified.get(value.id());
    if (denseId == null) {
      Encoded encoded = encoded(contents, 1);
      if (encoded == null || encoded.bytes() >= contents.data().byteSize()) {
        return node;
      }
      Value restored = value.withId(values.size()).withName(value.name() + "_dense").withData(null);
      values.add(restored);
      values.set(value.id(), value.withSparseData(encoded.sparsity, encoded.stored));
      nodes.add(Node.of(new Densify(), new int[] {value.id()}, restored.id()));
      denseId = restored.id();
      densified.put(value.id(), denseId);
    }
    List<Integer> inputs = new ArrayList<>(node.inputs());
    inputs.set(index, denseId);
    return node.withOperands(inputs, node.outputs(), node.intermediates());
  }

  private static double sparsity(Tensor tensor) {
    long zeros = 0;
    for (long i = 0; i < tensor.elements(); i++) {
      zeros += tensor.getReal(i) == 0 ? 1 : 0;
    }
    return tensor.elements() == 0 ? 0 : (double) zeros / tensor.elements();
  }

  private record Encoded(Sparsity sparsity, Constant stored, long indexBytes) {
    /** Returns the approximate size in a file. */
    long bytes() {
      return stored.byteSize() + indexBytes + TABLE_BYTES;
    }
  }

  /**
   * Returns a tensor whose last axis is compressed in blocks; the other axes are dense.
   *
   * @param block the number of elements in a block; 1 for no blocks
   * @return the encoding; null if blocks do not divide the last axis
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
    int size = 0;
    for (int row = 0; row < rows; row++) {
      for (int b = 0; b < columns / block; b++) {
        long first = (long) row * columns + (long) b * block;
        if (!isZero(tensor, first, block)) {
          indices.add(b);
          int blockBytes = block * bytes;
          MemorySegment.copy(
              tensor.data(), first * bytes, MemorySegment.ofArray(stored), size, blockBytes);
          size += blockBytes;
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
        Constant.of(java.util.Arrays.copyOf(stored, size)),
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

  /** Returns indices in the narrowest type that holds their maximum. */
  private static Sparsity.Indices indices(List<Integer> numbers) {
    int max = numbers.stream().mapToInt(Integer::intValue).max().orElse(0);
    return new Sparsity.Indices(max < 1 << 8 ? 8 : max < 1 << 16 ? 16 : 32, numbers);
  }
}
