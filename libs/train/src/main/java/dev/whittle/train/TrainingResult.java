package dev.whittle.train;

import dev.whittle.ir.Model;
import dev.whittle.optimize.quantize.QuantizationPlan;
import dev.whittle.optimize.quantize.QuantizationResult;
import dev.whittle.optimize.quantize.Quantizer;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What training gave.
 *
 * @param model with the trained weights, without masks and centers; after quantization-aware
 *     training in its deployed form
 * @param epochs all of them, in order
 * @param plan how to quantize the model; null if it was not trained for that
 */
public record TrainingResult(
    TrainableModel model, List<Epoch> epochs, @Nullable QuantizationPlan plan) {
  public TrainingResult {
    epochs = List.copyOf(epochs);
  }

  /** The last epoch. */
  public Epoch last() {
    return epochs.getLast();
  }

  /** The model to deploy: quantized if it was trained for that, else floats. */
  public Model deployed() throws IOException {
    return plan == null ? model.deployed() : quantized().model();
  }

  /**
   * Quantizes as training took into account.
   *
   * @throws IllegalStateException if it did not
   */
  public QuantizationResult quantized() throws IOException {
    QuantizationPlan followed = plan;
    if (followed == null) {
      throw new IllegalStateException("the model was not trained to be quantized");
    }
    return new Quantizer(followed.recipe())
        .keepInFloat(followed.floatNodes())
        .quantize(model.model());
  }
}
