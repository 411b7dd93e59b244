package dev.whittle.examples;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.data.Sample;
import dev.whittle.data.Samples;
import dev.whittle.image.Image;
import dev.whittle.image.ImageDecoder;
import dev.whittle.image.Region;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.json.Config;
import dev.whittle.optimize.quantize.Quantizer;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.tflite.ImageMetadata;
import dev.whittle.tflite.TfliteWriter;
import dev.whittle.vision.Category;
import dev.whittle.vision.ClassifierOptions;
import dev.whittle.vision.ImageClassifier;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reproduces the article's experiment with InceptionV3, which compares the float model with the
 * 8-bit model. Prints the ratios of their sizes and latencies, and the agreement of their
 * predictions for the images of a folder and for crops of them. Writes both models to a folder,
 * from which they can be served.
 *
 * <p>Arguments: the layers ({@code inception_v3.json}), the folder with images, the output folder,
 * and the weights, which are Keras' public file or a complete model. Without weights they are
 * random, which suffices for sizes and latencies.
 */
public final class InceptionTable {
  private static final long SEED = 20261122L;

  /** The number of random crops of each image for the comparison. */
  private static final int CROPS = 20;

  /** The number of random crops of each image for calibration. */
  private static final int CALIBRATION_CROPS = 40;

  private static final int RUNS = 30;
  private static final int WARM_UP = 15;

