package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Pooling;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.List;
import java.util.stream.IntStream;

/** {@code keras.layers}: pooling. */
final class PoolingLayers {
  private PoolingLayers() {}

  static void register(KerasTable table) {
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
    Padding padding = ConvolutionLayers.padding(config);
    return ConvolutionLayers.channelsLast(
        call, call.floats(), x -> Pooling.pool(call.emit(), x, sizes, strides, padding, max));
  }

  private static Value global(LayerCall call, boolean max) {
    Emitter emit = call.emit();
    Value x = call.floats();
    boolean keep = call.config().flag("keepdims", false);
    int rank = Emitter.rank(x);
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
        call, call.floats(), x -> Pooling.adaptive(call.emit(), x, outputs, max));
  }
}
