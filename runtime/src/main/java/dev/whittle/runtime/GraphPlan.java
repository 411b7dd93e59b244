package dev.whittle.runtime;

import dev.whittle.ir.Constant;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.Node;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Shape;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.Sparsity;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.SparseConstant;
import dev.whittle.ir.kernel.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A graph laid out for inputs of certain extents: a tensor for every value and a step for every
 * node that is left to run. Values of known size share an arena by the time they are live; the
 * others grow as the run goes.
 */
final class GraphPlan {
  /** So many strings at most can an input have: 64 MiB of offsets. */
  private static final int MAX_STRINGS = 1 << 24;

  private final Graph graph;
  private final int graphIndex;
  private final List<Shape> inputShapes;
  private final List<Tensor> tensors = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>();
  private final MemoryLimit limit;
  private long arenaBytes;

  private GraphPlan(Graph graph, int graphIndex, List<Shape> inputShapes, MemoryLimit limit) {
    this.graph = graph;
    this.graphIndex = graphIndex;
    this.inputShapes = inputShapes;
    this.limit = limit;
  }

  /**
   * Plans a graph.
   *
   * @param variables the tensors of variables by value id, which outlive plans
   * @throws ModelException naming every node that cannot be typed or has no kernel
   */
  static GraphPlan of(
      Model model,
      int graphIndex,
      List<Shape> inputShapes,
      Map<Integer, Tensor> variables,
      MemoryLimit limit,
      KernelChoice kernels) {
    Graph graph = model.graphs().get(graphIndex);
    ShapeInference.Inferred inferred = ShapeInference.infer(model, graphIndex, inputShapes);
    var plan = new GraphPlan(graph, graphIndex, inputShapes, limit);
    boolean[] computedAhead = plan.computedAhead(inferred);
    plan.placeTensors(inferred, computedAhead, variables);
    plan.makeSteps(model, inferred, computedAhead, kernels);
    return plan;
  }

  /** Nodes whose outputs shape inference has computed already. */
  private boolean[] computedAhead(ShapeInference.Inferred inferred) {
    boolean[] ahead = new boolean[graph.nodes().size()];
    for (int n = 0; n < ahead.length; n++) {
      List<Integer> outputs = graph.nodes().get(n).outputs();
      ahead[n] =
          !outputs.isEmpty() && outputs.stream().allMatch(id -> inferred.known().get(id) != null);
    }
    return ahead;
  }

  private void placeTensors(
      ShapeInference.Inferred inferred, boolean[] computedAhead, Map<Integer, Tensor> variables) {
    int[] firstUse = new int[graph.values().size()];
    int[] lastUse = new int[graph.values().size()];
    findLifetimes(computedAhead, firstUse, lastUse);
    var layout = new ArenaLayout();
    Map<Integer, ArenaLayout.Block> blocks = new HashMap<>();
    for (Value value : graph.values()) {
      Tensor known = inferred.known().get(value.id());
      Shape shape = inferred.shapes().get(value.id());
      Tensor variable = variables.get(value.id());
      if (variable != null) {
        // A variable that a node sets at the start of each run follows the extents of the inputs.
        if (shape.isStatic() && !variable.shape().equals(shape)) {
          variable.resize(shape.toArray());
        }
        tensors.add(variable);
      } else if (known != null) {
        tensors.add(known);
      } else if (value.data() != null && value.sparsity() != null) {
        tensors.add(dense(value, value.sparsity(), value.data()));
      } else {
        tensors.add(unplaced(value, shape));
        if (value.type().hasFixedSize() && shape.isStatic() && lastUse[value.id()] >= 0) {
          long bytes = value.type().byteSize(shape.elements());
          blocks.put(value.id(), layout.add(bytes, firstUse[value.id()], lastUse[value.id()]));
        }
      }
    }
    arenaBytes = layout.place();
    MemorySegment arena = limit.allocate(arenaBytes, "graph '" + graph.name() + "'");
    blocks.forEach(
        (id, block) -> {
          Shape shape = inferred.shapes().get(id);
          long bytes = graph.value(id).type().byteSize(shape.elements());
          tensors.get(id).place(shape.toArray(), arena.asSlice(block.offset(), bytes));
        });
  }

