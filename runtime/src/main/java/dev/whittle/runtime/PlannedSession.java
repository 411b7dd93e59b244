package dev.whittle.runtime;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Shape;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.TypedShape;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A session that plans each graph for its input extents and runs the plan. */
final class PlannedSession implements Session {
  private final Model model;
  private final Backend backend;
  private final MemoryLimit limit;
  private final List<GraphState> graphs;
  private final Map<Object, Object> resources = new HashMap<>();
  private @Nullable TensorObserver observer;

  PlannedSession(Model model, InterpreterOptions options, Backend backend) {
    this.backend = backend;
    this.model = model;
    this.limit = new MemoryLimit(options.maxMemory(), backend);
    this.graphs = new ArrayList<>();
    for (Graph graph : model.graphs()) {
      graphs.add(new GraphState(graph));
    }
  }

  /** What belongs to one graph: present input extents, variables, and the plan for them. */
  private final class GraphState {
    private final Graph graph;
    private final List<Shape> inputShapes = new ArrayList<>();
    private final Map<Integer, Tensor> variables = new HashMap<>();
    private @Nullable GraphPlan plan;
    private boolean running;

    GraphState(Graph graph) {
      this.graph = graph;
      for (int id : graph.inputs()) {
        inputShapes.add(graph.value(id).initialShape());
      }
    }

    void discard() {
      if (plan != null) {
        plan.release();
        plan = null;
      }
    }

    GraphPlan plan(int index) {
      if (plan == null) {
        createVariables();
        plan =
            GraphPlan.of(
                model,
                index,
                List.copyOf(inputShapes),
                variables,
                limit,
                backend,
                observer != null);
      }
      return plan;
    }

    private void createVariables() {
      for (Value value : graph.values()) {
        if (value.isVariable() && !variables.containsKey(value.id())) {
          var tensor =
              new Tensor(value.type(), value.quantization(), limit.open().forTensor(value));
          tensor.resize(value.initialShape().toArray());
          variables.put(value.id(), tensor);
          reset(value, tensor);
        }
      }
    }

    private void reset(Value value, Tensor tensor) {
      if (value.data() != null) {
        tensor.data().copyFrom(value.data().bytes());
      } else {
        // A quantized zero is the zero point, as the native runtime resets it.
        int zero = value.quantization() == null ? 0 : value.quantization().zeroPointValue();
        tensor.data().fill((byte) (value.type().bits() == 8 ? zero : 0));
      }
    }
  }

  @Override
  public void resize(int graph, int input, int[] dims) {
    GraphState state = graphs.get(graph);
    Shape shape = Shape.of(dims);
    if (!shape.equals(state.inputShapes.set(input, shape))) {
      state.discard();
    }
  }

  @Override
  public void allocate(int graph) {
    graphs.get(graph).plan(graph);
  }

  @Override
  public Tensor tensor(int graph, int value) {
    return graphs.get(graph).plan(graph).tensor(value);
  }

  @Override
  public void run(int graph) {
    GraphState state = graphs.get(graph);
    if (state.running) {
      throw OperandException.invalid("graph '%s' runs itself", state.graph.name());
    }
    state.running = true;
    try {
      state.plan(graph).run(this, observer);
    } finally {
      state.running = false;
    }
  }

  /** Runs a graph on behalf of a node of another one. */
  void runSubgraph(int graph, List<Tensor> inputs, List<Tensor> outputs) {
    GraphState state = graphs.get(graph);
    List<Integer> inputIds = state.graph.inputs();
    List<Integer> outputIds = state.graph.outputs();
    if (inputIds.size() != inputs.size() || outputIds.size() < outputs.size()) {
      throw OperandException.invalid(
          "graph '%s' has %d inputs and %d outputs, is run with %d and %d",
          state.graph.name(), inputIds.size(), outputIds.size(), inputs.size(), outputs.size());
    }
    for (int i = 0; i < inputs.size(); i++) {
      if (!Arrays.equals(inputs.get(i).dims(), state.inputShapes.get(i).toArray())) {
        resize(graph, i, inputs.get(i).dims());
      }
    }
    for (int i = 0; i < inputs.size(); i++) {
      tensor(graph, inputIds.get(i)).copyFrom(inputs.get(i));
    }
    run(graph);
    for (int i = 0; i < outputs.size(); i++) {
      outputs.get(i).copyFrom(tensor(graph, outputIds.get(i)));
    }
  }

  List<TypedShape> inferSubgraph(int graph, List<TypedShape> inputs) {
    return ShapeInference.subgraphOutputs(model, graph, inputs);
  }

  <T> T resource(Object key, Class<T> type, Supplier<T> create) {
    Object resource = resources.computeIfAbsent(key, k -> create.get());
    if (!type.isInstance(resource)) {
      throw OperandException.invalid("resource '%s' is used in two ways", key);
    }
    return type.cast(resource);
  }

  @Override
  public void resetVariables() {
    resources.clear();
    for (GraphState state : graphs) {
      state.variables.forEach((id, tensor) -> state.reset(state.graph.value(id), tensor));
    }
  }

  @Override
  public void observe(@Nullable TensorObserver newObserver) {
    if ((observer == null) != (newObserver == null)) {
      // Values that nobody sees may share memory with others.
      graphs.forEach(GraphState::discard);
    }
    observer = newObserver;
  }

  @Override
  public long activationBytes(int graph) {
    return graphs.get(graph).plan(graph).arenaBytes();
  }

  @Override
  public List<PlannedNode> plan(int graph) {
    return graphs.get(graph).plan(graph).nodes();
  }

  @Override
  public void close() {
    backend.close();
    for (GraphState state : graphs) {
      state.plan = null;
      state.variables.clear();
    }
    resources.clear();
  }
}
