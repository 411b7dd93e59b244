package dev.whittle.runtime.custom;

import com.google.flatbuffers.ArrayReadWriteBuf;
import com.google.flatbuffers.FlexBuffers;
import dev.whittle.ir.tensor.OperandException;
import java.util.function.Function;

/** The options of custom operators that are stored as a FlexBuffers map. */
final class FlexOptions {
  private FlexOptions() {}

  /**
   * Reads options from bytes that may be malformed.
   *
   * @throws OperandException if the bytes are not a FlexBuffers map
   */
  static <T> T read(byte[] options, Function<FlexBuffers.Map, T> reader) {
    try {
      return reader.apply(
          FlexBuffers.getRoot(new ArrayReadWriteBuf(options, options.length)).asMap());
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      // FlexBuffers.java does not verify: offsets lead beyond the bytes, strings are invalid UTF-8
      // (Utf8Safe) or no numbers (NumberFormatException).
      throw OperandException.invalid("has options that are no FlexBuffers map (%s)", e);
    }
  }
}
