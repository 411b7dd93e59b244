package dev.whittle.tflite;

import com.google.flatbuffers.FlatBufferBuilder;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Metadata;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.op.CustomOp;
import dev.whittle.ir.tensor.Constant;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A file under construction: the flatbuffer, the constants after it, and the label archive. */
final class ModelLayout {
  private static final String IDENTIFIER = "TFL3";
  private static final int ALIGNMENT = 16;

  /** The metadata entry by which TensorFlow's converter marks files with buffers outside. */
  static final String LOCATION_NAME = "buffer_location";

  private static final String LOCATION_OUTSIDE = "outside flatbuffers";

  /** Runtimes read sizes 0 and 1 of a buffer outside the flatbuffer as "no contents". */
  private static final int MIN_OUTSIDE_BYTES = 2;

  private final Model model;
  private final TfliteWriter.Placement placement;
  private final BufferTable buffers = new BufferTable();
  private final List<Metadata> metadata;
  private final OperatorCodes codes;

  /** Offsets of the constants after the flatbuffer; known once its size is. */
  private final Map<Constant, Long> outside = new LinkedHashMap<>();

  ModelLayout(Model model, TfliteWriter.Placement placement) {
    this.model = model;
    this.placement = placement;
    this.codes = new OperatorCodes(model);
    this.metadata = metadata();
    for (Graph graph : model.graphs()) {
      graph.values().stream()
          .filter(v -> v.data() != null)
          .forEach(v -> buffers.add(Objects.requireNonNull(v.data())));
    }
    metadata.forEach(m -> buffers.add(m.data()));
  }

  private List<Metadata> metadata() {
    List<Metadata> entries = new ArrayList<>(model.metadata());
    if (model.metadata(Metadata.MIN_RUNTIME_VERSION).isEmpty()) {
      String minimum = RuntimeVersions.minimum(model, codes.versions());
      if (!minimum.isEmpty()) {
        entries.add(RuntimeVersions.metadata(minimum));
      }
    }
    if (placement == TfliteWriter.Placement.AFTER) {
      byte[] text = LOCATION_OUTSIDE.getBytes(StandardCharsets.US_ASCII);
      entries.add(new Metadata(LOCATION_NAME, Constant.of(text)));
    }
    return entries;
  }

