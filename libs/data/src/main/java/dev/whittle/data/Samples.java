package dev.whittle.data;

import java.io.Closeable;
import java.io.IOException;
import java.util.Iterator;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A data set that can be read from its start as often as one likes, sample by sample. */
public interface Samples {
  /** How many samples there are, if that is known without reading them. */
  OptionalLong size();

  /** What messages call it. */
  String origin();

  /**
   * Begins to read.
   *
   * @throws IOException if the source cannot be read
   */
  Reader open() throws IOException;

  /** Hands out samples one after another. Not for several threads at once. */
  interface Reader extends Closeable {
    /** The next sample; null after the last one. */
    @Nullable Sample next() throws IOException;
  }

  /** Samples that a program makes; {@link Iterable#iterator} is called for each reading. */
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

  /** The first {@code count} samples. */
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
          private long left = count;

          @Override
          public @Nullable Sample next() throws IOException {
            return left-- > 0 ? reader.next() : null;
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
