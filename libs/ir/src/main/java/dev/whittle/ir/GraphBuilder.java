package dev.whittle.ir;

import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds a graph node by node, typing each output from its operator. */
public final class GraphBuilder {
  private final String name;
  private final List<Value> values = new ArrayList<>();
  private final List<Integer> inputs = new ArrayList<>();
  private final List<Integer> outputs = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();

  public GraphBuilder(String name) {
    this.name = name;
  }

  /** Adds an input of the graph. */
  public Value input(String valueName, TensorType type, Shape shape) {
    return input(valueName, type, shape, null);
  }

  /** Adds a quantized input of the graph. */
  public Value input(
      String valueName, TensorType type, Shape shape, @Nullable Quantization quantization) {
    Value value =
        append(Value.of(values.size(), valueName, type, shape).withQuantization(quantization));
    inputs.add(value.id());
    return value;
  }

  /** Adds a constant with the contents of {@code tensor}, which must not change any more. */
  public Value constant(String valueName, Tensor tensor) {
    return append(
        Value.of(values.size(), valueName, tensor.type(), tensor.shape())
            .withQuantization(tensor.quantization())
            .withData(Constant.of(tensor.data())));
  }

  /** Adds a value that is neither an input nor a constant: a variable, or an output to be. */
  public Value value(Value template) {
    return append(template.withId(values.size()));
  }

  private Value append(Value value) {
    values.add(value);
    return value;
  }

  /**
   * Adds a node and its one output, a float or plain integer.
   *
   * @throws OperandException if the operator does not take the operands
   */
  public Value node(String outputName, Op op, @Nullable Value... operands) {
    return nodes(List.of(outputName), op, operands).getFirst();
  }

  /** {@link #node} for an output with quantization parameters, or of another type than inferred. */
  public Value node(Value output, Op op, @Nullable Value... operands) {
    Value added = value(output);
    TypedShape inferred = op.infer(operands(List.of(added), operands)).getFirst();
    Value typed = added.withShape(inferred.shape());
    values.set(added.id(), typed);
    nodes.add(Node.of(op, ids(operands), List.of(added.id())));
    return typed;
  }

  /** Adds a node with as many outputs as it has names. */
  public List<Value> nodes(List<String> outputNames, Op op, @Nullable Value... operands) {
    List<TypedShape> inferred = op.infer(operands(List.of(), operands));
    List<Value> added = new ArrayList<>();
    for (int i = 0; i < outputNames.size(); i++) {
      TypedShape type = inferred.get(i);
      added.add(append(Value.of(values.size(), outputNames.get(i), type.type(), type.shape())));
    }
    nodes.add(Node.of(op, ids(operands), added.stream().map(Value::id).toList()));
    return added;
  }

  /**
   * Adds a node whose outputs cannot be inferred here, because it runs graphs of a model that is
   * not built yet: they are as declared.
   */
  public List<Value> nodesAsDeclared(List<Value> outputs, Op op, @Nullable Value... operands) {
    List<Value> added = outputs.stream().map(this::value).toList();
    nodes.add(Node.of(op, ids(operands), added.stream().map(Value::id).toList()));
    return added;
  }

  private static List<Integer> ids(@Nullable Value... operands) {
    return Arrays.stream(operands).map(v -> v == null ? Node.ABSENT : v.id()).toList();
  }

  private static Operands operands(List<Value> outputs, @Nullable Value... inputs) {
    List<@Nullable Operand> known = new ArrayList<>();
    for (Value input : inputs) {
      known.add(input == null ? null : Operand.of(input));
    }
    return new Operands(
        known,
        outputs.stream().map(Operand::of).toList(),
        (graph, types) -> {
          throw OperandException.unsupported("operators that run graphs need declared outputs");
        });
  }

  /**
   * Puts another description of a value in its place, such as a better name, or a shape that is
   * known better than an operator can infer.
   *
   * @throws IllegalArgumentException if the value has no place in this graph
   */
  public Value update(Value value) {
    if (value.id() < 0 || value.id() >= values.size()) {
      throw new IllegalArgumentException("no value " + value.id());
    }
    values.set(value.id(), value);
    return value;
  }

  /** Gives the last node values that only state how what it computes on the way is quantized. */
  public void stateIntermediates(List<Value> intermediates) {
    Node last = nodes.getLast();
    List<Integer> ids = intermediates.stream().map(Value::id).toList();
    nodes.set(nodes.size() - 1, last.withOperands(last.inputs(), last.outputs(), ids));
  }

  /** How many nodes have been added. */
  public int nodeCount() {
    return nodes.size();
  }

  /** A node by its place. */
  public Node node(int index) {
    return nodes.get(index);
  }

  /** Marks values as outputs of the graph, in that order. */
  public GraphBuilder output(Value... results) {
    for (Value result : results) {
      outputs.add(result.id());
    }
    return this;
  }

  public Graph build() {
    return new Graph(name, values, inputs, outputs, nodes);
  }

  /**
   * A model of this graph alone with the signature {@code serving_default}, named as its values.
   */
  public Model buildModel(String description) {
    Graph graph = build();
    var signature =
        new Signature("serving_default", 0, ports(graph, inputs), ports(graph, outputs));
    var model = new Model(description, List.of(graph), List.of(signature), List.of());
    GraphCheck.check(model);
    return model;
  }

  private static List<Signature.Port> ports(Graph graph, List<Integer> ids) {
    return ids.stream().map(id -> new Signature.Port(graph.value(id).name(), id)).toList();
  }
}
