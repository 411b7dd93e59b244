package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.Model;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.op.CustomOp;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Converts every Keras model of {@code testdata} and compares its outputs with Keras' own. */
class KerasLayersTest {
  /** The largest difference relative to the largest output; sums may be reordered. */
  private static final double TOLERANCE = 1e-5;

  /** The cases whose files may be larger than TensorFlow's, with the reason. */
  private static final Map<String, String> LARGER =
      Map.of(
          "act_softplus", "TensorFlow's model overflows from 88 on",
          "avgpool3d", "TensorFlow's model needs Flex",
          "maxpool3d", "TensorFlow's model needs Flex",
          "resizing_bicubic", "TensorFlow's model needs Flex",
          "conv3d_groups", "the native runtime refuses TensorFlow's model",
          "mel_spectrogram", "frame indices are stored instead of computed in each run");

  @BeforeAll
  static void writeDocumentIfRequested() throws IOException {
    if (System.getProperty("keras.table", "").equals("write")) {
      KerasCases.writeDocument();
    }
  }

  static List<Path> sources() {
    return KerasCases.sources();
  }

  @ParameterizedTest
  @MethodSource("sources")
  void equalsKerasOnEveryEngineAndIsNoLargerThanTensorFlowsModel(Path source) throws IOException {
    String refusal = KerasCases.refusal(source);
    TfLiteConverter converter = TfLiteConverter.fromKerasModel(source);
    if (refusal != null) {
      var refused = assertThrows(UnsupportedModelException.class, converter::convertModel);
      assertTrue(String.valueOf(refused.getMessage()).contains(refusal), refused::getMessage);
      return;
    }
    Model model = converter.convertModel().model();
    byte[] bytes = TfliteWriter.toBytes(model);
    assertTrue(
        model.graphs().stream()
            .flatMap(g -> g.nodes().stream())
            .noneMatch(node -> node.op() instanceof CustomOp),
        "the model has custom operators");
    checkSize(source, bytes);
    checkDocument(source, model);
    KerasCase expected = KerasCases.expectation(source);
    assumeTrue(expected != null, "no recorded outputs");
    if (expected != null) {
      Model read = TfliteReader.read(bytes);
      for (String engine : List.of("reference", "fast", "litert")) {
        double difference = expected.difference(read, engine);
        assertTrue(difference <= TOLERANCE, () -> engine + " differs by " + difference);
        assertEquals(difference, expected.difference(read, engine), "second run");
      }
    }
  }

  private static void checkSize(Path source, byte[] bytes) throws IOException {
    Long limit = KerasCases.tensorFlowBytes(source);
    String name = KerasCases.name(source);
    if (limit != null && bytes.length > limit) {
      assertTrue(
          LARGER.containsKey(name), () -> bytes.length + " bytes; TensorFlow's model has " + limit);
    } else if (limit != null) {
      assertNull(LARGER.get(name), name + " is no longer larger; remove it from LARGER");
    }
  }

  private static void checkDocument(Path source, Model model) throws IOException {
    String line = KerasCases.line(source, model);
    assertTrue(
        Files.readString(KerasCases.DOCUMENT).contains(line),
        () -> "docs/keras-layers.md lacks: " + line + " (write it with -Dkeras.table=write)");
  }
}
