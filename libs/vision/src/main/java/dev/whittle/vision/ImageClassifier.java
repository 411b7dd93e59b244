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
 * An image classifier: runs a model that takes one image and returns one score for each class.
 *
 * <p>The image is cropped to a region, scaled to the model's input, and normalized. If the model
 * returns logits instead of probabilities, a softmax is applied to them.
 *
 * <p>A classifier may be used by one thread at a time. Classifiers of the same {@link Model} share
 * its weights.
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
    int outputs = classes(model.mainGraph());
    this.labels = labels(options, metadata, outputs);
    this.probabilities = endsInProbabilities(model.mainGraph());
    this.interpreter = Interpreter.of(model, options.interpreter());
    int[] dims = input.dims().stream().mapToInt(d -> d).toArray();
    interpreter.resizeInput(0, dims);
    interpreter.allocateTensors();
  }

  /**
   * Creates a classifier of a {@code .tflite} file.
   *
   * @throws IOException if the file cannot be read
   * @throws dev.whittle.ir.ModelException if the model is broken, cannot run, or does not classify
   *     images
   * @throws IllegalArgumentException if the options have labels, and not one for each output
   */
  public static ImageClassifier of(Path file, ClassifierOptions options) throws IOException {
    return of(TfliteReader.read(file), options);
  }

  /**
   * Creates a classifier of a model in memory.
   *
   * @throws dev.whittle.ir.ModelException if the model cannot run, or does not classify images
   * @throws IllegalArgumentException if the options have labels, and not one for each output
   */
  public static ImageClassifier of(Model model, ClassifierOptions options) {
    return new ImageClassifier(model, options);
  }

  /**
   * Returns the number of classes.
   *
   * @throws UnsupportedModelException if the output is not a vector of scores
   */
  private static int classes(Graph graph) {
    Value output = graph.value(graph.outputs().getFirst());
    Shape shape = output.shape();
    int last = shape.isRankKnown() && shape.rank() > 0 ? shape.dim(shape.rank() - 1) : 0;
    boolean isVector = graph.outputs().size() == 1;
    for (int i = 0; isVector && i < shape.rank() - 1; i++) {
      isVector = Math.abs(shape.dim(i)) == 1;
    }
    TensorType type = output.type();
    boolean scores =
        type == TensorType.FLOAT32 || type == TensorType.UINT8 || type == TensorType.INT8;
    if (!isVector || last < 1 || !scores) {
      throw new UnsupportedModelException(
          "the model",
          "does not classify images: its output is %s%s, not [1, classes] of scores"
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
            "%d labels for a model of %d outputs; expected one for each"
                .formatted(given.size(), outputs));
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

  /**
   * Returns whether the output comes from a softmax or a logistic function, perhaps through
   * operators that do not change its values.
   */
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
      boolean keepsValues =
          op instanceof Dequantize
              || op instanceof Quantize
              || op instanceof Reshape
              || op instanceof Squeeze;
      if (!keepsValues) {
        return false;
      }
      value = node.inputs().getFirst();
    }
    return false;
  }

  /** Returns the model's input: its size, type and normalization. */
  public ImageInput input() {
    return input;
  }

  /** Returns the name of each output. */
  public List<String> labels() {
    return labels;
  }

  /** Returns whether the model's outputs are probabilities, so that no softmax follows. */
  public boolean givesProbabilities() {
    return probabilities;
  }

  /** Returns the nanoseconds of the last inference, without decoding and scaling the image. */
  public long lastNanoseconds() {
    return interpreter.getLastInferenceNanoseconds();
  }

  /** Returns the categories of the square in the middle of an image, the likeliest first. */
  public List<Category> classify(Image image) {
    return classify(image, Region.square(image));
  }

  /** Returns the categories of a region of an image, the likeliest first. */
  public List<Category> classify(Image image, Region region) {
    return best(scores(image, region));
  }

  /** Returns the model's input tensor for a region of an image, as calibration needs it. */
  public Tensor tensor(Image image, Region region) {
    return input.tensor(image, region, options.resampling());
  }

  /** Returns the score of each output, from 0 to 1. */
  public synchronized float[] scores(Image image, Region region) {
    interpreter.getInputTensor(0).copyFrom(tensor(image, region));
    interpreter.invoke();
    float[] scores = floats(interpreter.getOutputTensor(0));
    return probabilities ? scores : softmax(scores);
  }

  /** Returns the dequantized outputs; bytes without quantization parameters become 0 to 1. */
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
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    double[] exponentials = new double[logits.length];
    for (int i = 0; i < exponentials.length; i++) {
      exponentials[i] = Math.exp(logits[i] - max);
      sum += exponentials[i];
    }
    float[] scores = new float[exponentials.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) (exponentials[i] / sum);
    }
    return scores;
  }

  /**
   * Returns the categories that the options admit, the likeliest first.
   *
   * @param scores of all outputs
   */
  public List<Category> best(float[] scores) {
    Integer[] order = new Integer[scores.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingDouble((Integer i) -> -scores[i]));
    List<Category> best = new ArrayList<>();
    for (int i : order) {
      String label = labels.get(i);
      boolean isAdmitted =
          scores[i] >= options.scoreThreshold()
              && !options.denied().contains(label)
              && (options.allowed().isEmpty() || options.allowed().contains(label));
      if (isAdmitted && best.size() < options.maxResults()) {
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
