package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Convolutions;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Windows;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.LogSoftmax;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.LogicalAnd;
import dev.whittle.ir.op.math.Rsqrt;
import dev.whittle.ir.op.math.Square;
import dev.whittle.ir.op.math.SquaredDifference;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Losses, and derivatives, as models contain them that compute gradients themselves. */
final class TensorFlowGradientOperations {
  /** The factors of SELU: Klambauer et al., "Self-Normalizing Neural Networks" (2017). */
  private static final double SELU_SCALE = 1.0507009873554805;

  private static final double SELU_SCALE_ALPHA = 1.7580993408473766;

  private TensorFlowGradientOperations() {}

  static void register(TensorFlowOperations table) {
    table.ignore("use_cudnn_on_gpu", "Conv2DBackpropFilter");
    registerLosses(table);
    registerActivations(table);
    registerExponentials(table);
    table.single("BiasAddGrad", TensorFlowGradientOperations::bias);
    table.single("MaxPoolGrad", TensorFlowGradientOperations::maxPool);
    table.single("AvgPoolGrad", TensorFlowGradientOperations::averagePool);
    table.single("Conv2DBackpropFilter", call -> filter(call, false));
    table.single("DepthwiseConv2dNativeBackpropFilter", call -> filter(call, true));
    table.single("DepthwiseConv2dNativeBackpropInput", TensorFlowGradientOperations::depthwise);
    table.single("StridedSliceGrad", TensorFlowGradientOperations::slice);
    for (String name :
        List.of("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3")) {
      table.put(name, TensorFlowGradientOperations::batchNormalization);
    }
  }

  // Losses.

  private static void registerLosses(TensorFlowOperations table) {
    table.single(
        "L2Loss",
        call -> {
          Emitter emit = call.emit();
          Value flat = emit.reshape(call.x(), -1);
          return emit.mul(emit.sum(emit.mul(flat, flat), false, 0), 0.5);
        });
    table.put(
        "SoftmaxCrossEntropyWithLogits",
        call -> crossEntropy(call.emit(), call.x(), call.value(1)));
    table.put(
        "SparseSoftmaxCrossEntropyWithLogits",
        call -> {
          Emitter emit = call.emit();
          int classes = Emitter.dim(call.x(), 1);
          if (classes == Shape.DYNAMIC) {
            throw OperandException.unsupported("an unknown number of classes");
          }
          Value labels =
              emit.node(
                  new OneHot(-1),
                  emit.cast(call.value(1), TensorType.INT32),
                  emit.scalar(classes),
                  emit.scalar(1f),
                  emit.scalar(0f));
          return crossEntropy(emit, call.x(), labels);
        });
  }

  /** Returns the loss of each row, and its derivative by the logits. */
  private static List<Item> crossEntropy(Emitter emit, Value logits, Value labels) {
    Value likelihood = emit.mul(emit.node(new LogSoftmax(), logits), labels);
    Value loss = emit.mul(emit.sum(likelihood, false, -1), -1);
    Value derivative = emit.sub(emit.node(new Softmax(1), logits), labels);
    return List.of(Item.of(loss), Item.of(derivative));
  }

  // Activation functions.

