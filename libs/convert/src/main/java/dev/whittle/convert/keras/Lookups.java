package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.Vocabulary;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.HashTables;
import dev.whittle.convert.lower.Indexing;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.math.FloorMod;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.LogicalOr;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.ReduceAny;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Vocabularies. Strings are looked up in hash tables and integers by comparison, since the hash
 * tables of TensorFlow Lite map between strings and integers only. The indices are encoded in the
 * output mode of the layer.
 */
final class Lookups {
  private Lookups() {}

  private static final int NO_INDEX = -1;

  static Value integers(LayerCall call) {
    Emitter emit = call.emit();
    Config config = call.config();
    refuseHashes(config, false);
    Vocabulary vocabulary = vocabulary(call, true);
    Value x = emit.cast(call.x(), TensorType.INT64);
    if (config.flag("invert", false)) {
      return inverted(emit, x, vocabulary, config);
    }
    Value found = HashTables.elementwise(emit, x, flat -> index(emit, flat, vocabulary, config));
    return numbers(call, found, vocabulary);
  }

  private static Value index(Emitter emit, Value x, Vocabulary vocabulary, Config config) {
    Value found = position(emit, x, vocabulary);
    if (config.get("mask_token") instanceof Long mask) {
      Value isMask = emit.node(new Equal(), x, emit.scalar(TensorType.INT64, mask));
      found = emit.where(isMask, emit.scalar(TensorType.INT64, masked(vocabulary)), found);
    }
    return found;
  }

  /**
   * Refuses what only a hash decides: the indices of unknown strings, and of unknown integers on
   * demand.
   */
  private static void refuseHashes(Config config, boolean strings) {
    boolean hashes =
        config.integer("num_oov_indices", 1) > 1
            && !config.flag("invert", false)
            && (strings
                || config.has("salt")
                || !config.string("oov_method", "floormod").equals("floormod"));
    if (hashes) {
      throw OperandException.unsupported(
          "several indices for unknown tokens (num_oov_indices), chosen by a hash of strings"
              + " (FarmHash), which no built-in operator computes; use num_oov_indices=1");
    }
  }

  private static Vocabulary vocabulary(LayerCall call, boolean integers) {
    Vocabulary vocabulary =
        Vocabulary.of(call.config(), call.weights().asset("vocabulary.txt"), integers);
    if (vocabulary.tokens().isEmpty()) {
      throw OperandException.unsupported("a vocabulary of special tokens only");
    }
    return vocabulary;
  }

  /** Returns the index of the mask token; outputs other than indices do not count it. */
  private static int masked(Vocabulary vocabulary) {
    return vocabulary.masks() == 1 ? 0 : NO_INDEX;
  }

  private static Value position(Emitter emit, Value x, Vocabulary vocabulary) {
    Value words = emit.constant("vocabulary", longTensor(integerTokens(vocabulary)));
    Value equal = emit.node(new Equal(), emit.expandDims(x, Emitter.rank(x)), words);
    int last = Emitter.rank(equal) - 1;
    Value index =
        emit.node(
            new ArgMax(TensorType.INT64), emit.cast(equal, TensorType.INT32), emit.scalar(last));
    Value known = emit.reduce(new ReduceAny(false), equal, last);
    Value number = emit.add(index, vocabulary.first());
    return emit.where(known, number, unknown(emit, x, vocabulary));
  }

  private static long[] integerTokens(Vocabulary vocabulary) {
    return vocabulary.tokens().stream().mapToLong(token -> (Long) token).toArray();
  }

  /** Returns the index of tokens outside the vocabulary: of several, the token modulo these. */
  private static Value unknown(Emitter emit, Value x, Vocabulary vocabulary) {
    if (vocabulary.unknown() <= 1) {
      return emit.scalar(TensorType.INT64, single(vocabulary));
    }
    Value spread =
        emit.node(new FloorMod(), x, emit.scalar(TensorType.INT64, vocabulary.unknown()));
    return vocabulary.masks() == 0 ? spread : emit.add(spread, vocabulary.masks());
  }

