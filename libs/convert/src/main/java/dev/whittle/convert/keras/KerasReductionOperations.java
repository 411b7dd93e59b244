package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Elementwise;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Normalizations;
import dev.whittle.convert.lower.Reductions;
import dev.whittle.convert.lower.Scans;
import dev.whittle.convert.lower.Segments;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.math.Square;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.ArgMin;
import dev.whittle.ir.op.reduce.Cumsum;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code keras.ops}: reductions, norms and sums along axes. */
final class KerasReductionOperations {
  private KerasReductionOperations() {}

  static void register(KerasTable table) {
    for (Reductions.Reduction reduction : Reductions.OPERATORS) {
      for (String name : reduction.names().keras()) {
        table.value(name, call -> reduce(call, reduction));
      }
    }
    for (String name : List.of("Max", "Amax")) {
      table.extend(name, max -> call -> withInitial(call, max.lower(call), Emitter::max));
    }
    for (String name : List.of("Min", "Amin")) {
      table.extend(name, min -> call -> withInitial(call, min.lower(call), Emitter::min));
    }
    composite(table, "Var", Reductions::variance);
    composite(table, "Std", Reductions::standardDeviation);
    composite(table, "Logsumexp", Reductions::logSumExp);
    composite(table, "CountNonzero", Reductions::countNonzero);
    table.put("Moments", KerasReductionOperations::moments);
    table.value("Average", KerasReductionOperations::average);
    table.value("Argmax", call -> argument(call, new ArgMax(TensorType.INT32)));
    table.value("Argmin", call -> argument(call, new ArgMin(TensorType.INT32)));
    table.value("Cumsum", KerasReductionOperations::cumulativeSum);
    table.value("Cumprod", KerasReductionOperations::cumulativeProduct);
    table.value("Ptp", KerasReductionOperations::peakToPeak);
    segments(table, "SegmentSum", Segments.Kind.SUM);
    segments(table, "SegmentMax", Segments.Kind.MAXIMUM);
    segments(table, "SegmentMin", Segments.Kind.MINIMUM);
    segments(table, "SegmentProd", Segments.Kind.PRODUCT);
    table.value("Norm", KerasReductionOperations::norm);
    table.value("Normalize", KerasReductionOperations::normalize);
  }

  private static boolean keepDims(LayerCall call) {
    return call.config().flag("keepdims", false);
  }

  private static Value reduce(LayerCall call, Reductions.Reduction reduction) {
    Emitter e = call.emit();
    Value x = reduction.domain().cast(e, KerasOperations.x(call));
    Value axes = e.axesOperand(x, KerasOperations.axesOrAll(call, x));
    return reduction.lower(e, x, keepDims(call), axes);
  }

  /** Combines a reduction with the number to begin with, if there is one. */
  private static Argument withInitial(
      LayerCall call, Argument reduced, Elementwise.BinaryLowering function) {
    if (!call.config().has("initial") || !(reduced instanceof Argument.OfTensor tensor)) {
      return reduced;
    }
    Emitter e = call.emit();
    Value initial = e.scalar(tensor.value().type(), call.config().real("initial", 0));
    return Argument.of(function.lower(e, tensor.value(), initial));
  }

  /** A reduction that several operators compute. */
  @FunctionalInterface
  private interface Composite {
    Value lower(Emitter emit, Value x, boolean keepDims, int... axes);
  }

  private static void composite(KerasTable table, String name, Composite reduction) {
    table.value(
        name,
        call -> {
          Value x = KerasOperations.x(call);
          int[] axes = KerasOperations.axesOrAll(call, x);
          return reduction.lower(call.emit(), x, keepDims(call), axes);
        });
  }

  private static Argument moments(LayerCall call) {
    Emitter e = call.emit();
    Value x = call.floats();
    int[] axes = call.config().integers("axes");
    Value mean = e.mean(x, keepDims(call), axes);
    return KerasOperations.list(List.of(mean, Reductions.variance(e, x, keepDims(call), axes)));
  }

