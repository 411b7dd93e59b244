package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.control.If;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Loops and branches that call functions. */
final class TensorFlowControlFlowOperations {
  private TensorFlowControlFlowOperations() {}

  static void register(TensorFlowOperations table) {
    table.ignore("parallel_iterations", "While", "StatelessWhile");
    for (String name : List.of("While", "StatelessWhile")) {
      table.ignore("output_shapes", name);
      table.put(name, TensorFlowControlFlowOperations::loop);
    }
    for (String name : List.of("If", "StatelessIf", "Case", "StatelessCase")) {
      // Both follow from the functions.
      table.ignore("Tout", name);
      table.ignore("output_shapes", name);
    }
    for (String name : List.of("If", "StatelessIf")) {
      table.put(name, TensorFlowControlFlowOperations::branch);
    }
    for (String name : List.of("Case", "StatelessCase")) {
      table.put(name, TensorFlowControlFlowOperations::choose);
    }
  }

  /** Returns the initial variables of a loop; lists get the item shape that its body sets. */
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
              ? Item.of(TensorFlowListOperations.zerosLike(call.emit(), list, others))
              : item);
    }
    return begun;
  }

  private static List<Item> loop(OperationCall stated) {
    List<Item> layer = LstmPattern.match(stated);
    if (layer != null) {
      return layer;
    }
    var call = new OperationCall(stated.node(), begin(stated), stated.emit(), stated.walk());
    List<Value> variables = new ArrayList<>();
    for (Item item : call.inputs()) {
      if (item instanceof Item.Tensor tensor) {
        Value value = tensor.value();
        variables.add(value.isConstant() ? call.emit().copy(value) : value);
      }
    }
    FunctionWalk walk = call.walk();
    List<Value> results =
        call.emit()
            .loop(
                variables,
                (emit, before) ->
                    condition(
                        walk.call(call.node().function("cond"), arguments(call, before), emit)),
                (emit, before) -> {
                  List<Value> after = new ArrayList<>();
                  for (Item item :
                      walk.call(call.node().function("body"), arguments(call, before), emit)) {
                    if (item instanceof Item.Tensor tensor) {
                      requireSameShape(before.get(after.size()), tensor.value());
                      after.add(tensor.value());
                    }
                  }
                  return after;
                });
    return arguments(call, results);
  }

  /** Requires a loop variable to keep its shape, since operators rely on it in all steps. */
  private static void requireSameShape(Value before, Value after) {
    Shape a = before.shape();
    Shape b = after.shape();
    boolean known = a.isRankKnown() && b.isRankKnown();
    boolean differs = known && a.rank() != b.rank();
    for (int i = 0; known && !differs && i < a.rank(); i++) {
      boolean open = a.dim(i) == Shape.DYNAMIC || b.dim(i) == Shape.DYNAMIC;
      differs = !open && a.dim(i) != b.dim(i);
    }
    if (differs) {
      throw OperandException.unsupported("a loop variable whose shape changes from %s to %s", a, b);
    }
  }

  /** Returns the operation's inputs with other tensors. */
  private static List<Item> arguments(OperationCall call, List<Value> tensors) {
    List<Item> arguments = new ArrayList<>();
    int next = 0;
    for (Item item : call.inputs()) {
      arguments.add(item instanceof Item.Tensor ? Item.of(tensors.get(next++)) : item);
    }
    return arguments;
  }

  private static Value condition(List<Item> results) {
    if (results.size() != 1) {
      throw OperandException.invalid("a condition with %d results; expected one", results.size());
    }
    return tensor(results.getFirst());
  }

  private static Value tensor(Item item) {
    if (item instanceof Item.Tensor tensor) {
      return tensor.value();
    }
    throw OperandException.unsupported("a function whose result is not a tensor");
  }

  /**
   * Lowers a choice of functions by a number, as nested branches. A number out of range chooses the
   * last function.
   */
  private static List<Item> choose(OperationCall call) {
    return choose(call, call.emit(), call.narrow(0), tail(call), call.node().branches(), 0);
  }

  private static List<Item> choose(
      OperationCall call,
      Emitter emit,
      Value number,
      List<Item> captured,
      List<String> functions,
      int first) {
    if (functions.isEmpty()) {
      throw OperandException.invalid("no functions to choose from");
    }
    if (first == functions.size() - 1) {
      return call.walk().call(functions.getLast(), captured, emit);
    }
    Value condition = emit.node(new Equal(), number, emit.scalar(first));
    List<Item> carried = new ArrayList<>(captured);
    carried.add(Item.of(number));
    return branch(
        emit,
        condition,
        carried,
        (inner, items) ->
            call.walk().call(functions.get(first), items.subList(0, captured.size()), inner),
        (inner, items) ->
            choose(
                call,
                inner,
                tensor(items.getLast()),
                items.subList(0, captured.size()),
                functions,
                first + 1));
  }

  private static List<Item> branch(OperationCall call) {
    Emitter emit = call.emit();
    Value stated = call.value(0);
    return branch(
        emit,
        stated.type() == TensorType.BOOL ? stated : emit.cast(stated, TensorType.BOOL),
        tail(call),
        (inner, items) -> call.walk().call(call.node().function("then_branch"), items, inner),
        (inner, items) -> call.walk().call(call.node().function("else_branch"), items, inner));
  }

  private static List<Item> tail(OperationCall call) {
    call.item(0);
    return call.inputs().subList(1, call.inputs().size());
  }

  /** Adds the nodes of one side of a branch. */
  private interface Side {
    List<Item> fill(Emitter emit, List<Item> captured);
  }

  private static List<Item> branch(
      Emitter emit, Value condition, List<Item> captured, Side whenTrue, Side whenFalse) {
    List<Value> operands = new ArrayList<>();
    operands.add(condition);
    for (Item item : captured) {
      if (item instanceof Item.Tensor tensor) {
        Value value = tensor.value();
        operands.add(value.isConstant() ? emit.copy(value) : value);
      }
    }
    Emitter.Branch then = emit.branch("then");
    List<Value> first = fill(then.emitter(), whenTrue, captured, operands);
    Emitter.Branch otherwise = emit.branch("else");
    List<Value> second = fill(otherwise.emitter(), whenFalse, captured, operands);
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
      Emitter emit, Side side, List<Item> captured, List<Value> operands) {
    List<Item> arguments = new ArrayList<>();
    List<Value> inputs = new ArrayList<>();
    for (Item item : captured) {
      if (item instanceof Item.Tensor) {
        Value operand = operands.get(inputs.size() + 1);
        Value input = emit.graph().input("arg" + inputs.size(), operand.type(), operand.shape());
        inputs.add(input);
        arguments.add(Item.of(input));
      } else {
        arguments.add(item);
      }
    }
    List<Value> results = new ArrayList<>();
    for (Item item : side.fill(emit, arguments)) {
      Value value = tensor(item);
      boolean needsCopy = value.isConstant() || inputs.contains(value) || results.contains(value);
      results.add(needsCopy ? emit.copy(value) : value);
    }
    emit.graph().output(results.toArray(new Value[0]));
    return results;
  }
}
