package dev.whittle.runtime.plan;

import dev.whittle.ir.Graph;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.Node;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import dev.whittle.runtime.session.TensorObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A step of a plan: the kernel of a node, bound to the node's tensors. */
final class Step implements Invocation {
  private final Graph graph;
  private final int index;
  private final @Nullable Kernel kernel;
  private final boolean reference;
  private final boolean dynamic;
  private final @Nullable Tensor[] inputs;
  private final Tensor[] outputs;
  private @Nullable PlannedSession session;

  /**
   * Binds a kernel.
   *
   * @param kernel null if the outputs are already in the inputs' memory
   * @param reference whether it is a reference kernel
   * @param dynamic whether output shapes must be inferred from the inputs' contents at run time
   * @param tensors of all values of the graph, by id
   * @param outputs the tensors that the kernel writes
   */
  Step(
      Graph graph,
      int index,
      @Nullable Kernel kernel,
      boolean reference,
      boolean dynamic,
      List<Tensor> tensors,
      List<Tensor> outputs) {
    this.graph = graph;
    this.index = index;
    this.kernel = kernel;
    this.reference = reference;
    this.dynamic = dynamic;
    Node node = graph.nodes().get(index);
    this.inputs = new Tensor[node.inputs().size()];
    for (int i = 0; i < inputs.length; i++) {
      int id = node.inputs().get(i);
      inputs[i] = id == Node.ABSENT ? null : tensors.get(id);
    }
    this.outputs = outputs.toArray(Tensor[]::new);
  }

  /** Returns the index of the node in its graph. */
  int node() {
    return index;
  }

  /**
   * Runs the kernel.
   *
   * @throws ModelException if the operands' contents are invalid
   */
  void run(PlannedSession running) {
    if (kernel == null) {
      return;
    }
    session = running;
    try {
      if (dynamic) {
        resizeOutputs(running);
      }
      kernel.run(this);
    } catch (OperandException e) {
      throw ModelException.of(graph.describe(index), e);
    } catch (ArithmeticException | IndexOutOfBoundsException | NegativeArraySizeException e) {
      if (reference) {
        // Reference kernels index by the operands' contents and rely on tensors to check bounds.
        throw new MalformedModelException(
            graph.describe(index) + ": its operands contradict each other (" + e.getMessage() + ")",
            e);
      }
      // Fast kernels are chosen only for operands that they have checked.
      throw new IllegalStateException(
          "%s: the kernel %s failed, which is a defect of Whittle"
              .formatted(graph.describe(index), kernel.getClass().getSimpleName()),
          e);
    }
  }

  /** Reports the outputs to an observer. */
  void report(TensorObserver observer, int graphIndex) {
    List<Integer> ids = graph.nodes().get(index).outputs();
    for (int i = 0; i < outputs.length; i++) {
      observer.computed(graphIndex, ids.get(i), outputs[i]);
    }
  }

  private void resizeOutputs(PlannedSession running) {
    Node node = graph.nodes().get(index);
    List<@Nullable Operand> known = new ArrayList<>();
    for (int i = 0; i < inputs.length; i++) {
      Tensor input = inputs[i];
      known.add(input == null ? null : operand(node.inputs().get(i), input));
    }
    List<Operand> declared = new ArrayList<>();
    for (int i = 0; i < outputs.length; i++) {
      declared.add(operand(node.outputs().get(i), outputs[i]));
    }
    List<TypedShape> inferred =
        node.op().infer(new Operands(known, declared, running::inferSubgraph));
    for (int i = 0; i < outputs.length; i++) {
      if (inferred.get(i).shape().isStatic()) {
        outputs[i].resize(inferred.get(i).shape().toArray());
      }
    }
  }

  private Operand operand(int id, Tensor tensor) {
    Value value = graph.value(id);
    return new Operand(value.name(), value.type(), tensor.shape(), value.quantization(), tensor);
  }

  @Override
  public int inputCount() {
    return inputs.length;
  }

  @Override
  public int outputCount() {
    return outputs.length;
  }

  @Override
  public boolean hasInput(int i) {
    return i < inputs.length && inputs[i] != null;
  }

  @Override
  public Tensor input(int i) {
    Tensor input = i < inputs.length ? inputs[i] : null;
    if (input == null) {
      throw OperandException.invalid("input %d is missing", i);
    }
    return input;
  }

  @Override
  public Tensor output(int i) {
    return outputs[i];
  }

  @Override
  public void runSubgraph(int subgraph, List<Tensor> in, List<Tensor> out) {
    running().runSubgraph(subgraph, in, out);
  }

  @Override
  public void runLoop(int condition, int body, List<Tensor> state) {
    running().runLoop(condition, body, state);
  }

  @Override
  public <T> T resource(Object key, Class<T> type, Supplier<T> create) {
    return running().resource(key, type, create);
  }

  private PlannedSession running() {
    if (session == null) {
      throw new IllegalStateException("the step is not running");
    }
    return session;
  }
}
