package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Einsum;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Op;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Bitcast;
import dev.whittle.ir.op.ComplexAbs;
import dev.whittle.ir.op.Conv3DTranspose;
import dev.whittle.ir.op.Equal;
import dev.whittle.ir.op.Imag;
import dev.whittle.ir.op.Less;
import dev.whittle.ir.op.LessEqual;
import dev.whittle.ir.op.LogicalAnd;
import dev.whittle.ir.op.LogicalOr;
import dev.whittle.ir.op.MatrixDiag;
import dev.whittle.ir.op.MatrixSetDiag;
import dev.whittle.ir.op.Multinomial;
import dev.whittle.ir.op.Neg;
import dev.whittle.ir.op.NonMaxSuppressionV4;
import dev.whittle.ir.op.NonMaxSuppressionV5;
import dev.whittle.ir.op.RandomStandardNormal;
import dev.whittle.ir.op.RandomUniform;
import dev.whittle.ir.op.Real;
import dev.whittle.ir.op.Rfft2d;
import dev.whittle.ir.op.SelectV2;
import dev.whittle.ir.op.SparseToDense;
import java.util.Arrays;
import java.util.List;

/** Operations of few models: spectra, random numbers, matrices, scattering. */
final class RareOperations {
  private RareOperations() {}

  static void register(Operations table) {
    table.single("Bitcast", call -> bitcast(call));
    table.single("ComplexAbs", call -> call.emit().node(new ComplexAbs(), call.x()));
    table.single("Real", call -> call.emit().node(new Real(), call.x()));
    table.single("Imag", call -> call.emit().node(new Imag(), call.x()));
    table.single("RFFT2D", call -> call.emit().node(new Rfft2d(), call.x(), call.narrow(1)));
    table.single("RFFT", RareOperations::fourier);
    table.single(
        "RandomUniform",
        call -> call.emit().node(new RandomUniform(seed(call), seed2(call)), call.narrow(0)));
    table.single(
        "RandomStandardNormal",
        call ->
            call.emit().node(new RandomStandardNormal(seed(call), seed2(call)), call.narrow(0)));
    table.single(
        "Multinomial",
        call -> {
          TensorType type = DataTypes.type(call.node().type("output_dtype", 9));
          Shape shape = Shape.of(call.x().shape().dim(0), Shape.DYNAMIC);
          Value drawn = Value.of(0, call.emit().scope() + "/multinomial", type, shape);
          var op = new Multinomial(seed(call), seed2(call));
          return call.emit()
              .graph()
              .nodesAsDeclared(List.of(drawn), op, call.x(), call.narrow(1))
              .getFirst();
        });
    table.single("Roll", RareOperations::roll);
    table.single(
        "SparseToDense",
        call ->
            call.emit()
                .node(
                    new SparseToDense(call.node().flag("validate_indices", true)),
                    call.values().toArray(new Value[0])));
    for (String name : List.of("MatrixDiagV2", "MatrixDiagV3")) {
      table.single(
          name,
          call -> {
            requireMainDiagonal(call, 1);
            return call.emit().node(new MatrixDiag(), call.x());
          });
    }
    for (String name : List.of("MatrixSetDiagV2", "MatrixSetDiagV3")) {
      table.single(
          name,
          call -> {
            requireMainDiagonal(call, 2);
            return call.emit().node(new MatrixSetDiag(), call.x(), call.value(1));
          });
    }
    table.single("MatrixBandPart", RareOperations::band);
    table.single(
        "TensorScatterUpdate",
        call -> Scattering.update(call.emit(), call.x(), call.narrow(1), call.value(2)));
    table.single(
        "TensorScatterAdd",
        call ->
            call.emit()
                .add(
                    call.x(),
                    Scattering.amongZeros(call.emit(), call.x(), call.narrow(1), call.value(2))));
    table.single(
        "TensorScatterSub",
        call ->
            call.emit()
                .sub(
                    call.x(),
                    Scattering.amongZeros(call.emit(), call.x(), call.narrow(1), call.value(2))));
    table.single("Conv3DBackpropInputV2", RareOperations::transposed3d);
    table.single(
        "Einsum",
        call -> Einsum.apply(call.emit(), call.node().text("equation", ""), call.values()));
    table.single("DivNoNan", RareOperations::divideNoNan);
    table.put("NonMaxSuppressionV4", call -> several(call, 2, new NonMaxSuppressionV4()));
    table.put("NonMaxSuppressionV5", call -> several(call, 3, new NonMaxSuppressionV5()));
  }

  private static List<Item> several(OperationCall call, int outputs, Op op) {
    return call.emit().nodes(outputs, op, call.values().toArray(new Value[0])).stream()
        .map(Item::of)
        .toList();
  }

  private static long seed(OperationCall call) {
    return call.node().integer("seed", 0);
  }

  private static long seed2(OperationCall call) {
    return call.node().integer("seed2", 0);
  }

