package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.DynamicUpdateSlice;
import dev.whittle.ir.op.Fill;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lists of tensors. All items of a list have one shape here, so a list is a tensor with the items
 * along its first axis.
 */
final class ListOperations {
  private ListOperations() {}

  static void register(Operations table) {
    table.put("TensorListFromTensor", call -> List.of(Item.of(call.x())));
    table.put("TensorListReserve", ListOperations::reserve);
    table.single("TensorListStack", call -> call.x());
    table.single("TensorListGetItem", call -> call.emit().gather(call.x(), call.narrow(1), 0));
    table.put("TensorListSetItem", ListOperations::set);
    table.single("TensorListLength", call -> length(call.emit(), call.x()));
    table.single("TensorListResize", ListOperations::resize);
    for (String name : List.of("TensorListConcat", "TensorListConcatV2")) {
      table.put(name, ListOperations::concatenate);
    }
  }

  /**
   * A list of so many items. Where the operation does not state their shape, the first item that is
   * set will.
   */
  private static List<Item> reserve(OperationCall call) {
    TensorType type = DataTypes.type(call.node().type("element_dtype", 1));
    var reserved = new Item.Reserved(type, call.tensor(1), new ArrayList<>());
    List<@Nullable Long> stated = call.known(0);
    boolean vector = call.value(0).shape().isRankKnown() && call.value(0).shape().rank() == 1;
    if (vector && stated != null && stated.stream().allMatch(d -> d != null && d >= 0)) {
      reserved.shapes().add(Shape.of(call.integers(0)));
      return List.of(Item.of(zeros(call.emit(), reserved)));
    }
    return List.of(reserved);
  }

  /**
   * The list as a tensor of zeros. Open extents of items are taken from a value of the same shape,
   * as a recurrent layer's state has it.
   */
  static Value zerosLike(Emitter emit, Item.Reserved list, List<Value> candidates) {
    Shape shape = list.shapes().isEmpty() ? Shape.UNKNOWN : list.shapes().getFirst();
    for (Value candidate : candidates) {
      if (shape.isRankKnown() && !shape.isStatic() && candidate.shape().equals(shape)) {
        return filled(emit, list, shape, emit.shapeOf(candidate));
      }
    }
    return zeros(emit, list);
  }

  /** The list as a tensor of zeros. */
  static Value zeros(Emitter emit, Item.Reserved list) {
    Shape shape = list.shapes().isEmpty() ? Shape.UNKNOWN : list.shapes().getFirst();
    if (!shape.isRankKnown() || !shape.isStatic()) {
      throw OperandException.unsupported(
          "a list of tensors of the shape %s: fix the shapes of the model's inputs", shape);
    }
    return filled(emit, list, shape, emit.ints(shape.toArray()));
  }

  private static Value filled(Emitter emit, Item.Reserved list, Shape item, Value extents) {
    Value count = emit.reshape(emit.cast(list.count().value(), TensorType.INT32), 1);
    Value all = item.rank() == 0 ? count : emit.concat(0, List.of(count, extents));
    int[] dims = new int[item.rank() + 1];
    List<@Nullable Long> known = list.count().known();
    Long size = known == null || known.size() != 1 ? null : known.getFirst();
    dims[0] = size == null ? Shape.DYNAMIC : Math.toIntExact(size);
    System.arraycopy(item.toArray(), 0, dims, 1, item.rank());
    Value zeros = emit.node(new Fill(), all, emit.scalar(list.type(), 0));
    return emit.narrow(zeros, Shape.of(dims));
  }

  private static List<Item> set(OperationCall call) {
    Value item = call.value(2);
    if (call.inputs().getFirst() instanceof Item.Reserved list) {
      list.shapes().add(item.shape());
      // In a trial, the list itself does not matter.
      return List.of(
          call.walk().isTrial() ? list : Item.of(put(call, zeros(call.emit(), list), item)));
    }
    return List.of(Item.of(put(call, call.x(), item)));
  }

  private static Value put(OperationCall call, Value list, Value item) {
    Emitter emit = call.emit();
    List<Value> start = new ArrayList<>();
    Value index = call.narrow(1);
    start.add(
        index.shape().isRankKnown() && index.shape().rank() == 1 ? index : emit.reshape(index, 1));
    int rank = list.shape().rank();
    if (rank > 1) {
      start.add(emit.ints(new int[rank - 1]));
    }
    Value at = start.size() == 1 ? start.getFirst() : emit.concat(0, start);
    return emit.node(new DynamicUpdateSlice(), list, emit.expandDims(item, 0), at);
  }

  private static Value length(Emitter emit, Value list) {
    return emit.squeeze(emit.slice(emit.shapeOf(list), 0, 0, 1), 0);
  }

  private static Value resize(OperationCall call) {
    Emitter emit = call.emit();
    Value list = call.x();
    int[] dims = list.shape().toArray();
    int wanted = call.integer(1);
    if (dims[0] == Shape.DYNAMIC || Arrays.stream(dims).anyMatch(d -> d == Shape.DYNAMIC)) {
      throw OperandException.unsupported("a list of tensors of open extents that is resized");
    }
    if (wanted <= dims[0]) {
      return emit.slice(list, 0, 0, wanted);
    }
    int[] more = dims.clone();
    more[0] = wanted - dims[0];
    return emit.concat(0, List.of(list, emit.zeros(list.type(), more)));
  }

  private static List<Item> concatenate(OperationCall call) {
    Value list = call.x();
    int[] dims = list.shape().toArray();
    if (dims.length < 2) {
      throw OperandException.unsupported("joining scalars");
    }
    int[] joined = Arrays.copyOfRange(dims, 1, dims.length);
    joined[0] = dims[0] == Shape.DYNAMIC || dims[1] == Shape.DYNAMIC ? -1 : dims[0] * dims[1];
    return List.of(Item.of(call.emit().reshape(list, joined)), new Item.Nothing());
  }
}
