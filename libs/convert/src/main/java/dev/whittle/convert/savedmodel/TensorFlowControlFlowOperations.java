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
import org.jspecify.annotations.Nullable;

/** Loops and branches that call functions. */
final class TensorFlowControlFlowOperations {
  private TensorFlowControlFlowOperations() {}

  static void register(TensorFlowOperations table) {
    table.ignore("parallel_iterations", "While", "StatelessWhile");
    for (String name : List.of("While", "StatelessWhile")) {
      // Honored by loops that are not recurrent layers.
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

  /**
   * The variables of a loop.
   *
   * @param items before the first step
   * @param shapes before each step, of those that are tensors
   */
  private record Variables(List<Item> items, List<Shape> shapes) {}

  /**
   * Finds shapes that hold in all steps, by lowering the body to a graph that is discarded. Lists
   * get the item shape that the body sets.
   */
  private static Variables variables(OperationCall call) {
    List<Shape> stated =
        call.node().shapes("output_shapes").stream().map(DataTypes::shape).toList();
    List<Item> items = call.inputs();
    List<Shape> shapes = shapes(items);
    while (true) {
      List<Item> results = tryBody(call, items, shapes);
      if (results.size() != items.size()) {
        throw OperandException.invalid(
            "a body with %d results; expected %d", results.size(), items.size());
      }
      List<Item> begun = begin(call, items, results);
      List<Shape> next = begun.equals(items) ? new ArrayList<>() : shapes(begun);
      for (int i = 0; next.size() < shapes.size() && i < items.size(); i++) {
        if (items.get(i) instanceof Item.Tensor && results.get(i) instanceof Item.Tensor after) {
          Shape limit = i < stated.size() ? stated.get(i) : null;
          next.add(common(shapes.get(next.size()), after.value().shape(), limit));
        }
      }
      if (begun.equals(items) && next.equals(shapes)) {
        return new Variables(items, shapes);
      }
      items = begun;
      shapes = next;
    }
  }

  private static List<Shape> shapes(List<Item> items) {
    List<Shape> shapes = new ArrayList<>();
    for (Item item : items) {
      if (item instanceof Item.Tensor tensor) {
        shapes.add(tensor.value().shape());
      }
    }
    return shapes;
  }

  private static List<Item> tryBody(OperationCall call, List<Item> items, List<Shape> shapes) {
    call.walk().importer().countTrial();
    Emitter scratch = Emitter.ofModel();
    List<Item> arguments = new ArrayList<>();
    int next = 0;
    for (Item item : items) {
      arguments.add(
          item instanceof Item.Tensor tensor
              ? Item.of(
                  scratch.graph().input("arg" + next, tensor.value().type(), shapes.get(next++)))
              : item);
    }
    return call.walk().tryCall(call.node().function("body"), arguments, scratch);
  }

  /** Creates the lists whose items got a shape in a step. */
  private static List<Item> begin(OperationCall call, List<Item> items, List<Item> results) {
    List<Value> others = new ArrayList<>();
    for (Item item : items) {
      if (item instanceof Item.Tensor tensor) {
        others.add(tensor.value());
      }
    }
    List<Item> begun = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      boolean becomesTensor =
          items.get(i) instanceof Item.Reserved && results.get(i) instanceof Item.Tensor;
      begun.add(
          becomesTensor && items.get(i) instanceof Item.Reserved list
              ? Item.of(TensorFlowListOperations.zerosLike(call.emit(), list, others))
              : items.get(i));
    }
    return begun;
  }

  /**
   * Returns a shape that holds before and after a step. A dimension that is open after the step is
   * taken to keep its size, unless the operation states that it may change.
   *
   * @param stated the shape that the operation states, a scalar for lists; null if there is none
   */
  private static Shape common(Shape before, Shape after, @Nullable Shape stated) {
    if (!before.isRankKnown() || !after.isRankKnown()) {
      boolean mayChange = stated != null && !stated.isRankKnown();
      return mayChange ? Shape.UNKNOWN : before;
    }
    if (before.rank() != after.rank()) {
      throw OperandException.unsupported(
          "a loop variable whose shape changes from %s to %s", before, after);
    }
    int[] dims = before.toArray();
    for (int i = 0; i < dims.length; i++) {
      boolean isList = i == 0 && stated != null && stated.isRankKnown() && stated.rank() == 0;
      boolean isOpen =
          stated != null
              && (!stated.isRankKnown()
                  || (stated.rank() == dims.length && stated.dim(i) == Shape.DYNAMIC));
      boolean differs = dims[i] != after.dim(i);
      if (differs && (after.dim(i) != Shape.DYNAMIC || isList || isOpen)) {
        dims[i] = Shape.DYNAMIC;
      }
    }
    return Shape.of(dims);
  }

  private static List<Item> loop(OperationCall stated) {
    List<Item> layer = LstmPattern.match(stated);
    if (layer != null) {
      return layer;
    }
    Variables variables = variables(stated);
    var call = new OperationCall(stated.node(), variables.items, stated.emit(), stated.walk());
    List<Value> tensors = new ArrayList<>();
    for (Item item : call.inputs()) {
      if (item instanceof Item.Tensor tensor) {
        Value value = tensor.value();
        tensors.add(value.isConstant() ? call.emit().copy(value) : value);
      }
    }
    FunctionWalk walk = call.walk();
    String condition = call.node().function("cond");
    if (walk.isTrial()) {
      // A trial needs the shapes only.
      List<Value> results = new ArrayList<>();
      for (Value value : tensors) {
        Shape shape = variables.shapes.get(results.size());
        results.add(call.emit().graph().input("after" + results.size(), value.type(), shape));
      }
      return arguments(call, results);
    }
    List<Value> results =
        call.emit()
            .loop(
                tensors,
                variables.shapes,
                (emit, before) -> condition(walk.call(condition, arguments(call, before), emit)),
                (emit, before) -> step(call, emit, before));
    return arguments(call, results);
  }

  private static List<Value> step(OperationCall call, Emitter emit, List<Value> before) {
    List<Value> after = new ArrayList<>();
    String body = call.node().function("body");
    for (Item item : call.walk().call(body, arguments(call, before), emit)) {
      if (item instanceof Item.Tensor tensor) {
        requireSameShape(before.get(after.size()), tensor.value());
        after.add(tensor.value());
      }
    }
    return after;
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
