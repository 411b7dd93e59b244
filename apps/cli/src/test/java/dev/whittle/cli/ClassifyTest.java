package dev.whittle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.reduce.Mean;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command classify, and the metadata that optimize writes for it. */
class ClassifyTest {
  private static final String DATA = "../../quality/testdata/vision/";
  private static final String MODEL = DATA + "mobilenet_v2_1.0_224_quant.tflite";
  private static final String DIGITS = "../../quality/testdata/mnist/float32.tflite";

  @TempDir private Path folder = Path.of("");

  @Test
  void classifiesImages() {
    CommandRun run =
        CommandRun.of(
            "classify",
            DATA + "cat.jpg",
            DATA + "grace_hopper.jpg",
            DATA + "sunflower.jpg",
            "--model",
            MODEL,
            "--top",
            "1");
    assertEquals(0, run.status(), run.err());
    List<String> lines = run.out().lines().toList();
    assertEquals(6, lines.size(), run.out());
    assertTrue(lines.get(1).endsWith("%  Egyptian cat"), run.out());
    assertTrue(lines.get(3).endsWith("%  military uniform"), run.out());
    assertTrue(lines.get(5).endsWith("%  daisy"), run.out());
  }

  @Test
  void printsOneJsonDocument() {
    CommandRun run = CommandRun.of("classify", DATA + "cat.jpg", "--model", MODEL, "--json");
    Config document =
        Config.parse(
            run.out().getBytes(StandardCharsets.UTF_8), "the output", IllegalStateException::new);
    Config image = document.objects("pictures").getFirst();
    assertEquals(3, image.objects("results").size());
    assertEquals(286, image.objects("results").getFirst().integer("index"));
  }

  @Test
  void usesLabelsAndNormalizationInTheFile() throws IOException {
    Path labels = folder.resolve("digits.txt");
    Files.writeString(labels, "zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n");
    String output = folder.resolve("described.tflite").toString();
    CommandRun described =
        CommandRun.of(
            "optimize",
            DIGITS,
            "--output_file",
            output,
            "--labels",
            labels.toString(),
            "--normalization",
            "unit");
    assertEquals(0, described.status(), described.err());
    String seven = "../web/src/main/frontend/public/samples/seven.png";
    CommandRun run = CommandRun.of("classify", seven, "--model", output);
    assertTrue(run.out().lines().toList().get(1).endsWith("seven"), run.out());
    assertEquals("", run.err());
    CommandRun plain = CommandRun.of("classify", seven, "--model", DIGITS);
    assertTrue(plain.err().contains("does not state its normalization"), plain.err());
  }

  @Test
  void rejectsWrongLabelsImagesRegionsAndModels() throws IOException {
    Path labels = folder.resolve("few.txt");
    Files.writeString(labels, "only\ntwo\n");
    CommandRun few =
        CommandRun.of(
            "optimize", DIGITS, "--output_file", folder + "/x", "--labels", labels.toString());
    assertEquals(2, few.status());
    assertTrue(
        few.err().contains("has 2 labels; expected 10, one for each output of the model"),
        few.err());
    Path text = folder.resolve("text.jpg");
    Files.writeString(text, "no image");
    CommandRun none = CommandRun.of("classify", text.toString(), "--model", MODEL);
    assertEquals(2, none.status());
    assertTrue(none.err().contains("text.jpg: is a text file; expected an image"), none.err());
    CommandRun region =
        CommandRun.of("classify", DATA + "cat.jpg", "--model", MODEL, "--region", "1,2");
    assertEquals(2, region.status());
    CommandRun other =
        CommandRun.of(
            "classify",
            DATA + "cat.jpg",
            "--model",
            "../../quality/testdata/knn/../mnist/int16x8.tflite");
    assertEquals(1, other.status(), other.err());
  }

  @Test
  void normalizesRepresentativeImagesAsTheModelDoes() throws IOException {
    var graph = new GraphBuilder("main");
    Value x = graph.input("x", TensorType.FLOAT32, Shape.of(1, 8, 8, 3));
    Value axes = graph.constant("axes", Tensor.of(new int[] {1, 2}, 2));
    Value mean = graph.node("mean", new Mean(false), x, axes);
    graph.output(graph.node("sum", new Add(), mean, mean));
    Path model = folder.resolve("mean.tflite");
    TfliteWriter.write(graph.buildModel("test"), model);
    // The tolerance is a tenth, because scaled images have less white than the originals.
    assertEquals(1, scale(model, "--normalization", "none"), 0.1);
    assertEquals(2f / 255, scale(model, "--normalization", "tf"), 0.0008);
    assertEquals(1f / 255, scale(model), 0.0004);
    assertEquals(4f / 255, scale(model, "--pixel_range=-2,2", "--normalization", "tf"), 0.0016);
    Path described = folder.resolve("described.tflite");
    CommandRun.of(
        "optimize",
        model.toString(),
        "--output_file",
        described.toString(),
        "--normalization",
        "tf");
    assertEquals(2f / 255, scale(described), 0.0008);
    CommandRun rejected = quantize(model, "--normalization", "torch");
    assertEquals(2, rejected.status());
    assertTrue(rejected.err().contains("pass the data as an .npz file"), rejected.err());
  }

  private CommandRun quantize(Path model, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "optimize",
                model.toString(),
                "--output_file",
                folder.resolve("quantized.tflite").toString(),
                "--quantize",
                "int8",
                "--representative_data",
                DATA));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  /** Quantizes a model and returns the scale of its input. */
  private float scale(Path model, String... more) throws IOException {
    CommandRun run = quantize(model, more);
    assertEquals(0, run.status(), run.err());
    Model quantized = TfliteReader.read(folder.resolve("quantized.tflite"));
    Node first = quantized.mainGraph().nodes().getFirst();
    Value stored = quantized.mainGraph().value(first.outputs().getFirst());
    return Objects.requireNonNull(stored.quantization()).scaleValue();
  }
}
