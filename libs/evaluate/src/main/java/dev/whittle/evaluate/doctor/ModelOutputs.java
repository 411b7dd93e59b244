package dev.whittle.evaluate.doctor;

import dev.whittle.data.ParallelTasks;
import dev.whittle.data.Sample;
import dev.whittle.data.Samples;
import dev.whittle.evaluate.EvaluationMetrics;
import dev.whittle.evaluate.ModelRunner;
import dev.whittle.ir.Model;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;

/**
 * The outputs of a model for all samples, kept for the comparison with many other models.
 *
 * @param outputs the first output for each sample, in order
 * @param labels the labels of the samples, in order
 */
record ModelOutputs(List<float[]> outputs, List<Integer> labels) {

  /** Runs a model on all samples, several at a time. */
  static ModelOutputs of(Model model, Samples samples, InterpreterOptions options, int threads)
      throws IOException {
    Map<Long, float[]> byNumber = new TreeMap<>();
    List<Integer> labels = new ArrayList<>();
    try (Samples.Reader reader = samples.open()) {
      Callable<Boolean> task =
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
      ParallelTasks.run(Collections.nCopies(threads, task));
    }
    if (labels.isEmpty()) {
      throw new IOException(samples.origin() + ": no samples to evaluate with");
    }
    return new ModelOutputs(new ArrayList<>(byNumber.values()), labels);
  }

  /** Returns the metrics of these outputs, by the labels and against a reference. */
  EvaluationMetrics metrics(ModelOutputs reference) {
    var metrics = new EvaluationMetrics();
    for (int i = 0; i < outputs.size(); i++) {
      metrics.add(labels.get(i), outputs.get(i), reference.outputs.get(i));
    }
    return metrics;
  }
}
