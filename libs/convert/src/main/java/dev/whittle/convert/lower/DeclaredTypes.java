package dev.whittle.convert.lower;

import static dev.whittle.ir.tensor.TensorType.FLOAT32;

import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The float types that a model declares. All floats are computed in FLOAT32; inputs and outputs of
 * the model keep their declared types.
 */
public final class DeclaredTypes {
  private final Map<Integer, TensorType> types = new HashMap<>();

  /** Without declarations. */
  public DeclaredTypes() {}

  /** Sets the declared type of the values of FLOAT32 among others. */
  public void set(List<Value> values, TensorType type) {
    values.stream()
        .filter(value -> value.type() == FLOAT32)
        .forEach(value -> types.put(value.id(), type));
  }

  /** Returns the declared type of all values of FLOAT32 among others; FLOAT32 if they differ. */
  public TensorType common(List<Value> values) {
    List<TensorType> floats =
        values.stream()
            .filter(value -> value.type() == FLOAT32)
            .map(value -> types.getOrDefault(value.id(), FLOAT32))
            .distinct()
            .toList();
    return floats.size() == 1 ? floats.getFirst() : FLOAT32;
  }

  /** Casts a value to its declared type and keeps its name. */
  public Value restore(Emitter emit, Value value) {
    TensorType type = common(List.of(value));
    return value.type() != FLOAT32 || type == FLOAT32
        ? value
        : emit.graph().update(emit.cast(value, type).withName(value.name()));
  }
}
