package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.Model;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.train.TrainableModel;
import dev.whittle.train.network.Batch;
import dev.whittle.train.network.Loss;
import dev.whittle.train.network.Network;
import dev.whittle.train.network.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Trains every Keras model of {@code testdata}. {@code -Dtraining.table=write} writes
 * docs/training-layers.md.
 */
class TrainableLayersTest {
  private static final double TOLERANCE = 1e-4;
  private static final long SEED = 5;
  private static final Path DOCUMENT = Path.of("../../docs/training-layers.md");
  private static final boolean WRITE = System.getProperty("training.table", "").equals("write");
  private static final Map<String, String> FOUND = new TreeMap<>();

  @TempDir private Path folder = Path.of("");

  static List<Path> sources() {
    return KerasCases.sources();
  }

  @ParameterizedTest
  @MethodSource("sources")
  void equalsKerasAndTrainsOrStatesTheReason(Path source) throws IOException {
    assumeTrue(KerasCases.refusal(source) == null, "the converter refuses the model");
    KerasCase expected = KerasCases.expectation(source);
    assumeTrue(expected != null, "no recorded outputs");
    if (expected == null) {
      return;
    }
    TrainableModel model;
    String state;
    try {
      model = TrainableModel.fromKerasModel(source);
      assertEquals(
          0, expected.difference(model.model(), "reference"), TOLERANCE, "trainable model");
      assertEquals(0, expected.difference(model.deployed(), "fast"), TOLERANCE, "deployed model");
      checkWayBack(model, source, expected);
      state = train(model, expected);
    } catch (UnsupportedModelException e) {
      state = "no: " + reasons(e);
    }
    String line = "| " + KerasCases.name(source) + " | " + state + " |";
    FOUND.put(KerasCases.name(source), line);
    assertTrue(
        WRITE || Files.readString(DOCUMENT).contains(line + "\n"),
        () -> "docs/training-layers.md lacks: " + line + " (write it with -Dtraining.table=write)");
  }

  /** Returns the reasons, each after the operators that it applies to. */
  private static String reasons(UnsupportedModelException e) {
    Map<String, Set<String>> operators = new LinkedHashMap<>();
    e.items()
        .forEach(
            item ->
                operators
                    .computeIfAbsent(item.reason(), reason -> new LinkedHashSet<>())
                    .add(item.where().replaceAll("^.*node \\d+ (\\w+).*$", "$1")));
    return operators.entrySet().stream()
        .map(entry -> String.join(", ", entry.getValue()) + ": " + entry.getKey())
        .collect(Collectors.joining("; "));
  }

  /** Asserts that weights written back to a Keras file equal the original ones. */
  private void checkWayBack(TrainableModel model, Path source, KerasCase expected)
      throws IOException {
    String name = String.valueOf(source.getFileName());
    if (name.endsWith(".keras") || name.endsWith(".h5")) {
      Path written = folder.resolve(name);
      model.saveKeras(written);
      Model again = TfLiteConverter.fromKerasModel(written).convertModel().model();
      assertEquals(0, expected.difference(again, "fast"), TOLERANCE, "written back");
    }
  }

  private static String train(TrainableModel model, KerasCase expected) {
    Model graph = model.model();
    Value output = graph.mainGraph().value(graph.mainGraph().outputs().getFirst());
    boolean learns = model.parameters() > 0 && output.type() == TensorType.FLOAT32;
    Optimizer optimizer = learns ? Optimizer.adam(1e-2f) : null;
    try (Network network = model.network(learns ? Loss.MEAN_SQUARED_ERROR : null, optimizer)) {
      List<Tensor> inputs = expected.tensors(graph);
      List<Tensor> outputs = network.run(inputs);
      assertEquals(0, expected.difference(outputs), TOLERANCE, "TensorFlow");
      if (!learns) {
        return "nothing to train";
      }
      Tensor first = outputs.getFirst();
      var random = new SplittableRandom(SEED);
      Tensor target = Tensor.allocate(TensorType.FLOAT32, first.dims());
      for (long i = 0; i < target.elements(); i++) {
        target.setFloat(i, first.getFloat(i) + (float) random.nextDouble(-0.1, 0.1));
      }
      var batch = new Batch(inputs, target, first.dim(0));
      float before = network.infer(batch).loss();
      for (int step = 0; step < 5; step++) {
        assertTrue(Float.isFinite(network.step(batch, step, SEED)), "finite");
      }
      float after = network.infer(batch).loss();
      assertTrue(
          Float.isFinite(after) && after != before, "loss before " + before + ", after " + after);
      return String.valueOf(model.parameters());
    }
  }

  @AfterAll
  static void writeDocumentIfRequested() throws IOException {
    if (WRITE) {
      String head = Files.readString(DOCUMENT).replaceFirst("(?s)\n\\| case .*", "\n");
      Files.writeString(
          DOCUMENT,
          head
              + "| case | trained weights |\n|---|---|\n"
              + String.join("\n", FOUND.values())
              + "\n");
    }
  }
}
