package dev.whittle.runtime.plan;

import dev.whittle.ir.Graph;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Model;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.VariableStore;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import dev.whittle.runtime.session.NodeTimer;
import dev.whittle.runtime.session.PlannedNode;
import dev.whittle.runtime.session.Session;
import dev.whittle.runtime.session.TensorObserver;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A session that plans each graph for its input shapes and runs the plans. */
public final class PlannedSession implements Session {
  private final Model model;
  private final Backend backend;
  private final MemoryLimit limit;
  private final List<GraphState> graphs;
  private final Map<Object, Object> resources = new HashMap<>();

  /** Shapes of resource variables that plans did not expect, by variable. */
  private final Map<String, Shape> contentShapes = new HashMap<>();

  private @Nullable TensorObserver observer;
  private @Nullable NodeTimer timer;

  /**
   * Opens a session.
   *
   * @param maxMemory maximum size of the tensors in bytes
   * @param backend closed with the session
   */
  public PlannedSession(Model model, long maxMemory, Backend backend) {
    this.backend = backend;
    this.model = model;
    this.limit = new MemoryLimit(maxMemory, backend);
    this.graphs = new ArrayList<>();
    for (Graph graph : model.graphs()) {
      graphs.add(new GraphState(graph));
    }
  }

  /** The state of one graph: its present input shapes, its variables, and the plan for them. */
  private final class GraphState {
    private final Graph graph;
    private final List<Shape> inputShapes = new ArrayList<>();
    private final Map<Integer, Tensor> variables = new HashMap<>();

    /** For each input, whether a node reads it or it is an output. */
    private final boolean[] isRead;

    private @Nullable GraphPlan plan;
    private boolean running;

    GraphState(Graph graph) {
      this.graph = graph;
      for (int id : graph.inputs()) {
        inputShapes.add(graph.value(id).initialShape());
      }
      isRead = new boolean[graph.inputs().size()];
      for (int i = 0; i < isRead.length; i++) {
        int id = graph.inputs().get(i);
        isRead[i] =
            graph.outputs().contains(id)
                || graph.nodes().stream().anyMatch(node -> node.inputs().contains(id));
      }
    }

    void discard() {
      if (plan != null) {
        plan.release();
        plan = null;
      }
    }

    /**
     * Plans the graph again, if it has a plan. Inputs and outputs keep their contents, and views of
     * them stay valid.
     */
    void replan(int index) {
      if (plan == null) {
        return;
      }
      Map<Integer, Tensor> kept = new HashMap<>();
      for (List<Integer> ids : List.of(graph.inputs(), graph.outputs())) {
        for (int id : ids) {
          kept.put(id, plan.tensor(id));
        }
      }
      discard();
      plan(index, kept);
    }

    GraphPlan plan(int index) {
      return plan(index, Map.of());
    }

    private GraphPlan plan(int index, Map<Integer, Tensor> kept) {
      if (plan == null) {
        createVariables();
        plan =
            GraphPlan.of(
                model,
                index,
                ShapeInference.infer(
                    model, index, List.copyOf(inputShapes), Map.copyOf(contentShapes)),
                variables,
                kept,
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
        if (value.data().byteSize() != tensor.data().byteSize()) {
          throw new MalformedModelException(
              "variable '%s' of graph '%s' has %d bytes of contents; expected %d for %s %s"
                  .formatted(
                      value.name(),
                      graph.name(),
                      value.data().byteSize(),
                      tensor.data().byteSize(),
                      value.type(),
                      tensor.shape()));
        }
        tensor.data().copyFrom(value.data().bytes());
      } else {
        // The native runtime resets quantized variables to their zero point.
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
      throw OperandException.invalid("graph '%s' calls itself", state.graph.name());
    }
    state.running = true;
    try {
      fitToVariables(graph).run(this, observer, timer);
    } finally {
      state.running = false;
    }
  }

  /**
   * Returns the plan of a graph for the present shapes of resource variables. They differ from what
   * the model assigns for these input shapes if they stem from a run with other input shapes.
   */
  private GraphPlan fitToVariables(int graph) {
    GraphState state = graphs.get(graph);
    GraphPlan plan = state.plan(graph);
    boolean fits = true;
    for (Map.Entry<String, Shape> read : plan.variableShapes().entrySet()) {
      Shape present = variableShape(read.getKey());
      if (present != null && !read.getValue().accepts(present)) {
        contentShapes.put(read.getKey(), present);
        fits = false;
      }
    }
    if (fits) {
      return plan;
    }
    state.replan(graph);
    return state.plan(graph);
  }

  private @Nullable Shape variableShape(String variable) {
    for (Object resource : resources.values()) {
      if (resource instanceof VariableStore store) {
        return store.shape(variable);
      }
    }
    return null;
  }

  /** Runs a graph that a node of another graph calls. */
  void runSubgraph(int graph, List<Tensor> inputs, List<Tensor> outputs) {
    setInputs(graph, inputs);
    run(graph);
    List<Tensor> results = outputs(graph, outputs.size());
    for (int i = 0; i < outputs.size(); i++) {
      outputs.get(i).copyFrom(results.get(i));
    }
  }

  /**
   * Runs a loop. State that the body returns in the memory of its input is not copied.
   *
   * @param condition the graph that tells whether to go on
   * @param body the graph that computes the next state
   * @param state the initial state, replaced by the final one
   */
  void runLoop(int condition, int body, List<Tensor> state) {
    List<Tensor> current = state;
    while (holds(condition, current)) {
      setInputs(body, current);
      run(body);
      current = outputs(body, state.size());
    }
    for (int i = 0; i < state.size(); i++) {
      if (!state.get(i).data().equals(current.get(i).data())) {
        state.get(i).copyFrom(current.get(i));
      }
    }
  }

  private boolean holds(int condition, List<Tensor> state) {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("the thread was interrupted");
    }
    setInputs(condition, state);
    run(condition);
    Tensor result = outputs(condition, 1).getFirst();
    if (result.type() != TensorType.BOOL || result.elements() != 1) {
      throw OperandException.invalid(
          "the loop's condition is %s %s; expected one BOOL", result.type(), result.shape());
    }
    return result.getBoolean(0);
  }

