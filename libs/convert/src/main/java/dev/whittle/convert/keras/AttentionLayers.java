package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.LayerWeights;
import dev.whittle.convert.lower.ActivationFunctions;
import dev.whittle.convert.lower.ConstantTensors;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Products;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.Tanh;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.GreaterEqual;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.LogicalAnd;
import dev.whittle.ir.op.shape.Range;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** {@code keras.layers}: attention. */
final class AttentionLayers {
  /** The score of masked keys. */
  private static final float EXCLUDED = -2.37267e38f;

  private AttentionLayers() {}

  static void register(KerasTable table) {
    table.put("MultiHeadAttention", AttentionLayers::multiHead);
    table.put("GroupedQueryAttention", AttentionLayers::groupedQuery);
    table.put("GroupQueryAttention", AttentionLayers::groupedQuery);
    table.put("Attention", call -> attention(call, AttentionLayers::dotScores));
    table.put("AdditiveAttention", call -> attention(call, AttentionLayers::additiveScores));
  }

  private static Argument.OfTensor tensor(LayerCall call, int index, String key) {
    if (call.argument(index, key) instanceof Argument.OfTensor tensor) {
      return tensor;
    }
    throw OperandException.invalid("its argument '%s' is not a tensor", key);
  }

  private static boolean flag(LayerCall call, int index, String key) {
    return call.argument(index, key) instanceof Argument.Literal literal
        && Boolean.TRUE.equals(literal.value());
  }

  // Masks.

  /** Combines two masks, either of which may be null. */
  private static @Nullable Value and(Emitter emit, @Nullable Value a, @Nullable Value b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    return emit.node(
        new LogicalAnd(), emit.cast(a, TensorType.BOOL), emit.cast(b, TensorType.BOOL));
  }

  private static Value range(Emitter emit, Value x, int axis) {
    int dimension = Emitter.dim(x, axis);
    if (dimension != Shape.DYNAMIC) {
      return emit.ints(IntStream.range(0, dimension).toArray());
    }
    Value count = emit.reshape(emit.dimension(x, axis));
    return emit.node(new Range(), emit.scalar(0), count, emit.scalar(1));
  }

  /** Returns the causal mask of query steps and key steps, {@code [1, T, S]}. */
  private static Value causal(Emitter emit, Value query, Value key) {
    Value rows = emit.reshape(range(emit, query, 1), 1, -1, 1);
    Value columns = emit.reshape(range(emit, key, 1), 1, 1, -1);
    return emit.node(new GreaterEqual(), rows, columns);
  }

  /** Returns the causal mask of scores {@code [B, N, T, S]} of known size. */
  static Value causal(Emitter emit, Value scores) {
    int[] dims = Emitter.dims(scores);
    if (dims[2] == Shape.DYNAMIC || dims[3] == Shape.DYNAMIC) {
      throw OperandException.unsupported("a causal mask of unknown size %s", scores.shape());
    }
    Value rows =
        emit.constant("rows", Tensor.of(IntStream.range(0, dims[2]).toArray(), dims[2], 1));
    Value columns = emit.ints(IntStream.range(0, dims[3]).toArray());
    return emit.node(new GreaterEqual(), rows, columns);
  }

  private static Value window(Emitter emit, Value query, Value key, int width) {
    Value rows = emit.reshape(range(emit, query, 1), 1, -1, 1);
    Value columns = emit.reshape(range(emit, key, 1), 1, 1, -1);
    // ABS takes floats on every version of the native runtime.
    Value distance = emit.node(new Abs(), emit.cast(emit.sub(rows, columns), TensorType.FLOAT32));
    return emit.node(new Less(), distance, emit.scalar((float) width));
  }

  /** Combines all masks of a call; broadcasts to {@code [B, T, S]}; null for none. */
  private static @Nullable Value mask(
      LayerCall call,
      Argument.OfTensor query,
      Argument.OfTensor value,
      Argument.@Nullable OfTensor key) {
    Emitter emit = call.emit();
    Value mask = query.mask() == null ? null : emit.expandDims(query.mask(), -1);
    if (value.mask() != null) {
      mask = and(emit, mask, emit.expandDims(value.mask(), 1));
    }
    if (key != null && key.mask() != null && !key.mask().equals(value.mask())) {
      mask = and(emit, mask, emit.expandDims(key.mask(), 1));
    }
    if (flag(call, -1, "use_causal_mask")) {
      mask = and(emit, mask, causal(emit, query.value(), value.value()));
    }
    if (call.config().has("sliding_window")) {
      int width = call.config().integer("sliding_window");
      mask = and(emit, mask, window(emit, query.value(), value.value(), width));
    }
    return and(emit, mask, call.tensor(6, "attention_mask"));
  }

  // Projections.

