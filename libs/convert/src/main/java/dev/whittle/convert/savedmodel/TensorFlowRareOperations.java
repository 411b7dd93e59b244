package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Einsum;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.math.FloorMod;
import dev.whittle.ir.op.math.Round;
import dev.whittle.ir.op.nn.Conv3DTranspose;
import dev.whittle.ir.op.random.Multinomial;
import dev.whittle.ir.op.random.RandomStandardNormal;
import dev.whittle.ir.op.random.RandomUniform;
import dev.whittle.ir.op.signal.ComplexAbs;
import dev.whittle.ir.op.signal.Imag;
import dev.whittle.ir.op.signal.Real;
import dev.whittle.ir.op.signal.Rfft2d;
import dev.whittle.ir.op.type.Bitcast;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Operations of few models: spectra, random numbers, matrices, scattering. */
final class TensorFlowRareOperations {
  private TensorFlowRareOperations() {}

  static void register(TensorFlowOperations table) {
    table.single("Bitcast", call -> bitcast(call));
    table.single("ComplexAbs", call -> call.emit().node(new ComplexAbs(), call.x()));
    table.single("Real", call -> call.emit().node(new Real(), call.x()));
    table.single("Imag", call -> call.emit().node(new Imag(), call.x()));
    table.single("RFFT2D", call -> call.emit().node(new Rfft2d(), call.x(), call.narrow(1)));
    table.single("RFFT", TensorFlowRareOperations::fourier);
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
    table.single("Roll", TensorFlowRareOperations::roll);
    table.single("IRFFT", TensorFlowRareOperations::inverseFourier);
    table.single("Cross", TensorFlowRareOperations::cross);
    table.single("ParallelConcat", call -> call.emit().concat(0, call.values()));
    for (String name : List.of("QuantizeAndDequantizeV2", "QuantizeAndDequantizeV4")) {
      table.single(name, TensorFlowRareOperations::quantizeAndDequantize);
    }
    table.single("Conv3DBackpropInputV2", TensorFlowRareOperations::transposed3d);
    table.single(
        "Einsum",
        call -> Einsum.apply(call.emit(), call.node().text("equation", ""), call.values()));
    table.single("DivNoNan", TensorFlowRareOperations::divideNoNan);
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
    int[] axes = call.integers(2);
    List<@Nullable Long> shifts = call.known(1);
    Value x = call.x();
    for (int i = 0; i < axes.length; i++) {
      int axis = Emitter.axis(x, axes[i]);
      int dimension = x.shape().dim(axis);
      Long shift = shifts == null ? null : shifts.get(i);
      x =
          shift == null || dimension == Shape.DYNAMIC
              ? rolledAtRunTime(emit, x, axis, emit.reshape(call.narrow(1), -1), i)
              : rolled(emit, x, axis, Math.floorMod(shift, Math.max(1, dimension)));
    }
    return x;
  }

  private static Value rolled(Emitter emit, Value x, int axis, int shift) {
    if (shift == 0) {
      return x;
    }
    int first = x.shape().dim(axis) - shift;
    return emit.concat(
        axis, List.of(emit.slice(x, axis, first, first + shift), emit.slice(x, axis, 0, first)));
  }

  /** Gathers each number from its place before. */
  private static Value rolledAtRunTime(Emitter emit, Value x, int axis, Value shifts, int which) {
    Value dimension = emit.squeeze(emit.dimension(x, axis), 0);
    Value places = TensorFlowIndexOperations.counted(emit, x, axis);
    Value shift = emit.select(shifts, 0, which);
    Value from = emit.node(new FloorMod(), emit.sub(places, shift), dimension);
    return emit.narrow(emit.gather(x, from, axis), x.shape());
  }

  /** Two products with matrices of cosines and sines. */
  private static Value inverseFourier(OperationCall call) {
    Emitter emit = call.emit();
    int length = call.integer(1);
    Value x = call.x();
    int rank = x.shape().rank();
    int bins = length / 2 + 1;
    if (x.shape().dim(rank - 1) != bins) {
      throw OperandException.unsupported("a transform of %d numbers from %s", length, x.shape());
    }
    Emitter.checkGenerated((long) length * bins);
    Tensor cosines = Tensor.allocate(TensorType.FLOAT32, bins, length);
    Tensor sines = Tensor.allocate(TensorType.FLOAT32, bins, length);
    for (int bin = 0; bin < bins; bin++) {
      boolean single = bin == 0 || 2 * bin == length;
      double weight = (single ? 1.0 : 2.0) / length;
      for (int i = 0; i < length; i++) {
        double angle = 2 * Math.PI * ((long) bin * i % length) / length;
        cosines.setFloat((long) bin * length + i, (float) (weight * Math.cos(angle)));
        sines.setFloat((long) bin * length + i, (float) (-weight * Math.sin(angle)));
      }
    }
    Value even =
        emit.matmul(emit.node(new Real(), x), emit.constant("cosines", cosines), false, false);
    Value odd = emit.matmul(emit.node(new Imag(), x), emit.constant("sines", sines), false, false);
    return emit.add(even, odd);
  }

  private static Value cross(OperationCall call) {
    Emitter emit = call.emit();
    int last = call.x().shape().rank() - 1;
    Value next = emit.ints(1, 2, 0);
    Value before = emit.ints(2, 0, 1);
    Value a = call.x();
    Value b = call.value(1);
    return emit.sub(
        emit.mul(emit.gather(a, next, last), emit.gather(b, before, last)),
        emit.mul(emit.gather(a, before, last), emit.gather(b, next, last)));
  }

  /** Rounding to a grid, of which TensorFlow moves the ends so that zero is on it. */
  private static Value quantizeAndDequantize(OperationCall call) {
    TfNode node = call.node();
    Tensor low = call.value(1).contents();
    Tensor high = call.value(2).contents();
    boolean fits =
        node.flag("range_given", false)
            && node.integer("axis", -1) == -1
            && node.text("round_mode", "HALF_TO_EVEN").equals("HALF_TO_EVEN");
    if (!fits || low == null || high == null) {
      throw OperandException.unsupported("a range that follows from the data, or one per axis");
    }
    int bits = (int) node.integer("num_bits", 8);
    boolean signed = node.flag("signed_input", true);
    double first = signed ? -Math.scalb(1.0, bits - 1) : 0;
    double last = signed ? -first - 1 : Math.scalb(1.0, bits) - 1;
    first += signed && node.flag("narrow_range", false) ? 1 : 0;
    double min = low.getFloat(0);
    double max = high.getFloat(0);
    double fromMin = min * first > 0 ? first / min : Double.MAX_VALUE;
    double fromMax = max * last > 0 ? last / max : Double.MAX_VALUE;
    double scale = Math.min(fromMin, fromMax);
    Emitter emit = call.emit();
    Value bounded = emit.min(emit.max(call.x(), first / scale), last / scale);
    Value rounded = emit.node(new Round(), emit.mul(bounded, scale));
    return emit.mul(rounded, 1 / scale);
  }

  private static Value transposed3d(OperationCall call) {
    TensorFlowShapeOperations.requireNhwc(call);
    int[] strides = call.node().integers("strides", 1, 1, 1, 1, 1);
    int[] dilations = call.node().integers("dilations", 1, 1, 1, 1, 1);
    if (Arrays.stream(dilations).anyMatch(d -> d != 1)) {
      throw OperandException.unsupported("a transposed convolution with dilation");
    }
    return call.emit()
        .node(
            new Conv3DTranspose(
                call.node().text("padding", "VALID").equals("SAME") ? Padding.SAME : Padding.VALID,
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
