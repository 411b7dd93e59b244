package dev.whittle.optimize.quantize;

import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.op.type.FakeQuant;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.rewrite.GraphEditor;
import dev.whittle.ir.rewrite.Rewriter;
import dev.whittle.ir.rewrite.Rule;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.Range;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Ranges from quantization-aware training. FAKE_QUANT operators, and pairs of QUANTIZE and
 * DEQUANTIZE, are removed. Their ranges become quantization parameters of the float values.
 */
final class TrainedRanges {
  private static final Rule FAKE_QUANT =
      new Rule(
          "absorb-fake-quant",
          "Replaces a FAKE_QUANT by the range of its value.",
          TrainedRanges::absorbFakeQuant);

  private static final Rule PAIR =
      new Rule(
          "absorb-quantize-dequantize",
          "Replaces a QUANTIZE with its DEQUANTIZE by the range of their value.",
          TrainedRanges::absorbPair);

  private TrainedRanges() {}

  /** Returns the model with ranges at its values in place of these operators. */
  static Model absorb(Model model) {
    boolean any =
        model.graphs().stream()
            .flatMap(g -> g.nodes().stream())
            .anyMatch(n -> n.op() instanceof FakeQuant || n.op() instanceof Quantize);
    return any ? Rewriter.rewrite(model, List.of(FAKE_QUANT, PAIR)).model() : model;
  }

  private static boolean absorbFakeQuant(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (!(node.op() instanceof FakeQuant fake)) {
      return false;
    }
    FakeQuant.Range range = fake.range();
    keep(
        editor,
        handle,
        node.inputs().getFirst(),
        new Quantization(
            List.of(range.low()), List.of(range.high()), List.of(), List.of(), 0, null));
    return true;
  }

  private static boolean absorbPair(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (!(node.op() instanceof Dequantize)) {
      return false;
    }
    int middle = node.inputs().getFirst();
    Node before = editor.producer(middle);
    if (before == null
        || !(before.op() instanceof Quantize)
        || !editor.hasSingleUse(middle)
        || editor.value(before.inputs().getFirst()).type() != TensorType.FLOAT32) {
      return false;
    }
    Value quantized = editor.value(middle);
    Quantization stated = quantized.quantization();
    int source = before.inputs().getFirst();
    if (stated == null || !stated.isQuantized()) {
      return false;
    }
    keep(
        editor,
        handle,
        source,
        editor.value(source).isConstant() ? stated : limits(stated, quantized.type()));
    int beforeHandle = editor.producerHandle(middle);
    if (beforeHandle >= 0 && editor.consumers(middle).isEmpty()) {
      editor.remove(beforeHandle);
    }
    return true;
  }

  private static Quantization limits(Quantization stated, TensorType type) {
    float scale = stated.scaleValue();
    int zeroPoint = stated.zeroPointValue();
    return new Quantization(
        List.of(scale * (type.minInteger() - zeroPoint)),
        List.of(scale * (type.maxInteger() - zeroPoint)),
        List.of(),
        List.of(),
        0,
        null);
  }

  /** Sets the parameters of a node's input and replaces the node's output by that input. */
  private static void keep(GraphEditor editor, int handle, int source, Quantization parameters) {
    int output = editor.node(handle).outputs().getFirst();
    Value value = editor.value(source);
    int kept = source;
    if (value.isConstant() && editor.consumers(source).size() > 1) {
      kept = editor.add(value.withQuantization(parameters)).id();
    } else {
      editor.update(value.withQuantization(parameters));
    }
    editor.remove(handle);
    editor.replaceUses(output, kept);
  }

  /** Returns the trained range of a computed value; null if it has none. */
  static @Nullable Range of(Value value) {
    Quantization stated = value.quantization();
    return stated == null || stated.min().size() != 1 || stated.max().size() != 1
        ? null
        : rangeOrNull(stated.min().getFirst(), stated.max().getFirst());
  }

  private static @Nullable Range rangeOrNull(float min, float max) {
    return Float.isFinite(min) && Float.isFinite(max) && min < max ? new Range(min, max) : null;
  }

  /** Returns the scales with which weights were trained; null if the value has none. */
  static float @Nullable [] weightScales(Value value) {
    Quantization stated = value.quantization();
    if (stated == null || !value.isConstant() || value.type() != TensorType.FLOAT32) {
      return null;
    }
    if (stated.isQuantized()) {
      return stated.zeroPoint().stream().allMatch(z -> z == 0) ? stated.scales() : null;
    }
    List<Float> scales = new ArrayList<>();
    for (int i = 0; i < Math.min(stated.min().size(), stated.max().size()); i++) {
      scales.add(Math.max(-stated.min().get(i), stated.max().get(i)) / Byte.MAX_VALUE);
    }
    float[] all = new float[scales.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = scales.get(i);
    }
    return all.length == 0 || !(all[0] > 0) ? null : all;
  }
}
