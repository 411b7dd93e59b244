package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.ir.op.Gather;
import dev.whittle.ir.op.If;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Constants, variables, calls of functions, branches and loops, and what only hands on. */
final class StructuralOperations {
  private static final int MAX_KNOWN = 64;

  private StructuralOperations() {}

  static void register(Operations table) {
    for (String name :
        List.of(
            "Identity",
            "StopGradient",
            "PreventGradient",
            "CheckNumerics",
            "Snapshot",
            "PlaceholderWithDefault",
            "ReadVariableOp",
            "EnsureShape")) {
      table.put(name, call -> List.of(handedOn(call)));
    }
    table.put("IdentityN", OperationCall::inputs);
    table.put("DisableCopyOnRead", OperationCall::inputs);
    table.put("NoOp", call -> List.of(new Item.Nothing()));
    table.put("Const", StructuralOperations::constant);
    for (String name : List.of("VarHandleOp", "VariableV2", "Variable", "VarIsInitializedOp")) {
      table.put(name, call -> List.of(new Item.Variable(call.node().name())));
    }
    table.put("RestoreV2", StructuralOperations::restore);
    table.put(
        "Placeholder",
        call -> {
          throw OperandException.unsupported("an input that the signature does not name");
        });
    table.single(
        "ResourceGather",
        call ->
            call.emit()
                .node(
                    new Gather(0, (int) call.node().integer("batch_dims", 0)),
                    call.x(),
                    index(call, call.value(1))));
    for (String name : List.of("StatefulPartitionedCall", "PartitionedCall")) {
      table.put(
          name, call -> call.walk().call(call.node().function("f"), call.inputs(), call.emit()));
    }
    for (String name : List.of("While", "StatelessWhile")) {
      table.put(name, StructuralOperations::loop);
    }
    for (String name : List.of("If", "StatelessIf")) {
      table.put(name, StructuralOperations::branch);
    }
  }

  static Value index(OperationCall call, Value indices) {
    return indices.type() == TensorType.INT64
        ? indices
        : call.emit().cast(indices, TensorType.INT32);
  }

  /** What is handed on: a handle of a variable as it is, a variable itself by its contents. */
  private static Item handedOn(OperationCall call) {
    Item item = call.inputs().getFirst();
    boolean isHandle = call.node().type("T", 0) == DataTypes.RESOURCE;
    return item instanceof Item.Variable && !isHandle ? call.tensor(0) : item;
  }

  private static List<Item> constant(OperationCall call) {
    Proto attribute = call.node().attributes().get("value");
    if (attribute == null) {
      throw OperandException.invalid("no value");
    }
    Tensor tensor = DataTypes.tensor(attribute.message(8));
    Value value = call.emit().constant(call.node().name(), tensor);
    return List.of(new Item.Tensor(value, known(tensor)));
  }

  private static @Nullable List<@Nullable Long> known(Tensor tensor) {
    if (!tensor.type().isInteger() || tensor.rank() > 1 || tensor.elements() > MAX_KNOWN) {
      return null;
    }
    List<@Nullable Long> known = new ArrayList<>();
    for (long i = 0; i < tensor.elements(); i++) {
      known.add(tensor.getInteger(i));
    }
    return known;
  }

  private static List<Item> restore(OperationCall call) {
    Tensor names = call.value(1).contents();
    if (names == null) {
      throw OperandException.unsupported("names of variables that are computed");
    }
    List<Item> restored = new ArrayList<>();
    for (byte[] name : names.strings()) {
      restored.add(new Item.Restored(new String(name, java.nio.charset.StandardCharsets.UTF_8)));
    }
    return restored;
  }

  // Control flow.

  /** What a loop begins with: lists of tensors get the shape that its body gives their items. */
  private static List<Item> begin(OperationCall call) {
    if (call.inputs().stream().noneMatch(i -> i instanceof Item.Reserved)) {
      return call.inputs();
    }
    Emitter scratch = Emitter.ofModel();
    List<Item> trial = new ArrayList<>();
    for (Item item : call.inputs()) {
      trial.add(
          item instanceof Item.Tensor tensor
              ? Item.of(
                  scratch
                      .graph()
                      .input("arg" + trial.size(), tensor.value().type(), tensor.value().shape()))
              : item);
    }
    call.walk().tryCall(call.node().function("body"), trial, scratch);
    List<Value> others = new ArrayList<>();
    for (Item item : call.inputs()) {
      if (item instanceof Item.Tensor tensor) {
        others.add(tensor.value());
      }
    }
    List<Item> begun = new ArrayList<>();
    for (Item item : call.inputs()) {
      begun.add(
          item instanceof Item.Reserved list
              ? Item.of(ListOperations.zerosLike(call.emit(), list, others))
              : item);
    }
    return begun;
  }

