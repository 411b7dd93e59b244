package dev.whittle.tflite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BadFileTest {
  private static final Path VALID = SampleModels.of("knn/knn_sqrt_dyn.tflite");

  @TempDir Path folder;

  private ModelException assertRejects(String name, byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve(name), bytes);
    var e = assertThrows(ModelException.class, () -> TfliteReader.read(file));
    assertTrue(String.valueOf(e.getMessage()).contains(name), e::getMessage);
    return e;
  }

  @Test
  void rejectsEveryTruncation() throws IOException {
    byte[] valid = Files.readAllBytes(VALID);
    for (int length = 0; length < valid.length - 16; length += 7) {
      byte[] cut = Arrays.copyOf(valid, length);
      assertThrows(ModelException.class, () -> TfliteReader.read(cut), "cut to " + length);
    }
  }

  @Test
  void rejectsEmptyFilesAndOtherKindsOfFiles() throws IOException {
    assertRejects("empty.tflite", new byte[0]);
    assertRejects("text.tflite", "this is not a model at all".getBytes(StandardCharsets.US_ASCII));
    byte[] other = Files.readAllBytes(VALID);
    other[4] = 'X';
    assertRejects("identifier.tflite", other);
    var zip =
        assertRejects(
            "model.keras", new byte[] {'P', 'K', 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    assertTrue(
        String.valueOf(zip.getMessage()).toLowerCase(Locale.ROOT).contains("keras"),
        zip::getMessage);
  }

  @Test
  void rejectsMissingFilesAndFolders() {
    assertThrows(NoSuchFileException.class, () -> TfliteReader.read(folder.resolve("none.tflite")));
    assertThrows(IOException.class, () -> TfliteReader.read(folder));
  }

  @Test
  void leavesNoTemporaryFileAfterAFailedWrite() throws IOException {
    Model model = TfliteReader.read(VALID);
    Path taken = Files.createDirectory(folder.resolve("taken.tflite"));
    assertThrows(IOException.class, () -> TfliteWriter.write(model, taken));
    assertThrows(
        IOException.class, () -> TfliteWriter.write(model, folder.resolve("no/folder.tflite")));
    try (var files = Files.list(folder)) {
      assertEquals(List.of(taken), files.toList());
    }
  }

  @Test
  void overwritesTheFileThatAModelWasReadFrom() throws IOException {
    Path file = Files.copy(VALID, folder.resolve("same.tflite"));
    Model model = TfliteReader.read(file);
    TfliteWriter.write(model, file);
    assertEquals(model, TfliteReader.read(file));
  }

  @Test
  void mapsALargeFileWithoutReadingIt() throws IOException {
    Path file = folder.resolve("large.tflite");
    try (var out =
        Files.newByteChannel(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.wrap(Files.readAllBytes(VALID)));
      // A sparse gigabyte behind the model: reading it would exceed the time limit.
      out.position(1L << 30);
      out.write(ByteBuffer.wrap(new byte[1]));
    }
    assertEquals(TfliteReader.read(VALID).graphs(), TfliteReader.read(file).graphs());
  }
}
