package dev.whittle.train.network;

import dev.whittle.ir.tensor.Tensor;
import java.util.List;

/**
 * Samples to be worked on at once.
 *
 * @param inputs one tensor for each input of the graph, the batch along the first axis
 * @param target classes or wanted outputs; see {@link AccuracyLoss#takesClasses}
 */
public record Batch(List<Tensor> inputs, Tensor target, int size) {
  public Batch {
    inputs = List.copyOf(inputs);
  }
}