  /** Returns the only index of unknown tokens. */
  private static int single(Vocabulary vocabulary) {
    return vocabulary.unknown() == 0 ? NO_INDEX : vocabulary.masks();
  }

  private static Value inverted(Emitter emit, Value x, Vocabulary vocabulary, Config config) {
    if (!(config.get("oov_token") instanceof Long unknown)) {
      throw OperandException.unsupported("an inverse lookup without oov_token");
    }
    // The token at index 0 of the table stands for all indices outside the vocabulary.
    long[] tokens = integerTokens(vocabulary);
    long[] all = new long[tokens.length + 1];
    all[0] = unknown;
    System.arraycopy(tokens, 0, all, 1, tokens.length);
    Value zero = emit.scalar(TensorType.INT64, 0);
    Value row = emit.sub(x, emit.scalar(TensorType.INT64, vocabulary.first() - 1.0));
    Value low = emit.node(new Less(), row, zero);
    Value high =
        emit.node(new Greater(), row, emit.scalar(TensorType.INT64, (double) tokens.length));
    Value inside = emit.where(emit.node(new LogicalOr(), low, high), zero, row);
    Value token = emit.gather(emit.constant("vocabulary", longTensor(all)), inside, 0);
    if (config.get("mask_token") instanceof Long mask) {
      Value isMask = emit.node(new Equal(), x, zero);
      token = emit.where(isMask, emit.constant("mask_token", longTensor(mask)), token);
    }
    return token;
  }

  static Value strings(LayerCall call) {
    Emitter emit = call.emit();
    Config config = call.config();
    refuseHashes(config, true);
    Vocabulary vocabulary = vocabulary(call, false);
    List<byte[]> words = new ArrayList<>();
    vocabulary.tokens().forEach(token -> words.add(bytes(token)));
    if (config.flag("invert", false)) {
      return invertedStrings(call, words, vocabulary);
    }
    String mask = config.stringOrNull("mask_token");
    long[] values = new long[words.size() + (mask == null ? 0 : 1)];
    for (int i = 0; i < words.size(); i++) {
      values[i] = (long) vocabulary.first() + i;
    }
    if (mask != null) {
      values[words.size()] = masked(vocabulary);
      words.add(bytes(mask));
    }
    Value unknown = emit.scalar(TensorType.INT64, single(vocabulary));
    Value found = table(call, strings(words), longTensor(values), call.x(), unknown);
    return numbers(call, found, vocabulary);
  }

  private static byte[] bytes(Object text) {
    return String.valueOf(text).getBytes(StandardCharsets.UTF_8);
  }

  private static Value invertedStrings(LayerCall call, List<byte[]> words, Vocabulary vocabulary) {
    long[] keys = new long[words.size() + vocabulary.masks()];
    for (int i = 0; i < words.size(); i++) {
      keys[i] = (long) vocabulary.first() + i;
    }
    if (vocabulary.masks() == 1) {
      words.add(bytes(call.config().string("mask_token")));
    }
    Tensor unknown = Tensor.allocate(TensorType.STRING, 0);
    unknown.setStrings(List.of(bytes(call.config().string("oov_token", "[UNK]"))));
    Value x = call.emit().cast(call.x(), TensorType.INT64);
    return table(
        call, longTensor(keys), strings(words), x, call.emit().constant("oov_token", unknown));
  }

