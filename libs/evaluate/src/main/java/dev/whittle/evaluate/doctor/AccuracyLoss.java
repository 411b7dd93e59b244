package dev.whittle.evaluate.doctor;

import dev.whittle.data.Sample;
import dev.whittle.data.Samples;
import dev.whittle.evaluate.EvaluationMetrics;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Signature;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.LogSoftmax;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** The loss of a quantized model compared to the float model, in percentage points. */
public final class AccuracyLoss {
  /** A measure of the loss. */
  public enum Measure {
    /** The decrease of the top-1 accuracy on labeled samples. */
    ACCURACY("of accuracy"),
    /** The share of the samples for which the predicted class differs. */
    AGREEMENT("of agreement with the float model's classes"),
    /**
     * The root mean square of the differences from the float model's output divided by the standard
     * deviation of that output; the largest of several outputs.
     */
    ERROR("of relative error");

    private final String unit;

    Measure(String unit) {
      this.unit = unit;
    }

    /** Returns the words after a number of percentage points. */
    public String unit() {
      return unit;
    }

    /** Returns the maximum loss in percentage points unless another one is given. */
    public double defaultMaxLoss() {
      return this == ERROR ? 2 : 0.5;
    }

    /** Returns the name on the command line. */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final int RANDOM_SAMPLES = 32;

  private AccuracyLoss() {}

  /**
   * Returns the measure for a model: the accuracy if there are labels, the agreement if the model
   * is a classifier, the relative error otherwise.
   *
   * @param labels whether samples have labels
   */
  public static Measure measure(Model floats, boolean labels) {
    return labels
        ? Measure.ACCURACY
        : isClassifier(floats.mainGraph()) ? Measure.AGREEMENT : Measure.ERROR;
  }

  /** Returns whether the only output of a graph is a SOFTMAX over several classes. */
  private static boolean isClassifier(Graph graph) {
    if (graph.outputs().size() != 1) {
      return false;
    }
    int result = graph.outputs().getFirst();
    Value value = graph.value(result);
    if (!value.shape().isRankKnown() || value.shape().rank() != 2 || value.shape().dim(1) == 1) {
      return false;
    }
    for (int n = graph.nodes().size() - 1; n >= 0; n--) {
      Node node = graph.nodes().get(n);
      if (node.outputs().contains(result)) {
        if (node.op() instanceof Softmax || node.op() instanceof LogSoftmax) {
          return true;
        }
        boolean moves =
            node.op() instanceof Dequantize || node.op().quantizationRule().sharesScales();
        if (!moves || node.inputs().isEmpty()) {
          return false;
        }
        result = node.inputs().getFirst();
      }
    }
    return false;
  }

  /**
   * The loss of one model.
   *
   * @param points the loss in percentage points
   */
  public record Loss(Measure measure, double points) {}

  /**
   * Measures the loss of a quantized model.
   *
   * @param samples the samples; null for random numbers, of mean 0 and variance 1
   * @param given the measure; null for the one that fits the model and the samples
   * @return empty if there are no samples and an input of the model is not FLOAT32
   * @throws IOException if the samples cannot be read or do not fit the model
   */
  public static Optional<Loss> between(
      Model floats,
      Model quantized,
      @Nullable Samples samples,
      @Nullable Measure given,
      InterpreterOptions options,
      int threads)
      throws IOException {
    Samples used = samples == null ? random(floats) : samples;
    if (used == null) {
      return Optional.empty();
    }
    ModelOutputs reference = ModelOutputs.of(floats, used, options, threads);
    ModelOutputs outputs = ModelOutputs.of(quantized, used, options, threads);
    Measure measure = given == null ? measure(floats, reference.hasLabels()) : given;
    double points = of(measure, reference.metrics(reference), outputs.metrics(reference));
    return Optional.of(new Loss(measure, points));
  }

  private static @Nullable Samples random(Model model) {
    Graph graph = model.mainGraph();
    var random = new SplittableRandom(RANDOM_SAMPLES);
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < RANDOM_SAMPLES; i++) {
      Map<String, Tensor> inputs = new HashMap<>();
      for (int id : graph.inputs()) {
        Value input = graph.value(id);
        int[] dims = input.shape().isRankKnown() ? input.shape().toArray() : new int[0];
        if (input.type() != TensorType.FLOAT32 || dims.length == 0) {
          return null;
        }
        dims[0] = 1;
        for (int k = 1; k < dims.length; k++) {
          dims[k] = Math.max(1, dims[k]);
        }
        float[] values = new float[Math.toIntExact(Shape.of(dims).elements())];
        for (int k = 0; k < values.length; k++) {
          values[k] = (float) random.nextGaussian();
        }
        inputs.put(name(model, input), Tensor.of(values, Arrays.copyOfRange(dims, 1, dims.length)));
      }
      samples.add(Sample.of(inputs));
    }
    return Samples.of(samples);
  }

  private static String name(Model model, Value input) {
    return model.signatures().stream()
        .filter(s -> s.graph() == 0)
        .flatMap(s -> s.inputs().stream())
        .filter(port -> port.value() == input.id())
        .map(Signature.Port::name)
        .findFirst()
        .orElse(input.name());
  }

  /**
   * Returns the loss in percentage points.
   *
   * @param floats the metrics of the float model, for each output
   * @param quantized the metrics of the quantized model, for each output
   */
  static double of(
      Measure measure, List<EvaluationMetrics> floats, List<EvaluationMetrics> quantized) {
    return switch (measure) {
      case ACCURACY -> 100 * (floats.getFirst().top1() - quantized.getFirst().top1());
      case AGREEMENT -> 100 * (1 - quantized.getFirst().agreement());
      case ERROR -> 100 * error(quantized);
    };
  }

  /** Returns the largest relative error of the outputs. */
  static double error(List<EvaluationMetrics> outputs) {
    double largest = 0;
    for (EvaluationMetrics metrics : outputs) {
      double error = metrics.errorOfDeviation();
      largest = error <= largest ? largest : error;
    }
    return largest;
  }
}
