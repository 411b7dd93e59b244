package dev.whittle.ir;

import dev.whittle.ir.kernel.DirectInvocation;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Shape inference of a graph: the shape of every value from the shapes of the inputs, and the
 * contents of small values that depend on shapes and constants only, such as SHAPE, STRIDED_SLICE
 * and PACK before a RESHAPE. The contents are computed by the reference kernels.
 */
public final class ShapeInference {
  /** The number of elements up to which contents are computed. */
  private static final int MAX_KNOWN_ELEMENTS = 1024;

  private static final int MAX_NESTING = 64;
  private static final int MAX_VISITS = 1 << 20;

  private final Model model;
  private final int nesting;
  private final VariableShapes variables;

  /** The number of visited nodes in all graphs, which grows exponentially if graphs call graphs. */
  private final int[] visits;

  private ShapeInference(Model model, VariableShapes variables) {
    this(model, 0, variables, new int[1]);
  }

  private ShapeInference(Model model, int nesting, VariableShapes variables, int[] visits) {
    this.model = model;
    this.nesting = nesting;
    this.variables = variables;
    this.visits = visits;
  }

  /**
   * The result for a graph, by value id.
   *
   * @param shapes the shapes, which may be dynamic
   * @param known the contents of constants and of values that depend on shapes and constants only;
   *     null for other values
   */
  public record Inferred(List<Shape> shapes, List<@Nullable Tensor> known) {}

  /**
   * Infers the shapes of a graph from the declared shapes of its inputs.
   *
   * @param graph the index of the graph in the model
   * @throws ModelException if a node does not accept its operands, with every such node
   */
  public static Inferred infer(Model model, int graph) {
    Graph g = model.graphs().get(graph);
    return infer(model, graph, g.inputs().stream().map(i -> g.value(i).shape()).toList());
  }

  /**
   * Infers the shapes of a graph from given shapes of its inputs.
   *
   * @param graph the index of the graph in the model
   * @param inputShapes the shapes of its inputs
   * @throws ModelException if a node does not accept its operands, with every such node
   */
  public static Inferred infer(Model model, int graph, List<Shape> inputShapes) {
    return infer(model, graph, inputShapes, Map.of());
  }

  /**
   * Infers the shapes of a graph while the model's resource variables have contents.
   *
   * @param graph the index of the graph in the model
   * @param inputShapes the shapes of its inputs
   * @param variables shapes that variables have besides those that the model assigns, by the
   *     variable's name ({@link VariableAccess#variable})
   * @throws ModelException if a node does not accept its operands, with every such node
   */
  public static Inferred infer(
      Model model, int graph, List<Shape> inputShapes, Map<String, Shape> variables) {
    return new ShapeInference(model, VariableShapes.of(model, graph, inputShapes, variables))
        .run(graph, inputShapes);
  }

  /** Infers a graph for what it assigns to variables. */
  static void inferEntry(
      Model model, int graph, List<Shape> inputShapes, VariableShapes variables) {
    new ShapeInference(model, variables).run(graph, inputShapes);
  }

  private Inferred run(int graphIndex, List<Shape> inputShapes) {
    Graph graph = model.graphs().get(graphIndex);
    visits[0] += graph.nodes().size();
    if (nesting > 0 && visits[0] > MAX_VISITS) {
      throw OperandException.invalid(
          "graphs call each other too often; expected at most %d nodes in all calls", MAX_VISITS);
    }
    List<Shape> shapes = new ArrayList<>();
    List<@Nullable Tensor> known = new ArrayList<>();
    for (Value value : graph.values()) {
      // Values with a producer get another shape below: the declared one may be outdated.
      shapes.add(value.shape());
      known.add(constant(value));
    }
    for (int i = 0; i < graph.inputs().size(); i++) {
      Value input = graph.value(graph.inputs().get(i));
      Shape shape = inputShapes.get(i);
      try {
        if (shape.isStatic()) {
          input.type().byteSize(shape.elements());
        }
      } catch (ArithmeticException e) {
        throw new MalformedModelException("input '" + input.name() + "': " + e.getMessage(), e);
      }
      shapes.set(input.id(), shape);
    }
    Map<Integer, String> handles = VariableAccess.handles(graph);
    List<UnsupportedModelException.Item> unsupported = new ArrayList<>();
    for (int n = 0; n < graph.nodes().size(); n++) {
      try {
        inferNode(graph, graph.nodes().get(n), shapes, known);
        accessVariable(graph, graph.nodes().get(n), shapes, handles);
      } catch (OperandException e) {
        if (!e.isUnsupported()) {
          throw ModelException.of(graph.describe(n), e);
        }
        unsupported.add(
            new UnsupportedModelException.Item(
                graph.describe(n), String.valueOf(e.getMessage()), ""));
        for (int output : graph.nodes().get(n).outputs()) {
          shapes.set(output, graph.value(output).shape());
        }
      } catch (ArithmeticException e) {
        throw new MalformedModelException(graph.describe(n) + ": " + e.getMessage(), e);
      }
    }
    if (!unsupported.isEmpty()) {
      throw new UnsupportedModelException(unsupported);
    }
    return new Inferred(shapes, known);
  }