  /** Projects to the features of each head: {@code [B, T, N, H]}. */
  private static Value heads(
      LayerCall call, Value x, String attribute, String name, int heads, int width, float scale) {
    Emitter emit = call.emit();
    LayerWeights weights = call.weights().part(attribute, name);
    int features = Emitter.fixedDimension(x, -1);
    Tensor kernel = weights.next("kernel", features, heads, width);
    Tensor flat = ConstantTensors.reshape(kernel, features, heads * width);
    Tensor bias = call.config().flag("use_bias", true) ? weights.next("bias", heads, width) : null;
    Value biasValue =
        bias == null
            ? null
            : emit.constant("bias", scaled(ConstantTensors.reshape(bias, heads * width), scale));
    Value product = Products.fullyConnected(emit, x, scaled(flat, scale), biasValue);
    int[] dims = new int[Emitter.rank(x) + 1];
    Arrays.fill(dims, Emitter.SAME);
    dims[dims.length - 2] = heads;
    dims[dims.length - 1] = width;
    return emit.reshape(product, dims);
  }

  private static Tensor scaled(Tensor tensor, float scale) {
    if (scale == 1) {
      return tensor;
    }
    Tensor result = Tensor.allocate(TensorType.FLOAT32, tensor.dims());
    for (long i = 0; i < tensor.elements(); i++) {
      result.setFloat(i, tensor.getFloat(i) * scale);
    }
    return result;
  }

  /** Returns the attention weights of scores, {@code [B, N, T, S]}. */
  static Value distribution(Emitter emit, Value scores, @Nullable Value mask) {
    Value kept = scores;
    if (mask != null) {
      Value wide = emit.cast(mask, TensorType.BOOL);
      while (Emitter.rank(wide) < Emitter.rank(scores)) {
        wide = emit.expandDims(wide, Emitter.rank(wide) - 2);
      }
      kept = emit.where(wide, scores, emit.scalar(EXCLUDED));
    }
    return ActivationFunctions.softmax(emit, kept, -1);
  }

  private static Argument results(
      Value output, Value weights, @Nullable Value mask, boolean wantsWeights) {
    var first = new Argument.OfTensor(output, mask);
    return wantsWeights ? new Argument.OfList(List.of(first, Argument.of(weights))) : first;
  }

  private static Argument multiHead(LayerCall call) {
    Emitter emit = call.emit();
    Config config = call.config();
    Argument.OfTensor query = tensor(call, 0, "query");
    Argument.OfTensor value = tensor(call, 1, "value");
    Argument.@Nullable OfTensor key =
        call.argument(2, "key") instanceof Argument.OfTensor given ? given : null;
    int heads = config.integer("num_heads");
    int width = config.integer("key_dim");
    int valueWidth = config.integer("value_dim", width);
    Value mask = mask(call, query, value, key);
    int rank = Emitter.rank(query.value());
    int[] attended =
        config.has("attention_axes")
            ? Arrays.stream(config.integers("attention_axes"))
                .map(a -> Emitter.axis(query.value(), a))
                .toArray()
            : IntStream.range(1, rank - 1).toArray();
    if (rank != 3 && mask != null) {
      throw OperandException.unsupported("a mask for attention over %d axes", attended.length);
    }
    var axes = new AttentionAxes(rank, attended);
    Value q = axes.flatten(emit, query.value());
    Value k = axes.flatten(emit, (key == null ? value : key).value());
    Value v = axes.flatten(emit, value.value());
    float scale = (float) (1 / Math.sqrt(width));
    Value queries = headsFirst(emit, heads(call, q, "query_dense", "query", heads, width, scale));
    Value keys = headsFirst(emit, heads(call, k, "key_dense", "key", heads, width, 1));
    Value values = headsFirst(emit, heads(call, v, "value_dense", "value", heads, valueWidth, 1));
    Value weights = distribution(emit, emit.matmul(queries, keys, false, true), mask);
    Value context = emit.transpose(emit.matmul(weights, values, false, false), 0, 2, 1, 3);
    if (config.flag("use_gate", false)) {
      context = emit.mul(context, gate(call, q, heads, valueWidth));
    }
    Value output = project(call, context, heads, valueWidth);
    boolean hasScores = flag(call, -1, "return_attention_scores");
    if (!axes.plain() && (hasScores || Emitter.rank(output) > 3)) {
      throw OperandException.unsupported(
          "attention over inputs of rank %d with scores or results of several axes", rank);
    }
    return results(axes.restore(emit, output, query.value()), weights, query.mask(), hasScores);
  }

  private static Value gate(LayerCall call, Value x, int heads, int width) {
    Value gate = heads(call, x, "gate_dense", "gate", heads, width, 1);
    return call.emit().node(new dev.whittle.ir.op.activation.Logistic(), gate);
  }