  private InceptionTable() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length < 3 || arguments.length > 4) {
      System.err.println("usage: InceptionTable LAYERS.json IMAGES OUTPUT_FOLDER [WEIGHTS]");
      System.exit(2);
    }
    Path layers = Path.of(arguments[0]);
    Path output = Files.createDirectories(Path.of(arguments[2]));
    Path weights = arguments.length == 4 ? Path.of(arguments[3]) : null;
    Table table = run(layers, Path.of(arguments[1]), output, weights);
    System.out.println(table.text());
  }

  /**
   * The result of the experiment.
   *
   * @param floatBytes the size of the float model's file in bytes
   * @param quantizedBytes the size of the 8-bit model's file in bytes
   * @param floatMilliseconds the median latency of the float model
   * @param quantizedMilliseconds the median latency of the 8-bit model
   * @param top1 the number of views for which both models predict the same class
   * @param top3 the number of views for which the float model's class is among the first three of
   *     the 8-bit model
   * @param views the number of views
   * @param classes the number of distinct classes that the float model predicts; agreement on a
   *     single one means little
   * @param random whether the weights are random
   */
  record Table(
      long floatBytes,
      long quantizedBytes,
      double floatMilliseconds,
      double quantizedMilliseconds,
      int top1,
      int top3,
      int views,
      int classes,
      boolean random) {
    String text() {
      return """
      InceptionV3%s            float32        int8       ratio   the article
      size                %,12d %,11d %11.2f          3.9
      latency (ms)        %12.1f %11.1f %11.2f         1.34
      top-1 agreement     %d of %d views (%.1f %%)
      top-1 within top-3  %d of %d views (%.1f %%)
      distinct classes    %d\
      """
          .formatted(
              random ? " (random weights)" : "",
              floatBytes,
              quantizedBytes,
              (double) floatBytes / quantizedBytes,
              floatMilliseconds,
              quantizedMilliseconds,
              floatMilliseconds / quantizedMilliseconds,
              top1,
              views,
              100.0 * top1 / views,
              top3,
              views,
              100.0 * top3 / views,
              classes);
    }
  }

  static Table run(Path layers, Path images, Path output, @Nullable Path weights)
      throws IOException {
    Path source = weights == null ? randomWeights(layers, output) : weights;
    TfLiteConverter converter = TfLiteConverter.fromKerasModel(source);
    if (weights != null && weights.toString().endsWith(".h5")) {
      converter.kerasConfig(layers);
    }
    Model floats = converter.convertModel().model();
    List<Image> all = images(images);
    var random = new SplittableRandom(SEED);
    List<View> calibration = views(all, CALIBRATION_CROPS, random);
    var metadata =
        new ImageMetadata("InceptionV3", "", List.of(127.5f), List.of(127.5f), false, List.of());
    Model described = metadata.writeTo(floats);
    Model quantized = quantize(described, calibration);
    Path floatFile = output.resolve("inception_v3.tflite");
    Path quantizedFile = output.resolve("inception_v3_int8.tflite");
    TfliteWriter.write(described, floatFile);
    TfliteWriter.write(quantized, quantizedFile);
    return compare(floatFile, quantizedFile, views(all, CROPS, random), weights == null);
  }

  private static Model quantize(Model model, List<View> views) throws IOException {
    try (ImageClassifier classifier = ImageClassifier.of(model, ClassifierOptions.DEFAULT)) {
      return new Quantizer(Recipe.int8())
          .calibrateWith(new ViewSamples(classifier, views))
          .quantize(model)
          .model();
    }
  }

  /** A region of an image. */
  private record View(Image image, Region region) {}

  /** Returns the central square of each image and random squares in it. */
  private static List<View> views(List<Image> images, int crops, SplittableRandom random) {
    List<View> views = new ArrayList<>();
    for (Image image : images) {
      Region square = Region.square(image);
      views.add(new View(image, square));
      double width = square.right() - square.left();
      double height = square.bottom() - square.top();
      for (int i = 0; i < crops; i++) {
        double share = random.nextDouble(0.6, 1);
        double left = random.nextDouble() * (1 - share * width);
        double top = random.nextDouble() * (1 - share * height);
        views.add(
            new View(image, new Region(left, top, left + share * width, top + share * height)));
      }
    }
    return views;
  }

  private static List<Image> images(Path folder) throws IOException {
    List<Image> images = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        if (file.toString().matches("(?i).*\\.(jpe?g|png|webp|bmp|gif)")) {
          images.add(ImageDecoder.DEFAULT.read(file));
        }
      }
    }
    if (images.isEmpty()) {
      throw new IOException(folder + ": contains no images");
    }
    return images;
  }

  private static Table compare(Path floatFile, Path quantizedFile, List<View> views, boolean random)
      throws IOException {
    try (ImageClassifier floats = ImageClassifier.of(floatFile, ClassifierOptions.DEFAULT);
        ImageClassifier integers = ImageClassifier.of(quantizedFile, ClassifierOptions.DEFAULT)) {
      int top1 = 0;
      int top3 = 0;
      Set<Integer> classes = new HashSet<>();
      for (View view : views) {
        int expected = floats.classify(view.image, view.region).getFirst().index();
        List<Integer> predicted =
            integers.classify(view.image, view.region).stream().map(Category::index).toList();
        classes.add(expected);
        top1 += predicted.getFirst() == expected ? 1 : 0;
        top3 += predicted.contains(expected) ? 1 : 0;
      }
      double[] floatLatencies = new double[RUNS];
      double[] integerLatencies = new double[RUNS];
      // The models alternate, so that other load on the machine affects both.
      for (int i = -WARM_UP; i < RUNS; i++) {
        View view = views.get(Math.floorMod(i, views.size()));
        floats.classify(view.image, view.region);
        integers.classify(view.image, view.region);
        if (i >= 0) {
          floatLatencies[i] = floats.lastNanoseconds() / 1e6;
          integerLatencies[i] = integers.lastNanoseconds() / 1e6;
        }
      }
      Arrays.sort(floatLatencies);
      Arrays.sort(integerLatencies);
      return new Table(
          Files.size(floatFile),
          Files.size(quantizedFile),
          floatLatencies[RUNS / 2],
          integerLatencies[RUNS / 2],
          top1,
          top3,
          views.size(),
          classes.size(),
          random);
    }
  }

  /** Views as samples, preprocessed as the classifier does. */
  private record ViewSamples(ImageClassifier classifier, List<View> views) implements Samples {
    @Override
    public OptionalLong size() {
      return OptionalLong.of(views.size());
    }

    @Override
    public String origin() {
      return "views of images";
    }

    @Override
    public Reader open() {
      Iterator<View> remaining = views.iterator();
      return new Reader() {
        @Override
        public @Nullable Sample next() {
          if (!remaining.hasNext()) {
            return null;
          }
          View view = remaining.next();
          Tensor tensor = classifier.tensor(view.image, view.region);
          int[] dims = Arrays.copyOfRange(tensor.dims(), 1, tensor.dims().length);
          tensor.resize(dims);
          return Sample.of(tensor, Sample.NO_LABEL);
        }

        @Override
        public void close() {}
      };
    }
  }

  /**
   * Writes a TensorFlow.js model with random weights. Kernels have the He initialization (normal,
   * variance 2 / inputs; K. He et al., "Delving deep into rectifiers", 2015), which keeps the
   * variance of activations.
   */
  private static Path randomWeights(Path layers, Path output) throws IOException {
    byte[] topology = Files.readAllBytes(layers);
    Config model = Config.parse(topology, layers.toString(), MalformedModelException::new);
    var random = new SplittableRandom(SEED);
    List<String> manifest = new ArrayList<>();
    try (OutputStream out =
        new BufferedOutputStream(Files.newOutputStream(output.resolve("weights.bin")))) {
      for (Config layer : model.object("config").objects("layers")) {
        Config config = layer.object("config");
        String name = config.string("name");
        switch (layer.string("class_name")) {
          case "Conv2D" -> {
            int[] kernel = config.integers("kernel_size");
            int[] dims = {kernel[0], kernel[1], channels(layer), config.integer("filters")};
            write(out, manifest, random, name + "/kernel", 0, deviation(dims), dims);
          }
          case "BatchNormalization" -> {
            int[] dims = {channels(layer)};
            write(out, manifest, random, name + "/beta", 0, 0.1, dims);
            write(out, manifest, random, name + "/moving_mean", 0, 0.1, dims);
            write(out, manifest, random, name + "/moving_variance", 1, 0.1, dims);
          }
          case "Dense" -> {
            int[] dims = {channels(layer), config.integer("units")};
            // A larger deviation gives distinct probabilities, as in a trained model.
            write(out, manifest, random, name + "/kernel", 0, 4 * deviation(dims), dims);
            write(out, manifest, random, name + "/bias", 0, 0.1, dims[1]);
          }
          default -> {
            // Other layers have no weights.
          }
        }
      }
    }
    String document =
        """
        {"format":"layers-model","modelTopology":%s,
        "weightsManifest":[{"paths":["weights.bin"],"weights":[%s]}]}
        """
            .formatted(new String(topology, StandardCharsets.UTF_8), String.join(",\n", manifest));
    Path file = output.resolve("model.json");
    Files.writeString(file, document);
    return file;
  }

  private static int channels(Config layer) {
    List<?> shape = layer.object("build_config").list("input_shape");
    return Math.toIntExact((Long) shape.getLast());
  }

  private static double deviation(int... dims) {
    long inputs = 1;
    for (int i = 0; i < dims.length - 1; i++) {
      inputs *= dims[i];
    }
    return Math.sqrt(2.0 / inputs);
  }

  private static void write(
      OutputStream out,
      List<String> manifest,
      SplittableRandom random,
      String name,
      double mean,
      double deviation,
      int... dims)
      throws IOException {
    int count = Arrays.stream(dims).reduce(1, Math::multiplyExact);
    ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      double value = mean + deviation * random.nextGaussian();
      bytes.putFloat((float) (mean > 0 ? Math.max(value, mean / 2) : value));
    }
    out.write(bytes.array());
    manifest.add(
        "{\"name\":\"%s\",\"shape\":%s,\"dtype\":\"float32\"}"
            .formatted(name, Arrays.toString(dims)));
  }
}
