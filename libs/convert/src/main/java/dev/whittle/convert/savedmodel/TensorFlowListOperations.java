package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Scattering;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.shape.Fill;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lists of tensors, lowered to tensors with the items along the first axis; all items of a list
 * must have one shape.
 */
final class TensorFlowListOperations {
  private TensorFlowListOperations() {}

  static void register(TensorFlowOperations table) {
    // Types and shapes follow from the items.
    for (String name : List.of("Concat", "ConcatV2", "Gather", "GetItem", "PopBack", "Stack")) {
      table.ignore("element_dtype", "TensorList" + name);
    }
    table.ignore("element_shape", "TensorListConcat");
    table.ignore("num_elements", "TensorListStack");
    table.put("TensorListFromTensor", call -> List.of(Item.of(call.x())));
    table.put("TensorListReserve", TensorFlowListOperations::reserve);
    table.single("TensorListStack", call -> call.x());
    table.single("TensorListGetItem", call -> call.emit().gather(call.x(), call.narrow(1), 0));
    table.put("TensorListSetItem", call -> List.of(set(call, call.item(0), 2)));
    table.single("TensorListLength", call -> length(call.emit(), call.x()));
    table.single("TensorListResize", TensorFlowListOperations::resize);
    for (String name : List.of("TensorListConcat", "TensorListConcatV2")) {
      table.put(name, call -> concatenate(call, call.x()));
    }
    table.put("EmptyTensorList", TensorFlowListOperations::empty);
    table.put("TensorListPushBack", TensorFlowListOperations::push);
    table.put("TensorListPopBack", TensorFlowListOperations::pop);
    table.single("TensorListGather", call -> call.emit().gather(call.x(), call.narrow(1), 0));
    for (String name : List.of("TensorListScatterIntoExistingList", "TensorListScatterV2")) {
      boolean existing = name.endsWith("List");
      table.put(
          name,
          call ->
              List.of(
                  scatter(
                      call, existing ? call.item(0) : null, existing ? 1 : 0, existing ? 2 : 1)));
    }
    registerArrays(table);
  }

  /** Registers the arrays of TensorFlow 1, whose flow value is the list. */
  private static void registerArrays(TensorFlowOperations table) {
    for (String name : List.of("Read", "Gather", "Concat")) {
      table.ignore("dtype", "TensorArray" + name + "V3");
    }
    table.ignore("element_shape", "TensorArrayGatherV3");
    table.ignore("element_shape_except0", "TensorArrayConcatV3");
    for (String name :
        List.of("clear_after_read", "identical_element_shapes", "tensor_array_name")) {
      table.ignore(name, "TensorArrayV3");
    }
    table.put(
        "TensorArrayV3",
        call -> {
          Proto stated = call.node().attributes().get("element_shape");
          Shape shape = stated == null ? Shape.UNKNOWN : DataTypes.shape(stated.message(7));
          TensorType type = DataTypes.type(call.node().type("dtype", 1));
          return List.of(new Item.Nothing(), reserved(call, type, call.tensor(0), shape));
        });
    table.put("TensorArrayWriteV3", call -> List.of(set(call, call.item(3), 2)));
    table.single("TensorArrayReadV3", call -> call.emit().gather(call.value(2), call.narrow(1), 0));
    table.single(
        "TensorArrayGatherV3",
        call ->
            isRange(call, 1)
                ? call.value(2)
                : call.emit().gather(call.value(2), call.narrow(1), 0));
    table.put("TensorArrayScatterV3", call -> List.of(scatter(call, call.item(3), 1, 2)));
    table.single("TensorArraySizeV3", call -> length(call.emit(), call.value(1)));
    table.put("TensorArrayConcatV3", call -> concatenate(call, call.value(1)));
  }

  /** Returns whether an input counts from zero in steps of one. */
  private static boolean isRange(OperationCall call, int input) {
    TfNode from = call.walk().producer(call.node().input(input));
    return from != null
        && from.op().equals("Range")
        && List.of(0L).equals(call.walk().known(from.input(0)))
        && List.of(1L).equals(call.walk().known(from.input(2)));
  }

  /** Scatters the items of a tensor into a list. */
  private static Item scatter(OperationCall call, @Nullable Item list, int indices, int items) {
    Value from = call.value(items);
    if (isRange(call, indices)) {
      return Item.of(from);
    }
    Emitter emit = call.emit();
    Value columns = emit.expandDims(call.narrow(indices), 1);
    if (list instanceof Item.Tensor tensor) {
      return Item.of(Scattering.update(emit, tensor.value(), columns, from));
    }
    if (list instanceof Item.Reserved reserved) {
      int[] dims = Emitter.dims(from);
      reserved.shapes().add(Shape.of(Arrays.copyOfRange(dims, 1, dims.length)));
      return Item.of(Scattering.update(emit, zeros(emit, reserved), columns, from));
    }
    throw OperandException.unsupported("a list whose length is the highest index");
  }

  private static Item reserved(
      OperationCall call, TensorType type, Item.Tensor count, Shape shape) {
    var reserved = new Item.Reserved(type, count, new ArrayList<>());
    if (shape.isRankKnown() && shape.isStatic()) {
      reserved.shapes().add(shape);
      return Item.of(zeros(call.emit(), reserved));
    }
    return reserved;
  }

