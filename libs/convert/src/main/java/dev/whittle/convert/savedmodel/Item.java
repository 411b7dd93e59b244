package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Complex;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An input or output of an operation of a SavedModel. */
sealed interface Item {
  /**
   * A tensor.
   *
   * @param known the elements of a small vector or scalar of integers, null for unknown ones; null
   *     if no element is known
   */
  record Tensor(Value value, @Nullable List<@Nullable Long> known) implements Item {
    private static final int MAX_KNOWN = 64;

    public Tensor {
      known = value.isConstant() ? elements(value.contents()) : known;
    }

    private static @Nullable List<@Nullable Long> elements(
        dev.whittle.ir.tensor.@Nullable Tensor tensor) {
      if (tensor == null
          || !tensor.type().isInteger()
          || tensor.rank() > 1
          || tensor.elements() > MAX_KNOWN) {
        return null;
      }
      List<@Nullable Long> elements = new ArrayList<>();
      for (long i = 0; i < tensor.elements(); i++) {
        elements.add(tensor.getInteger(i));
      }
      return elements;
    }
  }

  /**
   * Complex numbers.
   *
   * @param whole the same as COMPLEX64; null if no operator computed it
   */
  record ComplexTensor(Complex parts, @Nullable Value whole) implements Item {}

  /** A variable, by the name of the operation that creates its handle. */
  record Variable(String handle) implements Item {}

  /** A tensor of a checkpoint that is assigned to a variable, by its key. */
  record Restored(String key) implements Item {}

  /**
   * A list of tensors of unknown shape.
   *
   * @param count the number of items
   * @param shapes receives the shapes of items that are set
   */
  record Reserved(TensorType type, Tensor count, List<Shape> shapes) implements Item {}

  /**
   * The handle of an array of TensorFlow 1, whose items are in a list.
   *
   * @param grows whether it grows when an item is set behind its end
   */
  record Array(boolean grows) implements Item {}

  /** A lookup table, by the name of the operation that creates it. */
  record Table(String handle, TensorType keyType, TensorType valueType) implements Item {}

  /** An output that only dropped operations read. */
  record Nothing() implements Item {}

  /** Returns a list of one element, which may be unknown. */
  static List<@Nullable Long> single(@Nullable Long value) {
    List<@Nullable Long> list = new ArrayList<>();
    list.add(value);
    return list;
  }

  static Item of(Value value) {
    return new Tensor(value, null);
  }
}
