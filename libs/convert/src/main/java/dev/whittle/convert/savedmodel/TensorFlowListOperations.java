package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Scattering;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.shape.Fill;
import dev.whittle.ir.op.shape.Slice;
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
    table.single("TensorListStack", TensorFlowListOperations::stack);
    table.single("TensorListGetItem", call -> call.emit().gather(call.x(), call.narrow(1), 0));
    table.put(
        "TensorListSetItem",
        call ->
            List.of(
                set(
                    call,
                    call.item(0),
                    call.value(2),
                    call.node().flag("resize_if_index_out_of_bounds", false))));
    table.put("TensorListLength", call -> List.of(length(call.emit(), call.item(0))));
    table.put("TensorListResize", call -> List.of(resize(call)));
    for (String name : List.of("TensorListConcat", "TensorListConcatV2")) {
      table.put(name, call -> concatenate(call, call.x()));
    }
    table.put("EmptyTensorList", TensorFlowListOperations::empty);
    table.put("TensorListPushBack", TensorFlowListOperations::push);
    table.put("TensorListPopBack", TensorFlowListOperations::pop);
    table.single("TensorListGather", call -> call.emit().gather(call.x(), call.narrow(1), 0));
    table.put(
        "TensorListScatterIntoExistingList", call -> List.of(scatter(call, call.item(0), 2, 1)));
    table.put("TensorListScatterV2", call -> List.of(scatter(call, null, 1, 0)));
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
          Shape shape = call.node().shape("element_shape");
          TensorType type = DataTypes.type(call.node().type("dtype", 1));
          var array = new Item.Array(call.node().flag("dynamic_size", false));
          return List.of(array, reserved(call, type, call.tensor(0), shape));
        });
    table.put(
        "TensorArrayWriteV3",
        call ->
            List.of(
                set(
                    call,
                    call.item(3),
                    call.value(2),
                    call.item(0) instanceof Item.Array array && array.grows())));
    table.single("TensorArrayReadV3", call -> call.emit().gather(call.value(2), call.narrow(1), 0));
    table.single(
        "TensorArrayGatherV3",
        call ->
            isRange(call, 1)
                ? call.value(2)
                : call.emit().gather(call.value(2), call.narrow(1), 0));
    table.put("TensorArrayScatterV3", call -> List.of(scatter(call, call.item(3), 1, 2)));
    table.put("TensorArraySizeV3", call -> List.of(length(call.emit(), call.item(1))));
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
    Emitter emit = call.emit();
    List<@Nullable Long> size = list == null ? call.known(3) : null;
    boolean fills = size == null || size.equals(List.of(-1L)) || isLength(from, size);
    if (isRange(call, indices) && fills) {
      return Item.of(from);
    }
    Value columns = emit.expandDims(call.narrow(indices), 1);
    if (list instanceof Item.Tensor tensor) {
      return Item.of(Scattering.update(emit, tensor.value(), columns, from));
    }
    Shape item = itemShape(from);
    Value dims = itemDimensions(emit, from);
    if (list instanceof Item.Reserved reserved) {
      reserved.shapes().add(item);
      return Item.of(Scattering.update(emit, filled(emit, reserved, item, dims), columns, from));
    }
    Item.Tensor count =
        size == null || size.equals(List.of(-1L))
            ? new Item.Tensor(emit.add(emit.reduceMax(call.narrow(indices), false, 0), 1), null)
            : call.tensor(3);
    var created = new Item.Reserved(from.type(), count, List.of(item));
    return Item.of(Scattering.update(emit, filled(emit, created, item, dims), columns, from));
  }

  private static boolean isLength(Value items, List<@Nullable Long> size) {
    return size.equals(List.of((long) Emitter.dim(items, 0)));
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
    Emitter emit = call.emit();
    Value item = emit.expandDims(call.value(1), 0);
    if (call.item(0) instanceof Item.Reserved list) {
      list.shapes().add(call.value(1).shape());
      boolean isEmpty = List.of(0L).equals(list.count().known());
      return List.of(
          Item.of(
              isEmpty ? item : emit.concat(0, List.of(zerosOf(emit, list, call.value(1)), item))));
    }
    return List.of(Item.of(emit.concat(0, List.of(call.x(), item))));
  }

  /** Returns the list without its last item, and that item. */
  private static List<Item> pop(OperationCall call) {
    Emitter emit = call.emit();
    Value list = call.x();
    int size = Emitter.dim(list, 0);
    if (size == 0) {
      throw OperandException.invalid("an empty list");
    }
    int last = size == Shape.DYNAMIC ? -1 : size - 1;
    return List.of(Item.of(emit.slice(list, 0, 0, last)), Item.of(emit.select(list, 0, last)));
  }

  /** Returns all items of a list; of a list without items, zeros of the stated shape. */
  private static Value stack(OperationCall call) {
    if (!(call.item(0) instanceof Item.Reserved list)) {
      return call.x();
    }
    Shape stated = statedShape(call, 1);
    if (stated.isRankKnown()) {
      list.shapes().add(stated);
    }
    return zeros(call.emit(), list);
  }

  /** Returns the item shape that an input states; an unknown one if it states none. */
  private static Shape statedShape(OperationCall call, int input) {
    List<@Nullable Long> stated = call.known(input);
    boolean vector =
        call.value(input).shape().isRankKnown() && Emitter.rank(call.value(input)) == 1;
    boolean isKnown =
        vector && stated != null && stated.stream().allMatch(d -> d != null && d >= 0);
    return isKnown ? Shape.of(call.integers(input)) : Shape.UNKNOWN;
  }

  /**
   * Creates a list of given size. If the operation does not state the shape of items, the first
   * item sets it.
   */
  private static List<Item> reserve(OperationCall call) {
    TensorType type = DataTypes.type(call.node().type("element_dtype", 1));
    return List.of(reserved(call, type, call.tensor(1), statedShape(call, 0)));
  }

  /**
   * Returns the list as a tensor of zeros. Unknown dimensions of items are read from a value of the
   * same shape, such as the state of a recurrent layer.
   */
  static Value zerosLike(Emitter emit, Item.Reserved list, List<Value> candidates) {
    Shape shape = list.shapes().isEmpty() ? Shape.UNKNOWN : list.shapes().getFirst();
    for (Value candidate : candidates) {
      if (!shape.isRankKnown() || shape.isStatic() || !candidate.shape().isRankKnown()) {
        continue;
      }
      if (candidate.shape().equals(shape)) {
        Value dimensions = shape.rank() == 0 ? null : emit.shapeOf(candidate);
        return filled(emit, list, shape, dimensions);
      }
      if (Emitter.rank(candidate) == shape.rank() + 1 && itemShape(candidate).equals(shape)) {
        return filled(emit, list, shape, itemDimensions(emit, candidate));
      }
    }
    return zeros(emit, list);
  }

  /** Returns the dimensions of the items of a list as an operand; null for scalars. */
  private static @Nullable Value itemDimensions(Emitter emit, Value list) {
    return Emitter.rank(list) == 1
        ? null
        : emit.slice(emit.shapeOperand(list), 0, 1, Integer.MAX_VALUE);
  }

  private static Shape itemShape(Value list) {
    int[] dims = Emitter.dims(list);
    return Shape.of(Arrays.copyOfRange(dims, 1, dims.length));
  }

  /** Returns the list as a tensor of zeros, whose items have the shape of another. */
  private static Value zerosOf(Emitter emit, Item.Reserved list, Value item) {
    Value dimensions = Emitter.rank(item) == 0 ? null : emit.shapeOperand(item);
    return filled(emit, list, item.shape(), dimensions);
  }

  /** Returns the list as a tensor of zeros. */
  static Value zeros(Emitter emit, Item.Reserved list) {
    Shape shape = list.shapes().isEmpty() ? Shape.UNKNOWN : list.shapes().getFirst();
    if (!shape.isRankKnown() || !shape.isStatic()) {
      throw OperandException.unsupported(
          "a list of tensors of the shape %s: fix the shapes of the model's inputs", shape);
    }
    Value dimensions = shape.rank() == 0 ? null : emit.ints(shape.toArray());
    return filled(emit, list, shape, dimensions);
  }

  private static Value filled(
      Emitter emit, Item.Reserved list, Shape item, @Nullable Value dimensions) {
    Value count = emit.reshape(emit.cast(list.count().value(), TensorType.INT32), 1);
    Long size = single(list.count().known());
    Value zeros = zeros(emit, list.type(), count, item, dimensions);
    return size == null ? zeros : emit.narrow(zeros, behind(Math.toIntExact(size), item));
  }

  /** Returns a list of zeros of a computed length. */
  private static Value zeros(
      Emitter emit, TensorType type, Value count, Shape item, @Nullable Value dimensions) {
    Value all = dimensions == null ? count : emit.concat(0, List.of(count, dimensions));
    Value zeros = emit.node(new Fill(), all, emit.scalar(type, 0));
    return emit.narrow(zeros, behind(Emitter.dim(zeros, 0), item));
  }

  /** Returns the shape of a list of items. */
  private static Shape behind(int count, Shape item) {
    int[] dims = new int[item.rank() + 1];
    dims[0] = count;
    System.arraycopy(item.toArray(), 0, dims, 1, item.rank());
    return Emitter.shape(dims);
  }

  /** Sets the item of a list whose index is input 1. */
  private static Item set(OperationCall call, Item list, Value item, boolean grows) {
    if (list instanceof Item.Reserved reserved) {
      reserved.shapes().add(item.shape());
      return Item.of(put(call, zerosOf(call.emit(), reserved, item), item, grows));
    }
    if (list instanceof Item.Tensor tensor) {
      return Item.of(put(call, tensor.value(), item, grows));
    }
    throw OperandException.unsupported("a list that is computed");
  }

  private static @Nullable Long single(@Nullable List<@Nullable Long> known) {
    return known == null || known.size() != 1 ? null : known.getFirst();
  }

  private static Value put(OperationCall call, Value list, Value item, boolean grows) {
    Emitter emit = call.emit();
    Value index = call.narrow(1);
    Long known = single(call.known(1));
    int length = Emitter.dim(list, 0);
    if (length == Shape.DYNAMIC || known == null) {
      return Scattering.setItem(emit, grows ? grown(emit, list, index, item) : list, index, item);
    }
    if (known < 0 || (known >= length && !grows)) {
      throw OperandException.invalid("item %d of a list of %d", known, length);
    }
    if (known < length) {
      return Scattering.setItem(emit, list, index, item);
    }
    List<Value> parts = new ArrayList<>(List.of(list));
    if (known > length) {
      Value count = emit.ints(Math.toIntExact(known - length));
      parts.add(zeros(emit, list.type(), count, itemShape(list), itemDimensions(emit, list)));
    }
    parts.add(emit.expandDims(item, 0));
    return emit.concat(0, length == 0 ? parts.subList(1, parts.size()) : parts);
  }

  /** Returns a list with zeros behind its items up to an index, so that it has an item there. */
  private static Value grown(Emitter emit, Value list, Value index, Value item) {
    Value length = emit.dimension(list, 0);
    Value missing = emit.max(emit.sub(emit.add(emit.reshape(index, 1), 1), length), 0);
    Value dimensions = Emitter.rank(item) == 0 ? null : emit.shapeOperand(item);
    Value zeros = zeros(emit, list.type(), missing, item.shape(), dimensions);
    return emit.narrow(
        emit.concat(0, List.of(list, zeros)), behind(Shape.DYNAMIC, itemShape(list)));
  }

  private static Item length(Emitter emit, Item list) {
    if (list instanceof Item.Reserved reserved) {
      return reserved.count();
    }
    if (list instanceof Item.Tensor tensor) {
      int known = Emitter.dim(tensor.value(), 0);
      return new Item.Tensor(
          emit.squeeze(emit.dimension(tensor.value(), 0), 0),
          known == Shape.DYNAMIC ? null : Item.single((long) known));
    }
    throw OperandException.unsupported("a list that is computed");
  }

  /** Cuts a list, or adds zeros. */
  private static Item resize(OperationCall call) {
    Long known = single(call.known(1));
    if (known != null && known < 0) {
      throw OperandException.invalid("a list of %d items", known);
    }
    if (call.item(0) instanceof Item.Reserved list) {
      return new Item.Reserved(list.type(), call.tensor(1), list.shapes());
    }
    Emitter emit = call.emit();
    Value list = call.x();
    int length = Emitter.dim(list, 0);
    if (known != null && length != Shape.DYNAMIC && known <= length) {
      return Item.of(emit.slice(list, 0, 0, known.intValue()));
    }
    Value wanted = emit.reshape(call.narrow(1), 1);
    Value missing = emit.max(emit.sub(wanted, emit.dimension(list, 0)), 0);
    Value zeros = zeros(emit, list.type(), missing, itemShape(list), itemDimensions(emit, list));
    Value longer = emit.concat(0, List.of(list, zeros));
    int[] size = new int[Emitter.rank(list)];
    Arrays.fill(size, -1);
    Value sizes =
        size.length == 1
            ? wanted
            : emit.concat(0, List.of(wanted, emit.ints(Arrays.copyOf(size, size.length - 1))));
    Value first = emit.node(new Slice(), longer, emit.ints(new int[size.length]), sizes);
    int all = known == null ? Shape.DYNAMIC : Math.toIntExact(known);
    return Item.of(emit.narrow(first, behind(all, itemShape(list))));
  }

  private static List<Item> concatenate(OperationCall call, Value list) {
    int[] dims = Emitter.dims(list);
    if (dims.length < 2) {
      throw OperandException.unsupported("concatenating a list of scalars");
    }
    int[] joined = Arrays.copyOfRange(dims, 1, dims.length);
    joined[0] = dims[0] == Shape.DYNAMIC || dims[1] == Shape.DYNAMIC ? -1 : dims[0] * dims[1];
    Emitter emit = call.emit();
    Value length = emit.cast(emit.squeeze(emit.dimension(list, 1), 0), TensorType.INT64);
    Value lengths = emit.node(new Fill(), emit.dimension(list, 0), length);
    return List.of(Item.of(emit.reshape(list, joined)), Item.of(lengths));
  }
}
