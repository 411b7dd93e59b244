package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Functions;
import dev.whittle.convert.lower.Resizing;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.DynamicUpdateSlice;
import dev.whittle.ir.op.index.TopKV2;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Floor;
import dev.whittle.ir.op.math.Neg;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.math.Pow;
import dev.whittle.ir.op.math.Rsqrt;
import dev.whittle.ir.op.math.Sign;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Operations of {@code keras.ops} that no operator computes by itself, as several. */
final class KerasRareOperations {
  private KerasRareOperations() {}

  static void register(Layers table) {
    KerasElementwiseOperations.each(table, "Arctan", Functions::atan);
    KerasElementwiseOperations.each(table, "Arcsin", Functions::asin);
    KerasElementwiseOperations.each(table, "Arccos", Functions::acos);
    KerasElementwiseOperations.each(table, "Erf", Functions::erf);
    KerasElementwiseOperations.each(table, "Arcsinh", Functions::asinh);
    KerasElementwiseOperations.each(table, "Arccosh", Functions::acosh);
    KerasElementwiseOperations.each(table, "Arctanh", Functions::atanh);
    KerasElementwiseOperations.each(
        table,
        "Cbrt",
        (e, x) ->
            e.mul(
                e.node(new Sign(), x), e.node(new Pow(), e.node(new Abs(), x), e.scalar(1f / 3))));
    KerasElementwiseOperations.each(
        table,
        "Trunc",
        (e, x) -> e.mul(e.node(new Sign(), x), e.node(new Floor(), e.node(new Abs(), x))));
    table.value(
        "Sort",
        call -> sorted(call, (e, x) -> e.nodes(2, new TopKV2(), x, count(e, x)).getFirst(), true));
    table.value(
        "Argsort",
        call ->
            sorted(
                call,
                (e, x) -> e.nodes(2, new TopKV2(), e.node(new Neg(), x), count(e, x)).get(1),
                false));
    table.value("Median", KerasRareOperations::median);
    table.value("BatchNorm", KerasRareOperations::batchNorm);
    table.value("DotProductAttention", KerasRareOperations::attention);
    table.value("Tril", call -> triangle(call, true));
    table.value("Triu", call -> triangle(call, false));
    table.value("SliceUpdate", KerasRareOperations::sliceUpdate);
    table.value(
        "FullLike",
        call -> {
          Value like = KerasOperations.x(call);
          return KerasElementwiseOperations.filled(
              call, KerasOperations.operand(call, 1, "fill_value", like));
        });
    table.value(
        "NanToNum",
        call -> {
          Emitter e = call.emit();
          Value x = call.floats();
          Value number = e.scalar(call.config().real("nan", 0));
          Value defined = e.where(e.node(new NotEqual(), x, x), number, x);
          return e.max(e.min(defined, Float.MAX_VALUE), -Float.MAX_VALUE);
        });
    table.value("CropImages", KerasRareOperations::cropImages);
    table.value("PadImages", KerasRareOperations::padImages);
  }

  // Order.

  /** Something done along the last axis. */
  @FunctionalInterface
  private interface Along {
    Value apply(Emitter emit, Value x);
  }

  private static Value count(Emitter e, Value x) {
    int dimension = x.shape().dim(x.shape().rank() - 1);
    if (dimension == Shape.DYNAMIC) {
      throw OperandException.unsupported("sorting along an axis of unknown extent");
    }
    return e.scalar(dimension);
  }

