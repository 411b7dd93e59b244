package dev.whittle.tflite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Metadata;
import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.tensorflow.lite.support.metadata.MetadataExtractor;
import org.tensorflow.lite.support.metadata.schema.NormalizationOptions;
import org.tensorflow.lite.support.metadata.schema.ProcessUnitOptions;

class ImageMetadataTest {
  private static final long SEED = 20261122L;
  private static final Path DATA = Path.of("..", "..", "quality", "testdata");

  private static final ImageMetadata METADATA =
      new ImageMetadata(
          "Digits",
          "Recognizes the digit in an image.",
          List.of(127.5f),
          List.of(64f),
          false,
          List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nün"));

  private static Model digits() throws IOException {
    return TfliteReader.read(DATA.resolve(Path.of("mnist", "float32.tflite")));
  }

  @Test
  void readsBackWrittenMetadata() throws IOException {
    byte[] file = TfliteWriter.toBytes(METADATA.writeTo(digits()));
    assertEquals(METADATA, ImageMetadata.read(TfliteReader.read(file)).orElseThrow());
    var blueFirst =
        new ImageMetadata("", "", List.of(1f, 2f, 3f), List.of(1f, 1f, 1f), true, List.of());
    Model again = blueFirst.writeTo(TfliteReader.read(file));
    ImageMetadata read =
        ImageMetadata.read(TfliteReader.read(TfliteWriter.toBytes(again))).orElseThrow();
    assertEquals(blueFirst, read);
    assertEquals(1, again.metadata().stream().filter(m -> m.name().contains("TFLITE_M")).count());
  }

  @Test
  void agreesWithTheMetadataExtractorOfTensorFlow() throws IOException {
    byte[] file = TfliteWriter.toBytes(METADATA.writeTo(digits()));
    var extractor = new MetadataExtractor(ByteBuffer.wrap(file));
    assertEquals("Digits", extractor.getModelMetadata().name());
    assertTrue(extractor.isMinimumParserVersionSatisfied());
    var unit = extractor.getInputTensorMetadata(0).processUnits(0);
    assertEquals(ProcessUnitOptions.NormalizationOptions, unit.optionsType());
    var options = (NormalizationOptions) unit.options(new NormalizationOptions());
    assertEquals(127.5f, options.mean(0));
    assertEquals(64f, options.std(0));
    var stats = extractor.getInputTensorMetadata(0).stats();
    assertEquals(127.5f / 64, stats.max(0));
    assertEquals(-127.5f / 64, stats.min(0));
    String name = extractor.getOutputTensorMetadata(0).associatedFiles(0).name();
    try (var labels = extractor.getAssociatedFile(name)) {
      assertEquals(METADATA.labels(), ImageMetadata.lines(labels.readAllBytes()));
    }
  }

  @Test
  void readsMetadataOfOtherWriters() throws IOException {
    Model model =
        TfliteReader.read(DATA.resolve(Path.of("vision", "mobilenet_v2_1.0_224_quant.tflite")));
    ImageMetadata metadata = ImageMetadata.read(model).orElseThrow();
    assertEquals(List.of(127.5f), metadata.mean());
    assertEquals(List.of(127.5f), metadata.deviation());
    assertTrue(ImageMetadata.read(digits()).isEmpty());
  }

  @Test
  void keepsOtherFilesAfterTheModel() throws IOException {
    Model first = METADATA.writeTo(digits());
    Model with =
        new Model(
            first.version(),
            first.description(),
            first.graphs(),
            first.signatures(),
            first.metadata(),
            zip("vocabulary.txt", "a b c".getBytes(StandardCharsets.UTF_8)));
    Model second = METADATA.writeTo(with);
    assertArrayEquals(
        "a b c".getBytes(StandardCharsets.UTF_8),
        LabelArchive.read(second.trailer()).get("vocabulary.txt"));
    assertEquals(2, LabelArchive.read(second.trailer()).size());
  }

  private static Constant zip(String name, byte[] contents) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry(name));
      zip.write(contents);
    }
    return Constant.of(bytes.toByteArray());
  }

  @Test
  void rejectsArchivesThatExpandTooMuch() throws IOException {
    Constant bomb = zip("labels.txt", new byte[65 << 20]);
    assertTrue(bomb.bytes().byteSize() < 1 << 20);
    assertThrows(MalformedModelException.class, () -> LabelArchive.read(bomb));
  }

  @Test
  void rejectsMutatedMetadataOnlyWithMalformedModelException() throws IOException {
    var random = new SplittableRandom(SEED);
    Model valid = METADATA.writeTo(digits());
    byte[] bytes =
        valid.metadata(ImageMetadata.ENTRY).orElseThrow().data().bytes().toArray(Tensor.BYTE);
    int rejected = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] broken = bytes.clone();
      for (int k = random.nextInt(1, 4); k > 0; k--) {
        broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
      }
      List<Metadata> entries = new ArrayList<>();
      entries.add(new Metadata(ImageMetadata.ENTRY, Constant.of(broken)));
      var model = new Model(3, "", valid.graphs(), valid.signatures(), entries, valid.trailer());
      try {
        ImageMetadata.read(model);
      } catch (MalformedModelException e) {
        rejected++;
      }
    }
    assertTrue(rejected > 1000, rejected + " rejected, seed " + SEED);
  }
}
