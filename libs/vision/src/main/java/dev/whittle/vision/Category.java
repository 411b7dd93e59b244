package dev.whittle.vision;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A class that a classifier found, with its score.
 *
 * @param index of the class among the model's outputs
 * @param label name of the class
 * @param score from 0 to 1
 */
public record Category(int index, String label, float score) {
  /** Returns the fields of the category's JSON object, in order. */
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("index", index);
    fields.put("label", label);
    fields.put("score", score);
    return fields;
  }
}
