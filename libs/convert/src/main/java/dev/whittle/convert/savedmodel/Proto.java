package dev.whittle.convert.savedmodel;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnknownFieldSet;
import dev.whittle.ir.MalformedModelException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A protocol buffer message whose fields are read by number. */
final class Proto {
  private static final int MAX_DEPTH = 100;

  private final UnknownFieldSet fields;
  private final String place;

  private Proto(UnknownFieldSet fields, String place) {
    this.fields = fields;
    this.place = place;
  }

  /**
   * Parses a message.
   *
   * @throws MalformedModelException if the bytes are not a message
   */
  static Proto parse(ByteString bytes, String place) {
    try {
      CodedInputStream in = bytes.newCodedInput();
      in.setRecursionLimit(MAX_DEPTH);
      return new Proto(UnknownFieldSet.parseFrom(in), place);
    } catch (IOException e) {
      throw new MalformedModelException(
          place + ": cannot be parsed: it is truncated or damaged", e);
    }
  }

  static Proto of(UnknownFieldSet fields, String place) {
    return new Proto(fields, place);
  }

  /** Returns an attribute that names a function. */
  static Proto ofFunction(String name) {
    var text = UnknownFieldSet.Field.newBuilder().addLengthDelimited(ByteString.copyFromUtf8(name));
    var function = UnknownFieldSet.newBuilder().addField(1, text.build()).build();
    var attribute =
        UnknownFieldSet.Field.newBuilder().addLengthDelimited(function.toByteString()).build();
    return new Proto(UnknownFieldSet.newBuilder().addField(10, attribute).build(), name);
  }

  String place() {
    return place;
  }

  boolean has(int field) {
    return fields.hasField(field);
  }

  private Proto child(ByteString bytes) {
    return parse(bytes, place);
  }

  /** Returns all messages in a repeated field. */
  List<Proto> messages(int field) {
    return fields.getField(field).getLengthDelimitedList().stream().map(this::child).toList();
  }

  /** Returns the message in a field; an empty one if the field is missing. */
  Proto message(int field) {
    List<ByteString> all = bytes(field);
    return child(all.isEmpty() ? ByteString.EMPTY : all.getLast());
  }

  List<ByteString> bytes(int field) {
    return fields.getField(field).getLengthDelimitedList();
  }

  List<String> texts(int field) {
    return bytes(field).stream().map(ByteString::toStringUtf8).toList();
  }

  String text(int field) {
    List<String> all = texts(field);
    return all.isEmpty() ? "" : all.getLast();
  }

  /** Returns a number; zero if the field is missing. */
  long integer(int field) {
    List<Long> all = fields.getField(field).getVarintList();
    return all.isEmpty() ? 0 : all.getLast();
  }

  boolean flag(int field) {
    return integer(field) != 0;
  }

  float real(int field) {
    List<Integer> all = fields.getField(field).getFixed32List();
    return all.isEmpty() ? 0 : Float.intBitsToFloat(all.getLast());
  }

  /** Returns repeated numbers, packed or not. */
  List<Long> integers(int field) {
    List<Long> all = new ArrayList<>(fields.getField(field).getVarintList());
    for (ByteString packed : bytes(field)) {
      CodedInputStream in = packed.newCodedInput();
      try {
        while (!in.isAtEnd()) {
          all.add(in.readRawVarint64());
        }
      } catch (IOException e) {
        throw new MalformedModelException(place + ": a list of numbers is cut off", e);
      }
    }
    return all;
  }

  /** Returns repeated 32-bit floats, packed or not. */
  List<Float> reals(int field) {
    List<Float> all = new ArrayList<>();
    fields.getField(field).getFixed32List().forEach(b -> all.add(Float.intBitsToFloat(b)));
    for (ByteString packed : bytes(field)) {
      for (int i = 0; i + 4 <= packed.size(); i += 4) {
        all.add(packed.substring(i, i + 4).asReadOnlyByteBuffer().order(LITTLE).getFloat());
      }
    }
    return all;
  }

  /** Returns repeated 64-bit floats, packed or not. */
  List<Double> doubles(int field) {
    List<Double> all = new ArrayList<>();
    fields.getField(field).getFixed64List().forEach(b -> all.add(Double.longBitsToDouble(b)));
    for (ByteString packed : bytes(field)) {
      for (int i = 0; i + 8 <= packed.size(); i += 8) {
        all.add(packed.substring(i, i + 8).asReadOnlyByteBuffer().order(LITTLE).getDouble());
      }
    }
    return all;
  }

  int fixed32(int field) {
    List<Integer> all = fields.getField(field).getFixed32List();
    return all.isEmpty() ? 0 : all.getLast();
  }

  /** Returns a map from texts to messages. */
  Map<String, Proto> map(int field) {
    Map<String, Proto> map = new LinkedHashMap<>();
    messages(field).forEach(entry -> map.put(entry.text(1), entry.message(2)));
    return map;
  }

  /** Returns a map from texts to texts. */
  Map<String, String> textMap(int field) {
    Map<String, String> map = new LinkedHashMap<>();
    messages(field).forEach(entry -> map.put(entry.text(1), entry.text(2)));
    return map;
  }

  private static final java.nio.ByteOrder LITTLE = java.nio.ByteOrder.LITTLE_ENDIAN;
}
