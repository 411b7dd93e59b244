package dev.whittle.conformance;

import dev.whittle.data.Sample;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The inputs of a Keras model and the outputs of Keras: {@code NAME.json} of {@code NAME.keras}.
 */
record KerasCase(String name, List<Config> inputs, List<Config> outputs) {
  static KerasCase read(Path json) throws IOException {
    Config config =
        Config.parse(Files.readAllBytes(json), json.toString(), MalformedModelException::new);
    String name = String.valueOf(json.getFileName()).replaceFirst("\\.json$", "");
    return new KerasCase(name, config.objects("inputs"), config.objects("outputs"));
  }

  /**
   * Runs a model, whose inputs must be in the order of Keras'.
   *
   * @return the largest difference from Keras' outputs, relative to the largest value of each
   *     output
   */
  double difference(Model model, String engine) {
    return difference(run(model, engine));
  }

  /** Returns whether an input holds strings. */
  boolean hasStrings() {
    return inputs.stream().anyMatch(input -> input.list("data").getFirst() instanceof String);
  }

  /** Returns the inputs as samples, one per row of the batch. */
  List<Sample> samples(Model model) {
    List<Sample> samples = new ArrayList<>();
    int rows = inputs.getFirst().integers("shape")[0];
    for (int row = 0; row < rows; row++) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (int i = 0; i < inputs.size(); i++) {
        Value value = model.mainGraph().value(model.mainGraph().inputs().get(i));
        int[] shape = inputs.get(i).integers("shape");
        Tensor batch = Tensor.allocate(value.type(), shape);
        fill(batch, inputs.get(i));
        long bytes = batch.data().byteSize() / shape[0];
        tensors.put(
            value.name(),
            new Tensor(
                value.type(),
                Arrays.copyOfRange(shape, 1, shape.length),
                null,
                batch.data().asSlice(row * bytes, bytes)));
      }
      samples.add(Sample.of(tensors));
    }
    return samples;
  }

  /** Runs a model that takes the types that Keras takes and returns copies of its outputs. */
  List<Tensor> run(Model model, String engine) {
    try (var interpreter = Interpreter.of(model, InterpreterOptions.DEFAULT.withEngine(engine))) {
      for (int i = 0; i < inputs.size(); i++) {
        interpreter.resizeInput(i, inputs.get(i).integers("shape"));
      }
      for (int i = 0; i < inputs.size(); i++) {
        fill(interpreter.getInputTensor(i), inputs.get(i));
      }
      interpreter.invoke();
      return Engines.outputs(interpreter);
    }
  }

  private static void fill(Tensor tensor, Config data) {
    if (tensor.type() == TensorType.STRING) {
      List<byte[]> strings = new ArrayList<>();
      data.strings("data").forEach(s -> strings.add(s.getBytes(StandardCharsets.UTF_8)));
      tensor.setStrings(strings, data.integers("shape"));
      return;
    }
    List<?> values = data.list("data");
    for (int i = 0; i < values.size(); i++) {
      Number value = values.get(i) instanceof Boolean flag ? flag ? 1 : 0 : (Number) values.get(i);
      switch (tensor.type()) {
        case FLOAT32 -> tensor.setFloat(i, value.floatValue());
        case BOOL -> tensor.setBoolean(i, value.intValue() != 0);
        case FLOAT16, BFLOAT16, FLOAT64 -> tensor.setReal(i, value.doubleValue());
        default -> tensor.setInteger(i, value.longValue());
      }
    }
  }

  /** Returns the inputs as tensors of the model's types. */
  List<Tensor> tensors(Model model) {
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      Value value = model.mainGraph().value(model.mainGraph().inputs().get(i));
      Tensor tensor = Tensor.allocate(value.type(), inputs.get(i).integers("shape"));
      fill(tensor, inputs.get(i));
      tensors.add(tensor);
    }
    return tensors;
  }

  /** Returns the largest difference from Keras' outputs, relative to the largest of each output. */
  double difference(List<Tensor> actual) {
    double largest = 0;
    for (int i = 0; i < outputs.size(); i++) {
      largest = Math.max(largest, difference(actual.get(i), outputs.get(i)));
    }
    return largest;
  }

  private static double difference(Tensor actual, Config expected) {
    if (!Arrays.equals(actual.dims(), expected.integers("shape"))) {
      throw new AssertionError(
          "output of shape " + actual.shape() + "; expected " + expected.get("shape"));
    }
    if (actual.type() == TensorType.STRING) {
      List<String> found =
          actual.strings().stream().map(s -> new String(s, StandardCharsets.UTF_8)).toList();
      return found.equals(expected.strings("data")) ? 0 : 1;
    }
    List<?> values = expected.list("data");
    double largest = 0;
    double magnitude = 1e-6;
    for (int i = 0; i < values.size(); i++) {
      Object value = values.get(i);
      double wanted = value instanceof Boolean flag ? flag ? 1 : 0 : ((Number) value).doubleValue();
      double found =
          actual.type() == TensorType.BOOL ? actual.getBoolean(i) ? 1 : 0 : actual.getReal(i);
      if ((Double.isNaN(wanted) && Double.isNaN(found)) || wanted == found) {
        continue;
      }
      magnitude = Math.max(magnitude, Math.abs(wanted));
      largest = Math.max(largest, Math.abs(wanted - found));
    }
    for (Object value : values) {
      if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
        magnitude = Math.max(magnitude, Math.abs(number.doubleValue()));
      }
    }
    return Double.isNaN(largest) ? Double.POSITIVE_INFINITY : largest / magnitude;
  }
}
