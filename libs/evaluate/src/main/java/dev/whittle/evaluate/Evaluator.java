package dev.whittle.evaluate;

import dev.whittle.data.ParallelTasks;
import dev.whittle.data.Sample;
import dev.whittle.data.Samples;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Compares models on the same samples. It runs several samples at a time for the metrics. Then it
 * measures the latencies with single invocations, alternating between the models.
 */
public final class Evaluator {
  private static final int WARM_UPS = 3;

  private final InterpreterOptions options;
  private final int threads;
  private int timedRuns = 30;
  private BiConsumer<Long, OptionalLong> progress = (done, total) -> {};

  /**
   * Creates an evaluator.
   *
   * @param options the options of the interpreters; their threads serve a single invocation
   * @param threads the number of samples to run at a time, at least 1
   */
  public Evaluator(InterpreterOptions options, int threads) {
    this.options = options;
    this.threads = threads;
  }

  /**
   * Sets the number of timed invocations of each model.
   *
   * @param runs the number, 30 by default; with 0 all latencies are reported as 0
   */
  public Evaluator timedRuns(int runs) {
    timedRuns = runs;
    return this;
  }

  /** Sets a listener that receives the number of samples so far and the total, if it is known. */
  public Evaluator progress(BiConsumer<Long, OptionalLong> newProgress) {
    progress = newProgress;
    return this;
  }

  /**
   * Evaluates models. The first one is the reference for agreement and errors.
   *
   * @param models the models, at least one
   * @throws IOException if there are no samples, or they cannot be read or do not fit a model
   * @throws dev.whittle.ir.UnsupportedModelException if the first output of a model is not numeric
   */
  public Evaluation evaluate(List<NamedModel> models, Samples samples) throws IOException {
    List<EvaluationMetrics> metrics = metrics(models, samples);
    if (metrics.getFirst().samples() == 0) {
      throw new IOException(samples.origin() + ": no samples to evaluate with");
    }
    List<List<Long>> latencies = new ArrayList<>();
    long[] activations = new long[models.size()];
    time(models, samples, latencies, activations);
    List<Evaluation.Result> results = new ArrayList<>();
    for (int m = 0; m < models.size(); m++) {
      results.add(
          new Evaluation.Result(models.get(m), metrics.get(m), latencies.get(m), activations[m]));
    }
    return new Evaluation(options.engine(), samples.origin(), results);
  }

  /**
   * Returns the metrics of each model, without measuring latencies.
   *
   * @throws IOException if the samples cannot be read or do not fit a model
   */
  public List<EvaluationMetrics> metrics(List<NamedModel> models, Samples samples)
      throws IOException {
    try (Samples.Reader reader = samples.open()) {
      var source = new Source(reader, samples);
      Callable<List<EvaluationMetrics>> task = () -> runSamples(models, source);
      List<EvaluationMetrics> all = new ArrayList<>();
      models.forEach(m -> all.add(new EvaluationMetrics()));
      for (List<EvaluationMetrics> part : ParallelTasks.run(Collections.nCopies(threads, task))) {
        for (int m = 0; m < all.size(); m++) {
          all.get(m).merge(part.get(m));
        }
      }
      return all;
    }
  }

  /** The samples in order, shared by the threads. */
  private final class Source {
    private final Samples.Reader reader;
    private final Samples samples;
    private long done;

    Source(Samples.Reader reader, Samples samples) {
      this.reader = reader;
      this.samples = samples;
    }

    synchronized @Nullable Sample next() throws IOException {
      Sample sample = reader.next();
      if (sample != null) {
        progress.accept(++done, samples.size());
      }
      return sample;
    }
  }

  private List<EvaluationMetrics> runSamples(List<NamedModel> models, Source source)
      throws IOException {
    List<EvaluationMetrics> metrics = new ArrayList<>();
    List<ModelRunner> runners = new ArrayList<>();
    try {
      for (NamedModel model : models) {
        metrics.add(new EvaluationMetrics());
        runners.add(new ModelRunner(model.model(), options));
      }
      for (Sample sample = source.next(); sample != null; sample = source.next()) {
        float[] reference = {};
        for (int m = 0; m < runners.size(); m++) {
          float[] output = run(models.get(m), runners.get(m), sample, source.samples);
          reference = m == 0 ? output : reference;
          metrics.get(m).add(sample.label(), output, reference);
        }
      }
    } finally {
      runners.forEach(ModelRunner::close);
    }
    return metrics;
  }

  private static float[] run(NamedModel model, ModelRunner runner, Sample sample, Samples samples)
      throws IOException {
    try {
      return runner.run(sample);
    } catch (IOException e) {
      throw new IOException(
          "%s does not fit %s: %s".formatted(samples.origin(), model.name(), e.getMessage()), e);
    }
  }

  private void time(
      List<NamedModel> models, Samples samples, List<List<Long>> latencies, long[] activations)
      throws IOException {
    List<ModelRunner> runners = new ArrayList<>();
    try (Samples.Reader reader = samples.open()) {
      Sample sample = reader.next();
      for (NamedModel model : models) {
        var runner = new ModelRunner(model.model(), options);
        runners.add(runner);
        for (int i = 0; i < WARM_UPS && sample != null; i++) {
          runner.run(sample);
        }
      }
      long[][] times = new long[models.size()][Math.max(1, timedRuns)];
      for (int run = 0; run < timedRuns && sample != null; run++) {
        for (int m = 0; m < runners.size(); m++) {
          runners.get(m).run(sample);
          times[m][run] = runners.get(m).interpreter().getLastInferenceNanoseconds();
        }
      }
      for (int m = 0; m < runners.size(); m++) {
        Arrays.sort(times[m]);
        latencies.add(Arrays.stream(times[m]).boxed().toList());
        activations[m] = runners.get(m).interpreter().activationBytes();
      }
    } finally {
      runners.forEach(ModelRunner::close);
    }
  }
}
