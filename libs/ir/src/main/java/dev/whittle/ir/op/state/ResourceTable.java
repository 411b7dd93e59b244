package dev.whittle.ir.op.state;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.VariableStore;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The resource variables and hash tables of one interpreter. */
final class ResourceTable implements VariableStore {
  private final Map<String, Integer> ids = new HashMap<>();
  private final Map<Integer, Tensor> variables = new HashMap<>();
  private final Map<Integer, Map<Object, Object>> tables = new HashMap<>();

  /** Returns the resources of the interpreter that runs an invocation. */
  static ResourceTable of(Invocation invocation) {
    return invocation.resource("resources", ResourceTable.class, ResourceTable::new);
  }

  /**
   * Returns the handle that input 0 of an invocation has.
   *
   * @throws OperandException if it is not one handle
   */
  static int handle(Invocation invocation) {
    Tensor handle = invocation.input(0);
    if (handle.elements() != 1) {
      throw OperandException.invalid(
          "the resource operand has %d handles; expected 1", handle.elements());
    }
    return handle.getInt(0);
  }

  @Override
  public @Nullable Shape shape(String variable) {
    Integer id = ids.get(variable);
    Tensor contents = id == null ? null : variables.get(id);
    return contents == null ? null : contents.shape();
  }

  /** Returns the handle of a variable; a new one for a new name. */
  int handle(String name) {
    return ids.computeIfAbsent(name, k -> ids.size());
  }

  /**
   * Returns the contents of a variable.
   *
   * @throws OperandException if nothing has been assigned to it
   */
  Tensor variable(int id) {
    Tensor variable = variables.get(id);
    if (variable == null) {
      throw OperandException.invalid("variable %d is read before a value is assigned to it", id);
    }
    return variable;
  }

  /** Copies the shape and contents of a tensor to a variable. */
  void assign(int id, Tensor value) {
    Tensor variable = variables.get(id);
    if (variable == null || variable.type() != value.type()) {
      variable = new Tensor(value.type(), value.quantization(), Tensor.Allocator.AUTOMATIC);
      variables.put(id, variable);
    }
    variable.copyFrom(value);
  }

  /**
   * Requires types that hash tables support: INT64 to STRING or STRING to INT64.
   *
   * @throws OperandException if the types are others
   */
  static void requireTypes(TensorType keys, TensorType values) {
    boolean fits =
        (keys == TensorType.INT64 && values == TensorType.STRING)
            || (keys == TensorType.STRING && values == TensorType.INT64);
    if (!fits) {
      throw OperandException.unsupported("no kernel for a hash table from %s to %s", keys, values);
    }
  }

  private Map<Object, Object> table(int id) {
    return tables.computeIfAbsent(id, k -> new HashMap<>());
  }

  /** Initializes a table. A table that is not empty remains unchanged. */
  void fill(int id, Tensor keys, Tensor values) {
    requireTypes(keys.type(), values.type());
    if (keys.elements() != values.elements()) {
      throw OperandException.invalid(
          "%d keys and %d values; expected the same number", keys.elements(), values.elements());
    }
    Map<Object, Object> table = table(id);
    if (!table.isEmpty()) {
      return;
    }
    List<Object> from = objects(keys);
    List<Object> to = objects(values);
    for (int i = 0; i < from.size(); i++) {
      table.put(from.get(i), to.get(i));
    }
  }

  /**
   * Looks up keys in a table.
   *
   * @param id the table
   * @param keys the keys
   * @param defaultValue the value of keys that are missing, a scalar
   * @param output receives the values
   */
  void find(int id, Tensor keys, Tensor defaultValue, Tensor output) {
    requireTypes(keys.type(), defaultValue.type());
    Map<Object, Object> table = table(id);
    if (defaultValue.elements() == 0) {
      throw OperandException.invalid("the default value has no elements; expected a scalar");
    }
    Object fallback = objects(defaultValue).getFirst();
    List<byte[]> strings = new ArrayList<>();
    List<Object> queries = objects(keys);
    for (int i = 0; i < queries.size(); i++) {
      @Nullable Object found = table.get(queries.get(i));
      Object value = found == null ? fallback : found;
      if (value instanceof Long number) {
        output.setInteger(i, number);
      } else {
        strings.add(value.toString().getBytes(StandardCharsets.ISO_8859_1));
      }
    }
    if (output.type() == TensorType.STRING) {
      output.setStrings(strings, keys.dims().clone());
    }
  }

  /** Returns the number of keys of a table. */
  int size(int id) {
    return table(id).size();
  }

  /** Returns elements as objects with value equality: strings have a character for each byte. */
  private static List<Object> objects(Tensor tensor) {
    List<Object> objects = new ArrayList<>();
    if (tensor.type() == TensorType.STRING) {
      for (byte[] string : tensor.strings()) {
        objects.add(new String(string, StandardCharsets.ISO_8859_1));
      }
    } else {
      for (long i = 0; i < tensor.elements(); i++) {
        objects.add(tensor.getInteger(i));
      }
    }
    return objects;
  }
}
