package dev.whittle.tflite;

import com.google.flatbuffers.FlatBufferBuilder;
import dev.whittle.ir.tensor.Sparsity;
import dev.whittle.ir.tensor.Sparsity.Dimension;
import dev.whittle.ir.tensor.Sparsity.Indices;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reading and writing of sparsity parameters as flatbuffer tables. */
final class SparsityCodec {
  private static final int DENSE = 0;
  private static final int COMPRESSED = 1;

  private SparsityCodec() {}

  static @Nullable Sparsity read(@Nullable FlatTable table) {
    if (table == null) {
      return null;
    }
    return new Sparsity(
        orEmpty(table.int32s(Slots.SPARSITY_TRAVERSAL)),
        orEmpty(table.int32s(Slots.SPARSITY_BLOCK_MAP)),
        table.tables(Slots.SPARSITY_DIMENSIONS, SparsityCodec::dimension));
  }

  private static List<Integer> orEmpty(@Nullable List<Integer> list) {
    return list == null ? List.of() : list;
  }

  private static Dimension dimension(FlatTable table) {
    int format = table.int8(Slots.DIMENSION_FORMAT, DENSE);
    return switch (format) {
      case DENSE -> new Dimension.Dense(table.int32(Slots.DIMENSION_SIZE, 0));
      case COMPRESSED ->
          new Dimension.Compressed(
              indices(table, Slots.DIMENSION_SEGMENTS_TYPE, Slots.DIMENSION_SEGMENTS),
              indices(table, Slots.DIMENSION_INDICES_TYPE, Slots.DIMENSION_INDICES));
      default ->
          throw table
              .source()
              .malformed(
                  table.position(),
                  "unknown format %d of a sparse dimension; expected %d (dense) or %d (compressed)",
                  format,
                  DENSE,
                  COMPRESSED);
    };
  }

  private static Indices indices(FlatTable table, int typeSlot, int slot) {
    FlatTable vector = table.table(slot);
    int type = table.uint8(typeSlot);
    return switch (type) {
      case 0 -> new Indices(32, null);
      case 1 -> new Indices(32, vector == null ? null : vector.int32s(0));
      case 2 -> new Indices(16, vector == null ? null : vector.uint16s(0));
      case 3 -> new Indices(8, vector == null ? null : vector.uint8s(0));
      default ->
          throw table
              .source()
              .malformed(
                  table.position(), "unknown type %d of sparse indices; expected 0 to 3", type);
    };
  }

  /** Adds sparsity parameters to a file and returns their offset; 0 for none. */
  static int write(FlatBufferBuilder builder, @Nullable Sparsity sparsity) {
    if (sparsity == null) {
      return 0;
    }
    List<Integer> offsets = new ArrayList<>();
    for (Dimension dimension : sparsity.dimensions()) {
      offsets.add(write(builder, dimension));
    }
    int dimensions = Vectors.offsets(builder, offsets);
    int traversal = Vectors.ints(builder, sparsity.traversalOrder());
    int blocks = sparsity.blockMap().isEmpty() ? 0 : Vectors.ints(builder, sparsity.blockMap());
    builder.startTable(Slots.SPARSITY_SLOTS);
    builder.addOffset(Slots.SPARSITY_TRAVERSAL, traversal, 0);
    builder.addOffset(Slots.SPARSITY_BLOCK_MAP, blocks, 0);
    builder.addOffset(Slots.SPARSITY_DIMENSIONS, dimensions, 0);
    return builder.endTable();
  }

  private static int write(FlatBufferBuilder builder, Dimension dimension) {
    return switch (dimension) {
      case Dimension.Dense dense -> {
        builder.startTable(Slots.DIMENSION_SLOTS);
        builder.addInt(Slots.DIMENSION_SIZE, dense.size(), 0);
        yield builder.endTable();
      }
      case Dimension.Compressed compressed -> {
        int segments = write(builder, compressed.segments());
        int indices = write(builder, compressed.indices());
        builder.startTable(Slots.DIMENSION_SLOTS);
        builder.addByte(Slots.DIMENSION_FORMAT, (byte) COMPRESSED, 0);
        builder.addByte(Slots.DIMENSION_SEGMENTS_TYPE, (byte) type(compressed.segments()), 0);
        builder.addOffset(Slots.DIMENSION_SEGMENTS, segments, 0);
        builder.addByte(Slots.DIMENSION_INDICES_TYPE, (byte) type(compressed.indices()), 0);
        builder.addOffset(Slots.DIMENSION_INDICES, indices, 0);
        yield builder.endTable();
      }
    };
  }

  private static int type(Indices indices) {
    if (indices.values() == null) {
      return 0;
    }
    return indices.bits() == 32 ? 1 : indices.bits() == 16 ? 2 : 3;
  }

  private static int write(FlatBufferBuilder builder, Indices indices) {
    List<Integer> values = indices.values();
    if (values == null) {
      return 0;
    }
    int vector =
        switch (type(indices)) {
          case 1 -> Vectors.ints(builder, values);
          case 2 -> Vectors.shorts(builder, values);
          default -> Vectors.bytes(builder, values, 1);
        };
    builder.startTable(1);
    builder.addOffset(0, vector, 0);
    return builder.endTable();
  }
}
