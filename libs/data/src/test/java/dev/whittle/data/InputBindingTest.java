package dev.whittle.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InputBindingTest {
  private static Model model(int... shape) {
    var builder = new GraphBuilder("main");
    builder.output(builder.input("x", TensorType.FLOAT32, Shape.of(shape)));
    return builder.buildModel("test");
  }

  private static Sample sample(int... shape) {
    return Sample.of(Map.of("x", Tensor.allocate(TensorType.FLOAT32, shape)));
  }

  @Test
  void addsABatchAxisOfOne() throws IOException {
    List<int[]> shapes = new InputBinding(model(-1, 4, 6)).shapes(sample(4, 6));
    assertArrayEquals(new int[] {1, 4, 6}, shapes.getFirst());
  }

  @Test
  void acceptsMergedAdjacentAxes() throws IOException {
    assertArrayEquals(
        new int[] {1, 784}, new InputBinding(model(-1, 784)).shapes(sample(28, 28)).getFirst());
    assertArrayEquals(
        new int[] {1, 28, 28, 1},
        new InputBinding(model(-1, 28, 28, 1)).shapes(sample(784)).getFirst());
  }

  @Test
  void rejectsPermutedAxes() {
    var exception =
        assertThrows(
            IOException.class,
            () -> new InputBinding(model(-1, 24, 24, 3)).shapes(sample(3, 24, 24)));
    assertTrue(String.valueOf(exception.getMessage()).contains("'x' takes [?, 24, 24, 3]"));
  }

  @Test
  void namesGivenAndExpectedInputsWhenRejecting() {
    var exception =
        assertThrows(
            IOException.class,
            () ->
                new InputBinding(model(-1, 2))
                    .shapes(Sample.of(Map.of("z", Tensor.allocate(TensorType.FLOAT32, 2)))));
    assertEquals("the data holds [z], but the model's inputs are [x]", exception.getMessage());
  }

  @Test
  void fillsFixedBatchWithCopiesOfTheSample() throws IOException {
    var binding = new InputBinding(model(3, 2));
    Sample sample = Sample.of(Map.of("x", Tensor.of(new float[] {1, 2}, 2)));
    Tensor input = Tensor.allocate(TensorType.FLOAT32, binding.shapes(sample).getFirst());
    binding.fill(sample, List.of(input));
    assertArrayEquals(new float[] {1, 2, 1, 2, 1, 2}, input.toFloats());
  }

  @Test
  void quantizesFloatsForQuantizedInput() throws IOException {
    var builder = new GraphBuilder("main");
    Quantization quantization = Quantization.perTensor(0.5f, 3);
    builder.output(builder.input("x", TensorType.INT8, Shape.of(1, 3), quantization));
    var binding = new InputBinding(builder.buildModel("test"));
    var input = new Tensor(TensorType.INT8, quantization, Tensor.Allocator.AUTOMATIC);
    input.resize(1, 3);
    binding.fill(
        Sample.of(Map.of("x", Tensor.of(new float[] {-1, 0.26f, 1000}, 3))), List.of(input));
    assertArrayEquals(new long[] {1, 4, 127}, input.toLongs());
  }

  @Test
  void integersOfAnotherTypeAreQuantizedOrMustFit() throws IOException {
    var builder = new GraphBuilder("main");
    Quantization quantization = Quantization.perTensor(2, -128);
    builder.output(builder.input("x", TensorType.INT8, Shape.of(1, 2), quantization));
    var input = new Tensor(TensorType.INT8, quantization, Tensor.Allocator.AUTOMATIC);
    input.resize(1, 2);
    Tensor bytes = Tensor.allocate(TensorType.UINT8, 2);
    bytes.setInteger(0, 255);
    bytes.setInteger(1, 20);
    Sample sample = Sample.of(Map.of("x", bytes));
    new InputBinding(builder.buildModel("test")).fill(sample, List.of(input));
    assertArrayEquals(new long[] {0, -118}, input.toLongs());

    var plain = new GraphBuilder("main");
    plain.output(plain.input("x", TensorType.INT8, Shape.of(1, 2)));
    var binding = new InputBinding(plain.buildModel("test"));
    Tensor narrow = Tensor.allocate(TensorType.INT8, 1, 2);
    var exception = assertThrows(IOException.class, () -> binding.fill(sample, List.of(narrow)));
    assertEquals("input 'x' takes INT8, which cannot represent 255", exception.getMessage());
  }
}
