package dev.whittle.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.data.IdxSamples;
import dev.whittle.data.Sample;
import dev.whittle.data.Samples;
import dev.whittle.evaluate.Evaluator;
import dev.whittle.evaluate.NamedModel;
import dev.whittle.ir.Model;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.recipe.HeadMode;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.optimize.sparse.Pruning;
import dev.whittle.optimize.sparse.WeightClustering;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.tflite.TfliteWriter;
import dev.whittle.train.network.Loss;
import dev.whittle.train.network.Optimizer;
import dev.whittle.train.network.PruningSchedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TFloat32;

class TrainerTest {
  private static final Path DIGITS = Path.of("../../quality/testdata/mnist");
  private static final long SEED = 3;

  @TempDir private Path folder = Path.of("");
  private Path keras = Path.of("");
  private Samples training = Samples.of(List.of());
  private Samples test = Samples.of(List.of());

  @BeforeEach
  void writeUntrainedNetwork() throws IOException {
    keras = folder.resolve("digits.keras");
    SequentialModel.input(28, 28)
        .flatten()
        .dense(32, "relu")
        .dense(10, "sigmoid")
        .write(keras, SEED);
    training = IdxSamples.training(DIGITS);
    test = IdxSamples.test(DIGITS);
  }

  private Trainer trainer() throws IOException {
    return trainer(TrainableModel.fromKerasModel(keras));
  }

  private Trainer trainer(TrainableModel model) {
    return new Trainer(model).seed(SEED).batchSize(16).validateWith(test);
  }

  private static float[] weights(Model model) {
    List<float[]> all = new ArrayList<>();
    int size = 0;
    for (Value value : model.mainGraph().values()) {
      Tensor contents = value.type() == TensorType.FLOAT32 ? value.contents() : null;
      if (contents != null) {
        all.add(contents.toFloats());
        size += all.getLast().length;
      }
    }
    float[] joined = new float[size];
    int at = 0;
    for (float[] one : all) {
      System.arraycopy(one, 0, joined, at, one.length);
      at += one.length;
    }
    return joined;
  }

  private double deployedAccuracy(Model model) throws IOException {
    NamedModel named = NamedModel.of("converted", model);
    InterpreterOptions options = InterpreterOptions.DEFAULT.withEngine("litert");
    return new Evaluator(options, 1).metrics(List.of(named), test).getFirst().top1();
  }

  @Test
  void deployedModelReachesReportedAccuracy() throws IOException {
    TrainingResult trained = trainer().epochs(20).fit(training);
    assertTrue(trained.epochs().getFirst().loss() > 2 * trained.last().loss(), "the loss falls");
    assertTrue(trained.last().accuracy() > 0.7, trained.last()::toString);
    assertEquals(trained.last().accuracy(), deployedAccuracy(trained.deployed()), 1e-9);
  }

  @Test
  void weightsDependOnTheSeedOnly() throws IOException {
    float[] once = weights(trainer().fit(training).deployed());
    assertArrayEquals(once, weights(trainer().fit(training).deployed()));
    float[] other = weights(trainer().seed(SEED + 1).fit(training).deployed());
    assertFalse(Arrays.equals(once, other));
  }

  @Test
  void resumedTrainingGivesIdenticalWeights() throws IOException {
    Path noisy = folder.resolve("noisy.keras");
    SequentialModel.input(28, 28)
        .flatten()
        .dense(32, "relu")
        .batchNormalization()
        .dropout(0.3f)
        .dense(10, "softmax")
        .write(noisy, SEED);
    TrainableModel start = TrainableModel.fromKerasModel(noisy);
    TrainingResult uninterrupted = trainer(start).epochs(3).fit(training);
    Path checkpoint = folder.resolve("checkpoint.npz");
    var interruption =
        new Callback() {
          @Override
          public void afterStep(int epoch, long step, long steps, float loss) {
            if (epoch == 2 && step == 7) {
              throw new IllegalStateException("interrupted");
            }
          }
        };
    assertThrows(
        IllegalStateException.class,
        () ->
            trainer(start)
                .epochs(3)
                .checkpoint(checkpoint, 5)
                .callback(interruption)
                .fit(training));
    TrainingResult resumed = trainer(start).epochs(3).checkpoint(checkpoint, 5).fit(training);
    assertArrayEquals(weights(uninterrupted.model().model()), weights(resumed.model().model()));
    for (int i = 0; i < 3; i++) {
      assertEquals(uninterrupted.epochs().get(i).loss(), resumed.epochs().get(i).loss());
    }
  }

