package dev.whittle.train;

import dev.whittle.data.InputBinding;
import dev.whittle.data.Sample;
import dev.whittle.data.Samples;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.train.network.Batch;
import dev.whittle.train.network.Loss;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Samples as batches for a model. Those that fit are held in memory and shuffled as a whole; of
 * larger sets so many are held as fit, and each next one is drawn from them.
 */
final class TrainingData {
  private static final int BYTES_PER_SAMPLE = 200;

  private final Samples samples;
  private final Model model;
  private final InputBinding binding;
  private final Loss loss;
  private final @Nullable String target;
  private final int classes;
  private final int batchSize;
  private final List<Sample> held = new ArrayList<>();
  private final boolean complete;
  private final List<int[]> dims;
  private final int[] targetDims;

  /** Whether the model takes whole batches only; what is left over then is left out. */
  private final boolean wholeBatches;

  /**
   * Begins to read the samples and checks them.
   *
   * @param target the name of the tensor that is wanted; null where samples have labels
   * @param output the id of the scores
   * @param maxBytes how much may be held in memory
   * @throws IOException if samples cannot be read or do not fit the model, naming the first
   */
  TrainingData(
      Samples samples,
      Model model,
      Loss loss,
      @Nullable String target,
      int output,
      int batchSize,
      long maxBytes)
      throws IOException {
    this.samples = samples;
    this.model = model;
    this.binding = new InputBinding(model);
    this.loss = loss;
    this.target = target;
    this.batchSize = batchSize;
    Shape scores = model.mainGraph().value(output).shape();
    this.classes = scores.isRankKnown() && scores.rank() > 0 ? scores.dim(scores.rank() - 1) : -1;
    long bytes = 0;
    boolean all = true;
    boolean whole = false;
    List<int[]> first = List.of();
    int[] firstTarget = new int[0];
    try (Samples.Reader reader = samples.open()) {
      for (Sample sample = reader.next(); sample != null; sample = reader.next()) {
        if (held.isEmpty()) {
          first = binding.shapes(inputs(sample));
          firstTarget = targetDims(sample, scores);
          whole = checkBatch();
        }
        bytes += BYTES_PER_SAMPLE;
        for (Tensor tensor : sample.inputs().values()) {
          bytes += tensor.data().byteSize();
        }
        if (bytes > maxBytes) {
          all = false;
          break;
        }
        held.add(sample);
      }
    }
    if (held.isEmpty()) {
      throw new IOException(samples.origin() + ": holds no samples");
    }
    complete = all;
    dims = first;
    targetDims = firstTarget;
    wholeBatches = whole;
    for (int i = 0; i < held.size(); i++) {
      check(held.get(i), i);
    }
  }

  private boolean checkBatch() throws IOException {
    boolean fixed = false;
    for (int id : model.mainGraph().inputs()) {
      Value input = model.mainGraph().value(id);
      int batch =
          input.shape().isRankKnown() && input.shape().rank() > 0 ? input.shape().dim(0) : -1;
      if (batch != Shape.DYNAMIC && batch != batchSize) {
        throw new IOException(
            "input '%s' takes batches of %d, not of %d: train with that batch size, or convert the"
                    .formatted(input.name(), batch, batchSize)
                + " model with an open batch");
      }
      fixed |= batch != Shape.DYNAMIC;
    }
    return fixed;
  }

  private Sample inputs(Sample sample) {
    if (target == null) {
      return sample;
    }
    var rest = new LinkedHashMap<>(sample.inputs());
    rest.remove(target);
    return new Sample(rest, sample.label());
  }

  private int[] targetDims(Sample sample, Shape scores) throws IOException {
    if (loss.takesClasses()) {
      return new int[0];
    }
    if (target == null) {
      if (scores.rank() != 2 || scores.dim(1) != 1) {
        throw new IOException(
            "the loss %s compares scores %s with a target, and none is named"
                .formatted(loss, scores));
      }
      return new int[] {1};
    }
    Tensor wanted = sample.inputs().get(target);
    if (wanted == null) {
      throw new IOException(
          "%s: there is no tensor '%s' to aim at, only %s"
              .formatted(samples.origin(), target, sample.inputs().keySet()));
    }
    int[] withBatch = new int[wanted.rank() + 1];
    withBatch[0] = Shape.DYNAMIC;
    System.arraycopy(wanted.dims(), 0, withBatch, 1, wanted.rank());
    if (!scores.accepts(Shape.of(withBatch))) {
      throw new IOException(
          "%s: targets are %s, the model gives %s"
              .formatted(samples.origin(), wanted.shape(), scores));
    }
    return wanted.dims().clone();
  }