  private static Tensor longTensor(long... values) {
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
  private static Value table(LayerCall call, Tensor keys, Tensor values, Value x, Value unknown) {
    Emitter emit = call.emit();
    var contents = new HashTables.Contents(keys, values);
    return HashTables.find(emit, emit.scope(), call.name(), contents, x, unknown);
  }

  /** Encodes indices in the output mode of the layer: integers, but for {@code tf_idf}. */
  private static Value numbers(LayerCall call, Value found, Vocabulary vocabulary) {
    Config config = call.config();
    String mode = config.string("output_mode", "int");
    int tokens = vocabulary.size();
    int depth =
        config.flag("pad_to_max_tokens", false) ? config.integer("max_tokens", tokens) : tokens;
    if (depth < tokens) {
      throw OperandException.invalid("max_tokens is %d, for %d tokens", depth, tokens);
    }
    Emitter emit = call.emit();
    if (!mode.equals("tf_idf") && !mode.equals("tf-idf")) {
      return encode(emit, found, mode, depth, TensorType.INT64, null);
    }
    float[] weights = frequencies(call, vocabulary, depth);
    Value counts = encode(emit, found, "count", depth, TensorType.FLOAT32, null);
    return emit.mul(counts, emit.constant("idf_weights", weights, depth));
  }

  /**
   * Returns inverse document frequencies by index: from the archive, or else from the
   * configuration, where unknown tokens weigh as much as known ones do on average.
   */
  private static float[] frequencies(LayerCall call, Vocabulary vocabulary, int depth) {
    Tensor saved = call.weights().nextOrNull("idf_weights");
    if (saved != null) {
      float[] all = saved.toFloats();
      if (all.length != depth) {
        throw OperandException.invalid("%d idf_weights for %d tokens", all.length, depth);
      }
      return all;
    }
    if (!call.config().has("idf_weights")) {
      throw OperandException.unsupported(
          "the file holds no idf_weights for it, since .h5 files do not store what adapt()"
              + " learned; save the model as .keras");
    }
    float[] stated = call.config().reals("idf_weights");
    int front = vocabulary.hadSpecialTokens() ? 0 : vocabulary.first();
    if (front + stated.length != vocabulary.size()) {
      throw OperandException.invalid(
          "%d idf_weights for a vocabulary of %d tokens", stated.length, vocabulary.size() - front);
    }
    double sum = 0;
    for (float weight : stated) {
      sum += weight;
    }
    float[] weights = new float[depth];
    Arrays.fill(weights, 0, front, (float) (sum / stated.length));
    System.arraycopy(stated, 0, weights, front, stated.length);
    return weights;
  }

  /**
   * Encodes indices: unchanged ({@code int}), as a vector each ({@code one_hot}), or as one vector
   * per sample of present indices ({@code multi_hot}) or of their frequencies ({@code count}),
   * along the first axis behind the batch, for any number of axes.
   *
   * @param type the type of the vectors
   */
  static Value encode(
      Emitter emit,
      Value numbers,
      String mode,
      int depth,
      TensorType type,
      @Nullable Value weights) {
    if (mode.equals("int")) {
      return numbers;
    }
    Value indices = Indexing.indices(emit, numbers);
    int rank = Emitter.rank(indices);
    boolean single = rank > 1 && Emitter.dim(indices, rank - 1) == 1;
    if (mode.equals("one_hot") && single) {
      indices = emit.squeeze(indices, rank - 1);
    }
    Value vectors = oneHot(emit, indices, depth, -1, type);
    if (weights != null) {
      vectors = emit.mul(vectors, emit.expandDims(weights, -1));
    }
    int samples = rank > 1 ? 1 : 0;
    return switch (mode) {
      case "one_hot" -> vectors;
      case "multi_hot", "binary" -> emit.reduceMax(vectors, false, samples);
      case "count" -> emit.sum(vectors, false, samples);
      default -> throw OperandException.unsupported("the output mode '%s'", mode);
    };
  }

  static Value oneHot(Emitter emit, Value indices, int depth, int axis, TensorType type) {
    if (depth < 0 || depth == Shape.DYNAMIC) {
      throw OperandException.invalid("%d classes", depth);
    }
    return emit.node(
        new OneHot(axis), indices, emit.scalar(depth), emit.scalar(type, 1), emit.scalar(type, 0));
  }
}
