package dev.whittle.cli;

import dev.whittle.cli.option.Condition;
import dev.whittle.cli.option.Conditional;
import dev.whittle.cli.option.UsageException;
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

/** The command that compares models on the same data. */
@Command(
    name = "evaluate",
    description = "Compares the accuracy, size and latency of models.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Without labels, models are compared with the first one only. Keras models and",
      "SavedModels are converted first; their size is that of the .tflite file."
    })
final class EvaluateCommand implements Callable<Integer>, Conditional {
  @Parameters(
      paramLabel = "MODEL",
      arity = "1..*",
      description =
          ".tflite files, Keras models or folders of SavedModels; the first is the reference for"
              + " the others.")
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
      description = "Timed runs of each model (default: ${DEFAULT-VALUE}).")
  private int runs = 30;

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  @Option(names = "--report", paramLabel = "F.html", description = "Writes a report with charts.")
  private @Nullable Path report;

  @Override
  public boolean holds(Condition condition) {
    return condition == Condition.THREADS && EngineOptions.hasThreads(engine);
  }

  @Override
  public Integer call() throws IOException {
    String engineName = EngineOptions.require(engine);
    if (runs < 1) {
      throw new UsageException("--runs " + runs + ": expected at least 1");
    }
    List<NamedModel> all = new ArrayList<>();
    for (Path model : models) {
      NamedModel named = InputFiles.named(model);
      all.add(all.isEmpty() ? named : SameInputs.like(all.getFirst(), named));
    }
    Samples samples = data.samples(all.getFirst().model());
    var evaluator =
        new Evaluator(engines.options().withEngine(engineName), data.parallel())
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
}
