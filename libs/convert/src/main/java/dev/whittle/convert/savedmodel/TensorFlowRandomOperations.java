package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.random.Multinomial;
import dev.whittle.ir.op.random.RandomStandardNormal;
import dev.whittle.ir.op.random.RandomUniform;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;

/** Random numbers. */
final class TensorFlowRandomOperations {
  private TensorFlowRandomOperations() {}

  static void register(TensorFlowOperations table) {
    table.single("RandomUniform", call -> drawn(call, new RandomUniform(seed(call), seed2(call))));
    table.single(
        "RandomStandardNormal",
        call -> drawn(call, new RandomStandardNormal(seed(call), seed2(call))));
    table.single("Multinomial", TensorFlowRandomOperations::multinomial);
  }

  private static long seed(OperationCall call) {
    return call.node().integer("seed", 0);
  }

  private static long seed2(OperationCall call) {
    return call.node().integer("seed2", 0);
  }

  private static Value drawn(OperationCall call, Op op) {
    TensorType type = DataTypes.type(call.node().type("dtype", 1));
    return call.emit().cast(call.emit().node(op, call.narrow(0)), type);
  }

  private static Value multinomial(OperationCall call) {
    TensorType type = DataTypes.type(call.node().type("output_dtype", 9));
    Shape shape = Shape.of(Emitter.dim(call.x(), 0), Shape.DYNAMIC);
    Value drawn = Value.of(0, call.emit().scope() + "/multinomial", type, shape);
    var op = new Multinomial(seed(call), seed2(call));
    return call.emit()
        .graph()
        .nodesAsDeclared(List.of(drawn), op, call.x(), call.narrow(1))
        .getFirst();
  }
}
