package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.data.Sample;
import dev.whittle.data.Samples;
import dev.whittle.ir.Graph;
import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.op.OpCatalog;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.quantize.Quantizer;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.runtime.kernel.KernelSelector;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import dev.whittle.train.TrainableModel;
import dev.whittle.train.network.Network;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;

/**
 * A program that uses TRIANGLE_WAVE, the operator of docs/adding-an-operator.md, in every part of
 * the project: files, engines, cases, quantization, both front ends and training. Its exit status
 * is 0 if all of them work.
 */
final class GuideOperator {
  private static final String NAME = "TRIANGLE_WAVE";
  private static final int CODE = 250;
  private static final int CASES = 200;
  private static final float PERIOD = 2;
  private static final Path TEST_DATA = Path.of("../testdata");

  private GuideOperator() {}

  public static void main(String[] args) throws Exception {
    Path folder = Files.createTempDirectory("whittle-guide");
    checkFile();
    checkValues();
    checkCases();
    checkFastKernel();
    checkQuantization();
    checkKeras(folder);
    checkSavedModel(folder);
  }

  private static Model model() {
    Op op = OpCatalog.decode(CODE, "", Options.of("LeakyReluOptions").with("alpha", PERIOD));
    var graph = new GraphBuilder("main");
    var x = graph.input("x", TensorType.FLOAT32, Shape.of(6));
    return graph.output(graph.node("y", op, x)).buildModel("wave");
  }

  private static Node node(Model model) {
    List<Node> nodes =
        model.mainGraph().nodes().stream()
            .filter(node -> node.op().type().name().equals(NAME))
            .toList();
    assertEquals(1, nodes.size(), "nodes of " + NAME);
    return nodes.getFirst();
  }

  private static void checkFile() {
    Model model = model();
    Model read = TfliteReader.read(TfliteWriter.toBytes(model));
    assertEquals(node(model).op(), node(read).op());
    assertEquals(CODE, node(read).op().type().code());
    assertEquals(Shape.of(6), read.mainGraph().value(node(read).outputs().getFirst()).shape());
  }

  private static void checkValues() {
    for (String engine : List.of("reference", "fast")) {
      var options = InterpreterOptions.DEFAULT.withEngine(engine);
      try (var interpreter = Interpreter.of(model(), options)) {
        interpreter.allocateTensors();
        interpreter
            .getInputTensor(0)
            .copyFrom(Tensor.of(new float[] {0, 0.5f, 1, 1.5f, 2, -0.5f}, 6));
        interpreter.invoke();
        assertArrayEquals(
            new float[] {-1, 0, 1, 0, -1, 0}, interpreter.getOutputTensor(0).toFloats(), 1e-6f);
      }
    }
  }

  private static void checkCases() {
    CaseGenerator generator =
        Cases.all().stream().filter(g -> g.operator().equals(NAME)).findFirst().orElseThrow();
    for (long seed = 0; seed < CASES; seed++) {
      var builder = new CaseBuilder(new SplittableRandom(seed));
      generator.generate().accept(builder);
      OperatorCase built = builder.build();
      String label = "seed %d: %s".formatted(seed, built.description());
      List<Tensor> expected = Engines.expected(built, generator.oracle(), label);
      Engines.assertAgree(built, expected, generator.exactness(), label);
    }
  }

  private static void checkFastKernel() {
    Model model = model();
    Graph graph = model.mainGraph();
    Node node = node(model);
    var operands =
        new Operands(
            List.of(Operand.of(graph.value(node.inputs().getFirst()))),
            List.of(Operand.of(graph.value(node.outputs().getFirst()))),
            Operands.SubgraphTypes.NONE);
    var selector = new KernelSelector(new Workers(1, true), PackedWeights.of(model));
    Object kernel = Objects.requireNonNull(selector.kernel(node.op(), operands));
    assertEquals("TriangleWaveKernel", kernel.getClass().getSimpleName());
  }

  private static void checkQuantization() throws IOException {
    Sample sample = Sample.of(Tensor.of(new float[] {0, 0.5f, 1, 1.5f, 2, -0.5f}, 6), 0);
    Model quantized =
        new Quantizer(Recipe.int8())
            .calibrateWith(Samples.of(List.of(sample)))
            .quantize(model())
            .model();
    Graph graph = quantized.mainGraph();
    assertEquals(
        TensorType.INT8, graph.value(node(quantized).inputs().getFirst()).type(), "quantized");
  }

  /** Converts and trains a Keras model with the operator in place of another activation. */
  private static void checkKeras(Path folder) throws IOException {
    Path source = folder.resolve("wave.keras");
    copyKeras(TEST_DATA.resolve("keras-more/op_activations.keras"), source);
    KerasCase inputs = KerasCase.read(TEST_DATA.resolve("keras-more/op_activations.json"));
    Model model = TfLiteConverter.fromKerasModel(source).convertModel().model();
    node(model);
    List<Tensor> expected = inputs.run(model, "reference");
    compare(expected, inputs.run(model, "fast"));
    TrainableModel trainable = TrainableModel.fromKerasModel(source);
    try (Network network = trainable.network(null, null)) {
      compare(expected, network.run(inputs.tensors(trainable.model())));
    }
  }

  private static void copyKeras(Path source, Path target) throws IOException {
    try (var zip = new ZipFile(source.toFile());
        OutputStream file = Files.newOutputStream(target);
        var copy = new ZipOutputStream(file)) {
      for (ZipEntry entry : zip.stream().toList()) {
        copy.putNextEntry(new ZipEntry(entry.getName()));
        try (InputStream in = zip.getInputStream(entry)) {
          byte[] bytes = in.readAllBytes();
          if (entry.getName().equals("config.json")) {
            String config = new String(bytes, StandardCharsets.UTF_8);
            String changed =
                config
                    .replace("\"LeakyRelu\"", "\"TriangleWave\"")
                    .replace("\"negative_slope\": 0.1", "\"period\": " + PERIOD);
            assertTrue(changed.contains("\"period\""), config);
            bytes = changed.getBytes(StandardCharsets.UTF_8);
          }
          copy.write(bytes);
        }
      }
    }
  }

  /** Converts a SavedModel with the operator in place of another activation. */
  private static void checkSavedModel(Path folder) throws IOException {
    Path source = TEST_DATA.resolve("operators/leaky_relu_08/saved_model/saved_model.pb");
    SavedModel.Builder saved = SavedModel.parseFrom(Files.readAllBytes(source)).toBuilder();
    MetaGraphDef.Builder graph = saved.getMetaGraphsBuilder(0);
    GraphDef.Builder definition = graph.getGraphDefBuilder();
    for (NodeDef.Builder node : definition.getNodeBuilderList()) {
      if (node.getOp().equals("LeakyRelu")) {
        node.setOp("TriangleWave").removeAttr("alpha");
        node.putAttr("period", AttrValue.newBuilder().setF(PERIOD).build());
      }
    }
    Files.write(folder.resolve("saved_model.pb"), saved.build().toByteArray());
    Model model = TfLiteConverter.fromSavedModel(folder).convertModel().model();
    assertEquals(node(model()).op(), node(model).op());
  }

  private static void compare(List<Tensor> expected, List<Tensor> actual) {
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i).toFloats(), actual.get(i).toFloats(), 1e-4f);
    }
  }
}
