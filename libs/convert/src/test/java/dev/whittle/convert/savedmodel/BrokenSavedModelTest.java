package dev.whittle.convert.savedmodel;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.UnsupportedModelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokenSavedModelTest {
  private static final Path SOURCE =
      Path.of("../../quality/testdata/savedmodel/affine/saved_model");
  private static final String GRAPH = "saved_model.pb";
  private static final String INDEX = "variables/variables.index";
  private static final String DATA = "variables/variables.data-00000-of-00001";

  @TempDir private Path folder = Path.of("");

  @BeforeEach
  void copyModel() throws IOException {
    Files.createDirectories(folder.resolve("variables"));
    for (String file : List.of(GRAPH, INDEX, DATA)) {
      Files.copy(SOURCE.resolve(file), folder.resolve(file));
    }
  }

  private void convert() throws IOException {
    TfLiteConverter.fromSavedModel(folder).convert();
  }

  private void assertSays(Class<? extends Exception> type, String... parts) {
    String message = String.valueOf(assertThrows(type, this::convert).getMessage());
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "lacks '" + part + "': " + message);
    }
  }

  private void change(String file, int place) throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve(file));
    bytes[place] ^= 0x40;
    Files.write(folder.resolve(file), bytes);
  }

  private void cut(String file, int length) throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve(file));
    Files.write(folder.resolve(file), Arrays.copyOf(bytes, length));
  }

  @Test
  void convertsUnchangedCopy() throws IOException {
    convert();
  }

  @Test
  void namesMissingShard() throws IOException {
    Files.delete(folder.resolve(DATA));
    assertSays(MalformedModelException.class, "variables.data-00000-of-00001", "missing");
  }

  @Test
  void rejectsVariableWithWrongChecksum() throws IOException {
    change(DATA, 3);
    assertSays(MalformedModelException.class, "variable", "checksum");
  }

  @Test
  void rejectsIndexWithWrongChecksum() throws IOException {
    change(INDEX, 10);
    assertSays(MalformedModelException.class, "variables.index", "checksum");
  }

  @Test
  void rejectsTruncatedIndex() throws IOException {
    cut(INDEX, 60);
    assertSays(MalformedModelException.class, "variables.index");
  }

  @Test
  void namesVariablesWithoutCheckpoint() throws IOException {
    Files.delete(folder.resolve(INDEX));
    assertSays(UnsupportedModelException.class, "variable", "restores");
  }

  @Test
  void namesMissingModelFile() throws IOException {
    Files.delete(folder.resolve(GRAPH));
    assertSays(NoSuchFileException.class, GRAPH);
  }

  @Test
  void listsTagsWhereTagsAreUnknown() {
    var refused =
        assertThrows(
            UnsupportedModelException.class,
            () -> TfLiteConverter.fromSavedModel(folder, Set.of("train"), List.of()).convert());
    assertTrue(String.valueOf(refused.getMessage()).contains("serve"), refused::getMessage);
  }

  @Test
  void namesUnknownOperation() throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve(GRAPH));
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    Files.write(
        folder.resolve(GRAPH),
        text.replace("\u0012\u0006MatMul", "\u0012\u0006MutMul")
            .getBytes(StandardCharsets.ISO_8859_1));
    assertSays(UnsupportedModelException.class, "MutMul", "no lowering");
  }

  @Test
  void listsAllUnknownOperations() throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve(GRAPH));
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    Files.write(
        folder.resolve(GRAPH),
        text.replace("\u0012\u0006MatMul", "\u0012\u0006MutMul")
            .replace("\u0012\u0004Relu", "\u0012\u0004Rulu")
            .getBytes(StandardCharsets.ISO_8859_1));
    assertSays(UnsupportedModelException.class, "MutMul", "Rulu");
  }

  @Test
  void damagedFilesThrowOnlyModelExceptions() throws IOException {
    long seed = Long.getLong("fuzz.seed", 11);
    int mutants = Integer.getInteger("fuzz.mutants", 400);
    System.out.println("fuzz.seed=" + seed);
    var random = new SplittableRandom(seed);
    byte[] good = Files.readAllBytes(folder.resolve(GRAPH));
    for (int i = 0; i < mutants; i++) {
      byte[] bytes = good.clone();
      for (int n = random.nextInt(1, 6); n > 0; n--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      Files.write(folder.resolve(GRAPH), bytes);
      int mutant = i;
      try {
        convert();
      } catch (ModelException e) {
        assertTrue(e.getMessage() != null, () -> "mutant " + mutant);
      }
    }
  }
}
