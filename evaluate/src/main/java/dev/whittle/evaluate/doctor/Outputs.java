package dev.whittle.evaluate.doctor;

import dev.whittle.data.Sample;
import dev.whittle.data.Samples;
import dev.whittle.evaluate.ModelRunner;
import dev.whittle.evaluate.Scores;
import dev.whittle.ir.Model;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What a model answers to each sample, kept so that many other models can be compared with it.
 *
 * @param labels of the samples, in order
 */
record Outputs(List<float[]> outputs, List<Integer> labels) {

  /** Runs a model on all samples, several at a time. */
  static Outputs of(Model model, Samples samples, InterpreterOptions options, int threads)
      throws IOException {
    Map<Long, float[]> byNumber = new TreeMap<>();
    List<Integer> labels = new ArrayList<>();
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try (Samples.Reader reader = samples.open()) {
      Callable<Boolean> work =
          () -> {
            try (var runner = new ModelRunner(model, options)) {
              while (true) {
                Sample sample;
                long number;
                synchronized (labels) {
                  sample = reader.next();
                  number = labels.size();
                  if (sample == null) {
                    return true;
                  }
                  labels.add(sample.label());
                }
                float[] output = runner.run(sample);
                synchronized (byNumber) {
                  byNumber.put(number, output);
                }
              }
            }
          };
      List<Future<Boolean>> running = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        running.add(executor.submit(work));
      }
      for (Future<Boolean> future : running) {
        await(future);
      }
    } finally {
      executor.shutdownNow();
    }
    if (labels.isEmpty()) {
      throw new IOException(samples.origin() + ": there are no samples");
    }
    return new Outputs(new ArrayList<>(byNumber.values()), labels);
  }

  private static void await(Future<Boolean> future) throws IOException {
    try {
      future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case RuntimeException runtime -> throw runtime;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  /** These outputs judged by the labels and by those of a reference. */
  Scores scores(Outputs reference) {
    var scores = new Scores();
    for (int i = 0; i < outputs.size(); i++) {
      scores.add(labels.get(i), outputs.get(i), reference.outputs.get(i));
    }
    return scores;
  }
}
