package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Op;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.AveragePool2D;
import dev.whittle.ir.op.BatchMatMul;
import dev.whittle.ir.op.Conv2D;
import dev.whittle.ir.op.Conv3D;
import dev.whittle.ir.op.DepthwiseConv2D;
import dev.whittle.ir.op.FullyConnected;
import dev.whittle.ir.op.LocalResponseNormalization;
import dev.whittle.ir.op.MatrixDiag;
import dev.whittle.ir.op.MatrixSetDiag;
import dev.whittle.ir.op.MaxPool2D;
import dev.whittle.ir.op.Mul;
import dev.whittle.ir.op.ResizeBilinear;
import dev.whittle.ir.op.ResizeNearestNeighbor;
import dev.whittle.ir.op.Rsqrt;
import dev.whittle.ir.op.TransposeConv;
import java.util.Arrays;
import java.util.List;

/** Convolutions, products, pooling, normalization and resizing. */
final class NetworkOperations {
  private static final int[] ONES = {1, 1, 1, 1};

  private NetworkOperations() {}

  static void register(Operations table) {
    table.single("MatMul", NetworkOperations::matMul);
    for (String name : List.of("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")) {
      table.single(
          name,
          call ->
              call.emit()
                  .node(
                      new BatchMatMul(
                          call.node().flag("adj_x", false),
                          call.node().flag("adj_y", false),
                          false),
                      call.x(),
                      call.value(1)));
    }
    table.single("BiasAdd", NetworkOperations::biasAdd);
    table.single("BiasAddV1", call -> call.emit().add(call.x(), call.value(1)));
    table.single("Conv2D", NetworkOperations::convolve);
    table.single("DepthwiseConv2dNative", NetworkOperations::depthwise);
    table.single("Conv2DBackpropInput", NetworkOperations::transposed);
    table.single("Conv3D", NetworkOperations::convolve3d);
    table.single("MaxPool", call -> pool(call, true));
    table.single("AvgPool", call -> pool(call, false));
    for (String name : List.of("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")) {
      table.put(name, NetworkOperations::batchNormalization);
    }
    table.single(
        "LRN",
        call ->
            call.emit()
                .node(
                    new LocalResponseNormalization(
                        (int) call.node().integer("depth_radius", 5),
                        call.node().real("bias", 1),
                        call.node().real("alpha", 1),
                        call.node().real("beta", 0.5f)),
                    call.x()));
    table.single("ResizeBilinear", call -> resize(call, ResizeBilinear::new));
    table.single("ResizeNearestNeighbor", call -> resize(call, ResizeNearestNeighbor::new));
    table.single("MatrixDiag", call -> call.emit().node(new MatrixDiag(), call.x()));
    table.single(
        "MatrixSetDiag", call -> call.emit().node(new MatrixSetDiag(), call.x(), call.value(1)));
  }

  /** Makes an operator that resizes. */
  private interface Resizing {
    Op of(boolean alignCorners, boolean halfPixelCenters);
  }

  private static Value resize(OperationCall call, Resizing op) {
    boolean alignCorners = call.node().flag("align_corners", false);
    boolean halfPixelCenters = call.node().flag("half_pixel_centers", false);
    return call.emit().node(op.of(alignCorners, halfPixelCenters), call.x(), call.narrow(1));
  }

  private static Value matMul(OperationCall call) {
    Emitter emit = call.emit();
    boolean transposeA = call.node().flag("transpose_a", false);
    boolean transposeB = call.node().flag("transpose_b", false);
    Value a = call.x();
    Value b = call.value(1);
    if (!b.isConstant() || a.type() != TensorType.FLOAT32) {
      return emit.node(new BatchMatMul(transposeA, transposeB, false), a, b);
    }
    Value weights = transposeB ? b : emit.transpose(b, 1, 0);
    return emit.node(
        new FullyConnected(Activation.NONE, false),
        transposeA ? emit.transpose(a, 1, 0) : a,
        weights,
        null);
  }