  private List<Tensor> outputs(int graph, int count) {
    Graph called = graphs.get(graph).graph;
    if (called.outputs().size() < count) {
      throw OperandException.invalid(
          "graph '%s' has %d outputs; its caller expects %d",
          called.name(), called.outputs().size(), count);
    }
    List<Tensor> outputs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      outputs.add(tensor(graph, called.outputs().get(i)));
    }
    return outputs;
  }

  /**
   * Sets a graph's inputs.
   *
   * @param sources the contents; they may be the graph's own outputs, in the memory of its inputs
   */
  private void setInputs(int graph, List<Tensor> sources) {
    GraphState state = graphs.get(graph);
    List<Integer> ids = state.graph.inputs();
    if (ids.size() != sources.size()) {
      throw OperandException.invalid(
          "graph '%s' has %d inputs, but is called with %d",
          state.graph.name(), ids.size(), sources.size());
    }
    boolean fits = true;
    for (int i = 0; i < ids.size(); i++) {
      Value input = state.graph.value(ids.get(i));
      if (sources.get(i).type() != input.type()) {
        throw OperandException.invalid(
            "input %d of graph '%s' is %s; expected %s",
            i, state.graph.name(), sources.get(i).type(), input.type());
      }
      fits &= Arrays.equals(sources.get(i).dims(), state.inputShapes.get(i).toArray());
    }
    List<Tensor> contents = sources;
    if (!fits || overwrites(graph, sources)) {
      // The sources may lie in memory that a new plan or other inputs overwrite.
      contents = copies(sources);
      for (int i = 0; i < ids.size(); i++) {
        resize(graph, i, contents.get(i).dims());
      }
    }
    for (int i = 0; i < ids.size(); i++) {
      Tensor input = tensor(graph, ids.get(i));
      if (state.isRead[i] && !input.data().equals(contents.get(i).data())) {
        input.copyFrom(contents.get(i));
      }
    }
  }

  /** Returns whether setting an input would overwrite the source of another one. */
  private boolean overwrites(int graph, List<Tensor> sources) {
    GraphState state = graphs.get(graph);
    if (state.plan == null) {
      return false;
    }
    for (int i = 0; i < sources.size(); i++) {
      MemorySegment input = tensor(graph, state.graph.inputs().get(i)).data();
      if (input.equals(sources.get(i).data())) {
        continue;
      }
      for (int j = 0; j < sources.size(); j++) {
        MemorySegment source = sources.get(j).data();
        if (i != j && input.asOverlappingSlice(source).isPresent()) {
          return true;
        }
      }
    }
    return false;
  }

  private static List<Tensor> copies(List<Tensor> tensors) {
    List<Tensor> copies = new ArrayList<>();
    for (Tensor tensor : tensors) {
      var copy = new Tensor(tensor.type(), tensor.quantization(), Tensor.Allocator.AUTOMATIC);
      copy.copyFrom(tensor);
      copies.add(copy);
    }
    return copies;
  }

  /** Returns the types and shapes of a graph's outputs for certain inputs. */
  List<TypedShape> inferSubgraph(int graph, List<TypedShape> inputs) {
    return ShapeInference.subgraphOutputs(model, graph, inputs);
  }

  /** Returns the resource of a key, created if it does not exist. */
  <T> T resource(Object key, Class<T> type, Supplier<T> create) {
    Object resource = resources.computeIfAbsent(key, k -> create.get());
    if (!type.isInstance(resource)) {
      throw OperandException.invalid("resource '%s' is not a %s", key, type.getSimpleName());
    }
    return type.cast(resource);
  }

  @Override
  public void resetVariables() {
    resources.clear();
    contentShapes.clear();
    for (GraphState state : graphs) {
      state.variables.forEach((id, tensor) -> state.reset(state.graph.value(id), tensor));
    }
  }

  @Override
  public void observe(@Nullable TensorObserver newObserver) {
    boolean isChange = (observer == null) != (newObserver == null);
    observer = newObserver;
    if (isChange) {
      // Without an observer, values may share memory.
      for (int g = 0; g < graphs.size(); g++) {
        graphs.get(g).replan(g);
      }
    }
  }

  @Override
  public void time(@Nullable NodeTimer newTimer) {
    timer = newTimer;
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
