package dev.whittle.convert.savedmodel;

import com.google.flatbuffers.FlexBuffersBuilder;
import com.google.protobuf.ByteString;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.CustomOp;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Operations without a lowering, which become custom operators of the same name. Their attributes
 * become a flexbuffer map, as TensorFlow's converter writes it, with the element types of
 * TensorFlow Lite.
 */
final class TensorFlowCustomOperations {
  private TensorFlowCustomOperations() {}

  static List<Item> keep(OperationCall call) {
    TfNode node = call.node();
    List<TensorType> types = call.walk().importer().file().outputTypes(node);
    if (types == null) {
      throw OperandException.unsupported(
          "a custom operation whose output types the file does not define");
    }
    List<Proto> shapes = node.shapes("_output_shapes");
    List<Value> outputs = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      Shape shape = i < shapes.size() ? DataTypes.shape(shapes.get(i)) : Shape.UNKNOWN;
      outputs.add(Value.of(0, node.name() + (i == 0 ? "" : ":" + i), types.get(i), shape));
    }
    var op = new CustomOp(node.op(), Constant.of(MemorySegment.ofArray(options(node))));
    return call
        .emit()
        .graph()
        .nodesAsDeclared(outputs, op, call.values().toArray(new Value[0]))
        .stream()
        .map(Item::of)
        .toList();
  }

  private static byte[] options(TfNode node) {
    var builder = new FlexBuffersBuilder();
    int map = builder.startMap();
    // In order of names, so that the same model gives the same file.
    new TreeMap<>(node.attributes())
        .forEach(
            (name, value) -> {
              if (!name.startsWith("_")) {
                put(builder, name, value);
              }
            });
    builder.endMap(null, map);
    ByteBuffer buffer = builder.finish();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static void put(FlexBuffersBuilder builder, String name, Proto value) {
    if (value.has(2)) {
      builder.putString(name, value.text(2));
    } else if (value.has(3)) {
      builder.putInt(name, value.integer(3));
    } else if (value.has(4)) {
      builder.putFloat(name, value.real(4));
    } else if (value.has(5)) {
      builder.putBoolean(name, value.flag(5));
    } else if (value.has(6)) {
      builder.putInt(name, DataTypes.type(value.integer(6)).code());
    } else if (value.has(1)) {
      putList(builder, name, value.message(1));
    }
  }

  private static void putList(FlexBuffersBuilder builder, String name, Proto list) {
    int vector = builder.startVector();
    for (ByteString text : list.bytes(2)) {
      builder.putString(text.toStringUtf8());
    }
    list.integers(3).forEach(builder::putInt);
    list.reals(4).forEach(builder::putFloat);
    list.integers(5).forEach(flag -> builder.putBoolean(flag != 0));
    list.integers(6).forEach(type -> builder.putInt(DataTypes.type(type).code()));
    builder.endVector(name, vector, false, false);
  }
}
