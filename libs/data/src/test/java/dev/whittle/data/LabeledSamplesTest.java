package dev.whittle.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class LabeledSamplesTest {
  private static List<Sample> samples(int count) {
    return Collections.nCopies(
        count, Sample.of(Map.of("x", Tensor.allocate(TensorType.FLOAT32, 2))));
  }

  @Test
  void labelsFollowTheOrderOfTheSamples() throws IOException {
    Samples labeled = LabeledSamples.of(Samples.of(samples(3)), new int[] {4, 0, 7}, "y.npy");
    assertEquals(OptionalLong.of(3), labeled.size());
    assertEquals("the samples", labeled.origin());
    try (Samples.Reader reader = labeled.open()) {
      for (int label : new int[] {4, 0, 7}) {
        assertEquals(label, Objects.requireNonNull(reader.next()).label());
      }
      assertNull(reader.next());
    }
  }

  @Test
  void anotherNumberOfLabelsIsRefusedAtOnceIfTheSamplesAreCounted() {
    var refused =
        assertThrows(
            IOException.class,
            () -> LabeledSamples.of(Samples.of(samples(3)), new int[2], "y.npy"));
    assertTrue(
        String.valueOf(refused.getMessage()).contains("y.npy holds 2 labels"), refused::toString);
  }

  @Test
  void missingLabelsAreReportedWhenTheSampleIsRead() throws IOException {
    Iterable<Sample> uncounted = () -> samples(2).iterator();
    Samples labeled = LabeledSamples.of(Samples.of(uncounted), new int[] {1}, "y.npy");
    try (Samples.Reader reader = labeled.open()) {
      assertNotNull(reader.next());
      assertThrows(IOException.class, reader::next);
    }
  }
}