  private static Value headsFirst(Emitter emit, Value x) {
    return emit.transpose(x, 0, 2, 1, 3);
  }

  /** Projects the features of all heads to the output. */
  private static Value project(LayerCall call, Value context, int heads, int width) {
    Emitter emit = call.emit();
    LayerWeights weights = call.weights().part("output_dense", "attention_output");
    Tensor kernel = weights.nextOrNull("kernel");
    if (kernel == null || kernel.rank() < 3 || kernel.dim(0) != heads || kernel.dim(1) != width) {
      throw OperandException.invalid(
          "the weight 'attention_output/kernel' is %s",
          kernel == null ? "missing" : "of the shape " + kernel.shape());
    }
    int[] rest = Arrays.copyOfRange(kernel.dims(), 2, kernel.rank());
    int features = Math.toIntExact(Shape.elements(rest));
    Value flat = emit.reshape(context, Emitter.SAME, Emitter.SAME, heads * width);
    Value bias = null;
    if (call.config().flag("use_bias", true)) {
      bias = emit.constant("bias", ConstantTensors.reshape(weights.next("bias", rest), features));
    }
    Value output =
        Products.fullyConnected(
            emit, flat, ConstantTensors.reshape(kernel, heads * width, features), bias);
    if (rest.length == 1) {
      return output;
    }
    int[] dims = new int[rest.length + 2];
    dims[0] = Emitter.SAME;
    dims[1] = Emitter.SAME;
    System.arraycopy(rest, 0, dims, 2, rest.length);
    return emit.reshape(output, dims);
  }

  /** Attention over several axes, by merging them into one and all others into the batch. */
  private static final class AttentionAxes {
    private final int rank;
    private final int[] attended;

    AttentionAxes(int rank, int[] attended) {
      this.rank = rank;
      this.attended = attended;
    }

    private boolean plain() {
      return rank == 3 && attended.length == 1 && attended[0] == 1;
    }

    private int[] order() {
      List<Integer> order = new ArrayList<>();
      IntStream.range(0, rank - 1)
          .filter(i -> Arrays.stream(attended).noneMatch(a -> a == i))
          .forEach(order::add);
      Arrays.stream(attended).forEach(order::add);
      order.add(rank - 1);
      return order.stream().mapToInt(Integer::intValue).toArray();
    }

    Value flatten(Emitter emit, Value x) {
      if (plain()) {
        return x;
      }
      int steps = Arrays.stream(attended).map(a -> Emitter.dim(x, a)).reduce(1, (a, b) -> a * b);
      if (Arrays.stream(attended).anyMatch(a -> Emitter.dim(x, a) == Shape.DYNAMIC)) {
        throw OperandException.unsupported(
            "attention over several axes of unknown size %s", x.shape());
      }
      return emit.reshape(emit.transpose(x, order()), -1, steps, Emitter.dim(x, rank - 1));
    }

    Value restore(Emitter emit, Value y, Value like) {
      if (plain()) {
        return y;
      }
      int[] order = order();
      int[] dims = new int[rank];
      int[] back = new int[rank];
      for (int i = 0; i < rank; i++) {
        dims[i] = i == rank - 1 ? Emitter.dim(y, 2) : Emitter.dim(like, order[i]);
        back[order[i]] = i;
      }
      return emit.transpose(emit.reshape(y, dims), back);
    }
  }

  private static Argument groupedQuery(LayerCall call) {
    Emitter emit = call.emit();
    Config config = call.config();
    Argument.OfTensor query = tensor(call, 0, "query");
    Argument.OfTensor value = tensor(call, 1, "value");
    Argument.@Nullable OfTensor key =
        call.argument(2, "key") instanceof Argument.OfTensor given ? given : null;
    int width = config.integer("head_dim");
    int heads = config.integer("num_query_heads");
    int groups = config.integer("num_key_value_heads");
    if (groups < 1 || heads % groups != 0) {
      throw OperandException.invalid("%d query heads for %d heads", heads, groups);
    }
    Value mask = mask(call, query, value, key);
    float scale = (float) (1 / Math.sqrt(width));
    Value queries =
        headsFirst(emit, heads(call, query.value(), "query_dense", "query", heads, width, scale));
    Value source = (key == null ? value : key).value();
    Value keys = headsFirst(emit, heads(call, source, "key_dense", "key", groups, width, 1));
    Value values =
        headsFirst(emit, heads(call, value.value(), "value_dense", "value", groups, width, 1));
    // Heads that share a key are adjacent, so they become rows of one matrix.
    Value grouped = emit.reshape(queries, Emitter.SAME, groups, -1, width);
    Value scores =
        ungroup(
            emit,
            emit.matmul(grouped, keys, false, true),
            heads,
            query.value(),
            Emitter.dim(value.value(), 1));
    Value weights = distribution(emit, scores, mask);
    Value rows = groupRows(emit, weights, groups, Emitter.dim(value.value(), 1));
    Value context =
        ungroup(emit, emit.matmul(rows, values, false, false), heads, query.value(), width);
    Value ordered = emit.transpose(context, 0, 2, 1, 3);
    if (config.flag("use_gate", false)) {
      ordered = emit.mul(ordered, gate(call, query.value(), heads, width));
    }
    Value output = project(call, ordered, heads, width);
    return results(output, weights, query.mask(), flag(call, -1, "return_attention_scores"));
  }

