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
 * Runs a float model on samples and collects statistics of every float tensor of its main graph.
 * Samples are read in order and run on several threads. The results do not depend on the number of
 * threads, except for the last bits of the channel means.
 */
public final class Calibrator {
  /** A listener for the progress of a calibration. */
  @FunctionalInterface
  public interface Progress {
    /** A listener that does nothing. */
    Progress SILENT = (done, total) -> {};

    /**
     * Called for each sample.
     *
     * @param done the number of samples that have been read
     * @param total the number of samples, if it is known
     */
    void report(long done, OptionalLong total);
  }

  private final Model model;
  private InterpreterOptions options = InterpreterOptions.DEFAULT;
  private int threads = Runtime.getRuntime().availableProcessors();
  private Progress progress = Progress.SILENT;
  private @Nullable Path file;
  private long saveEvery = 500;

  /**
   * Creates a calibrator.
   *
   * @param model a float model, as {@link dev.whittle.optimize.quantize.Quantizer#prepare} returns
   *     it
   */
  public Calibrator(Model model) {
    this.model = model;
  }

  /**
   * Sets the options of the interpreters. The engine must support {@link
   * dev.whittle.runtime.Interpreter#observe}.
   */
  public Calibrator options(InterpreterOptions newOptions) {
    options = newOptions;
    return this;
  }

  /**
   * Sets the number of samples that run at the same time.
   *
   * @param newThreads at least 1; the default is the number of processors
   * @throws IllegalArgumentException if it is less than 1
   */
  public Calibrator threads(int newThreads) {
    if (newThreads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, not " + newThreads);
    }
    threads = newThreads;
    return this;
  }

  /** Sets the listener that is called for each sample. */
  public Calibrator progress(Progress newProgress) {
    progress = newProgress;
    return this;
  }

  /**
   * Saves the statistics to a file, periodically and at the end. If the file already exists,
   * calibration resumes after the samples that it counts.
   *
   * @param everySamples the number of samples between two writes, at least 1
   */
  public Calibrator resumeFrom(Path newFile, long everySamples) {
    file = newFile;
    saveEvery = Math.max(1, everySamples);
    return this;
  }

  /**
   * Runs the model on all samples.
   *
   * @throws IOException if there are no samples, if a sample cannot be read, does not fit the
   *     model's inputs or contains infinities or NaN (the message names it), or if the file to
   *     resume from belongs to another model
   * @throws dev.whittle.ir.MalformedModelException if the file to resume from is malformed
   */
  public Statistics run(Samples samples) throws IOException {
    Statistics before = file == null ? Statistics.NONE : StatisticsFile.readIfExists(file, model);
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
        source.setBudget(file == null ? Long.MAX_VALUE : saveEvery);
        all = merge(all, ParallelTasks.run(runs));
        if (file != null) {
          StatisticsFile.write(file, model, all);
        }
      } while (!source.isAtEnd());
      if (all.samples() == 0) {
        throw new IOException(samples.origin() + ": no samples to calibrate with");
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

  /** The samples in order, shared by the workers. */
  private final class Source {
    private final Samples.Reader reader;
    private final Samples samples;
    private final long skip;
    private long read;
    private long budget;
    private boolean atEnd;

    Source(Samples.Reader reader, Samples samples, long skip) {
      this.reader = reader;
      this.samples = samples;
      this.skip = skip;
    }

    /** Sets the number of samples to give out before workers pause for saving. */
    synchronized void setBudget(long newBudget) {
      budget = newBudget;
    }

    synchronized boolean isAtEnd() {
      return atEnd;
    }

    private record Numbered(Sample sample, long number) {}

    synchronized @Nullable Numbered next() throws IOException {
      if (atEnd || budget == 0) {
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
      budget--;
      read++;
      progress.report(read, samples.size());
      return new Numbered(sample, read - 1);
    }
  }

  /** An interpreter with the statistics that it has collected since the last {@link #run}. */
  private final class Worker {
    private final Source source;
    private final Graph graph = model.mainGraph();
    private final Set<Integer> headValues = headValues(graph);
    private final SampleRunner runner = new SampleRunner(model, options);
    private Map<Integer, TensorStatistics> tensors = new HashMap<>();
    private Map<Integer, HeadStatistics> heads = new HashMap<>();

    Worker(Source source) {
      this.source = source;
      runner.interpreter().observe(this::collect);
    }

    private void collect(int graphIndex, int id, Tensor contents) {
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
          long before = statistics.nonFinite();
          statistics.add(input);
          if (statistics.nonFinite() > before) {
            throw new IOException(
                "%s, sample %d: input '%s' contains values that are not finite"
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
