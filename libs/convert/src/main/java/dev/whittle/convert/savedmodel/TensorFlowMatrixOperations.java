package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Diagonals;
import dev.whittle.convert.lower.Einsum;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Indexing;
import dev.whittle.convert.lower.Products;
import dev.whittle.convert.lower.SmallMatrices;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
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
import dev.whittle.ir.tensor.TensorType;
import java.util.List;

/** Products of matrices and vectors, diagonals, bands, and linear equations. */
final class TensorFlowMatrixOperations {
  private TensorFlowMatrixOperations() {}

  static void register(TensorFlowOperations table) {
    registerProducts(table);
    registerDiagonals(table);
    registerEquations(table);
  }

  private static void registerEquations(TensorFlowOperations table) {
    table.single(
        "MatrixInverse",
        call -> SmallMatrices.inverse(call.emit(), call.x(), call.node().flag("adjoint", false)));
    table.single(
        "MatrixSolve",
        call ->
            SmallMatrices.solve(
                call.emit(), call.x(), call.value(1), call.node().flag("adjoint", false)));
    table.single(
        "MatrixTriangularSolve",
        call ->
            SmallMatrices.solveTriangular(
                call.emit(),
                call.x(),
                call.value(1),
                call.node().flag("lower", true),
                call.node().flag("adjoint", false)));
    table.single("MatrixDeterminant", call -> SmallMatrices.determinant(call.emit(), call.x()));
    table.put(
        "LogMatrixDeterminant",
        call ->
            SmallMatrices.logDeterminant(call.emit(), call.x()).stream().map(Item::of).toList());
    table.single("Cholesky", call -> SmallMatrices.cholesky(call.emit(), call.x()));
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
    TensorType result = stated == 0 ? a.type() : DataTypes.type(stated);
    return a.type().isInteger() && b.type().isInteger() && result.isInteger()
        ? Products.integerMatMul(emit, a, b, op.transposeLeft(), op.transposeRight(), result)
        : emit.node(op, emit.cast(a, result), emit.cast(b, result));
  }

  private static Value matMul(OperationCall call) {
    Emitter emit = call.emit();
    boolean transposeA = call.node().flag("transpose_a", false);
    boolean transposeB = call.node().flag("transpose_b", false);
    Value a = call.x();
    Value b = call.value(1);
    if (!b.isConstant() || a.type() != TensorType.FLOAT32) {
      return emit.matmul(a, b, transposeA, transposeB);
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
    for (String version : List.of("V2", "V3")) {
      table.single("MatrixDiag" + version, TensorFlowMatrixOperations::bandMatrix);
      table.single("MatrixSetDiag" + version, TensorFlowMatrixOperations::replacedDiagonals);
      table.single(
          "MatrixDiagPart" + version,
          call -> Diagonals.part(call.emit(), call.x(), diagonals(call, 1), call.value(2)));
    }
    table.single("MatrixBandPart", TensorFlowMatrixOperations::band);
  }

  private static Value replacedDiagonals(OperationCall call) {
    Emitter emit = call.emit();
    Diagonals.Band band = diagonals(call, 2);
    boolean isMain = band.lower() == 0 && band.upper() == 0;
    return isMain && !call.x().shape().isStatic()
        ? emit.node(new MatrixSetDiag(), call.x(), call.value(1))
        : Diagonals.replaced(emit, call.x(), call.value(1), band);
  }

  /** Reads the numbers of the lowest and highest diagonal, and how they are aligned. */
  private static Diagonals.Band diagonals(OperationCall call, int input) {
    int[] bounds = call.integers(input);
    if (bounds.length == 0 || bounds.length > 2) {
      throw OperandException.invalid("%d bounds of diagonals; expected one or two", bounds.length);
    }
    boolean aligned = call.node().op().endsWith("V3");
    String align = aligned ? call.node().text("align", "RIGHT_LEFT") : "LEFT_LEFT";
    return new Diagonals.Band(
        bounds[0], bounds[bounds.length - 1], align.startsWith("LEFT_"), align.endsWith("_LEFT"));
  }

  private static Value bandMatrix(OperationCall call) {
    Emitter emit = call.emit();
    int rows = call.integer(2);
    int columns = call.integer(3);
    Diagonals.Band band = diagonals(call, 1);
    boolean main = band.lower() == 0 && band.upper() == 0 && rows < 0 && columns < 0;
    return main
        ? emit.node(new MatrixDiag(), call.x())
        : Diagonals.matrix(emit, call.x(), band, rows, columns, call.value(4));
  }

  private static Value diagonalMatrix(OperationCall call) {
    if (Emitter.rank(call.x()) != 1) {
      throw OperandException.unsupported("a diagonal of rank %d", Emitter.rank(call.x()));
    }
    return call.emit().node(new MatrixDiag(), call.x());
  }

  private static Value diagonal(OperationCall call) {
    Emitter emit = call.emit();
    Value x = call.x();
    if (call.node().op().equals("DiagPart") && Emitter.rank(x) != 2) {
      throw OperandException.unsupported("the diagonal of a tensor of rank %d", Emitter.rank(x));
    }
    return Diagonals.part(emit, x, Diagonals.Band.MAIN, emit.scalar(x.type(), 0));
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
