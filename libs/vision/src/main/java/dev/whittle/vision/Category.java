package dev.whittle.vision;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One answer of a classifier.
 *
 * @param index of the model's output
 * @param score from 0 to 1
 */
public record Category(int index, String label, float score) {
  /** As JSON documents have it. */
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("index", index);
    fields.put("label", label);
    fields.put("score", score);
    return fields;
  }
}
