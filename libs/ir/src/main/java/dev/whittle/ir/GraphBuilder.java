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

/** A builder of graphs, node by node. The operator of a node infers the types of its outputs. */
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

  /** Adds a constant that is a view of {@code tensor}, which must not change afterwards. */
  public Value constant(String valueName, Tensor tensor) {
    return append(
        Value.of(values.size(), valueName, tensor.type(), tensor.shape())
            .withQuantization(tensor.quantization())
            .withData(Constant.of(tensor.data())));
  }

  /**
   * Adds a value that is neither an input nor a constant: a variable, or the output of a node to be
   * added.
   *
   * @param template the value, whose id is replaced
   */
  public Value value(Value template) {
    return append(template.withId(values.size()));
  }

  private Value append(Value value) {
    values.add(value);
    return value;
  }

  /**
   * Adds a node and its only output, which is not quantized.
   *
   * @param outputName the name of the output
   * @param op the operator
   * @param operands the inputs; null for an optional one that is left out
   * @throws OperandException if the operator does not accept the operands
   */
  public Value node(String outputName, Op op, @Nullable Value... operands) {
    return nodes(List.of(outputName), op, operands).getFirst();
  }

  /**
   * Adds a node and its only output, which may be quantized or of another type than the operator
   * infers.
   *
   * @param output the output, whose id and shape are replaced
   * @param op the operator
   * @param operands the inputs; null for an optional one that is left out
   * @throws OperandException if the operator does not accept the operands
   */
  public Value node(Value output, Op op, @Nullable Value... operands) {
    Value added = value(output);
    TypedShape inferred = op.infer(operands(List.of(added), operands)).getFirst();
    Value typed = added.withShape(inferred.shape());
    values.set(added.id(), typed);
    nodes.add(Node.of(op, ids(operands), List.of(added.id())));
    return typed;
  }

  /** Adds a node and its outputs, which are not quantized, one for each name. */
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
   * Adds a node without inference of its outputs, because it runs graphs of a model that is not
   * built yet.
   *
   * @param outputs the outputs, whose ids are replaced
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
          throw OperandException.unsupported(
              "an operator that runs graphs needs declared outputs; use nodesAsDeclared");
        });
  }

  /**
   * Replaces the value of the same id, for example to change its name, or to refine a shape that
   * the operator could not infer.
   *
   * @throws IllegalArgumentException if the graph has no value with that id
   */
  public Value update(Value value) {
    if (value.id() < 0 || value.id() >= values.size()) {
      throw new IllegalArgumentException(
          "the graph has no value " + value.id() + "; it has " + values.size());
    }
    values.set(value.id(), value);
    return value;
  }

  /** Sets the intermediate values of the last node, which only carry quantization parameters. */
  public void setIntermediates(List<Value> intermediates) {
    Node last = nodes.getLast();
    List<Integer> ids = intermediates.stream().map(Value::id).toList();
    nodes.set(nodes.size() - 1, last.withOperands(last.inputs(), last.outputs(), ids));
  }

  /** Returns the number of nodes. */
  public int nodeCount() {
    return nodes.size();
  }

  /** Returns the node at an index. */
  public Node node(int index) {
    return nodes.get(index);
  }

  /** Adds values to the outputs of the graph, in order. */
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
   * Returns a model of this graph alone. Its signature {@code serving_default} has the names of the
   * values.
   *
   * @throws InvalidGraphException if the graph is not valid
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