  /** A tensor without a place yet; strings have the empty ones that a caller is to replace. */
  private Tensor unplaced(Value value, Shape shape) {
    var tensor = new Tensor(value.type(), value.quantization(), limit.forTensor(value.name()));
    boolean input = graph.inputs().contains(value.id());
    if (input && value.type() == TensorType.STRING && shape.isStatic()) {
      long elements = shape.elements();
      if (elements > MAX_STRINGS) {
        throw new UnsupportedModelException(
            "input '" + value.name() + "'", elements + " strings", "resize the input");
      }
      tensor.setStrings(Collections.nCopies((int) elements, new byte[0]), shape.toArray());
    }
    return tensor;
  }

  private Tensor dense(Value value, Sparsity sparsity, Constant stored) {
    var tensor = new Tensor(value.type(), value.quantization(), limit.forTensor(value.name()));
    try {
      tensor.resize(value.initialShape().toArray());
      tensor.data().fill((byte) 0);
      SparseConstant.fill(sparsity, stored.bytes(), tensor);
    } catch (OperandException e) {
      throw e.at("constant '" + value.name() + "' of graph '" + graph.name() + "'");
    }
    return tensor;
  }

  /** Inputs live all the time, so that a caller fills them once and runs often. */
  private void findLifetimes(boolean[] computedAhead, int[] firstUse, int[] lastUse) {
    int end = graph.nodes().size();
    Arrays.fill(firstUse, end);
    Arrays.fill(lastUse, -1);
    for (int n = 0; n < end; n++) {
      if (!computedAhead[n]) {
        Node node = graph.nodes().get(n);
        for (List<Integer> ids : List.of(node.inputs(), node.outputs())) {
          for (int id : ids) {
            if (id != Node.ABSENT) {
              firstUse[id] = Math.min(firstUse[id], n);
              lastUse[id] = Math.max(lastUse[id], n);
            }
          }
        }
      }
    }
    for (int id : graph.inputs()) {
      firstUse[id] = -1;
      lastUse[id] = end;
    }
    for (int id : graph.outputs()) {
      firstUse[id] = Math.min(firstUse[id], end);
      lastUse[id] = end;
    }
  }

  private void makeSteps(
      Model model,
      ShapeInference.Inferred inferred,
      boolean[] computedAhead,
      KernelChoice kernels) {
    List<UnsupportedModelException.Item> unsupported = new ArrayList<>();
    for (int n = 0; n < graph.nodes().size(); n++) {
      if (computedAhead[n]) {
        continue;
      }
      Node node = graph.nodes().get(n);
      try {
        Operands operands = ShapeInference.operands(model, graph, node, inferred);
        // Strings have no place in the arena, so their extents are set before each run too.
        boolean dynamic =
            node.outputs().stream()
                .anyMatch(
                    id ->
                        !inferred.shapes().get(id).isStatic()
                            || !graph.value(id).type().hasFixedSize());
        steps.add(new Step(graph, n, kernels.kernel(node.op(), operands), dynamic, tensors));
      } catch (OperandException e) {
        if (!e.isUnsupported()) {
          throw e.at(graph.describe(n));
        }
        unsupported.add(
            new UnsupportedModelException.Item(
                graph.describe(n),
                String.valueOf(e.getMessage()),
                "the native runtime may have a kernel: try the engine 'litert'"));
      }
    }
    if (!unsupported.isEmpty()) {
      throw new UnsupportedModelException(unsupported);
    }
  }

  boolean isFor(List<Shape> shapes) {
    return inputShapes.equals(shapes);
  }

  Tensor tensor(int value) {
    return tensors.get(value);
  }

  long arenaBytes() {
    return arenaBytes;
  }

  /** Runs all steps in order, unless the thread is interrupted. */
  void run(PlannedSession session, @Nullable TensorObserver observer) {
    for (Step step : steps) {
      if (Thread.currentThread().isInterrupted()) {
        throw new CancellationException("the thread was interrupted");
      }
      step.run(session);
      if (observer != null) {
        step.show(observer, graphIndex);
      }
    }
  }

  void release() {
    limit.release(arenaBytes);
  }
}