  private static Value sorted(LayerCall call, Along work, boolean descending) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    int axis = Emitter.axis(x, call.config().integer("axis", -1));
    return Activations.alongLast(
        e,
        x,
        axis,
        y -> {
          Value ordered = work.apply(e, y);
          return descending ? e.reverse(ordered, -1) : ordered;
        });
  }

  private static Value median(LayerCall call) {
    Emitter e = call.emit();
    Value x = call.floats();
    boolean whole = !call.config().has("axis");
    Value y = whole ? e.reshape(x, -1) : x;
    int axis = whole ? 0 : Emitter.axis(x, call.config().integers("axis")[0]);
    int last = y.shape().rank() - 1;
    Value moved = axis == last ? y : e.swap(y, axis, last);
    Value sorted = e.nodes(2, new TopKV2(), moved, count(e, moved)).getFirst();
    int n = moved.shape().dim(last);
    Value middle = e.slice(sorted, last, (n - 1) / 2, n / 2 + 1);
    Value median = e.mean(middle, true, last);
    Value back = axis == last ? median : e.swap(median, axis, last);
    return call.config().flag("keepdims", false) ? back : e.squeeze(back, axis);
  }

  // Networks.

  private static Value batchNorm(LayerCall call) {
    Emitter e = call.emit();
    Value x = call.floats();
    int axis = Emitter.axis(x, call.config().integer("axis", -1));
    int[] dims = new int[x.shape().rank() - axis];
    Arrays.fill(dims, 1);
    dims[0] = x.shape().dim(axis);
    Value mean = e.reshape(KerasOperations.operand(call, 1, "mean", x), dims);
    Value variance = e.reshape(KerasOperations.operand(call, 2, "variance", x), dims);
    Value offset = call.tensor(3, "offset");
    Value scale = call.tensor(4, "scale");
    Value inverse = e.node(new Rsqrt(), e.add(variance, call.config().real("epsilon", 1e-3)));
    Value factor = scale == null ? inverse : e.mul(inverse, e.reshape(scale, dims));
    Value y = e.mul(e.sub(x, mean), factor);
    return offset == null ? y : e.add(y, e.reshape(offset, dims));
  }

  /** Operands are {@code [batch, places, heads, features]}. */
  private static Value attention(LayerCall call) {
    Emitter e = call.emit();
    Value query = e.transpose(KerasOperations.operand(call, 0, "query", null), 0, 2, 1, 3);
    Value key = e.transpose(KerasOperations.operand(call, 1, "key", null), 0, 2, 1, 3);
    Value value = e.transpose(KerasOperations.operand(call, 2, "value", null), 0, 2, 1, 3);
    int features = call.dimension(query, -1);
    Config config = call.config();
    double scale = config.has("scale") ? config.real("scale", 1) : 1 / Math.sqrt(features);
    Value scores = e.mul(e.matmul(query, key, false, true), scale);
    Value bias = call.tensor(3, "bias");
    if (bias != null) {
      scores = e.add(scores, bias);
    }
    Value mask = call.tensor(4, "mask");
    if (config.flag("is_causal", false)) {
      Value causal = AttentionLayers.causal(e, scores);
      mask = mask == null ? causal : e.node(new dev.whittle.ir.op.math.LogicalAnd(), mask, causal);
    }
    Value weights = AttentionLayers.distribution(e, scores, mask);
    return e.transpose(e.matmul(weights, value, false, false), 0, 2, 1, 3);
  }

  // Parts.

  private static Value triangle(LayerCall call, boolean lower) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    int rows = call.dimension(x, -2);
    int columns = call.dimension(x, -1);
    int k = call.config().integer("k", 0);
    Emitter.checkGenerated((long) rows * columns);
    Tensor kept = Tensor.allocate(TensorType.BOOL, rows, columns);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        kept.setBoolean((long) r * columns + c, lower ? c - r <= k : c - r >= k);
      }
    }
    return e.where(e.constant("kept", kept), x, e.scalar(x.type(), 0));
  }

  private static Value sliceUpdate(LayerCall call) {
    Emitter e = call.emit();
    Value start = KerasOperations.operand(call, 1, "start_indices", e.scalar(0));
    Value update = KerasOperations.operand(call, 2, "updates", null);
    Value x = KerasOperations.x(call);
    return e.node(
        new DynamicUpdateSlice(), x, e.cast(update, x.type()), e.cast(start, TensorType.INT32));
  }

  private static @Nullable Integer number(Config config, String key) {
    return config.has(key) ? Integer.valueOf(config.integer(key)) : null;
  }

  /** Margins before and after, of which one and the extent that is left may be stated. */
  private static int[] margins(
      @Nullable Integer before, @Nullable Integer after, @Nullable Integer target, int difference) {
    if (before != null && after != null) {
      return new int[] {before, after};
    }
    if (target == null) {
      return new int[] {before == null ? 0 : before, after == null ? 0 : after};
    }
    if (before != null) {
      return new int[] {before, difference - before};
    }
    return after != null
        ? new int[] {difference - after, after}
        : new int[] {difference / 2, difference - difference / 2};
  }

  private static Value cropImages(LayerCall call) {
    Config config = call.config();
    return ConvolutionLayers.channelsLast(
        call,
        KerasOperations.operand(call, 0, "images", null),
        x -> {
          int height = call.dimension(x, 1);
          int width = call.dimension(x, 2);
          Integer targetHeight = number(config, "target_height");
          Integer targetWidth = number(config, "target_width");
          int[] rows =
              margins(
                  number(config, "top_cropping"),
                  number(config, "bottom_cropping"),
                  targetHeight,
                  height - (targetHeight == null ? 0 : targetHeight));
          int[] columns =
              margins(
                  number(config, "left_cropping"),
                  number(config, "right_cropping"),
                  targetWidth,
                  width - (targetWidth == null ? 0 : targetWidth));
          return Resizing.crop(
              call.emit(),
              x,
              rows[0],
              columns[0],
              height - rows[0] - rows[1],
              width - columns[0] - columns[1]);
        });
  }

  private static Value padImages(LayerCall call) {
    Config config = call.config();
    return ConvolutionLayers.channelsLast(
        call,
        KerasOperations.operand(call, 0, "images", null),
        x -> {
          Integer targetHeight = number(config, "target_height");
          Integer targetWidth = number(config, "target_width");
          int[] rows =
              margins(
                  number(config, "top_padding"),
                  number(config, "bottom_padding"),
                  targetHeight,
                  (targetHeight == null ? 0 : targetHeight) - call.dimension(x, 1));
          int[] columns =
              margins(
                  number(config, "left_padding"),
                  number(config, "right_padding"),
                  targetWidth,
                  (targetWidth == null ? 0 : targetWidth) - call.dimension(x, 2));
          return call.emit().pad(x, 0, 0, rows[0], rows[1], columns[0], columns[1], 0, 0);
        });
  }
}
