package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Resizing;
import dev.whittle.convert.lower.ShapeMoves;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.json.Config;
import java.util.Arrays;
import java.util.List;

/** {@code keras.layers}: reshaping, padding, cropping, repeating. */
final class ReshapingLayers {
  private ReshapingLayers() {}

  static void register(KerasTable table) {
    table.value("Flatten", ReshapingLayers::flatten);
    table.value("Reshape", ReshapingLayers::reshape);
    table.value("Permute", ReshapingLayers::permute);
    table.value("RepeatVector", ReshapingLayers::repeatVector);
    for (int axes = 1; axes <= 3; axes++) {
      int n = axes;
      table.value("ZeroPadding" + n + "D", call -> pad(call, n));
      table.value("Cropping" + n + "D", call -> crop(call, n));
      table.value("UpSampling" + n + "D", call -> upSample(call, n));
    }
  }

  private static Value flatten(LayerCall call) {
    Emitter emit = call.emit();
    Value x = call.x();
    if (call.channelsFirst() && Emitter.rank(x) > 2) {
      x = emit.channelsLast(x);
    }
    return flatten(emit, x);
  }

  static Value flatten(Emitter emit, Value x) {
    int[] dims = Emitter.dims(x);
    long open = Arrays.stream(dims).skip(1).filter(d -> d == Shape.DYNAMIC).count();
    int width = Arrays.stream(dims).skip(1).reduce(1, (a, b) -> a * b);
    return open == 0 ? emit.reshape(x, dims[0], width) : emit.reshape(x, Emitter.SAME, -1);
  }

  private static Value reshape(LayerCall call) {
    Value x = call.x();
    int[] stated = call.config().integers("target_shape");
    return reshapeSamples(call.emit(), x, stated);
  }

  /** Reshapes each sample; one dimension may be -1. */
  static Value reshapeSamples(Emitter emit, Value x, int[] stated) {
    int[] target = stated.clone();
    int[] dims = Emitter.dims(x);
    boolean known = Arrays.stream(dims).skip(1).noneMatch(d -> d == Shape.DYNAMIC);
    int rest = Arrays.stream(dims).skip(1).reduce(1, (a, b) -> a * b);
    int given = Arrays.stream(target).filter(d -> d != -1).reduce(1, (a, b) -> a * b);
    for (int i = 0; i < target.length && known; i++) {
      if (target[i] == -1 && given > 0 && rest % given == 0) {
        target[i] = rest / given;
      }
    }
    if (known && Arrays.stream(target).reduce(1, (a, b) -> a * b) != rest) {
      throw OperandException.invalid(
          "cannot reshape samples of %s to %s", x.shape(), Arrays.toString(stated));
    }
    int[] all = new int[target.length + 1];
    all[0] = Arrays.stream(target).anyMatch(d -> d == -1) ? Emitter.SAME : dims[0];
    System.arraycopy(target, 0, all, 1, target.length);
    return emit.reshape(x, all);
  }

  private static Value permute(LayerCall call) {
    int[] order = call.config().integers("dims");
    int[] permutation = new int[order.length + 1];
    System.arraycopy(order, 0, permutation, 1, order.length);
    return call.emit().transpose(call.x(), permutation);
  }

  private static Value repeatVector(LayerCall call) {
    Emitter emit = call.emit();
    return emit.tile(emit.expandDims(call.x(), 1), 1, call.config().integer("n"), 1);
  }

  /** Returns a pair for each spatial axis, from one number, one per axis, or pairs. */
  private static int[][] margins(Config config, String key, int axes) {
    int[][] margins = new int[axes][2];
    Object stated = config.get(key);
    if (stated instanceof List<?> list && list.size() == axes && axes > 1) {
      for (int i = 0; i < axes; i++) {
        Object item = list.get(i);
        int[] pair = item == null ? null : Config.integersOf(item);
        if (pair == null || pair.length > 2 || pair.length == 0) {
          throw config.malformed(key, "numbers or pairs of them");
        }
        margins[i] = pair.length == 1 ? new int[] {pair[0], pair[0]} : pair;
      }
      return margins;
    }
    int[] numbers = config.has(key) ? config.integers(key) : new int[] {1};
    if (numbers.length > 2 || (numbers.length == 2 && axes > 1)) {
      throw config.malformed(key, "numbers or pairs of them");
    }
    for (int[] margin : margins) {
      margin[0] = numbers[0];
      margin[1] = numbers[numbers.length - 1];
    }
    return margins;
  }

  private static Value pad(LayerCall call, int axes) {
    int[][] margins = margins(call.config(), "padding", axes);
    Value x = call.x();
    int first = call.channelsFirst() ? 2 : 1;
    int[] all = new int[2 * Emitter.rank(x)];
    for (int i = 0; i < axes; i++) {
      all[2 * (first + i)] = margins[i][0];
      all[2 * (first + i) + 1] = margins[i][1];
    }
    return call.emit().pad(x, all);
  }

  private static Value crop(LayerCall call, int axes) {
    int[][] margins = margins(call.config(), "cropping", axes);
    Value x = call.x();
    int first = call.channelsFirst() ? 2 : 1;
    int rank = first + axes;
    int[] begin = new int[rank];
    int[] end = new int[rank];
    int[] step = new int[rank];
    Arrays.fill(step, 1);
    int beginMask = (1 << first) - 1;
    int endMask = beginMask;
    for (int i = 0; i < axes; i++) {
      begin[first + i] = margins[i][0];
      end[first + i] = -margins[i][1];
      endMask |= margins[i][1] == 0 ? 1 << (first + i) : 0;
    }
    Emitter emit = call.emit();
    return emit.node(
        new StridedSlice(beginMask, endMask, 0, 0, 0, false),
        x,
        emit.ints(begin),
        emit.ints(end),
        emit.ints(step));
  }

  private static Value upSample(LayerCall call, int axes) {
    int[] sizes = call.config().integers("size", axes, 2);
    Emitter emit = call.emit();
    return ConvolutionLayers.channelsLast(
        call,
        call.x(),
        x -> {
          if (axes == 2) {
            String method = call.config().string("interpolation", "nearest");
            return Resizing.upSample(emit, x, sizes, method);
          }
          Value y = x;
          for (int axis = 0; axis < axes; axis++) {
            y = ShapeMoves.repeat(emit, y, axis + 1, sizes[axis]);
          }
          return y;
        });
  }
}
