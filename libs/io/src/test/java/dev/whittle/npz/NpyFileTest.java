package dev.whittle.npz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyFileTest {
  private static final float[] COUNT = {0, 1, 2, 3, 4, 5};

  @TempDir Path folder;

  static Path golden(String name) {
    return Path.of("src/test/resources/numpy", name);
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"BYTES", "UNICODE"})
  void writesTheSameBytesAsNumpy(DType type) throws IOException {
    Path file = golden(type.name().toLowerCase(Locale.ROOT) + ".npy");
    NpyArray array = NpyFile.read(file);
    assertEquals(type, array.type());
    assertArrayEquals(new int[] {2, 3}, array.shape());
    Path copy = folder.resolve("copy.npy");
    NpyFile.write(copy, array);
    assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(copy));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"int8", "uint16", "int64", "uint64", "float16", "bfloat16", "float32", "float64"})
  void convertsNumbersToFloats(String name) throws IOException {
    assertArrayEquals(COUNT, NpyFile.read(golden(name + ".npy")).toFloats());
  }

  @Test
  void convertsBooleansToZeroAndOne() throws IOException {
    assertArrayEquals(new long[] {0, 1, 0, 1, 0, 1}, NpyFile.read(golden("bool.npy")).toLongs());
  }

  @Test
  void readsAndWritesStrings() throws IOException {
    assertEquals(List.of("", "a", "abc"), NpyFile.read(golden("bytes.npy")).strings());
    NpyArray unicode = NpyFile.read(golden("unicode.npy"));
    assertEquals(List.of("", "\u00e9", "z\ud83d\ude00"), unicode.strings());
    Path copy = folder.resolve("copy.npy");
    NpyFile.write(copy, NpyArray.ofStrings(unicode.strings(), 3));
    assertArrayEquals(Files.readAllBytes(golden("unicode.npy")), Files.readAllBytes(copy));
  }

  @Test
  void readsBigEndianAndFortranOrder() throws IOException {
    assertEquals(NpyFile.read(golden("float32.npy")), NpyFile.read(golden("big-endian.npy")));
    assertEquals(NpyFile.read(golden("int32.npy")), NpyFile.read(golden("fortran.npy")));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void readsAndWritesFormatVersions2And3(int version) throws IOException {
    Path file = golden("version" + version + ".npy");
    NpyArray array = NpyFile.read(file);
    assertArrayEquals(COUNT, array.toFloats());
    Path copy = folder.resolve("copy.npy");
    NpyFile.write(copy, array, version);
    assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(copy));
  }

  @Test
  void readsScalarsAndEmptyArrays() throws IOException {
    NpyArray scalar = NpyFile.read(golden("scalar.npy"));
    assertEquals(0, scalar.shape().length);
    assertArrayEquals(new float[] {7.5f}, scalar.toFloats());
    NpyArray empty = NpyFile.read(golden("empty.npy"));
    assertArrayEquals(new int[] {0, 3}, empty.shape());
    assertEquals(0, empty.elements());
  }

  @ParameterizedTest
  @ValueSource(strings = {"pickled.npy", "records.npy", "stored.npz"})
  void rejectsPickledObjectsRecordsAndArchives(String name) {
    var e = assertThrows(MalformedNpzException.class, () -> NpyFile.read(golden(name)));
    assertTrue(String.valueOf(e.getMessage()).contains(name), e::getMessage);
  }

  @Test
  void rejectsEveryTruncation() throws IOException {
    byte[] bytes = Files.readAllBytes(golden("float32.npy"));
    Path file = folder.resolve("cut.npy");
    for (int length = 0; length < bytes.length; length++) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThrows(MalformedNpzException.class, () -> NpyFile.read(file), "cut to " + length);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(99999999999,)",
        "(2147483647, 2147483647, 2147483647)",
        "(-1,)",
        "(2, 3",
        "(2; 3)",
        "(2, 3), 'shape': (2, 3)",
        "__import__('os')",
      })
  void rejectsInvalidShapesBeforeAllocatingMemory(String shape) throws IOException {
    String header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }\n";
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    bytes.write(header.length());
    bytes.write(0);
    bytes.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(new byte[24]);
    Path file = Files.write(folder.resolve("hostile.npy"), bytes.toByteArray());
    assertThrows(MalformedNpzException.class, () -> NpyFile.read(file));
  }

  @Test
  void rejectsContentsLargerThanTheLimit() {
    var e = assertThrows(IOException.class, () -> NpyFile.read(golden("float64.npy"), 47));
    assertTrue(String.valueOf(e.getMessage()).contains("48 bytes"), e::getMessage);
  }

  @Test
  void rejectsMissingFilesAndFolders() {
    assertThrows(NoSuchFileException.class, () -> NpyFile.read(folder.resolve("none.npy")));
    assertThrows(IOException.class, () -> NpyFile.read(folder));
  }

  @Test
  void leavesNoTemporaryFileAfterAFailedWrite() throws IOException {
    Path target = Files.createDirectory(folder.resolve("taken.npy"));
    NpyArray array = NpyArray.of(COUNT, 6);
    assertThrows(IOException.class, () -> NpyFile.write(target, array));
    assertThrows(
        IOException.class, () -> NpyFile.write(folder.resolve("no/such/folder.npy"), array));
    try (var files = Files.list(folder)) {
      assertEquals(List.of(target), files.toList());
    }
  }
}
