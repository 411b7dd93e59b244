package dev.whittle.conformance;

import static dev.whittle.ir.tensor.TensorType.BOOL;
import static dev.whittle.ir.tensor.TensorType.FLOAT32;
import static dev.whittle.ir.tensor.TensorType.INT16;
import static dev.whittle.ir.tensor.TensorType.INT32;
import static dev.whittle.ir.tensor.TensorType.INT64;
import static dev.whittle.ir.tensor.TensorType.INT8;
import static dev.whittle.ir.tensor.TensorType.UINT8;

import dev.whittle.conformance.CaseGenerator.NativeKernel;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.TopKV2;
import dev.whittle.ir.op.nn.BatchMatMul;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.ArgMin;
import dev.whittle.ir.op.reduce.Cumsum;
import dev.whittle.ir.op.reduce.Mean;
import dev.whittle.ir.op.reduce.ReduceAll;
import dev.whittle.ir.op.reduce.ReduceAny;
import dev.whittle.ir.op.reduce.ReduceMax;
import dev.whittle.ir.op.reduce.ReduceMin;
import dev.whittle.ir.op.reduce.ReduceProd;
import dev.whittle.ir.op.reduce.Sum;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/** Cases of reductions, scans and matrix products. */
final class ReductionCases {
  static final List<CaseGenerator> ALL =
      List.of(
          CaseGenerator.close("SUM", ReductionCases::sum)
              .withNativeKernel(NativeKernel.UNDEFINED_ON_EMPTY_TENSORS),
          CaseGenerator.close("MEAN", ReductionCases::mean)
              .withNativeKernel(NativeKernel.UNDEFINED_ON_EMPTY_TENSORS),
          CaseGenerator.exact("REDUCE_MAX", b -> extremum(b, new ReduceMax(b.chance(0.5)))),
          CaseGenerator.exact("REDUCE_MIN", b -> extremum(b, new ReduceMin(b.chance(0.5)))),
          CaseGenerator.close(
              "REDUCE_PROD", b -> reduce(b, new ReduceProd(b.chance(0.5)), FLOAT32, INT32, INT64)),
          CaseGenerator.exact("REDUCE_ANY", b -> reduce(b, new ReduceAny(b.chance(0.5)), BOOL))
              .withNativeKernel(NativeKernel.CRASHES_ON_EMPTY_TENSORS),
          CaseGenerator.exact("REDUCE_ALL", b -> reduce(b, new ReduceAll(b.chance(0.5)), BOOL))
              .withNativeKernel(NativeKernel.CRASHES_ON_EMPTY_TENSORS),
          CaseGenerator.exact("ARG_MAX", b -> arg(b, true))
              .withNativeKernel(NativeKernel.CRASHES_ON_EMPTY_TENSORS),
          CaseGenerator.exact("ARG_MIN", b -> arg(b, false))
              .withNativeKernel(NativeKernel.CRASHES_ON_EMPTY_TENSORS),
          CaseGenerator.close("CUMSUM", ReductionCases::cumsum)
              .withNativeKernel(NativeKernel.CRASHES_ON_EMPTY_TENSORS),
          CaseGenerator.exact("TOPK_V2", ReductionCases::topK)
              .withNativeKernel(NativeKernel.CRASHES_ON_EMPTY_TENSORS),
          CaseGenerator.oneStep("BATCH_MATMUL", ReductionCases::batchMatMul)
              .withNativeKernel(NativeKernel.CRASHES_ON_EMPTY_TENSORS));

  private ReductionCases() {}

  /** Adds a random nonempty set of axes in any order, some negative. */
  private static Value axes(CaseBuilder b, int rank) {
    int count = b.between(1, rank);
    int[] order = b.permutation(rank);
    int[] axes = new int[count];
    for (int i = 0; i < count; i++) {
      axes[i] = b.chance(0.3) ? order[i] - rank : order[i];
    }
    return b.constantOrInput(Tensor.of(axes, count));
  }

  private static void reduce(CaseBuilder b, Op op, TensorType... types) {
    int[] dims = b.dims(1, 5);
    b.output(op, b.input(b.oneOf(types), dims), axes(b, dims.length));
  }

  private static void sum(CaseBuilder b) {
    Op op = new Sum(b.chance(0.5));
    if (b.chance(0.6)) {
      reduce(b, op, FLOAT32, INT32, INT64);
      return;
    }
    int[] dims = b.dims(1, 4);
    TensorType type = b.oneOf(INT8, UINT8);
    Value input = b.quantizedInput(type, dims);
    b.output(type, b.quantization(type), op, input, axes(b, dims.length));
  }