  private static @Nullable Tensor constant(Value value) {
    return value.isVariable() ? null : value.contents();
  }

  private void inferNode(Graph graph, Node node, List<Shape> shapes, List<@Nullable Tensor> known) {
    Operands operands = operands(graph, node, shapes, known);
    List<TypedShape> inferred = node.op().infer(operands);
    if (inferred.size() < node.outputs().size()) {
      throw OperandException.invalid(
          "has %d outputs; the operator computes %d", node.outputs().size(), inferred.size());
    }
    for (int i = 0; i < node.outputs().size(); i++) {
      Value output = graph.value(node.outputs().get(i));
      if (inferred.get(i).type() != output.type()) {
        throw OperandException.invalid(
            "output '%s' is declared as %s; the operator computes %s",
            output.name(), output.type(), inferred.get(i).type());
      }
      Shape shape = inferred.get(i).shape();
      if (shape.isStatic()) {
        // Throws an ArithmeticException if no memory could hold it.
        output.type().byteSize(shape.elements());
      }
      shapes.set(output.id(), shape);
    }
    computeAhead(graph, node, shapes, known);
  }

  private void accessVariable(
      Graph graph, Node node, List<Shape> shapes, Map<Integer, String> handles) {
    if (!(node.op() instanceof VariableAccess access)) {
      return;
    }
    if (access.access() == VariableAccess.Kind.READ && !node.outputs().isEmpty()) {
      int output = node.outputs().getFirst();
      Shape declared = graph.value(output).shape();
      shapes.set(output, variables.read(handles.get(node.inputs().getFirst()), declared));
    } else if (access.access() == VariableAccess.Kind.ASSIGN) {
      variables.assign(handles.get(node.inputs().get(0)), shapes.get(node.inputs().get(1)));
    }
  }

  private Operands operands(
      Graph graph, Node node, List<Shape> shapes, List<@Nullable Tensor> known) {
    List<@Nullable Operand> inputs = new ArrayList<>();
    for (int id : node.inputs()) {
      inputs.add(id == Node.ABSENT ? null : operand(graph, id, shapes, known));
    }
    List<Operand> outputs = new ArrayList<>();
    for (int id : node.outputs()) {
      outputs.add(operand(graph, id, shapes, known));
    }
    List<@Nullable Quantization> intermediates = new ArrayList<>();
    node.intermediates()
        .forEach(id -> intermediates.add(id < 0 ? null : graph.value(id).quantization()));
    return new Operands(inputs, outputs, this::subgraphOutputs, intermediates);
  }

  private static Operand operand(
      Graph graph, int id, List<Shape> shapes, List<@Nullable Tensor> known) {
    Value value = graph.value(id);
    return new Operand(
        value.name(),
        value.type(),
        shapes.get(id),
        resolved(value.quantization(), known),
        known.get(id));
  }

  /** Returns quantization parameters with the contents of the values that they refer to. */
  private static @Nullable Quantization resolved(
      @Nullable Quantization quantization, List<@Nullable Tensor> known) {
    return quantization != null
            && quantization.details() instanceof Quantization.Details.Blockwise blocks
        ? quantization.withDetails(
            new Quantization.Details.Blocks(
                contents(blocks.scales(), known),
                contents(blocks.zeroPoints(), known),
                blocks.blockSize()))
        : quantization;
  }

