package dev.whittle.runtime.plan;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.Node;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.DirectInvocation;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.SparseConstant;
import dev.whittle.ir.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Constant folding: computes the nodes that depend on constants alone while a graph is planned.
 * Most of them are DEQUANTIZE nodes that restore weights stored as 16-bit floats or 8-bit integers.
 */
final class ConstantFolding {
  private final Model model;
  private final Graph graph;
  private final int graphIndex;
  private final Backend backend;
  private final MemoryLimit.Account memory;
  private final ShapeInference.Inferred inferred;

  /** Values that depend on the model alone, and not on the shapes of its inputs. */
  private final Set<Integer> modelConstants = new HashSet<>();

  private ConstantFolding(
      Model model,
      int graphIndex,
      ShapeInference.Inferred inferred,
      Backend backend,
      MemoryLimit.Account memory) {
    this.model = model;
    this.graph = model.graphs().get(graphIndex);
    this.graphIndex = graphIndex;
    this.backend = backend;
    this.memory = memory;
    this.inferred =
        new ShapeInference.Inferred(inferred.shapes(), new ArrayList<>(inferred.known()));
  }

  /**
   * Returns the inferred shapes and contents of values, with the contents of folded constants.
   *
   * @throws dev.whittle.ir.UnsupportedModelException if the constants exceed the memory limit
   */
  static ShapeInference.Inferred fold(
      Model model,
      int graphIndex,
      ShapeInference.Inferred inferred,
      Backend backend,
      MemoryLimit.Account memory) {
    var folding = new ConstantFolding(model, graphIndex, inferred, backend, memory);
    for (Value value : folding.graph.values()) {
      folding.densify(value);
      if (value.data() != null && !value.isVariable()) {
        folding.modelConstants.add(value.id());
      }
    }
    for (Node node : folding.graph.nodes()) {
      if (folding.isConstant(node)) {
        folding.compute(node);
      }
    }
    return folding.inferred;
  }

  /** Computes the dense contents of a value that is stored sparsely. */
  private void densify(Value value) {
    if (value.sparsity() == null || value.data() == null || value.isVariable()) {
      return;
    }
    List<Tensor> dense =
        backend.constants(graphIndex, value.id(), () -> List.of(dense(graph, value, memory)));
    inferred.known().set(value.id(), dense.getFirst());
  }

  /** Returns the dense contents of a constant that is stored sparsely. */
  static Tensor dense(Graph graph, Value value, MemoryLimit.Account memory) {
    try {
      Tensor tensor = memory.constant(value, value.initialShape());
      SparseConstant.fill(
          Objects.requireNonNull(value.sparsity()),
          Objects.requireNonNull(value.data()).bytes(),
          tensor);
      return tensor;
    } catch (OperandException e) {
      throw ModelException.of("constant '" + value.name() + "' of graph '" + graph.name() + "'", e);
    }
  }

  private boolean isConstant(Node node) {
    if (!node.op().isPure() || !node.op().subgraphs().isEmpty() || node.inputs().isEmpty()) {
      return false;
    }
    for (int id : node.inputs()) {
      if (id != Node.ABSENT && inferred.known().get(id) == null) {
        return false;
      }
    }
    for (int id : node.outputs()) {
      Value output = graph.value(id);
      if (inferred.known().get(id) != null
          || output.isVariable()
          || !output.type().hasFixedSize()
          || !inferred.shapes().get(id).isStatic()
          || graph.inputs().contains(id)) {
        return false;
      }
    }
    return !node.outputs().isEmpty();
  }

  private void compute(Node node) {
    boolean shared = true;
    for (int id : node.inputs()) {
      shared &= id == Node.ABSENT || modelConstants.contains(id);
    }
    List<Tensor> outputs =
        shared
            ? backend.constants(graphIndex, node.outputs().getFirst(), () -> run(node))
            : run(node);
    if (shared) {
      modelConstants.addAll(node.outputs());
    }
    for (int i = 0; i < outputs.size(); i++) {
      inferred.known().set(node.outputs().get(i), outputs.get(i));
    }
  }

  /** Returns the outputs of a node, or none if its reference kernel fails. */
  private List<Tensor> run(Node node) {
    List<@Nullable Tensor> inputs = new ArrayList<>();
    for (int id : node.inputs()) {
      inputs.add(id == Node.ABSENT ? null : inferred.known().get(id));
    }
    List<Tensor> outputs = new ArrayList<>();
    try {
      for (int id : node.outputs()) {
        Value value = graph.value(id);
        outputs.add(memory.constant(value, inferred.shapes().get(id)));
      }
      node.op()
          .kernel(ShapeInference.operands(model, graph, node, inferred))
          .run(new DirectInvocation(inputs, outputs));
      return outputs;
    } catch (OperandException
        | ArithmeticException
        | IndexOutOfBoundsException
        | NegativeArraySizeException e) {
      // The node stays in the plan, and its step reports the problem if it runs.
      return List.of();
    }
  }
}
