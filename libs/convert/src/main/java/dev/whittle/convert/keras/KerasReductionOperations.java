package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Log;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.math.Square;
import dev.whittle.ir.op.math.SquaredDifference;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.ArgMin;
import dev.whittle.ir.op.reduce.Cumsum;
import dev.whittle.ir.op.reduce.ReduceAll;
import dev.whittle.ir.op.reduce.ReduceAny;
import dev.whittle.ir.op.reduce.ReduceProd;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code keras.ops}: reductions and what goes along an axis. */
final class KerasReductionOperations {
  private KerasReductionOperations() {}

  /** A reduction of some axes. */
  @FunctionalInterface
  private interface Reduction {
    Value apply(Emitter emit, Value x, boolean keep, int[] axes);
  }

  /** A function of two tensors. */
  @FunctionalInterface
  private interface Pairwise {
    Value apply(Emitter emit, Value a, Value b);
  }

  private static void reduction(Layers table, String name, Reduction reduction) {
    table.value(name, call -> reduce(call, reduction));
  }

  private static Value reduce(LayerCall call, Reduction reduction) {
    Value x = KerasOperations.x(call);
    int @Nullable [] stated = KerasOperations.axes(call, "axis");
    int[] all = stated == null ? Emitter.axesFrom(x, 0) : stated;
    return reduction.apply(call.emit(), x, call.config().flag("keepdims", false), all);
  }

  /** A reduction that begins with a number, if one is stated. */
  private static void extreme(Layers table, String name, Reduction reduction, Pairwise function) {
    table.value(
        name,
        call -> {
          Value reduced = reduce(call, reduction);
          Emitter e = call.emit();
          return call.config().has("initial")
              ? function.apply(
                  e, reduced, e.scalar(reduced.type(), call.config().real("initial", 0)))
              : reduced;
        });
  }

  static void register(Layers table) {
    for (String prefix : List.of("", "A")) {
      String max = prefix.isEmpty() ? "Max" : "Amax";
      String min = prefix.isEmpty() ? "Min" : "Amin";
      extreme(table, max, (e, x, keep, axes) -> e.reduceMax(x, keep, axes), Emitter::max);
      extreme(table, min, (e, x, keep, axes) -> e.reduceMin(x, keep, axes), Emitter::min);
    }
    reduction(table, "Sum", (e, x, keep, axes) -> e.sum(summable(e, x), keep, axes));
    reduction(
        table, "Mean", (e, x, keep, axes) -> e.mean(e.cast(x, TensorType.FLOAT32), keep, axes));
    table.value("Average", KerasReductionOperations::average);
    reduction(table, "Prod", (e, x, keep, axes) -> e.reduce(new ReduceProd(keep), x, axes));
    reduction(
        table,
        "Any",
        (e, x, keep, axes) -> e.reduce(new ReduceAny(keep), e.cast(x, TensorType.BOOL), axes));
    reduction(
        table,
        "All",
        (e, x, keep, axes) -> e.reduce(new ReduceAll(keep), e.cast(x, TensorType.BOOL), axes));
    reduction(table, "Var", KerasReductionOperations::variance);
    reduction(table, "Std", (e, x, keep, axes) -> e.node(new Sqrt(), variance(e, x, keep, axes)));
    reduction(table, "Logsumexp", KerasReductionOperations::logSumExp);
    reduction(
        table,
        "CountNonzero",
        (e, x, keep, axes) ->
            e.sum(
                e.cast(e.node(new NotEqual(), x, e.scalar(x.type(), 0)), TensorType.INT32),
                keep,
                axes));
    table.put(
        "Moments",
        call -> {
          Emitter e = call.emit();
          Value x = call.floats();
          int[] axes = call.config().integers("axes");
          boolean keep = call.config().flag("keepdims", false);
          return new Argument.OfList(
              List.of(Argument.of(e.mean(x, keep, axes)), Argument.of(variance(e, x, keep, axes))));
        });
    table.value("Argmax", call -> arg(call, new ArgMax(TensorType.INT32)));
    table.value("Argmin", call -> arg(call, new ArgMin(TensorType.INT32)));
    table.value(
        "Cumsum",
        call -> {
          Value x = KerasOperations.x(call);
          if (call.config().has("dtype")) {
            x = call.emit().cast(x, KerasImporter.type(call.config().string("dtype")));
          }
          if (!call.config().has("axis")) {
            x = call.emit().reshape(x, -1);
          }
          int axis = Emitter.axis(x, call.config().integer("axis", 0));
          var cumsum =
              new Cumsum(
                  call.config().flag("exclusive", false), call.config().flag("reverse", false));
          return call.emit().node(cumsum, x, call.emit().scalar(axis));
        });
    table.value(
        "Norm",
        call -> {
          Value x = call.floats();
          int @Nullable [] stated = KerasOperations.axes(call, "axis");
          Object order = call.config().get("ord");
          Emitter e = call.emit();
          int[] all = stated == null ? Emitter.axesFrom(x, 0) : stated;
          boolean keep = call.config().flag("keepdims", false);
          if (all.length == 1 && Long.valueOf(1).equals(order)) {
            return e.sum(e.node(new Abs(), x), keep, all);
          }
          // Of matrices, 2 is the largest singular value.
          Object plain = all.length == 1 ? Long.valueOf(2) : "fro";
          if (order != null && !order.equals(plain)) {
            throw OperandException.unsupported(
                "the norm of order %s over %d axes", order, all.length);
          }
          return e.node(new Sqrt(), e.sum(e.node(new Square(), x), keep, all));
        });
    table.value(
        "Normalize",
        call -> {
          int @Nullable [] axes = KerasOperations.axes(call, "axis");
          if (call.config().real("order", 2) != 2) {
            throw OperandException.unsupported("normalizing by a norm of another order than 2");
          }
          return NormalizationLayers.unit(
              call.emit(),
              call.floats(),
              call.config().real("epsilon", 1e-7),
              axes == null ? new int[] {-1} : axes);
        });
  }

