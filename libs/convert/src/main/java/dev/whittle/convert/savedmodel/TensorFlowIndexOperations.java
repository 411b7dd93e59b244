package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.image.NonMaxSuppressionV4;
import dev.whittle.ir.op.image.NonMaxSuppressionV5;
import dev.whittle.ir.op.index.Bucketize;
import dev.whittle.ir.op.index.GatherNd;
import dev.whittle.ir.op.index.MatrixDiag;
import dev.whittle.ir.op.index.MatrixSetDiag;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.index.ScatterNd;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.index.SparseToDense;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.GreaterEqual;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.LessEqual;
import dev.whittle.ir.op.math.LogicalAnd;
import dev.whittle.ir.op.math.LogicalOr;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.op.reduce.SegmentSum;
import dev.whittle.ir.op.shape.Range;
import dev.whittle.ir.op.shape.Slice;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Operations about places: diagonals, counting, searching, scattering, boxes. */
final class TensorFlowIndexOperations {
  private TensorFlowIndexOperations() {}

  static void register(TensorFlowOperations table) {
    table.single(
        "SparseToDense",
        call ->
            call.emit()
                .node(
                    new SparseToDense(call.node().flag("validate_indices", true)),
                    call.values().toArray(new Value[0])));
    registerDiagonals(table);
    table.single(
        "TensorScatterUpdate",
        call -> Scattering.update(call.emit(), call.x(), call.narrow(1), call.value(2)));
    table.single("TensorScatterAdd", call -> call.emit().add(call.x(), scattered(call)));
    table.single("TensorScatterSub", call -> call.emit().sub(call.x(), scattered(call)));
    table.single(
        "Bucketize",
        call -> call.emit().node(new Bucketize(call.node().reals("boundaries")), call.x()));
    table.single("DenseBincount", TensorFlowIndexOperations::count);
    table.single("LowerBound", call -> search(call, false));
    table.single("UpperBound", call -> search(call, true));
    table.single("InvertPermutation", TensorFlowIndexOperations::invert);
    for (String name : List.of("DynamicStitch", "ParallelDynamicStitch")) {
      table.single(name, TensorFlowIndexOperations::stitch);
    }
    table.single(
        "SparseSegmentSum",
        call ->
            call.emit()
                .node(
                    new SegmentSum(),
                    call.emit().gather(call.x(), call.narrow(1), 0),
                    call.narrow(2)));
    table.put("BroadcastGradientArgs", TensorFlowIndexOperations::gradientArguments);
    table.put("NonMaxSuppressionV2", call -> List.of(suppress(call, false)));
    table.put("NonMaxSuppressionV3", call -> List.of(suppress(call, true)));
    table.put("NonMaxSuppressionV4", call -> call.several(2, new NonMaxSuppressionV4()));
    table.put("NonMaxSuppressionV5", call -> call.several(3, new NonMaxSuppressionV5()));
  }

  private static Value scattered(OperationCall call) {
    return Scattering.amongZeros(call.emit(), call.x(), call.narrow(1), call.value(2));
  }

  // Diagonals.

  private static void registerDiagonals(TensorFlowOperations table) {
    table.single("MatrixDiag", call -> call.emit().node(new MatrixDiag(), call.x()));
    table.single("Diag", call -> diagonalMatrix(call));
    table.single("DiagPart", call -> diagonal(call));
    table.single("MatrixDiagPart", call -> diagonal(call));
    table.single(
        "MatrixSetDiag", call -> call.emit().node(new MatrixSetDiag(), call.x(), call.value(1)));
    for (String version : List.of("V2", "V3")) {
      table.single(
          "MatrixDiag" + version,
          call -> {
            requireMainDiagonal(call, 1);
            return call.emit().node(new MatrixDiag(), call.x());
          });
      table.single(
          "MatrixSetDiag" + version,
          call -> {
            requireMainDiagonal(call, 2);
            return call.emit().node(new MatrixSetDiag(), call.x(), call.value(1));
          });
      table.single(
          "MatrixDiagPart" + version,
          call -> {
            requireMainDiagonal(call, 1);
            return diagonal(call);
          });
    }
    table.single("MatrixBandPart", TensorFlowIndexOperations::band);
  }

