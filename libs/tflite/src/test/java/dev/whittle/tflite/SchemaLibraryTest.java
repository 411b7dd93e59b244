package dev.whittle.tflite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.lite.schema.BufferT;
import org.tensorflow.lite.schema.MetadataT;
import org.tensorflow.lite.schema.ModelT;
import org.tensorflow.lite.schema.OperatorCodeT;
import org.tensorflow.lite.schema.OperatorT;
import org.tensorflow.lite.schema.QuantizationParametersT;
import org.tensorflow.lite.schema.SubGraphT;
import org.tensorflow.lite.schema.TensorT;

/**
 * Reads original and rewritten files with the schema classes of TensorFlow and compares every
 * field. References to buffers and operator codes are resolved, since their order may change.
 */
class SchemaLibraryTest {
  static List<Path> models() {
    return SampleModels.all();
  }

  @ParameterizedTest
  @MethodSource("models")
  void keepsAllFieldsOfTheSchema(Path file) throws Exception {
    ModelT original = unpack(Files.readAllBytes(file));
    ModelT rewritten = unpack(TfliteWriter.toBytes(TfliteReader.read(file)));
    assertEquals(describe(original), describe(rewritten));
  }

  private static ModelT unpack(byte[] bytes) {
    return org.tensorflow.lite.schema.Model.getRootAsModel(ByteBuffer.wrap(bytes)).unpack();
  }

  private static List<String> describe(ModelT model) throws ReflectiveOperationException {
    List<String> lines = new ArrayList<>();
    lines.add("version " + model.getVersion());
    lines.add("description " + model.getDescription());
    for (SubGraphT graph : model.getSubgraphs()) {
      lines.add(
          "graph %s %s -> %s"
              .formatted(
                  graph.getName(),
                  Arrays.toString(graph.getInputs()),
                  Arrays.toString(graph.getOutputs())));
      for (TensorT tensor : graph.getTensors()) {
        Map<String, String> fields = fields(tensor);
        fields.put("Buffer", bytes(model.getBuffers()[(int) tensor.getBuffer()]));
        lines.add("tensor " + fields);
      }
      for (OperatorT operator : graph.getOperators()) {
        Map<String, String> fields = fields(operator);
        OperatorCodeT code = model.getOperatorCodes()[(int) operator.getOpcodeIndex()];
        int number = Math.max(code.getBuiltinCode(), code.getDeprecatedBuiltinCode());
        fields.computeIfPresent("BuiltinOptions", (name, options) -> withoutEmptyTables(options));
        fields.put("OpcodeIndex", number + " " + code.getCustomCode() + " v" + code.getVersion());
        lines.add("operator " + fields);
      }
    }
    for (MetadataT metadata : orEmpty(model.getMetadata(), new MetadataT[0])) {
      String contents = bytes(model.getBuffers()[(int) metadata.getBuffer()]);
      if (metadata.getName().equals("min_runtime_version")) {
        // The writer adds it where it is missing.
        continue;
      }
      lines.add("metadata " + metadata.getName() + " " + contents);
    }
    lines.add("signatures " + text(model.getSignatureDefs()));
    return lines;
  }

  /** Normalizes options without fields, and a shape that is an operand: both may be omitted. */
  private static String withoutEmptyTables(String options) {
    return options.matches(".*Value=(\\w+\\{\\}|ReshapeOptionsT\\{NewShape=\\[\\]\\})\\}")
        ? "BuiltinOptionsUnion{Type=0, Value=[]}"
        : options;
  }

  /** Returns whether quantization parameters are empty: older converters write such tables. */
  private static boolean isEmpty(Object value) {
    return value instanceof QuantizationParametersT parameters
        && orEmpty(parameters.getScale(), new float[0]).length == 0
        && orEmpty(parameters.getMin(), new float[0]).length == 0;
  }

  private static <T> T orEmpty(@Nullable T value, T empty) {
    return value == null ? empty : value;
  }

  private static String bytes(BufferT buffer) {
    return Arrays.toString(orEmpty(buffer.getData(), new int[0]));
  }

  /** Returns all properties of an object of the library by name. */
  private static Map<String, String> fields(Object object) throws ReflectiveOperationException {
    Map<String, String> fields = new TreeMap<>();
    for (Method method : object.getClass().getMethods()) {
      String name = method.getName();
      if (name.startsWith("get") && method.getParameterCount() == 0 && !name.equals("getClass")) {
        fields.put(name.substring(3), text(method.invoke(object)));
      }
    }
    return fields;
  }

  private static String text(@Nullable Object value) throws ReflectiveOperationException {
    if (value == null || isEmpty(value)) {
      return "[]";
    }
    if (value.getClass().isArray()) {
      List<String> elements = new ArrayList<>();
      for (int i = 0; i < Array.getLength(value); i++) {
        elements.add(text(Array.get(value, i)));
      }
      return elements.toString();
    }
    return value.getClass().getName().startsWith("org.tensorflow")
        ? value.getClass().getSimpleName() + fields(value)
        : value.toString();
  }
}
