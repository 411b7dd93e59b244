package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Int4WeightKernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The slices of operand 1, a table, at the indices that operand 0 contains. */
public record EmbeddingLookup() implements Op {
  public static final OpType<EmbeddingLookup> TYPE =
      OpType.of("EMBEDDING_LOOKUP", 7, "", 2, 1, options -> new EmbeddingLookup());

  @Override
  public OpType<EmbeddingLookup> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.NONE;
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape ids = operands.shape(0);
    Shape table = operands.shape(1);
    TensorType type = operands.output(0).type();
    if (!ids.isRankKnown() || !table.isRankKnown()) {
      return List.of(new TypedShape(type, Shape.UNKNOWN));
    }
    if (ids.rank() != 1 || table.rank() < 1) {
      throw OperandException.invalid(
          "indices %s and table %s; expected 1 dimension and at least 1", ids, table);
    }
    int[] dims = table.toArray();
    dims[0] = ids.dim(0);
    return List.of(new TypedShape(type, Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return Int4WeightKernel.of(operands, 1, EmbeddingLookup::unpackedKernel);
  }

  private static Kernel unpackedKernel(Operands operands) {
    TensorType table = operands.type(1);
    if (table == operands.output(0).type()) {
      table.requireWholeBytes();
      return EmbeddingLookup::copy;
    }
    TensorType result = operands.output(0).type();
    if (table == TensorType.INT8
        && (result == TensorType.FLOAT32 || result == TensorType.FLOAT16)) {
      float[] scales = operands.input(1).requireQuantization().scales();
      return invocation -> dequantize(invocation, scales);
    }
    throw OperandException.unsupported("no kernel for a table of %s", table);
  }

  private static long row(Tensor ids, long i, Tensor table) {
    long id = ids.getInteger(i);
    if (id < 0 || id >= table.dim(0)) {
      throw OperandException.invalid("index %d; expected 0 to %d", id, table.dim(0) - 1);
    }
    return id;
  }

  private static void copy(Invocation invocation) {
    Tensor ids = invocation.input(0);
    Tensor table = invocation.input(1);
    long slice = Shapes.product(table.dims(), 1, table.rank());
    for (long i = 0; i < ids.elements(); i++) {
      Tensor.copy(table, row(ids, i, table) * slice, invocation.output(0), i * slice, slice);
    }
  }

  private static void dequantize(Invocation invocation, float[] scales) {
    Tensor ids = invocation.input(0);
    Tensor table = invocation.input(1);
    long slice = Shapes.product(table.dims(), 1, table.rank());
    for (long i = 0; i < ids.elements(); i++) {
      long row = row(ids, i, table);
      float scale = scales[scales.length == 1 ? 0 : (int) row];
      for (long k = 0; k < slice; k++) {
        float value = table.getByte(row * slice + k) * scale;
        invocation.output(0).setReal(i * slice + k, value);
      }
    }
  }

  @Override
  public int version(Operands operands) {
    if (operands.type(1) == TensorType.INT4) {
      return 4;
    }
    if (operands.type(1) == operands.output(0).type()) {
      return operands.type(1) == TensorType.INT8 ? 2 : 1;
    }
    Quantization quantization = operands.input(1).quantization();
    return quantization != null && quantization.isPerAxis() ? 3 : 2;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8).withStored(1);
  }
}
