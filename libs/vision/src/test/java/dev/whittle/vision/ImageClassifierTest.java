package dev.whittle.vision;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.image.Image;
import dev.whittle.image.ImageDecoder;
import dev.whittle.image.Region;
import dev.whittle.image.Resampling;
import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.tflite.ImageMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ImageClassifierTest {
  private static final Path DATA = Path.of("..", "..", "quality", "testdata", "vision");
  private static final Path MOBILE_NET = DATA.resolve("mobilenet_v2_1.0_224_quant.tflite");

  private static Image image(String name) throws IOException {
    return ImageDecoder.DEFAULT.read(DATA.resolve(name));
  }

  /** Red, green, blue and white. */
  private static final Image FOUR =
      new Image(2, 2, new int[] {0xff0000, 0x00ff00, 0x0000ff, 0xffffff});

  /** A model that returns its input, so that a test sees the tensor that a classifier makes. */
  private static Model echo(TensorType type, @Nullable Quantization quantization, int... dims) {
    var graph = new GraphBuilder("main");
    Value input = graph.input("x", type, Shape.of(dims), quantization);
    int count = 1;
    for (int dim : dims) {
      count *= dim;
    }
    Value result = Value.of(0, "y", type, Shape.UNKNOWN).withQuantization(quantization);
    return graph
        .output(graph.node(result, new Reshape(List.of(1, count)), input))
        .buildModel("echo");
  }

  @Test
  void classifiesImagesWithMobileNet() throws IOException {
    try (var classifier = ImageClassifier.of(MOBILE_NET, ClassifierOptions.DEFAULT)) {
      List<List<String>> expected =
          List.of(
              List.of("cat.jpg", "Egyptian cat"),
              List.of("grace_hopper.jpg", "military uniform"),
              List.of("sunflower.jpg", "daisy"));
      for (List<String> pair : expected) {
        List<Category> best = classifier.classify(image(pair.getFirst()));
        assertEquals(3, best.size());
        assertEquals(pair.getLast(), best.getFirst().label());
        assertTrue(best.get(0).score() >= best.get(1).score());
      }
      assertEquals("background", classifier.labels().getFirst());
      assertTrue(classifier.input().raw());
    }
  }

  @Test
  void filtersCategoriesByScoreAndLabel() throws IOException {
    ClassifierOptions options =
        ClassifierOptions.DEFAULT
            .withMaxResults(5)
            .withScoreThreshold(0.05f)
            .withLabelFilter(
                Set.of("tabby, tabby cat", "tiger cat", "Egyptian cat"), Set.of("Egyptian cat"));
    try (var classifier = ImageClassifier.of(MOBILE_NET, options)) {
      List<String> labels =
          classifier.classify(image("cat.jpg")).stream().map(Category::label).toList();
      assertEquals(List.of("tabby, tabby cat", "tiger cat"), labels);
    }
  }

  private static float[] inputOf(Model model, @Nullable Normalization normalization) {
    var options = ClassifierOptions.DEFAULT.withNormalization(normalization);
    ImageInput input = ImageInput.of(model, ImageMetadata.read(model), options.normalization());
    Tensor tensor = input.tensor(FOUR, Region.WHOLE, Resampling.AREA);
    float[] elements = new float[(int) tensor.elements()];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = tensor.type() == TensorType.FLOAT32 ? tensor.getFloat(i) : tensor.getInteger(i);
    }
    return elements;
  }

  @Test
  void presetsNormalizeAsInKeras() {
    Model model = echo(TensorType.FLOAT32, null, 1, 2, 2, 3);
    float[] tf = inputOf(model, Normalization.named("tf"));
    assertEquals(List.of(1f, -1f, -1f), List.of(tf[0], tf[1], tf[2]));
    float[] unit = inputOf(model, Normalization.named("unit"));
    assertEquals(List.of(1f, 0f, 0f), List.of(unit[0], unit[1], unit[2]));
    float[] none = inputOf(model, Normalization.named("none"));
    assertEquals(255, none[0]);
    // Of keras.applications.imagenet_utils: [-103.939, -116.779, 131.32] for red.
    float[] caffe = inputOf(model, Normalization.named("caffe"));
    assertEquals(-103.939f, caffe[0], 1e-4);
    assertEquals(-116.779f, caffe[1], 1e-4);
    assertEquals(255 - 123.68f, caffe[2], 1e-4);
    float[] torch = inputOf(model, Normalization.named("torch"));
    assertEquals((1 - 0.485) / 0.229, torch[0], 1e-5);
    assertEquals((0 - 0.456) / 0.224, torch[1], 1e-5);
    assertEquals((0 - 0.406) / 0.225, torch[2], 1e-5);
    assertThrows(IllegalArgumentException.class, () -> Normalization.named("imagenet"));
  }

  @Test
  void quantizesInputsAndConvertsGrayInputsToLuma() {
    Model signed = echo(TensorType.INT8, Quantization.perTensor(1f / 128, 0), 1, 2, 2, 3);
    assertEquals(127, inputOf(signed, Normalization.TF)[0]);
    assertEquals(-128, inputOf(signed, Normalization.TF)[1]);
    Model bytes = echo(TensorType.UINT8, Quantization.perTensor(1f / 128, 128), 1, 2, 2, 3);
    assertEquals(255, inputOf(bytes, null)[0]);
    assertEquals(0, inputOf(bytes, null)[1]);
    float[] gray = inputOf(echo(TensorType.FLOAT32, null, 1, 2, 2), Normalization.NONE);
    assertEquals(4, gray.length);
    assertEquals(0.299 * 255, gray[0], 1e-4);
    assertEquals(0.587 * 255, gray[1], 1e-4);
    assertEquals(0.114 * 255, gray[2], 1e-4);
    assertEquals(255, gray[3], 1e-4);
  }

  private static ImageInput input(Model model) {
    return ImageInput.of(model, ImageMetadata.read(model), null);
  }

  @Test
  void infersNormalizationFromTheModel() {
    Model plain = echo(TensorType.FLOAT32, null, 1, 2, 2, 3);
    assertTrue(input(plain).isAssumed());
    assertEquals(Normalization.TF, input(plain).normalization());
    Model described =
        new ImageMetadata("", "", List.of(0f), List.of(255f), false, List.of()).writeTo(plain);
    assertEquals(Normalization.UNIT, input(described).normalization());
    assertFalse(input(described).isAssumed());
    Model unit = echo(TensorType.INT8, Quantization.perTensor(1f / 255, -128), 1, 2, 2, 3);
    assertEquals(Normalization.UNIT, input(unit).normalization());

    var quantizing = new GraphBuilder("main");
    Value x = quantizing.input("x", TensorType.FLOAT32, Shape.of(1, 2, 2, 3));
    Value stored =
        Value.of(0, "q", TensorType.INT8, Shape.UNKNOWN)
            .withQuantization(Quantization.perTensor(2f / 255, 0));
    quantizing.output(quantizing.node(stored, new Quantize(), x));
    assertEquals(Normalization.TF, input(quantizing.buildModel("")).normalization());

    var scaling = new GraphBuilder("main");
    Value y = scaling.input("x", TensorType.FLOAT32, Shape.of(1, 2, 2, 3));
    Value factor = scaling.constant("f", Tensor.of(new float[] {1 / 255f}, 1));
    scaling.output(scaling.node("s", new Mul(), y, factor));
    ImageInput scaledInput = input(scaling.buildModel(""));
    assertEquals(Normalization.NONE, scaledInput.normalization());
    assertFalse(scaledInput.isAssumed());
  }

  @Test
  void appliesSoftmaxOnlyToLogits() {
    Model logits = echo(TensorType.FLOAT32, null, 1, 2, 2);
    var options = ClassifierOptions.DEFAULT.withNormalization(Normalization.UNIT);
    var graph = new GraphBuilder("main");
    Value x = graph.input("x", TensorType.FLOAT32, Shape.of(1, 2, 2));
    Value flat = graph.node("flat", new Reshape(List.of(1, 4)), x);
    graph.output(graph.node("p", new Softmax(1), flat));
    Model probabilities = graph.buildModel("");
    try (var one = ImageClassifier.of(logits, options);
        var other = ImageClassifier.of(probabilities, options)) {
      assertFalse(one.givesProbabilities());
      assertTrue(other.givesProbabilities());
      float[] a = one.scores(FOUR, Region.WHOLE);
      float[] b = other.scores(FOUR, Region.WHOLE);
      double sum = 0;
      for (int i = 0; i < 4; i++) {
        assertEquals(b[i], a[i], 1e-6);
        sum += a[i];
      }
      assertEquals(1, sum, 1e-6);
    }
  }

  @Test
  void rejectsModelsThatDoNotClassifyImages() {
    var thrown =
        assertThrows(
            UnsupportedModelException.class,
            () ->
                ImageClassifier.of(
                    echo(TensorType.FLOAT32, null, 1, 5), ClassifierOptions.DEFAULT));
    assertTrue(thrown.items().getFirst().reason().contains("not [1, height, width, 1 or 3]"));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            ImageClassifier.of(
                MOBILE_NET, ClassifierOptions.DEFAULT.withLabels(List.of("only one"))));
  }

  @Test
  void namesTheClassesOfImageNet() {
    assertEquals(1000, Labels.imageNet(1000).size());
    assertEquals("tench, Tinca tinca", Labels.imageNet(1000).getFirst());
    assertEquals("toilet tissue, toilet paper, bathroom tissue", Labels.imageNet(1000).getLast());
    assertEquals("background", Labels.imageNet(1001).getFirst());
  }
}
