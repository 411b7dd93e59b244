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
 * A builder of sequential models, which writes an untrained model as a {@code .keras} file.
 *
 * <pre>{@code
 * SequentialModel.input(28, 28, 1)
 *     .conv2d(8, 3, "relu").maxPooling2d(2).flatten().dropout(0.3f).dense(10, "softmax")
 *     .write(Path.of("digits.keras"), 1);
 * }</pre>
 *
 * <p>Weights are initialized as by Keras: kernels by the Glorot uniform distribution (X. Glorot and
 * Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010),
 * embeddings uniformly from -0.05 to 0.05, the factors and variances of batch normalization with
 * ones, other weights with zeros.
 */
public final class SequentialModel {
  private static final String MODULE = "keras.layers";
  private static final float EMBEDDING_LIMIT = 0.05f;

  private final int[] input;
  private final String inputType;
  private final List<Layer> layers = new ArrayList<>();
  private final WeightKeys names = new WeightKeys();

  /** The shape of the output of the layers so far, without the batch. */
  private int[] shape;

  /** A layer with its weights, in the order in which Keras creates them. */
  private record Layer(
      String className, String name, Map<String, ?> config, List<Weight> weights) {}

  /** An initialization of weights. */
  private enum Initialization {
    GLOROT,
    EMBEDDING,
    ZEROS,
    ONES
  }

  private record Weight(Initialization initialization, List<Integer> dims, int fanIn, int fanOut) {}

  private SequentialModel(String inputType, int... input) {
    this.input = input.clone();
    this.inputType = inputType;
    this.shape = input.clone();
    for (int dimension : input) {
      requirePositive(dimension, "dimension of the input");
    }
  }

  /**
   * Begins a model with a float input.
   *
   * @param dims the shape of the input without the batch, such as rows, columns and channels
   * @throws IllegalArgumentException if a dimension is less than 1
   */
  public static SequentialModel input(int... dims) {
    return new SequentialModel("float32", dims);
  }

  /**
   * Begins a model with an integer input, such as indices of words.
   *
   * @param dims the shape of the input without the batch
   * @throws IllegalArgumentException if a dimension is less than 1
   */
  public static SequentialModel integers(int... dims) {
    return new SequentialModel("int32", dims);
  }

  // Layers.

  /**
   * Adds a dense layer along the last axis.
   *
   * @param units the number of outputs, at least 1
   * @param activation the name of an activation in Keras, such as {@code relu} or {@code linear}
   */
  public SequentialModel dense(int units, String activation) {
    requirePositive(units, "number of units");
    int inputs = shape.length == 0 ? 1 : shape[shape.length - 1];
    int[] after = shape.clone();
    after[after.length - 1] = units;
    return add(
        "Dense",
        Map.of("units", units, "activation", activation, "use_bias", true),
        after,
        glorot(inputs, units, inputs, units),
        fill(Initialization.ZEROS, units));
  }

  /**
   * Adds a convolution with square kernels, stride 1 and padding {@code same}.
   *
   * @param filters the number of output channels, at least 1
   * @param kernel the height and width of the kernels
   * @param activation the name of an activation in Keras
   */
  public SequentialModel conv2d(int filters, int kernel, String activation) {
    return conv2d(filters, kernel, 1, "same", activation);
  }

  /**
   * Adds a convolution with square kernels.
   *
   * @param filters the number of output channels, at least 1
   * @param kernel the height and width of the kernels, at least 1
   * @param stride the stride in both directions, at least 1
   * @param padding {@code same} or {@code valid}
   * @param activation the name of an activation in Keras
   * @throws IllegalArgumentException if the input is not an image or the kernel does not fit
   */
  public SequentialModel conv2d(
      int filters, int kernel, int stride, String padding, String activation) {
    requirePositive(filters, "number of filters");
    int channels = image("Conv2D");
    int taps = kernel * kernel;
    Map<String, Object> config = window(kernel, stride, padding, "kernel_size");
    config.put("filters", filters);
    config.put("activation", activation);
    config.put("use_bias", true);
    return add(
        "Conv2D",
        config,
        outputShape(kernel, stride, padding, filters),
        new Weight(
            Initialization.GLOROT,
            List.of(kernel, kernel, channels, filters),
            taps * channels,
            taps * filters),
        fill(Initialization.ZEROS, filters));
  }

