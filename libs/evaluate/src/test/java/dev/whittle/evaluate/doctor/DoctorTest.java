package dev.whittle.evaluate.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.data.Sample;
import dev.whittle.data.Samples;
import dev.whittle.evaluate.EvaluationMetrics;
import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.quantize.Quantizer;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DoctorTest {
  private static final int SIZE = 32;
  private static final int LAYERS = 5;
  private static final int BAD = 2;

  /** Quantizes all layers, as other converters do. */
  private static final Recipe UNGUARDED = Recipe.int8().withGuard(false);

  /** Returns layers of which one has a channel scaled by 1,000; the next one scales it back. */
  private static Model modelWithBadLayer(long seed) {
    var random = new SplittableRandom(seed);
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(Shape.DYNAMIC, SIZE));
    for (int layer = 0; layer < LAYERS; layer++) {
      float[] weights = new float[SIZE * SIZE];
      float[] bias = new float[SIZE];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = (float) (random.nextGaussian() * Math.sqrt(2.0 / SIZE));
        weights[i] *= layer == BAD && i / SIZE == 7 ? 1000 : 1;
        weights[i] *= layer == BAD + 1 && i % SIZE == 7 ? 0.001f : 1;
      }
      x =
          builder.node(
              "layer" + layer,
              new FullyConnected(layer == LAYERS - 1 ? Activation.NONE : Activation.RELU, false),
              x,
              builder.constant("weights" + layer, Tensor.of(weights, SIZE, SIZE)),
              builder.constant("bias" + layer, Tensor.of(bias, SIZE)));
    }
    return builder.output(x).buildModel("planted");
  }

  private static Samples samples() {
    var random = new SplittableRandom(4);
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      float[] x = new float[SIZE];
      for (int k = 0; k < SIZE; k++) {
        x[k] = (float) random.nextGaussian();
      }
      samples.add(Sample.of(Map.of("x", Tensor.of(x, SIZE))));
    }
    return Samples.of(samples);
  }

  @Test
  void ranksBadLayerFirst() throws IOException {
    Model model = modelWithBadLayer(1);
    Model quantized = new Quantizer(UNGUARDED).calibrateWith(samples()).quantize(model).model();
    Diagnosis diagnosis =
        new Doctor(model, samples(), InterpreterOptions.DEFAULT, 2).examine(quantized);
    assertEquals(AccuracyLoss.Measure.ERROR, diagnosis.measure());
    assertTrue(diagnosis.loss() > 20, () -> DiagnosisReport.text(diagnosis));
    assertEquals("layer" + BAD, diagnosis.layers().getFirst().name());
    assertTrue(DiagnosisReport.text(diagnosis).contains("layer" + BAD));
    assertTrue(DiagnosisReport.html(diagnosis).contains("<svg"));
  }

  @Test
  void proposedRecipeReducesTheLoss() throws IOException {
    Model model = modelWithBadLayer(1);
    Diagnosis diagnosis =
        new Doctor(model, samples(), InterpreterOptions.DEFAULT, 2).maxLoss(5).examine(UNGUARDED);
    assertTrue(diagnosis.treatedLoss() <= 5, () -> "loses " + diagnosis.treatedLoss());
    Model treated =
        new Quantizer(diagnosis.recipe()).calibrateWith(samples()).quantize(model).model();
    assertEquals(diagnosis.treated(), treated);
  }

  private static AutoQuantizer.Choice choose(Model model, AutoQuantizer.Goal goal)
      throws IOException {
    return AutoQuantizer.choose(model, samples(), goal, InterpreterOptions.DEFAULT, 2, line -> {});
  }

  @Test
  void automaticChoiceIsTheSmallestThatQualifies() throws IOException {
    Model model = modelWithBadLayer(1);
    for (double maxLoss : new double[] {0.001, 0.1, 1, 5, 50}) {
      AutoQuantizer.Choice choice = choose(model, AutoQuantizer.Goal.DEFAULT.withMaxLoss(maxLoss));
      String text = choice.toText();
      assertTrue(choice.best().loss() <= maxLoss, text);
      for (AutoQuantizer.Candidate candidate : choice.tried()) {
        assertTrue(candidate.loss() > maxLoss || candidate.bytes() >= choice.best().bytes(), text);
        assertTrue(text.contains(candidate.name() + ": "), text);
      }
      for (String mode : List.of("int8", "int16x8", "dynamic", "weights_int4", "float16", "none")) {
        assertTrue(text.contains(" " + mode + ": "), text);
      }
    }
  }

  @Test
  void integersOnlyExcludesFloatActivations() throws IOException {
    AutoQuantizer.Choice choice =
        choose(modelWithBadLayer(1), new AutoQuantizer.Goal(null, OptionalDouble.empty(), true));
    assertTrue(
        choice.tried().stream().allMatch(c -> c.recipe().needsCalibration()), choice::toText);
  }

  @Test
  void classifiersAreJudgedByClassesAndOthersByError() {
    Model others = modelWithBadLayer(1);
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(Shape.DYNAMIC, SIZE));
    Model classifier =
        builder.output(builder.node("scores", new Softmax(1), x)).buildModel("classifier");
    assertEquals(AccuracyLoss.Measure.ERROR, AccuracyLoss.measure(others, false));
    assertEquals(AccuracyLoss.Measure.AGREEMENT, AccuracyLoss.measure(classifier, false));
    assertEquals(AccuracyLoss.Measure.ACCURACY, AccuracyLoss.measure(classifier, true));
  }

  @Test
  void errorComparesAllOutputsWithoutTheirOffset() {
    // The second output of the model varies by 1 around 1,000; errors of 0.5 are large there.
    var exact = new EvaluationMetrics();
    var offset = new EvaluationMetrics();
    var random = new SplittableRandom(6);
    for (int i = 0; i < 100; i++) {
      float value = (float) random.nextGaussian();
      exact.add(-1, new float[] {value}, new float[] {value});
      offset.add(-1, new float[] {1000.5f + value}, new float[] {1000 + value});
    }
    assertEquals(0, AccuracyLoss.error(List.of(exact)));
    assertEquals(0.5, AccuracyLoss.error(List.of(exact, offset)), 0.15);
  }
}