  private static void registerActivations(TensorFlowOperations table) {
    table.single(
        "SigmoidGrad",
        call -> {
          Emitter emit = call.emit();
          Value y = call.x();
          return emit.mul(emit.mul(call.value(1), y), emit.sub(emit.scalar(1f), y));
        });
    table.single(
        "TanhGrad",
        call -> {
          Emitter emit = call.emit();
          Value square = emit.mul(call.x(), call.x());
          return emit.mul(call.value(1), emit.sub(emit.scalar(1f), square));
        });
    table.single(
        "SqrtGrad", call -> call.emit().div(call.emit().mul(call.value(1), 0.5), call.x()));
    table.single(
        "RsqrtGrad",
        call -> {
          Emitter emit = call.emit();
          Value y = call.x();
          return emit.mul(emit.mul(call.value(1), -0.5), emit.mul(y, emit.mul(y, y)));
        });
    table.single(
        "ReluGrad",
        call -> {
          Emitter emit = call.emit();
          Value isPositive = emit.node(new Greater(), call.value(1), emit.scalar(0f));
          return emit.where(isPositive, call.x(), emit.scalar(0f));
        });
    table.single(
        "Relu6Grad",
        call -> {
          Emitter emit = call.emit();
          Value x = call.value(1);
          Value above = emit.node(new Greater(), x, emit.scalar(0f));
          Value below = emit.node(new Less(), x, emit.scalar(6f));
          return emit.where(emit.node(new LogicalAnd(), above, below), call.x(), emit.scalar(0f));
        });
    table.single(
        "LeakyReluGrad",
        call -> {
          Emitter emit = call.emit();
          Value above = emit.node(new Greater(), call.value(1), emit.scalar(0f));
          return emit.where(above, call.x(), emit.mul(call.x(), call.node().real("alpha", 0.2f)));
        });
  }

  private static void registerExponentials(TensorFlowOperations table) {
    table.single("EluGrad", call -> exponential(call, 1, 1));
    table.single("SeluGrad", call -> exponential(call, SELU_SCALE, SELU_SCALE_ALPHA));
    table.single(
        "SoftplusGrad",
        call -> call.emit().mul(call.x(), call.emit().node(new Logistic(), call.value(1))));
    table.single(
        "SoftsignGrad",
        call -> {
          Emitter emit = call.emit();
          Value root = emit.add(emit.node(new Abs(), call.value(1)), 1);
          return emit.div(call.x(), emit.node(new Square(), root));
        });
    for (String name : List.of("ReciprocalGrad", "InvGrad")) {
      table.single(
          name,
          call -> {
            Emitter emit = call.emit();
            Value y = call.x();
            return emit.mul(emit.mul(call.value(1), -1), emit.mul(y, y));
          });
    }
  }

  /** Of functions {@code scale x} above 0 and {@code offset (e^x - 1)} below, from results. */
  private static Value exponential(OperationCall call, double scale, double offset) {
    Emitter emit = call.emit();
    Value y = call.value(1);
    Value below = emit.node(new Less(), y, emit.scalar(0f));
    return emit.where(below, emit.mul(call.x(), emit.add(y, offset)), emit.mul(call.x(), scale));
  }

  // Layers.

  private static Value bias(OperationCall call) {
    int rank = Emitter.rank(call.x());
    int channels = TensorFlowNetworkOperations.isChannelsFirst(call) ? 1 : rank - 1;
    return call.emit()
        .sum(call.x(), false, IntStream.range(0, rank).filter(i -> i != channels).toArray());
  }

  static Windows window(OperationCall call, int height, int width, int... taps) {
    if (call.node().text("padding", "VALID").equals("EXPLICIT")) {
      throw OperandException.unsupported(
          "explicit padding; use tf.pad and padding='VALID' in the forward operation");
    }
    int[] strides = TensorFlowNetworkOperations.axes(call, "strides", 4);
    int[] dilations = TensorFlowNetworkOperations.axes(call, "dilations", 4);
    var window =
        new Convolutions.Window(
            TensorFlowNetworkOperations.padding(call),
            new int[] {strides[1], strides[2]},
            new int[] {dilations[1], dilations[2]});
    return new Windows(
        call.emit(), height, width, taps, window, new int[] {dilations[1], dilations[2]});
  }

  static Windows poolWindow(OperationCall call, int height, int width) {
    int[] size = TensorFlowNetworkOperations.axes(call, "ksize", 4);
    if (size[0] != 1 || size[3] != 1) {
      throw OperandException.unsupported("pooling over the batch or channels");
    }
    return window(call, height, width, size[1], size[2]);
  }

