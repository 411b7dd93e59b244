package dev.whittle.ir;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An application of an operator to values.
 *
 * @param version the operator version a file states; 0 lets the writer compute the lowest one that
 *     the operand types need ({@link Op#version})
 * @param inputs value ids; {@link #ABSENT} where an optional input is left out
 * @param outputs value ids
 * @param intermediates value ids of tensors that only carry quantization parameters
 * @param mutatingVariableInputs which inputs the node changes; may be empty
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
  /** Stands in {@link #inputs} for an optional input that is left out. */
  public static final int ABSENT = -1;

  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    intermediates = List.copyOf(intermediates);
    mutatingVariableInputs = List.copyOf(mutatingVariableInputs);
  }

  /** A node without intermediates whose version the writer computes. */
  public static Node of(Op op, List<Integer> inputs, List<Integer> outputs) {
    return new Node(op, 0, inputs, outputs, List.of(), List.of(), -1);
  }

  /** {@link #of(Op, List, List)} for a single output. */
  public static Node of(Op op, int[] inputs, int output) {
    return of(op, Arrays.stream(inputs).boxed().toList(), List.of(output));
  }

  /** The same application with other attributes; its version is computed anew. */
  public Node withOp(Op newOp) {
    return new Node(
        newOp, 0, inputs, outputs, intermediates, mutatingVariableInputs, debugMetadataIndex);
  }

  /** The same application to another value in a place. */
  public Node withInput(int place, int value) {
    List<Integer> changed = new ArrayList<>(inputs);
    changed.set(place, value);
    return withOperands(changed, outputs, intermediates);
  }

  /** The same application with other results. */
  public Node withOutputs(List<Integer> newOutputs) {
    return withOperands(inputs, newOutputs, intermediates);
  }

  /** The same application to other values. */
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