  @Test
  void rejectsCheckpointOfAnotherTraining() throws IOException {
    Path checkpoint = folder.resolve("checkpoint.npz");
    trainer().checkpoint(checkpoint).fit(training);
    Trainer other = trainer().batchSize(8).checkpoint(checkpoint);
    IOException exception = assertThrows(IOException.class, () -> other.fit(training));
    assertTrue(
        String.valueOf(exception.getMessage()).contains("checkpoint of another training"),
        exception::getMessage);
  }

  @Test
  void earlyStoppingRestoresTheBestEpoch() throws IOException {
    TrainingResult trained =
        trainer()
            .optimizer(Optimizer.adam(0.05f))
            .epochs(60)
            .callback(new EarlyStopping(2, 0))
            .fit(training);
    assertTrue(trained.epochs().size() < 60, "it stops");
    double best = trained.epochs().stream().mapToDouble(Epoch::validationLoss).min().orElseThrow();
    Epoch bestEpoch =
        trained.epochs().stream().filter(e -> e.validationLoss() == best).findFirst().orElseThrow();
    assertEquals(bestEpoch.accuracy(), deployedAccuracy(trained.deployed()), 0.002, "ties aside");
  }

  @Test
  void savedKerasFileConvertsToTheSameModel() throws IOException {
    Path source = folder.resolve("convolutional.keras");
    SequentialModel.input(28, 28, 1)
        .conv2d(4, 3, 2, "same", "linear")
        .batchNormalization()
        .activation("relu")
        .depthwiseConv2d(3, 1, "same", "relu")
        .maxPooling2d(2)
        .flatten()
        .dense(10, "softmax")
        .write(source, SEED);
    TrainingResult trained = trainer(TrainableModel.fromKerasModel(source)).fit(training);
    Path saved = folder.resolve("trained.keras");
    trained.model().saveKeras(saved);
    float[] expected = weights(trained.deployed());
    float[] found = weights(TfLiteConverter.fromKerasModel(saved).convertModel().model());
    assertArrayEquals(expected, found, 1e-6f);
    float[] before = weights(TfLiteConverter.fromKerasModel(source).convertModel().model());
    assertFalse(Arrays.equals(before, found), "training changed the file");
    assertEquals(
        trained.last().accuracy(),
        deployedAccuracy(TfLiteConverter.fromKerasModel(saved).convertModel().model()),
        1e-9);
  }

  @Test
  void savedModelGivesTheSameScoresInTensorFlow() throws IOException {
    TrainingResult trained = trainer().fit(training);
    Path saved = folder.resolve("saved_model");
    trained.model().saveSavedModel(saved);
    Model model = trained.deployed();
    Model converted = TfLiteConverter.fromSavedModel(saved).convertModel().model();
    assertEquals(deployedAccuracy(model), deployedAccuracy(converted), 1e-9);
    try (SavedModelBundle bundle = SavedModelBundle.load(saved.toString(), "serve");
        Samples.Reader reader = test.open();
        var interpreter = Interpreter.of(model)) {
      Sample sample = reader.next();
      float[] pixels =
          sample == null ? new float[0] : sample.inputs().firstEntry().getValue().toFloats();
      interpreter.getInputTensor(0).copyFrom(Tensor.of(pixels, 1, 28, 28));
      interpreter.invoke();
      try (TFloat32 input =
              TFloat32.tensorOf(Shape.of(1, 28, 28), DataBuffers.of(pixels, true, false));
          var result = bundle.function("serving_default").call(Map.of("input", input))) {
        float[] scores = new float[10];
        result.get(0).asRawTensor().data().asFloats().read(scores);
        assertArrayEquals(interpreter.getOutputTensor(0).toFloats(), scores, 1e-5f);
      }
    }
  }

  @Test
  void trainsTfliteModelInItsDeployedForm() throws IOException {
    Path file = folder.resolve("digits.tflite");
    TfliteWriter.write(trainer().epochs(5).fit(training).deployed(), file);
    TrainableModel model = TrainableModel.fromTfliteModel(file);
    assertEquals(784 * 32 + 32 + 32 * 10 + 10, model.parameters());
    TrainingResult trained = trainer(model).epochs(5).fit(training);
    assertTrue(trained.epochs().getFirst().loss() > trained.last().loss(), "the loss falls");
    assertEquals(trained.last().accuracy(), deployedAccuracy(trained.deployed()), 1e-9);
    var exception =
        assertThrows(
            UnsupportedModelException.class,
            () -> trained.model().saveKeras(folder.resolve("no.keras")));
    assertTrue(
        String.valueOf(exception.getMessage()).contains("deployed form"), exception::getMessage);
  }