  private static void requireMainDiagonal(OperationCall call, int input) {
    int[] diagonals = call.integers(input);
    if (Arrays.stream(diagonals).anyMatch(d -> d != 0)) {
      throw OperandException.unsupported("diagonals other than the main one");
    }
  }

  private static Value diagonalMatrix(OperationCall call) {
    if (call.x().shape().rank() != 1) {
      throw OperandException.unsupported("a diagonal of rank %d", call.x().shape().rank());
    }
    return call.emit().node(new MatrixDiag(), call.x());
  }

  /** Matrices one after the other, of which each row gives the number in its place. */
  private static Value diagonal(OperationCall call) {
    Emitter emit = call.emit();
    Value x = call.x();
    int rank = x.shape().rank();
    if (call.node().op().equals("DiagPart") && rank != 2) {
      throw OperandException.unsupported("the diagonal of a tensor of rank %d", rank);
    }
    int rows = TensorFlowNetworkOperations.dimension(x, rank - 2);
    int columns = TensorFlowNetworkOperations.dimension(x, rank - 1);
    int size = Math.min(rows, columns);
    Tensor places = Tensor.allocate(TensorType.INT32, size, 2);
    for (int i = 0; i < 2 * size; i++) {
      places.setInt(i, i / 2);
    }
    // GATHER_ND picks from the first axes.
    int[] toFront = new int[rank];
    int[] back = new int[rank - 1];
    for (int i = 0; i < rank; i++) {
      toFront[i] = (i + rank - 2) % rank;
    }
    for (int i = 0; i < rank - 1; i++) {
      back[i] = (i + 1) % (rank - 1);
    }
    Value picked =
        emit.node(new GatherNd(), emit.transpose(x, toFront), emit.constant("diagonal", places));
    return emit.transpose(picked, back);
  }

  private static Value band(OperationCall call) {
    Emitter emit = call.emit();
    Value x = call.x();
    int rank = x.shape().rank();
    Value rows = emit.expandDims(counted(emit, x, rank - 2), 1);
    Value columns = emit.expandDims(counted(emit, x, rank - 1), 0);
    Value distance = emit.node(new Sub(), rows, columns);
    Value inside =
        emit.node(
            new LogicalAnd(),
            within(emit, distance, call.narrow(1)),
            within(emit, emit.node(new Sub(), columns, rows), call.narrow(2)));
    return emit.node(new SelectV2(), inside, x, emit.scalar(x.type(), 0));
  }

  /** The numbers from zero to an extent. */
  static Value counted(Emitter emit, Value x, int axis) {
    Value end = emit.squeeze(emit.dimension(x, axis), 0);
    Value numbers = emit.node(new Range(), emit.scalar(0), end, emit.scalar(1));
    return emit.narrow(numbers, Shape.of(x.shape().dim(axis)));
  }

  /** Where a distance is at most a limit; everywhere if the limit is negative. */
  private static Value within(Emitter emit, Value distance, Value limit) {
    return emit.node(
        new LogicalOr(),
        emit.node(new LessEqual(), distance, limit),
        emit.node(new Less(), limit, emit.scalar(0)));
  }

  // Counting and searching.

  private static Value count(OperationCall call) {
    Emitter emit = call.emit();
    Value x = call.x();
    int size = bins(call);
    Value weights = call.value(2);
    boolean weighted = weights.shape().isStatic() && weights.shape().elements() > 0;
    TensorType type = weights.type();
    Value hits =
        emit.node(
            new OneHot(-1),
            emit.cast(x, TensorType.INT32),
            emit.scalar(size),
            emit.scalar(TensorType.FLOAT32, 1),
            emit.scalar(TensorType.FLOAT32, 0));
    int rank = x.shape().rank();
    if (weighted) {
      Value factors = emit.cast(weights, TensorType.FLOAT32);
      hits = emit.mul(hits, emit.expandDims(factors, rank));
    }
    boolean binary = call.node().flag("binary_output", false);
    Value counts = binary ? emit.reduceMax(hits, false, rank - 1) : emit.sum(hits, false, rank - 1);
    return emit.cast(counts, type);
  }

