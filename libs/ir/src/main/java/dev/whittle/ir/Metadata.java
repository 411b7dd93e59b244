package dev.whittle.ir;

import dev.whittle.ir.tensor.Constant;

/** Named bytes that a model carries beside its graphs. */
public record Metadata(String name, Constant data) {
  /** Names the lowest runtime that can run the model, as 16 bytes of ASCII padded with NUL. */
  public static final String MIN_RUNTIME_VERSION = "min_runtime_version";
}