  @Test
  void fixedBatchRequiresItsBatchSize() throws IOException {
    TrainableModel model =
        TrainableModel.fromKerasModel(
            keras, Map.of("input", dev.whittle.ir.tensor.Shape.of(16, 28, 28)));
    TrainingResult trained = trainer(model).epochs(10).fit(training);
    assertTrue(trained.last().accuracy() > 0.4, trained.last()::toString);
    Trainer other = trainer(model).batchSize(8);
    IOException exception = assertThrows(IOException.class, () -> other.fit(training));
    assertTrue(
        String.valueOf(exception.getMessage()).contains("takes batches of 16"),
        exception::getMessage);
  }

  // Quantization-aware training.

  @Test
  void quantizedModelReachesReportedAccuracy() throws IOException {
    TrainableModel floats = trainer().epochs(10).fit(training).model();
    for (Recipe recipe :
        List.of(
            Recipe.int8(),
            Recipe.int8().mapSettings(s -> s.withPerChannel(false)),
            Recipe.int16x8(),
            Recipe.weightsOnly(TensorType.INT4))) {
      TrainingResult trained = trainer(floats).epochs(3).quantize(recipe, training).fit(training);
      assertEquals(
          trained.last().accuracy(), deployedAccuracy(trained.deployed()), 0.005, recipe::toString);
      assertTrue(
          TfliteWriter.toBytes(trained.deployed()).length
              < TfliteWriter.toBytes(floats.deployed()).length / 2,
          "it is small");
    }
  }

  @Test
  void headComputesInFloatsByDefault() throws IOException {
    TrainingResult trained = trainer().quantize(Recipe.int8(), training).fit(training);
    assertEquals(TensorType.FLOAT32, logisticInput(trained.deployed()));
    TrainingResult integers =
        trainer().quantize(Recipe.int8().withHead(HeadMode.INTEGER), training).fit(training);
    assertEquals(TensorType.INT8, logisticInput(integers.deployed()));
  }

