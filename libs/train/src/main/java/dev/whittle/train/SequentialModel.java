package dev.whittle.train;

import dev.whittle.convert.keras.file.KerasOutput;
import dev.whittle.convert.keras.file.WeightKeys;
import dev.whittle.ir.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Describes a network layer by layer and writes it, untrained, as a {@code .keras} file: the place
 * where training begins.
 *
 * <pre>{@code
 * SequentialModel.input(28, 28, 1)
 *     .conv2d(8, 3, "relu").maxPooling2d(2).flatten().dropout(0.3f).dense(10, "softmax")
 *     .write(Path.of("digits.keras"), 1);
 * }</pre>
 *
 * <p>Weights begin as Keras begins them: kernels uniformly at random (Glorot and Bengio, 2010),
 * embeddings uniformly up to 0.05, the rest with zeros, factors and variances with ones.
 */
public final class SequentialModel {
  private static final String MODULE = "keras.layers";
  private static final float EMBEDDING_LIMIT = 0.05f;

  private final int[] input;
  private final String inputType;
  private final List<Layer> layers = new ArrayList<>();
  private final WeightKeys names = new WeightKeys();

  /** The extents after the layers so far, without the batch. */
  private int[] shape;

  /** A layer and the shapes of its weights in the order in which Keras creates them. */
  private record Layer(
      String className, String name, Map<String, ?> config, List<Weight> weights) {}

  /** How a weight begins. */
  private enum Start {
    GLOROT,
    EMBEDDING,
    ZEROS,
    ONES
  }

  private record Weight(Start start, List<Integer> dims, int fanIn, int fanOut) {}

  private SequentialModel(String inputType, int... input) {
    this.input = input.clone();
    this.inputType = inputType;
    this.shape = input.clone();
    for (int dimension : input) {
      positive(dimension, "extent of the input");
    }
  }

  /**
   * Begins with floats.
   *
   * @param dims their extents, without the batch: rows, columns and channels of a picture
   */
  public static SequentialModel input(int... dims) {
    return new SequentialModel("float32", dims);
  }

  /**
   * Begins with whole numbers, such as those of words.
   *
   * @param dims their extents, without the batch
   */
  public static SequentialModel integers(int... dims) {
    return new SequentialModel("int32", dims);
  }

  // Layers.

  /** Sums of all inputs along the last axis, each weighted. */
  public SequentialModel dense(int units, String activation) {
    positive(units, "number of units");
    int inputs = shape.length == 0 ? 1 : shape[shape.length - 1];
    int[] after = shape.clone();
    after[after.length - 1] = units;
    return add(
        "Dense",
        Map.of("units", units, "activation", activation, "use_bias", true),
        after,
        glorot(inputs, units, inputs, units),
        fill(Start.ZEROS, units));
  }

  /** A convolution with square kernels, padded so that extents stay. */
  public SequentialModel conv2d(int filters, int kernel, String activation) {
    return conv2d(filters, kernel, 1, "same", activation);
  }

  /**
   * A convolution with square kernels.
   *
   * @param padding {@code same} or {@code valid}
   */
  public SequentialModel conv2d(
      int filters, int kernel, int stride, String padding, String activation) {
    positive(filters, "number of filters");
    int channels = image("Conv2D");
    int taps = kernel * kernel;
    Map<String, Object> config = window(kernel, stride, padding, "kernel_size");
    config.put("filters", filters);
    config.put("activation", activation);
    config.put("use_bias", true);
    return add(
        "Conv2D",
        config,
        moved(kernel, stride, padding, filters),
        new Weight(
            Start.GLOROT,
            List.of(kernel, kernel, channels, filters),
            taps * channels,
            taps * filters),
        fill(Start.ZEROS, filters));
  }

