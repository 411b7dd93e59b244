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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/**
 * The unique elements of a vector in the order of their first occurrence, and the index of each
 * element among them.
 *
 * @param indexType the type of the indices
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
    Tensor indices = invocation.output(1);
    var floatIndices = new HashMap<Double, Integer>();
    var firstOccurrences = new ArrayList<Long>();
    var integerIndices = new HashMap<Long, Integer>();
    boolean real = in.type() == TensorType.FLOAT32;
    for (long i = 0; i < in.elements(); i++) {
      Integer index =
          real
              ? floatIndices.putIfAbsent((double) in.getFloat(i) + 0.0, firstOccurrences.size())
              : integerIndices.putIfAbsent(in.getInteger(i), firstOccurrences.size());
      if (index == null) {
        index = firstOccurrences.size();
        firstOccurrences.add(i);
      }
      indices.setInteger(i, index);
    }
    Tensor out = invocation.output(0);
    out.resize(firstOccurrences.size());
    for (int i = 0; i < firstOccurrences.size(); i++) {
      Tensor.copy(in, firstOccurrences.get(i), out, i, 1);
    }
  }
}
