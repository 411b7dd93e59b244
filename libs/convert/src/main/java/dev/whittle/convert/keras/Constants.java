package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Constants in configurations. */
final class Constants {
  private Constants() {}

  /** Adds a constant of nested lists of numbers. */
  static Value ofNested(Emitter emit, @Nullable Object nested, String dtype) {
    List<Integer> dims = new ArrayList<>();
    for (Object at = nested;
        at instanceof List<?> list;
        at = list.isEmpty() ? null : list.getFirst()) {
      dims.add(list.size());
    }
    int[] dimensions = dims.stream().mapToInt(Integer::intValue).toArray();
    TensorType type = KerasImporter.type(dtype);
    if (!type.hasFixedSize()) {
      throw OperandException.unsupported("a constant of type %s", type);
    }
    Tensor tensor = Tensor.allocate(type, dimensions);
    long count = fill(tensor, nested, 0);
    if (count != tensor.elements()) {
      throw new MalformedModelException("a constant's lists have different lengths");
    }
    return emit.constant("constant", tensor);
  }

  private static long fill(Tensor tensor, @Nullable Object nested, long at) {
    if (nested instanceof List<?> list) {
      long next = at;
      for (Object item : list) {
        next = fill(tensor, item, next);
      }
      return next;
    }
    if (at >= tensor.elements()) {
      throw new MalformedModelException("a constant's lists have different lengths");
    }
    switch (nested) {
      case Boolean flag -> tensor.setBoolean(at, flag);
      case Number number -> {
        if (tensor.type() == TensorType.FLOAT32) {
          tensor.setFloat(at, number.floatValue());
        } else {
          tensor.setInteger(at, number.longValue());
        }
      }
      case null, default -> throw new MalformedModelException("a constant holds " + nested);
    }
    return at + 1;
  }
}
