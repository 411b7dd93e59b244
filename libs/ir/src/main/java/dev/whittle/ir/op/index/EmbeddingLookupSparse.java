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
 * Weighted sums of slices of a table. The operands are the slices' indices {@code [n]}, the
 * position {@code [n, r]} of each in a sparse tensor, the shape {@code [r]} of that tensor, the
 * weights {@code [n]}, and the table. Slices whose positions differ only along the last axis are
 * added.
 *
 * @param combiner 0 for sums, 1 for means by weight, 2 for sums divided by the root of the squared
 *     weights
 */
public record EmbeddingLookupSparse(int combiner) implements Op {
  private static final int MEAN = 1;
  private static final int SQRT_N = 2;

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
        throw OperandException.invalid("operand 2 has dimension %d; expected at least 0", dims[i]);
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
    Tensor positions = invocation.input(1);
    Tensor table = invocation.input(4);
    Tensor output = invocation.output(0);
    int rank = positions.dim(1);
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
        throw OperandException.invalid("position %d is outside the shape in operand 2", i);
      }
      if (bucket != current && current >= 0) {
        finish(output, current, slice, weights, squares);
        weights = 0;
        squares = 0;
      }
      current = bucket;
      long row = ids.getInteger(i);
      if (row < 0 || row >= table.dim(0)) {
        throw OperandException.invalid("index %d; expected 0 to %d", row, table.dim(0) - 1);
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

  /** Returns the sum that position {@code i} belongs to, by all axes but the last. */
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
          case SQRT_N -> (float) Math.sqrt(squares);
          default -> 1;
        };
    for (long k = 0; k < slice && divisor != 1; k++) {
      output.setFloat(first + k, output.getFloat(first + k) / divisor);
    }
  }
}
