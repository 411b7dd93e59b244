package dev.whittle.tflite;

import com.google.flatbuffers.FlatBufferBuilder;
import dev.whittle.ir.Options;
import dev.whittle.ir.UnsupportedModelException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reading and writing of operator options as flatbuffer tables. */
final class OptionsCodec {
  /** The {@link Options#table} of a newer schema, with fields that cannot be read. */
  private static final String UNKNOWN = "UnknownOptions";

  private OptionsCodec() {}

  /** Reads the options of an operator from the union that holds them. */
  static Options read(FlatTable operator) {
    int first = operator.uint8(Slots.OPERATOR_OPTIONS_TYPE);
    if (first != 0) {
      return read(1, first, operator.table(Slots.OPERATOR_OPTIONS));
    }
    int second = operator.uint8(Slots.OPERATOR_OPTIONS_2_TYPE);
    return second == 0 ? Options.NONE : read(2, second, operator.table(Slots.OPERATOR_OPTIONS_2));
  }

  private static Options read(int union, int number, @Nullable FlatTable table) {
    OptionTable schema = OptionTable.numbered(union, number);
    if (schema == null) {
      return Options.of(UNKNOWN).with("union", union).with("number", number);
    }
    if (schema.fields().isEmpty()) {
      return Options.NONE;
    }
    Options options = Options.of(schema.name());
    if (table == null) {
      return options;
    }
    for (int slot = 0; slot < schema.fields().size(); slot++) {
      OptionTable.Field field = schema.fields().get(slot);
      options = options.with(field.name(), read(table, slot, field));
    }
    return options;
  }

  private static @Nullable Object read(FlatTable table, int slot, OptionTable.Field field) {
    return switch (field.kind()) {
      case BYTE -> table.int8(slot, field.absent());
      case BOOL -> table.bool(slot, field.absent() != 0);
      case INT -> table.int32(slot, field.absent());
      case LONG -> table.int64(slot, field.absent());
      case FLOAT -> table.float32(slot);
      case STRING -> table.string(slot);
      case BYTES -> table.uint8s(slot);
      case BOOLS -> table.bools(slot);
      case INTS -> table.int32s(slot);
      case LONGS -> table.int64s(slot);
      case FLOATS -> table.floats(slot);
    };
  }

  /**
   * An option table in a file under construction.
   *
   * @param union 1 for BuiltinOptions, 2 for BuiltinOptions2
   * @param number of the table in its union
   * @param offset of the table; 0 for no options
   */
  record Written(int union, int number, int offset) {
    static final Written NONE = new Written(1, 0, 0);
  }

  /**
   * Adds an operator's options to a file.
   *
   * @param operator name of the operator in error messages
   * @throws UnsupportedModelException if the options are of a newer schema
   */
  static Written write(FlatBufferBuilder builder, String operator, Options options) {
    if (options.table().isEmpty()) {
      return Written.NONE;
    }
    OptionTable schema = OptionTable.named(options.table());
    if (schema == null) {
      throw new UnsupportedModelException(
          operator,
          "its options are of a newer schema (" + options + ") and cannot be written",
          "update Whittle");
    }
    List<OptionTable.Field> fields = schema.fields();
    if (fields.isEmpty()) {
      // A table without fields is the same as none.
      return Written.NONE;
    }
    int[] offsets = new int[fields.size()];
    for (int slot = 0; slot < offsets.length; slot++) {
      offsets[slot] = writeVector(builder, fields.get(slot), options);
    }
    builder.startTable(fields.size());
    for (int slot = 0; slot < offsets.length; slot++) {
      writeField(builder, slot, fields.get(slot), options, offsets[slot]);
    }
    return new Written(schema.union(), schema.number(), builder.endTable());
  }

  private static int writeVector(
      FlatBufferBuilder builder, OptionTable.Field field, Options options) {
    Object value = options.fields().get(field.name());
    if (value == null) {
      return 0;
    }
    return switch (field.kind()) {
      case BYTE, BOOL, INT, LONG, FLOAT -> 0;
      case STRING -> builder.createString((String) value);
      case BYTES -> Vectors.bytes(builder, numbers(value), 1);
      case INTS -> Vectors.ints(builder, numbers(value));
      case LONGS -> Vectors.longs(builder, numbers(value));
      case FLOATS -> Vectors.floats(builder, numbers(value));
      case BOOLS ->
          Vectors.booleans(builder, ((List<?>) value).stream().map(Boolean.class::cast).toList());
    };
  }

  private static List<Number> numbers(Object list) {
    return ((List<?>) list).stream().map(Number.class::cast).toList();
  }

  private static void writeField(
      FlatBufferBuilder builder, int slot, OptionTable.Field field, Options options, int offset) {
    String name = field.name();
    switch (field.kind()) {
      case BYTE ->
          builder.addByte(slot, (byte) options.integer(name, field.absent()), field.absent());
      case BOOL ->
          builder.addBoolean(slot, options.flag(name, field.absent() != 0), field.absent() != 0);
      case INT -> builder.addInt(slot, options.integer(name, field.absent()), field.absent());
      case LONG -> builder.addLong(slot, options.longInteger(name, field.absent()), field.absent());
      case FLOAT -> builder.addFloat(slot, options.real(name, 0), 0);
      case STRING, BYTES, BOOLS, INTS, LONGS, FLOATS -> builder.addOffset(slot, offset, 0);
    }
  }
}
