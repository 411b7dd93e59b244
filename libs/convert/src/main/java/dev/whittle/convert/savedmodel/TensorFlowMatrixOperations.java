package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Einsum;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Indexing;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.index.GatherNd;
import dev.whittle.ir.op.index.MatrixDiag;
import dev.whittle.ir.op.index.MatrixSetDiag;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.LessEqual;
import dev.whittle.ir.op.math.LogicalAnd;
import dev.whittle.ir.op.math.LogicalOr;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.op.nn.BatchMatMul;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/** Products of matrices and vectors, diagonals and bands. */
final class TensorFlowMatrixOperations {
  private TensorFlowMatrixOperations() {}

  static void register(TensorFlowOperations table) {
    registerProducts(table);
    registerDiagonals(table);
  }

  // Products.

  private static void registerProducts(TensorFlowOperations table) {
    // These mark products that compute gradients.
    table.ignore("grad_a", "MatMul");
    table.ignore("grad_b", "MatMul");
    table.single("MatMul", TensorFlowMatrixOperations::matMul);
    for (String name : List.of("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")) {
      table.ignore("grad_x", name);
      table.ignore("grad_y", name);
      table.single(name, TensorFlowMatrixOperations::batchMatMul);
    }
    table.single(
        "Einsum",
        call -> Einsum.apply(call.emit(), call.node().text("equation", ""), call.values()));
    table.single("Cross", TensorFlowMatrixOperations::cross);
  }

  private static Value batchMatMul(OperationCall call) {
    TfNode node = call.node();
    Emitter emit = call.emit();
    var op = new BatchMatMul(node.flag("adj_x", false), node.flag("adj_y", false), false);
    Value a = call.x();
    Value b = call.value(1);
    long stated = node.type("Tout", 0);
    if (stated == 0) {
      return emit.node(op, a, b);
    }
    TensorType result = DataTypes.type(stated);
    return emit.node(op, emit.cast(a, result), emit.cast(b, result));
  }

  private static Value matMul(OperationCall call) {
    Emitter emit = call.emit();
    boolean transposeA = call.node().flag("transpose_a", false);
    boolean transposeB = call.node().flag("transpose_b", false);
    Value a = call.x();
    Value b = call.value(1);
    if (!b.isConstant() || a.type() != TensorType.FLOAT32) {
      return emit.node(new BatchMatMul(transposeA, transposeB, false), a, b);
    }
    Value weights = transposeB ? b : emit.transpose(b, 1, 0);
    return emit.node(
        new FullyConnected(Activation.NONE, false),
        transposeA ? emit.transpose(a, 1, 0) : a,
        weights,
        null);
  }

  private static Value cross(OperationCall call) {
    Emitter emit = call.emit();
    int last = Emitter.rank(call.x()) - 1;
    Value next = emit.ints(1, 2, 0);
    Value before = emit.ints(2, 0, 1);
    Value a = call.x();
    Value b = call.value(1);
    return emit.sub(
        emit.mul(emit.gather(a, next, last), emit.gather(b, before, last)),
        emit.mul(emit.gather(a, before, last), emit.gather(b, next, last)));
  }

  // Diagonals and bands.

  private static void registerDiagonals(TensorFlowOperations table) {
    table.single("MatrixDiag", call -> call.emit().node(new MatrixDiag(), call.x()));
    table.single("Diag", call -> diagonalMatrix(call));
    table.single("DiagPart", call -> diagonal(call));
    table.single("MatrixDiagPart", call -> diagonal(call));
    table.single(
        "MatrixSetDiag", call -> call.emit().node(new MatrixSetDiag(), call.x(), call.value(1)));
    // A single diagonal needs no alignment.
    table.ignore("align", "MatrixDiagV3", "MatrixSetDiagV3", "MatrixDiagPartV3");
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
    table.single("MatrixBandPart", TensorFlowMatrixOperations::band);
  }

  private static void requireMainDiagonal(OperationCall call, int input) {
    int[] diagonals = call.integers(input);
    if (Arrays.stream(diagonals).anyMatch(d -> d != 0)) {
      throw OperandException.unsupported("diagonals other than the main one");
    }
  }

  private static Value diagonalMatrix(OperationCall call) {
    if (Emitter.rank(call.x()) != 1) {
      throw OperandException.unsupported("a diagonal of rank %d", Emitter.rank(call.x()));
    }
    return call.emit().node(new MatrixDiag(), call.x());
  }

  /** Gathers the diagonals of the matrices in the last two axes. */
  private static Value diagonal(OperationCall call) {
    Emitter emit = call.emit();
    Value x = call.x();
    int rank = Emitter.rank(x);
    if (call.node().op().equals("DiagPart") && rank != 2) {
      throw OperandException.unsupported("the diagonal of a tensor of rank %d", rank);
    }
    int rows = Emitter.fixedDimension(x, rank - 2);
    int columns = Emitter.fixedDimension(x, rank - 1);
    int size = Math.min(rows, columns);
    Tensor indices = Tensor.allocate(TensorType.INT32, size, 2);
    for (int i = 0; i < 2 * size; i++) {
      indices.setInt(i, i / 2);
    }
    // GATHER_ND gathers from the first axes.
    int[] toFront = new int[rank];
    int[] back = new int[rank - 1];
    for (int i = 0; i < rank; i++) {
      toFront[i] = (i + rank - 2) % rank;
    }
    for (int i = 0; i < rank - 1; i++) {
      back[i] = (i + 1) % (rank - 1);
    }
    Value picked =
        emit.node(new GatherNd(), emit.transpose(x, toFront), emit.constant("diagonal", indices));
    return emit.transpose(picked, back);
  }

  private static Value band(OperationCall call) {
    Emitter emit = call.emit();
    Value x = call.x();
    int rank = Emitter.rank(x);
    Value rows = emit.expandDims(Indexing.range(emit, x, rank - 2), 1);
    Value columns = emit.expandDims(Indexing.range(emit, x, rank - 1), 0);
    Value distance = emit.node(new Sub(), rows, columns);
    Value inside =
        emit.node(
            new LogicalAnd(),
            within(emit, distance, call.narrow(1)),
            within(emit, emit.node(new Sub(), columns, rows), call.narrow(2)));
    return emit.node(new SelectV2(), inside, x, emit.scalar(x.type(), 0));
  }

  /** Returns whether a distance is at most a limit; always true if the limit is negative. */
  private static Value within(Emitter emit, Value distance, Value limit) {
    return emit.node(
        new LogicalOr(),
        emit.node(new LessEqual(), distance, limit),
        emit.node(new Less(), limit, emit.scalar(0)));
  }
}