  /** Creates a list for appending. */
  private static List<Item> empty(OperationCall call) {
    TensorType type = DataTypes.type(call.node().type("element_dtype", 1));
    Value none = call.emit().scalar(0);
    List<@Nullable Long> known = new ArrayList<>();
    known.add(0L);
    return List.of(new Item.Reserved(type, new Item.Tensor(none, known), new ArrayList<>()));
  }

  private static List<Item> push(OperationCall call) {
    Value item = call.emit().expandDims(call.value(1), 0);
    if (call.item(0) instanceof Item.Reserved list) {
      if (!List.of(0L).equals(list.count().known())) {
        throw OperandException.unsupported("appending to a list whose items have an unknown shape");
      }
      return List.of(Item.of(item));
    }
    return List.of(Item.of(call.emit().concat(0, List.of(call.x(), item))));
  }

  /** Returns the list without its last item, and that item. */
  private static List<Item> pop(OperationCall call) {
    Emitter emit = call.emit();
    Value list = call.x();
    int size = Emitter.dim(list, 0);
    if (size == Shape.DYNAMIC) {
      throw OperandException.unsupported("removing the last item of a list of unknown length");
    }
    return List.of(
        Item.of(emit.slice(list, 0, 0, size - 1)), Item.of(emit.select(list, 0, size - 1)));
  }

  /**
   * Creates a list of given size. If the operation does not state the shape of items, the first
   * item sets it.
   */
  private static List<Item> reserve(OperationCall call) {
    TensorType type = DataTypes.type(call.node().type("element_dtype", 1));
    List<@Nullable Long> stated = call.known(0);
    boolean vector = call.value(0).shape().isRankKnown() && Emitter.rank(call.value(0)) == 1;
    boolean isKnown =
        vector && stated != null && stated.stream().allMatch(d -> d != null && d >= 0);
    Shape shape = isKnown ? Shape.of(call.integers(0)) : Shape.UNKNOWN;
    return List.of(reserved(call, type, call.tensor(1), shape));
  }

  /**
   * Returns the list as a tensor of zeros. Unknown dimensions of items are read from a value of the
   * same shape, such as the state of a recurrent layer.
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

  /** Returns the list as a tensor of zeros. */
  static Value zeros(Emitter emit, Item.Reserved list) {
    Shape shape = list.shapes().isEmpty() ? Shape.UNKNOWN : list.shapes().getFirst();
    if (!shape.isRankKnown() || !shape.isStatic()) {
      throw OperandException.unsupported(
          "a list of tensors of the shape %s: fix the shapes of the model's inputs", shape);
    }
    return filled(emit, list, shape, emit.ints(shape.toArray()));
  }

  private static Value filled(Emitter emit, Item.Reserved list, Shape item, Value dimensions) {
    Value count = emit.reshape(emit.cast(list.count().value(), TensorType.INT32), 1);
    Value all = item.rank() == 0 ? count : emit.concat(0, List.of(count, dimensions));
    int[] dims = new int[item.rank() + 1];
    List<@Nullable Long> known = list.count().known();
    Long size = known == null || known.size() != 1 ? null : known.getFirst();
    dims[0] = size == null ? Shape.DYNAMIC : Math.toIntExact(size);
    System.arraycopy(item.toArray(), 0, dims, 1, item.rank());
    Value zeros = emit.node(new Fill(), all, emit.scalar(list.type(), 0));
    return emit.narrow(zeros, Emitter.shape(dims));
  }

  /** Sets the item of a list whose index is input 1. */
  private static Item set(OperationCall call, Item list, int input) {
    Value item = call.value(input);
    if (list instanceof Item.Reserved reserved) {
      reserved.shapes().add(item.shape());
      // A trial needs the shape only.
      return call.walk().isTrial()
          ? reserved
          : Item.of(put(call, zeros(call.emit(), reserved), item));
    }
    if (list instanceof Item.Tensor tensor) {
      return Item.of(put(call, tensor.value(), item));
    }
    throw OperandException.unsupported("a list that is computed");
  }

  private static Value put(OperationCall call, Value list, Value item) {
    return Scattering.setItem(call.emit(), list, call.narrow(1), item);
  }

  private static Value length(Emitter emit, Value list) {
    return emit.squeeze(emit.slice(emit.shapeOf(list), 0, 0, 1), 0);
  }

  private static Value resize(OperationCall call) {
    Emitter emit = call.emit();
    Value list = call.x();
    int[] dims = Emitter.dims(list);
    int wanted = call.integer(1);
    if (dims[0] == Shape.DYNAMIC || Arrays.stream(dims).anyMatch(d -> d == Shape.DYNAMIC)) {
      throw OperandException.unsupported("resizing a list of tensors with unknown dimensions");
    }
    if (wanted <= dims[0]) {
      return emit.slice(list, 0, 0, wanted);
    }
    int[] more = dims.clone();
    more[0] = wanted - dims[0];
    return emit.concat(0, List.of(list, emit.zeros(list.type(), more)));
  }

  private static List<Item> concatenate(OperationCall call, Value list) {
    int[] dims = Emitter.dims(list);
    if (dims.length < 2) {
      throw OperandException.unsupported("concatenating a list of scalars");
    }
    int[] joined = Arrays.copyOfRange(dims, 1, dims.length);
    joined[0] = dims[0] == Shape.DYNAMIC || dims[1] == Shape.DYNAMIC ? -1 : dims[0] * dims[1];
    return List.of(Item.of(call.emit().reshape(list, joined)), new Item.Nothing());
  }
}
