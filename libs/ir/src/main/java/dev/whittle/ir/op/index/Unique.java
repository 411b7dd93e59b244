package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The different elements of a vector in the order of their first appearance, and for each element
 * its place among them.
 *
 * @param indexType of the places
 */
public record Unique(TensorType indexType) implements Op {
  public static final OpType<Unique> TYPE =
      OpType.of(
          "UNIQUE",
          103,
          "UniqueOptions",
          1,
          2,
          options -> new Unique(options.tensorType("idx_out_type", TensorType.INT32)));

  @Override
  public OpType<Unique> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("idx_out_type", indexType.code());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(
        new TypedShape(operands.type(0), Shapes.dynamic(1)),
        new TypedShape(indexType, operands.shape(0)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32, INT8, UINT8, INT16, INT32, INT64 -> Unique::run;
      default -> throw operands.unsupportedType();
    };
  }

  private static void run(Invocation invocation) {
    Tensor in = invocation.input(0);
    Tensor places = invocation.output(1);
    var found = new java.util.LinkedHashMap<Double, Integer>();
    var first = new java.util.ArrayList<Long>();
    var exact = new java.util.HashMap<Long, Integer>();
    boolean real = in.type() == TensorType.FLOAT32;
    for (long i = 0; i < in.elements(); i++) {
      Integer place =
          real
              ? found.putIfAbsent((double) in.getFloat(i) + 0.0, first.size())
              : exact.putIfAbsent(in.getInteger(i), first.size());
      if (place == null) {
        place = first.size();
        first.add(i);
      }
      places.setInteger(i, place);
    }
    Tensor out = invocation.output(0);
    out.resize(first.size());
    for (int i = 0; i < first.size(); i++) {
      Tensor.copy(in, first.get(i), out, i, 1);
    }
  }
}
