package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.HashTables;
import dev.whittle.convert.lower.Indexing;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.math.FloorMod;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.ReduceAny;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Vocabularies. Strings are looked up in hash tables and integers by comparison, since the hash
 * tables of TensorFlow Lite map between strings and integers only. The indices are encoded in the
 * output mode of the layer.
 */
final class Lookups {
  private Lookups() {}

  /** The numbers of reserved indices, which precede the vocabulary: mask and unknown tokens. */
  private record Numbering(int masks, int unknown) {
    int first() {
      return masks + unknown;
    }

    /** Returns the index of the mask token; -1 where the output has none. */
    int masked() {
      return masks == 1 ? 0 : -1;
    }
  }

  private static Numbering numbering(Config config) {
    boolean countsMask =
        config.has("mask_token") && config.string("output_mode", "int").equals("int");
    return new Numbering(countsMask ? 1 : 0, config.integer("num_oov_indices", 1));
  }

  static Value integers(LayerCall call) {
    Emitter emit = call.emit();
    Config config = call.config();
    long[] vocabulary = integerVocabulary(call);
    Numbering numbering = numbering(config);
    Value x = emit.cast(call.x(), TensorType.INT64);
    if (config.flag("invert", false)) {
      return inverted(emit, x, vocabulary, numbering, config);
    }
    Value found = position(emit, x, vocabulary, numbering, config);
    if (config.has("mask_token") && config.get("mask_token") instanceof Long mask) {
      Value isMask = emit.node(new Equal(), x, emit.scalar(TensorType.INT64, mask));
      found = emit.where(isMask, emit.scalar(TensorType.INT64, numbering.masked()), found);
    }
    return numbers(call, found, numbering.first() + vocabulary.length);
  }

  private static Value position(
      Emitter emit, Value x, long[] vocabulary, Numbering numbering, Config config) {
    Value words = longs(emit, "vocabulary", vocabulary);
    Value equal = emit.node(new Equal(), emit.expandDims(x, -1), words);
    int last = Emitter.rank(equal) - 1;
    Value index =
        emit.node(
            new ArgMax(TensorType.INT64), emit.cast(equal, TensorType.INT32), emit.scalar(last));
    Value known = emit.reduce(new ReduceAny(false), equal, last);
    Value number = emit.add(index, numbering.first());
    return emit.where(known, number, unknown(emit, x, numbering, config));
  }

  /** Returns the index of tokens outside the vocabulary. */
  private static Value unknown(Emitter emit, Value x, Numbering numbering, Config config) {
    if (numbering.unknown <= 1) {
      return emit.scalar(TensorType.INT64, numbering.unknown == 0 ? -1 : numbering.masks);
    }
    if (!config.string("oov_method", "floormod").equals("floormod")) {
      throw OperandException.unsupported(
          "several indices for unknown tokens, chosen by a hash; use num_oov_indices=1");
    }
    Value spread = emit.node(new FloorMod(), x, emit.scalar(TensorType.INT64, numbering.unknown));
    return numbering.masks == 0 ? spread : emit.add(spread, numbering.masks);
  }

  private static Value inverted(
      Emitter emit, Value x, long[] vocabulary, Numbering numbering, Config config) {
    long unknown = config.get("oov_token") instanceof Long token ? token : -1;
    long[] all = new long[numbering.first() + vocabulary.length];
    java.util.Arrays.fill(all, unknown);
    if (numbering.masks == 1 && config.get("mask_token") instanceof Long mask) {
      all[0] = mask;
    }
    System.arraycopy(vocabulary, 0, all, numbering.first(), vocabulary.length);
    return emit.gather(longs(emit, "vocabulary", all), x, 0);
  }

  private static Value longs(Emitter emit, String what, long[] values) {
    Tensor tensor = Tensor.allocate(TensorType.INT64, values.length);
    for (int i = 0; i < values.length; i++) {
      tensor.setLong(i, values[i]);
    }
    return emit.constant(what, tensor);
  }

  private static long[] integerVocabulary(LayerCall call) {
    List<Object> tokens = vocabulary(call);
    long[] values = new long[tokens.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (tokens.get(i)) {
            case Long number -> number;
            case String text when text.strip().matches("-?\\d{1,18}") ->
                Long.parseLong(text.strip());
            default -> throw call.config().malformed("vocabulary", "integers");
          };
    }
    return values;
  }

  private static List<Object> vocabulary(LayerCall call) {
    List<Object> tokens = new ArrayList<>();
    if (call.config().has("vocabulary")
        && call.config().get("vocabulary") instanceof List<?> list) {
      tokens.addAll(list);
    } else {
      List<String> lines = call.weights().asset("vocabulary.txt");
      if (lines != null) {
        tokens.addAll(lines);
      }
    }
    if (tokens.isEmpty()) {
      throw OperandException.unsupported(
          "the file holds no vocabulary for it; adapt the layer, or give it one, before saving");
    }
    return tokens;
  }

