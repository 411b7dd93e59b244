package dev.whittle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.npz.DType;
import dev.whittle.npz.NpyArray;
import dev.whittle.npz.NpyFile;
import dev.whittle.npz.Npz;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The assignment of arrays in files to the inputs of models. */
class DataTest {
  private static final String DIGITS = "../../quality/testdata/mnist/float32.tflite";

  @TempDir private Path folder = Path.of("");

  private String model(String name, String... inputs) throws IOException {
    return model(name, TensorType.FLOAT32, inputs);
  }

  /** Writes a model of the difference of two inputs, or of twice one, of any number of rows. */
  private String model(String name, TensorType type, String... inputs) throws IOException {
    var graph = new GraphBuilder("main");
    Value first = graph.input(inputs[0], type, Shape.of(Shape.DYNAMIC, 2));
    if (inputs.length == 1) {
      graph.output(graph.node("twice", new Add(Activation.NONE, true), first, first));
    } else {
      Value second = graph.input(inputs[1], type, Shape.of(Shape.DYNAMIC, 2));
      graph.output(graph.node("difference", new Sub(Activation.NONE, true), first, second));
    }
    Path file = folder.resolve(name);
    TfliteWriter.write(graph.buildModel("test"), file);
    return file.toString();
  }

  private String write(String name, Object... namesAndArrays) throws IOException {
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    for (int i = 0; i < namesAndArrays.length; i += 2) {
      arrays.put((String) namesAndArrays[i], (NpyArray) namesAndArrays[i + 1]);
    }
    Path file = folder.resolve(name);
    Npz.write(file, arrays);
    return file.toString();
  }

  private static NpyArray floats(float... values) {
    return NpyArray.of(values, values.length / 2, 2);
  }