  byte[] toBytes() {
    List<ByteBuffer> parts = parts();
    long size = parts.stream().mapToLong(ByteBuffer::remaining).sum();
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "the model takes %,d bytes, too many for an array; write it to a file".formatted(size));
    }
    byte[] bytes = new byte[(int) size];
    int at = 0;
    for (ByteBuffer part : parts) {
      int length = part.remaining();
      part.get(bytes, at, length);
      at += length;
    }
    return bytes;
  }

  /** Returns the parts of the file, in order. Constants are copied at most once. */
  List<ByteBuffer> parts() {
    collectOutside();
    ByteBuffer flatbuffer = build();
    List<ByteBuffer> parts = new ArrayList<>();
    if (!outside.isEmpty()) {
      // The flatbuffer has the same size with any offsets, so that a second build can fill them in.
      placeOutside(flatbuffer.remaining());
      flatbuffer = build();
    }
    parts.add(flatbuffer);
    long end = flatbuffer.remaining();
    for (Map.Entry<Constant, Long> entry : outside.entrySet()) {
      parts.add(ByteBuffer.allocate((int) (entry.getValue() - end)));
      addSlices(parts, entry.getKey());
      end = entry.getValue() + entry.getKey().byteSize();
    }
    parts.add(ByteBuffer.wrap(TrailingZip.at(end, model.trailer())));
    return parts;
  }

  private static void addSlices(List<ByteBuffer> parts, Constant constant) {
    long limit = 1L << 30;
    for (long at = 0; at < constant.byteSize(); at += limit) {
      long size = Math.min(limit, constant.byteSize() - at);
      parts.add(constant.bytes().asSlice(at, size).asByteBuffer());
    }
  }

  private void collectOutside() {
    if (placement == TfliteWriter.Placement.AFTER) {
      // Readers need the metadata before they know that buffers are outside.
      List<Constant> inside = metadata.stream().map(Metadata::data).toList();
      buffers.all().stream()
          .filter(b -> b.byteSize() >= MIN_OUTSIDE_BYTES && !inside.contains(b))
          .forEach(b -> outside.put(b, Long.MAX_VALUE));
    }
    for (Graph graph : model.graphs()) {
      graph.nodes().stream()
          .map(node -> node.op())
          .filter(op -> op instanceof CustomOp custom && custom.largeOptions())
          .forEach(op -> outside.put(((CustomOp) op).customOptions(), Long.MAX_VALUE));
    }
  }

  private void placeOutside(long flatbufferSize) {
    long at = flatbufferSize;
    for (Map.Entry<Constant, Long> entry : outside.entrySet()) {
      at = Math.ceilDiv(at, ALIGNMENT) * ALIGNMENT;
      entry.setValue(at);
      at += entry.getKey().byteSize();
    }
  }

  private ByteBuffer build() {
    long inside =
        buffers.all().stream()
            .filter(b -> !outside.containsKey(b))
            .mapToLong(b -> b.byteSize() + 64)
            .sum();
    // A builder of sufficient size never has to grow, which would copy its contents.
    int estimate = (int) Math.min(Integer.MAX_VALUE - 64, inside + 4096 + codes.sizeEstimate());
    var builder = new FlatBufferBuilder(estimate);
    int bufferVector =
        Vectors.offsets(builder, buffers.all().stream().map(b -> buffer(builder, b)).toList());
    int codeVector = Vectors.offsets(builder, codes.write(builder));
    var graphs = new GraphWriter(builder, buffers, codes, outside);
    int graphVector = Vectors.offsets(builder, graphs.write(model));
    int signatures =
        Vectors.offsets(
            builder, model.signatures().stream().map(s -> signature(builder, s)).toList());
    int entries =
        Vectors.offsets(builder, metadata.stream().map(m -> metadata(builder, m)).toList());
    int description = builder.createString(model.description());
    builder.startTable(Slots.MODEL_SLOTS);
    builder.addInt(Slots.MODEL_VERSION, model.version(), 0);
    builder.addOffset(Slots.MODEL_OPERATOR_CODES, codeVector, 0);
    builder.addOffset(Slots.MODEL_SUBGRAPHS, graphVector, 0);
    builder.addOffset(Slots.MODEL_DESCRIPTION, description, 0);
    builder.addOffset(Slots.MODEL_BUFFERS, bufferVector, 0);
    builder.addOffset(Slots.MODEL_METADATA, entries, 0);
    if (!model.signatures().isEmpty()) {
      builder.addOffset(Slots.MODEL_SIGNATURES, signatures, 0);
    }
    builder.finish(builder.endTable(), IDENTIFIER);
    return builder.dataBuffer();
  }

  private int buffer(FlatBufferBuilder builder, Constant data) {
    Long offset = outside.get(data);
    if (offset != null) {
      builder.startTable(Slots.BUFFER_SLOTS);
      builder.addLong(Slots.BUFFER_OFFSET, offset, 0);
      builder.addLong(Slots.BUFFER_SIZE, data.byteSize(), 0);
      return builder.endTable();
    }
    int vector = data.byteSize() == 0 ? 0 : bytes(builder, data);
    builder.startTable(Slots.BUFFER_SLOTS);
    builder.addOffset(Slots.BUFFER_DATA, vector, 0);
    return builder.endTable();
  }

  /** Writes bytes at a multiple of 16 from the start of the file, which runtimes rely on. */
  static int bytes(FlatBufferBuilder builder, Constant data) {
    int size = Math.toIntExact(data.byteSize());
    builder.createUnintializedVector(1, size, ALIGNMENT).put(data.bytes().asByteBuffer());
    return builder.endVector();
  }

  private int metadata(FlatBufferBuilder builder, Metadata entry) {
    int name = builder.createString(entry.name());
    builder.startTable(Slots.METADATA_SLOTS);
    builder.addOffset(Slots.METADATA_NAME, name, 0);
    builder.addInt(Slots.METADATA_BUFFER, buffers.add(entry.data()), 0);
    return builder.endTable();
  }

  private static int signature(FlatBufferBuilder builder, Signature signature) {
    int inputs = ports(builder, signature.inputs());
    int outputs = ports(builder, signature.outputs());
    int key = builder.createString(signature.key());
    builder.startTable(Slots.SIGNATURE_SLOTS);
    builder.addOffset(Slots.SIGNATURE_INPUTS, inputs, 0);
    builder.addOffset(Slots.SIGNATURE_OUTPUTS, outputs, 0);
    builder.addOffset(Slots.SIGNATURE_KEY, key, 0);
    builder.addInt(Slots.SIGNATURE_SUBGRAPH, signature.graph(), 0);
    return builder.endTable();
  }

  private static int ports(FlatBufferBuilder builder, List<Signature.Port> ports) {
    List<Integer> offsets = new ArrayList<>();
    for (Signature.Port port : ports) {
      int name = builder.createString(port.name());
      builder.startTable(Slots.PORT_SLOTS);
      builder.addOffset(Slots.PORT_NAME, name, 0);
      builder.addInt(Slots.PORT_TENSOR, port.value(), 0);
      offsets.add(builder.endTable());
    }
    return Vectors.offsets(builder, offsets);
  }
}
