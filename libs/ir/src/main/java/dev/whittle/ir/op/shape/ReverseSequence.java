package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The reversal of the first elements of each sequence. Operand 1 contains the number of elements to
 * reverse for each batch.
 *
 * @param sequenceAxis the axis of the sequences
 * @param batchAxis the axis of the batches
 */
public record ReverseSequence(int sequenceAxis, int batchAxis) implements Op {
  public static final OpType<ReverseSequence> TYPE =
      OpType.of(
          "REVERSE_SEQUENCE",
          112,
          "ReverseSequenceOptions",
          2,
          1,
          options ->
              new ReverseSequence(options.integer("seq_dim", 0), options.integer("batch_dim", 0)));

  @Override
  public OpType<ReverseSequence> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("seq_dim", sequenceAxis)
        .with("batch_dim", batchAxis);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.sameAsInput(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(0).requireWholeBytes();
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor lengths = invocation.input(1);
      Tensor out = invocation.output(0);
      int axis = Shapes.axis(sequenceAxis, in.rank());
      int batch = Shapes.axis(batchAxis, in.rank());
      if (lengths.elements() != in.dim(batch)) {
        throw OperandException.invalid(
            "operand 1 has %d lengths for input %s; expected %d",
            lengths.elements(), in.shape(), in.dim(batch));
      }
      for (long i = 0; i < lengths.elements(); i++) {
        if (lengths.getInteger(i) < 0 || lengths.getInteger(i) > in.dim(axis)) {
          throw OperandException.invalid(
              "length %d of batch %d; expected 0 to %d", lengths.getInteger(i), i, in.dim(axis));
        }
      }
      long[] strides = Shapes.strides(in.dims());
      for (long i = 0; i < in.elements(); i++) {
        long position = i / strides[axis] % in.dim(axis);
        long length = lengths.getInteger(i / strides[batch] % in.dim(batch));
        long to = position < length ? i + (length - 1 - 2 * position) * strides[axis] : i;
        Tensor.copy(in, i, out, to, 1);
      }
    };
  }
}
