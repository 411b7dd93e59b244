package dev.whittle.ir;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A node of a graph: an operator applied to values.
 *
 * @param op the operator
 * @param version the operator version that the file states; 0 to write the lowest version that the
 *     operands need ({@link Op#version})
 * @param inputs the ids of the inputs; {@link #ABSENT} for an optional one that is left out
 * @param outputs the ids of the outputs
 * @param intermediates the ids of values that only carry quantization parameters
 * @param mutatingVariableInputs whether the node changes each input; may be empty
 * @param debugMetadataIndex an index into the file's debug metadata; -1 for none
 */
public record Node(
    Op op,
    int version,
    List<Integer> inputs,
    List<Integer> outputs,
    List<Integer> intermediates,
    List<Boolean> mutatingVariableInputs,
    int debugMetadataIndex) {
  /** The id in {@link #inputs} of an optional input that is left out. */
  public static final int ABSENT = -1;

  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    intermediates = List.copyOf(intermediates);
    mutatingVariableInputs = List.copyOf(mutatingVariableInputs);
  }

  /** Returns a node without intermediate values, written in the lowest version that it needs. */
  public static Node of(Op op, List<Integer> inputs, List<Integer> outputs) {
    return new Node(op, 0, inputs, outputs, List.of(), List.of(), -1);
  }

  /** Returns a node with one output, without intermediate values. */
  public static Node of(Op op, int[] inputs, int output) {
    return of(op, Arrays.stream(inputs).boxed().toList(), List.of(output));
  }

  /** Returns this node with another operator, written in the lowest version that it needs. */
  public Node withOp(Op newOp) {
    return new Node(
        newOp, 0, inputs, outputs, intermediates, mutatingVariableInputs, debugMetadataIndex);
  }

  /** Returns this node with another input {@code index}. */
  public Node withInput(int index, int value) {
    List<Integer> changed = new ArrayList<>(inputs);
    changed.set(index, value);
    return withOperands(changed, outputs, intermediates);
  }

  /** Returns this node with other outputs. */
  public Node withOutputs(List<Integer> newOutputs) {
    return withOperands(inputs, newOutputs, intermediates);
  }

  /** Returns this node with other operands. */
  public Node withOperands(
      List<Integer> newInputs, List<Integer> newOutputs, List<Integer> newIntermediates) {
    return new Node(
        op,
        version,
        newInputs,
        newOutputs,
        newIntermediates,
        mutatingVariableInputs,
        debugMetadataIndex);
  }
}