  private static Value bitcast(OperationCall call) {
    TensorType type = DataTypes.type(call.node().type("type", 1));
    Value x = call.x();
    if (type == x.type()) {
      return x;
    }
    int before = x.type().bits();
    int after = type.bits();
    int[] dims = x.shape().toArray();
    if (after < before) {
      dims = Arrays.copyOf(dims, dims.length + 1);
      dims[dims.length - 1] = before / after;
    } else if (after > before) {
      if (dims.length == 0) {
        throw OperandException.invalid("%s as %s", x.type(), type);
      }
      dims = Arrays.copyOf(dims, dims.length - 1);
    }
    Value declared = Value.of(0, call.emit().scope() + "/bitcast", type, Shape.of(dims));
    return call.emit().graph().nodesAsDeclared(List.of(declared), new Bitcast(), x).getFirst();
  }

  /** A transform of rows as one of matrices with one row. */
  private static Value fourier(OperationCall call) {
    Emitter emit = call.emit();
    Value row = emit.expandDims(call.x(), call.x().shape().rank() - 1);
    Value length = emit.concat(0, List.of(emit.ints(1), emit.reshape(call.narrow(1), 1)));
    Value spectrum = emit.node(new Rfft2d(), row, length);
    return emit.squeeze(spectrum, spectrum.shape().rank() - 2);
  }

  private static Value roll(OperationCall call) {
    Emitter emit = call.emit();
    int[] shifts = call.integers(1);
    int[] axes = call.integers(2);
    Value x = call.x();
    for (int i = 0; i < shifts.length; i++) {
      int axis = Emitter.axis(x, axes[i]);
      int extent = x.shape().dim(axis);
      if (extent == Shape.DYNAMIC) {
        throw OperandException.unsupported("rolling along an open axis");
      }
      int shift = Math.floorMod(shifts[i], Math.max(1, extent));
      if (shift != 0) {
        x =
            emit.concat(
                axis,
                List.of(
                    emit.slice(x, axis, extent - shift, extent),
                    emit.slice(x, axis, 0, extent - shift)));
      }
    }
    return x;
  }

  private static void requireMainDiagonal(OperationCall call, int input) {
    int[] diagonals = call.integers(input);
    if (Arrays.stream(diagonals).anyMatch(d -> d != 0)) {
      throw OperandException.unsupported("diagonals other than the main one");
    }
  }

  private static Value band(OperationCall call) {
    Emitter emit = call.emit();
    Value x = call.x();
    int rank = x.shape().rank();
    int rows = x.shape().dim(rank - 2);
    int columns = x.shape().dim(rank - 1);
    if (rows == Shape.DYNAMIC || columns == Shape.DYNAMIC) {
      throw OperandException.unsupported("a band of a matrix of open extents");
    }
    Emitter.checkGenerated((long) rows * columns);
    Tensor below = Tensor.allocate(TensorType.INT32, rows, columns);
    for (int i = 0; i < rows * columns; i++) {
      below.setInt(i, i / columns - i % columns);
    }
    Value distance = emit.constant("distance", below);
    Value inside =
        emit.node(
            new LogicalAnd(),
            within(emit, distance, call.narrow(1)),
            within(emit, emit.node(new Neg(), distance), call.narrow(2)));
    return emit.node(new SelectV2(), inside, x, emit.scalar(x.type(), 0));
  }

  /** Where a distance is at most a limit; everywhere if the limit is negative. */
  private static Value within(Emitter emit, Value distance, Value limit) {
    return emit.node(
        new LogicalOr(),
        emit.node(new LessEqual(), distance, limit),
        emit.node(new Less(), limit, emit.scalar(0)));
  }

  private static Value transposed3d(OperationCall call) {
    ShapeOperations.requireNhwc(call);
    int[] strides = call.node().integers("strides", 1, 1, 1, 1, 1);
    int[] dilations = call.node().integers("dilations", 1, 1, 1, 1, 1);
    if (Arrays.stream(dilations).anyMatch(d -> d != 1)) {
      throw OperandException.unsupported("a transposed convolution with dilation");
    }
    return call.emit()
        .node(
            new Conv3DTranspose(
                call.node().text("padding", "VALID").equals("SAME") ? 0 : 1,
                strides[1],
                strides[3],
                strides[2],
                Activation.NONE,
                1,
                1,
                1),
            call.narrow(0),
            call.value(1),
            call.value(2));
  }

  private static Value divideNoNan(OperationCall call) {
    Emitter emit = call.emit();
    Value zero = emit.scalar(call.x().type(), 0);
    Value isZero = emit.node(new Equal(), call.value(1), zero);
    Value divisor =
        emit.node(new SelectV2(), isZero, emit.scalar(call.x().type(), 1), call.value(1));
    return emit.node(new SelectV2(), isZero, zero, emit.div(call.x(), divisor));
  }
}