  private static Value biasAdd(OperationCall call) {
    if (!isChannelsFirst(call)) {
      return call.emit().add(call.x(), call.value(1));
    }
    int[] dims = new int[call.x().shape().rank() - 1];
    Arrays.fill(dims, 1);
    dims[0] = extent(call.value(1), 0);
    return call.emit().add(call.x(), call.emit().reshape(call.value(1), dims));
  }

  private static boolean isChannelsFirst(OperationCall call) {
    String format = call.node().text("data_format", "NHWC");
    return format.equals("NCHW") || format.equals("NCDHW");
  }

  /** What an operation works on, with channels last. */
  private static Value channelsLast(OperationCall call, Value x) {
    return isChannelsFirst(call) ? call.emit().channelsLast(x) : x;
  }

  /** What an operation gives, where it is expected. */
  private static Value restored(OperationCall call, Value y) {
    return isChannelsFirst(call) ? call.emit().channelsFirst(y) : y;
  }

  /** An attribute with a number for each axis, as if channels were last. */
  private static int[] axes(OperationCall call, String attribute, int... ifMissing) {
    int[] stated = call.node().integers(attribute, ifMissing);
    if (!isChannelsFirst(call)) {
      return stated;
    }
    int[] moved = stated.clone();
    System.arraycopy(stated, 2, moved, 1, stated.length - 2);
    moved[stated.length - 1] = stated[1];
    return moved;
  }

  private static int padding(OperationCall call) {
    return switch (call.node().text("padding", "VALID")) {
      case "SAME" -> 0;
      case "VALID", "EXPLICIT" -> 1;
      default ->
          throw OperandException.unsupported("padding '%s'", call.node().text("padding", "VALID"));
    };
  }

  /** The input with explicit margins added, where the operation states them. */
  private static Value padded(OperationCall call) {
    Value x = channelsLast(call, call.x());
    if (!call.node().text("padding", "VALID").equals("EXPLICIT")) {
      return x;
    }
    int[] margins = call.node().integers("explicit_paddings");
    if (isChannelsFirst(call)) {
      margins =
          new int[] {0, 0, margins[4], margins[5], margins[6], margins[7], margins[2], margins[3]};
    }
    return Arrays.stream(margins).allMatch(m -> m == 0) ? x : call.emit().pad(x, margins);
  }

  private static int extent(Value value, int axis) {
    int extent = value.shape().isRankKnown() ? value.shape().dim(axis) : Shape.DYNAMIC;
    if (extent == Shape.DYNAMIC) {
      throw OperandException.unsupported("axis %d of %s has no fixed extent", axis, value.shape());
    }
    return extent;
  }

  private static Value zeros(Emitter emit, int channels) {
    return emit.constant("bias", new float[channels], channels);
  }

  private static Value convolve(OperationCall call) {
    Emitter emit = call.emit();
    Value filter = call.value(1);
    int[] strides = axes(call, "strides", ONES);
    int[] dilations = axes(call, "dilations", ONES);
    Value x = padded(call);
    int channels = extent(x, 3);
    int perGroup = extent(filter, 2);
    int filters = extent(filter, 3);
    if (perGroup == 1 && channels > 1) {
      Value weights = emit.reshape(filter, 1, extent(filter, 0), extent(filter, 1), filters);
      return restored(
          call,
          emit.node(
              new DepthwiseConv2D(
                  padding(call),
                  strides[2],
                  strides[1],
                  filters / channels,
                  Activation.NONE,
                  dilations[2],
                  dilations[1]),
              x,
              weights,
              zeros(emit, filters)));
    }
    return restored(
        call,
        emit.node(
            new Conv2D(
                padding(call),
                strides[2],
                strides[1],
                Activation.NONE,
                dilations[2],
                dilations[1],
                TensorType.FLOAT32),
            x,
            emit.transpose(filter, 3, 0, 1, 2),
            zeros(emit, filters)));
  }

