package dev.whittle.optimize.quantize;

import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.QuantizationRule;
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
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Ranges from quantization-aware training. FAKE_QUANT operators, and pairs of QUANTIZE and
 * DEQUANTIZE, are removed. Their parameters become those of the float values. A value that is also
 * read without them keeps its operator, whose output gets the parameters.
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

  private static final Rule SHARE =
      new Rule(
          "share-trained-range",
          "Gives a trained range to values that have the same scale.",
          TrainedRanges::share);

  private TrainedRanges() {}

  /** Returns the model with ranges at its values in place of these operators. */
  static Model absorb(Model model) {
    boolean any =
        model.graphs().stream()
            .flatMap(g -> g.nodes().stream())
            .anyMatch(n -> n.op() instanceof FakeQuant || n.op() instanceof Quantize);
    if (!any) {
      return model;
    }
    Model absorbed = Rewriter.rewrite(model, List.of(FAKE_QUANT, PAIR)).model();
    return Rewriter.rewrite(absorbed, List.of(SHARE)).model();
  }

  private static boolean absorbFakeQuant(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (!(node.op() instanceof FakeQuant fake)) {
      return false;
    }
    FakeQuant.Range range = fake.range();
    Quantization parameters = fake.parameters();
    return keep(
        editor,
        handle,
        node.inputs().getFirst(),
        parameters != null && fake.bits() == Byte.SIZE
            ? parameters
            : new Quantization(
                List.of(range.low()), List.of(range.high()), List.of(), List.of(), 0, null));
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
    if (stated == null || stated.scale().size() != 1) {
      return false;
    }
    int beforeHandle = editor.producerHandle(middle);
    if (!readsOnly(editor, source, beforeHandle) || conflicts(editor, source, stated)) {
      return false;
    }
    keep(editor, handle, source, limits(stated, quantized.type()));
    if (beforeHandle >= 0 && editor.consumers(middle).isEmpty()) {
      editor.remove(beforeHandle);
    }
    return true;
  }

  private static Quantization limits(Quantization stated, TensorType type) {
    float scale = stated.scaleValue();
    int zeroPoint = stated.zeroPointValue();
    int shift = type == TensorType.UINT8 ? Byte.MIN_VALUE : 0;
    boolean eightBits = type == TensorType.INT8 || type == TensorType.UINT8;
    return new Quantization(
        List.of(scale * (type.minInteger() - zeroPoint)),
        List.of(scale * (type.maxInteger() - zeroPoint)),
        eightBits ? List.of(scale) : List.of(),
        eightBits ? List.of((long) zeroPoint + shift) : List.of(),
        0,
        null);
  }

  private static boolean readsOnly(GraphEditor editor, int value, int reader) {
    return !editor.isOutput(value) && editor.consumers(value).stream().allMatch(c -> c == reader);
  }

  /** Returns whether a value has trained parameters already, and they are others. */
  private static boolean conflicts(GraphEditor editor, int id, Quantization parameters) {
    Value value = editor.value(id);
    return of(value) != null && !parameters.equals(value.quantization());
  }

  /**
   * Sets the parameters of a node's input and replaces the node's output by that input. If the
   * input has other readers or parameters, the node stays and its output gets the parameters.
   */
  private static boolean keep(GraphEditor editor, int handle, int source, Quantization parameters) {
    int output = editor.node(handle).outputs().getFirst();
    Value value = editor.value(source);
    boolean shared =
        editor.isOutput(source)
            || editor.consumers(source).stream()
                .anyMatch(reader -> !editor.node(reader).op().equals(editor.node(handle).op()));
    if (value.isConstant() || (!shared && !conflicts(editor, source, parameters))) {
      int kept = source;
      if (value.isConstant() && editor.consumers(source).size() > 1) {
        kept = editor.add(value.withQuantization(parameters)).id();
      } else {
        editor.update(value.withQuantization(parameters));
      }
      editor.remove(handle);
      editor.replaceUses(output, kept);
      return true;
    }
    Value result = editor.value(output);
    if (parameters.equals(result.quantization())) {
      return false;
    }
    editor.update(result.withQuantization(parameters));
    return true;
  }

  // Operators that move elements

  /**
   * Extends trained ranges over operators with one scale for all operands, as {@code
   * QuantizationDriver} of TensorFlow's converter: from an input to outputs, from an output to
   * inputs. If an input that only this operator reads has another range, that of the output holds.
   */
  private static boolean share(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    QuantizationRule rule = node.op().quantizationRule();
    if (!rule.sharesScales()) {
      return false;
    }
    List<Integer> inputs =
        node.inputs().stream().filter(id -> isActivation(editor, id)).distinct().toList();
    List<Integer> outputs = node.outputs().stream().filter(id -> isActivation(editor, id)).toList();
    Quantization trained = common(editor, outputs);
    if (trained == null) {
      trained = common(editor, inputs);
      if (trained == null || outputs.stream().anyMatch(id -> of(editor.value(id)) != null)) {
        return false;
      }
      boolean forward = spread(editor, outputs, trained);
      return spread(editor, inputs, trained) || forward;
    }
    boolean changed = spread(editor, inputs, trained);
    for (int id : inputs) {
      Value value = editor.value(id);
      Node producer = editor.producer(id);
      boolean free =
          readsOnly(editor, id, handle)
              && !trained.equals(value.quantization())
              && (producer == null
                  || (producer.op().quantizationRule().fixedOutput(TensorType.INT8) == null
                      && !producer.op().quantizationRule().sharesScales()));
      if (free) {
        editor.update(value.withQuantization(trained));
        changed = true;
      }
    }
    return changed;
  }

  private static boolean isActivation(GraphEditor editor, int id) {
    return id != Node.ABSENT
        && editor.value(id).type() == TensorType.FLOAT32
        && !editor.value(id).isConstant()
        && !editor.value(id).isVariable();
  }

  /** Returns the parameters that all values with trained ranges have; null if there are none. */
  private static @Nullable Quantization common(GraphEditor editor, List<Integer> ids) {
    List<Quantization> all =
        ids.stream()
            .map(editor::value)
            .filter(v -> of(v) != null)
            .map(Value::quantization)
            .distinct()
            .toList();
    return all.size() == 1 ? all.getFirst() : null;
  }

  private static boolean spread(GraphEditor editor, List<Integer> ids, Quantization trained) {
    boolean changed = false;
    for (int id : ids) {
      Value value = editor.value(id);
      Node producer = editor.producer(id);
      boolean prescribed =
          producer != null && producer.op().quantizationRule().fixedOutput(TensorType.INT8) != null;
      if (of(value) == null && !prescribed) {
        editor.update(value.withQuantization(trained));
        changed = true;
      }
    }
    return changed;
  }

  // Parameters

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

  /** Returns the trained parameters of a float value in INT8; null if it has none. */
  static @Nullable Quantization parameters(Value value) {
    Quantization stated = value.quantization();
    return stated == null
            || value.type() != TensorType.FLOAT32
            || stated.scale().size() != 1
            || (!value.isConstant() && of(value) == null)
        ? null
        : Quantization.perTensor(stated.scaleValue(), stated.zeroPointValue());
  }
}