  private static Value maxPool(OperationCall call) {
    Value x = TensorFlowNetworkOperations.channelsLast(call, call.x());
    Value y = TensorFlowNetworkOperations.channelsLast(call, call.value(1));
    Value gradient = TensorFlowNetworkOperations.channelsLast(call, call.value(2));
    Windows window = poolWindow(call, Emitter.fixedDimension(x, 1), Emitter.fixedDimension(x, 2));
    return TensorFlowNetworkOperations.restored(call, window.maxPool(x, y, gradient));
  }

  /** Returns the known height and width in a shape that is an input. */
  private static int[] imageSize(OperationCall call, int input) {
    List<@Nullable Long> known = call.known(input);
    int first = TensorFlowNetworkOperations.isChannelsFirst(call) ? 2 : 1;
    Long height = known == null || known.size() != 4 ? null : known.get(first);
    Long width = known == null || known.size() != 4 ? null : known.get(first + 1);
    if (height == null || width == null) {
      throw OperandException.unsupported(
          "images of unknown size; fix the shapes of the model's inputs");
    }
    return new int[] {Math.toIntExact(height), Math.toIntExact(width)};
  }

  private static Value averagePool(OperationCall call) {
    int[] size = imageSize(call, 0);
    Value gradient = TensorFlowNetworkOperations.channelsLast(call, call.value(1));
    Windows window = poolWindow(call, size[0], size[1]);
    return TensorFlowNetworkOperations.restored(call, window.averagePool(gradient));
  }

  private static Value filter(OperationCall call, boolean depthwise) {
    int[] sizes = call.integers(1);
    Value x = TensorFlowNetworkOperations.channelsLast(call, call.x());
    Value gradient = TensorFlowNetworkOperations.channelsLast(call, call.value(2));
    if (sizes.length != 4 || (!depthwise && sizes[2] != Emitter.dim(x, 3))) {
      throw OperandException.unsupported("the gradient of a convolution in groups");
    }
    Windows window =
        window(
            call, Emitter.fixedDimension(x, 1), Emitter.fixedDimension(x, 2), sizes[0], sizes[1]);
    return depthwise ? window.depthwiseFilter(x, gradient) : window.filter(x, gradient);
  }

  private static Value depthwise(OperationCall call) {
    int[] size = imageSize(call, 0);
    Value filter = call.value(1);
    Value gradient = TensorFlowNetworkOperations.channelsLast(call, call.value(2));
    Windows window =
        window(
            call,
            size[0],
            size[1],
            Emitter.fixedDimension(filter, 0),
            Emitter.fixedDimension(filter, 1));
    return TensorFlowNetworkOperations.restored(call, window.depthwiseInput(filter, gradient));
  }

  /**
   * The derivatives by the operand, the scale and the offset; with the moments of the batch, which
   * are computed again, or with given ones.
   */
  private static List<Item> batchNormalization(OperationCall call) {
    Emitter emit = call.emit();
    Value gradient = TensorFlowNetworkOperations.channelsLast(call, call.x());
    Value x = TensorFlowNetworkOperations.channelsLast(call, call.value(1));
    boolean training = call.node().flag("is_training", true);
    Value mean = training ? emit.mean(x, false, 0, 1, 2) : call.value(3);
    Value variance =
        training
            ? emit.mean(emit.node(new SquaredDifference(), x, mean), false, 0, 1, 2)
            : call.value(4);
    Value inverse = emit.node(new Rsqrt(), emit.add(variance, call.node().real("epsilon", 1e-4f)));
    Value normal = emit.mul(emit.sub(x, mean), inverse);
    Value product = emit.mul(gradient, normal);
    Value byInput = gradient;
    if (training) {
      Value common =
          emit.add(
              emit.mean(gradient, true, 0, 1, 2),
              emit.mul(normal, emit.mean(product, true, 0, 1, 2)));
      byInput = emit.sub(gradient, common);
    }
    byInput = emit.mul(byInput, emit.mul(call.value(2), inverse));
    Item nothing = new Item.Nothing();
    return List.of(
        Item.of(TensorFlowNetworkOperations.restored(call, byInput)),
        Item.of(emit.sum(product, false, 0, 1, 2)),
        Item.of(emit.sum(gradient, false, 0, 1, 2)),
        nothing,
        nothing);
  }

