package dev.whittle.runtime.kernel.simd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.kernel.FixedPoint.Multiplier;
import dev.whittle.ir.op.Activation.Bounds;
import dev.whittle.ir.op.Requantization;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import dev.whittle.runtime.kernel.simd.MicroKernels.Unary;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Vectors and scalars give the same bits. */
@Tag("vector-widths")
class MicroKernelsTest {
  private static final long SEED = Long.getLong("kernel.seed", 20261121L);

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final MicroKernels vector = VectorKernels.create();
  private final MicroKernels scalar = new ScalarKernels();

  private float[] floats(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(-9, 9);
    }
    return values;
  }

  /** Mostly few, at times more than anything is computed by at once. */
  private int dimension(int few) {
    return random.nextInt(1, random.nextInt(8) == 0 ? 600 : few);
  }

  @Test
  void productsAreTheSame() {
    for (int i = 0; i < 500; i++) {
      int taps = random.nextInt(1, 4);
      int run = random.nextInt(1, 40);
      int columns = dimension(150);
      int rows = random.nextInt(1, 60);
      boolean padded = i % 5 == 0;
      // Rows are adjacent, have others' columns between them, or room for whole panels.
      int stride = columns + (padded ? 600 : i % 5 == 1 ? random.nextInt(1, 40) : 0);
      float[] weights = floats(columns * taps * run);
      float[] bias = floats(columns);
      float[] input = floats(1000);
      int[] offsets = random.ints((long) rows * taps, 0, 1000 - run).toArray();
      float[] expected = floats(rows * stride + 50);
      float[] actual = expected.clone();
      for (MicroKernels math : List.of(scalar, vector)) {
        PackedMatrix.Cut cut = PackedMatrix.Cut.whole(taps * run);
        PackedMatrix matrix = PackedMatrix.of(weights, columns, cut, bias, math.lanes());
        float[] output = math.equals(scalar) ? expected : actual;
        GemmBlock block = new GemmBlock().rows(0, rows).panels(0, matrix.panels());
        block = padded ? block.paddedOutput(0, stride) : block.output(0, stride);
        var left = new IndirectionBuffer(offsets, taps);
        math.multiply(input, left, matrix, output, block, new Clamp(-50, 60));
      }
      for (int row = 0; padded && row < rows; row++) {
        // What is beyond the last column is as good as any.
        int from = row * stride + columns;
        System.arraycopy(expected, from, actual, from, stride - columns);
      }
      String what = columns + " columns, stride " + stride + ", seed " + SEED;
      assertArrayEquals(expected, actual, 0, what);
    }
  }

  @Test
  void matricesOfFewColumnsTakeLittleRoom() {
    assertEquals(16 * 1000, PackedMatrix.allocate(1, 1000, scalar.lanes()).packed().length);
    assertTrue(PackedMatrix.allocate(130, 10, scalar.lanes()).packed().length < 2 * 1300);
    assertEquals(vector.lanes() * 10, PackedMatrix.allocate(1, 10, vector.lanes()).packed().length);
  }

  @Test
  void depthwiseLinesAreTheSame() {
    for (int i = 0; i < 300; i++) {
      int channels = dimension(70);
      int width = random.nextInt(1, 12);
      int height = random.nextInt(1, 6);
      int filterWidth = random.nextBoolean() ? 3 : random.nextInt(1, 6);
      int filterHeight = i % 50 == 0 ? 17 : random.nextBoolean() ? 3 : height;
      int stride = random.nextInt(1, 3);
      int dilation = random.nextInt(4) == 0 ? 2 : 1;
      int before = random.nextInt(0, filterWidth);
      int outputs = Math.max(1, (width - 1 + before) / stride);
      var geometry =
          new DepthwiseGeometry(
              width, channels, filterHeight, filterWidth, stride, dilation, before, outputs);
      int rows = random.nextInt(1, 6);
      int zeros = Math.max(channels, vector.lanes());
      float[] input = floats(zeros + width * channels * (filterHeight + rows));
      Arrays.fill(input, 0, zeros, 0);
      var inputRows = new InputRows();
      inputRows.reserve(filterHeight * rows);
      int step = random.nextInt(0, 2);
      for (int row = 0; row < rows; row++) {
        for (int y = 0; y < filterHeight; y++) {
          boolean padding = row * step + y == rows / 2;
          int start = zeros + (row * step + y) * width * channels;
          inputRows.set(row * filterHeight + y, padding ? 0 : start, padding ? 0 : channels);
        }
      }
      var filter =
          new DepthwiseFilter(
              geometry, floats(filterHeight * filterWidth * channels), floats(channels));
      int first = random.nextInt(0, channels);
      int count = random.nextInt(1, channels - first + 1);
      int pixelStride = count + random.nextInt(0, 3);
      int rowStride = outputs * pixelStride;
      var block = new DepthwiseBlock().rows(rows).channels(first, count);
      block.output(0, pixelStride, rowStride);
      var clamp = new Clamp(-99, 99);
      float[] expected = new float[rows * rowStride];
      float[] actual = new float[rows * rowStride];
      scalar.depthwise(input, inputRows, filter, expected, block, clamp);
      vector.depthwise(input, inputRows, filter, actual, block, clamp);
      assertArrayEquals(expected, actual, 0, geometry + ", seed " + SEED);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void depthwiseSumsOfBytesAreThoseOfTheirWindows(boolean unsigned) {
    for (MicroKernels math : vector.readsBytes() ? List.of(scalar, vector) : List.of(scalar)) {
      for (int i = 0; i < 300; i++) {
        int channels = math.lanes() + random.nextInt(0, 40);
        int stride = random.nextInt(1, 3);
        int width = random.nextInt(1, 12);
        int left = random.nextInt(0, 2);
        // As many outputs as there may be, or fewer: the last window may end behind the picture.
        int outputs = Math.max(1, (width - 1 + left) / stride + 1 - random.nextInt(0, 3));
        int rows = random.nextInt(1, 6);
        var windows =
            new WindowGeometry(
                1, 9, width, channels, 3, 3, rows, outputs, stride, stride, 1, 1, 1, left);
        float[] weights = integers(9 * channels);
        float[] bias = integers(channels);
        int zeroPoint = unsigned ? random.nextInt(0, 256) : random.nextInt(-128, 128);
        var filter = new Int8DepthwiseFilter(windows, weights, bias, zeroPoint, unsigned);
        // The first row may have the index that rows of padding have.
        int first = random.nextBoolean() ? 0 : 7;
        byte[] input = new byte[first + 9 * width * channels];
        random.nextBytes(input);
        var inputRows = new InputRows();
        inputRows.reserve(3 * rows);
        for (int r = 0; r < 3 * rows; r++) {
          int row = windows.inputRow(r / 3, r % 3);
          boolean inside = row >= 0 && row < 9 && random.nextInt(9) > 0;
          inputRows.set(r, inside ? first + row * width * channels : 0, inside ? channels : 0);
        }
        int channel = random.nextInt(0, channels - math.lanes() + 1);
        float[] sums = new float[3 + rows * outputs * math.lanes()];
        math.depthwiseBytes(input, inputRows, rows, filter, channel, sums, 3);
        for (int j = 0; j < sums.length - 3; j++) {
          int c = channel + j % math.lanes();
          int x = j / math.lanes() % outputs;
          int row = j / math.lanes() / outputs;
          int expected = (int) bias[c];
          for (int tap = 0; tap < 9; tap++) {
            int r = 3 * row + tap / 3;
            int column = x * stride - left + tap % 3;
            int element = zeroPoint;
            if (inputRows.steps[r] > 0 && column >= 0 && column < width) {
              byte read = input[inputRows.starts[r] + column * channels + c];
              element = unsigned ? Byte.toUnsignedInt(read) : read;
            }
            expected += element * (int) weights[tap * channels + c];
          }
          assertEquals(expected, sums[3 + j], 0, windows + ", seed " + SEED);
        }
      }
    }
  }

  private float[] integers(int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = random.nextInt(-127, 128);
    }
    return numbers;
  }

  @Test
  void tilesAreTheSameBeforeAndBehindProducts() {
    for (int i = 0; i < 300; i++) {
      int channels = dimension(70);
      int tiles = random.nextInt(1, 9);
      float[] input = floats(500 + channels);
      int[] places = random.ints(16L * tiles, 0, 500).toArray();
      int step = tiles * channels;
      float[] expected = new float[16 * step];
      float[] actual = new float[16 * step];
      scalar.winogradInputs(input, places, tiles, channels, expected, step);
      vector.winogradInputs(input, places, tiles, channels, actual, step);
      assertArrayEquals(expected, actual, 0, channels + " channels, seed " + SEED);
      int column = random.nextInt(0, 5);
      int wider = column + channels + random.nextInt(0, 5);
      int[] results = new int[4 * tiles];
      for (int r = 0; r < results.length; r++) {
        results[r] = r % 4 > 0 && random.nextInt(4) == 0 ? -1 : r * wider;
      }
      int width = channels + random.nextInt(0, 5);
      float[] sums = floats(16 * tiles * width);
      var clamp = new Clamp(0, random.nextBoolean() ? 20 : Float.POSITIVE_INFINITY);
      float[] expectedOutputs = new float[results.length * wider];
      float[] outputs = new float[results.length * wider];
      scalar.winogradOutputs(sums, tiles, width, channels, expectedOutputs, results, column, clamp);
      vector.winogradOutputs(sums, tiles, width, channels, outputs, results, column, clamp);
      assertArrayEquals(expectedOutputs, outputs, 0, channels + " columns, seed " + SEED);
    }
  }

  @Test
  void wholeTilesAreTheSameBehindProducts() {
    for (int i = 0; i < 300; i++) {
      int width = vector.lanes() * random.nextInt(1, i % 8 == 0 ? 40 : 3);
      int tiles = random.nextInt(1, 9);
      int size = 16 * tiles * width;
      int[] places = new int[2 * tiles];
      for (int line = 0; line < places.length; line++) {
        places[line] = size + 2 * line * width;
      }
      float[] expected = new float[size + 4 * tiles * width];
      for (int s = 0; s < size; s++) {
        expected[s] = random.nextInt(1 - (1 << 24), 1 << 24);
      }
      float[] actual = expected.clone();
      scalar.winogradSums(expected, tiles, width, places);
      vector.winogradSums(actual, tiles, width, places);
      assertArrayEquals(expected, actual, 0, width + " columns, seed " + SEED);
    }
  }

  @Test
  void poolsAreTheSame() {
    for (int i = 0; i < 300; i++) {
      int channels = dimension(70);
      int[] rows = random.ints(random.nextInt(1, 12), 0, 300).toArray();
      float[] input = floats(300 + channels);
      for (int nan = random.nextInt(-5, 5); nan > 0; nan--) {
        input[random.nextInt(input.length)] = Float.NaN;
      }
      var clamp =
          new Clamp(
              random.nextBoolean() ? 0 : Float.NEGATIVE_INFINITY,
              random.nextBoolean() ? 6 : Float.POSITIVE_INFINITY);
      float[] expected = new float[channels + 3];
      float[] actual = new float[channels + 3];
      String label = channels + " channels, seed " + SEED;
      scalar.maximum(input, rows, rows.length, channels, expected, 3, clamp);
      vector.maximum(input, rows, rows.length, channels, actual, 3, clamp);
      assertArrayEquals(expected, actual, 0, label);
      scalar.average(input, rows, rows.length, channels, 0.3f, expected, 3, clamp);
      vector.average(input, rows, rows.length, channels, 0.3f, actual, 3, clamp);
      assertArrayEquals(expected, actual, 0, label);
    }
  }

  @Test
  void poolsOfBytesAreTheSame() {
    for (int i = 0; i < 300; i++) {
      int channels = dimension(200);
      int[] rows = random.ints(random.nextInt(1, 12), 0, 300).toArray();
      boolean unsigned = random.nextBoolean();
      int least = unsigned ? 0 : -128;
      int low = random.nextInt(least, least + 100);
      var bounds = new Bounds(low, random.nextInt(low, least + 256));
      byte[] input = new byte[300 + channels];
      random.nextBytes(input);
      float[] whole = new float[input.length];
      scalar.widen(input, 0, unsigned, whole, 0, input.length);
      byte[] expected = new byte[channels + 3];
      byte[] actual = new byte[channels + 3];
      String label = channels + " channels, seed " + SEED;
      scalar.maximum(input, unsigned, rows, rows.length, channels, expected, 3, bounds);
      vector.maximum(input, unsigned, rows, rows.length, channels, actual, 3, bounds);
      assertArrayEquals(expected, actual, label);
      scalar.mean(whole, rows, rows.length, channels, expected, 3, bounds);
      vector.mean(whole, rows, rows.length, channels, actual, 3, bounds);
      assertArrayEquals(expected, actual, label);
    }
  }

  @ParameterizedTest
  @EnumSource
  void functionsOfOneOperandAreTheSame(Unary function) {
    float[] input = floats(1003);
    input[0] = Float.NaN;
    // One with other bits than the processor makes.
    input[20] = Float.intBitsToFloat(0x7fc00001);
    input[1] = Float.POSITIVE_INFINITY;
    input[2] = Float.NEGATIVE_INFINITY;
    input[3] = -0f;
    input[4] = 88.5f;
    input[5] = -100;
    float[] expected = new float[input.length];
    float[] actual = new float[input.length];
    scalar.unary(function, input, 0, expected, 0, input.length, 0.2f);
    vector.unary(function, input, 0, actual, 0, input.length, 0.2f);
    assertArrayEquals(expected, actual, 0, "seed " + SEED);
  }

  @ParameterizedTest
  @EnumSource(names = {"CEIL", "FLOOR", "ROUND", "SIGN"})
  void wholeNumbersAreTheSameForAllBits(Unary function) {
    float[] input = new float[20_000];
    for (int i = 0; i < input.length; i++) {
      // Bits of any kind, and halves and their neighbors.
      float half = random.nextInt(-9, 10) / 2f;
      float[] some = {
        Float.intBitsToFloat(random.nextInt()),
        half,
        Math.nextUp(half),
        Math.nextDown(half),
        (float) random.nextDouble(-0x1p25, 0x1p25)
      };
      input[i] = some[i % some.length];
    }
    float[] expected = new float[input.length];
    float[] actual = new float[input.length];
    scalar.unary(function, input, 0, expected, 0, input.length, 0);
    vector.unary(function, input, 0, actual, 0, input.length, 0);
    for (int i = 0; i < input.length; i++) {
      assertEquals(
          Float.floatToIntBits(expected[i]),
          Float.floatToIntBits(actual[i]),
          () -> function + ", seed " + SEED);
    }
  }

  @Test
  void integersAreNarrowedToTheirLowBytes() {
    int[] input = random.ints(1003).toArray();
    byte[] expected = new byte[input.length];
    byte[] actual = new byte[input.length];
    scalar.narrow(input, expected, 1001);
    vector.narrow(input, actual, 1001);
    assertArrayEquals(expected, actual, "seed " + SEED);
    assertEquals(0, actual[1001]);
  }

  @Test
  void exponentialsAndTangentsAreAccurate() {
    for (int i = 0; i < 100_000; i++) {
      float x = (float) random.nextDouble(-87, 88);
      assertEquals(1, ScalarFunctions.exp(x) / Math.exp(x), 3e-7, "exp " + x);
    }
    float[] input = floats(10_000);
    float[] output = new float[input.length];
    vector.unary(Unary.TANH, input, 0, output, 0, input.length, 0);
    for (int i = 0; i < input.length; i++) {
      assertEquals(1, output[i] / Math.tanh(input[i]), 5e-7, "tanh " + input[i]);
    }
  }

  @ParameterizedTest
  @EnumSource
  void functionsOfTwoOperandsAreTheSame(Binary function) {
    float[] a = floats(1301);
    float[] b = floats(1301);
    for (int steps = 1; steps < 4; steps++) {
      float[] expected = new float[a.length];
      float[] actual = new float[a.length];
      int one = steps & 1;
      int two = steps >> 1;
      BinaryLoop loop = new BinaryLoop().left(0, one).right(0, two).output(0, a.length);
      scalar.binary(function, a, b, expected, loop, new Clamp(-5, 40));
      vector.binary(function, a, b, actual, loop, new Clamp(-5, 40));
      assertArrayEquals(expected, actual, 0, "seed " + SEED);
    }
  }

  @Test
  void sumsAndExtremesAreTheSame() {
    for (int i = 0; i < 220; i++) {
      int count = i < 200 ? i : random.nextInt(3000);
      float[] input = floats(count);
      assertEquals(scalar.sum(input, 0, count), vector.sum(input, 0, count), count + " numbers");
      assertEquals(scalar.maximum(input, 0, count), vector.maximum(input, 0, count));
      assertExtremesAreTheSame(input);
      for (int k = 0; k < count; k++) {
        input[k] = i % 3 == 0 ? Math.abs(input[k]) : i % 3 == 1 ? -Math.abs(input[k]) : input[k];
      }
      assertExtremesAreTheSame(input);
      if (count > 3) {
        float nan = Float.intBitsToFloat(0x7fc00000 | (i & 1) << 31);
        input[random.nextInt(count)] = nan;
        assertExtremesAreTheSame(input);
        input[random.nextInt(count)] = i % 4 < 2 ? Float.POSITIVE_INFINITY : -0f;
        assertExtremesAreTheSame(input);
      }
    }
  }

  private void assertExtremesAreTheSame(float[] input) {
    int count = input.length;
    float[] expected = new float[2];
    float[] actual = new float[2];
    float[] expectedGreatest = new float[2];
    float[] actualGreatest = new float[2];
    scalar.extremes(input, 0, count, expected, expectedGreatest, 1);
    vector.extremes(input, 0, count, actual, actualGreatest, 1);
    assertArrayEquals(expectedGreatest, actualGreatest, 0, count + " numbers, seed " + SEED);
    assertArrayEquals(expected, actual, 0, count + " numbers, seed " + SEED);
    scalar.range(input, 0, count, expected, expectedGreatest, 1);
    vector.range(input, 0, count, actual, actualGreatest, 1);
    assertEquals(expectedGreatest[1] + 0, actualGreatest[1] + 0, "seed " + SEED);
    assertEquals(expected[1] + 0, actual[1] + 0, "seed " + SEED);
  }

  @Test
  void fractionsOfColumnsAreTheSame() {
    for (int i = 0; i < 100; i++) {
      int length = random.nextInt(1, 30);
      int rows = random.nextInt(1, 80);
      float[] expected = floats(length * rows);
      float[] actual = expected.clone();
      scalar.softmax(expected, length, rows, 0.7f);
      vector.softmax(actual, length, rows, 0.7f);
      assertArrayEquals(expected, actual, 0, rows + " rows, seed " + SEED);
    }
  }

  @Test
  void rowsWithFewHalvesAreQuantizedTheSame() {
    for (int i = 0; i < 300; i++) {
      float[] input = floats(random.nextInt(1, 3000));
      float factor = (float) Math.pow(2, random.nextInt(-2, 6));
      int zeroPoint = random.nextInt(-128, 128);
      for (int k = random.nextInt(6); k > 0; k--) {
        float half = (random.nextInt(-260, 260) + 0.5f) / factor;
        float[] special = {
          half, Math.nextUp(half), Math.nextDown(half), Float.NaN, 1e30f, Float.NEGATIVE_INFINITY
        };
        input[random.nextInt(input.length)] = special[random.nextInt(special.length)];
      }
      float[] expected = new float[input.length];
      float[] actual = new float[input.length];
      RowQuantization row = new RowQuantization().set(factor, zeroPoint, -128, 127);
      scalar.quantizeRow(input, 0, row, expected, 0, input.length);
      vector.quantizeRow(input, 0, row, actual, 0, input.length);
      assertArrayEquals(expected, actual, 0, "seed " + SEED);
    }
  }

  @Test
  void quantizedNumbersAreTheSame() {
    float[] input = floats(4099);
    for (int i = 0; i < 1000; i++) {
      // Halves, and numbers next to them.
      input[i] = (i - 500) * 0.0625f + 0.03125f + (i % 3 - 1) * 1e-8f;
    }
    byte[] expected = new byte[input.length];
    byte[] actual = new byte[input.length];
    var bounds = new Bounds(-128, 127);
    scalar.quantize(input, 0, 0.0625, 3, bounds, expected, 0, input.length);
    vector.quantize(input, 0, 0.0625, 3, bounds, actual, 0, input.length);
    assertArrayEquals(expected, actual, "seed " + SEED);
    float[] expectedRow = new float[input.length];
    float[] actualRow = new float[input.length];
    RowQuantization row = new RowQuantization().set(16, 3, -128, 127);
    scalar.quantizeRow(input, 0, row, expectedRow, 0, input.length);
    vector.quantizeRow(input, 0, row, actualRow, 0, input.length);
    assertArrayEquals(expectedRow, actualRow, 0, "seed " + SEED);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sumsBesideThresholdsAreRequantizedExactly(boolean tiesUp) {
    for (int i = 0; i < 400; i++) {
      int columns = dimension(90);
      int rows = random.nextInt(1, i % 8 == 0 ? 400 : 40);
      int stride = columns + (random.nextBoolean() ? 0 : random.nextInt(9));
      Multiplier[] multipliers = new Multiplier[columns];
      float[] sums = new float[rows * stride + 64];
      for (int c = 0; c < columns; c++) {
        double factor = Math.pow(2, random.nextDouble(-18, 0));
        multipliers[c] = Multiplier.of(factor);
        for (int row = 0; row < rows; row++) {
          double threshold = (random.nextInt(-300, 300) + 0.5) / factor;
          long sum = Math.round(threshold) + random.nextInt(-1, 2);
          sums[row * stride + c] = Math.clamp(sum, -(1 << 24) + 1, (1 << 24) - 1);
        }
      }
      int least = random.nextBoolean() ? 0 : -128;
      int zeroPoint = random.nextInt(least, least + 256);
      int low = random.nextBoolean() ? zeroPoint : random.nextInt(least, least + 256);
      var requantization =
          new Requantization(
              multipliers,
              tiesUp,
              Quantization.perTensor(1, zeroPoint),
              new Bounds(low, random.nextInt(low, least + 256)));
      var packed = new PackedRequantization(requantization, 0, new int[columns], columns);
      byte[] expected = new byte[rows * stride];
      for (int row = 0; row < rows; row++) {
        for (int c = 0; c < columns; c++) {
          int at = row * stride + c;
          expected[at] = (byte) requantization.apply((int) sums[at], c);
        }
      }
      AccumulatorBlock block = new AccumulatorBlock().rows(0, rows).columns(0, columns);
      block.accumulators(0, stride).output(0, stride);
      for (MicroKernels math : List.of(scalar, vector)) {
        byte[] actual = new byte[rows * stride];
        math.requantize(sums, block, packed, actual, 0);
        assertArrayEquals(expected, actual, columns + " columns, seed " + SEED);
      }
    }
  }

  @Test
  void linesBetweenLinesOfPixelsAreTheSame() {
    for (int i = 1; i < 80; i++) {
      int channels = i < 70 ? i : 5 * i + 200;
      int width = random.nextInt(1, 7);
      int columns = random.nextInt(1, 20);
      int row = width * channels;
      float[] input = floats(2 * row);
      int[] lefts = new int[columns];
      int[] rights = new int[columns];
      float[] fractions = new float[columns];
      for (int x = 0; x < columns; x++) {
        lefts[x] = random.nextInt(width) * channels;
        rights[x] = random.nextInt(width) * channels;
        fractions[x] = (float) random.nextDouble();
      }
      float fraction = (float) random.nextDouble();
      // Neighbors keep what they hold.
      float[] expected = floats(columns * channels + 40);
      float[] actual = expected.clone();
      var interpolated = new InterpolatedColumns(lefts, rights, fractions, channels);
      scalar.interpolate(input, 0, row, fraction, interpolated, expected, 20);
      vector.interpolate(input, 0, row, fraction, interpolated, actual, 20);
      assertArrayEquals(expected, actual, 0, channels + " channels, seed " + SEED);
    }
  }

  @Test
  void bytesOfNumbersAreTheSame() {
    float[] input = new float[1003];
    for (int i = 0; i < input.length; i++) {
      input[i] = i % 3 == 0 ? random.nextInt(255) + 0.5f : (float) random.nextDouble(0, 255);
    }
    byte[] expected = new byte[input.length + 5];
    byte[] actual = new byte[input.length + 5];
    scalar.roundToBytes(input, expected, 5, input.length);
    vector.roundToBytes(input, actual, 5, input.length);
    assertArrayEquals(expected, actual, "seed " + SEED);
    assertEquals((byte) Math.floor(input[0] + 0.5), actual[5]);
  }

  @Test
  void logarithmsAndErrorFunctionsAreAccurate() {
    for (int i = 0; i < 100_000; i++) {
      float x = Float.intBitsToFloat(random.nextInt(1, 0x7f80_0000));
      double exact = Math.log(x);
      assertEquals(exact, ScalarFunctions.log(x), Math.abs(exact) * 2e-7 + 1e-9, "log " + x);
    }
    assertEquals(Float.NEGATIVE_INFINITY, ScalarFunctions.log(0));
    assertEquals(Float.POSITIVE_INFINITY, ScalarFunctions.log(Float.POSITIVE_INFINITY));
    assertTrue(Float.isNaN(ScalarFunctions.log(-1)));
    // From tables of the error function.
    assertEquals(0.5204998778, ScalarFunctions.erf(0.5f), 4e-7);
    assertEquals(-0.8427007929, ScalarFunctions.erf(-1), 4e-7);
    assertEquals(0.9953222650, ScalarFunctions.erf(2), 4e-7);
    assertEquals(1, ScalarFunctions.erf(9), 4e-7);
  }

  @Test
  void vectorsAreUsed() {
    assertTrue(vector instanceof VectorKernels, "the tests run with the Vector API");
  }
}
