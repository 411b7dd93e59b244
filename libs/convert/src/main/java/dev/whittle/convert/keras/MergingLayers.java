package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Einsum;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Normalizations;
import dev.whittle.convert.lower.ShapeMoves;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.math.LogicalOr;
import dev.whittle.ir.op.reduce.ReduceAny;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/** {@code keras.layers}: merging. */
final class MergingLayers {
  private MergingLayers() {}

  static void register(KerasTable table) {
    table.put("Add", call -> merge(call, call.emit()::add));
    table.put("Subtract", call -> merge(call, call.emit()::sub));
    table.put("Multiply", MergingLayers::multiply);
    table.put("Maximum", call -> merge(call, call.emit()::max));
    table.put("Minimum", call -> merge(call, call.emit()::min));
    // A layer that keras.applications.InceptionResNetV2 defines for itself.
    table.value(
        "CustomScaleLayer",
        call -> {
          List<Value> inputs = aligned(call);
          Value scaled = call.emit().mul(inputs.get(1), call.config().real("scale", 1));
          return call.emit().add(inputs.get(0), scaled);
        });
    table.put("Average", MergingLayers::average);
    table.put("Concatenate", MergingLayers::concatenate);
    table.value("Dot", MergingLayers::dot);
  }

  private static Argument merge(LayerCall call, BinaryOperator<Value> operator) {
    List<Value> inputs = aligned(call);
    Value merged = inputs.stream().reduce(operator).orElseThrow();
    return new Argument.OfTensor(merged, mask(call));
  }

  /** Multiplies inputs; a masked step is 1, or 0 in the result if it is masked in all inputs. */
  private static Argument multiply(LayerCall call) {
    Emitter emit = call.emit();
    List<Value> inputs = aligned(call);
    Value product = null;
    for (int i = 0; i < inputs.size(); i++) {
      Value x = inputs.get(i);
      Value mask = call.tensors().get(i).mask();
      Value factor =
          mask == null ? x : emit.where(over(emit, mask, x), x, emit.scalar(x.type(), 1));
      product = product == null ? factor : emit.mul(product, factor);
    }
    Value present = mask(call);
    Value y = Objects.requireNonNull(product);
    return new Argument.OfTensor(
        present == null ? y : emit.where(over(emit, present, y), y, emit.scalar(y.type(), 0)),
        present);
  }

  /** Returns a mask with as many axes as the tensor that it masks. */
  private static Value over(Emitter emit, Value mask, Value x) {
    Value wide = mask;
    while (Emitter.rank(wide) < Emitter.rank(x)) {
      wide = emit.expandDims(wide, -1);
    }
    return wide;
  }

  private static Argument average(LayerCall call) {
    var sum = (Argument.OfTensor) merge(call, call.emit()::add);
    Value floats = call.emit().cast(sum.value(), TensorType.FLOAT32);
    return new Argument.OfTensor(call.emit().mul(floats, 1.0 / call.tensors().size()), sum.mask());
  }

  /** Returns the inputs with axes added behind the batch, up to the largest rank. */
  private static List<Value> aligned(LayerCall call) {
    List<Value> inputs = call.tensors().stream().map(Argument.OfTensor::value).toList();
    if (inputs.size() < 2) {
      throw new MalformedModelException(
          call.describe() + ": expected at least two tensors to merge");
    }
    int rank = inputs.stream().mapToInt(v -> Emitter.rank(v)).max().orElse(0);
    List<Value> aligned = new ArrayList<>();
    for (Value input : inputs) {
      Value wide = input;
      while (Emitter.rank(wide) < rank && Emitter.rank(input) > 0) {
        wide = call.emit().expandDims(wide, 1);
      }
      aligned.add(wide);
    }
    return aligned;
  }

  /** Returns the mask of steps present in any input; null if an input has no mask. */
  private static @Nullable Value mask(LayerCall call) {
    List<@Nullable Value> masks = new ArrayList<>();
    call.tensors().forEach(t -> masks.add(t.mask()));
    if (masks.contains(null)) {
      return null;
    }
    return masks.stream()
        .map(Objects::requireNonNull)
        .reduce((a, b) -> call.emit().node(new LogicalOr(), a, b))
        .orElse(null);
  }

  private static Argument concatenate(LayerCall call) {
    Emitter emit = call.emit();
    List<Argument.OfTensor> tensors = call.tensors();
    int axis = call.config().integer("axis", -1);
    List<Value> values = tensors.stream().map(Argument.OfTensor::value).toList();
    if (values.isEmpty()) {
      throw new MalformedModelException(call.describe() + ": expected tensors to concatenate");
    }
    Value joined = ShapeMoves.concatenate(emit, axis, values);
    boolean masked = tensors.stream().anyMatch(t -> t.mask() != null);
    return new Argument.OfTensor(joined, masked ? joinedMask(emit, tensors, axis) : null);
  }

  /** Concatenates masks; all steps of an input without a mask are present. */
  private static Value joinedMask(Emitter emit, List<Argument.OfTensor> tensors, int axis) {
    List<Value> masks = new ArrayList<>();
    for (Argument.OfTensor tensor : tensors) {
      Value x = tensor.value();
      Value everywhere = emit.node(new Equal(), x, x);
      Value mask = tensor.mask();
      if (mask == null) {
        masks.add(everywhere);
      } else {
        Value wide = Emitter.rank(mask) < Emitter.rank(x) ? emit.expandDims(mask, -1) : mask;
        masks.add(emit.node(new dev.whittle.ir.op.math.LogicalAnd(), everywhere, wide));
      }
    }
    Value joined = emit.concat(axis, masks);
    return emit.reduce(new ReduceAny(false), joined, Emitter.rank(joined) - 1);
  }

  private static Value dot(LayerCall call) {
    Emitter emit = call.emit();
    List<Argument.OfTensor> tensors = call.tensors();
    if (tensors.size() != 2) {
      throw new MalformedModelException(
          call.describe() + ": expected two tensors, found " + tensors.size());
    }
    Value a = tensors.get(0).value();
    Value b = tensors.get(1).value();
    int[] stated = call.config().integers("axes", 2);
    int axisA = Emitter.axis(a, stated[0]);
    int axisB = Emitter.axis(b, stated[1]);
    if (call.config().flag("normalize", false)) {
      a = Normalizations.toUnitNorm(emit, a, 1e-7f, axisA);
      b = Normalizations.toUnitNorm(emit, b, 1e-7f, axisB);
    }
    return dot(emit, a, b, axisA, axisB);
  }

  /** Sums products over one axis of each input, sample by sample. */
  private static Value dot(Emitter emit, Value a, Value b, int axisA, int axisB) {
    if (axisA == 0 || axisB == 0) {
      throw OperandException.unsupported("a product over the batch");
    }
    String left = labels(a, axisA, 'a');
    String right = labels(b, axisB, 'm');
    String result = "z" + left.substring(1).replace("y", "") + right.substring(1).replace("y", "");
    Value product = Einsum.apply(emit, left + "," + right + "->" + result, List.of(a, b));
    return result.length() == 1 ? emit.expandDims(product, 1) : product;
  }

  private static String labels(Value x, int summed, char first) {
    var labels = new StringBuilder("z");
    for (int i = 1; i < Emitter.rank(x); i++) {
      labels.append(i == summed ? 'y' : (char) (first + i));
    }
    return labels.toString();
  }
}
