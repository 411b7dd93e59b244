package dev.whittle.optimize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.type.FakeQuant;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.quantize.QuantizationResult;
import dev.whittle.optimize.quantize.Quantizer;
import dev.whittle.optimize.recipe.HeadMode;
import dev.whittle.optimize.recipe.QuantizationMode;
import dev.whittle.optimize.recipe.QuantizationSettings;
import dev.whittle.optimize.recipe.Recipe;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class QuantizerTest {
  private static List<String> operators(Model model) {
    return model.mainGraph().nodes().stream().map(n -> n.op().type().name()).toList();
  }

  private static Value value(Model model, String name) {
    return model.mainGraph().values().stream()
        .filter(v -> v.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static QuantizationResult int8(Model model) throws IOException {
    return new Quantizer(Recipe.int8()).calibrateWith(TestModels.samples(1, 64)).quantize(model);
  }

  private static double relativeError(float[] expected, float[] actual) {
    double squares = 0;
    double errors = 0;
    for (int i = 0; i < expected.length; i++) {
      squares += expected[i] * expected[i];
      errors += (expected[i] - actual[i]) * (expected[i] - actual[i]);
    }
    return Math.sqrt(errors / squares);
  }

  @Test
  void everyModeStaysCloseToTheFloatModel() throws IOException {
    Model model = TestModels.threeLayers(7, false);
    float[] floats = TestModels.run(model, 3);
    for (Recipe recipe :
        List.of(
            Recipe.dynamic(),
            Recipe.float16(),
            Recipe.int8(),
            Recipe.int16x8(),
            Recipe.weightsOnly(TensorType.INT8))) {
      Model quantized =
          new Quantizer(recipe.mapSettings(s -> s.withMinElements(1)))
              .calibrateWith(TestModels.samples(1, 64))
              .quantize(model)
              .model();
      double error = relativeError(floats, TestModels.run(quantized, 3));
      assertTrue(error > 0 && error < 0.05, () -> recipe + " is off by " + error);
    }
  }

  @Test
  void changesTypesOfInputsAndOutputs() throws IOException {
    for (TensorType type : List.of(TensorType.INT8, TensorType.UINT8)) {
      Model model =
          new Quantizer(Recipe.int8())
              .calibrateWith(TestModels.samples(1, 64))
              .inputType(type)
              .outputType(type)
              .quantize(TestModels.threeLayers(7, false))
              .model();
      assertEquals(type, model.mainGraph().value(model.mainGraph().inputs().getFirst()).type());
      assertEquals(type, model.mainGraph().value(model.mainGraph().outputs().getFirst()).type());
      assertEquals(
          model.mainGraph().inputs().getFirst(),
          model.signatures().getFirst().inputs().getFirst().value());
      assertEquals("x", value(model, "x").name());
    }
  }

  @Test
  void keepsWeightsBelowMinimumSizeInFloats() throws IOException {
    Model model =
        new Quantizer(Recipe.dynamic()).quantize(TestModels.threeLayers(7, false)).model();
    assertEquals(TensorType.INT8, value(model, "a/weights").type());
    assertEquals(TensorType.INT8, value(model, "b/weights").type());
    assertEquals(TensorType.FLOAT32, value(model, "c/weights").type());
  }

  @Test
  void rejectsIntegersWithoutCalibrationData() {
    var exception =
        assertThrows(
            UnsupportedModelException.class,
            () -> new Quantizer(Recipe.int8()).quantize(TestModels.threeLayers(7, false)));
    assertTrue(String.valueOf(exception.getMessage()).contains("no calibration data"));
  }

  @Test
  void namesAllWeightsThatAreNotFinite() {
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(1, 2));
    Value y =
        TestModels.dense(
            builder,
            "bad",
            x,
            new float[] {1, Float.NaN, 3, 4},
            new float[] {Float.POSITIVE_INFINITY, 0},
            false);
    Model model = builder.output(y).buildModel("test");
    var exception =
        assertThrows(
            UnsupportedModelException.class, () -> new Quantizer(Recipe.dynamic()).quantize(model));
    String message = String.valueOf(exception.getMessage());
    assertTrue(message.contains("bad/weights") && message.contains("bad/bias"), message);
  }

  @Test
  void rejectsRecipeEntryThatMatchesNothing() {
    Recipe recipe = Recipe.dynamic().with("no such layer", null, QuantizationSettings.FLOAT);
    var exception =
        assertThrows(
            IllegalArgumentException.class,
            () -> new Quantizer(recipe).quantize(TestModels.threeLayers(7, false)));
    assertTrue(String.valueOf(exception.getMessage()).contains("no such layer"));
  }

  @Test
  void lastMatchingEntryTakesPrecedence() throws IOException {
    Recipe recipe =
        Recipe.int8()
            .with("^b$", null, QuantizationSettings.FLOAT)
            .with(null, "LOGISTIC", QuantizationSettings.FLOAT);
    QuantizationResult quantized =
        new Quantizer(recipe)
            .calibrateWith(TestModels.samples(1, 64))
            .quantize(TestModels.threeLayers(7, true));
    assertEquals(
        List.of(
            QuantizationMode.INTEGER,
            QuantizationMode.FLOAT,
            QuantizationMode.INTEGER,
            QuantizationMode.FLOAT),
        quantized.report().layers().stream().map(l -> l.mode()).toList());
    assertEquals(TensorType.FLOAT32, value(quantized.model(), "b/weights").type());
  }

  @Test
  void keepsSaturatingHeadInFloatsWithAWarning() throws IOException {
    Model model = saturating();
    QuantizationResult automatic = int8(model);
    assertEquals("LOGISTIC", operators(automatic.model()).getLast());
    assertTrue(
        automatic.report().warnings().stream().anyMatch(w -> w.contains("too coarse")),
        automatic.report()::toText);
    Model integers =
        new Quantizer(Recipe.int8().withHead(HeadMode.INTEGER))
            .calibrateWith(TestModels.samples(1, 64))
            .quantize(model)
            .model();
    assertEquals("DEQUANTIZE", operators(integers).getLast());
    Model logits =
        new Quantizer(Recipe.int8().withHead(HeadMode.LOGITS))
            .calibrateWith(TestModels.samples(1, 64))
            .quantize(model)
            .model();
    assertTrue(operators(logits).stream().noneMatch("LOGISTIC"::equals));
  }

  /** A model with scores so close to 1 that several are rounded to the same integer. */
  private static Model saturating() {
    var random = new SplittableRandom(5);
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(Shape.DYNAMIC, TestModels.IN));
    float[] bias = new float[10];
    java.util.Arrays.fill(bias, 9);
    Value c =
        TestModels.dense(
            builder, "c", x, TestModels.weights(random, 10, TestModels.IN), bias, false);
    return builder
        .output(builder.node("scores", new dev.whittle.ir.op.activation.Logistic(), c))
        .buildModel("test");
  }

  @Test
  void quantizesHeadThatDoesNotSaturate() throws IOException {
    var random = new SplittableRandom(5);
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(Shape.DYNAMIC, TestModels.IN));
    float[] weights = new float[2 * TestModels.IN];
    for (int i = 0; i < TestModels.IN; i++) {
      weights[i] = (float) random.nextGaussian();
      weights[TestModels.IN + i] = -weights[i];
    }
    Value c = TestModels.dense(builder, "c", x, weights, new float[2], false);
    Model model =
        builder
            .output(builder.node("scores", new dev.whittle.ir.op.activation.Logistic(), c))
            .buildModel("test");
    assertEquals("DEQUANTIZE", operators(int8(model).model()).getLast());
  }

  @Test
  void channelOfZerosKeepsItsBias() throws IOException {
    var random = new SplittableRandom(11);
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(Shape.DYNAMIC, TestModels.IN));
    float[] weights = TestModels.weights(random, 8, TestModels.IN);
    java.util.Arrays.fill(weights, 0, TestModels.IN, 0);
    float[] bias = new float[8];
    bias[0] = 0.731f;
    Model model =
        builder.output(TestModels.dense(builder, "c", x, weights, bias, false)).buildModel("test");
    float[] floats = TestModels.run(model, 3);
    float[] integers = TestModels.run(int8(model).model(), 3);
    assertEquals(floats[0], integers[0], 0.03f);
    assertTrue(relativeError(floats, integers) < 0.05);
  }

  @Test
  void usesTrainedRangesWithoutCalibration() throws IOException {
    var random = new SplittableRandom(13);
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(Shape.DYNAMIC, TestModels.IN));
    Value in = builder.node("x/ranged", new FakeQuant(-4, 4, 8, false), x);
    Value c =
        TestModels.dense(
            builder, "c", in, TestModels.weights(random, 8, TestModels.IN), new float[8], false);
    builder.output(builder.node("c/ranged", new FakeQuant(-5, 5, 8, false), c));
    Model model = builder.buildModel("test");
    Model quantized = new Quantizer(Recipe.int8()).quantize(model).model();
    assertEquals(List.of("QUANTIZE", "FULLY_CONNECTED", "DEQUANTIZE"), operators(quantized));
    assertTrue(relativeError(TestModels.run(model, 3), TestModels.run(quantized, 3)) < 0.03);
  }

  @Test
  void infiniteConstantsThatAreNoWeightsStayAsTheyAre() throws IOException {
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(Shape.DYNAMIC, TestModels.IN));
    float[] bounds = new float[TestModels.IN];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = i % 2 == 0 ? Float.POSITIVE_INFINITY : 0.5f;
    }
    Value bounded =
        builder.node(
            "bounded",
            new dev.whittle.ir.op.math.Minimum(),
            x,
            builder.constant("bounds", Tensor.of(bounds, TestModels.IN)));
    Model model = builder.output(bounded).buildModel("test");
    for (Recipe recipe : List.of(Recipe.int8(), Recipe.float16(), Recipe.dynamic())) {
      Model quantized =
          new Quantizer(recipe.mapSettings(s -> s.withMinElements(1)))
              .calibrateWith(TestModels.samples(1, 64))
              .quantize(model)
              .model();
      assertArrayEquals(TestModels.run(model, 3), TestModels.run(quantized, 3));
    }
  }

  @Test
  void storedWeightsCountAsConstants() throws IOException {
    Model floats = TestModels.threeLayers(7, false);
    for (Recipe recipe :
        List.of(Recipe.dynamic(), Recipe.float16(), Recipe.weightsOnly(TensorType.INT8))) {
      Model stored =
          new Quantizer(recipe.mapSettings(s -> s.withMinElements(1))).quantize(floats).model();
      Model integers = int8(stored).model();
      assertEquals(operators(int8(floats).model()), operators(integers), recipe::toString);
      if (recipe.equals(Recipe.dynamic())) {
        // The same integers with the same scales as in the file.
        Value before = value(stored, "a/weights");
        Value after = value(integers, "a/weights");
        assertEquals(before.data(), after.data());
        assertEquals(before.quantization(), after.quantization());
      }
      double error = relativeError(TestModels.run(floats, 3), TestModels.run(integers, 3));
      assertTrue(error < 0.05, () -> recipe + " and int8 are off by " + error);
    }
  }

  @Test
  void storingWeightsTwiceKeepsTheFirstIntegers() throws IOException {
    Recipe recipe = Recipe.dynamic().mapSettings(s -> s.withMinElements(1));
    Model once = new Quantizer(recipe).quantize(TestModels.threeLayers(7, false)).model();
    Model twice = new Quantizer(recipe).quantize(once).model();
    assertEquals(value(once, "a/weights").data(), value(twice, "a/weights").data());
    assertArrayEquals(TestModels.run(once, 3), TestModels.run(twice, 3));
  }

  @Test
  void fourBitsDoNotClipStoredWeightsOfEightBits() throws IOException {
    Model floats = TestModels.threeLayers(7, false);
    Recipe four = Recipe.weightsOnly(TensorType.INT4).mapSettings(s -> s.withMinElements(1));
    Recipe eight = Recipe.dynamic().mapSettings(s -> s.withMinElements(1));
    Model direct = new Quantizer(four).quantize(floats).model();
    Model stored =
        new Quantizer(four).quantize(new Quantizer(eight).quantize(floats).model()).model();
    double error = relativeError(TestModels.run(direct, 3), TestModels.run(stored, 3));
    assertTrue(error < 0.1, () -> "off by " + error);
  }

  @Test
  void saysThatIntegersStayAsTheyAre() throws IOException {
    Model integers = int8(TestModels.threeLayers(7, false)).model();
    QuantizationResult again = int8(integers);
    assertEquals(operators(integers), operators(again.model()));
    assertTrue(
        again.report().warnings().stream().anyMatch(w -> w.contains("in integers already")),
        again.report()::toText);
  }

  @Test
  void equalizationPreservesTheFloatModel() {
    Model model = TestModels.threeLayers(7, false);
    Model equalized = new Quantizer(Recipe.int8().withEqualize(true)).prepare(model);
    assertArrayEquals(TestModels.run(model, 3), TestModels.run(equalized, 3), 1e-5f);
  }

  @Test
  void keepsTensorsWithUnderflowInFloats() throws IOException {
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(Shape.DYNAMIC, TestModels.IN));
    float[] mask = new float[TestModels.IN];
    mask[3] = -1e9f;
    Value masked =
        builder.node(
            "masked",
            new dev.whittle.ir.op.math.Add(dev.whittle.ir.op.Activation.NONE, false),
            x,
            builder.constant("mask", Tensor.of(mask, TestModels.IN)));
    Model model = builder.output(masked).buildModel("test");
    QuantizationResult quantized = int8(model);
    assertEquals(1, quantized.report().leftInFloat().size());
    assertTrue(quantized.report().toText().contains("round to zero"), quantized.report()::toText);
    assertArrayEquals(TestModels.run(model, 3), TestModels.run(quantized.model(), 3));
  }
}
