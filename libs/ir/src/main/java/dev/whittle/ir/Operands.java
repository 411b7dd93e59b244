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

/** The inputs and declared outputs of a node, as far as they are known. */
public final class Operands {
  private final List<@Nullable Operand> inputs;
  private final List<Operand> outputs;
  private final SubgraphTypes subgraphs;
  private final List<@Nullable Quantization> intermediates;

  /** Types the outputs of another graph of the model, for operators that run one. */
  @FunctionalInterface
  public interface SubgraphTypes {
    /** For nodes that are looked at without the model they are in. */
    SubgraphTypes NONE =
        (graph, inputs) -> {
          throw OperandException.unsupported("runs a graph");
        };

    List<TypedShape> outputs(int graph, List<TypedShape> inputs);
  }

  /**
   * The operands of one node.
   *
   * @param inputs null where an optional input is left out
   */
  public Operands(List<@Nullable Operand> inputs, List<Operand> outputs, SubgraphTypes subgraphs) {
    this(inputs, outputs, subgraphs, List.of());
  }

  /**
   * The operands of one node.
   *
   * @param intermediates the quantization of what the node computes on the way; null where a value
   *     has none
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

  /** The same with another input in a place. */
  public Operands withInput(int place, Operand input) {
    List<@Nullable Operand> changed = new ArrayList<>(inputs);
    changed.set(place, input);
    return new Operands(changed, outputs, subgraphs, intermediates);
  }

  public int inputCount() {
    return inputs.size();
  }

  public int outputCount() {
    return outputs.size();
  }

  /** Whether input {@code i} is there; optional ones may be left out. */
  public boolean hasInput(int i) {
    return i < inputs.size() && inputs.get(i) != null;
  }

  /**
   * Input {@code i}.
   *
   * @throws OperandException if it is left out
   */
  public Operand input(int i) {
    if (!hasInput(i)) {
      throw OperandException.invalid("input %d is missing", i);
    }
    return Objects.requireNonNull(inputs.get(i));
  }

  /** Output {@code i} as the graph declares it; its shape may be stale. */
  public Operand output(int i) {
    if (i >= outputs.size()) {
      throw OperandException.invalid("output %d is missing", i);
    }
    return outputs.get(i);
  }

  /** The quantization of an intermediate value; null if it has none. */
  public @Nullable Quantization intermediate(int i) {
    return i < intermediates.size() ? intermediates.get(i) : null;
  }

  public TensorType type(int input) {
    return input(input).type();
  }

  public Shape shape(int input) {
    return input(input).shape();
  }

  /** Returns the exception of an operator that has no kernel for the type of input 0. */
  public OperandException unsupportedType() {
    return OperandException.unsupported(
        "no kernel for %s%s", type(0), input(0).isQuantized() ? " (quantized)" : "");
  }

  /** The contents of an integer input where they are known, else null. */
  public long @Nullable [] knownIntegers(int input) {
    Tensor known = input(input).known();
    return known == null ? null : known.toLongs();
  }

  /** Output types of graph {@code graph} of the model for these inputs. */
  public List<TypedShape> subgraphOutputs(int graph, List<TypedShape> graphInputs) {
    return subgraphs.outputs(graph, graphInputs);
  }

  /** Returns the types and shapes that the graph declares for the outputs. */
  public List<TypedShape> declaredOutputs() {
    return outputs.stream().map(o -> new TypedShape(o.type(), o.shape())).toList();
  }
}
