package dev.whittle.convert.keras;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokenKerasFileTest {
  @TempDir private Path folder = Path.of("");

  private static void convert(Path file) throws IOException {
    TfLiteConverter.fromKerasModel(file).convert();
  }

  private static void assertSays(Class<? extends Exception> type, Path file, String... parts) {
    String message = String.valueOf(assertThrows(type, () -> convert(file)).getMessage());
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "lacks '" + part + "': " + message);
    }
  }

  @Test
  void namesLayerWeightAndShapeOfMissingWeight() throws IOException {
    Path file =
        KerasArchive.of("dense")
            .put("model.weights.h5", KerasArchive.of("act_relu").entry("model.weights.h5"))
            .write(folder);
    assertSays(
        MalformedModelException.class,
        file,
        "layer 'dense' (Dense)",
        "'kernel'",
        "[6, 4]",
        "missing");
  }

  @Test
  void namesFoundAndExpectedShapeOfWeight() throws IOException {
    Path file =
        KerasArchive.of("dense").replaceInConfig("\"units\": 4", "\"units\": 5").write(folder);
    assertSays(
        MalformedModelException.class,
        file,
        "layer 'dense' (Dense)",
        "'kernel'",
        "[6, 4]",
        "[6, 5]");
  }

  @Test
  void listsAllUnknownAndCustomLayers() throws IOException {
    Path file =
        KerasArchive.of("conv_bn_relu")
            .replaceInConfig("\"class_name\": \"BatchNormalization\"", "\"class_name\": \"Future\"")
            .replaceInConfig(
                "\"module\": \"keras.layers\", \"class_name\": \"ReLU\"",
                "\"module\": \"mine\", \"class_name\": \"MyReLU\"")
            .write(folder);
    var refused =
        assertThrows(
            UnsupportedModelException.class, () -> TfLiteConverter.fromKerasModel(file).convert());
    assertEquals(2, refused.items().size());
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains("(Future)") && message.contains("later Keras"), message);
    assertTrue(message.contains("(MyReLU)") && message.contains("custom layer"), message);
  }

  @Test
  void refusesPythonCode() throws IOException {
    assertSays(
        UnsupportedModelException.class,
        KerasArchive.of("lambda_square").write(folder),
        "(Lambda)",
        "never executed");
  }

  @Test
  void refusesSubclassedModel() throws IOException {
    Path file =
        KerasArchive.of("dense")
            .put(
                "config.json",
                "{\"class_name\": \"MyModel\", \"config\": {}}".getBytes(StandardCharsets.UTF_8))
            .write(folder);
    assertSays(UnsupportedModelException.class, file, "MyModel", "SavedModel");
  }

  @Test
  void namesLineAndColumnOfBrokenJson() throws IOException {
    Path file =
        KerasArchive.of("dense")
            .put("config.json", "{\"class_name\": ".getBytes(StandardCharsets.UTF_8))
            .write(folder);
    assertSays(MalformedModelException.class, file, "config.json", "line 1, column");
  }

  @Test
  void rejectsDeeplyNestedJson() throws IOException {
    String json = "{\"a\": ".repeat(100_000);
    Path file =
        KerasArchive.of("dense")
            .put("config.json", json.getBytes(StandardCharsets.UTF_8))
            .write(folder);
    assertSays(MalformedModelException.class, file, "config.json");
  }

  @Test
  void namesMissingEntryOfArchive() throws IOException {
    assertSays(
        MalformedModelException.class,
        KerasArchive.of("dense").remove("config.json").write(folder),
        "config.json");
    assertSays(
        MalformedModelException.class,
        KerasArchive.of("dense").remove("model.weights.h5").write(folder),
        "model.weights.h5");
  }

  @Test
  void rejectsImpossibleEntrySize() throws IOException {
    byte[] bytes = Files.readAllBytes(KerasArchive.of("dense").write(folder));
    Path file = folder.resolve("bomb.keras");
    // The uncompressed size of every entry in the archive's directory.
    for (int i = 0; i + 46 < bytes.length; i++) {
      if (bytes[i] == 'P' && bytes[i + 1] == 'K' && bytes[i + 2] == 1 && bytes[i + 3] == 2) {
        bytes[i + 24] = bytes[i + 25] = bytes[i + 26] = (byte) 0xff;
        bytes[i + 27] = 0x7f;
      }
    }
    Files.write(file, bytes);
    assertSays(MalformedModelException.class, file, "impossible sizes");
  }

  @Test
  void detectsOtherFilesByContents() throws IOException {
    Path text = Files.writeString(folder.resolve("model.keras"), "hello, world");
    assertSays(MalformedModelException.class, text, "neither");
    Path empty = Files.writeString(folder.resolve("empty.h5"), "");
    assertSays(MalformedModelException.class, empty, "is empty");
    assertThrows(NoSuchFileException.class, () -> convert(folder.resolve("none.keras")));
    assertSays(UnsupportedModelException.class, folder, "is a folder");
  }

  @Test
  void suggestsOptionForSavedModelFolder() throws IOException {
    Files.writeString(folder.resolve("saved_model.pb"), "");
    assertSays(UnsupportedModelException.class, folder, "--saved_model_dir");
  }

  @Test
  void rejectsShardOutsideFolder() throws IOException {
    String json =
        Files.readString(Path.of("../../quality/testdata/keras-more/tfjs_float32/model.json"))
            .replace("group1-shard1of2.bin", "../../../etc/passwd");
    Path model = Files.writeString(folder.resolve("model.json"), json);
    assertSays(MalformedModelException.class, model, "outside");
  }

  @Test
  void namesMissingShards() throws IOException {
    Path model =
        Files.copy(
            Path.of("../../quality/testdata/keras-more/tfjs_float32/model.json"),
            folder.resolve("model.json"));
    assertSays(MalformedModelException.class, model, "group1-shard1of2.bin", "missing");
  }

  @Test
  void asksForConfigurationOfWeights() throws IOException {
    Path weights =
        Files.write(
            folder.resolve("w.weights.h5"), KerasArchive.of("dense").entry("model.weights.h5"));
    assertSays(UnsupportedModelException.class, weights, "--keras_config");
    Path config =
        Files.write(folder.resolve("model.json"), KerasArchive.of("dense").entry("config.json"));
    byte[] converted = TfLiteConverter.fromKerasModel(weights).kerasConfig(config).convert();
    byte[] whole =
        TfLiteConverter.fromKerasModel(Path.of("../../quality/testdata/keras/dense.keras"))
            .convert();
    assertTrue(Arrays.equals(whole, converted), "gives the same model");
  }

  @Test
  void rejectsContradictoryInputShape() {
    Path dense = Path.of("../../quality/testdata/keras/dense.keras");
    TfLiteConverter wrongName = TfLiteConverter.fromKerasModel(dense).inputShape("none", 1, 6);
    assertThrows(UnsupportedModelException.class, wrongName::convert);
    TfLiteConverter wrongShape =
        TfLiteConverter.fromKerasModel(dense).inputShape("input_layer", 1, 7);
    assertThrows(UnsupportedModelException.class, wrongShape::convert);
  }

  @Test
  void damagedFilesThrowOnlyModelExceptions() throws IOException {
    long seed = Long.getLong("fuzz.seed", System.nanoTime());
    int mutants = Integer.getInteger("fuzz.mutants", 300);
    var random = new SplittableRandom(seed);
    for (int m = 0; m < mutants; m++) {
      String name = new String[] {"dense", "lstm", "multi_head_attention"}[m % 3];
      KerasArchive archive = KerasArchive.of(name);
      String entry = random.nextInt(3) == 0 ? "config.json" : "model.weights.h5";
      byte[] contents = archive.entry(entry).clone();
      for (int i = random.nextInt(1, 6); i > 0; i--) {
        contents[random.nextInt(contents.length)] = (byte) random.nextInt(256);
      }
      if (random.nextInt(8) == 0) {
        contents = Arrays.copyOf(contents, random.nextInt(contents.length));
      }
      Path file = archive.put(entry, contents).write(folder);
      int mutant = m;
      try {
        convert(file);
      } catch (ModelException e) {
        assertTrue(
            !String.valueOf(e.getMessage()).isEmpty(), () -> "seed " + seed + " mutant " + mutant);
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
        throw new AssertionError("seed " + seed + " mutant " + m + " of " + name + ": " + e, e);
      } finally {
        Files.delete(file);
      }
    }
  }
}
