package dev.whittle.conformance;

import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.npz.NpyArray;
import dev.whittle.npz.Npz;
import dev.whittle.tflite.TfliteReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Models of one node with the results of TensorFlow Lite 2.21, which {@code native_cases.py} made;
 * the script explains the file.
 */
final class NativeKernelCases {
  private static final Path FILE = Path.of("../testdata/native-kernels/cases.npz");

  private NativeKernelCases() {}

  /** The contents of an output and its dimensions. */
  record Output(MemorySegment data, Shape shape) {}

  /**
   * A model of one node.
   *
   * @param name the operator, a period and a number
   * @param inputs the contents of the inputs as the runtime stores them
   * @param outputs the contents of the outputs; empty if they are random or not readable
   */
  record Case(String name, Model model, List<byte[]> inputs, List<Output> outputs) {
    String operator() {
      return name.substring(0, name.indexOf('.'));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** Returns all cases in the order of the file. */
  static List<Case> all() throws IOException {
    Map<String, NpyArray> arrays = Npz.read(FILE);
    byte[] data = bytes(Objects.requireNonNull(arrays.get("data")));
    byte[] index = bytes(Objects.requireNonNull(arrays.get("index")));
    Map<String, Case> cases = new LinkedHashMap<>();
    for (String line : new String(index, StandardCharsets.UTF_8).lines().toList()) {
      String[] words = line.split(" ", -1);
      int offset = Integer.parseInt(words[2]);
      byte[] content = Arrays.copyOfRange(data, offset, offset + Integer.parseInt(words[3]));
      if (words[1].equals("model")) {
        Model model = TfliteReader.read(content);
        cases.put(words[0], new Case(words[0], model, new ArrayList<>(), new ArrayList<>()));
        continue;
      }
      Case built = Objects.requireNonNull(cases.get(words[0]));
      if (words[1].startsWith("in")) {
        built.inputs.add(content);
      } else {
        built.outputs.add(new Output(MemorySegment.ofArray(content), Shape.of(dims(words[4]))));
      }
    }
    return List.copyOf(cases.values());
  }

  private static int[] dims(String text) {
    return text.isEmpty()
        ? new int[0]
        : Arrays.stream(text.split("x", -1)).mapToInt(Integer::parseInt).toArray();
  }

  private static byte[] bytes(NpyArray array) {
    return array.data().toArray(ValueLayout.JAVA_BYTE);
  }

  /** Copies contents into a tensor of the same type and shape. */
  static void fill(Tensor tensor, byte[] contents) {
    var source = new Tensor(tensor.type(), tensor.dims(), null, MemorySegment.ofArray(contents));
    tensor.copyBytesFrom(source);
  }
}