  static Value strings(LayerCall call) {
    Emitter emit = call.emit();
    Config config = call.config();
    List<byte[]> words = new ArrayList<>();
    for (Object token : vocabulary(call)) {
      words.add(String.valueOf(token).getBytes(StandardCharsets.UTF_8));
    }
    Numbering numbering = numbering(config);
    if (config.flag("invert", false)) {
      return invertedStrings(emit, call, words, numbering);
    }
    if (numbering.unknown > 1) {
      throw OperandException.unsupported(
          "several indices for unknown tokens, chosen by a hash; use num_oov_indices=1");
    }
    String mask = config.stringOrNull("mask_token");
    List<byte[]> keys = new ArrayList<>(words);
    long[] values = new long[words.size() + (mask == null ? 0 : 1)];
    for (int i = 0; i < words.size(); i++) {
      values[i] = (long) numbering.first() + i;
    }
    if (mask != null) {
      keys.add(mask.getBytes(StandardCharsets.UTF_8));
      values[words.size()] = numbering.masked();
    }
    Value unknown = emit.scalar(TensorType.INT64, numbering.unknown == 0 ? -1 : numbering.masks);
    Value found = table(emit, call, strings(keys), longTensor(values), call.x(), unknown);
    return numbers(call, found, numbering.first() + words.size());
  }

  private static Value invertedStrings(
      Emitter emit, LayerCall call, List<byte[]> words, Numbering numbering) {
    long[] keys = new long[words.size() + numbering.masks];
    List<byte[]> values = new ArrayList<>(words);
    for (int i = 0; i < words.size(); i++) {
      keys[i] = (long) numbering.first() + i;
    }
    if (numbering.masks == 1) {
      values.add(call.config().string("mask_token").getBytes(StandardCharsets.UTF_8));
    }
    Tensor unknown = Tensor.allocate(TensorType.STRING, 0);
    unknown.setStrings(
        List.of(call.config().string("oov_token", "[UNK]").getBytes(StandardCharsets.UTF_8)));
    Value x = emit.cast(call.x(), TensorType.INT64);
    return table(
        emit, call, longTensor(keys), strings(values), x, emit.constant("oov_token", unknown));
  }

  private static Tensor longTensor(long[] values) {
    Tensor tensor = Tensor.allocate(TensorType.INT64, values.length);
    for (int i = 0; i < values.length; i++) {
      tensor.setLong(i, values[i]);
    }
    return tensor;
  }

  private static Tensor strings(List<byte[]> words) {
    Tensor tensor = Tensor.allocate(TensorType.STRING, 0);
    tensor.setStrings(words, words.size());
    return tensor;
  }

  /** Adds a table that is filled once, and looks up the keys {@code x}. */
  private static Value table(
      Emitter emit, LayerCall call, Tensor keys, Tensor values, Value x, Value unknown) {
    var contents = new HashTables.Contents(keys, values);
    return HashTables.find(emit, emit.scope(), call.name(), contents, x, unknown);
  }

  /** Encodes indices in the output mode of the layer. */
  private static Value numbers(LayerCall call, Value found, int tokens) {
    Config config = call.config();
    String mode = config.string("output_mode", "int");
    int depth =
        config.flag("pad_to_max_tokens", false) ? config.integer("max_tokens", tokens) : tokens;
    if (!mode.equals("tf_idf")) {
      return encode(call.emit(), found, mode, depth, null);
    }
    float[] weights = config.reals("idf_weights");
    float[] padded = new float[depth];
    int unknown = Math.min(numbering(config).first(), depth);
    double sum = 0;
    for (float weight : weights) {
      sum += weight;
    }
    // Unknown tokens weigh as much as known ones do on average.
    java.util.Arrays.fill(padded, 0, unknown, (float) (sum / Math.max(1, weights.length)));
    System.arraycopy(weights, 0, padded, unknown, Math.min(weights.length, depth - unknown));
    Value counts = encode(call.emit(), found, "count", depth, null);
    return call.emit().mul(counts, call.emit().constant("idf_weights", padded, depth));
  }

  /**
   * Encodes indices: unchanged ({@code int}), as a vector each ({@code one_hot}), or as one vector
   * per sample of present indices ({@code multi_hot}) or of their frequencies ({@code count}).
   */
  static Value encode(
      Emitter emit, Value numbers, String mode, int depth, @Nullable Value weights) {
    if (mode.equals("int")) {
      return numbers;
    }
    Value indices = Indexing.indices(emit, numbers);
    int rank = Emitter.rank(indices);
    boolean single = rank > 0 && Emitter.dim(indices, rank - 1) == 1;
    if (mode.equals("one_hot") && single) {
      indices = emit.squeeze(indices, rank - 1);
    }
    if (!mode.equals("one_hot") && rank < 2) {
      indices = emit.expandDims(indices, -1);
    }
    Value vectors = oneHot(emit, indices, depth, -1);
    if (weights != null) {
      vectors = emit.mul(vectors, emit.expandDims(weights, -1));
    }
    return switch (mode) {
      case "one_hot" -> vectors;
      // Along the first axis behind the batch, for any number of axes.
      case "multi_hot" -> emit.reduceMax(vectors, false, 1);
      case "count" -> emit.sum(vectors, false, -2);
      default -> throw OperandException.unsupported("the output mode '%s'", mode);
    };
  }

  static Value oneHot(Emitter emit, Value indices, int depth, int axis) {
    if (depth < 0 || depth == Shape.DYNAMIC) {
      throw OperandException.invalid("%d classes", depth);
    }
    return emit.node(
        new OneHot(axis), indices, emit.scalar(depth), emit.scalar(1f), emit.scalar(0f));
  }
}
