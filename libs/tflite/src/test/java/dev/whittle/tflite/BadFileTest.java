package dev.whittle.tflite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BadFileTest {
  private static final Path GOOD = SampleModels.of("knn/knn_sqrt_dyn.tflite");

  @TempDir Path folder;

  private ModelException refused(String name, byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve(name), bytes);
    var e = assertThrows(ModelException.class, () -> TfliteReader.read(file));
    assertTrue(String.valueOf(e.getMessage()).contains(name), e::getMessage);
    return e;
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    byte[] good = Files.readAllBytes(GOOD);
    for (int length = 0; length < good.length - 16; length += 7) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThrows(ModelException.class, () -> TfliteReader.read(cut), "cut to " + length);
    }
  }

  @Test
  void emptyFilesAndFilesOfOtherKindsAreNamed() throws IOException {
    refused("empty.tflite", new byte[0]);
    refused("text.tflite", "this is not a model at all".getBytes(StandardCharsets.US_ASCII));
    byte[] other = Files.readAllBytes(GOOD);
    other[4] = 'X';
    refused("identifier.tflite", other);
    var zip =
        refused("model.keras", new byte[] {'P', 'K', 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    assertTrue(
        String.valueOf(zip.getMessage()).toLowerCase(java.util.Locale.ROOT).contains("keras"),
        zip::getMessage);
  }

  @Test
  void missingFilesAndFoldersAreInputErrors() {
    assertThrows(NoSuchFileException.class, () -> TfliteReader.read(folder.resolve("none.tflite")));
    assertThrows(IOException.class, () -> TfliteReader.read(folder));
  }

  @Test
  void nothingIsLeftWhereAFileCannotBeWritten() throws IOException {
    Model model = TfliteReader.read(GOOD);
    Path taken = Files.createDirectory(folder.resolve("taken.tflite"));
    assertThrows(IOException.class, () -> TfliteWriter.write(model, taken));
    assertThrows(
        IOException.class, () -> TfliteWriter.write(model, folder.resolve("no/folder.tflite")));
    try (var files = Files.list(folder)) {
      assertEquals(List.of(taken), files.toList());
    }
  }

  @Test
  void aFileMayReplaceTheOneItWasReadFrom() throws IOException {
    Path file = Files.copy(GOOD, folder.resolve("same.tflite"));
    Model model = TfliteReader.read(file);
    TfliteWriter.write(model, file);
    assertEquals(model, TfliteReader.read(file));
  }

  @Test
  void aLargeFileIsOpenedWithoutBeingRead() throws IOException {
    Path file = folder.resolve("large.tflite");
    try (var out =
        Files.newByteChannel(
            file,
            java.nio.file.StandardOpenOption.CREATE,
            java.nio.file.StandardOpenOption.WRITE)) {
      out.write(java.nio.ByteBuffer.wrap(Files.readAllBytes(GOOD)));
      // A sparse gigabyte behind the model: reading it would take longer than this test may.
      out.position(1L << 30);
      out.write(java.nio.ByteBuffer.wrap(new byte[1]));
    }
    assertEquals(TfliteReader.read(GOOD).graphs(), TfliteReader.read(file).graphs());
  }
}
