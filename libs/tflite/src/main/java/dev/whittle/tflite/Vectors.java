package dev.whittle.tflite;

import com.google.flatbuffers.FlatBufferBuilder;
import java.util.List;
import java.util.function.Consumer;

/** Writing of flatbuffer vectors. All methods return the offset of the vector. */
final class Vectors {
  private Vectors() {}

  static int bytes(FlatBufferBuilder builder, List<? extends Number> values, int alignment) {
    return numbers(builder, values, 1, alignment, v -> builder.addByte(v.byteValue()));
  }

  static int shorts(FlatBufferBuilder builder, List<? extends Number> values) {
    return numbers(builder, values, 2, 2, v -> builder.addShort(v.shortValue()));
  }

  static int ints(FlatBufferBuilder builder, List<? extends Number> values) {
    return numbers(builder, values, 4, 4, v -> builder.addInt(v.intValue()));
  }

  static int longs(FlatBufferBuilder builder, List<? extends Number> values) {
    return numbers(builder, values, 8, 8, v -> builder.addLong(v.longValue()));
  }

  static int floats(FlatBufferBuilder builder, List<? extends Number> values) {
    return numbers(builder, values, 4, 4, v -> builder.addFloat(v.floatValue()));
  }

  static int booleans(FlatBufferBuilder builder, List<Boolean> values) {
    builder.startVector(1, values.size(), 1);
    values.reversed().forEach(builder::addBoolean);
    return builder.endVector();
  }

  /** Writes a vector of offsets of tables that are already written. */
  static int offsets(FlatBufferBuilder builder, List<Integer> offsets) {
    builder.startVector(4, offsets.size(), 4);
    offsets.reversed().forEach(builder::addOffset);
    return builder.endVector();
  }

  private static int numbers(
      FlatBufferBuilder builder,
      List<? extends Number> values,
      int size,
      int alignment,
      Consumer<Number> add) {
    builder.startVector(size, values.size(), alignment);
    // Flatbuffers are built from the end.
    values.reversed().forEach(add);
    return builder.endVector();
  }
}
