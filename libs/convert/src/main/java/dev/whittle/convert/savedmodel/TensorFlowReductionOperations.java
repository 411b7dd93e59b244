package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Reductions;
import dev.whittle.convert.lower.Scans;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.ArgMin;
import dev.whittle.ir.op.reduce.Cumsum;
import dev.whittle.ir.op.reduce.Sum;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reductions over axes, and cumulative ones. */
final class TensorFlowReductionOperations {
  private TensorFlowReductionOperations() {}

  static void register(TensorFlowOperations table) {
    for (Reductions.Reduction reduction : Reductions.OPERATORS) {
      for (String name : reduction.names().tensorFlow()) {
        table.single(name, call -> reduce(call, reduction));
      }
    }
    table.extend("Prod", product -> call -> withKnown(call, product.lower(call).getFirst()));
    table.single("EuclideanNorm", TensorFlowReductionOperations::euclideanNorm);
    table.single("ArgMax", call -> argument(call, ArgMax::new));
    table.single("ArgMin", call -> argument(call, ArgMin::new));
    table.single("Cumsum", TensorFlowReductionOperations::cumulativeSum);
    table.single("Cumprod", call -> scan(call, Scans::product));
    table.single("CumulativeLogsumexp", call -> scan(call, Scans::logSumExp));
  }

  private static Value reduce(OperationCall call, Reductions.Reduction reduction) {
    return reduction.lower(call.emit(), call.x(), keepDims(call), axes(call));
  }

  private static boolean keepDims(OperationCall call) {
    return call.node().flag("keep_dims", call.node().flag("keepdims", false));
  }

  /** Returns the axes as a list, also where the operation states a scalar. */
  private static Value axes(OperationCall call) {
    Value axes = call.narrow(1);
    if (axes.shape().isRankKnown() && Emitter.rank(axes) == 0) {
      return axes.isConstant() ? call.emit().ints(call.integer(1)) : call.emit().reshape(axes, 1);
    }
    return axes;
  }

  private static Value euclideanNorm(OperationCall call) {
    Value square = call.emit().mul(call.x(), call.x());
    Op sum = new Sum(keepDims(call));
    return call.emit().node(new Sqrt(), call.emit().node(sum, square, axes(call)));
  }

  /** Computes the product of known integers, such as dimension sizes. */
  private static List<Item> withKnown(OperationCall call, Item reduced) {
    List<@Nullable Long> known = call.known(0);
    if (known == null || !(reduced instanceof Item.Tensor tensor)) {
      return List.of(reduced);
    }
    Long product = 1L;
    for (Long factor : known) {
      product = factor == null || product == null ? null : Long.valueOf(product * factor);
    }
    return List.of(new Item.Tensor(tensor.value(), Item.single(product)));
  }

  /** The kernels write INT32 and INT64; TensorFlow also has indices of 16 bits. */
  private static Value argument(OperationCall call, Function<TensorType, Op> operator) {
    TensorType type = DataTypes.type(call.node().type("output_type", 9));
    TensorType computed = type == TensorType.INT64 ? TensorType.INT64 : TensorType.INT32;
    Value index = call.emit().node(operator.apply(computed), call.x(), call.narrow(1));
    return call.emit().cast(index, type);
  }

  private static Value cumulativeSum(OperationCall call) {
    TfNode node = call.node();
    var op = new Cumsum(node.flag("exclusive", false), node.flag("reverse", false));
    return call.emit().node(op, call.x(), call.narrow(1));
  }

  /** A cumulative operation. */
  private interface Scan {
    Value lower(Emitter emit, Value x, int axis, boolean exclusive, boolean reverse);
  }

  private static Value scan(OperationCall call, Scan scan) {
    return scan.lower(
        call.emit(),
        call.x(),
        call.integer(1),
        call.node().flag("exclusive", false),
        call.node().flag("reverse", false));
  }
}
