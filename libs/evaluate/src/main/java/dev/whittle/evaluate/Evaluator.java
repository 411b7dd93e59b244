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
 * Runs models on the same samples, several samples at a time, and then measures the latency of
 * each, all in turns.
 */
public final class Evaluator {
  private static final int WARM_UPS = 3;

  private final InterpreterOptions options;
  private final int threads;
  private int timedRuns = 30;
  private BiConsumer<Long, OptionalLong> progress = (done, total) -> {};

  /**
   * An evaluator.
   *
   * @param options of the interpreters, whose threads are used for one invocation
   * @param threads how many samples to run at a time
   */
  public Evaluator(InterpreterOptions options, int threads) {
    this.options = options;
    this.threads = threads;
  }

  /** How many timed invocations each model makes; 0 leaves latency out. */
  public Evaluator timedRuns(int runs) {
    timedRuns = runs;
    return this;
  }

  /** Is told how many samples have been run. */
  public Evaluator progress(BiConsumer<Long, OptionalLong> newProgress) {
    progress = newProgress;
    return this;
  }

  /**
   * Evaluates models; the first one is what the others are compared with.
   *
   * @throws IOException if the samples cannot be read, are none, or do not fit a model
   */
  public Evaluation evaluate(List<NamedModel> models, Samples samples) throws IOException {
    List<EvaluationMetrics> scores = metrics(models, samples);
    if (scores.getFirst().samples() == 0) {
      throw new IOException(samples.origin() + ": there are no samples");
    }
    List<List<Long>> latencies = new ArrayList<>();
    long[] activations = new long[models.size()];
    time(models, samples, latencies, activations);
    List<Evaluation.Result> results = new ArrayList<>();
    for (int m = 0; m < models.size(); m++) {
      results.add(
          new Evaluation.Result(models.get(m), scores.get(m), latencies.get(m), activations[m]));
    }
    return new Evaluation(options.engine(), samples.origin(), results);
  }

  /** Only what the models answer, without latency. */
  public List<EvaluationMetrics> metrics(List<NamedModel> models, Samples samples)
      throws IOException {
    try (Samples.Reader reader = samples.open()) {
      var source = new Source(reader, samples);
      Callable<List<EvaluationMetrics>> work = () -> work(models, source);
      List<EvaluationMetrics> all = new ArrayList<>();
      models.forEach(m -> all.add(new EvaluationMetrics()));
      for (List<EvaluationMetrics> part : ParallelTasks.run(Collections.nCopies(threads, work))) {
        for (int m = 0; m < all.size(); m++) {
          all.get(m).merge(part.get(m));
        }
      }
      return all;
    }
  }

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

  private List<EvaluationMetrics> work(List<NamedModel> models, Source source) throws IOException {
    List<EvaluationMetrics> scores = new ArrayList<>();
    List<ModelRunner> runners = new ArrayList<>();
    try {
      for (NamedModel model : models) {
        scores.add(new EvaluationMetrics());
        runners.add(new ModelRunner(model.model(), options));
      }
      for (Sample sample = source.next(); sample != null; sample = source.next()) {
        float[] reference = {};
        for (int m = 0; m < runners.size(); m++) {
          float[] output = run(models.get(m), runners.get(m), sample, source.samples);
          reference = m == 0 ? output : reference;
          scores.get(m).add(sample.label(), output, reference);
        }
      }
    } finally {
      runners.forEach(ModelRunner::close);
    }
    return scores;
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