  /** How many numbers are counted, which is known where the least and the most are the same. */
  private static int bins(OperationCall call) {
    FunctionWalk walk = call.walk();
    TfNode least = walk.producer(call.node().inputs().get(1));
    for (int i = 0; least != null && least.op().equals("Minimum") && i < 2; i++) {
      TfNode most = walk.producer(least.inputs().get(1 - i));
      List<@Nullable Long> limit = walk.known(least.inputs().get(i));
      for (int j = 0; most != null && most.op().equals("Maximum") && j < 2; j++) {
        Long known = limit == null || limit.size() != 1 ? null : limit.getFirst();
        if (known != null && limit != null && limit.equals(walk.known(most.inputs().get(j)))) {
          return Math.toIntExact(known);
        }
      }
    }
    return call.integer(1);
  }

  /** How many of a sorted row are below each value. */
  private static Value search(OperationCall call, boolean orEqual) {
    Emitter emit = call.emit();
    Value sorted = emit.expandDims(call.x(), 1);
    Value values = emit.expandDims(call.value(1), 2);
    Value below = emit.node(orEqual ? new GreaterEqual() : new Greater(), values, sorted);
    TensorType type = DataTypes.type(call.node().type("out_type", 3));
    return emit.cast(emit.sum(emit.cast(below, TensorType.INT32), false, 2), type);
  }

  private static Value invert(OperationCall call) {
    Emitter emit = call.emit();
    Value x = call.narrow(0);
    Value places = emit.expandDims(x, 1);
    Value inverse = emit.node(new ScatterNd(), places, counted(emit, x, 0), emit.shapeOf(x));
    return emit.cast(emit.narrow(inverse, x.shape()), call.x().type());
  }

  /** Rows of several tensors at the places that as many lists of numbers give. */
  private static Value stitch(OperationCall call) {
    Emitter emit = call.emit();
    int count = call.inputs().size() / 2;
    List<Value> parts = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] indices = call.integers(i);
      Arrays.stream(indices).forEach(places::add);
      Value part = call.value(count + i);
      int indexRank = call.value(i).shape().rank();
      parts.add(
          indexRank == 0
              ? emit.expandDims(part, 0)
              : indexRank == 1 ? part : flattened(emit, part, indexRank, indices.length));
    }
    int[] order = new int[1 + places.stream().mapToInt(Integer::intValue).max().orElse(-1)];
    Arrays.fill(order, -1);
    for (int i = 0; i < places.size(); i++) {
      order[places.get(i)] = i;
    }
    if (Arrays.stream(order).anyMatch(i -> i < 0)) {
      throw OperandException.unsupported("places that nothing is put to");
    }
    return emit.gather(emit.concat(0, parts), emit.ints(order), 0);
  }

  private static Value flattened(Emitter emit, Value part, int axes, int rows) {
    int[] rest = Arrays.copyOfRange(part.shape().toArray(), axes - 1, part.shape().rank());
    rest[0] = rows;
    return emit.reshape(part, rest);
  }

  /** The axes along which two shapes are broadcast to each other. */
  private static List<Item> gradientArguments(OperationCall call) {
    int[] a = call.integers(0);
    int[] b = call.integers(1);
    int rank = Math.max(a.length, b.length);
    List<Integer> left = new ArrayList<>();
    List<Integer> right = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      int i = axis - (rank - a.length);
      int j = axis - (rank - b.length);
      int x = i < 0 ? 1 : a[i];
      int y = j < 0 ? 1 : b[j];
      if (x == 1) {
        left.add(axis);
      }
      if (y == 1) {
        right.add(axis);
      }
    }
    return List.of(axes(call, left), axes(call, right));
  }

  private static Item axes(OperationCall call, List<Integer> axes) {
    return Item.of(call.emit().ints(axes.stream().mapToInt(Integer::intValue).toArray()));
  }

  // Boxes.

  /** The boxes that are left, without padding: version 4 and of it as many as it says. */
  private static Item suppress(OperationCall call, boolean hasScoreLimit) {
    Emitter emit = call.emit();
    Value limit = hasScoreLimit ? call.value(4) : emit.scalar(-Float.MAX_VALUE);
    List<Value> found =
        emit.nodes(
            2,
            new NonMaxSuppressionV4(),
            call.x(),
            call.value(1),
            call.narrow(2),
            call.value(3),
            limit);
    Value end = emit.reshape(found.get(1), 1);
    Value chosen = emit.node(new Slice(), found.get(0), emit.ints(0), end);
    return Item.of(chosen);
  }
}
