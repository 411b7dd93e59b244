package dev.whittle.optimize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.data.Sample;
import dev.whittle.data.Samples;
import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.optimize.calibrate.CalibrationMethod;
import dev.whittle.optimize.calibrate.Calibrator;
import dev.whittle.optimize.calibrate.Histogram;
import dev.whittle.optimize.calibrate.Range;
import dev.whittle.optimize.calibrate.Statistics;
import dev.whittle.optimize.calibrate.TensorStatistics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CalibratorTest {
  private static final Model MODEL = TestModels.threeLayers(7, true);

  @TempDir private Path folder = Path.of("");

  private static void assertSame(Statistics expected, Statistics actual) {
    assertEquals(expected.samples(), actual.samples());
    assertEquals(expected.tensors().keySet(), actual.tensors().keySet());
    assertEquals(expected.heads(), actual.heads());
    expected
        .tensors()
        .forEach(
            (id, tensor) -> {
              TensorStatistics other = Objects.requireNonNull(actual.of(id));
              assertEquals(tensor.min(), other.min());
              assertEquals(tensor.max(), other.max());
              assertEquals(tensor.count(), other.count());
              assertArrayEquals(tensor.histogram().counts(), other.histogram().counts());
              double[] means = tensor.channelMeans();
              if (means != null) {
                assertArrayEquals(means, Objects.requireNonNull(other.channelMeans()), 1e-6);
              }
              assertEquals(tensor.underflowShare(0.1), other.underflowShare(0.1));
            });
  }

  @Test
  void givesSameResultWithAnyNumberOfThreads() throws IOException {
    Samples samples = TestModels.samples(2, 100);
    assertSame(
        new Calibrator(MODEL).threads(1).run(samples),
        new Calibrator(MODEL).threads(3).run(samples));
  }

  @Test
  void resumesFromItsFile() throws IOException {
    Path file = folder.resolve("statistics.json");
    Samples samples = TestModels.samples(2, 100);
    new Calibrator(MODEL).resumeFrom(file, 10).run(samples.first(35));
    Statistics resumed = new Calibrator(MODEL).resumeFrom(file, 10).run(samples);
    assertSame(new Calibrator(MODEL).run(samples), resumed);
  }

  @Test
  void rejectsStatisticsOfAnotherModel() throws IOException {
    Path file = folder.resolve("statistics.json");
    new Calibrator(MODEL).resumeFrom(file, 10).run(TestModels.samples(2, 5));
    var exception =
        assertThrows(
            IOException.class,
            () ->
                new Calibrator(TestModels.threeLayers(8, true))
                    .resumeFrom(file, 10)
                    .run(TestModels.samples(2, 5)));
    assertTrue(String.valueOf(exception.getMessage()).contains("another model"));
  }

  @Test
  void rejectsMalformedStatistics() throws IOException {
    Path file = folder.resolve("statistics.json");
    new Calibrator(MODEL).resumeFrom(file, 10).run(TestModels.samples(2, 5));
    String text = Files.readString(file);
    for (int cut : new int[] {1, text.length() / 2, text.length() - 2}) {
      Files.writeString(file, text.substring(0, cut));
      assertThrows(
          dev.whittle.ir.MalformedModelException.class,
          () -> new Calibrator(MODEL).resumeFrom(file, 10).run(TestModels.samples(2, 5)));
    }
    String number = "\"limit\"\\s*:\\s*[0-9.eE+-]+";
    for (String other : new String[] {"[]", "[1, 2]", "-1"}) {
      Files.writeString(file, text.replaceFirst(number, "\"limit\": " + other));
      assertThrows(
          dev.whittle.ir.MalformedModelException.class,
          () -> new Calibrator(MODEL).resumeFrom(file, 10).run(TestModels.samples(2, 5)),
          other);
    }
  }

  @Test
  void namesSampleWithValuesThatAreNotFinite() {
    float[] bad = new float[TestModels.IN];
    bad[5] = Float.NaN;
    Samples samples =
        Samples.of(
            List.of(
                Sample.of(Map.of("x", Tensor.of(new float[TestModels.IN], TestModels.IN))),
                Sample.of(Map.of("x", Tensor.of(bad, TestModels.IN)))));
    var exception =
        assertThrows(IOException.class, () -> new Calibrator(MODEL).threads(1).run(samples));
    assertEquals(
        "the samples, sample 1: input 'x' contains values that are not finite",
        exception.getMessage());
  }

  @Test
  void rejectsEmptyData() {
    var exception =
        assertThrows(IOException.class, () -> new Calibrator(MODEL).run(Samples.of(List.of())));
    assertTrue(String.valueOf(exception.getMessage()).contains("no samples"));
  }

  private static TensorStatistics withOutlier(long seed) {
    var random = new SplittableRandom(seed);
    var statistics = new TensorStatistics();
    float[] values = new float[20_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    values[77] = 50;
    statistics.add(Tensor.of(values, values.length));
    return statistics;
  }

  @ParameterizedTest
  @ValueSource(strings = {"percentile:99.9", "entropy"})
  void percentileAndEntropyClipAnOutlier(String name) {
    CalibrationMethod method = CalibrationMethod.named(name);
    assertEquals(method, CalibrationMethod.named(method.label()));
    Range range = method.range(withOutlier(3), 8);
    assertTrue(range.max() < 30 && range.max() > 2, () -> name + ": " + range);
    assertTrue(range.min() < -2, () -> name + ": " + range);
    assertEquals(50, CalibrationMethod.named("min_max").range(withOutlier(3), 8).max());
  }

  @Test
  void meanSquaredErrorClipsMoreWithFewerBits() {
    var method = new CalibrationMethod.MeanSquaredError();
    assertTrue(method.range(withOutlier(3), 4).max() < 30);
    assertTrue(method.range(withOutlier(3), 8).max() > 40);
  }

  @Test
  void listsMethodsForUnknownName() {
    var exception =
        assertThrows(IllegalArgumentException.class, () -> CalibrationMethod.named("median"));
    assertTrue(String.valueOf(exception.getMessage()).contains("entropy"));
  }

  @Test
  void histogramKeepsItsCountsWhenItsRangeDoubles() {
    var statistics = new TensorStatistics();
    statistics.add(Tensor.of(new float[] {0.1f, -0.2f, 0.3f}, 3));
    double before = statistics.histogram().limit();
    statistics.add(Tensor.of(new float[] {1000}, 1));
    Histogram histogram = statistics.histogram();
    assertTrue(histogram.limit() > 1000 && before < 1);
    assertEquals(4, histogram.total());
    assertEquals(4, java.util.Arrays.stream(histogram.counts()).sum());
  }
}