  /** The mean, with weights if there are some: {@code sum(x w) / sum(w)}. */
  private static Value average(LayerCall call) {
    Emitter e = call.emit();
    Value x = e.cast(KerasOperations.x(call), TensorType.FLOAT32);
    int @Nullable [] stated = KerasOperations.axes(call, "axis");
    int[] axes = stated == null ? Emitter.axesFrom(x, 0) : stated;
    Argument given = call.argument(1, "weights");
    if (given == null || (given instanceof Argument.Literal literal && literal.value() == null)) {
      return e.mean(x, false, axes);
    }
    Value weights = e.cast(KerasOperations.operand(call, 1, "weights", x), TensorType.FLOAT32);
    if (weights.shape().rank() == 1 && x.shape().rank() > 1) {
      if (axes.length != 1) {
        throw OperandException.invalid("weights of one axis for an average over %d", axes.length);
      }
      int[] dims = new int[x.shape().rank()];
      Arrays.fill(dims, 1);
      dims[Emitter.axis(x, axes[0])] = -1;
      weights = e.reshape(weights, dims);
    }
    Value everywhere = e.mul(weights, e.add(e.mul(x, 0), 1));
    return e.div(e.sum(e.mul(x, weights), false, axes), e.sum(everywhere, false, axes));
  }

  private static Value summable(Emitter e, Value x) {
    return x.type() == TensorType.BOOL ? e.cast(x, TensorType.INT32) : x;
  }

  private static Value variance(Emitter e, Value given, boolean keep, int[] axes) {
    Value x = e.cast(given, TensorType.FLOAT32);
    Value mean = e.mean(x, true, axes);
    return e.mean(e.node(new SquaredDifference(), x, mean), keep, axes);
  }

  private static Value logSumExp(Emitter e, Value x, boolean keep, int[] axes) {
    Value max = e.reduceMax(x, true, axes);
    Value sum = e.sum(KerasElementwiseOperations.exp(e, e.sub(x, max)), true, axes);
    Value result = e.add(e.node(new Log(), sum), max);
    return keep ? result : e.squeeze(result, axes);
  }

  private static Value arg(LayerCall call, Op op) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    boolean keep = call.config().flag("keepdims", false);
    if (!call.config().has("axis")) {
      return e.node(op, e.reshape(x, -1), e.scalar(0));
    }
    int axis = Emitter.axis(x, call.config().integer("axis"));
    Value found = e.node(op, x, e.scalar(axis));
    return keep ? e.expandDims(found, axis) : found;
  }
}