  /** The mean, or with weights {@code sum(x w) / sum(w)}. */
  private static Value average(LayerCall call) {
    Emitter e = call.emit();
    Value x = e.cast(KerasOperations.x(call), TensorType.FLOAT32);
    int[] axes = KerasOperations.axesOrAll(call, x);
    if (call.argument(1, "weights") == null) {
      return e.mean(x, false, axes);
    }
    Value weights = e.cast(KerasOperations.operand(call, 1, "weights", x), TensorType.FLOAT32);
    if (Emitter.rank(weights) == 1 && Emitter.rank(x) > 1) {
      if (axes.length != 1) {
        throw OperandException.invalid("weights of one axis for an average over %d", axes.length);
      }
      int[] dims = new int[Emitter.rank(x)];
      Arrays.fill(dims, 1);
      dims[Emitter.axis(x, axes[0])] = -1;
      weights = e.reshape(weights, dims);
    }
    Value broadcast = e.mul(weights, e.add(e.mul(x, 0), 1));
    return e.div(e.sum(e.mul(x, weights), false, axes), e.sum(broadcast, false, axes));
  }

  private static Value argument(LayerCall call, Op op) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    if (!call.config().has("axis")) {
      return e.node(op, e.reshape(x, -1), e.scalar(0));
    }
    int axis = Emitter.axis(x, call.config().integer("axis"));
    Value index = e.node(op, x, e.scalar(axis));
    return keepDims(call) ? e.expandDims(index, axis) : index;
  }

  private static Value cumulativeSum(LayerCall call) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    if (call.config().has("dtype")) {
      x = e.cast(x, KerasImporter.type(call.config().string("dtype")));
    }
    if (!call.config().has("axis")) {
      x = e.reshape(x, -1);
    }
    int axis = Emitter.axis(x, call.config().integer("axis", 0));
    var op =
        new Cumsum(call.config().flag("exclusive", false), call.config().flag("reverse", false));
    return e.node(op, x, e.scalar(axis));
  }

  private static Value cumulativeProduct(LayerCall call) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    if (call.config().has("dtype")) {
      x = e.cast(x, KerasImporter.type(call.config().string("dtype")));
    }
    if (!call.config().has("axis")) {
      return Scans.product(e, e.reshape(x, -1), 0, false, false);
    }
    return Scans.product(e, x, call.config().integer("axis"), false, false);
  }

  private static Value peakToPeak(LayerCall call) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    int[] axes = KerasOperations.axesOrAll(call, x);
    return e.sub(e.reduceMax(x, keepDims(call), axes), e.reduceMin(x, keepDims(call), axes));
  }

  private static void segments(KerasTable table, String name, Segments.Kind kind) {
    table.value(
        name,
        call -> {
          Emitter e = call.emit();
          Value ids = KerasOperations.operand(call, 1, "segment_ids", e.scalar(0));
          boolean sorted = call.config().flag("sorted", false);
          Value count =
              call.config().has("num_segments")
                  ? e.scalar(call.config().integer("num_segments"))
                  : null;
          Value x = KerasOperations.operand(call, 0, "data", null);
          return Segments.reduce(e, x, e.cast(ids, TensorType.INT32), count, kind, sorted);
        });
  }

  private static Value norm(LayerCall call) {
    Emitter e = call.emit();
    Value x = call.floats();
    @Nullable Object order = call.config().get("ord");
    int[] axes = KerasOperations.axesOrAll(call, x);
    if (axes.length == 1 && Long.valueOf(1).equals(order)) {
      return e.sum(e.node(new Abs(), x), keepDims(call), axes);
    }
    // The norm of order 2 of a matrix is its largest singular value.
    Object euclidean = axes.length == 1 ? Long.valueOf(2) : "fro";
    if (order != null && !order.equals(euclidean)) {
      throw OperandException.unsupported("the norm of order %s over %d axes", order, axes.length);
    }
    return e.node(new Sqrt(), e.sum(e.node(new Square(), x), keepDims(call), axes));
  }

  private static Value normalize(LayerCall call) {
    if (call.config().real("order", 2) != 2) {
      throw OperandException.unsupported("normalizing by a norm of another order than 2");
    }
    return Normalizations.toUnitNorm(
        call.emit(),
        call.floats(),
        call.config().real("epsilon", 1e-7),
        KerasOperations.axesOrLast(call));
  }
}
