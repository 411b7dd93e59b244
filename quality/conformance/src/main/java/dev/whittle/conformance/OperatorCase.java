package dev.whittle.conformance;

import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.Tensor;
import java.util.List;

/**
 * A model of one operator and inputs to run it on.
 *
 * @param description the operands and attributes, for failure messages
 * @param inputs the contents of the main graph's inputs, in order
 * @param expected the outputs as the case itself computes them; empty if an engine defines them
 */
public record OperatorCase(
    String description, Model model, List<Tensor> inputs, List<Tensor> expected) {
  public OperatorCase {
    inputs = List.copyOf(inputs);
    expected = List.copyOf(expected);
  }
}