  // Slices.

  /** One axis of a sliced tensor; {@code span} is null if all of it is taken. */
  private record SlicedAxis(Windows.@Nullable Span span, boolean dropped) {}

  private static Value slice(OperationCall call) {
    List<@Nullable Long> shape = call.known(0);
    if (shape == null) {
      throw OperandException.unsupported("the gradient of a slice of unknown rank");
    }
    Emitter emit = call.emit();
    List<Integer> added = new ArrayList<>();
    List<SlicedAxis> axes = slicedAxes(call, shape, added);
    Value part = call.value(4);
    if (!added.isEmpty()) {
      part = emit.squeeze(part, added.stream().mapToInt(Integer::intValue).toArray());
    }
    for (int i = 0; i < axes.size(); i++) {
      part = axes.get(i).dropped ? emit.expandDims(part, i) : part;
    }
    Value whole = call.narrow(0);
    for (int i = 0; i < axes.size(); i++) {
      Windows.Span span = axes.get(i).span;
      Long size = shape.get(i);
      if (span != null) {
        int known = size == null ? Shape.DYNAMIC : Math.toIntExact(size);
        part = Windows.slice(emit, part, i, span, whole, known);
      }
    }
    return part;
  }

  /**
   * Reads the bounds of a slice.
   *
   * @param added receives the places of new axes in the result
   */
  private static List<SlicedAxis> slicedAxes(
      OperationCall call, List<@Nullable Long> shape, List<Integer> added) {
    int[] begin = call.integers(1);
    int[] step = call.integers(3);
    long beginMask = call.node().integer("begin_mask", 0);
    long ellipsis = call.node().integer("ellipsis_mask", 0);
    long endMask = call.node().integer("end_mask", 0);
    long newAxes = call.node().integer("new_axis_mask", 0) & ~ellipsis;
    long dropped = call.node().integer("shrink_axis_mask", 0) & ~newAxes;
    int listed = begin.length - Long.bitCount(newAxes) - Long.bitCount(ellipsis);
    List<SlicedAxis> axes = new ArrayList<>();
    int place = 0;
    for (int i = 0; i < begin.length; i++) {
      long bit = 1L << i;
      if ((ellipsis & bit) != 0) {
        for (int whole = shape.size() - listed; whole > 0; whole--, place++) {
          axes.add(new SlicedAxis(null, false));
        }
      } else if ((newAxes & bit) != 0) {
        added.add(place++);
      } else if (axes.size() >= shape.size()) {
        throw OperandException.invalid("a slice of more axes than there are");
      } else {
        boolean fromStart = (beginMask & bit) != 0 && (dropped & bit) == 0;
        boolean whole = fromStart && (endMask & bit) != 0 && step[i] == 1;
        Long size = shape.get(axes.size());
        axes.add(
            new SlicedAxis(
                whole ? null : span(fromStart, begin[i], step[i], size), (dropped & bit) != 0));
        place += (dropped & bit) != 0 ? 0 : 1;
      }
    }
    while (axes.size() < shape.size()) {
      axes.add(new SlicedAxis(null, false));
    }
    return axes;
  }

  private static Windows.Span span(boolean fromStart, int begin, int step, @Nullable Long size) {
    int first = fromStart ? (step > 0 ? 0 : -1) : begin;
    if (size != null) {
      int n = Math.toIntExact(size);
      first = Math.clamp(first < 0 ? first + n : first, 0, step > 0 ? n : Math.max(0, n - 1));
    }
    return new Windows.Span(first, step);
  }
}