  private static void assertRuns(String expected, String note, String model, String input) {
    CommandRun run = CommandRun.of("run", model, "--input", input);
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains(expected), run.out());
    assertTrue(run.err().contains(note), run.err());
    assertEquals(note.isEmpty() ? 0 : 1, run.err().lines().count(), run.err());
  }

  private static void assertRefused(String reason, String... arguments) {
    CommandRun run = CommandRun.of(arguments);
    assertEquals(2, run.status(), run.err());
    assertTrue(run.err().contains(reason), run.err());
  }

  @Test
  void arraysBeyondTheInputsAreIgnoredWithOneLine() throws IOException {
    String input = write("a.npz", "x", floats(1, 2), "y", NpyArray.of(new int[] {1}, 1));
    assertRuns("2.0 4.0", "ignoring [y]", model("m.tflite", "x"), input);
  }

  @Test
  void theOnlyFittingArrayIsTakenWhateverItsName() throws IOException {
    String model = model("m.tflite", "x");
    String input = write("a.npz", "y", NpyArray.of(new float[3], 1, 3), "data", floats(1, 2));
    CommandRun run = CommandRun.of("run", model, "--input", input);
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("2.0 4.0"), run.out());
    assertTrue(run.err().contains("taking 'data' as the input 'x'"), run.err());
    String several = write("b.npz", "a", floats(1, 2), "b", floats(3, 4));
    assertRefused(
        "may be any of ['a' float32[1, 2], 'b' float32[1, 2]]", "run", model, "--input", several);
    String none = write("c.npz", "x", NpyArray.of(new float[3], 1, 3));
    assertRefused("the shape [1, 3]; expected [?, 2]", "run", model, "--input", none);
    String strings = write("d.npz", "t", NpyArray.ofStrings(List.of("a", "b"), 1, 2));
    assertRefused("no array fits", "run", model, "--input", strings);
  }

  @Test
  void severalInputsAreMatchedByNameVariantOrPlace() throws IOException {
    String model = model("m.tflite", "serving_default_b:0", "serving_default_a:0");
    assertRuns("4.0 4.0", "", model, write("a.npz", "a", floats(1, 2), "b", floats(5, 6)));
    String plain = model("n.tflite", "p", "q");
    CommandRun run =
        CommandRun.of(
            "run", plain, "--input", write("b.npz", "arr_1", floats(1, 2), "arr_0", floats(5, 6)));
    assertTrue(run.out().contains("4.0 4.0"), run.out() + run.err());
    assertTrue(run.err().contains("taking 'arr_1' as the input 'q'"), run.err());
    assertRefused(
        "no array for 'q' FLOAT32[?, 2]",
        "run",
        plain,
        "--input",
        write("c.npz", "p", floats(1, 2), "z", floats(5, 6)));
    assertRefused(
        "no array for",
        "run",
        plain,
        "--input",
        write("d.npz", "a", floats(1, 2), "z", floats(5, 6)));
  }

  @Test
  void elementsAreConvertedWhereNothingIsLost() throws IOException {
    String floats = model("f.tflite", "x");
    short[] half = {Float.floatToFloat16(1.5f), Float.floatToFloat16(-2)};
    NpyArray halves = NpyArray.of(DType.FLOAT16, MemorySegment.ofArray(half), 1, 2);
    assertRuns("3.0 -4.0", "", floats, write("a.npz", "x", halves));
    assertRuns(
        "2.0 4.0",
        "float64 numbers are rounded to float32",
        floats,
        write("b.npz", "x", NpyArray.of(new double[] {1, 2}, 1, 2)));
    assertRuns(
        "510.0 2.0",
        "uint8 numbers are taken as they are",
        floats,
        write(
            "c.npz",
            "x",
            NpyArray.of(DType.UINT8, MemorySegment.ofArray(new byte[] {-1, 1}), 1, 2)));
    String integers = model("i.tflite", TensorType.INT32, "x");
    assertRuns("2 -4", "", integers, write("d.npz", "x", NpyArray.of(new long[] {1, -2}, 1, 2)));
    assertRefused(
        "holds 4294967296, which does not fit INT32",
        "run",
        integers,
        "--input",
        write("e.npz", "x", NpyArray.of(new long[] {1, 1L << 32}, 1, 2)));
    assertRefused(
        "float32; expected a tensor of INT32",
        "run",
        integers,
        "--input",
        write("f.npz", "x", floats(1, 2)));
  }

  /** An archive as Keras' {@code mnist.npz}, of noise. */
  private String mnist() throws IOException {
    var random = new Random(1);
    byte[] train = new byte[20 * 784];
    byte[] test = new byte[10 * 784];
    random.nextBytes(train);
    random.nextBytes(test);
    byte[] classes = new byte[20];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = (byte) (i % 10);
    }
    return write(
        "mnist.npz",
        "x_train",
        NpyArray.of(DType.UINT8, MemorySegment.ofArray(train), 20, 28, 28),
        "y_train",
        NpyArray.of(DType.UINT8, MemorySegment.ofArray(classes), 20),
        "x_test",
        NpyArray.of(DType.UINT8, MemorySegment.ofArray(test), 10, 28, 28),
        "y_test",
        NpyArray.of(DType.UINT8, MemorySegment.ofArray(Arrays.copyOf(classes, 10)), 10));
  }

  @Test
  void theArchiveOfKerasHasTwoPartsAndIsScaledOnRequestOnly() throws IOException {
    String mnist = mnist();
    CommandRun plain = CommandRun.of("evaluate", DIGITS, "--data", mnist, "--runs", "1", "--json");
    assertEquals(0, plain.status(), plain.err());
    assertTrue(plain.err().contains("the part 'test' with the labels 'y_test'"), plain.err());
    assertTrue(plain.err().contains("taken as they are, from 0 to 255"), plain.err());
    assertTrue(plain.out().contains("\"samples\":10"), plain.out());
    assertTrue(plain.out().contains("\"top1\":"), plain.out());
    CommandRun scaled =
        CommandRun.of("evaluate", DIGITS, "--data", mnist, "--runs", "1", "--pixel_range", "0,1");
    assertEquals(0, scaled.status(), scaled.err());
    assertTrue(!scaled.err().contains("taken as they are"), scaled.err());
    CommandRun optimized =
        CommandRun.of(
            "optimize",
            DIGITS,
            "-o",
            folder.resolve("o.tflite").toString(),
            "--quantize",
            "int8",
            "--representative_data",
            mnist,
            "--normalization",
            "unit");
    assertEquals(0, optimized.status(), optimized.err());
    assertTrue(optimized.err().contains("the part 'train'"), optimized.err());
    assertTrue(!optimized.err().contains("taken as they are"), optimized.err());
  }

  @Test
  void labelsAreAnArrayOrAFile() throws IOException {
    String data = write("d.npz", "pictures", NpyArray.of(new float[2 * 784], 2, 28, 28));
    Path text = Files.writeString(folder.resolve("classes.txt"), "3\n7\n");
    Path array = folder.resolve("classes.npy");
    NpyFile.write(array, NpyArray.of(new long[] {3, 7}, 2));
    for (Path labels : new Path[] {text, array}) {
      CommandRun run =
          CommandRun.of(
              "evaluate",
              DIGITS,
              "--data",
              data,
              "--labels",
              labels.toString(),
              "--runs",
              "1",
              "--json");
      assertEquals(0, run.status(), run.err());
      assertTrue(run.out().contains("\"top1\":"), run.out());
    }
    Files.writeString(text, "3\nseven\n");
    assertRefused(
        "line 2: 'seven' is no class",
        "evaluate",
        DIGITS,
        "--data",
        data,
        "--labels",
        text.toString());
    Files.writeString(text, "3\n");
    assertRefused(
        "holds 1 labels", "evaluate", DIGITS, "--data", data, "--labels", text.toString());
    assertRefused("no array 'y'", "evaluate", DIGITS, "--data", data, "--labels", "y");
  }

  @Test
  void modelsWithOtherInputNamesAreComparedByPlace() throws IOException {
    String a = model("a.tflite", "p", "q");
    String b = model("b.tflite", "keras_tensor", "keras_tensor_1");
    String data = write("d.npz", "q", floats(1, 2, 3, 4), "p", floats(9, 8, 7, 7));
    CommandRun run = CommandRun.of("evaluate", a, b, "--data", data, "--runs", "1", "--json");
    assertEquals(0, run.status(), run.err());
    assertTrue(run.err().contains("'keras_tensor' as 'p', 'keras_tensor_1' as 'q'"), run.err());
    String swapped = model("c.tflite", "q", "other");
    assertRefused("does not fit", "evaluate", a, swapped, "--data", data, "--runs", "1");
  }

  @Test
  void aSavedModelIsEvaluated() throws IOException {
    String data = write("d.npz", "x", NpyArray.of(new float[8], 2, 4));
    String savedModel = "../../quality/testdata/savedmodel/affine/saved_model";
    CommandRun run =
        CommandRun.of("evaluate", savedModel, savedModel, "--data", data, "--runs", "1");
    assertEquals(0, run.status(), run.err());
  }
}