  private static @Nullable Tensor contents(int id, List<@Nullable Tensor> known) {
    return id < 0 || id >= known.size() ? null : known.get(id);
  }

  /** Returns the operands of a node of a graph whose shapes have been inferred. */
  public static Operands operands(Model model, Graph graph, Node node, Inferred inferred) {
    return new ShapeInference(model, VariableShapes.unknown())
        .operands(graph, node, inferred.shapes(), inferred.known());
  }

  /**
   * Infers the types and shapes of a graph's outputs.
   *
   * @param graph the index of the graph in the model
   * @param inputs the types and shapes of its inputs
   * @throws OperandException if there is no such graph or it has another number of inputs
   */
  public static List<TypedShape> subgraphOutputs(Model model, int graph, List<TypedShape> inputs) {
    return new ShapeInference(model, VariableShapes.unknown()).subgraphOutputs(graph, inputs);
  }

  private List<TypedShape> subgraphOutputs(int graphIndex, List<TypedShape> inputs) {
    if (graphIndex < 0 || graphIndex >= model.graphs().size()) {
      throw OperandException.invalid(
          "runs graph %d, but the model has %d", graphIndex, model.graphs().size());
    }
    if (nesting >= MAX_NESTING) {
      throw OperandException.invalid(
          "graphs call each other in a depth of more than %d", MAX_NESTING);
    }
    Graph graph = model.graphs().get(graphIndex);
    if (graph.inputs().size() != inputs.size()) {
      throw OperandException.invalid(
          "graph '%s' gets %d inputs; expected %d",
          graph.name(), inputs.size(), graph.inputs().size());
    }
    Inferred inferred =
        new ShapeInference(model, nesting + 1, variables, visits)
            .run(graphIndex, inputs.stream().map(TypedShape::shape).toList());
    return graph.outputs().stream()
        .map(id -> new TypedShape(graph.value(id).type(), inferred.shapes().get(id)))
        .toList();
  }

  private void computeAhead(
      Graph graph, Node node, List<Shape> shapes, List<@Nullable Tensor> known) {
    if (!node.op().isPure() || !node.op().subgraphs().isEmpty() || node.outputs().isEmpty()) {
      return;
    }
    for (int id : node.outputs()) {
      Shape shape = shapes.get(id);
      if (!graph.value(id).type().isInteger()
          || !shape.isStatic()
          || shape.elements() > MAX_KNOWN_ELEMENTS) {
        return;
      }
    }
    List<@Nullable Tensor> inputs = new ArrayList<>();
    for (int id : node.inputs()) {
      Tensor input = id == Node.ABSENT ? null : contents(graph, node, id, shapes, known);
      if (id != Node.ABSENT && input == null) {
        return;
      }
      inputs.add(input);
    }
    List<Tensor> outputs = new ArrayList<>();
    for (int id : node.outputs()) {
      var output =
          new Tensor(
              graph.value(id).type(), graph.value(id).quantization(), Tensor.Allocator.AUTOMATIC);
      output.resize(shapes.get(id).toArray());
      outputs.add(output);
    }
    node.op()
        .kernel(operands(graph, node, shapes, known))
        .run(new DirectInvocation(inputs, outputs));
    for (int i = 0; i < outputs.size(); i++) {
      known.set(node.outputs().get(i), outputs.get(i));
    }
  }

  private static @Nullable Tensor contents(
      Graph graph, Node node, int id, List<Shape> shapes, List<@Nullable Tensor> known) {
    Tensor tensor = known.get(id);
    if (tensor != null) {
      return tensor.elements() <= MAX_KNOWN_ELEMENTS || node.op().readsOnlyShapes() ? tensor : null;
    }
    Shape shape = shapes.get(id);
    if (!shape.isStatic()) {
      return null;
    }
    Value value = graph.value(id);
    if (node.op().readsOnlyShapes()) {
      return Tensor.withoutContents(value.type(), shape.toArray());
    }
    boolean empty = shape.elements() == 0 && value.type().hasFixedSize();
    return empty ? Tensor.allocate(value.type(), shape.toArray()) : null;
  }
}
