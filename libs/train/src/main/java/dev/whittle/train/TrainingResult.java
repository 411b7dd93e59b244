package dev.whittle.train;

import dev.whittle.ir.Model;
import dev.whittle.optimize.quantize.QuantizationPlan;
import dev.whittle.optimize.quantize.QuantizationResult;
import dev.whittle.optimize.quantize.Quantizer;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of training.
 *
 * @param model the model with the trained weights, pruned and clustered; after quantization-aware
 *     training in its deployed form
 * @param epochs the results of all epochs, in order
 * @param plan the quantization for which the model was trained; null for none
 */
public record TrainingResult(
    TrainableModel model, List<Epoch> epochs, @Nullable QuantizationPlan plan) {
  public TrainingResult {
    epochs = List.copyOf(epochs);
  }

  /** Returns the last epoch. */
  public Epoch last() {
    return epochs.getLast();
  }

  /** Returns the model to deploy: quantized if it was trained for that, otherwise in floats. */
  public Model deployed() throws IOException {
    return plan == null ? model.deployed() : quantized().model();
  }

  /**
   * Quantizes the model as it was trained to be quantized.
   *
   * @throws IllegalStateException if it was trained without quantization
   */
  public QuantizationResult quantized() throws IOException {
    QuantizationPlan trainedPlan = plan;
    if (trainedPlan == null) {
      throw new IllegalStateException("the model was trained without quantization");
    }
    return new Quantizer(trainedPlan.recipe())
        .keepInFloat(trainedPlan.floatNodes())
        .quantize(model.model());
  }
}
