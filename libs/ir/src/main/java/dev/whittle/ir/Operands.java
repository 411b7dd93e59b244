package dev.whittle.ir;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The inputs and declared outputs of a node, as an operator sees them before the node runs.
 * Optional inputs that are left out have an index too; see {@link #hasInput}.
 */
public final class Operands {
  private final List<@Nullable Operand> inputs;
  private final List<Operand> outputs;
  private final SubgraphTypes subgraphs;
  private final List<@Nullable Quantization> intermediates;

  /** Shape inference of another graph of the model, for operators that run one. */
  @FunctionalInterface
  public interface SubgraphTypes {
    /** For nodes without a model; it refuses every graph. */
    SubgraphTypes NONE =
        (graph, inputs) -> {
          throw OperandException.unsupported(
              "the operator runs a graph, and there is no model to find it in");
        };

    /**
     * Returns the types and shapes of the outputs of a graph.
     *
     * @param graph the index of the graph in the model
     * @param inputs the types and shapes of its inputs
     */
    List<TypedShape> outputs(int graph, List<TypedShape> inputs);
  }

  /**
   * Makes the operands of a node without intermediate values.
   *
   * @param inputs the inputs; null for an optional one that is left out
   * @param outputs the outputs as the graph declares them
   * @param subgraphs the inference of graphs that the operator runs
   */
  public Operands(List<@Nullable Operand> inputs, List<Operand> outputs, SubgraphTypes subgraphs) {
    this(inputs, outputs, subgraphs, List.of());
  }

  /**
   * Makes the operands of a node.
   *
   * @param inputs the inputs; null for an optional one that is left out
   * @param outputs the outputs as the graph declares them
   * @param subgraphs the inference of graphs that the operator runs
   * @param intermediates the quantization parameters of values that the operator computes
   *     internally; null for a value without them
   */
  public Operands(
      List<@Nullable Operand> inputs,
      List<Operand> outputs,
      SubgraphTypes subgraphs,
      List<@Nullable Quantization> intermediates) {
    this.intermediates = Collections.unmodifiableList(new ArrayList<>(intermediates));
    this.inputs = Collections.unmodifiableList(new ArrayList<>(inputs));
    this.outputs = List.copyOf(outputs);
    this.subgraphs = subgraphs;
  }

  /** Returns these operands with another input {@code index}. */
  public Operands withInput(int index, Operand input) {
    List<@Nullable Operand> changed = new ArrayList<>(inputs);
    changed.set(index, input);
    return new Operands(changed, outputs, subgraphs, intermediates);
  }

  /** Returns the number of inputs, including optional ones that are left out between others. */
  public int inputCount() {
    return inputs.size();
  }

  /** Returns the number of declared outputs. */
  public int outputCount() {
    return outputs.size();
  }

  /** Returns whether input {@code i} is present; optional ones may be left out. */
  public boolean hasInput(int i) {
    return i < inputs.size() && inputs.get(i) != null;
  }

  /**
   * Returns input {@code i}.
   *
   * @throws OperandException if it is left out
   */
  public Operand input(int i) {
    if (!hasInput(i)) {
      throw OperandException.invalid("input %d is missing", i);
    }
    return Objects.requireNonNull(inputs.get(i));
  }

  /**
   * Returns output {@code i} as the graph declares it. Its shape may be outdated while shapes are
   * inferred.
   *
   * @throws OperandException if there is no such output
   */
  public Operand output(int i) {
    if (i >= outputs.size()) {
      throw OperandException.invalid("output %d is missing", i);
    }
    return outputs.get(i);
  }

  /** Returns the quantization parameters of intermediate value {@code i}; null for none. */
  public @Nullable Quantization intermediate(int i) {
    return i < intermediates.size() ? intermediates.get(i) : null;
  }

  /**
   * Returns the element type of an input.
   *
   * @throws OperandException if it is left out
   */
  public TensorType type(int input) {
    return input(input).type();
  }

  /**
   * Returns the shape of an input, which may be dynamic.
   *
   * @throws OperandException if it is left out
   */
  public Shape shape(int input) {
    return input(input).shape();
  }

  /** Returns the exception to throw if an operator has no kernel for the type of input 0. */
  public OperandException unsupportedType() {
    return OperandException.unsupported(
        "no kernel for %s%s", type(0), input(0).isQuantized() ? " (quantized)" : "");
  }

  /** Returns the contents of an integer input; null if they are not known. */
  public long @Nullable [] knownIntegers(int input) {
    Tensor known = input(input).known();
    return known == null ? null : known.toLongs();
  }

  /**
   * Returns the types and shapes of the outputs of another graph of the model.
   *
   * @param graph the index of the graph in the model
   * @param graphInputs the types and shapes of its inputs
   */
  public List<TypedShape> subgraphOutputs(int graph, List<TypedShape> graphInputs) {
    return subgraphs.outputs(graph, graphInputs);
  }

  /** Returns the types and shapes that the graph declares for the outputs. */
  public List<TypedShape> declaredOutputs() {
    return outputs.stream().map(o -> new TypedShape(o.type(), o.shape())).toList();
  }
}
