package dev.whittle.ir.op.state;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The resource variables and hash tables of one interpreter. */
final class ResourceTable {
  private final Map<String, Integer> ids = new HashMap<>();
  private final Map<Integer, Tensor> variables = new HashMap<>();
  private final Map<Integer, Map<Object, Object>> tables = new HashMap<>();

  static ResourceTable of(Invocation invocation) {
    return invocation.resource("resources", ResourceTable.class, ResourceTable::new);
  }

  /** The handle of the variable of that name. */
  int idOf(String name) {
    return ids.computeIfAbsent(name, k -> ids.size());
  }

  Tensor variable(int id) {
    Tensor variable = variables.get(id);
    if (variable == null) {
      throw OperandException.invalid("variable %d is read before it is set", id);
    }
    return variable;
  }

  void assign(int id, Tensor value) {
    Tensor variable = variables.get(id);
    if (variable == null || variable.type() != value.type()) {
      variable = new Tensor(value.type(), value.quantization(), Tensor.Allocator.AUTOMATIC);
      variables.put(id, variable);
    }
    variable.copyFrom(value);
  }

  /**
   * Requires types that hash tables can have: strings to whole numbers or back.
   *
   * @throws OperandException if they are others
   */
  static void requireTypes(TensorType keys, TensorType values) {
    boolean fits =
        (keys == TensorType.INT64 && values == TensorType.STRING)
            || (keys == TensorType.STRING && values == TensorType.INT64);
    if (!fits) {
      throw OperandException.unsupported("hash table from %s to %s", keys, values);
    }
  }

  private Map<Object, Object> table(int id) {
    return tables.computeIfAbsent(id, k -> new HashMap<>());
  }

  /** Fills a table; one that is filled already stays as it is. */
  void fill(int id, Tensor keys, Tensor values) {
    requireTypes(keys.type(), values.type());
    if (keys.elements() != values.elements()) {
      throw OperandException.invalid("%d keys, %d values", keys.elements(), values.elements());
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

  void find(int id, Tensor keys, Tensor otherwise, Tensor output) {
    requireTypes(keys.type(), otherwise.type());
    Map<Object, Object> table = table(id);
    if (otherwise.elements() == 0) {
      throw OperandException.invalid("no value for keys that are not found");
    }
    Object fallback = objects(otherwise).getFirst();
    List<byte[]> strings = new ArrayList<>();
    List<Object> wanted = objects(keys);
    for (int i = 0; i < wanted.size(); i++) {
      @Nullable Object found = table.get(wanted.get(i));
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

  int size(int id) {
    return table(id).size();
  }

  /** Elements as values that are equal when the elements are: bytes as characters. */
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
