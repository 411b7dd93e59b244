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
 * Training data as batches. A data set that fits in memory is held and shuffled completely. A
 * larger one is shuffled through a buffer of the samples that fit.
 */
final class TrainingData {
  /** The approximate overhead of a sample on the heap. */
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

  /** True for a model with a fixed batch size, for which an incomplete last batch is dropped. */
  private final boolean fixedBatch;

  /**
   * Reads the samples that fit in memory and checks them.
   *
   * @param target the name of the target tensor; null if the label is the target
   * @param output the id of the scores
   * @param maxBytes the limit of the samples in memory, in bytes
   * @throws IOException if samples cannot be read or do not fit the model; the message names the
   *     first such sample
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
    boolean fixed = false;
    List<int[]> first = List.of();
    int[] firstTarget = new int[0];
    try (Samples.Reader reader = samples.open()) {
      for (Sample sample = reader.next(); sample != null; sample = reader.next()) {
        if (held.isEmpty()) {
          first = binding.shapes(inputs(sample));
          firstTarget = targetDims(sample, scores);
          fixed = checkBatch();
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
      throw new IOException(samples.origin() + ": no samples to train with");
    }
    complete = all;
    dims = first;
    targetDims = firstTarget;
    fixedBatch = fixed;
    for (int i = 0; i < held.size(); i++) {
      check(held.get(i), i);
    }
  }

  /** Checks the batch size, and returns whether the model's inputs fix it. */
  private boolean checkBatch() throws IOException {
    boolean fixed = false;
    for (int id : model.mainGraph().inputs()) {
      Value input = model.mainGraph().value(id);
      int batch =
          input.shape().isRankKnown() && input.shape().rank() > 0 ? input.shape().dim(0) : -1;
      if (batch != Shape.DYNAMIC && batch != batchSize) {
        throw new IOException(
            "input '%s' takes batches of %d, not of %d; train with that batch size, or convert the"
                    .formatted(input.name(), batch, batchSize)
                + " model with a dynamic batch");
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
            "the loss %s needs a target of the shape %s; name a tensor of the samples"
                .formatted(loss, scores));
      }
      return new int[] {1};
    }
    Tensor tensor = sample.inputs().get(target);
    if (tensor == null) {
      throw new IOException(
          "%s: no target tensor '%s'; samples contain %s"
              .formatted(samples.origin(), target, sample.inputs().keySet()));
    }
    int[] withBatch = new int[tensor.rank() + 1];
    withBatch[0] = Shape.DYNAMIC;
    System.arraycopy(tensor.dims(), 0, withBatch, 1, tensor.rank());
    if (!scores.accepts(Shape.of(withBatch))) {
      throw new IOException(
          "%s: targets have shape %s, but the model's output has %s"
              .formatted(samples.origin(), tensor.shape(), scores));
    }
    return tensor.dims().clone();
  }

  private void check(Sample sample, long number) throws IOException {
    if (loss.takesClasses() && (sample.label() < 0 || sample.label() >= classes)) {
      throw new IOException(
          "%s: sample %d has the label %s, but the model has %d classes, 0 to %d"
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
            "%s: sample %d has shape %s, but the first one %s; all samples must have the same shape"
                .formatted(
                    samples.origin(),
                    number,
                    Arrays.toString(shapes.get(i)),
                    Arrays.toString(dims.get(i))));
      }
    }
  }

  /** Returns the number of batches of an epoch; -1 if it is unknown. */
  long batches() {
    if (!complete && samples.size().isEmpty()) {
      return -1;
    }
    long count = complete ? held.size() : samples.size().getAsLong();
    return fixedBatch ? count / batchSize : Math.ceilDiv(count, batchSize);
  }

  /** A visitor of batches. */
  interface Visitor {
    /**
     * Visits a batch.
     *
     * @param number the number of the batch, from 0
     * @return whether to continue
     */
    boolean visit(long number, Batch batch) throws IOException;
  }

  /** Visits all samples in order. */
  void inOrder(Visitor visitor) throws IOException {
    var batcher = new Batcher(visitor);
    if (complete) {
      for (Sample sample : held) {
        if (!batcher.add(sample)) {
          return;
        }
      }
    } else {
      try (Samples.Reader reader = samples.open()) {
        for (Sample sample = reader.next(); sample != null; sample = reader.next()) {
          if (!batcher.add(sample)) {
            return;
          }
        }
      }
    }
    batcher.finish();
  }

  /**
   * Visits all samples in random order. If not all are held in memory, each sample replaces a
   * random one of the buffer, which is visited.
   */
  void shuffled(long seed, Visitor visitor) throws IOException {
    var random = new SplittableRandom(seed);
    var batcher = new Batcher(visitor);
    List<Sample> buffer = new ArrayList<>(held);
    if (!complete) {
      buffer.clear();
      try (Samples.Reader reader = samples.open()) {
        for (Sample sample = reader.next(); sample != null; sample = reader.next()) {
          if (buffer.size() < held.size()) {
            buffer.add(sample);
          } else if (!batcher.add(buffer.set(random.nextInt(buffer.size()), sample))) {
            return;
          }
        }
      }
    }
    for (int remaining = buffer.size(); remaining > 0; remaining--) {
      int chosen = random.nextInt(remaining);
      Sample sample = buffer.get(chosen);
      buffer.set(chosen, buffer.get(remaining - 1));
      if (!batcher.add(sample)) {
        return;
      }
    }
    batcher.finish();
  }

  /** Collects samples into batches. */
  private final class Batcher {
    private final Visitor visitor;
    private final List<Sample> pending = new ArrayList<>();
    private long number;

    Batcher(Visitor visitor) {
      this.visitor = visitor;
    }

    boolean add(Sample sample) throws IOException {
      if (!complete) {
        check(sample, number * batchSize + pending.size());
      }
      pending.add(sample);
      return pending.size() < batchSize || flush();
    }

    void finish() throws IOException {
      if (!pending.isEmpty() && !fixedBatch) {
        flush();
      }
    }

    private boolean flush() throws IOException {
      Batch batch = batch(pending);
      pending.clear();
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
    Tensor targets = Tensor.allocate(loss.targetType(), shape);
    for (int s = 0; s < all.size(); s++) {
      Sample sample = all.get(s);
      List<Tensor> slices = new ArrayList<>();
      for (int i = 0; i < inputs.size(); i++) {
        Tensor input = inputs.get(i);
        int[] sliceDims = dims.get(i).clone();
        sliceDims[0] = 1;
        long bytes = input.data().byteSize() / all.size();
        slices.add(
            new Tensor(input.type(), sliceDims, null, input.data().asSlice(s * bytes, bytes)));
      }
      binding.fill(inputs(sample), slices);
      setTarget(sample, targets, s);
    }
    return new Batch(inputs, targets, all.size());
  }

  private void setTarget(Sample sample, Tensor targets, int index) throws IOException {
    if (loss.targetType() == TensorType.INT32) {
      targets.setInt(index, sample.label());
    } else if (target == null) {
      targets.setFloat(index, sample.label());
    } else {
      Tensor tensor = sample.inputs().get(target);
      long size = targets.elements() / targets.dim(0);
      if (tensor == null || tensor.elements() != size) {
        throw new IOException(
            "%s: a sample has no target '%s' of %d elements"
                .formatted(samples.origin(), target, size));
      }
      for (long i = 0; i < size; i++) {
        targets.setFloat(index * size + i, (float) tensor.getReal(i));
      }
    }
  }
}
