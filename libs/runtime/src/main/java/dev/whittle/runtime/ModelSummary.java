package dev.whittle.runtime;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.Node;
import dev.whittle.ir.Operands;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.session.Session;
import dev.whittle.tflite.KernelCheck;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A summary of a model: its operators, parameters and cost.
 *
 * @param graphs summaries of the graphs, in the model's order
 */
public record ModelSummary(List<GraphSummary> graphs) {
  public ModelSummary {
    graphs = List.copyOf(graphs);
  }

  /**
   * The summary of a graph.
   *
   * @param name the graph's name
   * @param operators summaries of the nodes, in execution order
   * @param parameters number of elements of all constants
   * @param constantBytes size of the constants as they are stored, in bytes
   * @param multiplyAccumulates multiply-accumulate operations of one invocation with the declared
   *     input shapes
   * @param activationBytes size of the reference engine's activations in bytes; -1 if it cannot
   *     plan the graph
   * @param problems reasons why the reference engine cannot run the graph; empty if it can
   */
  public record GraphSummary(
      String name,
      List<Operator> operators,
      long parameters,
      long constantBytes,
      long multiplyAccumulates,
      long activationBytes,
      List<String> problems) {
    public GraphSummary {
      operators = List.copyOf(operators);
      problems = List.copyOf(problems);
    }
  }

  /**
   * The summary of a node.
   *
   * @param name the operator's name
   * @param version the operator's version, from 1
   * @param options the operator's attributes as text
   * @param inputs ids of the input values; absent inputs are {@link Node#ABSENT}
   * @param outputs ids of the output values
   * @param multiplyAccumulates multiply-accumulate operations of one invocation
   * @param problem reason why the reference engine has no kernel for the node; null if it has one
   */
  public record Operator(
      String name,
      int version,
      String options,
      List<Integer> inputs,
      List<Integer> outputs,
      long multiplyAccumulates,
      @Nullable String problem) {
    public Operator {
      inputs = List.copyOf(inputs);
      outputs = List.copyOf(outputs);
    }
  }

  /** Summarizes a model without running it. */
  public static ModelSummary of(Model model) {
    List<GraphSummary> graphs = new ArrayList<>();
    for (int g = 0; g < model.graphs().size(); g++) {
      graphs.add(graph(model, g));
    }
    return new ModelSummary(graphs);
  }

  private static GraphSummary graph(Model model, int index) {
    Graph graph = model.graphs().get(index);
    List<String> problems = new ArrayList<>();
    ShapeInference.Inferred inferred;
    try {
      inferred = ShapeInference.infer(model, index, initialShapes(graph));
    } catch (ModelException e) {
      problems.add(String.valueOf(e.getMessage()));
      inferred = declared(graph);
    }
    List<Operator> operators = new ArrayList<>();
    long macs = 0;
    for (Node node : graph.nodes()) {
      Operands operands = ShapeInference.operands(model, graph, node, inferred);
      Operator operator = operator(node, operands);
      macs += operator.multiplyAccumulates;
      operators.add(operator);
    }
    long parameters = 0;
    long bytes = 0;
    for (Value value : graph.values()) {
      if (value.data() != null) {
        parameters += value.initialShape().elements();
        bytes += value.data().byteSize();
      }
    }
    long activations = activationBytes(model, index, problems);
    return new GraphSummary(
        graph.name(), operators, parameters, bytes, macs, activations, problems);
  }

  private static List<Shape> initialShapes(Graph graph) {
    return graph.inputs().stream().map(id -> graph.value(id).initialShape()).toList();
  }

  private static ShapeInference.Inferred declared(Graph graph) {
    List<@Nullable Tensor> known =
        new ArrayList<>(Collections.nCopies(graph.values().size(), null));
    return new ShapeInference.Inferred(
        graph.values().stream().map(Value::initialShape).toList(), known);
  }

  private static Operator operator(Node node, Operands operands) {
    int version = node.version() == 0 ? node.op().version(operands) : node.version();
    return new Operator(
        node.op().type().name(),
        version,
        node.op().options().toString(),
        node.inputs(),
        node.outputs(),
        node.op().multiplyAccumulates(operands),
        KernelCheck.ownRefusal(node.op(), operands).orElse(null));
  }

  private static long activationBytes(Model model, int graph, List<String> problems) {
    try (Session session = ReferenceEngine.plan(model, InterpreterOptions.DEFAULT)) {
      return session.activationBytes(graph);
    } catch (ModelException e) {
      String problem = String.valueOf(e.getMessage());
      if (!problems.contains(problem)) {
        problems.add(problem);
      }
      return -1;
    }
  }
}
