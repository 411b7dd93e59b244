package dev.whittle.optimize.calibrate;

import dev.whittle.data.ParallelTasks;
import dev.whittle.data.Sample;
import dev.whittle.data.Samples;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Runs a float model on samples and keeps statistics of what every tensor of its main graph holds.
 * Samples are read one after another and run on several threads; results do not depend on how many
 * (but for the last bits of the channels' means).
 */
public final class Calibrator {
  /** Is told how far calibration has come. */
  @FunctionalInterface
  public interface Progress {
    Progress SILENT = (done, total) -> {};

    void report(long done, OptionalLong total);
  }

  private final Model model;
  private InterpreterOptions options = InterpreterOptions.DEFAULT;
  private int threads = Runtime.getRuntime().availableProcessors();
  private Progress progress = Progress.SILENT;
  private @Nullable Path file;
  private long saveEvery = 500;

  public Calibrator(Model model) {
    this.model = model;
  }

  /** Runs with another engine, which must be able to show what nodes compute. */
  public Calibrator options(InterpreterOptions newOptions) {
    options = newOptions;
    return this;
  }

  /** How many samples to run at the same time; the default is one for each processor. */
  public Calibrator threads(int newThreads) {
    if (newThreads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, is " + newThreads);
    }
    threads = newThreads;
    return this;
  }

  public Calibrator progress(Progress newProgress) {
    progress = newProgress;
    return this;
  }

  /**
   * A file that receives the statistics now and then and at the end. If it is there already and
   * belongs to this model, calibration goes on after the samples it counts.
   *
   * @param everySamples after how many samples to write it
   */
  public Calibrator resumeFrom(Path newFile, long everySamples) {
    file = newFile;
    saveEvery = Math.max(1, everySamples);
    return this;
  }

  /**
   * Runs all samples.
   *
   * @throws IOException if the samples cannot be read, do not fit the model's inputs, are none, or
   *     hold numbers that are not finite, naming the sample
   */
  public Statistics run(Samples samples) throws IOException {
    Statistics before = file == null ? Statistics.NONE : StatisticsFile.readIfThere(file, model);
    List<Worker> workers = new ArrayList<>();
    try (Samples.Reader reader = samples.open()) {
      var source = new Source(reader, samples, before.samples());
      List<Callable<Statistics>> runs = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        var worker = new Worker(source);
        workers.add(worker);
        runs.add(worker::run);
      }
      Statistics all = before;
      do {
        source.allow(file == null ? Long.MAX_VALUE : saveEvery);
        all = merge(all, ParallelTasks.run(runs));
        if (file != null) {
          StatisticsFile.write(file, model, all);
        }
      } while (!source.isAtEnd());
      if (all.samples() == 0) {
        throw new IOException(samples.origin() + ": there are no samples to calibrate with");
      }
      return all;
    } finally {
      workers.forEach(Worker::close);
    }
  }

  private static Statistics merge(Statistics first, List<Statistics> others) {
    long samples = 0;
    Map<Integer, TensorStatistics> tensors = new HashMap<>();
    Map<Integer, HeadStatistics> heads = new HashMap<>();
    List<Statistics> all = new ArrayList<>();
    all.add(first);
    all.addAll(others);
    for (Statistics statistics : all) {
      samples += statistics.samples();
      statistics
          .tensors()
          .forEach((id, t) -> tensors.computeIfAbsent(id, k -> new TensorStatistics()).merge(t));
      statistics.heads().forEach((id, h) -> heads.merge(id, h, HeadStatistics::plus));
    }
    return new Statistics(samples, tensors, heads);
  }

  /** Hands samples to workers in order. */
  private final class Source {
    private final Samples.Reader reader;
    private final Samples samples;
    private final long skip;
    private long read;
    private long allowed;
    private boolean atEnd;

    Source(Samples.Reader reader, Samples samples, long skip) {
      this.reader = reader;
      this.samples = samples;
      this.skip = skip;
    }

    synchronized void allow(long more) {
      allowed = more;
    }

    synchronized boolean isAtEnd() {
      return atEnd;
    }

    private record Numbered(Sample sample, long number) {}

    synchronized @Nullable Numbered next() throws IOException {
      if (atEnd || allowed == 0) {
        return null;
      }
      Sample sample = reader.next();
      while (sample != null && read < skip) {
        read++;
        sample = reader.next();
      }
      if (sample == null) {
        atEnd = true;
        return null;
      }
      allowed--;
      read++;
      progress.report(read, samples.size());
      return new Numbered(sample, read - 1);
    }
  }

  /** An interpreter and what it has seen since the last {@link #run}. */
  private final class Worker {
    private final Source source;
    private final Graph graph = model.mainGraph();
    private final Set<Integer> headValues = headValues(graph);
    private final SampleRunner runner = new SampleRunner(model, options);
    private Map<Integer, TensorStatistics> tensors = new HashMap<>();
    private Map<Integer, HeadStatistics> heads = new HashMap<>();

    Worker(Source source) {
      this.source = source;
      runner.interpreter().observe(this::see);
    }

    private void see(int graphIndex, int id, Tensor contents) {
      if (graphIndex == 0 && contents.type() == TensorType.FLOAT32) {
        tensors.computeIfAbsent(id, k -> new TensorStatistics()).add(contents);
        if (headValues.contains(id)) {
          heads.put(id, heads.getOrDefault(id, HeadStatistics.NONE).plus(contents));
        }
      }
    }

    Statistics run() throws IOException {
      tensors = new HashMap<>();
      heads = new HashMap<>();
      long done = 0;
      for (var next = source.next(); next != null; next = source.next()) {
        run(next.sample(), next.number());
        done++;
      }
      return new Statistics(done, tensors, heads);
    }

    private void run(Sample sample, long number) throws IOException {
      try {
        runner.load(sample);
      } catch (IOException e) {
        throw new IOException(
            "%s, sample %d: %s".formatted(source.samples.origin(), number, e.getMessage()), e);
      }
      for (int i = 0; i < graph.inputs().size(); i++) {
        Tensor input = runner.interpreter().getInputTensor(i);
        if (input.type() == TensorType.FLOAT32) {
          var statistics =
              tensors.computeIfAbsent(graph.inputs().get(i), k -> new TensorStatistics());
          long bad = statistics.nonFinite();
          statistics.add(input);
          if (statistics.nonFinite() > bad) {
            throw new IOException(
                "%s, sample %d: input '%s' holds numbers that are not finite"
                    .formatted(
                        source.samples.origin(),
                        number,
                        graph.value(graph.inputs().get(i)).name()));
          }
        }
      }
      runner.interpreter().invoke();
    }

    void close() {
      runner.close();
    }
  }

  private static Set<Integer> headValues(Graph graph) {
    Set<Integer> ids = new HashSet<>();
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Logistic || node.op() instanceof Softmax) {
        ids.addAll(node.outputs());
      }
    }
    return ids;
  }
}
