package dev.whittle.train.network;

import dev.whittle.ir.tensor.Tensor;
import java.util.List;

/**
 * A batch of samples.
 *
 * @param inputs a tensor for each input of the graph, in the order of the graph, with the batch
 *     along the first axis
 * @param target the classes or the target outputs; see {@link Loss#takesClasses}
 * @param size the number of samples, at least 1
 */
public record Batch(List<Tensor> inputs, Tensor target, int size) {
  public Batch {
    inputs = List.copyOf(inputs);
  }
}
