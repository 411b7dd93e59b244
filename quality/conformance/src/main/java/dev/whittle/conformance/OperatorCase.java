package dev.whittle.conformance;

import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.Tensor;
import java.util.List;

/**
 * A model and inputs that both engines run.
 *
 * @param what tells cases apart in messages: operator, types, attributes
 * @param inputs one for each input of the main graph, in order
 */
public record OperatorCase(String what, Model model, List<Tensor> inputs) {
  public OperatorCase {
    inputs = List.copyOf(inputs);
  }
}