  /** A convolution of each channel by itself with a square kernel. */
  public SequentialModel depthwiseConv2d(
      int kernel, int stride, String padding, String activation) {
    int channels = image("DepthwiseConv2D");
    int taps = kernel * kernel;
    Map<String, Object> config = window(kernel, stride, padding, "kernel_size");
    config.put("depth_multiplier", 1);
    config.put("activation", activation);
    config.put("use_bias", true);
    return add(
        "DepthwiseConv2D",
        config,
        moved(kernel, stride, padding, channels),
        new Weight(Start.GLOROT, List.of(kernel, kernel, channels, 1), taps * channels, taps),
        fill(Start.ZEROS, channels));
  }

  /** The greatest of each square of pixels. */
  public SequentialModel maxPooling2d(int size) {
    return pool("MaxPooling2D", size);
  }

  /** The mean of each square of pixels. */
  public SequentialModel averagePooling2d(int size) {
    return pool("AveragePooling2D", size);
  }

  private SequentialModel pool(String className, int size) {
    int channels = image(className);
    return add(
        className, window(size, size, "valid", "pool_size"), moved(size, size, "valid", channels));
  }

  /** The mean of each channel over all pixels. */
  public SequentialModel globalAveragePooling2d() {
    return add("GlobalAveragePooling2D", Map.of(), new int[] {image("GlobalAveragePooling2D")});
  }

  /** Normalization along the last axis, by the batch in training and by moving averages after. */
  public SequentialModel batchNormalization() {
    int channels = shape[shape.length - 1];
    return add(
        "BatchNormalization",
        Map.of("axis", -1, "momentum", 0.99, "epsilon", 0.001, "center", true, "scale", true),
        shape,
        fill(Start.ONES, channels),
        fill(Start.ZEROS, channels),
        fill(Start.ZEROS, channels),
        fill(Start.ONES, channels));
  }

  /**
   * An activation by itself.
   *
   * @param name as Keras calls it, such as {@code relu}
   */
  public SequentialModel activation(String name) {
    return add("Activation", Map.of("activation", name), shape);
  }

  /** In training, zeros in place of a share of the values. */
  public SequentialModel dropout(float rate) {
    if (!(rate >= 0 && rate < 1)) {
      throw new IllegalArgumentException("dropout of " + rate);
    }
    return add("Dropout", Map.of("rate", rate), shape);
  }

  /** All extents as one. */
  public SequentialModel flatten() {
    return add(
        "Flatten", Map.of(), new int[] {Arrays.stream(shape).reduce(1, Math::multiplyExact)});
  }

  /** Other extents for as many values. */
  public SequentialModel reshape(int... dims) {
    int before = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    if (Arrays.stream(dims).reduce(1, Math::multiplyExact) != before) {
      throw new IllegalArgumentException(Arrays.toString(shape) + " as " + Arrays.toString(dims));
    }
    return add("Reshape", Map.of("target_shape", Arrays.stream(dims).boxed().toList()), dims);
  }

  /** A vector for each whole number under {@code words}. */
  public SequentialModel embedding(int words, int width) {
    positive(words, "number of words");
    positive(width, "width");
    int[] after = Arrays.copyOf(shape, shape.length + 1);
    after[shape.length] = width;
    return add(
        "Embedding",
        Map.of("input_dim", words, "output_dim", width),
        after,
        new Weight(Start.EMBEDDING, List.of(words, width), 0, 0));
  }

  private static void positive(int number, String what) {
    if (number < 1) {
      throw new IllegalArgumentException("a " + what + " of " + number);
    }
  }

  private static Weight glorot(int fanIn, int fanOut, int... dims) {
    return new Weight(Start.GLOROT, Arrays.stream(dims).boxed().toList(), fanIn, fanOut);
  }

  private static Weight fill(Start start, int size) {
    return new Weight(start, List.of(size), 0, 0);
  }

  /** The channels of a picture. */
  private int image(String layer) {
    if (shape.length != 3) {
      throw new IllegalArgumentException(
          layer + " takes rows, columns and channels, not " + Arrays.toString(shape));
    }
    return shape[2];
  }

