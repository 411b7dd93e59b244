package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.Model;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.op.common.CustomOp;
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

/** Every layer of Keras, converted and compared with what Keras computed. */
class KerasLayersTest {
  /** Differences relative to the largest output; sums may be reordered. */
  private static final double TOLERANCE = 1e-5;

  /** Larger than TensorFlow's, with the reason; everything else must not be. */
  private static final Map<String, String> LARGER =
      Map.of(
          "act_softplus", "TensorFlow's overflows from 88 on",
          "avgpool3d", "TensorFlow's needs Flex",
          "maxpool3d", "TensorFlow's needs Flex",
          "resizing_bicubic", "TensorFlow's needs Flex",
          "conv3d_groups", "the native runtime refuses TensorFlow's",
          "mel_spectrogram", "frames are looked up, not computed at each run");

  @BeforeAll
  static void writeTheDocumentIfAsked() throws IOException {
    if (System.getProperty("keras.table", "").equals("write")) {
      KerasCases.writeDocument();
    }
  }

  static List<Path> sources() {
    return KerasCases.sources();
  }

  @ParameterizedTest
  @MethodSource("sources")
  void equalsKerasOnBothEnginesAndIsNoLargerThanTensorFlows(Path source) throws IOException {
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
        "no custom operators");
    checkSize(source, bytes);
    checkDocument(source, model);
    KerasCase expected = KerasCases.expectation(source);
    assumeTrue(expected != null, "Keras gives no outputs for it on this machine");
    if (expected != null) {
      Model read = TfliteReader.read(bytes);
      for (String engine : List.of("reference", "fast", "litert")) {
        double difference = expected.difference(read, engine);
        assertTrue(difference <= TOLERANCE, () -> engine + " differs by " + difference);
        assertEquals(difference, expected.difference(read, engine), "a second run begins anew");
      }
    }
  }

  private static void checkSize(Path source, byte[] bytes) throws IOException {
    Long theirs = KerasCases.theirBytes(source);
    String name = KerasCases.name(source);
    if (theirs != null && bytes.length > theirs) {
      assertTrue(
          LARGER.containsKey(name), () -> bytes.length + " bytes, TensorFlow's has " + theirs);
    } else if (theirs != null) {
      assertNull(LARGER.get(name), "is no larger any more");
    }
  }

  private static void checkDocument(Path source, Model model) throws IOException {
    String line = KerasCases.line(source, model);
    assertTrue(
        Files.readString(KerasCases.DOCUMENT).contains(line),
        () -> "docs/keras-layers.md lacks: " + line + " (write it with -Dkeras.table=write)");
  }
}
