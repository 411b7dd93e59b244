package dev.whittle.vision;

import dev.whittle.image.Image;
import dev.whittle.image.Region;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.op.shape.Squeeze;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.Interpreter;
import dev.whittle.tflite.ImageMetadata;
import dev.whittle.tflite.TfliteReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Says what is on a picture: the likeliest labels of a model that takes one picture and gives one
 * score for each class. The picture is cropped to a region, scaled to what the model takes, and
 * normalized; scores that the model does not make probabilities are put through a softmax.
 *
 * <p>One thread at a time may classify; several classifiers of one {@link Model} share its weights.
 */
public final class ImageClassifier implements AutoCloseable {
  private final Interpreter interpreter;
  private final ClassifierOptions options;
  private final ImageInput input;
  private final List<String> labels;
  private final boolean probabilities;

  private ImageClassifier(Model model, ClassifierOptions options) {
    Optional<ImageMetadata> metadata = ImageMetadata.read(model);
    this.options = options;
    this.input = ImageInput.of(model, metadata, options.normalization());
    int outputs = outputs(model.mainGraph());
    this.labels = labels(options, metadata, outputs);
    this.probabilities = endsInProbabilities(model.mainGraph());
    this.interpreter = Interpreter.of(model, options.interpreter());
    int[] dims = input.dims().stream().mapToInt(d -> d).toArray();
    interpreter.resizeInput(0, dims);
    interpreter.allocateTensors();
  }

  /**
   * A classifier of a {@code .tflite} file.
   *
   * @throws IOException if it cannot be read
   * @throws dev.whittle.ir.ModelException if it is broken, cannot run, or does not classify
   *     pictures
   */
  public static ImageClassifier of(Path file, ClassifierOptions options) throws IOException {
    return of(TfliteReader.read(file), options);
  }

  /**
   * A classifier of a model in memory.
   *
   * @throws dev.whittle.ir.ModelException if it cannot run, or does not classify pictures
   */
  public static ImageClassifier of(Model model, ClassifierOptions options) {
    return new ImageClassifier(model, options);
  }

  private static int outputs(Graph graph) {
    Value output = graph.value(graph.outputs().getFirst());
    Shape shape = output.shape();
    int last = shape.isRankKnown() && shape.rank() > 0 ? shape.dim(shape.rank() - 1) : 0;
    boolean others = graph.outputs().size() != 1;
    for (int i = 0; !others && i < shape.rank() - 1; i++) {
      others = Math.abs(shape.dim(i)) != 1;
    }
    TensorType type = output.type();
    boolean scores =
        type == TensorType.FLOAT32 || type == TensorType.UINT8 || type == TensorType.INT8;
    if (others || last < 1 || !scores) {
      throw new UnsupportedModelException(
          "the model",
          "does not classify pictures: its output is %s%s, not [1, classes] of scores"
              .formatted(type, shape),
          "");
    }
    return last;
  }

  private static List<String> labels(
      ClassifierOptions options, Optional<ImageMetadata> metadata, int outputs) {
    List<String> given = options.labels();
    if (given != null) {
      if (given.size() != outputs) {
        throw new IllegalArgumentException(
            "%d labels for %d outputs".formatted(given.size(), outputs));
      }
      return given;
    }
    List<String> own = metadata.map(ImageMetadata::labels).orElse(List.of());
    if (!own.isEmpty()) {
      return Labels.padded(own, outputs);
    }
    return Labels.padded(
        Labels.isImageNet(outputs) ? Labels.imageNet(outputs) : List.of(), outputs);
  }

  /** Whether the last operator that computes makes probabilities. */
  private static boolean endsInProbabilities(Graph graph) {
    int value = graph.outputs().getFirst();
    for (int n = graph.nodes().size() - 1; n >= 0; n--) {
      Node node = graph.nodes().get(n);
      if (!node.outputs().contains(value)) {
        continue;
      }
      Op op = node.op();
      if (op instanceof Softmax || op instanceof Logistic) {
        return true;
      }
      boolean passes =
          op instanceof Dequantize
              || op instanceof Quantize
              || op instanceof Reshape
              || op instanceof Squeeze;
      if (!passes) {
        return false;
      }
      value = node.inputs().getFirst();
    }
    return false;
  }

  /** How the model takes pictures. */
  public ImageInput input() {
    return input;
  }

  /** What the outputs are called. */
  public List<String> labels() {
    return labels;
  }

  /** Whether the model's outputs are probabilities, so that no softmax follows. */
  public boolean givesProbabilities() {
    return probabilities;
  }

  /** Nanoseconds that the model took last time, without decoding and scaling. */
  public long lastNanoseconds() {
    return interpreter.getLastInferenceNanoseconds();
  }

  /** The likeliest labels for the square in a picture's middle. */
  public List<Category> classify(Image image) {
    return classify(image, Region.square(image));
  }

  /** The likeliest labels for a region of a picture, the likeliest first. */
  public List<Category> classify(Image image, Region region) {
    return best(scores(image, region));
  }

  /** What the model gets for a region of a picture: for calibration, say. */
  public Tensor tensor(Image image, Region region) {
    return input.tensor(image, region, options.resampling());
  }

  /** A score from 0 to 1 for each output. */
  public synchronized float[] scores(Image image, Region region) {
    interpreter.getInputTensor(0).copyFrom(tensor(image, region));
    interpreter.invoke();
    float[] scores = floats(interpreter.getOutputTensor(0));
    return probabilities ? scores : softmax(scores);
  }

  /** The model's outputs, dequantized. */
  private static float[] floats(Tensor output) {
    if (output.type() == TensorType.FLOAT32) {
      return output.toFloats();
    }
    Quantization quantization = output.quantization();
    float scale = 1f / 255;
    long zero = output.type() == TensorType.INT8 ? -128 : 0;
    if (quantization != null && quantization.isQuantized()) {
      scale = quantization.scaleValue();
      zero = quantization.zeroPointValue();
    }
    float[] scores = new float[Math.toIntExact(output.elements())];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = scale * (output.getInteger(i) - zero);
    }
    return scores;
  }

  private static float[] softmax(float[] logits) {
    double greatest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      greatest = Math.max(greatest, logit);
    }
    double sum = 0;
    double[] powers = new double[logits.length];
    for (int i = 0; i < powers.length; i++) {
      powers[i] = Math.exp(logits[i] - greatest);
      sum += powers[i];
    }
    float[] scores = new float[powers.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) (powers[i] / sum);
    }
    return scores;
  }

  /** The answers that the options leave of scores for all outputs, the likeliest first. */
  public List<Category> best(float[] scores) {
    Integer[] order = new Integer[scores.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingDouble((Integer i) -> -scores[i]));
    List<Category> best = new ArrayList<>();
    for (int i : order) {
      String label = labels.get(i);
      boolean wanted =
          scores[i] >= options.scoreThreshold()
              && !options.denied().contains(label)
              && (options.allowed().isEmpty() || options.allowed().contains(label));
      if (wanted && best.size() < options.maxResults()) {
        best.add(new Category(i, label, scores[i]));
      }
    }
    return List.copyOf(best);
  }

  @Override
  public void close() {
    interpreter.close();
  }
}
