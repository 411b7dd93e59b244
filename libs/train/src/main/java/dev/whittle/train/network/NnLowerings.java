package dev.whittle.train.network;

import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.index.EmbeddingLookup;
import dev.whittle.ir.op.nn.AveragePool2D;
import dev.whittle.ir.op.nn.BatchMatMul;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.nn.L2Normalization;
import dev.whittle.ir.op.nn.LocalResponseNormalization;
import dev.whittle.ir.op.nn.MaxPool2D;
import dev.whittle.ir.op.nn.TransposeConv;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operation;
import org.tensorflow.Output;

/**
 * Lowerings of layers with weights, pooling and normalization. The weights keep TensorFlow Lite's
 * layout and are transposed in the network.
 */
final class NnLowerings {
  private static final float MIN_SQUARE_SUM = 1e-12f;

  private NnLowerings() {}

  static void register(TrainingLowerings table) {
    table.single(FullyConnected.class, NnLowerings::fullyConnected);
    table.single(Conv2D.class, NnLowerings::convolution);
    table.single(DepthwiseConv2D.class, NnLowerings::depthwiseConvolution);
    table.single(TransposeConv.class, NnLowerings::transposedConvolution);
    table.single(BatchMatMul.class, NnLowerings::batchMatMul);
    table.single(AveragePool2D.class, NnLowerings::averagePool);
    table.single(MaxPool2D.class, NnLowerings::maxPool);
    table.single(L2Normalization.class, NnLowerings::l2Normalize);
    table.single(LocalResponseNormalization.class, NnLowerings::localResponseNormalize);
    table.single(EmbeddingLookup.class, NnLowerings::embeddingLookup);
  }

  private static Output<?> batchMatMul(NodeCall call, BatchMatMul op) {
    return call.ops()
        .op(
            "BatchMatMulV2",
            b -> b.setAttr("adj_x", op.transposeLeft()).setAttr("adj_y", op.transposeRight()),
            call.input(0),
            call.input(1));
  }

  private static Output<?> averagePool(NodeCall call, AveragePool2D op) {
    return pool(
        call,
        "AvgPool",
        op.padding(),
        new long[] {1, op.filterHeight(), op.filterWidth(), 1},
        new long[] {1, op.strideHeight(), op.strideWidth(), 1},
        op.activation());
  }

  private static Output<?> maxPool(NodeCall call, MaxPool2D op) {
    return pool(
        call,
        "MaxPool",
        op.padding(),
        new long[] {1, op.filterHeight(), op.filterWidth(), 1},
        new long[] {1, op.strideHeight(), op.strideWidth(), 1},
        op.activation());
  }

  private static Output<?> pool(
      NodeCall call,
      String name,
      Padding padding,
      long[] size,
      long[] strides,
      Activation activation) {
    Output<?> pooled =
        call.ops()
            .op(
                name,
                b ->
                    b.setAttr("ksize", size)
                        .setAttr("strides", strides)
                        .setAttr("padding", padding.name()),
                call.input(0));
    return call.ops().activate(pooled, activation);
  }

  private static Output<?> localResponseNormalize(NodeCall call, LocalResponseNormalization op) {
    return call.ops()
        .op(
            "LRN",
            b ->
                b.setAttr("depth_radius", (long) op.radius())
                    .setAttr("bias", op.bias())
                    .setAttr("alpha", op.alpha())
                    .setAttr("beta", op.beta()),
            call.input(0));
  }

  private static Output<?> embeddingLookup(NodeCall call, EmbeddingLookup op) {
    TensorFlowOps ops = call.ops();
    return ops.op("GatherV2", call.input(1), call.input(0), ops.integer(0));
  }

  private static void requireFloats(NodeCall call, int weights) {
    if (call.value(weights).type() != TensorType.FLOAT32) {
      throw OperandException.unsupported("weights of type %s", call.value(weights).type());
    }
  }

  private static Output<?> withBias(NodeCall call, Output<?> sum, int bias) {
    return call.has(bias) ? call.ops().add(sum, call.input(bias)) : sum;
  }

  private static Output<?> fullyConnected(NodeCall call, FullyConnected op) {
    requireFloats(call, 1);
    TensorFlowOps ops = call.ops();
    int inputs = call.dimension(1, 1);
    int outputs = call.dimension(1, 0);
    Shape shape = call.shape(0);
    boolean isMatrix = shape.isRankKnown() && shape.rank() == 2 && shape.dim(1) == inputs;
    Output<?> x = isMatrix ? call.input(0) : ops.reshape(call.input(0), -1, inputs);
    Output<?> product = ops.op("MatMul", b -> b.setAttr("transpose_b", true), x, call.input(1));
    Output<?> y = ops.activate(withBias(call, product, 2), op.activation());
    if (!op.keepNumDims() || isMatrix) {
      return y;
    }
    int[] dims = shape.toArray();
    dims[dims.length - 1] = outputs;
    int dynamicCount = 0;
    for (int i = 0; i < dims.length; i++) {
      dynamicCount += dims[i] == Shape.DYNAMIC ? 1 : 0;
      dims[i] = dims[i] == Shape.DYNAMIC ? -1 : dims[i];
    }
    if (dynamicCount <= 1) {
      return ops.reshape(y, dims);
    }
    Output<?> leading =
        ops.op("Slice", ops.shapeOf(call.input(0)), ops.integers(0), ops.integers(dims.length - 1));
    Output<?> target =
        ops.listOp("ConcatV2", b -> b, List.of(leading, ops.integers(outputs)), ops.integer(0));
    return ops.op("Reshape", y, target);
  }

