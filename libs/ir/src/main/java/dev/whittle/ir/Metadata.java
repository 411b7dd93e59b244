package dev.whittle.ir;

import dev.whittle.ir.tensor.Constant;

/**
 * A metadata entry of a model.
 *
 * @param name the name by which tools find the entry
 * @param data the bytes of the entry
 */
public record Metadata(String name, Constant data) {
  /**
   * The entry with the lowest runtime version that runs the model: 16 bytes of ASCII, NUL-padded.
   */
  public static final String MIN_RUNTIME_VERSION = "min_runtime_version";
}
