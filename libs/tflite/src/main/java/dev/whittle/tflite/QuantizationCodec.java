package dev.whittle.tflite;

import com.google.flatbuffers.FlatBufferBuilder;
import dev.whittle.ir.tensor.Quantization;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reading and writing of quantization parameters as flatbuffer tables. */
final class QuantizationCodec {
  private QuantizationCodec() {}

  /** Reads quantization parameters; returns null if the table is absent or empty. */
  static @Nullable Quantization read(@Nullable FlatTable table) {
    if (table == null) {
      return null;
    }
    var read =
        new Quantization(
            orEmpty(table.floats(Slots.QUANTIZATION_MIN)),
            orEmpty(table.floats(Slots.QUANTIZATION_MAX)),
            orEmpty(table.floats(Slots.QUANTIZATION_SCALE)),
            orEmpty(table.int64s(Slots.QUANTIZATION_ZERO_POINT)),
            table.int32(Slots.QUANTIZATION_AXIS, 0),
            details(table));
    boolean empty =
        read.min().isEmpty()
            && read.max().isEmpty()
            && read.scale().isEmpty()
            && read.zeroPoint().isEmpty()
            && read.axis() == 0
            && read.details() == null;
    return empty ? null : read;
  }

  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }

  private static Quantization.@Nullable Details details(FlatTable table) {
    FlatTable details = table.table(Slots.QUANTIZATION_DETAILS);
    int type = table.uint8(Slots.QUANTIZATION_DETAILS_TYPE);
    if (details == null) {
      return null;
    }
    return switch (type) {
      case Slots.DETAILS_CUSTOM -> new Quantization.Details.Custom(orEmpty(details.int8s(0)));
      case Slots.DETAILS_BLOCKWISE ->
          new Quantization.Details.Blockwise(
              details.int32(0, 0), details.int32(1, 0), details.int32(2, 0));
      case Slots.DETAILS_MULTI_AXIS ->
          new Quantization.Details.MultiAxis(
              details.int32(0, 0),
              details.int32(1, 0),
              details.int32(2, 0),
              orEmpty(details.int32s(3)));
      default ->
          throw table
              .source()
              .malformed(
                  table.position(),
                  "unknown type %d of quantization details; expected 1 to 3",
                  type);
    };
  }

  /** Adds quantization parameters to a file and returns their offset; 0 for none. */
  static int write(FlatBufferBuilder builder, @Nullable Quantization quantization) {
    if (quantization == null) {
      return 0;
    }
    int details = writeDetails(builder, quantization.details());
    int min = floats(builder, quantization.min());
    int max = floats(builder, quantization.max());
    int scale = floats(builder, quantization.scale());
    int zeroPoint = longs(builder, quantization.zeroPoint());
    builder.startTable(Slots.QUANTIZATION_SLOTS);
    builder.addOffset(Slots.QUANTIZATION_MIN, min, 0);
    builder.addOffset(Slots.QUANTIZATION_MAX, max, 0);
    builder.addOffset(Slots.QUANTIZATION_SCALE, scale, 0);
    builder.addOffset(Slots.QUANTIZATION_ZERO_POINT, zeroPoint, 0);
    builder.addByte(Slots.QUANTIZATION_DETAILS_TYPE, (byte) detailsType(quantization.details()), 0);
    builder.addOffset(Slots.QUANTIZATION_DETAILS, details, 0);
    builder.addInt(Slots.QUANTIZATION_AXIS, quantization.axis(), 0);
    return builder.endTable();
  }

  private static int detailsType(Quantization.@Nullable Details details) {
    return switch (details) {
      case Quantization.Details.Custom _ -> Slots.DETAILS_CUSTOM;
      case Quantization.Details.Blockwise _ -> Slots.DETAILS_BLOCKWISE;
      case Quantization.Details.MultiAxis _ -> Slots.DETAILS_MULTI_AXIS;
      case Quantization.Details.Blocks _ -> throw unresolved();
      case null -> 0;
    };
  }

  private static IllegalStateException unresolved() {
    return new IllegalStateException("a value's parameters are in other values");
  }

  private static int writeDetails(
      FlatBufferBuilder builder, Quantization.@Nullable Details details) {
    return switch (details) {
      case Quantization.Details.Custom custom -> {
        int bytes = Vectors.bytes(builder, custom.bytes(), 16);
        builder.startTable(1);
        builder.addOffset(0, bytes, 0);
        yield builder.endTable();
      }
      case Quantization.Details.Blockwise blocks -> {
        builder.startTable(3);
        builder.addInt(0, blocks.scales(), 0);
        builder.addInt(1, blocks.zeroPoints(), 0);
        builder.addInt(2, blocks.blockSize(), 0);
        yield builder.endTable();
      }
      case Quantization.Details.MultiAxis axes -> {
        int vector = Vectors.ints(builder, axes.axes());
        builder.startTable(4);
        builder.addInt(0, axes.scales(), 0);
        builder.addInt(1, axes.zeroPoints(), 0);
        builder.addInt(2, axes.blockSize(), 0);
        builder.addOffset(3, vector, 0);
        yield builder.endTable();
      }
      case Quantization.Details.Blocks _ -> throw unresolved();
      case null -> 0;
    };
  }

  private static int floats(FlatBufferBuilder builder, List<Float> values) {
    return values.isEmpty() ? 0 : Vectors.floats(builder, values);
  }

  private static int longs(FlatBufferBuilder builder, List<Long> values) {
    return values.isEmpty() ? 0 : Vectors.longs(builder, values);
  }
}
