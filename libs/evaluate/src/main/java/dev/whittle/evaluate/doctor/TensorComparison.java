package dev.whittle.evaluate.doctor;

import dev.whittle.data.Sample;
import dev.whittle.data.Samples;
import dev.whittle.evaluate.ModelRunner;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs a float model and a quantized model on the same samples and compares the tensors that both
 * have.
 */
final class TensorComparison {
  /** The maximum size of a last axis for which channels are compared separately. */
  private static final int MAX_CHANNELS = 4096;

  /** The signal-to-noise ratio, in decibels, of exact tensors. */
  private static final double MAX_DECIBELS = 150;

  private final Model floats;
  private final Model quantized;
  private final Map<Integer, String> floatNames = new HashMap<>();
  private final Map<Integer, String> quantizedNames = new HashMap<>();
  private final Map<String, Difference> differences = new LinkedHashMap<>();
  private final Map<String, float[]> expected = new HashMap<>();

  TensorComparison(Model floats, Model quantized) {
    this.floats = floats;
    this.quantized = quantized;
    Graph graph = floats.mainGraph();
    for (Node node : graph.nodes()) {
      for (int id : node.outputs()) {
        if (graph.value(id).type() == TensorType.FLOAT32) {
          floatNames.put(id, graph.value(id).name());
          differences.putIfAbsent(graph.value(id).name(), new Difference(node.op().type().name()));
        }
      }
    }
    TensorMatcher.of(graph, quantized.mainGraph())
        .forEach((id, floatId) -> quantizedNames.put(id, graph.value(floatId).name()));
  }

  /** Returns the comparisons over all samples, in the order of the float model's nodes. */
  List<TensorReport> run(Samples samples, InterpreterOptions options) throws IOException {
    try (var floatRunner = new ModelRunner(floats, options);
        var quantizedRunner = new ModelRunner(quantized, options);
        Samples.Reader reader = samples.open()) {
      floatRunner
          .interpreter()
          .observe(
              (graph, id, contents) -> {
                String name = graph == 0 ? floatNames.get(id) : null;
                if (name != null && contents.type() == TensorType.FLOAT32) {
                  expected.put(name, contents.toFloats());
                }
              });
      quantizedRunner
          .interpreter()
          .observe(
              (graph, id, contents) -> {
                String name = graph == 0 ? quantizedNames.get(id) : null;
                if (name != null) {
                  compare(name, contents);
                }
              });
      for (Sample sample = reader.next(); sample != null; sample = reader.next()) {
        floatRunner.run(sample);
        quantizedRunner.run(sample);
      }
    }
    List<TensorReport> reports = new ArrayList<>();
    differences.forEach(
        (name, difference) -> {
          if (difference.count > 0) {
            reports.add(difference.report(name));
          }
        });
    return reports;
  }

  private void compare(String name, Tensor contents) {
    float[] reference = expected.get(name);
    Difference difference = differences.get(name);
    if (reference != null && difference != null && reference.length == contents.elements()) {
      difference.add(reference, contents);
    }
  }

  /** The differences of one tensor, summed over all samples. */
  private static final class Difference {
    private final String operator;
    private String type = "";
    private long count;
    private long saturated;
    private long min = Long.MAX_VALUE;
    private long max = Long.MIN_VALUE;
    private double range = 1;
    private double dot;
    private double squares;
    private double @Nullable [] signal;
    private double @Nullable [] noise;

    Difference(String operator) {
      this.operator = operator;
    }

    void add(float[] reference, Tensor contents) {
      int channels = contents.rank() == 0 ? 1 : contents.dim(contents.rank() - 1);
      double[] signals = signal;
      double[] noises = noise;
      if (signals == null || noises == null) {
        signals = new double[channels <= MAX_CHANNELS ? channels : 1];
        noises = new double[signals.length];
        signal = signals;
        noise = noises;
      }
      type = contents.type().name();
      boolean integers = contents.type().isInteger();
      float[] found = ModelRunner.dequantized(contents);
      for (int i = 0; i < reference.length; i++) {
        double error = (double) found[i] - reference[i];
        int channel = i % signals.length;
        signals[channel] += (double) reference[i] * reference[i];
        noises[channel] += error * error;
        dot += (double) found[i] * reference[i];
        squares += (double) found[i] * found[i];
        if (integers) {
          long stored = contents.getInteger(i);
          min = Math.min(min, stored);
          max = Math.max(max, stored);
        }
      }
      count += reference.length;
      if (integers) {
        countSaturated(contents);
      }
    }

    private void countSaturated(Tensor contents) {
      long low = contents.type().minInteger();
      long high = contents.type().maxInteger();
      range = high - low;
      Quantization quantization = contents.quantization();
      long zero = quantization == null ? 0 : quantization.zeroPointValue();
      for (long i = 0; i < contents.elements(); i++) {
        long stored = contents.getInteger(i);
        // Zeros at the lower bound are results of RELU, not saturation.
        saturated += stored != zero && (stored == low || stored == high) ? 1 : 0;
      }
    }

    TensorReport report(String name) {
      double[] signals = signal == null ? new double[1] : signal;
      double[] noises = noise == null ? new double[1] : noise;
      double allSignal = 0;
      double allNoise = 0;
      double channelSum = 0;
      int nonzeroChannels = 0;
      for (int c = 0; c < signals.length; c++) {
        allSignal += signals[c];
        allNoise += noises[c];
        if (signals[c] > 0) {
          channelSum += decibels(signals[c], noises[c]);
          nonzeroChannels++;
        }
      }
      return new TensorReport(
          name,
          operator,
          type,
          decibels(allSignal, allNoise),
          nonzeroChannels == 0 ? decibels(allSignal, allNoise) : channelSum / nonzeroChannels,
          allSignal == 0 || squares == 0 ? 0 : dot / Math.sqrt(allSignal * squares),
          max < min ? 1 : (max - min) / range,
          (double) saturated / count);
    }

    /** Returns the signal-to-noise ratio, at most {@link #MAX_DECIBELS}. */
    private static double decibels(double signal, double noise) {
      return noise == 0 ? MAX_DECIBELS : Math.min(MAX_DECIBELS, 10 * Math.log10(signal / noise));
    }
  }
}
