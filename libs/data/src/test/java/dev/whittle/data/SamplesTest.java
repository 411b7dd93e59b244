package dev.whittle.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.npz.DType;
import dev.whittle.npz.NpyArray;
import dev.whittle.npz.Npz;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SamplesTest {
  private static final Path MNIST = Path.of("../../quality/testdata/mnist");

  @TempDir private Path folder = Path.of("");

  private Path npz(Map<String, NpyArray> arrays) throws IOException {
    Path file = folder.resolve("data.npz");
    Npz.write(file, arrays);
    return file;
  }

  private static void assertMessageContains(String expected, Throwable exception) {
    assertTrue(String.valueOf(exception.getMessage()).contains(expected), exception::getMessage);
  }

  @Test
  void readsRowsOfAnArchiveWithTheirLabels() throws IOException {
    Path file =
        npz(
            Map.of(
                "x", NpyArray.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2),
                "y", NpyArray.of(new int[] {7, 8, 9}, 3)));
    NpzSamples samples = NpzSamples.of(file, "y");
    assertEquals(3, samples.size().orElseThrow());
    for (int reading = 0; reading < 2; reading++) {
      try (Samples.Reader reader = samples.open()) {
        Sample first = Objects.requireNonNull(reader.next());
        assertEquals(7, first.label());
        Sample second = Objects.requireNonNull(reader.next());
        assertArrayEquals(
            new float[] {3, 4}, Objects.requireNonNull(second.inputs().get("x")).toFloats());
        assertNotNull(reader.next());
        assertNull(reader.next());
      }
    }
  }

  @Test
  void rejectsArraysOfDifferentLengths() throws IOException {
    Path file =
        npz(
            Map.of(
                "x", NpyArray.of(new float[] {1, 2, 3}, 3),
                "z", NpyArray.of(new float[] {1, 2}, 2)));
    assertMessageContains(
        "different numbers of samples",
        assertThrows(IOException.class, () -> NpzSamples.of(file, null)));
  }

  @Test
  void rejectsLabelsThatAreNotClassIndices() throws IOException {
    Path file =
        npz(
            Map.of(
                "x", NpyArray.of(new float[] {1, 2, 3}, 3),
                "y", NpyArray.of(new float[] {1, 2, 3}, 3)));
    assertMessageContains(
        "must be integers", assertThrows(IOException.class, () -> NpzSamples.of(file, "y")));
    Path negative =
        npz(
            Map.of(
                "x", NpyArray.of(new float[] {1, 2}, 2),
                "y", NpyArray.of(new int[] {1, -2}, 2)));
    assertMessageContains(
        "below 0", assertThrows(IOException.class, () -> NpzSamples.of(negative, "y")));
  }

  @Test
  void readsIdxFilesAsFloatsFromZeroToOne() throws IOException {
    IdxSamples digits = IdxSamples.test(MNIST);
    assertEquals(1000, digits.size().orElseThrow());
    try (Samples.Reader reader = digits.first(2).open()) {
      Sample seven = Objects.requireNonNull(reader.next());
      assertEquals(7, seven.label());
      float[] pixels = Objects.requireNonNull(seven.inputs().get(Sample.ONLY_INPUT)).toFloats();
      assertEquals(784, pixels.length);
      assertEquals(84 / 255f, pixels[7 * 28 + 6]);
      assertNotNull(reader.next());
      assertNull(reader.next());
    }
  }

  @Test
  void namesMalformedIdxFile() throws IOException {
    assertMessageContains(
        "no file t10k-images-idx3-ubyte",
        assertThrows(IOException.class, () -> IdxSamples.test(folder)));
    Files.write(folder.resolve("t10k-images-idx3-ubyte"), new byte[] {0, 0, 8, 3, 0, 0});
    Files.write(folder.resolve("t10k-labels-idx1-ubyte"), new byte[8]);
    assertMessageContains(
        "ends within its header", assertThrows(IOException.class, () -> IdxSamples.test(folder)));
    byte[] hugeImages = {0, 0, 8, 3, 0, 0, 0, 1, 127, 0, 0, 0, 127, 0, 0, 0};
    Files.write(folder.resolve("t10k-images-idx3-ubyte"), hugeImages);
    assertMessageContains(
        "expected 1 to 16384", assertThrows(IOException.class, () -> IdxSamples.test(folder)));
  }

  @Test
  void scalesImagesAndLabelsThemByFolder() throws IOException {
    for (String name : new String[] {"cat", "dog"}) {
      Path inside = Files.createDirectory(folder.resolve(name));
      var image = new BufferedImage(8, 6, BufferedImage.TYPE_INT_RGB);
      int color = name.equals("cat") ? 0xff0000 : 0x0000ff;
      for (int i = 0; i < 48; i++) {
        image.setRGB(i % 8, i / 8, color);
      }
      ImageIO.write(image, "png", inside.resolve("a.png").toFile());
    }
    ImageSamples samples = ImageSamples.of(folder, 4, 4, 3, -1, 1);
    assertEquals(java.util.List.of("cat", "dog"), samples.labels());
    try (Samples.Reader reader = samples.open()) {
      Sample cat = Objects.requireNonNull(reader.next());
      assertEquals(0, cat.label());
      float[] values = Objects.requireNonNull(cat.inputs().get(Sample.ONLY_INPUT)).toFloats();
      assertArrayEquals(new float[] {1, -1, -1}, java.util.Arrays.copyOf(values, 3), 1e-6f);
      assertEquals(1, Objects.requireNonNull(reader.next()).label());
    }
  }

  @Test
  void namesMalformedImage() throws IOException {
    Files.write(folder.resolve("a.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G', 1, 2, 3});
    try (Samples.Reader reader = ImageSamples.of(folder, 4, 4, 3, 0, 1).open()) {
      assertMessageContains("a.png", assertThrows(IOException.class, reader::next));
    }
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertMessageContains(
        "contains no",
        assertThrows(IOException.class, () -> ImageSamples.of(empty, 4, 4, 3, 0, 1)));
  }

  @Test
  void scalesBytesToFloatsBetweenTheLimits() throws IOException {
    var bytes = MemorySegment.ofArray(new byte[] {0, -1, 51});
    Path file =
        npz(
            Map.of(
                "pixels", NpyArray.of(DType.UINT8, bytes, 1, 3),
                "more", NpyArray.of(new float[] {7}, 1, 1)));
    var arrays = new LinkedHashMap<>(Map.of("x", "pixels", "other", "more"));
    NpzSamples samples = NpzSamples.of(file, arrays, null).withPixels(-1, 1);
    try (Samples.Reader reader = samples.open()) {
      Sample sample = Objects.requireNonNull(reader.next());
      float[] x = Objects.requireNonNull(sample.inputs().get("x")).toFloats();
      assertArrayEquals(new float[] {-1, 1, -0.6f}, x, 1e-6f);
      float[] other = Objects.requireNonNull(sample.inputs().get("other")).toFloats();
      assertArrayEquals(new float[] {7}, other);
    }
  }

  @Test
  void takesLabelsFromElsewhere() throws IOException {
    Path file = npz(Map.of("x", NpyArray.of(new float[] {1, 2, 3}, 3)));
    Samples plain = NpzSamples.of(file, null);
    Samples labeled = LabeledSamples.of(plain, new int[] {4, 5, 6}, "labels");
    try (Samples.Reader reader = labeled.open()) {
      assertEquals(4, Objects.requireNonNull(reader.next()).label());
      assertEquals(5, Objects.requireNonNull(reader.next()).label());
    }
    assertMessageContains(
        "labels holds 2 labels; expected one for each of the 3 samples",
        assertThrows(
            IOException.class, () -> LabeledSamples.of(plain, new int[] {4, 5}, "labels")));
  }

  @Test
  void readsStringsForStringInputs() throws IOException {
    List<String> words = List.of("a", "longer", "c", "d");
    Path file = npz(Map.of("words", NpyArray.ofStrings(words, 2, 2)));
    var builder = new GraphBuilder("main");
    Shape shape = Shape.of(Shape.DYNAMIC, 2);
    builder.output(builder.input("words", TensorType.STRING, shape));
    var binding = new InputBinding(builder.buildModel("test"));
    try (Samples.Reader reader = NpzSamples.of(file, null).open()) {
      reader.next();
      Sample second = Objects.requireNonNull(reader.next());
      var input = new Tensor(TensorType.STRING, null, Tensor.Allocator.AUTOMATIC);
      input.setStrings(List.of(new byte[0], new byte[0]), binding.shapes(second).getFirst());
      binding.fill(second, List.of(input));
      assertEquals("STRING [1, 2] c d", input.toString());
    }
  }
}
