package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Pooling;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** {@code keras.layers}: pooling. */
final class PoolingLayers {
  private PoolingLayers() {}

  static void register(Layers table) {
    for (int axes = 1; axes <= 3; axes++) {
      int n = axes;
      for (String alias : List.of("MaxPooling", "MaxPool")) {
        table.value(alias + n + "D", call -> pool(call, n, true));
      }
      for (String alias : List.of("AveragePooling", "AvgPool")) {
        table.value(alias + n + "D", call -> pool(call, n, false));
      }
      for (String alias : List.of("GlobalMaxPooling", "GlobalMaxPool")) {
        table.value(alias + n + "D", call -> global(call, true));
      }
      for (String alias : List.of("GlobalAveragePooling", "GlobalAvgPool")) {
        table.value(alias + n + "D", call -> global(call, false));
      }
      table.value("AdaptiveMaxPooling" + n + "D", call -> adaptive(call, n, true));
      table.value("AdaptiveAveragePooling" + n + "D", call -> adaptive(call, n, false));
    }
  }

  private static Value pool(LayerCall call, int axes, boolean max) {
    Config config = call.config();
    int[] sizes = config.integers("pool_size", axes, 2);
    int[] strides = config.has("strides") ? config.integers("strides", axes) : sizes;
    String padding = config.string("padding", "valid");
    return ConvolutionLayers.channelsLast(
        call, call.floats(), x -> pool(call.emit(), x, sizes, strides, padding, max));
  }

  /** A pool over all spatial axes of a tensor with channels last. */
  static Value pool(
      Emitter emit, Value x, int[] sizes, int[] strides, String padding, boolean max) {
    Padding border = new Convolutions.Window(padding, strides, strides).padding();
    return switch (sizes.length) {
      case 1 ->
          Convolutions.squeezed(
              emit,
              x,
              y ->
                  Pooling.images(
                      emit, y, new int[] {1, sizes[0]}, new int[] {1, strides[0]}, border, max));
      case 2 -> Pooling.images(emit, x, sizes, strides, border, max);
      default -> Pooling.volumes(emit, x, sizes, strides, border, max);
    };
  }

  private static Value global(LayerCall call, boolean max) {
    Emitter emit = call.emit();
    Value x = call.floats();
    boolean keep = call.config().flag("keepdims", false);
    int rank = x.shape().rank();
    int first = call.channelsFirst() ? 2 : 1;
    int[] axes = IntStream.range(first, first + rank - 2).toArray();
    if (max) {
      return emit.reduceMax(x, keep, axes);
    }
    Value mask = call.mask();
    if (mask == null || rank != 3) {
      return emit.mean(x, keep, axes);
    }
    Value weights = emit.expandDims(emit.cast(mask, TensorType.FLOAT32), first == 1 ? 2 : 1);
    return emit.div(emit.sum(emit.mul(x, weights), keep, axes), emit.sum(weights, keep, axes));
  }

  private static Value adaptive(LayerCall call, int axes, boolean max) {
    int[] outputs = call.config().integers("output_size", axes);
    return ConvolutionLayers.channelsLast(
        call, call.floats(), x -> adaptive(call.emit(), x, outputs, max));
  }

  /**
   * Output {@code i} of {@code n} covers the inputs from {@code i e / n} to {@code (i + 1) e / n}.
   */
  static Value adaptive(Emitter emit, Value x, int[] outputs, boolean max) {
    Value y = x;
    for (int axis = 0; axis < outputs.length; axis++) {
      y = adaptiveAlong(emit, y, axis + 1, outputs[axis], max);
    }
    return y;
  }

  private static Value adaptiveAlong(Emitter emit, Value x, int axis, int outputs, boolean max) {
    int dimension = x.shape().dim(axis);
    if (dimension == Shape.DYNAMIC || outputs < 1) {
      throw OperandException.unsupported(
          "adaptive pooling of an unknown extent; fix it with --input_shape");
    }
    if (dimension == outputs) {
      return x;
    }
    int[] sizes = new int[outputs];
    int[] starts = new int[outputs];
    for (int i = 0; i < outputs; i++) {
      starts[i] = (int) ((long) i * dimension / outputs);
      sizes[i] = Math.ceilDiv((i + 1) * dimension, outputs) - starts[i];
    }
    if (dimension % outputs == 0) {
      return along(emit, x, axis, dimension / outputs, dimension / outputs, max);
    }
    // One pool per size of window, all of them side by side, and of these the ones needed.
    List<Value> pools = new ArrayList<>();
    int[] chosen = new int[outputs];
    int offset = 0;
    for (int size : new TreeSet<>(Arrays.stream(sizes).boxed().toList())) {
      pools.add(along(emit, x, axis, size, 1, max));
      for (int i = 0; i < outputs; i++) {
        chosen[i] = sizes[i] == size ? offset + starts[i] : chosen[i];
      }
      offset += dimension - size + 1;
    }
    return emit.gather(emit.concat(axis, pools), emit.ints(chosen), axis);
  }

  /** A pool along one spatial axis. */
  private static Value along(Emitter emit, Value x, int axis, int size, int stride, boolean max) {
    int spatial = x.shape().rank() - 2;
    int[] sizes = new int[spatial];
    int[] strides = new int[spatial];
    Arrays.fill(sizes, 1);
    Arrays.fill(strides, 1);
    sizes[axis - 1] = size;
    strides[axis - 1] = stride;
    return pool(emit, x, sizes, strides, "valid", max);
  }
}
