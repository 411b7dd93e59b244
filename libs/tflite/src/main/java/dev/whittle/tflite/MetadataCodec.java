package dev.whittle.tflite;

import com.google.flatbuffers.FlatBufferBuilder;
import dev.whittle.ir.MalformedModelException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reading and writing of the flatbuffer of TensorFlow Lite Metadata, limited to the parts that
 * image classifiers use. Slots are numbered as in metadata_schema.fbs, version 1.5.
 */
final class MetadataCodec {
  private static final int MODEL_NAME = 0;
  private static final int MODEL_DESCRIPTION = 1;
  private static final int MODEL_GRAPHS = 3;
  private static final int MODEL_MIN_PARSER_VERSION = 7;
  private static final int MODEL_SLOTS = 8;
  private static final int GRAPH_INPUTS = 2;
  private static final int GRAPH_OUTPUTS = 3;
  private static final int GRAPH_SLOTS = 9;
  private static final int TENSOR_NAME = 0;
  private static final int TENSOR_CONTENT = 3;
  private static final int TENSOR_PROCESS_UNITS = 4;
  private static final int TENSOR_STATS = 5;
  private static final int TENSOR_FILES = 6;
  private static final int TENSOR_SLOTS = 7;
  private static final int CONTENT_TYPE = 0;
  private static final int CONTENT_PROPERTIES = 1;
  private static final int CONTENT_SLOTS = 3;
  private static final byte FEATURE_PROPERTIES = 1;
  private static final byte IMAGE_PROPERTIES = 2;
  private static final int IMAGE_COLOR_SPACE = 0;
  private static final byte COLOR_RGB = 1;
  private static final byte COLOR_GRAY = 2;
  private static final int UNIT_TYPE = 0;
  private static final int UNIT_OPTIONS = 1;
  private static final byte NORMALIZATION = 1;
  private static final int NORMALIZATION_MEAN = 0;
  private static final int NORMALIZATION_DEVIATION = 1;
  private static final int STATS_MAX = 0;
  private static final int STATS_MIN = 1;
  private static final int FILE_NAME = 0;
  private static final int FILE_TYPE = 2;
  private static final byte TENSOR_AXIS_LABELS = 2;

  /** The first version of the schema that has all tables used here. */
  private static final String MIN_PARSER_VERSION = "1.0.0";

  private static final String IDENTIFIER = "M001";
  private static final int IDENTIFIER_END = 8;

  private MetadataCodec() {}

  /**
   * The supported part of the metadata.
   *
   * @param mean subtracted from levels of 0 to 255; empty if there is no normalization
   * @param deviation divisors of the levels less the mean, as many as means
   * @param labelFiles names of the label files of the first output
   */
  record Contents(
      String name,
      String description,
      List<Float> mean,
      List<Float> deviation,
      List<String> labelFiles) {}

  /**
   * Decodes an entry of a model's metadata.
   *
   * @throws MalformedModelException if the entry is broken
   */
  static Contents read(MemorySegment bytes) {
    var source = new FlatTable.Source(bytes, "the model's metadata");
    if (bytes.byteSize() < IDENTIFIER_END) {
      throw source.malformed(
          0, "%d bytes of metadata; expected at least %d", bytes.byteSize(), IDENTIFIER_END);
    }
    FlatTable model = FlatTable.root(source, 0);
    List<FlatTable> graphs = model.tables(MODEL_GRAPHS, table -> table);
    FlatTable input = first(graphs, GRAPH_INPUTS);
    FlatTable output = first(graphs, GRAPH_OUTPUTS);
    List<Float> mean = List.of();
    List<Float> deviation = List.of();
    if (input != null) {
      for (FlatTable unit : input.tables(TENSOR_PROCESS_UNITS, table -> table)) {
        FlatTable options = unit.table(UNIT_OPTIONS);
        if (unit.uint8(UNIT_TYPE) == NORMALIZATION && options != null) {
          mean = floats(options, NORMALIZATION_MEAN);
          deviation = floats(options, NORMALIZATION_DEVIATION);
        }
      }
    }
    if (mean.size() != deviation.size()
        || deviation.stream().anyMatch(d -> d == 0 || !Float.isFinite(d))) {
      throw source.malformed(
          0,
          "the normalization has means %s and deviations %s; expected as many of each, and no"
              + " deviation of 0",
          mean,
          deviation);
    }
    List<String> files =
        output == null
            ? List.of()
            : output.tables(TENSOR_FILES, table -> table).stream()
                .filter(file -> file.int8(FILE_TYPE, 0) == TENSOR_AXIS_LABELS)
                .map(file -> file.stringOrEmpty(FILE_NAME))
                .toList();
    return new Contents(
        model.stringOrEmpty(MODEL_NAME),
        model.stringOrEmpty(MODEL_DESCRIPTION),
        mean,
        deviation,
        files);
  }

  private static @Nullable FlatTable first(List<FlatTable> graphs, int slot) {
    List<FlatTable> tensors =
        graphs.isEmpty() ? List.of() : graphs.getFirst().tables(slot, table -> table);
    return tensors.isEmpty() ? null : tensors.getFirst();
  }

