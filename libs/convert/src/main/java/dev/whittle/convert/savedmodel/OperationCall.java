package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An operation to be lowered, with its inputs. */
record OperationCall(TfNode node, List<Item> inputs, Emitter emit, FunctionWalk walk) {
  Value x() {
    return value(0);
  }

  Value value(int input) {
    return tensor(input).value();
  }

  /**
   * Returns an input.
   *
   * @throws OperandException if there are fewer inputs
   */
  Item item(int input) {
    if (input >= inputs.size()) {
      throw OperandException.invalid("input %d is missing", input);
    }
    return inputs.get(input);
  }

  Item.Tensor tensor(int input) {
    Item item = item(input);
    if (item instanceof Item.Tensor tensor) {
      return tensor;
    }
    if (item instanceof Item.Variable variable) {
      // TensorFlow 1 reads variables without a read operation.
      return new Item.Tensor(
          TensorFlowVariableOperations.read(emit, walk.importer(), variable.handle()), null);
    }
    if (item instanceof Item.ComplexTensor) {
      throw OperandException.unsupported("complex numbers as input %d", input);
    }
    throw OperandException.unsupported("input %d that is not a tensor", input);
  }

  /** Returns the same call with other inputs. */
  OperationCall with(List<Item> others) {
    return new OperationCall(node, others, emit, walk);
  }

  /** Adds an operator with several outputs, from all inputs. */
  List<Item> several(int outputs, Op op) {
    return emit.nodes(outputs, op, values().toArray(new Value[0])).stream().map(Item::of).toList();
  }

  /**
   * Returns all inputs as operands.
   *
   * @param narrowed the inputs that TensorFlow Lite requires as int32
   */
  Value[] operands(int... narrowed) {
    Value[] operands = values().toArray(new Value[0]);
    for (int input : narrowed) {
      item(input);
      operands[input] = narrow(input);
    }
    return operands;
  }

  List<Value> values() {
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      values.add(value(i));
    }
    return values;
  }

  /** Returns the known elements of a small integer input; null if none is known. */
  @Nullable List<@Nullable Long> known(int input) {
    return tensor(input).known();
  }

  /**
   * Returns a small integer input, which must be known.
   *
   * @throws OperandException if it is computed
   */
  int[] integers(int input) {
    List<@Nullable Long> known = known(input);
    if (known != null) {
      int[] values = new int[known.size()];
      for (int i = 0; i < values.length; i++) {
        Long one = known.get(i);
        if (one == null) {
          throw OperandException.unsupported(
              "input %d that depends on unknown dimensions; fix the shapes of the model's inputs",
              input);
        }
        values[i] = Math.toIntExact(one);
      }
      return values;
    }
    Tensor contents = value(input).contents();
    if (contents == null || !contents.type().isInteger()) {
      throw OperandException.unsupported("input %d that is computed", input);
    }
    int[] values = new int[Math.toIntExact(contents.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.toIntExact(contents.getInteger(i));
    }
    return values;
  }

  int integer(int input) {
    int[] all = integers(input);
    if (all.length != 1) {
      throw OperandException.invalid("input %d has %d elements; expected one", input, all.length);
    }
    return all[0];
  }

  /** Returns an integer input as int32, which TensorFlow Lite requires for axes and shapes. */
  Value narrow(int input) {
    Tensor contents = value(input).contents();
    if (contents == null || contents.type() != TensorType.INT64) {
      return emit.cast(value(input), TensorType.INT32);
    }
    // Constants stay constants, so that shape inference can read them.
    Tensor narrow = Tensor.allocate(TensorType.INT32, contents.dims());
    for (long i = 0; i < narrow.elements(); i++) {
      narrow.setInteger(
          i, Math.clamp(contents.getInteger(i), Integer.MIN_VALUE, Integer.MAX_VALUE));
    }
    return emit.constant("narrow", narrow);
  }
}
