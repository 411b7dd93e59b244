package dev.whittle.cli;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.data.Samples;
import dev.whittle.evaluate.Evaluation;
import dev.whittle.evaluate.EvaluationReport;
import dev.whittle.evaluate.Evaluator;
import dev.whittle.evaluate.NamedModel;
import dev.whittle.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compares models on the same data. */
@Command(
    name = "evaluate",
    description = "Accuracy, size and latency of models side by side.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Without labels, models are compared with the first one only. Keras models are converted",
      "first; their sizes are those of the .tflite file."
    })
final class EvaluateCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "MODEL",
      arity = "1..*",
      description = ".tflite files or Keras models; the first is what others are compared with.")
  private List<Path> models = List.of();

  @Mixin private DataOptions data = new DataOptions();

  @Mixin private EngineOptions engines = new EngineOptions();

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      defaultValue = "fast",
      description = "reference, fast, litert or litert-xnnpack (default: ${DEFAULT-VALUE}).")
  private String engine = "fast";

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "30",
      description = "Timed invocations of each model (default: ${DEFAULT-VALUE}).")
  private int runs = 30;

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  @Option(names = "--report", paramLabel = "F.html", description = "Writes a report with charts.")
  private @Nullable Path report;

  @Override
  public Integer call() throws IOException {
    EngineOptions.require(engine);
    if (runs < 1) {
      throw new UsageException("--runs must be at least 1");
    }
    List<NamedModel> all = new ArrayList<>();
    for (Path model : models) {
      all.add(open(model));
    }
    Samples samples = data.samples(all.getFirst().model());
    var evaluator =
        new Evaluator(engines.options().withEngine(engine), data.parallel())
            .timedRuns(runs)
            .progress(ProgressLine.of("evaluating")::report);
    Evaluation evaluation = evaluator.evaluate(all, samples);
    if (json) {
      EvaluationReport.json(evaluation, System.out);
      System.out.println();
    } else {
      System.out.println(EvaluationReport.text(evaluation));
    }
    if (report != null) {
      AtomicFile.writeText(report, EvaluationReport.html(evaluation));
    }
    return Main.DONE;
  }

  static NamedModel open(Path model) throws IOException {
    String name = model.toString();
    boolean keras = name.endsWith(".keras") || name.endsWith(".h5") || name.endsWith(".json");
    return keras
        ? NamedModel.of(name, TfLiteConverter.fromKerasModel(model).convertModel().model())
        : NamedModel.of(model);
  }
}