  private static void mean(CaseBuilder b) {
    Op op = new Mean(b.chance(0.5));
    if (b.chance(0.5)) {
      reduce(b, op, FLOAT32, INT32, INT64);
      return;
    }
    int[] dims = b.dims(1, 4);
    TensorType type = b.oneOf(INT8, UINT8, INT16);
    if (b.chance(0.3)) {
      Value image = b.quantizedInput(type, b.dims(4, 4));
      Value heightAndWidth = b.chance(0.5) ? b.constant(1, 2) : b.constant(2, 1);
      b.output(type, b.quantization(type), op, image, heightAndWidth);
    } else {
      Value input = b.quantizedInput(type, dims);
      b.output(type, b.quantization(type), op, input, axes(b, dims.length));
    }
  }

  private static void extremum(CaseBuilder b, Op op) {
    if (b.chance(0.7)) {
      reduce(b, op, FLOAT32, INT32, INT64);
      return;
    }
    int[] dims = b.dims(1, 4);
    TensorType type = b.oneOf(INT8, UINT8, INT16);
    var quantization = b.quantization(type);
    Value input = b.input(b.randomTensor(type, quantization, dims));
    b.output(type, quantization, op, input, axes(b, dims.length));
  }

  private static void arg(CaseBuilder b, boolean greatest) {
    int[] dims = b.dims(1, 4);
    TensorType type = b.oneOf(INT32, INT64);
    int axis = b.between(-dims.length, dims.length - 1);
    Value input =
        b.chance(0.3)
            ? b.quantizedInput(INT8, dims)
            : b.input(b.oneOf(FLOAT32, INT32, UINT8), dims);
    b.output(
        greatest ? new ArgMax(type) : new ArgMin(type),
        input,
        b.constantOrInput(Tensor.of(new int[] {axis}, 1)));
  }

  private static void cumsum(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    int axis = b.between(-dims.length, dims.length - 1);
    b.output(
        new Cumsum(b.chance(0.5), b.chance(0.5)),
        b.input(b.oneOf(FLOAT32, INT32, INT64), dims),
        b.constant(Tensor.of(new int[] {axis})));
  }

  private static void topK(CaseBuilder b) {
    int[] dims = b.dims(1, 3);
    dims[dims.length - 1] = b.between(1, 30);
    int k = b.between(1, dims[dims.length - 1]);
    Value input =
        b.chance(0.3)
            ? b.quantizedInput(INT8, dims)
            : b.input(b.oneOf(FLOAT32, INT32, INT64), dims);
    b.outputs(2, new TopKV2(), input, b.constantOrInput(Tensor.of(new int[] {k})));
  }

  private static void batchMatMul(CaseBuilder b) {
    int[] batch = b.dims(0, 2);
    int[] otherBatch = b.broadcastable(batch);
    int rows = b.between(1, 6);
    int inner = b.between(1, 20);
    int columns = b.between(1, 6);
    // The native runtime 2.20 reads out of bounds of a transposed, broadcast left operand.
    boolean left = Arrays.equals(batch, otherBatch) && b.chance(0.5);
    boolean right = b.chance(0.5);
    int[] leftShape = left ? with(batch, inner, rows) : with(batch, rows, inner);
    int[] rightShape = right ? with(otherBatch, columns, inner) : with(otherBatch, inner, columns);
    // With several batch dimensions the native hybrid kernel reads the scales of wrong rows.
    if (batch.length < 2 && otherBatch.length < 2 && b.chance(0.3)) {
      Quantization scale = Quantization.perTensor(0.01f, 0);
      b.output(
          new BatchMatMul(left, right, b.chance(0.5)),
          b.input(FLOAT32, leftShape),
          b.constant(b.randomTensor(INT8, scale, rightShape)));
      return;
    }
    if (b.chance(0.4)) {
      TensorType type = b.oneOf(INT8, INT16);
      Value quantizedLeft = b.quantizedInput(type, leftShape);
      Value quantizedRight = b.quantizedInput(type, rightShape);
      b.output(
          type,
          b.quantization(type),
          new BatchMatMul(left, right, false),
          quantizedLeft,
          quantizedRight);
      return;
    }
    b.output(
        new BatchMatMul(left, right, false),
        b.input(FLOAT32, leftShape),
        b.constantOrInput(b.randomTensor(FLOAT32, null, rightShape)));
  }

  private static int[] with(int[] batch, int rows, int columns) {
    int[] dims = Arrays.copyOf(batch, batch.length + 2);
    dims[batch.length] = rows;
    dims[batch.length + 1] = columns;
    return dims;
  }
}