  private static List<Item> loop(OperationCall stated) {
    var call = new OperationCall(stated.node(), begin(stated), stated.emit(), stated.walk());
    List<Value> variables = new ArrayList<>();
    for (Item item : call.inputs()) {
      if (item instanceof Item.Tensor tensor) {
        Value value = tensor.value();
        variables.add(value.isConstant() ? Operations.copy(call.emit(), value) : value);
      }
    }
    FunctionWalk walk = call.walk();
    List<Value> results =
        call.emit()
            .loop(
                variables,
                (emit, before) ->
                    tensor(
                        walk.call(call.node().function("cond"), arguments(call, before), emit)
                            .getFirst()),
                (emit, before) -> {
                  List<Value> after = new ArrayList<>();
                  for (Item item :
                      walk.call(call.node().function("body"), arguments(call, before), emit)) {
                    if (item instanceof Item.Tensor tensor) {
                      after.add(tensor.value());
                    }
                  }
                  return after;
                });
    return arguments(call, results);
  }

  /** The operation's inputs with other tensors in them. */
  private static List<Item> arguments(OperationCall call, List<Value> tensors) {
    List<Item> arguments = new ArrayList<>();
    int next = 0;
    for (Item item : call.inputs()) {
      arguments.add(item instanceof Item.Tensor ? Item.of(tensors.get(next++)) : item);
    }
    return arguments;
  }

  private static Value tensor(Item item) {
    if (item instanceof Item.Tensor tensor) {
      return tensor.value();
    }
    throw OperandException.unsupported("a function that gives no tensor");
  }

  private static List<Item> branch(OperationCall call) {
    Emitter emit = call.emit();
    List<Item> captured = call.inputs().subList(1, call.inputs().size());
    List<Value> operands = new ArrayList<>();
    Value condition = call.value(0);
    operands.add(
        condition.type() == TensorType.BOOL ? condition : emit.cast(condition, TensorType.BOOL));
    for (Item item : captured) {
      if (item instanceof Item.Tensor tensor) {
        Value value = tensor.value();
        operands.add(value.isConstant() ? Operations.copy(emit, value) : value);
      }
    }
    Emitter.Branch then = emit.branch("then");
    List<Value> first = fill(call, then, "then_branch", captured, operands);
    Emitter.Branch otherwise = emit.branch("else");
    List<Value> second = fill(call, otherwise, "else_branch", captured, operands);
    List<Value> declared = new ArrayList<>();
    for (int i = 0; i < first.size(); i++) {
      declared.add(
          Value.of(
              0,
              emit.scope() + "/if",
              first.get(i).type(),
              common(first.get(i).shape(), second.get(i).shape())));
    }
    return emit
        .graph()
        .nodesAsDeclared(
            declared, new If(then.index(), otherwise.index()), operands.toArray(new Value[0]))
        .stream()
        .map(Item::of)
        .toList();
  }

  private static Shape common(Shape a, Shape b) {
    if (!a.isRankKnown() || !b.isRankKnown() || a.rank() != b.rank()) {
      return Shape.UNKNOWN;
    }
    int[] dims = a.toArray();
    for (int i = 0; i < dims.length; i++) {
      dims[i] = a.dim(i) == b.dim(i) ? a.dim(i) : Shape.DYNAMIC;
    }
    return Shape.of(dims);
  }

  private static List<Value> fill(
      OperationCall call,
      Emitter.Branch branch,
      String attribute,
      List<Item> captured,
      List<Value> operands) {
    Emitter emit = branch.emitter();
    List<Item> arguments = new ArrayList<>();
    List<Value> inputs = new ArrayList<>();
    int next = 1;
    for (Item item : captured) {
      if (item instanceof Item.Tensor) {
        Value operand = operands.get(next++);
        Value input = emit.graph().input("arg" + inputs.size(), operand.type(), operand.shape());
        inputs.add(input);
        arguments.add(Item.of(input));
      } else {
        arguments.add(item);
      }
    }
    List<Value> results = new ArrayList<>();
    for (Item item : call.walk().call(call.node().function(attribute), arguments, emit)) {
      Value value = tensor(item);
      boolean needsCopy = value.isConstant() || inputs.contains(value) || results.contains(value);
      results.add(needsCopy ? Operations.copy(emit, value) : value);
    }
    emit.graph().output(results.toArray(new Value[0]));
    return results;
  }
}
