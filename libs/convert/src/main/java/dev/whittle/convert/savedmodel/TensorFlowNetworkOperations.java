package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Convolutions;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Pooling;
import dev.whittle.convert.lower.Weights;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.activation.LogSoftmax;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.math.Rsqrt;
import dev.whittle.ir.op.math.SquaredDifference;
import dev.whittle.ir.op.nn.LocalResponseNormalization;
import dev.whittle.ir.tensor.OperandException;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Convolutions, pooling, normalization and softmax. */
final class TensorFlowNetworkOperations {
  private TensorFlowNetworkOperations() {}

  static void register(TensorFlowOperations table) {
    table.single("BiasAdd", TensorFlowNetworkOperations::biasAdd);
    table.single("BiasAddV1", call -> call.emit().add(call.x(), call.value(1)));
    table.ignore("use_cudnn_on_gpu", "Conv2D", "Conv2DBackpropInput");
    table.single("Conv2D", call -> convolve(call, 2));
    table.single("DepthwiseConv2dNative", TensorFlowNetworkOperations::depthwise);
    table.single("Conv2DBackpropInput", TensorFlowNetworkOperations::transposed);
    table.single("Conv3D", call -> convolve(call, 3));
    table.single("Conv3DBackpropInputV2", TensorFlowNetworkOperations::transposed3d);
    table.single("MaxPool", call -> pool(call, true));
    table.single("AvgPool", call -> pool(call, false));
    table.single("MaxPoolV2", call -> pool(call, call.integers(1), call.integers(2), true));
    table.single("MaxPool3D", call -> pool3d(call, true));
    table.single("AvgPool3D", call -> pool3d(call, false));
    for (String name : List.of("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")) {
      // It concerns the moving moments, which are not among the results here.
      table.ignore("exponential_avg_factor", name);
      table.put(name, TensorFlowNetworkOperations::batchNormalization);
    }
    table.single("LRN", TensorFlowNetworkOperations::localResponseNormalization);
    table.operator("Softmax", () -> new Softmax(1));
    table.operator("LogSoftmax", () -> new LogSoftmax());
  }

  private static Value localResponseNormalization(OperationCall call) {
    TfNode node = call.node();
    var op =
        new LocalResponseNormalization(
            (int) node.integer("depth_radius", 5),
            node.real("bias", 1),
            node.real("alpha", 1),
            node.real("beta", 0.5f));
    return call.emit().node(op, call.x());
  }

  private static Value biasAdd(OperationCall call) {
    if (!isChannelsFirst(call)) {
      return call.emit().add(call.x(), call.value(1));
    }
    int[] dims = new int[Emitter.rank(call.x()) - 1];
    Arrays.fill(dims, 1);
    dims[0] = Emitter.fixedDimension(call.value(1), 0);
    return call.emit().add(call.x(), call.emit().reshape(call.value(1), dims));
  }

  static boolean isChannelsFirst(OperationCall call) {
    String format = call.node().text("data_format", "NHWC");
    return format.equals("NCHW") || format.equals("NCDHW");
  }

  static void requireChannelsLast(OperationCall call) {
    String format = call.node().text("data_format", "NHWC");
    if (!format.equals("NHWC") && !format.equals("NDHWC")) {
      throw OperandException.unsupported("the layout %s; expected NHWC or NDHWC", format);
    }
  }

  /** Returns an input with channels last. */
  static Value channelsLast(OperationCall call, Value x) {
    return isChannelsFirst(call) ? call.emit().channelsLast(x) : x;
  }

  /** Returns a result in the layout of the operation. */
  static Value restored(OperationCall call, Value y) {
    return isChannelsFirst(call) ? call.emit().channelsFirst(y) : y;
  }

  /** Returns an attribute with a number for each axis, reordered for channels last. */
  static int[] axes(OperationCall call, String attribute, int count) {
    int[] stated = call.node().integers(attribute, count, 1);
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

  /** Returns the input with explicit padding, if the operation states it. */
  private static Value padded(OperationCall call) {
    Value x = channelsLast(call, call.x());
    if (!call.node().text("padding", "VALID").equals("EXPLICIT")) {
      return x;
    }
    return call.emit().pad(x, explicitPadding(call));
  }

  /** Returns the explicit padding before and after each axis, for channels last. */
  private static int[] explicitPadding(OperationCall call) {
    int[] stated = call.node().integers("explicit_paddings", 8, 0);
    return isChannelsFirst(call)
        ? new int[] {0, 0, stated[4], stated[5], stated[6], stated[7], stated[2], stated[3]}
        : stated;
  }

  private static Convolutions.Window window(OperationCall call, int axes) {
    int[] strides = axes(call, "strides", axes + 2);
    int[] dilations = axes(call, "dilations", axes + 2);
    return new Convolutions.Window(
        padding(call),
        Arrays.copyOfRange(strides, 1, axes + 1),
        Arrays.copyOfRange(dilations, 1, axes + 1));
  }

  private static Weights filter(OperationCall call) {
    return Weights.of(call.emit(), call.value(1));
  }

  private static Value convolve(OperationCall call, int axes) {
    Value x = padded(call);
    Value y =
        Convolutions.convolve(
            call.emit(), x, filter(call), null, window(call, axes), UnaryOperator.identity());
    return restored(call, y);
  }

  private static Value depthwise(OperationCall call) {
    Value x = padded(call);
    Value y =
        Convolutions.depthwise(
            call.emit(), x, filter(call), null, window(call, 2), UnaryOperator.identity());
    return restored(call, y);
  }

  private static Value transposed(OperationCall call) {
    Emitter emit = call.emit();
    if (call.node().text("padding", "VALID").equals("EXPLICIT")) {
      throw OperandException.unsupported("a transposed convolution with explicit padding");
    }
    Value size = call.narrow(0);
    if (isChannelsFirst(call)) {
      size = emit.gather(size, emit.ints(0, 2, 3, 1), 0);
    }
    Value x = channelsLast(call, call.value(2));
    return restored(
        call, Convolutions.transposed2d(emit, size, x, filter(call), null, window(call, 2)));
  }

  private static Value transposed3d(OperationCall call) {
    requireChannelsLast(call);
    int[] dilations = call.node().integers("dilations", 5, 1);
    if (Arrays.stream(dilations).anyMatch(d -> d != 1)) {
      throw OperandException.unsupported("a transposed convolution with dilation");
    }
    return Convolutions.transposed3d(
        call.emit(), call.narrow(0), call.value(2), filter(call), null, window(call, 3));
  }

  private static Value pool3d(OperationCall call, boolean max) {
    int[] size = axes(call, "ksize", 5);
    int[] strides = axes(call, "strides", 5);
    if (size[0] != 1 || size[4] != 1) {
      throw OperandException.unsupported("pooling over the batch or channels");
    }
    Value pooled =
        Pooling.pool(
            call.emit(),
            channelsLast(call, call.x()),
            Arrays.copyOfRange(size, 1, 4),
            Arrays.copyOfRange(strides, 1, 4),
            padding(call),
            max);
    return restored(call, pooled);
  }

  private static Value pool(OperationCall call, boolean max) {
    return pool(call, axes(call, "ksize", 4), axes(call, "strides", 4), max);
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
      x = call.emit().pad(x, -Float.MAX_VALUE, explicitPadding(call));
    }
    return restored(
        call,
        Pooling.pool(
            call.emit(),
            x,
            Arrays.copyOfRange(size, 1, 3),
            Arrays.copyOfRange(strides, 1, 3),
            padding(call),
            max));
  }

  /** Lowers to a factor and an offset per channel, from moving moments or those of the batch. */
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
