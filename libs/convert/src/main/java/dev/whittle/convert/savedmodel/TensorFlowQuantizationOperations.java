package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Round;
import dev.whittle.ir.op.type.FakeQuant;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;

/** Operations that simulate quantization. */
final class TensorFlowQuantizationOperations {
  private TensorFlowQuantizationOperations() {}

  static void register(TensorFlowOperations table) {
    table.single(
        "FakeQuantWithMinMaxArgs",
        call -> fakeQuant(call, call.node().real("min", -6), call.node().real("max", 6)));
    table.single(
        "FakeQuantWithMinMaxVars", call -> fakeQuant(call, bound(call, 1), bound(call, 2)));
    table.single(
        "FakeQuantWithMinMaxVarsPerChannel", TensorFlowQuantizationOperations::fakeQuantChannels);
    for (String name : List.of("QuantizeAndDequantizeV2", "QuantizeAndDequantizeV4")) {
      table.single(name, TensorFlowQuantizationOperations::quantizeAndDequantize);
    }
  }

  /** Returns a bound of a range, which has to be constant. */
  private static float bound(OperationCall call, int input) {
    Tensor contents = call.value(input).contents();
    if (contents == null || contents.elements() != 1) {
      throw OperandException.unsupported("a range that is computed, or one per channel");
    }
    return contents.getFloat(0);
  }

  private static Value fakeQuant(OperationCall call, float min, float max) {
    TfNode node = call.node();
    int bits = (int) node.integer("num_bits", 8);
    var op = new FakeQuant(min, max, bits, node.flag("narrow_range", false));
    return call.emit().node(op, call.x());
  }

  /**
   * Rounds each slice along the last axis to a range of its own. The pair of QUANTIZE and
   * DEQUANTIZE is that of TensorFlow's converter; of constants it leaves floats that state the
   * parameters.
   */
  private static Value fakeQuantChannels(OperationCall call) {
    TfNode node = call.node();
    int bits = (int) node.integer("num_bits", 8);
    boolean narrow = node.flag("narrow_range", false);
    float[] min = bounds(call, 1);
    float[] max = bounds(call, 2);
    Shape shape = call.x().shape();
    if (bits < 2 || bits > 8 || min.length != max.length || !shape.isRankKnown()) {
      throw OperandException.unsupported(
          "%d bits, and %d and %d bounds of a tensor of shape %s; expected 2 to 8 bits, and as"
              + " many bounds as the last dimension",
          bits, min.length, max.length, shape);
    }
    Quantization parameters =
        FakeQuant.parameters(min, max, bits, narrow, Math.max(0, shape.rank() - 1));
    Emitter emit = call.emit();
    Value x = call.x();
    if (bits < Byte.SIZE || narrow) {
      // The integers have numbers outside the range.
      x = emit.max(x, emit.constant("low", Tensor.of(floats(parameters.min()), min.length)));
      x = emit.min(x, emit.constant("high", Tensor.of(floats(parameters.max()), min.length)));
    }
    return emit.throughIntegers(x, TensorType.INT8, parameters);
  }

  private static float[] floats(List<Float> list) {
    float[] all = new float[list.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = list.get(i);
    }
    return all;
  }

  /** Returns the bounds of the slices, which have to be constant. */
  private static float[] bounds(OperationCall call, int input) {
    Tensor contents = call.value(input).contents();
    if (contents == null || contents.rank() != 1) {
      throw OperandException.unsupported("ranges that are computed");
    }
    return contents.toFloats();
  }

  /** Rounds to a grid whose ends TensorFlow moves so that zero is on it. */
  private static Value quantizeAndDequantize(OperationCall call) {
    TfNode node = call.node();
    boolean fits =
        node.flag("range_given", false)
            && node.integer("axis", -1) == -1
            && node.text("round_mode", "HALF_TO_EVEN").equals("HALF_TO_EVEN");
    if (!fits) {
      throw OperandException.unsupported("a range that follows from the data, or one per axis");
    }
    double min = bound(call, 1);
    double max = bound(call, 2);
    int bits = (int) node.integer("num_bits", 8);
    boolean signed = node.flag("signed_input", true);
    double first = signed ? -Math.scalb(1.0, bits - 1) : 0;
    double last = signed ? -first - 1 : Math.scalb(1.0, bits) - 1;
    first += signed && node.flag("narrow_range", false) ? 1 : 0;
    double fromMin = min * first > 0 ? first / min : Double.MAX_VALUE;
    double fromMax = max * last > 0 ? last / max : Double.MAX_VALUE;
    double scale = Math.min(fromMin, fromMax);
    Emitter emit = call.emit();
    Value bounded = emit.min(emit.max(call.x(), first / scale), last / scale);
    Value rounded = emit.node(new Round(), emit.mul(bounded, scale));
    return emit.mul(rounded, 1 / scale);
  }
}
