package dev.whittle.evaluate.doctor;

import dev.whittle.evaluate.EvaluationMetrics;
import dev.whittle.ir.Model;
import dev.whittle.optimize.recipe.Recipe;
import java.util.List;

/**
 * What the doctor found.
 *
 * @param loss what {@link AccuracyLoss} says of the quantized model
 * @param tensors of both models, in execution order
 * @param layers that cost accuracy, the worst first
 * @param recipe that keeps the loss or the size asked for as well as could be found
 * @param treated the model by that recipe
 * @param treatedLoss its loss
 * @param treatedBytes the size of its file
 */
public record Diagnosis(
    AccuracyLoss.Measure measure,
    double loss,
    EvaluationMetrics quantizedMetrics,
    List<TensorReport> tensors,
    List<LayerCost> layers,
    Recipe recipe,
    Model treated,
    double treatedLoss,
    long treatedBytes) {
  /**
   * What is gained when a layer, and what reads its result, computes in floats.
   *
   * @param gain by how much the loss falls
   * @param errorGain by how much the relative error of the model's output falls
   */
  public record LayerCost(String name, String operator, double gain, double errorGain) {}

  public Diagnosis {
    tensors = List.copyOf(tensors);
    layers = List.copyOf(layers);
  }
}
