package dev.whittle.convert.keras.file;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.json.Config;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The vocabulary of a lookup layer, as Keras restores it ({@code IndexLookup.set_vocabulary}): the
 * tokens behind the reserved indices of mask and unknown tokens.
 *
 * @param tokens strings, or integers as {@link Long}
 * @param masks the number of indices reserved for the mask token, 0 or 1, which come first
 * @param unknown the number of indices reserved for unknown tokens, which come next
 * @param hadSpecialTokens whether the stored vocabulary began with the special tokens, so that
 *     weights of the stored vocabulary include them
 */
public record Vocabulary(List<Object> tokens, int masks, int unknown, boolean hadSpecialTokens) {
  private static final int MAX_UNKNOWN = 1 << 20;

  public Vocabulary {
    tokens = List.copyOf(tokens);
  }

  /**
   * Restores a vocabulary.
   *
   * @param config the configuration of the layer
   * @param lines the lines of the layer's {@code vocabulary.txt}; null if the file has none
   * @param isInteger whether tokens are integers, not strings
   * @throws OperandException if there is no vocabulary, or Keras would not accept it
   */
  public static Vocabulary of(Config config, @Nullable List<String> lines, boolean isInteger) {
    List<Object> stored = stored(config, lines, isInteger);
    boolean countsMask =
        config.has("mask_token") && config.string("output_mode", "int").equals("int");
    int masks = countsMask ? 1 : 0;
    int unknown = config.integer("num_oov_indices", 1);
    if (unknown < 0 || unknown > MAX_UNKNOWN) {
      throw OperandException.invalid("num_oov_indices is %d; expected 0 or more", unknown);
    }
    int first = masks + unknown;
    Object maskToken = config.get("mask_token");
    Object unknownToken = config.get("oov_token");
    boolean special = stored.size() >= first;
    for (int i = 0; special && i < first; i++) {
      special = stored.get(i).equals(i < masks ? maskToken : unknownToken);
    }
    List<Object> tokens = special ? stored.subList(first, stored.size()) : stored;
    check(tokens, maskToken, config.flag("invert", false) ? unknownToken : null);
    return new Vocabulary(tokens, masks, unknown, special);
  }

  private static void check(
      List<Object> tokens, @Nullable Object maskToken, @Nullable Object unknownToken) {
    Set<Object> seen = new HashSet<>();
    for (Object token : tokens) {
      if (!seen.add(token)) {
        throw OperandException.invalid(
            "its vocabulary has the token '%s' twice", Config.shorten(String.valueOf(token)));
      }
      if (token.equals(maskToken) || token.equals(unknownToken)) {
        throw OperandException.invalid(
            "its vocabulary has the special token '%s' among the others; expected all special"
                + " tokens at its beginning, or none",
            Config.shorten(String.valueOf(token)));
      }
    }
  }

  private static List<Object> stored(
      Config config, @Nullable List<String> lines, boolean isInteger) {
    List<Object> stored = new ArrayList<>();
    if (config.get("vocabulary") instanceof List<?> list) {
      for (Object token : list) {
        stored.add(token(token, config, isInteger));
      }
    } else if (config.get("vocabulary") instanceof String file) {
      throw OperandException.unsupported(
          "its vocabulary is in the file '%s', which the model does not hold; create the layer with"
              + " the tokens as a list and save the model again",
          Config.shorten(file));
    } else if (lines != null) {
      int end = lines.size();
      while (end > 0 && lines.get(end - 1).isEmpty()) {
        end--;
      }
      for (String line : lines.subList(0, end)) {
        stored.add(token(line, config, isInteger));
      }
    }
    if (stored.isEmpty()) {
      throw OperandException.unsupported(
          "the file holds no vocabulary for it: .h5 files do not store what adapt() learned, and"
              + " other files only what the layer had when it was saved; save the model as .keras"
              + " after adapt(), or create the layer with"
              + " vocabulary=layer.get_vocabulary()");
    }
    return stored;
  }

  private static Object token(@Nullable Object token, Config config, boolean isInteger) {
    if (!isInteger && token instanceof String) {
      return token;
    }
    if (isInteger && token instanceof Long) {
      return token;
    }
    if (isInteger && token instanceof String text && text.strip().matches("[+-]?\\d{1,19}")) {
      try {
        return Long.parseLong(text.strip());
      } catch (NumberFormatException e) {
        // Falls through to the refusal of what is no int64.
      }
    }
    throw config.malformed("vocabulary", isInteger ? "integers" : "strings");
  }

  /** Returns the index of the first token. */
  public int first() {
    return masks + unknown;
  }

  /** Returns the number of indices, reserved ones included. */
  public int size() {
    return first() + tokens.size();
  }
}