  private static TensorType logisticInput(Model model) {
    return model.mainGraph().nodes().stream()
        .filter(n -> n.op().type().name().equals("LOGISTIC"))
        .map(n -> model.mainGraph().value(n.inputs().getFirst()).type())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void trainsFusedConvolutionalNetworkForIntegers() throws IOException {
    Path source = folder.resolve("convolutional.keras");
    SequentialModel.input(28, 28, 1)
        .conv2d(8, 3, 2, "same", "linear")
        .batchNormalization()
        .activation("relu")
        .depthwiseConv2d(3, 2, "same", "relu")
        .conv2d(16, 1, "relu")
        .globalAveragePooling2d()
        .dense(10, "softmax")
        .write(source, SEED);
    TrainableModel floats =
        trainer(TrainableModel.fromKerasModel(source))
            .optimizer(Optimizer.adam(0.01f))
            .epochs(10)
            .fit(training)
            .model();
    TrainingResult trained =
        trainer(floats).epochs(3).quantize(Recipe.int8(), training).fit(training);
    assertEquals(trained.last().accuracy(), deployedAccuracy(trained.deployed()), 0.005);
    assertTrue(
        trained.quantized().report().layers().stream()
            .filter(l -> l.operator().contains("CONV"))
            .allMatch(l -> l.obstacle() == null),
        "all convolutions in integers");
  }

  // Pruning and clustering.

  private static float[] kernel(Model model, String name) {
    return model.mainGraph().values().stream()
        .filter(v -> v.name().equals(name))
        .map(Value::contents)
        .filter(Objects::nonNull)
        .map(Tensor::toFloats)
        .findFirst()
        .orElseThrow();
  }

  private static double zeros(float[] numbers) {
    int zeros = 0;
    for (float number : numbers) {
      zeros += number == 0 ? 1 : 0;
    }
    return (double) zeros / numbers.length;
  }

  private static Set<Float> distinct(float[] numbers) {
    Set<Float> distinct = new TreeSet<>();
    for (float number : numbers) {
      distinct.add(number == 0 ? 0f : number);
    }
    return distinct;
  }

  @Test
  void pruningReachesSparsityAndQuantizationPreservesIt() throws IOException {
    TrainingResult pruned =
        trainer()
            .epochs(4)
            .prune(
                new Pruning.Unstructured(0),
                PruningSchedule.polynomialDecay(0.2, 0.75, 0, 20, 5),
                null)
            .fit(training);
    float[] kernel = kernel(pruned.model().model(), "dense/kernel");
    assertEquals(0.75, zeros(kernel), 0.001);
    TrainingResult rounded =
        trainer(pruned.model()).preserveSparsity().quantize(Recipe.int8(), training).fit(training);
    assertEquals(0.75, zeros(kernel(rounded.model().model(), "dense/kernel")), 0.001);
  }

  @Test
  void prunesBlocksAndTwoOfFour() throws IOException {
    var schedule = PruningSchedule.constant(0.5, 0, 20, 10);
    float[] blocks =
        kernel(
            trainer()
                .epochs(2)
                .prune(new Pruning.Blocks(1, 4, 0), schedule, null)
                .fit(training)
                .model()
                .model(),
            "dense/kernel");
    float[] pairs =
        kernel(
            trainer()
                .epochs(2)
                .prune(new Pruning.Adjacent(2, 4), schedule, Pattern.compile("dense"))
                .fit(training)
                .model()
                .model(),
            "dense/kernel");
    for (int i = 0; i < blocks.length; i += 4) {
      int ofBlock = 0;
      int ofPair = 0;
      for (int j = i; j < i + 4; j++) {
        ofBlock += blocks[j] == 0 ? 1 : 0;
        ofPair += pairs[j] == 0 ? 1 : 0;
      }
      assertTrue(ofBlock == 0 || ofBlock == 4, "a block is zero as a whole");
      assertEquals(2, ofPair);
    }
    assertEquals(0.5, zeros(blocks), 0.01);
  }

  @Test
  void trainsClustersAndQuantizationPreservesThem() throws IOException {
    for (WeightClustering.Initialization start : WeightClustering.Initialization.values()) {
      var clustering = new WeightClustering(8, start, false, false, SEED);
      TrainingResult clustered = trainer().epochs(3).cluster(clustering, null).fit(training);
      Set<Float> centers = distinct(kernel(clustered.model().model(), "dense/kernel"));
      assertTrue(centers.size() <= 8, start + ": " + centers);
      assertTrue(
          new HashSet<>(
                  distinct(kernel(TrainableModel.fromKerasModel(keras).model(), "dense/kernel")))
              .stream().noneMatch(centers::contains),
          "centers are trained");
      TrainingResult rounded =
          trainer(clustered.model())
              .preserveClusters()
              .quantize(Recipe.int8().mapSettings(s -> s.withPerChannel(false)), training)
              .fit(training);
      assertTrue(distinct(kernel(rounded.model().model(), "dense/kernel")).size() <= 8);
    }
  }

  @Test
  void clustersEachChannelSeparately() throws IOException {
    var clustering =
        new WeightClustering(
            4, WeightClustering.Initialization.KMEANS_PLUS_PLUS, true, false, SEED);
    TrainingResult clustered = trainer().epochs(2).cluster(clustering, null).fit(training);
    float[] kernel = kernel(clustered.model().model(), "dense/kernel");
    for (int channel = 0; channel < 32; channel++) {
      float[] row = Arrays.copyOfRange(kernel, channel * 784, (channel + 1) * 784);
      assertTrue(distinct(row).size() <= 4);
    }
    assertTrue(distinct(kernel).size() > 64, "they differ");
  }

  @Test
  void preservesZerosAndClustersTogether() throws IOException {
    TrainableModel pruned =
        trainer()
            .epochs(2)
            .prune(new Pruning.Unstructured(0), PruningSchedule.constant(0.8, 0, 10, 5), null)
            .fit(training)
            .model();
    var clustering =
        new WeightClustering(6, WeightClustering.Initialization.LINEAR, false, true, SEED);
    TrainableModel both =
        trainer(pruned)
            .epochs(2)
            .preserveSparsity()
            .cluster(clustering, null)
            .fit(training)
            .model();
    float[] kernel = kernel(both.model(), "dense/kernel");
    assertTrue(zeros(kernel) >= 0.8 - 1e-3, "zeros: " + zeros(kernel));
    assertTrue(distinct(kernel).size() <= 6, "numbers: " + distinct(kernel));
    TrainingResult rounded =
        trainer(both)
            .preserveSparsity()
            .preserveClusters()
            .quantize(Recipe.int8(), training)
            .fit(training);
    float[] last = kernel(rounded.model().model(), "dense/kernel");
    assertTrue(zeros(last) >= 0.8 - 1e-3 && distinct(last).size() <= 6);
  }

  // Other targets.

  @Test
  void learnsTargetTensor() throws IOException {
    Path line = folder.resolve("line.keras");
    SequentialModel.input(2).dense(1, "linear").write(line, SEED);
    var random = new SplittableRandom(SEED);
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      float x = (float) random.nextDouble(-1, 1);
      float y = (float) random.nextDouble(-1, 1);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("input", Tensor.of(new float[] {x, y}, 2));
      tensors.put("target", Tensor.of(new float[] {3 * x - 2 * y + 1}, 1));
      samples.add(Sample.of(tensors));
    }
    TrainingResult trained =
        new Trainer(TrainableModel.fromKerasModel(line))
            .loss(Loss.MEAN_SQUARED_ERROR)
            .optimizer(Optimizer.sgd(0.05f, 0.9f))
            .target("target")
            .epochs(20)
            .fit(Samples.of(samples));
    assertTrue(trained.last().loss() < 1e-4, trained.last()::toString);
    assertArrayEquals(new float[] {3, -2}, kernel(trained.deployed(), "dense/kernel"), 0.02f);
  }

