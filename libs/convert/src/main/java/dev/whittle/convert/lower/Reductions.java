package dev.whittle.convert.lower;

import static dev.whittle.convert.lower.Domain.ANY;
import static dev.whittle.convert.lower.Domain.BOOLEANS;
import static dev.whittle.convert.lower.Domain.FLOATS;
import static dev.whittle.convert.lower.Domain.NUMBERS;

import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Exp;
import dev.whittle.ir.op.math.Log;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.math.SquaredDifference;
import dev.whittle.ir.op.reduce.Mean;
import dev.whittle.ir.op.reduce.ReduceAll;
import dev.whittle.ir.op.reduce.ReduceAny;
import dev.whittle.ir.op.reduce.ReduceMax;
import dev.whittle.ir.op.reduce.ReduceMin;
import dev.whittle.ir.op.reduce.ReduceProd;
import dev.whittle.ir.op.reduce.Sum;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;

/**
 * The reduction operators of all front ends, one line for each, and reductions that several
 * operators compute.
 */
public final class Reductions {
  private Reductions() {}

  /** Makes the operator of a reduction. */
  @FunctionalInterface
  public interface Operator {
    /**
     * Returns the operator.
     *
     * @param keepDims whether reduced axes stay with size 1
     */
    Op of(boolean keepDims);
  }

  /** A reduction that one operator computes, of an operand in its domain. */
  public record Reduction(Domain domain, Operator operator, OperatorNames names) {
    Reduction keras(String... kerasNames) {
      return new Reduction(domain, operator, names.withKeras(kerasNames));
    }

    Reduction tensorFlow(String... tensorFlowNames) {
      return new Reduction(domain, operator, names.withTensorFlow(tensorFlowNames));
    }

    /**
     * Adds the reduction to the graph.
     *
     * @param axes int32
     */
    public Value lower(Emitter emit, Value x, boolean keepDims, Value axes) {
      return emit.node(operator.of(keepDims), x, axes);
    }
  }

  private static Reduction reduction(Domain domain, Operator operator) {
    return new Reduction(domain, operator, OperatorNames.NONE);
  }

  /** All reductions that one operator computes. */
  public static final List<Reduction> OPERATORS =
      List.of(
          reduction(NUMBERS, keep -> new Sum(keep)).keras("Sum").tensorFlow("Sum"),
          reduction(FLOATS, keep -> new Mean(keep)).keras("Mean").tensorFlow("Mean"),
          reduction(ANY, keep -> new ReduceProd(keep)).keras("Prod").tensorFlow("Prod"),
          reduction(ANY, keep -> new ReduceMax(keep)).keras("Max", "Amax").tensorFlow("Max"),
          reduction(ANY, keep -> new ReduceMin(keep)).keras("Min", "Amin").tensorFlow("Min"),
          reduction(BOOLEANS, keep -> new ReduceAny(keep)).keras("Any").tensorFlow("Any"),
          reduction(BOOLEANS, keep -> new ReduceAll(keep)).keras("All").tensorFlow("All"));

  /** The mean squared difference from the mean. */
  public static Value variance(Emitter emit, Value x, boolean keepDims, int... axes) {
    Value floats = emit.cast(x, TensorType.FLOAT32);
    Value mean = emit.mean(floats, true, axes);
    return emit.mean(emit.node(new SquaredDifference(), floats, mean), keepDims, axes);
  }

  public static Value standardDeviation(Emitter emit, Value x, boolean keepDims, int... axes) {
    return emit.node(new Sqrt(), variance(emit, x, keepDims, axes));
  }

  /** {@code log(sum(e^x))}, without overflow for large x. */
  public static Value logSumExp(Emitter emit, Value x, boolean keepDims, int... axes) {
    Value max = emit.reduceMax(x, true, axes);
    Value sum = emit.sum(emit.node(new Exp(), emit.sub(x, max)), true, axes);
    Value result = emit.add(emit.node(new Log(), sum), max);
    return keepDims ? result : emit.squeeze(result, axes);
  }

  /** The number of elements other than 0, int32. */
  public static Value countNonzero(Emitter emit, Value x, boolean keepDims, int... axes) {
    Value isNonzero = emit.node(new NotEqual(), x, emit.scalar(x.type(), 0));
    return emit.sum(emit.cast(isNonzero, TensorType.INT32), keepDims, axes);
  }
}
