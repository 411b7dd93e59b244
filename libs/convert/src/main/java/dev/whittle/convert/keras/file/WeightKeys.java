package dev.whittle.convert.keras.file;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The keys of a model's layers among its weights. Keras numbers the layers of each class, in snake
 * case: {@code conv2d}, {@code conv2d_1}.
 */
public final class WeightKeys {
  private final Map<String, Integer> used = new HashMap<>();

  /** Returns the key of the next layer of a class. */
  public String next(String className) {
    String stem = snakeCase(className);
    int count = used.merge(stem, 1, Integer::sum);
    return count == 1 ? stem : stem + "_" + (count - 1);
  }

  /**
   * Returns a class name as Keras converts it: {@code MultiHeadAttention} becomes {@code
   * multi_head_attention}.
   */
  public static String snakeCase(String name) {
    return name.replaceAll("\\W+", "")
        .replaceAll("(.)([A-Z][a-z]+)", "$1_$2")
        .replaceAll("([a-z])([A-Z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }
}
