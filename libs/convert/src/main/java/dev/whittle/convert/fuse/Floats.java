package dev.whittle.convert.fuse;

import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import dev.whittle.ir.rewrite.GraphEditor;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Float constants of a graph that is being rewritten. */
final class Floats {
  private Floats() {}

  /** The contents of a plain float constant; null for anything else. */
  static float @Nullable [] contents(GraphEditor editor, int id) {
    Tensor tensor = tensor(editor, id);
    return tensor == null ? null : tensor.toFloats();
  }

  static @Nullable Tensor tensor(GraphEditor editor, int id) {
    if (id == Node.ABSENT) {
      return null;
    }
    Value value = editor.value(id);
    return value.type() == TensorType.FLOAT32 && !value.isVariable() ? value.contents() : null;
  }

  static int @Nullable [] integers(GraphEditor editor, int id) {
    if (id == Node.ABSENT) {
      return null;
    }
    Value value = editor.value(id);
    Tensor contents = value.type() == TensorType.INT32 ? value.contents() : null;
    return contents == null
        ? null
        : Arrays.stream(contents.toLongs()).mapToInt(v -> (int) v).toArray();
  }

  /**
   * A constant that broadcasts along the last axis only, one number per channel.
   *
   * @return null if it is no constant or depends on another axis
   */
  static float @Nullable [] perChannel(GraphEditor editor, int id, int channels) {
    Tensor tensor = tensor(editor, id);
    if (tensor == null) {
      return null;
    }
    float[] all = new float[channels];
    if (tensor.elements() == 1) {
      Arrays.fill(all, tensor.getFloat(0));
      return all;
    }
    boolean lastOnly =
        tensor.elements() == channels
            && tensor.rank() > 0
            && tensor.dim(tensor.rank() - 1) == channels;
    return lastOnly ? tensor.toFloats() : null;
  }

  static Value add(GraphEditor editor, String name, float[] values, int... dims) {
    return editor.add(
        Value.of(0, name, TensorType.FLOAT32, Shape.of(dims))
            .withData(Constant.of(Tensor.onHeap(values, dims).data())));
  }

  static Value add(GraphEditor editor, String name, int... values) {
    return add(editor, name, Tensor.of(values, values.length));
  }

  static Value add(GraphEditor editor, String name, Tensor tensor) {
    return editor.add(
        Value.of(0, name, tensor.type(), tensor.shape()).withData(Constant.of(tensor.data())));
  }
}