  private static List<Float> floats(FlatTable table, int slot) {
    List<Float> floats = table.floats(slot);
    return floats == null ? List.of() : floats;
  }

  /** Encodes an entry for a model of one input and one output. */
  static byte[] write(Contents contents, String input, String output, boolean gray) {
    var builder = new FlatBufferBuilder(1024);
    int inputTensor = image(builder, contents, input, gray);
    int outputTensor = scores(builder, contents, output);
    int inputs = Vectors.offsets(builder, List.of(inputTensor));
    int outputs = Vectors.offsets(builder, List.of(outputTensor));
    builder.startTable(GRAPH_SLOTS);
    builder.addOffset(GRAPH_INPUTS, inputs, 0);
    builder.addOffset(GRAPH_OUTPUTS, outputs, 0);
    int graphs = Vectors.offsets(builder, List.of(builder.endTable()));
    int name = text(builder, contents.name());
    int description = text(builder, contents.description());
    int version = builder.createString(MIN_PARSER_VERSION);
    builder.startTable(MODEL_SLOTS);
    builder.addOffset(MODEL_NAME, name, 0);
    builder.addOffset(MODEL_DESCRIPTION, description, 0);
    builder.addOffset(MODEL_GRAPHS, graphs, 0);
    builder.addOffset(MODEL_MIN_PARSER_VERSION, version, 0);
    builder.finish(builder.endTable(), IDENTIFIER);
    return builder.sizedByteArray();
  }

  /** Writes a string and returns its offset; 0, which omits the field, for an empty one. */
  private static int text(FlatBufferBuilder builder, String text) {
    return text.isEmpty() ? 0 : builder.createString(text);
  }

  private static int image(
      FlatBufferBuilder builder, Contents contents, String name, boolean gray) {
    builder.startTable(1);
    builder.addByte(IMAGE_COLOR_SPACE, gray ? COLOR_GRAY : COLOR_RGB, 0);
    int content = content(builder, IMAGE_PROPERTIES, builder.endTable());
    int units = contents.mean().isEmpty() ? 0 : normalization(builder, contents);
    int stats = contents.mean().isEmpty() ? 0 : stats(builder, contents);
    int text = builder.createString(name);
    builder.startTable(TENSOR_SLOTS);
    builder.addOffset(TENSOR_NAME, text, 0);
    builder.addOffset(TENSOR_CONTENT, content, 0);
    builder.addOffset(TENSOR_PROCESS_UNITS, units, 0);
    builder.addOffset(TENSOR_STATS, stats, 0);
    return builder.endTable();
  }

  private static int scores(FlatBufferBuilder builder, Contents contents, String name) {
    builder.startTable(0);
    int content = content(builder, FEATURE_PROPERTIES, builder.endTable());
    int files = 0;
    if (!contents.labelFiles().isEmpty()) {
      int file = builder.createString(contents.labelFiles().getFirst());
      builder.startTable(FILE_TYPE + 1);
      builder.addOffset(FILE_NAME, file, 0);
      builder.addByte(FILE_TYPE, TENSOR_AXIS_LABELS, 0);
      files = Vectors.offsets(builder, List.of(builder.endTable()));
    }
    int text = builder.createString(name);
    builder.startTable(TENSOR_SLOTS);
    builder.addOffset(TENSOR_NAME, text, 0);
    builder.addOffset(TENSOR_CONTENT, content, 0);
    builder.addOffset(TENSOR_FILES, files, 0);
    return builder.endTable();
  }

  private static int content(FlatBufferBuilder builder, byte type, int properties) {
    builder.startTable(CONTENT_SLOTS);
    builder.addByte(CONTENT_TYPE, type, 0);
    builder.addOffset(CONTENT_PROPERTIES, properties, 0);
    return builder.endTable();
  }

  private static int normalization(FlatBufferBuilder builder, Contents contents) {
    int mean = Vectors.floats(builder, contents.mean());
    int deviation = Vectors.floats(builder, contents.deviation());
    builder.startTable(NORMALIZATION_DEVIATION + 1);
    builder.addOffset(NORMALIZATION_MEAN, mean, 0);
    builder.addOffset(NORMALIZATION_DEVIATION, deviation, 0);
    int options = builder.endTable();
    builder.startTable(UNIT_OPTIONS + 1);
    builder.addByte(UNIT_TYPE, NORMALIZATION, 0);
    builder.addOffset(UNIT_OPTIONS, options, 0);
    return Vectors.offsets(builder, List.of(builder.endTable()));
  }

  /** Writes the range of the normalized levels. */
  private static int stats(FlatBufferBuilder builder, Contents contents) {
    int max = Vectors.floats(builder, normalized(contents, 255));
    int min = Vectors.floats(builder, normalized(contents, 0));
    builder.startTable(STATS_MIN + 1);
    builder.addOffset(STATS_MAX, max, 0);
    builder.addOffset(STATS_MIN, min, 0);
    return builder.endTable();
  }

  private static List<Float> normalized(Contents contents, float level) {
    List<Float> normalized = new ArrayList<>();
    for (int i = 0; i < contents.mean().size(); i++) {
      normalized.add((level - contents.mean().get(i)) / contents.deviation().get(i));
    }
    return normalized;
  }
}