  private static Value groupRows(Emitter emit, Value weights, int groups, int columns) {
    if (columns == Shape.DYNAMIC) {
      throw OperandException.unsupported(
          "keys of unknown number for grouped queries; fix it with --input_shape");
    }
    return emit.reshape(weights, Emitter.SAME, groups, -1, columns);
  }

  private static Value ungroup(Emitter emit, Value x, int heads, Value query, int columns) {
    if (columns == Shape.DYNAMIC) {
      throw OperandException.unsupported(
          "keys of unknown number for grouped queries; fix it with --input_shape");
    }
    int steps = Emitter.dim(query, 1);
    return emit.reshape(x, Emitter.SAME, heads, steps == Shape.DYNAMIC ? -1 : steps, columns);
  }

  // Attention without projections.

  /** Computes the scores of query steps and key steps: {@code [B, T, S]}. */
  @FunctionalInterface
  private interface Scores {
    Value of(LayerCall call, Value query, Value key);
  }

  private static Argument attention(LayerCall call, Scores scoring) {
    Emitter emit = call.emit();
    List<Argument.OfTensor> inputs =
        call.args().isEmpty() ? List.of() : Argument.tensors(call.args().getFirst());
    if (inputs.size() < 2) {
      throw OperandException.invalid("is called with fewer than a query and a value");
    }
    Argument.OfTensor query = inputs.get(0);
    Argument.OfTensor value = inputs.get(1);
    Argument.OfTensor key = inputs.size() > 2 ? inputs.get(2) : value;
    Value queryMask = query.mask();
    Value valueMask = value.mask();
    if (call.argument(1, "mask") instanceof Argument.OfList masks) {
      queryMask = item(masks, 0, queryMask);
      valueMask = item(masks, 1, valueMask);
    }
    Value scores = scoring.of(call, query.value(), key.value());
    Value mask = valueMask == null ? null : emit.expandDims(valueMask, 1);
    if (flag(call, -1, "use_causal_mask") || call.config().flag("causal", false)) {
      mask = and(emit, mask, causal(emit, query.value(), key.value()));
    }
    Value weights = distribution(emit, scores, mask);
    Value output = emit.matmul(weights, value.value(), false, false);
    if (queryMask != null) {
      Value present = emit.expandDims(emit.cast(queryMask, TensorType.FLOAT32), -1);
      output = emit.mul(output, present);
    }
    return results(output, weights, queryMask, flag(call, -1, "return_attention_scores"));
  }

  private static @Nullable Value item(Argument.OfList list, int index, @Nullable Value otherwise) {
    return index < list.items().size() && list.items().get(index) instanceof Argument.OfTensor t
        ? t.value()
        : otherwise;
  }

  private static Value dotScores(LayerCall call, Value query, Value key) {
    Emitter emit = call.emit();
    Config config = call.config();
    Value scale =
        config.flag("use_scale", false)
            ? emit.constant("scale", call.weights().next("scale"))
            : null;
    if (config.string("score_mode", "dot").equals("dot")) {
      Value scores = emit.matmul(query, key, false, true);
      return scale == null ? scores : emit.mul(scores, scale);
    }
    Value weight = emit.constant("concat_score_weight", call.weights().next("concat_score_weight"));
    Value sums = sums(emit, query, key);
    Value scaled = scale == null ? sums : emit.mul(sums, scale);
    return emit.mul(emit.sum(emit.node(new Tanh(), scaled), false, -1), weight);
  }

  private static Value sums(Emitter emit, Value query, Value key) {
    return emit.add(emit.expandDims(query, 2), emit.expandDims(key, 1));
  }

  private static Value additiveScores(LayerCall call, Value query, Value key) {
    Emitter emit = call.emit();
    Value similar = emit.node(new Tanh(), sums(emit, query, key));
    if (call.config().flag("use_scale", true)) {
      int features = Emitter.fixedDimension(query, -1);
      Tensor scale = call.weights().next("scale", features);
      similar = emit.mul(similar, emit.constant("scale", scale));
    }
    return emit.sum(similar, false, -1);
  }
}