  private void check(Sample sample, long number) throws IOException {
    if (loss.takesClasses() && (sample.label() < 0 || sample.label() >= classes)) {
      throw new IOException(
          "%s: sample %d has the label %s, but the model tells %d classes apart, 0 to %d"
              .formatted(
                  samples.origin(),
                  number,
                  sample.label() == Sample.NO_LABEL ? "none" : sample.label(),
                  classes,
                  classes - 1));
    }
    List<int[]> shapes = binding.shapes(inputs(sample));
    for (int i = 0; i < shapes.size(); i++) {
      if (!Arrays.equals(shapes.get(i), dims.get(i))) {
        throw new IOException(
            "%s: sample %d is %s, the first one %s: all must have one shape"
                .formatted(
                    samples.origin(),
                    number,
                    Arrays.toString(shapes.get(i)),
                    Arrays.toString(dims.get(i))));
      }
    }
  }

  /** How many batches an epoch has; -1 if that is not known. */
  long batches() {
    if (!complete && samples.size().isEmpty()) {
      return -1;
    }
    long count = complete ? held.size() : samples.size().getAsLong();
    return wholeBatches ? count / batchSize : Math.ceilDiv(count, batchSize);
  }

  /** Receives batches one after another. */
  interface Visitor {
    /**
     * Works on a batch.
     *
     * @return whether to go on
     */
    boolean visit(long number, Batch batch) throws IOException;
  }

  /** Goes through all samples in their order. */
  void inOrder(Visitor visitor) throws IOException {
    var run = new Run(visitor);
    if (complete) {
      for (Sample sample : held) {
        if (!run.add(sample)) {
          return;
        }
      }
    } else {
      try (Samples.Reader reader = samples.open()) {
        for (Sample sample = reader.next(); sample != null; sample = reader.next()) {
          if (!run.add(sample)) {
            return;
          }
        }
      }
    }
    run.finish();
  }

  /** Goes through all samples in random order. */
  void shuffled(long seed, Visitor visitor) throws IOException {
    var random = new SplittableRandom(seed);
    var run = new Run(visitor);
    List<Sample> drawn = new ArrayList<>(held);
    if (!complete) {
      drawn.clear();
      try (Samples.Reader reader = samples.open()) {
        for (Sample sample = reader.next(); sample != null; sample = reader.next()) {
          if (drawn.size() < held.size()) {
            drawn.add(sample);
          } else if (!run.add(drawn.set(random.nextInt(drawn.size()), sample))) {
            return;
          }
        }
      }
    }
    for (int left = drawn.size(); left > 0; left--) {
      int chosen = random.nextInt(left);
      Sample sample = drawn.get(chosen);
      drawn.set(chosen, drawn.get(left - 1));
      if (!run.add(sample)) {
        return;
      }
    }
    run.finish();
  }

  /** Puts samples together to batches. */
  private final class Run {
    private final Visitor visitor;
    private final List<Sample> waiting = new ArrayList<>();
    private long number;

    Run(Visitor visitor) {
      this.visitor = visitor;
    }

    boolean add(Sample sample) throws IOException {
      if (!complete) {
        check(sample, number * batchSize + waiting.size());
      }
      waiting.add(sample);
      return waiting.size() < batchSize || flush();
    }

    void finish() throws IOException {
      if (!waiting.isEmpty() && !wholeBatches) {
        flush();
      }
    }

    private boolean flush() throws IOException {
      Batch batch = batch(waiting);
      waiting.clear();
      return visitor.visit(number++, batch);
    }
  }

  private Batch batch(List<Sample> all) throws IOException {
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < dims.size(); i++) {
      int[] batchDims = dims.get(i).clone();
      batchDims[0] = all.size();
      inputs.add(
          Tensor.allocate(
              model.mainGraph().value(model.mainGraph().inputs().get(i)).type(), batchDims));
    }
    int[] shape = new int[targetDims.length + 1];
    shape[0] = all.size();
    System.arraycopy(targetDims, 0, shape, 1, targetDims.length);
    Tensor wanted = Tensor.allocate(loss.targetType(), shape);
    for (int s = 0; s < all.size(); s++) {
      Sample sample = all.get(s);
      List<Tensor> places = new ArrayList<>();
      for (int i = 0; i < inputs.size(); i++) {
        Tensor whole = inputs.get(i);
        int[] one = dims.get(i).clone();
        one[0] = 1;
        long bytes = whole.data().byteSize() / all.size();
        places.add(new Tensor(whole.type(), one, null, whole.data().asSlice(s * bytes, bytes)));
      }
      binding.fill(inputs(sample), places);
      aim(sample, wanted, s);
    }
    return new Batch(inputs, wanted, all.size());
  }

  private void aim(Sample sample, Tensor wanted, int place) throws IOException {
    if (loss.targetType() == TensorType.INT32) {
      wanted.setInt(place, sample.label());
    } else if (target == null) {
      wanted.setFloat(place, sample.label());
    } else {
      Tensor numbers = sample.inputs().get(target);
      long size = wanted.elements() / wanted.dim(0);
      if (numbers == null || numbers.elements() != size) {
        throw new IOException(
            "%s: a sample lacks a target '%s' of %d numbers"
                .formatted(samples.origin(), target, size));
      }
      for (long i = 0; i < size; i++) {
        wanted.setFloat(place * size + i, (float) numbers.getReal(i));
      }
    }
  }
}
