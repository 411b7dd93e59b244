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
 * @param outputs the numeric outputs for each sample, in order
 * @param labels the labels of the samples, in order
 */
record ModelOutputs(List<List<float[]>> outputs, List<Integer> labels) {

  /** Runs a model on all samples, several at a time. */
  static ModelOutputs of(Model model, Samples samples, InterpreterOptions options, int threads)
      throws IOException {
    Map<Long, List<float[]>> byNumber = new TreeMap<>();
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
                List<float[]> output = runner.runAll(sample);
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

  boolean hasLabels() {
    return labels.stream().anyMatch(label -> label >= 0);
  }

  /** Returns the metrics of each output, by the labels and against a reference. */
  List<EvaluationMetrics> metrics(ModelOutputs reference) {
    List<EvaluationMetrics> all = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      List<float[]> output = outputs.get(i);
      for (int k = 0; k < Math.min(output.size(), reference.outputs.get(i).size()); k++) {
        if (all.size() <= k) {
          all.add(new EvaluationMetrics());
        }
        int label = k == 0 ? labels.get(i) : -1;
        all.get(k).add(label, output.get(k), reference.outputs.get(i).get(k));
      }
    }
    return all;
  }
}