  private static Value depthwise(OperationCall call) {
    Emitter emit = call.emit();
    Value filter = call.value(1);
    int[] strides = axes(call, "strides", ONES);
    int[] dilations = axes(call, "dilations", ONES);
    int channels = extent(filter, 2) * extent(filter, 3);
    return restored(
        call,
        emit.node(
            new DepthwiseConv2D(
                padding(call),
                strides[2],
                strides[1],
                extent(filter, 3),
                Activation.NONE,
                dilations[2],
                dilations[1]),
            padded(call),
            emit.reshape(filter, 1, extent(filter, 0), extent(filter, 1), channels),
            zeros(emit, channels)));
  }

  private static Value transposed(OperationCall call) {
    ShapeOperations.requireNhwc(call);
    int[] strides = call.node().integers("strides", ONES);
    int[] dilations = call.node().integers("dilations", ONES);
    if (Arrays.stream(dilations).anyMatch(d -> d != 1)) {
      throw OperandException.unsupported("a transposed convolution with dilation");
    }
    if (call.node().text("padding", "VALID").equals("EXPLICIT")) {
      throw OperandException.unsupported("a transposed convolution with explicit padding");
    }
    return call.emit()
        .node(
            new TransposeConv(
                padding(call), strides[2], strides[1], Activation.NONE, TensorType.FLOAT32),
            call.narrow(0),
            call.emit().transpose(call.value(1), 2, 0, 1, 3),
            call.value(2));
  }

  private static Value convolve3d(OperationCall call) {
    ShapeOperations.requireNhwc(call);
    int[] strides = call.node().integers("strides", 1, 1, 1, 1, 1);
    int[] dilations = call.node().integers("dilations", 1, 1, 1, 1, 1);
    if (extent(call.x(), 4) != extent(call.value(1), 3)) {
      throw OperandException.unsupported("a convolution over volumes in groups of channels");
    }
    return call.emit()
        .node(
            new Conv3D(
                padding(call),
                strides[1],
                strides[3],
                strides[2],
                Activation.NONE,
                dilations[1],
                dilations[3],
                dilations[2]),
            call.x(),
            call.value(1),
            null);
  }

  private static Value pool(OperationCall call, boolean max) {
    int[] size = axes(call, "ksize", ONES);
    int[] strides = axes(call, "strides", ONES);
    if (size[0] != 1 || size[3] != 1) {
      throw OperandException.unsupported("pooling over the batch or channels");
    }
    if (call.node().text("padding", "VALID").equals("EXPLICIT")) {
      throw OperandException.unsupported("pooling with explicit padding");
    }
    int padding = padding(call);
    return restored(
        call,
        call.emit()
            .node(
                max
                    ? new MaxPool2D(
                        padding, strides[2], strides[1], size[2], size[1], Activation.NONE)
                    : new AveragePool2D(
                        padding, strides[2], strides[1], size[2], size[1], Activation.NONE),
                channelsLast(call, call.x())));
  }

  /** By moving averages: a factor and an offset per channel. */
  private static List<Item> batchNormalization(OperationCall call) {
    if (call.node().flag("is_training", true)) {
      throw OperandException.unsupported("batch normalization as in training");
    }
    Emitter emit = call.emit();
    float epsilon = call.node().real("epsilon", 1e-4f);
    Value factor =
        emit.node(
            new Mul(Activation.NONE),
            emit.node(new Rsqrt(), emit.add(call.value(4), epsilon)),
            call.value(1));
    Value offset = emit.sub(call.value(2), emit.mul(call.value(3), factor));
    Value x = channelsLast(call, call.x());
    Value y = restored(call, emit.add(emit.mul(x, factor), offset));
    Item nothing = new Item.Nothing();
    return List.of(Item.of(y), nothing, nothing, nothing, nothing, nothing);
  }
}
