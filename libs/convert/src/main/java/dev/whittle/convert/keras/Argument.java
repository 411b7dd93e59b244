package dev.whittle.convert.keras;

import dev.whittle.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An argument or result of a layer: tensors and constants in any nesting. */
sealed interface Argument {
  /**
   * A tensor.
   *
   * @param mask the Keras mask of the tensor: a boolean per time step, false for masked steps; null
   *     for none
   */
  record OfTensor(Value value, @Nullable Value mask) implements Argument {}

  /** A list or tuple. */
  record OfList(List<Argument> items) implements Argument {
    public OfList {
      items = List.copyOf(items);
    }
  }

  /** A dictionary. */
  record OfMap(Map<String, Argument> items) implements Argument {}

  /**
   * A Python constant.
   *
   * @param value a string, long, double, boolean or null
   */
  record Literal(@Nullable Object value) implements Argument {}

  /** A Python slice. */
  record OfSlice(Argument start, Argument stop, Argument step) implements Argument {}

  /** Python's {@code ...}. */
  record Ellipsis() implements Argument {}

  static Argument of(Value value) {
    return new OfTensor(value, null);
  }

  /** Returns all nested tensors in Keras' order: of lists in order, of dictionaries by key. */
  static List<OfTensor> tensors(Argument argument) {
    List<OfTensor> found = new ArrayList<>();
    collect(argument, found);
    return found;
  }

  private static void collect(Argument argument, List<OfTensor> found) {
    switch (argument) {
      case OfTensor tensor -> found.add(tensor);
      case OfList list -> list.items().forEach(item -> collect(item, found));
      case OfMap map ->
          map.items().entrySet().stream()
              .sorted(Map.Entry.comparingByKey())
              .forEach(entry -> collect(entry.getValue(), found));
      case Literal _, OfSlice _, Ellipsis _ -> {}
    }
  }
}
