package dev.whittle.cli;

import dev.whittle.cli.option.Arguments;
import dev.whittle.cli.option.Condition;
import dev.whittle.cli.option.Conditional;
import dev.whittle.cli.option.UsageException;
import dev.whittle.image.Image;
import dev.whittle.image.ImageDecoder;
import dev.whittle.image.Region;
import dev.whittle.image.Resampling;
import dev.whittle.ir.Model;
import dev.whittle.json.JsonOutput;
import dev.whittle.runtime.FastEngine;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.vision.Category;
import dev.whittle.vision.ClassifierOptions;
import dev.whittle.vision.ImageClassifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command that classifies images. */
@Command(name = "classify", description = "Classifies images.", mixinStandardHelpOptions = true)
final class ClassifyCommand implements Callable<Integer>, Conditional {
  private static final double NANOSECONDS_PER_MILLISECOND = 1e6;

  @Parameters(
      paramLabel = "IMAGE",
      arity = "1..*",
      description = "JPEG, PNG, WebP, BMP or GIF files.")
  private List<Path> images = List.of();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "MODEL",
      description = "An image classifier: a .tflite file.")
  private Path model = Path.of("");

  @Option(
      names = "--labels",
      paramLabel = "F.txt",
      description =
          "Names of the outputs, one a line (default: those in the model, or ImageNet's for"
              + " 1000 and 1001 outputs).")
  private @Nullable Path labels;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "3",
      description = "Maximum number of results (default: ${DEFAULT-VALUE}).")
  private int top = 3;

  @Option(
      names = "--score_threshold",
      paramLabel = "SCORE",
      defaultValue = "0",
      description = "Minimum score of a result, from 0 to 1.")
  private float threshold;

  @Option(
      names = "--allow",
      paramLabel = "LABEL",
      description = "Shows only these labels. May be repeated.")
  private List<String> allowed = List.of();

  @Option(
      names = "--deny",
      paramLabel = "LABEL",
      description = "Does not show these labels. May be repeated.")
  private List<String> denied = List.of();

  @Option(
      names = "--normalization",
      paramLabel = "PRESET",
      description =
          "The normalization of pixels of 0 to 255: tf (-1 to 1), unit (0 to 1), none (unchanged),"
              + " torch, caffe (default: that of the model).")
  private @Nullable String normalization;

  @Option(
      names = "--region",
      paramLabel = "LEFT,TOP,RIGHT,BOTTOM",
      description =
          "The part of the image to classify, in fractions of width and height (default: the square"
              + " in the middle; 0,0,1,1 is the whole image).")
  private @Nullable String region;

  @Option(
      names = "--rotate",
      paramLabel = "DEGREES",
      defaultValue = "0",
      description = "Turns images clockwise first, by 90, 180 or 270 degrees.")
  private int rotation;

  @Option(
      names = "--resampling",
      paramLabel = "NAME",
      defaultValue = "area",
      description = "The scaling of images: area or bilinear (default: ${DEFAULT-VALUE}).")
  private Resampling resampling = Resampling.AREA;

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      defaultValue = FastEngine.NAME,
      description = "fast, reference or litert (default: ${DEFAULT-VALUE}).")
  private String engine = FastEngine.NAME;

  @Mixin private EngineOptions engineOptions = new EngineOptions();

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  private record Result(Path file, List<Category> categories, double milliseconds) {
    Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("picture", file.toString());
      map.put("results", categories.stream().map(Category::fields).toList());
      map.put("milliseconds", milliseconds);
      return map;
    }
  }

  @Override
  public boolean holds(Condition condition) {
    return condition == Condition.THREADS && EngineOptions.hasThreads(engine);
  }

  @Override
  public Integer call() throws IOException {
    ClassifierOptions options = options(InputFiles.readTflite("--model", model));
    for (Path file : images) {
      InputFiles.require("", file, EnumSet.of(FileContent.IMAGE), "an image");
    }
    List<Result> results = new ArrayList<>();
    try (ImageClassifier classifier = ImageClassifier.of(model, options)) {
      if (classifier.input().isAssumed()) {
        System.err.printf(
            "%s does not state its normalization; assuming --normalization tf (-1 to 1)%n", model);
      }
      for (Path file : images) {
        Image decoded = ImageDecoder.DEFAULT.read(file);
        Image image = Arguments.checked("--rotate " + rotation, () -> decoded.rotated(rotation));
        List<Category> categories =
            classifier.classify(image, region == null ? Region.square(image) : region(region));
        double milliseconds = classifier.lastNanoseconds() / NANOSECONDS_PER_MILLISECOND;
        results.add(new Result(file, categories, milliseconds));
        if (!json) {
          print(results.getLast());
        }
      }
    }
    if (json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("model", model.toString());
      document.put("pictures", results.stream().map(Result::toMap).toList());
      System.out.writeBytes(JsonOutput.bytes(document));
      System.out.println();
    }
    return Main.DONE;
  }

  private ClassifierOptions options(Model parsed) throws IOException {
    List<String> names = labels == null ? null : InputFiles.labels(labels);
    if (names != null) {
      ImageModelOptions.requireLabels(parsed, labels, names);
    }
    InterpreterOptions interpreter =
        engineOptions
            .options()
            .withEngine(EngineOptions.require(engine))
            .withExpectedRuns(images.size());
    return Arguments.checked(
            "--top %d, --score_threshold %s".formatted(top, threshold),
            () -> ClassifierOptions.DEFAULT.withMaxResults(top).withScoreThreshold(threshold))
        .withLabelFilter(Set.copyOf(allowed), Set.copyOf(denied))
        .withLabels(names)
        .withNormalization(
            normalization == null ? null : ImageModelOptions.normalization(normalization))
        .withResampling(resampling)
        .withInterpreter(interpreter);
  }

  private static void print(Result result) {
    System.out.println(result.file);
    for (Category category : result.categories) {
      System.out.printf("  %5.1f %%  %s%n", 100 * category.score(), category.label());
    }
    if (result.categories.isEmpty()) {
      System.out.println("  no allowed label above the score threshold");
    }
  }

  private static Region region(String text) {
    String[] edges = text.split(",", -1);
    try {
      if (edges.length == 4) {
        double left = Double.parseDouble(edges[0]);
        double top = Double.parseDouble(edges[1]);
        double right = Double.parseDouble(edges[2]);
        double bottom = Double.parseDouble(edges[3]);
        return Arguments.checked("--region " + text, () -> new Region(left, top, right, bottom));
      }
    } catch (NumberFormatException e) {
      // Reported below.
    }
    throw new UsageException("--region " + text + ": expected LEFT,TOP,RIGHT,BOTTOM");
  }
}
