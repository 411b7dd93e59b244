package dev.whittle.cli;

import dev.whittle.image.Image;
import dev.whittle.image.ImageDecoder;
import dev.whittle.image.Region;
import dev.whittle.image.Resampling;
import dev.whittle.json.JsonOutput;
import dev.whittle.runtime.FastEngine;
import dev.whittle.vision.Category;
import dev.whittle.vision.ClassifierOptions;
import dev.whittle.vision.ImageClassifier;
import dev.whittle.vision.Labels;
import dev.whittle.vision.Normalization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
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

/** Says what is on pictures. */
@Command(
    name = "classify",
    description = "Says what is on pictures, by a classifier.",
    mixinStandardHelpOptions = true)
final class ClassifyCommand implements Callable<Integer> {
  private static final double NANOSECONDS = 1e6;

  @Parameters(
      paramLabel = "IMAGE",
      arity = "1..*",
      description = "JPEG, PNG, WebP, BMP or GIF files.")
  private List<Path> images = List.of();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "MODEL",
      description = "A .tflite file that classifies pictures.")
  private Path model = Path.of("");

  @Option(
      names = "--labels",
      paramLabel = "F.txt",
      description =
          "Names of the outputs, one in each line (default: those in the model, or ImageNet's for"
              + " 1000 and 1001 outputs).")
  private @Nullable Path labels;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "3",
      description = "How many answers (default: ${DEFAULT-VALUE}).")
  private int top = 3;

  @Option(
      names = "--score_threshold",
      paramLabel = "SCORE",
      defaultValue = "0",
      description = "Leaves out answers below this, from 0 to 1.")
  private float threshold;

  @Option(
      names = "--allow",
      paramLabel = "LABEL",
      description = "Only these labels are answers. May be repeated.")
  private List<String> allowed = List.of();

  @Option(
      names = "--deny",
      paramLabel = "LABEL",
      description = "These labels are no answers. May be repeated.")
  private List<String> denied = List.of();

  @Option(
      names = "--normalization",
      paramLabel = "PRESET",
      description =
          "What the model takes for pixels of 0 to 255: tf (-1 to 1), unit (0 to 1), none (as they"
              + " are), torch, caffe (default: what the model says).")
  private @Nullable String normalization;

  @Option(
      names = "--region",
      paramLabel = "LEFT,TOP,RIGHT,BOTTOM",
      description =
          "The part of the picture to look at, in fractions of it (default: the square in the"
              + " middle; 0,0,1,1 for all of it).")
  private @Nullable String region;

  @Option(
      names = "--rotate",
      paramLabel = "DEGREES",
      defaultValue = "0",
      description = "Turns pictures clockwise first, by 90, 180 or 270 degrees.")
  private int rotation;

  @Option(
      names = "--resampling",
      paramLabel = "NAME",
      defaultValue = "area",
      description = "How pictures are scaled: area or bilinear (default: ${DEFAULT-VALUE}).")
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

  private record Answer(Path file, List<Category> categories, double milliseconds) {
    Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("picture", file.toString());
      map.put("results", categories.stream().map(Category::fields).toList());
      map.put("milliseconds", milliseconds);
      return map;
    }
  }

  @Override
  public Integer call() throws IOException {
    EngineOptions.require(engine);
    ClassifierOptions options =
        ClassifierOptions.DEFAULT
            .withMaxResults(top)
            .withScoreThreshold(threshold)
            .withLabelFilter(Set.copyOf(allowed), Set.copyOf(denied))
            .withLabels(labels == null ? null : Labels.read(labels))
            .withNormalization(normalization == null ? null : Normalization.named(normalization))
            .withResampling(resampling)
            .withInterpreter(
                engineOptions.options().withEngine(engine).withExpectedRuns(images.size()));
    List<Answer> answers = new ArrayList<>();
    try (ImageClassifier classifier = ImageClassifier.of(model, options)) {
      if (classifier.input().isAssumed()) {
        System.err.printf(
            "%s does not say what it takes for pixels: taking --normalization tf (-1 to 1)%n",
            model);
      }
      for (Path file : images) {
        Image image = ImageDecoder.DEFAULT.read(file).rotated(rotation);
        List<Category> categories =
            classifier.classify(image, region == null ? Region.square(image) : region(region));
        answers.add(new Answer(file, categories, classifier.lastNanoseconds() / NANOSECONDS));
        if (!json) {
          print(answers.getLast());
        }
      }
    }
    if (json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("model", model.toString());
      document.put("pictures", answers.stream().map(Answer::toMap).toList());
      System.out.writeBytes(JsonOutput.bytes(document));
      System.out.println();
    }
    return Main.DONE;
  }

  private static void print(Answer answer) {
    System.out.println(answer.file);
    for (Category category : answer.categories) {
      System.out.printf("  %5.1f %%  %s%n", 100 * category.score(), category.label());
    }
    if (answer.categories.isEmpty()) {
      System.out.println("  nothing that is wanted and likely enough");
    }
  }

  private static Region region(String text) {
    String[] ends = text.split(",", -1);
    try {
      if (ends.length == 4) {
        return new Region(
            Double.parseDouble(ends[0]),
            Double.parseDouble(ends[1]),
            Double.parseDouble(ends[2]),
            Double.parseDouble(ends[3]));
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new UsageException("--region " + text + ": expected LEFT,TOP,RIGHT,BOTTOM");
  }
}
