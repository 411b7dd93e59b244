package dev.whittle.web;

import dev.whittle.image.Image;
import dev.whittle.image.Region;
import dev.whittle.ir.Model;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.tflite.ImageMetadata;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.vision.Category;
import dev.whittle.vision.ClassifierOptions;
import dev.whittle.vision.ImageClassifier;
import dev.whittle.vision.ImageInput;
import dev.whittle.vision.Normalization;
import java.awt.image.BufferedImage;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A served model: its file, which browsers load, and a pool of interpreters that grows with the
 * number of concurrent requests. The interpreters share the model's weights.
 */
final class ServedModel {
  private static final long MEASUREMENT_NANOSECONDS = 1_500_000_000L;

  private static final int MAX_RUNS = 20_000;
  private static final int VERSION_LENGTH = 12;
  private static final double NANOSECONDS_PER_MILLISECOND = 1e6;

  private final String name;
  private final String title;
  private final String version;
  private final boolean builtIn;
  private final byte[] file;
  private final Model model;
  private final ClassifierOptions options;
  private final Deque<ImageClassifier> classifiers = new ArrayDeque<>();
  private final Deque<Interpreter> interpreters = new ArrayDeque<>();

  /** The reason that the model is no image classifier for; null if it is one. */
  private final @Nullable String reason;

  private final Map<String, Object> description;
  private final List<String> labels;

  /** The shape of the input for one image. */
  private final List<Integer> dims;

  private volatile double milliseconds = -1;
  private boolean retired;
  private byte @Nullable [] browserFile;

  /**
   * Reads a model.
   *
   * @param labels of the outputs; null for those in the file
   * @param builtIn true if the model is part of this program
   * @throws dev.whittle.ir.ModelException if the model is broken or cannot run
   */
  ServedModel(
      String name,
      byte[] file,
      @Nullable List<String> labels,
      boolean builtIn,
      InterpreterOptions interpreterOptions) {
    this.name = name;
    this.file = file;
    this.builtIn = builtIn;
    this.version = version(file);
    this.model = TfliteReader.read(file);
    String metadataName = ImageMetadata.read(model).map(ImageMetadata::name).orElse("");
    this.title = metadataName.isEmpty() ? name : metadataName;
    this.options = ClassifierOptions.DEFAULT.withLabels(labels).withInterpreter(interpreterOptions);
    String problem = null;
    Map<String, Object> described = Map.of();
    List<String> names = List.of();
    List<Integer> dimensions = List.of();
    try {
      ImageClassifier first = ImageClassifier.of(model, options);
      described = describe(first);
      names = first.labels();
      dimensions = first.input().dims();
      classifiers.add(first);
    } catch (UnsupportedModelException | IllegalArgumentException e) {
      problem = String.valueOf(e.getMessage());
      // It can still run by the Open Inference Protocol. Otherwise this throws.
      Interpreter first = Interpreter.of(model, interpreterOptions);
      first.allocateTensors();
      interpreters.add(first);
    }
    this.reason = problem;
    this.description = described;
    this.labels = names;
    this.dims = dimensions;
  }

  private static String version(byte[] file) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(file);
      return HexFormat.of().formatHex(digest).substring(0, VERSION_LENGTH);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the properties that a browser needs to run the model. */
  private Map<String, Object> describe(ImageClassifier classifier) {
    ImageInput input = classifier.input();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("height", input.height());
    map.put("width", input.width());
    map.put("channels", input.channels());
    map.put("dims", input.dims());
    map.put("type", input.type().name());
    map.put("quantization", quantization(input.quantization()));
    Normalization normalization = input.normalization();
    map.put("mean", normalization.mean());
    map.put("deviation", normalization.deviation());
    map.put("blueFirst", normalization.blueFirst());
    map.put("raw", input.raw());
    map.put("normalization", input.source());
    map.put("assumed", input.isAssumed());
    Value output = model.mainGraph().value(model.mainGraph().outputs().getFirst());
    map.put("outputs", classifier.labels().size());
    map.put("outputType", output.type().name());
    map.put("outputQuantization", quantization(output.quantization()));
    map.put("probabilities", classifier.givesProbabilities());
    return map;
  }

  private static @Nullable Object quantization(@Nullable Quantization quantization) {
    if (quantization == null || !quantization.isQuantized()) {
      return null;
    }
    return List.of(quantization.scaleValue(), quantization.zeroPointValue());
  }

  String name() {
    return name;
  }