  /**
   * Adds a depthwise convolution with square kernels and depth multiplier 1.
   *
   * @param kernel the height and width of the kernels, at least 1
   * @param stride the stride in both directions, at least 1
   * @param padding {@code same} or {@code valid}
   * @param activation the name of an activation in Keras
   * @throws IllegalArgumentException if the input is not an image or the kernel does not fit
   */
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
        outputShape(kernel, stride, padding, channels),
        new Weight(
            Initialization.GLOROT, List.of(kernel, kernel, channels, 1), taps * channels, taps),
        fill(Initialization.ZEROS, channels));
  }

  /** Adds maximum pooling of adjacent squares of {@code size} pixels. */
  public SequentialModel maxPooling2d(int size) {
    return pool("MaxPooling2D", size);
  }

  /** Adds average pooling of adjacent squares of {@code size} pixels. */
  public SequentialModel averagePooling2d(int size) {
    return pool("AveragePooling2D", size);
  }

  private SequentialModel pool(String className, int size) {
    int channels = image(className);
    return add(
        className,
        window(size, size, "valid", "pool_size"),
        outputShape(size, size, "valid", channels));
  }

  /** Adds average pooling of each channel over all pixels. */
  public SequentialModel globalAveragePooling2d() {
    return add("GlobalAveragePooling2D", Map.of(), new int[] {image("GlobalAveragePooling2D")});
  }

  /** Adds batch normalization along the last axis, with Keras' momentum 0.99 and epsilon 0.001. */
  public SequentialModel batchNormalization() {
    int channels = shape[shape.length - 1];
    return add(
        "BatchNormalization",
        Map.of("axis", -1, "momentum", 0.99, "epsilon", 0.001, "center", true, "scale", true),
        shape,
        fill(Initialization.ONES, channels),
        fill(Initialization.ZEROS, channels),
        fill(Initialization.ZEROS, channels),
        fill(Initialization.ONES, channels));
  }

  /**
   * Adds an activation layer.
   *
   * @param name the name of an activation in Keras, such as {@code relu}
   */
  public SequentialModel activation(String name) {
    return add("Activation", Map.of("activation", name), shape);
  }

  /**
   * Adds dropout.
   *
   * @param rate the share of the values that training sets to zero, at least 0 and under 1
   */
  public SequentialModel dropout(float rate) {
    if (!(rate >= 0 && rate < 1)) {
      throw new IllegalArgumentException(
          "the dropout rate must be at least 0 and under 1, not " + rate);
    }
    return add("Dropout", Map.of("rate", rate), shape);
  }

  /** Flattens all axes into one. */
  public SequentialModel flatten() {
    return add(
        "Flatten", Map.of(), new int[] {Arrays.stream(shape).reduce(1, Math::multiplyExact)});
  }

  /**
   * Reshapes the values.
   *
   * @param dims the new shape without the batch, with the same number of elements
   */
  public SequentialModel reshape(int... dims) {
    int before = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    if (Arrays.stream(dims).reduce(1, Math::multiplyExact) != before) {
      throw new IllegalArgumentException(
          "cannot reshape %s to %s: the numbers of elements differ"
              .formatted(Arrays.toString(shape), Arrays.toString(dims)));
    }
    return add("Reshape", Map.of("target_shape", Arrays.stream(dims).boxed().toList()), dims);
  }

  /**
   * Adds an embedding, which replaces each integer by a vector.
   *
   * @param words the number of vectors; integers are from 0 to {@code words - 1}
   * @param width the number of elements of a vector
   */
  public SequentialModel embedding(int words, int width) {
    requirePositive(words, "number of words");
    requirePositive(width, "width");
    int[] after = Arrays.copyOf(shape, shape.length + 1);
    after[shape.length] = width;
    return add(
        "Embedding",
        Map.of("input_dim", words, "output_dim", width),
        after,
        new Weight(Initialization.EMBEDDING, List.of(words, width), 0, 0));
  }

  private static void requirePositive(int number, String name) {
    if (number < 1) {
      throw new IllegalArgumentException(
          "the %s must be at least 1, not %d".formatted(name, number));
    }
  }

  private static Weight glorot(int fanIn, int fanOut, int... dims) {
    return new Weight(Initialization.GLOROT, Arrays.stream(dims).boxed().toList(), fanIn, fanOut);
  }

  private static Weight fill(Initialization start, int size) {
    return new Weight(start, List.of(size), 0, 0);
  }

  /** Returns the number of channels if the shape is that of an image. */
  private int image(String layer) {
    if (shape.length != 3) {
      throw new IllegalArgumentException(
          "%s expects an input [rows, columns, channels], not %s"
              .formatted(layer, Arrays.toString(shape)));
    }
    return shape[2];
  }

  private static Map<String, Object> window(int size, int stride, String padding, String name) {
    requirePositive(size, "kernel");
    requirePositive(stride, "stride");
    if (!padding.equals("same") && !padding.equals("valid")) {
      throw new IllegalArgumentException("padding must be same or valid, not " + padding);
    }
    Map<String, Object> config = new LinkedHashMap<>();
    config.put(name, List.of(size, size));
    config.put("strides", List.of(stride, stride));
    config.put("padding", padding);
    return config;
  }

  private int[] outputShape(int size, int stride, String padding, int channels) {
    int[] after = new int[3];
    for (int i = 0; i < 2; i++) {
      after[i] =
          padding.equals("same")
              ? Math.ceilDiv(shape[i], stride)
              : Math.floorDiv(shape[i] - size, stride) + 1;
      if (after[i] < 1) {
        throw new IllegalArgumentException(
            "a window of %d x %d does not fit into %s"
                .formatted(size, size, Arrays.toString(shape)));
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
   * Writes the model with random weights as a {@code .keras} file, which Keras can load.
   *
   * @param seed the seed of the weights
   * @throws IllegalArgumentException if the model has no layers
   * @throws IOException if the file cannot be written
   */
  public void write(Path file, long seed) throws IOException {
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("the model has no layers");
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
        all.put(
            "layers/" + layer.name + "/vars/" + i,
            initialize(layer.weights.get(i), random.split()));
      }
    }
    return all;
  }

  private static Tensor initialize(Weight weight, SplittableRandom random) {
    int[] dims = weight.dims.stream().mapToInt(Integer::intValue).toArray();
    float[] numbers = new float[Arrays.stream(dims).reduce(1, Math::multiplyExact)];
    float limit =
        weight.initialization == Initialization.EMBEDDING
            ? EMBEDDING_LIMIT
            : (float) Math.sqrt(6.0 / Math.max(1, weight.fanIn + weight.fanOut));
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          switch (weight.initialization) {
            case GLOROT, EMBEDDING -> (float) random.nextDouble(-limit, limit);
            case ZEROS -> 0;
            case ONES -> 1;
          };
    }
    return Tensor.onHeap(numbers, dims);
  }
}
