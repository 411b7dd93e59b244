package dev.whittle.data;

import java.io.IOException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Samples with labels from another source, in the same order. */
public final class LabeledSamples implements Samples {
  private final Samples samples;
  private final int[] labels;
  private final String labelOrigin;

  private LabeledSamples(Samples samples, int[] labels, String labelOrigin) {
    this.samples = samples;
    this.labels = labels;
    this.labelOrigin = labelOrigin;
  }

  /**
   * Returns samples with labels.
   *
   * @param labels a class index for each sample
   * @param labelOrigin the source of the labels, for messages
   * @throws IOException if the number of samples is known and another one
   */
  public static LabeledSamples of(Samples samples, int[] labels, String labelOrigin)
      throws IOException {
    OptionalLong size = samples.size();
    if (size.isPresent() && size.getAsLong() != labels.length) {
      throw wrongCount(samples, size.getAsLong(), labels.length, labelOrigin);
    }
    return new LabeledSamples(samples, labels.clone(), labelOrigin);
  }

  private static IOException wrongCount(
      Samples samples, long count, int labels, String labelOrigin) {
    return new IOException(
        "%s holds %d labels; expected one for each of the %d samples in %s"
            .formatted(labelOrigin, labels, count, samples.origin()));
  }

  @Override
  public OptionalLong size() {
    return OptionalLong.of(labels.length);
  }

  @Override
  public String origin() {
    return samples.origin();
  }

  @Override
  public Reader open() throws IOException {
    Reader reader = samples.open();
    return new Reader() {
      private int next;

      @Override
      public @Nullable Sample next() throws IOException {
        Sample sample = reader.next();
        if (sample == null) {
          return null;
        }
        if (next == labels.length) {
          throw wrongCount(samples, next + 1L, labels.length, labelOrigin);
        }
        return new Sample(sample.inputs(), labels[next++]);
      }

      @Override
      public void close() throws IOException {
        reader.close();
      }
    };
  }
}
