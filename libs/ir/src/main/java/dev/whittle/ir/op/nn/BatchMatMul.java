package dev.whittle.ir.op.nn;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Requantization;
import dev.whittle.ir.op.common.RowQuantizer;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.Arrays;
import java.util.List;

/**
 * The matrix product along the last two axes. The axes before them are batch axes, which broadcast.
 *
 * @param transposeLeft whether the matrices of the left operand are transposed
 * @param transposeRight whether the matrices of the right operand are transposed
 * @param asymmetricQuantizeInputs whether a float left operand is quantized asymmetrically if the
 *     right one has 8 bits
 */
public record BatchMatMul(
    boolean transposeLeft, boolean transposeRight, boolean asymmetricQuantizeInputs) implements Op {
  public static final OpType<BatchMatMul> TYPE =
      OpType.of(
          "BATCH_MATMUL",
          126,
          "BatchMatMulOptions",
          2,
          1,
          options ->
              new BatchMatMul(
                  options.flag("adj_x", false),
                  options.flag("adj_y", false),
                  options.flag("asymmetric_quantize_inputs", false)));

  @Override
  public OpType<BatchMatMul> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("adj_x", transposeLeft)
        .with("adj_y", transposeRight)
        .with("asymmetric_quantize_inputs", asymmetricQuantizeInputs);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape left = operands.shape(0);
    Shape right = operands.shape(1);
    if (!left.isRankKnown() || !right.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    if (left.rank() < 2 || right.rank() < 2) {
      throw OperandException.invalid(
          "operands %s and %s; expected at least 2 dimensions each", left, right);
    }
    int inner = left.dim(left.rank() - (transposeLeft ? 2 : 1));
    int innerRight = right.dim(right.rank() - (transposeRight ? 1 : 2));
    if (inner != innerRight && inner != Shape.DYNAMIC && innerRight != Shape.DYNAMIC) {
      throw OperandException.invalid(
          "operands %s and %s have inner dimensions %d and %d; expected equal ones",
          left, right, inner, innerRight);
    }
    Shape batch = Shapes.broadcast(batch(left), batch(right));
    int[] dims = Arrays.copyOf(batch.toArray(), batch.rank() + 2);
    dims[batch.rank()] = left.dim(left.rank() - (transposeLeft ? 1 : 2));
    dims[batch.rank() + 1] = right.dim(right.rank() - (transposeRight ? 2 : 1));
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 ->
          switch (operands.type(1)) {
            case FLOAT32 -> this::floats;
            case INT8 -> hybrid(operands.input(1).requireQuantization().scaleValue());
            default ->
                throw OperandException.unsupported(
                    "no kernel for %s by %s", operands.type(0), operands.type(1));
          };
      case INT8, INT16 -> integers(operands);
      default -> throw operands.unsupportedType();
    };
  }

  private static Shape batch(Shape shape) {
    return Shape.of(Arrays.copyOf(shape.toArray(), shape.rank() - 2));
  }

  /** The sum of one output element after another. */
  private interface Accumulator {
    void add(long left, long right);

    void finish(long output);
  }

  private void forEachOutput(Tensor a, Tensor b, Tensor out, Accumulator sum) {
    int rows = out.dim(out.rank() - 2);
    int columns = out.dim(out.rank() - 1);
    int inner = a.dim(a.rank() - (transposeLeft ? 2 : 1));
    long matrix = (long) rows * columns;
    long batches = matrix == 0 ? 0 : out.elements() / matrix;
    for (long n = 0; n < batches; n++) {
      long left = Shapes.broadcastIndex(n, out.dims(), a.dims(), 2) * rows * inner;
      long right = Shapes.broadcastIndex(n, out.dims(), b.dims(), 2) * inner * columns;
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
          for (int k = 0; k < inner; k++) {
            long i = transposeLeft ? (long) k * rows + r : (long) r * inner + k;
            long j = transposeRight ? (long) c * inner + k : (long) k * columns + c;
            sum.add(left + i, right + j);
          }
          sum.finish(n * matrix + (long) r * columns + c);
        }
      }
    }
  }

  private void floats(Invocation invocation) {
    Tensor a = invocation.input(0);
    Tensor b = invocation.input(1);
    Tensor out = invocation.output(0);
    forEachOutput(
        a,
        b,
        out,
        new Accumulator() {
          private float sum;

          @Override
          public void add(long i, long j) {
            sum += a.getFloat(i) * b.getFloat(j);
          }

          @Override
          public void finish(long index) {
            out.setFloat(index, sum);
            sum = 0;
          }
        });
  }

  /** The left operand, dynamically quantized to 8 bits row by row. */
  private final class QuantizedRows {
    private final byte[] values;
    private final float[] scales;
    private final int[] zeroPoints;
    private final int rows;
    private final int inner;

    QuantizedRows(Tensor a) {
      rows = a.dim(a.rank() - (transposeLeft ? 1 : 2));
      inner = a.dim(a.rank() - (transposeLeft ? 2 : 1));
      values = new byte[Math.toIntExact(a.elements())];
      int count = inner == 0 ? 0 : values.length / inner;
      scales = new float[count];
      zeroPoints = new int[count];
      var rowQuantizer = new RowQuantizer();
      Tensor row = Tensor.allocate(TensorType.FLOAT32, inner);
      for (int r = 0; r < count; r++) {
        for (int k = 0; k < inner; k++) {
          row.setFloat(k, a.getFloat(index(r, k)));
        }
        rowQuantizer.quantize(row, 0, inner, asymmetricQuantizeInputs);
        scales[r] = rowQuantizer.scale();
        zeroPoints[r] = rowQuantizer.zeroPoint();
        for (int k = 0; k < inner; k++) {
          values[index(r, k)] = rowQuantizer.values()[k];
        }
      }
    }

    private int index(int row, int k) {
      return transposeLeft ? (row / rows * inner + k) * rows + row % rows : row * inner + k;
    }

    int row(long index) {
      int matrix = rows * inner;
      return transposeLeft ? (int) (index / matrix * rows + index % rows) : (int) (index / inner);
    }
  }

  /** Returns the kernel of a float left operand, quantized dynamically, and 8-bit right operand. */
  private Kernel hybrid(float scale) {
    return invocation -> {
      var left = new QuantizedRows(invocation.input(0));
      Tensor b = invocation.input(1);
      Tensor out = invocation.output(0);
      forEachOutput(
          invocation.input(0),
          b,
          out,
          new Accumulator() {
            private int row;
            private int sum;

            @Override
            public void add(long i, long j) {
              row = left.row(i);
              sum += (left.values[(int) i] - left.zeroPoints[row]) * b.getByte(j);
            }

            @Override
            public void finish(long index) {
              out.setFloat(index, left.inner == 0 ? 0 : sum * (left.scales[row] * scale));
              sum = 0;
            }
          });
    };
  }

  /** Returns the requantization of the accumulators of 8-bit operands. */
  public Requantization requantization(Operands operands) {
    return new Requantization(
        new FixedPoint.Multiplier[] {multiplier(operands)},
        false,
        operands.output(0).requireQuantization(),
        Activation.Bounds.of(operands.output(0).type()));
  }

  private static FixedPoint.Multiplier multiplier(Operands operands) {
    Quantization left = operands.input(0).requireQuantization();
    Quantization right = operands.input(1).requireQuantization();
    double product = (double) (left.scaleValue() * right.scaleValue());
    return FixedPoint.Multiplier.of(
        product / operands.output(0).requireQuantization().scaleValue());
  }

  private Kernel integers(Operands operands) {
    int leftZero = operands.input(0).requireQuantization().zeroPointValue();
    int rightZero = operands.input(1).requireQuantization().zeroPointValue();
    int zero = operands.output(0).requireQuantization().zeroPointValue();
    FixedPoint.Multiplier multiplier = multiplier(operands);
    boolean wide = operands.type(0) == TensorType.INT16;
    Activation.Bounds bounds = Activation.Bounds.of(operands.output(0).type());
    return invocation -> {
      Tensor a = invocation.input(0);
      Tensor b = invocation.input(1);
      Tensor out = invocation.output(0);
      forEachOutput(
          a,
          b,
          out,
          new Accumulator() {
            private long sum;

            @Override
            public void add(long i, long j) {
              sum += (a.getInteger(i) - leftZero) * (b.getInteger(j) - rightZero);
            }

            @Override
            public void finish(long index) {
              int scaled = wide ? multiplier.applyLong(sum) : multiplier.apply((int) sum);
              out.setInteger(index, bounds.clamp(scaled + zero));
              sum = 0;
            }
          });
    };
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT16 -> 3;
      case INT8 -> 2;
      default -> operands.type(1) == TensorType.INT8 && asymmetricQuantizeInputs ? 4 : 1;
    };
  }

  @Override
  public long multiplyAccumulates(Operands operands) {
    Shape left = operands.shape(0);
    Shape output = operands.output(0).shape();
    if (!left.isStatic() || !output.isStatic()) {
      return 0;
    }
    return output.elements() * left.dim(left.rank() - (transposeLeft ? 2 : 1));
  }

  @Override
  public Op asHybrid() {
    return new BatchMatMul(transposeLeft, transposeRight, true);
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.FREE, TensorType.INT8, TensorType.INT16)
        .withStored(1);
  }
}
