package dev.whittle.npz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NpzTest {
  @TempDir Path folder;

  private static Path golden(String name) {
    return NpyFileTest.golden(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"stored.npz", "deflated.npz"})
  void readsArchivesOfNumpy(String name) throws IOException {
    Map<String, NpyArray> arrays = Npz.read(golden(name));
    assertEquals(List.of("x", "labels"), List.copyOf(arrays.keySet()));
    assertEquals(NpyFile.read(golden("float32.npy")), arrays.get("x"));
    assertEquals(NpyArray.of(new long[] {0, 1}, 2), arrays.get("labels"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void readsBackWrittenArchives(boolean compressed) throws IOException {
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("serving_default_x:0", NpyArray.of(new float[] {1, Float.NaN}, 2, 1));
    arrays.put("../../escape", NpyArray.of(new byte[] {-1}));
    arrays.put("text", NpyArray.ofStrings(List.of("a", "bc"), 2));
    Path file = folder.resolve("all.npz");
    if (compressed) {
      Npz.writeCompressed(file, arrays);
    } else {
      Npz.write(file, arrays);
    }
    assertEquals(arrays, Npz.read(file));
    byte[] first = Files.readAllBytes(file);
    Npz.write(file, arrays);
    Npz.write(folder.resolve("again.npz"), arrays);
    assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(folder.resolve("again.npz")));
    assertTrue(first.length > 0);
    try (var files = Files.list(folder)) {
      assertEquals(2, files.count(), "names are keys, never paths");
    }
  }

  @Test
  void readsRowsInAnyOrder() throws IOException {
    float[] values = new float[300];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Path file = folder.resolve("rows.npz");
    Npz.writeCompressed(file, Map.of("x", NpyArray.of(values, 100, 3)));
    try (NpzReader reader = Npz.open(file)) {
      assertArrayEquals(new float[] {30, 31, 32}, reader.rows("x", 10, 11).toFloats());
      assertArrayEquals(new float[] {297, 298, 299}, reader.rows("x", 99, 100).toFloats());
      assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5}, reader.rows("x", 0, 2).toFloats());
      assertThrows(IndexOutOfBoundsException.class, () -> reader.rows("x", 99, 101));
      assertThrows(IllegalArgumentException.class, () -> reader.array("y"));
    }
  }

  @Test
  void rejectsEntriesLargerThanTheirArray() throws IOException {
    Path file = folder.resolve("bomb.npz");
    byte[] array = Files.readAllBytes(golden("float32.npy"));
    try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("x.npy"));
      zip.write(array);
      zip.write(new byte[1 << 20]);
      zip.closeEntry();
    }
    assertThrows(MalformedNpzException.class, () -> Npz.read(file));
  }

  @Test
  void rejectsArchivesWithoutArrays() throws IOException {
    Path file = folder.resolve("other.npz");
    try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("readme.txt"));
      zip.write("no arrays".getBytes(StandardCharsets.UTF_8));
      zip.closeEntry();
    }
    assertThrows(MalformedNpzException.class, () -> Npz.read(file));
    assertThrows(MalformedNpzException.class, () -> Npz.read(golden("float32.npy")));
  }

  @Test
  void rejectsMutatedArchivesOnlyWithIOException() throws IOException {
    long seed = 4711;
    var random = new SplittableRandom(seed);
    byte[] valid = Files.readAllBytes(golden("deflated.npz"));
    Path file = folder.resolve("mutant.npz");
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = valid.clone();
      for (int flips = random.nextInt(1, 5); flips > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      Files.write(file, bytes);
      try {
        Npz.read(file, 1 << 20);
      } catch (IOException e) {
        assertTrue(String.valueOf(e.getMessage()).contains("mutant.npz"), e::toString);
      } catch (RuntimeException e) {
        throw new AssertionError("mutant " + i + " of seed " + seed, e);
      }
    }
  }
}