  private static Output<?> convolution(NodeCall call, Conv2D op) {
    requireFloats(call, 1);
    TensorFlowOps ops = call.ops();
    Output<?> kernel =
        dilated(
            ops,
            ops.transpose(call.input(1), 1, 2, 3, 0),
            kernelDims(call, 1, 2, 3, 0),
            op.dilationHeight(),
            op.dilationWidth());
    int groups = call.dimension(0, 3) / call.dimension(1, 3);
    Output<?> sum;
    if (groups == 1) {
      sum = convolve(ops, op, call.input(0), kernel);
    } else {
      // TensorFlow has no gradient for grouped convolutions.
      List<Output<?>> inputs = split(ops, call.input(0), groups);
      List<Output<?>> kernels = split(ops, kernel, groups);
      List<Output<?>> sums = new ArrayList<>();
      for (int g = 0; g < groups; g++) {
        sums.add(convolve(ops, op, inputs.get(g), kernels.get(g)));
      }
      sum = ops.listOp("ConcatV2", b -> b, sums, ops.integer(3));
    }
    return ops.activate(withBias(call, sum, 2), op.activation());
  }

  private static List<Output<?>> split(TensorFlowOps ops, Output<?> x, int groups) {
    Operation split =
        ops.operation("Split", b -> b.setAttr("num_split", (long) groups), ops.integer(3), x);
    List<Output<?>> parts = new ArrayList<>();
    for (int g = 0; g < groups; g++) {
      parts.add(split.output(g));
    }
    return parts;
  }

  private static Output<?> convolve(TensorFlowOps ops, Conv2D op, Output<?> x, Output<?> kernel) {
    return ops.op(
        "Conv2D",
        b ->
            b.setAttr("strides", new long[] {1, op.strideHeight(), op.strideWidth(), 1})
                .setAttr("padding", op.padding().name()),
        x,
        kernel);
  }

  private static int[] kernelDims(NodeCall call, int... axes) {
    int[] dims = new int[axes.length];
    for (int i = 0; i < axes.length; i++) {
      dims[i] = call.dimension(1, axes[i]);
    }
    return dims;
  }

  /**
   * Returns a dilated kernel with explicit zeros between its taps. TensorFlow's gradient of Conv2D
   * ignores dilations, and its depthwise convolution supports none (decision 010).
   *
   * @param dims the shape of the kernel: rows, columns and two more dimensions
   * @param rows the dilation of rows
   * @param columns the dilation of columns
   */
  private static Output<?> dilated(
      TensorFlowOps ops, Output<?> kernel, int[] dims, int rows, int columns) {
    if (rows == 1 && columns == 1) {
      return kernel;
    }
    Output<?> spread = ops.reshape(kernel, dims[0], 1, dims[1], 1, dims[2], dims[3]);
    Output<?> padding =
        ops.tf()
            .constant(new int[][] {{0, 0}, {0, rows - 1}, {0, 0}, {0, columns - 1}, {0, 0}, {0, 0}})
            .asOutput();
    Output<?> padded =
        ops.reshape(
            ops.op("Pad", spread, padding), dims[0] * rows, dims[1] * columns, dims[2], dims[3]);
    return ops.op(
        "Slice",
        padded,
        ops.integers(0, 0, 0, 0),
        ops.integers((dims[0] - 1) * rows + 1, (dims[1] - 1) * columns + 1, dims[2], dims[3]));
  }

  private static Output<?> depthwiseConvolution(NodeCall call, DepthwiseConv2D op) {
    requireFloats(call, 1);
    TensorFlowOps ops = call.ops();
    int channels = call.dimension(0, 3);
    if (op.strideHeight() != op.strideWidth()) {
      throw OperandException.unsupported(
          "depthwise convolutions with unequal strides %d x %d in training",
          op.strideHeight(), op.strideWidth());
    }
    int[] dims = {
      call.dimension(1, 1), call.dimension(1, 2), channels, call.dimension(1, 3) / channels
    };
    Output<?> weights =
        dilated(
            ops, ops.reshape(call.input(1), dims), dims, op.dilationHeight(), op.dilationWidth());
    Output<?> sum =
        ops.op(
            "DepthwiseConv2dNative",
            b ->
                b.setAttr("strides", new long[] {1, op.strideHeight(), op.strideWidth(), 1})
                    .setAttr("padding", op.padding().name()),
            call.input(0),
            weights);
    return ops.activate(withBias(call, sum, 2), op.activation());
  }

  private static Output<?> transposedConvolution(NodeCall call, TransposeConv op) {
    requireFloats(call, 1);
    TensorFlowOps ops = call.ops();
    Output<?> sum =
        ops.op(
            "Conv2DBackpropInput",
            b ->
                b.setAttr("strides", new long[] {1, op.strideHeight(), op.strideWidth(), 1})
                    .setAttr("padding", op.padding().name()),
            call.input(0),
            ops.transpose(call.input(1), 1, 2, 0, 3),
            call.input(2));
    return ops.activate(withBias(call, sum, 3), op.activation());
  }

  /**
   * Returns the input divided by its Euclidean norm along the last axis. As in the TensorFlow Lite
   * kernel, the sum of squares is at least 1e-12.
   */
  private static Output<?> l2Normalize(NodeCall call, L2Normalization op) {
    TensorFlowOps ops = call.ops();
    Output<?> x = call.input(0);
    int last = call.shape(0).rank() - 1;
    Output<?> squares = ops.reduce("Sum", ops.op("Square", x), true, last);
    Output<?> inverse = ops.op("Rsqrt", ops.maximum(squares, ops.number(MIN_SQUARE_SUM)));
    return ops.activate(ops.mul(x, inverse), op.activation());
  }
}
