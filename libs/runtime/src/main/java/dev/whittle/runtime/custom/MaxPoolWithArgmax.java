package dev.whittle.runtime.custom;

import com.google.flatbuffers.FlexBuffers;
import dev.whittle.ir.CustomOperator;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * TensorFlow's operation {@code MaxPoolWithArgmax}: the maximum of each window, and its index in
 * the flattened image (or in the flattened batch).
 */
public final class MaxPoolWithArgmax implements CustomOperator {
  private static final int MAX_WINDOW = 1 << 16;

  private record Attributes(
      int height, int width, int strideHeight, int strideWidth, boolean same, boolean countsBatch) {
    static Attributes of(byte[] options) {
      Attributes attributes = FlexOptions.read(options, Attributes::of);
      if (attributes.height < 1
          || attributes.width < 1
          || attributes.strideHeight < 1
          || attributes.strideWidth < 1
          || Math.max(attributes.height, attributes.width) > MAX_WINDOW) {
        throw OperandException.invalid("has the options %s", attributes);
      }
      return attributes;
    }

    private static Attributes of(FlexBuffers.Map map) {
      FlexBuffers.Vector size = map.get("ksize").asVector();
      FlexBuffers.Vector strides = map.get("strides").asVector();
      return new Attributes(
          size.get(1).asInt(),
          size.get(2).asInt(),
          strides.get(1).asInt(),
          strides.get(2).asInt(),
          map.get("padding").asString().equals("SAME"),
          map.get("include_batch_in_index").asBoolean());
    }

    int dimension(int in, int window, int stride) {
      if (in == Shape.DYNAMIC) {
        return Shape.DYNAMIC;
      }
      return same ? Math.ceilDiv(in, stride) : Math.max(0, Math.ceilDiv(in - window + 1, stride));
    }

    /** Returns the padding before the input. */
    int margin(int in, int window, int stride) {
      return same ? Math.max(0, (dimension(in, window, stride) - 1) * stride + window - in) / 2 : 0;
    }
  }

  @Override
  public String name() {
    return "MaxPoolWithArgmax";
  }

  @Override
  public List<TypedShape> infer(Operands operands, byte[] options) {
    Attributes attributes = Attributes.of(options);
    Shape input = operands.shape(0);
    if (!input.isRankKnown()) {
      return List.of(
          new TypedShape(operands.type(0), Shape.UNKNOWN),
          new TypedShape(operands.output(1).type(), Shape.UNKNOWN));
    }
    if (input.rank() != 4) {
      throw OperandException.invalid("an input %s", input);
    }
    Shape output =
        Shape.of(
            input.dim(0),
            attributes.dimension(input.dim(1), attributes.height, attributes.strideHeight),
            attributes.dimension(input.dim(2), attributes.width, attributes.strideWidth),
            input.dim(3));
    return List.of(
        new TypedShape(operands.type(0), output),
        new TypedShape(operands.output(1).type(), output));
  }

  @Override
  public Kernel kernel(Operands operands, byte[] options) {
    Attributes attributes = Attributes.of(options);
    TensorType places = operands.output(1).type();
    if (operands.type(0) != TensorType.FLOAT32
        || (places != TensorType.INT32 && places != TensorType.INT64)) {
      throw OperandException.unsupported(
          "no kernel for operands of type %s and %s", operands.type(0), places);
    }
    return invocation -> run(invocation, attributes);
  }

  private static void run(Invocation invocation, Attributes attributes) {
    Tensor input = invocation.input(0);
    Tensor output = invocation.output(0);
    int height = input.dim(1);
    int width = input.dim(2);
    int channels = input.dim(3);
    int top = attributes.margin(height, attributes.height, attributes.strideHeight);
    int left = attributes.margin(width, attributes.width, attributes.strideWidth);
    long image = (long) height * width * channels;
    long at = 0;
    for (int b = 0; b < output.dim(0); b++) {
      for (int y = 0; y < output.dim(1); y++) {
        for (int x = 0; x < output.dim(2); x++) {
          for (int c = 0; c < channels; c++) {
            int firstY = y * attributes.strideHeight - top;
            int firstX = x * attributes.strideWidth - left;
            long place = greatest(input, b * image, firstY, firstX, c, attributes);
            output.setFloat(at, input.getFloat(place));
            invocation.output(1).setInteger(at, attributes.countsBatch ? place : place - b * image);
            at++;
          }
        }
      }
    }
  }

  private static long greatest(
      Tensor input, long first, int firstY, int firstX, int channel, Attributes attributes) {
    long best = -1;
    int endY = Math.min(input.dim(1), firstY + attributes.height);
    int endX = Math.min(input.dim(2), firstX + attributes.width);
    for (int y = Math.max(0, firstY); y < endY; y++) {
      for (int x = Math.max(0, firstX); x < endX; x++) {
        long place = first + ((long) y * input.dim(2) + x) * input.dim(3) + channel;
        if (best < 0 || input.getFloat(place) > input.getFloat(best)) {
          best = place;
        }
      }
    }
    return best;
  }
}
