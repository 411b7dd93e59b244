package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * Weighted sums of rows of a table. Operands: numbers of rows {@code [n]}, the place {@code [n, r]}
 * in a sparse tensor that each has, that tensor's shape {@code [r]}, a weight for each {@code [n]},
 * and the table. Rows whose places differ only on the last axis are added up.
 *
 * @param combiner 0 for sums, 1 for means by weight, 2 for sums over the root of squared weights
 */
public record EmbeddingLookupSparse(int combiner) implements Op {
  private static final int MEAN = 1;
  private static final int ROOT = 2;

  public static final OpType<EmbeddingLookupSparse> TYPE =
      OpType.of(
          "EMBEDDING_LOOKUP_SPARSE",
          33,
          "EmbeddingLookupSparseOptions",
          5,
          1,
          options -> new EmbeddingLookupSparse(options.integer("combiner", 0)));

  @Override
  public OpType<EmbeddingLookupSparse> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("combiner", combiner);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    long[] dimensions = operands.knownIntegers(2);
    Shape table = operands.shape(4);
    if (dimensions == null || !table.isRankKnown() || table.rank() < 1) {
      return List.of(new TypedShape(TensorType.FLOAT32, Shape.UNKNOWN));
    }
    int buckets = Math.max(0, dimensions.length - 1);
    int[] dims = new int[buckets + table.rank() - 1];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = i < buckets ? Math.toIntExact(dimensions[i]) : table.dim(i - buckets + 1);
      if (dims[i] < Shape.DYNAMIC) {
        throw OperandException.invalid("an extent of %d", dims[i]);
      }
    }
    return List.of(new TypedShape(TensorType.FLOAT32, Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (operands.type(4) != TensorType.FLOAT32 || operands.type(3) != TensorType.FLOAT32) {
      throw operands.unsupportedType();
    }
    return this::run;
  }

  private void run(Invocation invocation) {
    Tensor ids = invocation.input(0);
    Tensor places = invocation.input(1);
    Tensor table = invocation.input(4);
    Tensor output = invocation.output(0);
    int rank = places.dim(1);
    long slice = Shapes.product(table.dims(), 1, table.rank());
    for (long i = 0; i < output.elements(); i++) {
      output.setFloat(i, 0);
    }
    long current = -1;
    float weights = 0;
    float squares = 0;
    for (int i = 0; i < ids.elements(); i++) {
      long bucket = bucket(invocation, i, rank) * slice;
      if (bucket < 0 || bucket + slice > output.elements()) {
        throw OperandException.invalid("place %d lies outside", i);
      }
      if (bucket != current && current >= 0) {
        finish(output, current, slice, weights, squares);
        weights = 0;
        squares = 0;
      }
      current = bucket;
      long row = ids.getInteger(i);
      if (row < 0 || row >= table.dim(0)) {
        throw OperandException.invalid("number %d of a row of %s", row, table.shape());
      }
      float weight = invocation.input(3).getFloat(i);
      weights += weight;
      squares += weight * weight;
      for (long k = 0; k < slice; k++) {
        float sum = output.getFloat(bucket + k) + table.getFloat(row * slice + k) * weight;
        output.setFloat(bucket + k, sum);
      }
    }
    if (current >= 0) {
      finish(output, current, slice, weights, squares);
    }
  }

  /** Which sum a place belongs to: its last axis does not count. */
  private static long bucket(Invocation invocation, int i, int rank) {
    long bucket = 0;
    for (int axis = 0; axis < rank - 1; axis++) {
      long dimension = invocation.input(2).getInteger(axis);
      bucket = bucket * dimension + invocation.input(1).getInteger((long) i * rank + axis);
    }
    return bucket;
  }

  private void finish(Tensor output, long first, long slice, float weights, float squares) {
    float divisor =
        switch (combiner) {
          case MEAN -> weights;
          case ROOT -> (float) Math.sqrt(squares);
          default -> 1;
        };
    for (long k = 0; k < slice && divisor != 1; k++) {
      output.setFloat(first + k, output.getFloat(first + k) / divisor);
    }
  }
}