  @Test
  void shufflesLargeDataThroughABuffer() throws IOException {
    TrainingResult trained = trainer().epochs(15).maxBytes(100_000).fit(training);
    assertTrue(trained.last().accuracy() > 0.6, trained.last()::toString);
  }

  // Errors.

  @Test
  void rejectsLabelOutOfRangeNamingTheSample() {
    Samples wrong =
        Samples.of(
            List.of(
                Sample.of(Tensor.of(new float[784], 28, 28), 3),
                Sample.of(Tensor.of(new float[784], 28, 28), 10)));
    IOException exception = assertThrows(IOException.class, () -> trainer().fit(wrong));
    assertTrue(
        String.valueOf(exception.getMessage()).contains("sample 1 has the label 10"),
        exception::getMessage);
  }

  @Test
  void rejectsDataOfAnotherShape() {
    Samples wrong = Samples.of(List.of(Sample.of(Tensor.of(new float[100], 10, 10), 3)));
    IOException exception = assertThrows(IOException.class, () -> trainer().fit(wrong));
    assertTrue(String.valueOf(exception.getMessage()).contains("takes"), exception::getMessage);
    Samples none = Samples.of(List.of());
    assertThrows(IOException.class, () -> trainer().fit(none));
  }

  @Test
  void infiniteLossStopsTrainingAndKeepsTheCheckpoint() throws IOException {
    Path checkpoint = folder.resolve("checkpoint.npz");
    Trainer diverging = trainer().optimizer(Optimizer.sgd(1e30f, 0)).checkpoint(checkpoint, 1);
    var failed = assertThrows(TrainingException.class, () -> diverging.epochs(3).fit(training));
    assertTrue(
        String.valueOf(failed.getMessage()).contains("the last good checkpoint is"),
        failed::getMessage);
    assertTrue(Files.exists(checkpoint));
  }

  @Test
  void namesAllUntrainableOperators() throws IOException {
    TrainableModel model =
        TrainableModel.fromKerasModel(Path.of("../../quality/testdata/keras-more/op_many.keras"));
    var exception =
        assertThrows(UnsupportedModelException.class, () -> model.network(null, null).close());
    assertTrue(exception.items().size() > 1, exception::getMessage);
  }

  @Test
  void rejectsPruningWithoutLargeWeights() throws IOException {
    Path tiny = folder.resolve("tiny.keras");
    SequentialModel.input(28, 28).flatten().dense(1, "linear").dense(10, "softmax").write(tiny, 1);
    Trainer trainer =
        trainer(TrainableModel.fromKerasModel(tiny))
            .prune(new Pruning.Unstructured(0.5), PruningSchedule.constant(0.5, 0, 1, 1), null);
    assertThrows(IllegalArgumentException.class, () -> trainer.fit(training));
  }
}