  /** Returns the beginning of the file's SHA-256 digest, in hexadecimal digits. */
  String version() {
    return version;
  }

  Model model() {
    return model;
  }

  List<String> labels() {
    return labels;
  }

  boolean isClassifier() {
    return reason == null;
  }

  @SuppressWarnings("MutableArrayReturn") // Written to the network next.
  byte[] file() {
    return file;
  }

  /** Returns the file for browsers, which is made at the first call. */
  synchronized byte[] browserFile() {
    requireClassifier();
    byte[] converted = browserFile;
    if (converted == null) {
      converted = BrowserModel.of(model, dims);
      browserFile = converted;
    }
    return converted;
  }

  /** Returns the model's entry in the list for the page. */
  Map<String, Object> summary() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", name);
    map.put("title", title);
    map.put("version", version);
    map.put("bytes", file.length);
    map.put("builtIn", builtIn);
    map.put("kind", kind());
    map.put("milliseconds", milliseconds < 0 ? null : milliseconds);
    map.put("reason", reason);
    map.put("input", isClassifier() ? description : null);
    return map;
  }

  /** Returns the type of most bytes of the weights, in lower case. */
  private String kind() {
    Map<String, Long> bytes = new LinkedHashMap<>();
    for (Value value : model.mainGraph().values()) {
      if (value.data() != null) {
        bytes.merge(value.type().name(), value.data().bytes().byteSize(), Long::sum);
      }
    }
    return bytes.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(e -> e.getKey().toLowerCase(Locale.ROOT))
        .orElse("");
  }

  /** The categories of an image, the likeliest first, and the duration of the inference. */
  record Result(List<Category> categories, double milliseconds) {}

  /** Returns the {@code top} likeliest categories of a region of an image. */
  Result classify(Image image, Region region, int top) {
    ImageClassifier classifier = acquire();
    try {
      float[] scores = classifier.scores(image, region);
      List<Category> best = classifier.best(scores);
      return new Result(
          best.subList(0, Math.min(top, best.size())),
          classifier.lastNanoseconds() / NANOSECONDS_PER_MILLISECOND);
    } finally {
      release(classifier);
    }
  }

  private void requireClassifier() {
    if (reason != null) {
      throw new RequestException(RequestException.BAD_REQUEST, name + ": " + reason);
    }
  }

  private ImageClassifier acquire() {
    requireClassifier();
    synchronized (this) {
      if (!classifiers.isEmpty()) {
        return classifiers.pop();
      }
    }
    return ImageClassifier.of(model, options.withMaxResults(labels.size()));
  }

  private synchronized void release(ImageClassifier classifier) {
    if (retired) {
      classifier.close();
    } else {
      classifiers.push(classifier);
    }
  }

  /** Runs work with an interpreter that no other thread uses meanwhile. */
  <T> T run(Function<Interpreter, T> work) {
    Interpreter interpreter = null;
    synchronized (this) {
      if (!interpreters.isEmpty()) {
        interpreter = interpreters.pop();
      }
    }
    if (interpreter == null) {
      interpreter = Interpreter.of(model, options.interpreter());
    }
    boolean isReusable = false;
    try {
      T result = work.apply(interpreter);
      isReusable = true;
      return result;
    } finally {
      // After a failure, the interpreter may have inputs of an unusable shape.
      synchronized (this) {
        isReusable &= !retired;
        if (isReusable) {
          interpreters.push(interpreter);
        }
      }
      if (!isReusable) {
        interpreter.close();
      }
    }
  }

  /** Measures the latency of an inference: the median of the second half of the runs. */
  void measure() {
    if (!isClassifier()) {
      return;
    }
    var black = Image.of(new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB));
    double[] times = new double[MAX_RUNS];
    long end = System.nanoTime() + MEASUREMENT_NANOSECONDS;
    int runs = 0;
    while (runs < MAX_RUNS && (runs < 2 || System.nanoTime() < end)) {
      times[runs++] = classify(black, Region.WHOLE, 1).milliseconds();
    }
    // The first half includes the time before the code is compiled.
    double[] secondHalf = Arrays.copyOfRange(times, runs / 2, runs);
    Arrays.sort(secondHalf);
    milliseconds = secondHalf[secondHalf.length / 2];
  }

  /** Closes the idle interpreters now, and the others when they are released. */
  synchronized void retire() {
    retired = true;
    classifiers.forEach(ImageClassifier::close);
    interpreters.forEach(Interpreter::close);
    classifiers.clear();
    interpreters.clear();
  }
}
