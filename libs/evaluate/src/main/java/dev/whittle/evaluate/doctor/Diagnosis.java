package dev.whittle.evaluate.doctor;

import dev.whittle.evaluate.EvaluationMetrics;
import dev.whittle.ir.Model;
import dev.whittle.optimize.recipe.Recipe;
import java.util.List;

/**
 * The result of {@link Doctor}.
 *
 * @param measure the measure of all losses
 * @param loss the loss of the quantized model in percentage points
 * @param quantizedMetrics the metrics of the quantized model against the float model
 * @param tensors comparisons of the tensors of both models, in execution order
 * @param layers the layers that were tried in floats, by descending gain
 * @param recipe the proposed recipe
 * @param treated the model that the proposed recipe gives
 * @param treatedLoss its loss in percentage points
 * @param treatedBytes the size of its file in bytes
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
   * The gain if a layer and the readers of its result compute in floats.
   *
   * @param name the name of the layer's output
   * @param operator the name of its operator
   * @param gain the decrease of the loss in percentage points
   * @param errorGain the decrease of the relative error of the model's output
   */
  public record LayerCost(String name, String operator, double gain, double errorGain) {}

  public Diagnosis {
    tensors = List.copyOf(tensors);
    layers = List.copyOf(layers);
  }
}
