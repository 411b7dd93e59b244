package dev.whittle.data;

import java.io.Closeable;
import java.io.IOException;
import java.util.Iterator;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A data set that is read sample by sample and can be read any number of times. Every reading gives
 * the same samples in the same order.
 */
public interface Samples {
  /** Returns the number of samples if it is known without reading them. */
  OptionalLong size();

  /** Returns the name of the data set for messages, such as the path of its file. */
  String origin();

  /**
   * Opens a reader at the first sample.
   *
   * @throws IOException if the source cannot be read
   */
  Reader open() throws IOException;

  /** A reader of samples in order. Not thread-safe. */
  interface Reader extends Closeable {
    /**
     * Returns the next sample; null after the last one.
     *
     * @throws IOException if the source cannot be read or is malformed
     */
    @Nullable Sample next() throws IOException;
  }

  /**
   * Returns samples from memory or from a generator.
   *
   * @param samples the samples; {@link Iterable#iterator} is called for each reading
   */
  static Samples of(Iterable<Sample> samples) {
    return new Samples() {
      @Override
      public OptionalLong size() {
        return samples instanceof java.util.Collection<Sample> c
            ? OptionalLong.of(c.size())
            : OptionalLong.empty();
      }

      @Override
      public String origin() {
        return "the samples";
      }

      @Override
      public Reader open() {
        Iterator<Sample> iterator = samples.iterator();
        return new Reader() {
          @Override
          public @Nullable Sample next() {
            return iterator.hasNext() ? iterator.next() : null;
          }

          @Override
          public void close() {}
        };
      }
    };
  }

  /**
   * Returns the first samples of this data set.
   *
   * @param count the maximum number of samples
   */
  default Samples first(long count) {
    Samples all = this;
    return new Samples() {
      @Override
      public OptionalLong size() {
        OptionalLong size = all.size();
        return size.isPresent() ? OptionalLong.of(Math.min(count, size.getAsLong())) : size;
      }

      @Override
      public String origin() {
        return all.origin();
      }

      @Override
      public Reader open() throws IOException {
        Reader reader = all.open();
        return new Reader() {
          private long remaining = count;

          @Override
          public @Nullable Sample next() throws IOException {
            return remaining-- > 0 ? reader.next() : null;
          }

          @Override
          public void close() throws IOException {
            reader.close();
          }
        };
      }
    };
  }
}
