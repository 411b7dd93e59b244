package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.ConstantTensors;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Pooling;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.math.Rsqrt;
import dev.whittle.ir.op.math.SquaredDifference;
import dev.whittle.ir.op.nn.BatchMatMul;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.Conv3D;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.nn.LocalResponseNormalization;
import dev.whittle.ir.op.nn.TransposeConv;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Convolutions, products, pooling, normalization and resizing. */
final class TensorFlowNetworkOperations {
  private static final int[] ONES = {1, 1, 1, 1};

  private TensorFlowNetworkOperations() {}

  static void register(TensorFlowOperations table) {
    table.single("MatMul", TensorFlowNetworkOperations::matMul);
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
    table.single("BiasAdd", TensorFlowNetworkOperations::biasAdd);
    table.single("BiasAddV1", call -> call.emit().add(call.x(), call.value(1)));
    table.single("Conv2D", TensorFlowNetworkOperations::convolve);
    table.single("DepthwiseConv2dNative", TensorFlowNetworkOperations::depthwise);
    table.single("Conv2DBackpropInput", TensorFlowNetworkOperations::transposed);
    table.single("Conv3D", TensorFlowNetworkOperations::convolve3d);
    table.single("MaxPool", call -> pool(call, true));
    table.single("AvgPool", call -> pool(call, false));
    table.single("MaxPoolV2", call -> pool(call, call.integers(1), call.integers(2), true));
    table.single("MaxPool3D", call -> pool3d(call, true));
    table.single("AvgPool3D", call -> pool3d(call, false));
    for (String name : List.of("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")) {
      table.put(name, TensorFlowNetworkOperations::batchNormalization);
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
    dims[0] = dimension(call.value(1), 0);
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

  static Padding padding(OperationCall call) {
    return switch (call.node().text("padding", "VALID")) {
      case "SAME" -> Padding.SAME;
      case "VALID", "EXPLICIT" -> Padding.VALID;
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
    int[] margins = margins(call);
    return Arrays.stream(margins).allMatch(m -> m == 0) ? x : call.emit().pad(x, margins);
  }

  /** Explicit margins before and after each axis, as if channels were last. */
  private static int[] margins(OperationCall call) {
    int[] stated = call.node().integers("explicit_paddings");
    return isChannelsFirst(call)
        ? new int[] {0, 0, stated[4], stated[5], stated[6], stated[7], stated[2], stated[3]}
        : stated;
  }

  static int dimension(Value value, int axis) {
    int dimension = value.shape().isRankKnown() ? value.shape().dim(axis) : Shape.DYNAMIC;
    if (dimension == Shape.DYNAMIC) {
      throw OperandException.unsupported("axis %d of %s has no fixed extent", axis, value.shape());
    }
    return dimension;
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
    int channels = dimension(x, 3);
    int perGroup = dimension(filter, 2);
    int filters = dimension(filter, 3);
    if (perGroup == 1 && channels > 1) {
      Value weights = emit.reshape(filter, 1, dimension(filter, 0), dimension(filter, 1), filters);
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
    int channels = dimension(filter, 2) * dimension(filter, 3);
    return restored(
        call,
        emit.node(
            new DepthwiseConv2D(
                padding(call),
                strides[2],
                strides[1],
                dimension(filter, 3),
                Activation.NONE,
                dilations[2],
                dilations[1]),
            padded(call),
            emit.reshape(filter, 1, dimension(filter, 0), dimension(filter, 1), channels),
            zeros(emit, channels)));
  }

  private static Value transposed(OperationCall call) {
    Emitter emit = call.emit();
    int[] strides = axes(call, "strides", ONES);
    int[] dilations = axes(call, "dilations", ONES);
    if (call.node().text("padding", "VALID").equals("EXPLICIT")) {
      throw OperandException.unsupported("a transposed convolution with explicit padding");
    }
    Value filter = call.value(1);
    if (dilations[1] != 1 || dilations[2] != 1) {
      Tensor known = filter.contents();
      if (known == null) {
        throw OperandException.unsupported(
            "a transposed convolution with dilation of a filter that is computed");
      }
      filter =
          emit.constant(
              "dilated", ConstantTensors.dilate(known, new int[] {dilations[1], dilations[2]}));
    }
    Value size = call.narrow(0);
    if (isChannelsFirst(call)) {
      size = emit.gather(size, emit.ints(0, 2, 3, 1), 0);
    }
    Value y =
        emit.node(
            new TransposeConv(
                padding(call), strides[2], strides[1], Activation.NONE, TensorType.FLOAT32),
            size,
            emit.transpose(filter, 2, 0, 1, 3),
            channelsLast(call, call.value(2)));
    return restored(call, y);
  }

  private static Value convolve3d(OperationCall call) {
    Emitter emit = call.emit();
    int[] strides = axes(call, "strides", 1, 1, 1, 1, 1);
    int[] dilations = axes(call, "dilations", 1, 1, 1, 1, 1);
    Value x = channelsLast(call, call.x());
    int groups = dimension(x, 4) / Math.max(1, dimension(call.value(1), 3));
    var op =
        new Conv3D(
            padding(call),
            strides[1],
            strides[3],
            strides[2],
            Activation.NONE,
            dilations[1],
            dilations[3],
            dilations[2]);
    // The operator knows no groups.
    List<Value> inputs = emit.split(x, 4, groups);
    List<Value> filters = emit.split(call.value(1), 4, groups);
    List<Value> outputs = new ArrayList<>();
    for (int i = 0; i < groups; i++) {
      outputs.add(emit.node(op, inputs.get(i), filters.get(i), null));
    }
    return restored(call, emit.concat(4, outputs));
  }

  private static Value pool3d(OperationCall call, boolean max) {
    int[] size = axes(call, "ksize", 1, 1, 1, 1, 1);
    int[] strides = axes(call, "strides", 1, 1, 1, 1, 1);
    if (size[0] != 1 || size[4] != 1) {
      throw OperandException.unsupported("pooling over the batch or channels");
    }
    Value pooled =
        Pooling.volumes(
            call.emit(),
            channelsLast(call, call.x()),
            Arrays.copyOfRange(size, 1, 4),
            Arrays.copyOfRange(strides, 1, 4),
            padding(call),
            max);
    return restored(call, pooled);
  }

  private static Value pool(OperationCall call, boolean max) {
    return pool(call, axes(call, "ksize", ONES), axes(call, "strides", ONES), max);
  }

  private static Value pool(OperationCall call, int[] size, int[] strides, boolean max) {
    if (size[0] != 1 || size[3] != 1) {
      throw OperandException.unsupported("pooling over the batch or channels");
    }
    Value x = channelsLast(call, call.x());
    if (call.node().text("padding", "VALID").equals("EXPLICIT")) {
      if (!max) {
        throw OperandException.unsupported("average pooling with explicit padding");
      }
      x = call.emit().pad(x, -Float.MAX_VALUE, margins(call));
    }
    return restored(
        call,
        Pooling.images(
            call.emit(),
            x,
            Arrays.copyOfRange(size, 1, 3),
            Arrays.copyOfRange(strides, 1, 3),
            padding(call),
            max));
  }

  /** A factor and an offset per channel, by moving averages or those of the batch. */
  private static List<Item> batchNormalization(OperationCall call) {
    Emitter emit = call.emit();
    float epsilon = call.node().real("epsilon", 1e-4f);
    Value x = channelsLast(call, call.x());
    boolean training = call.node().flag("is_training", true);
    Value mean = training ? emit.mean(x, false, 0, 1, 2) : call.value(3);
    Value variance =
        training
            ? emit.mean(emit.node(new SquaredDifference(), x, mean), false, 0, 1, 2)
            : call.value(4);
    Value factor =
        emit.node(
            new Mul(Activation.NONE),
            emit.node(new Rsqrt(), emit.add(variance, epsilon)),
            call.value(1));
    Value offset = emit.sub(call.value(2), emit.mul(mean, factor));
    Value y = restored(call, emit.add(emit.mul(x, factor), offset));
    Item nothing = new Item.Nothing();
    return List.of(Item.of(y), nothing, nothing, nothing, nothing, nothing);
  }
}