  private static Map<String, Object> window(int size, int stride, String padding, String name) {
    positive(size, "kernel");
    positive(stride, "stride");
    if (!padding.equals("same") && !padding.equals("valid")) {
      throw new IllegalArgumentException("padding is same or valid, not " + padding);
    }
    Map<String, Object> config = new LinkedHashMap<>();
    config.put(name, List.of(size, size));
    config.put("strides", List.of(stride, stride));
    config.put("padding", padding);
    return config;
  }

  private int[] moved(int size, int stride, String padding, int channels) {
    int[] after = new int[3];
    for (int i = 0; i < 2; i++) {
      after[i] =
          padding.equals("same")
              ? Math.ceilDiv(shape[i], stride)
              : Math.floorDiv(shape[i] - size, stride) + 1;
      if (after[i] < 1) {
        throw new IllegalArgumentException(
            "a window of %d does not fit into %s".formatted(size, Arrays.toString(shape)));
      }
    }
    after[2] = channels;
    return after;
  }

  private SequentialModel add(
      String className, Map<String, ?> config, int[] after, Weight... weights) {
    String name = names.next(className);
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", name);
    all.put("trainable", true);
    all.put("dtype", "float32");
    all.putAll(config);
    layers.add(new Layer(className, name, all, List.of(weights)));
    shape = after.clone();
    return this;
  }

  // Output.

  /**
   * Writes the model with random weights as a {@code .keras} file, which Keras loads too.
   *
   * @param seed of the weights
   * @throws IllegalArgumentException if there are no layers
   */
  public void write(Path file, long seed) throws IOException {
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("a model without layers");
    }
    KerasOutput.write(file, config(), weights(seed));
  }

  private List<@Nullable Integer> batchShape() {
    List<@Nullable Integer> dims = new ArrayList<>();
    dims.add(null);
    for (int dimension : input) {
      dims.add(dimension);
    }
    return dims;
  }

  private Map<String, Object> config() {
    List<Object> described = new ArrayList<>();
    described.add(
        layer(
            "InputLayer",
            Map.of("name", "input", "batch_shape", batchShape(), "dtype", inputType)));
    layers.forEach(l -> described.add(layer(l.className, l.config)));
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("name", "sequential");
    config.put("trainable", true);
    config.put("dtype", "float32");
    config.put("layers", described);
    config.put("build_input_shape", batchShape());
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("module", "keras");
    model.put("class_name", "Sequential");
    model.put("config", config);
    model.put("registered_name", null);
    model.put("build_config", Map.of("input_shape", batchShape()));
    return model;
  }

  private static Map<String, Object> layer(String className, Map<String, ?> config) {
    Map<String, Object> layer = new LinkedHashMap<>();
    layer.put("module", MODULE);
    layer.put("class_name", className);
    layer.put("config", config);
    layer.put("registered_name", null);
    return layer;
  }

  private Map<String, Tensor> weights(long seed) {
    var random = new SplittableRandom(seed);
    Map<String, Tensor> all = new LinkedHashMap<>();
    for (Layer layer : layers) {
      for (int i = 0; i < layer.weights.size(); i++) {
        all.put("layers/" + layer.name + "/vars/" + i, begin(layer.weights.get(i), random.split()));
      }
    }
    return all;
  }

  private static Tensor begin(Weight weight, SplittableRandom random) {
    int[] dims = weight.dims.stream().mapToInt(Integer::intValue).toArray();
    float[] numbers = new float[Arrays.stream(dims).reduce(1, Math::multiplyExact)];
    float limit =
        weight.start == Start.EMBEDDING
            ? EMBEDDING_LIMIT
            : (float) Math.sqrt(6.0 / Math.max(1, weight.fanIn + weight.fanOut));
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          switch (weight.start) {
            case GLOROT, EMBEDDING -> (float) random.nextDouble(-limit, limit);
            case ZEROS -> 0;
            case ONES -> 1;
          };
    }
    return Tensor.onHeap(numbers, dims);
  }
}
