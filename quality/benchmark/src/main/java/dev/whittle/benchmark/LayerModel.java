package dev.whittle.benchmark;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.nn.BatchMatMul;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.nn.TransposeConv;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Models of one layer, with random weights. */
final class LayerModel {
  private static final SplittableRandom RANDOM = new SplittableRandom(1);

  private static final Quantization SCALE = Quantization.perTensor(0.02f, -5);

  private LayerModel() {}

  /**
   * Returns a model of one layer.
   *
   * @param text a description such as {@code conv 35x35x64 3x3x96}, {@code conv 28x28x128
   *     3x3x128/32} with 32 groups, {@code depthwise 112x112x32 3x3/1} with stride 1, {@code dense
   *     1024 1000}, {@code transposed 16x16x64 4x4x32/2} with stride 2, {@code matrices
   *     12x128x64x128}, a batch of 12 products of 128 x 64 by 64 x 128, {@code lstm 32x64x128} with
   *     32 steps of 64 inputs and 128 cells, {@code rnn 32x64x128} or {@code svdf 10x64x128} with a
   *     memory of 10 and 128 filters
   * @param quantized whether the layer has 8-bit activations and weights; an {@code rnn} has 8-bit
   *     weights alone
   */
  static Model of(String text, boolean quantized) {
    String[] parts = text.split(" ", -1);
    return switch (parts[0]) {
      case "conv" -> {
        int[] in = numbers(parts[1]);
        int[] filter = numbers(parts[2]);
        var op = new Conv2D(Padding.SAME, 1, 1, Activation.RELU, 1, 1, TensorType.FLOAT32);
        int groups = filter.length > 3 ? filter[3] : 1;
        int[] weights = {filter[2], filter[0], filter[1], in[2] / groups};
        yield model(op, new int[] {1, in[0], in[1], in[2]}, weights, 0, filter[2], quantized);
      }
      case "depthwise" -> {
        int[] in = numbers(parts[1]);
        int[] filter = numbers(parts[2]);
        var op = new DepthwiseConv2D(Padding.SAME, filter[2], filter[2], 1, Activation.RELU6, 1, 1);
        int[] weights = {1, filter[0], filter[1], in[2]};
        yield model(op, new int[] {1, in[0], in[1], in[2]}, weights, 3, in[2], quantized);
      }
      case "dense" -> {
        int depth = Integer.parseInt(parts[1]);
        int units = Integer.parseInt(parts[2]);
        var op = new FullyConnected(Activation.NONE, false);
        yield model(op, new int[] {1, depth}, new int[] {units, depth}, 0, units, quantized);
      }
      case "transposed" -> {
        int[] in = numbers(parts[1]);
        int[] filter = numbers(parts[2]);
        yield transposed(in, filter, quantized);
      }
      case "matrices" -> matrices(numbers(parts[1]), quantized);
      case "lstm", "rnn", "svdf" -> recurrent(parts[0], numbers(parts[1]), quantized);
      default ->
          throw new IllegalArgumentException(
              "unknown layer \"%s\"; expected conv, depthwise, dense, transposed, matrices, lstm,"
                      .formatted(text)
                  + " rnn or svdf");
    };
  }

  private static Model recurrent(String kind, int[] sizes, boolean quantized) {
    return switch (kind) {
      case "lstm" -> RecurrentModel.lstm(sizes[0], sizes[1], sizes[2], quantized);
      case "rnn" -> RecurrentModel.rnn(sizes[0], sizes[1], sizes[2], quantized);
      default -> RecurrentModel.svdf(sizes[0], sizes[1], sizes[2], quantized);
    };
  }

  private static Model transposed(int[] in, int[] filter, boolean quantized) {
    var graph = new GraphBuilder("main");
    int stride = filter[3];
    int columns = filter[2];
    var op = new TransposeConv(Padding.SAME, stride, stride, Activation.NONE, TensorType.FLOAT32);
    int[] output = {1, in[0] * stride, in[1] * stride, columns};
    Value shape = graph.constant("shape", Tensor.of(output, 4));
    Shape input = Shape.of(1, in[0], in[1], in[2]);
    int[] weights = {columns, filter[0], filter[1], in[2]};
    if (!quantized) {
      Value x = graph.input("x", TensorType.FLOAT32, input);
      Value w = graph.constant("w", floats(weights));
      return graph.output(graph.node("y", op, shape, w, x)).buildModel("layer");
    }
    Value x = graph.input("x", TensorType.INT8, input, SCALE);
    Value w = graph.constant("w", int8Weights(weights, 0));
    return graph.output(graph.node(int8Output(), op, shape, w, x)).buildModel("layer");
  }

  private static Model matrices(int[] dimensions, boolean quantized) {
    var graph = new GraphBuilder("main");
    var op = new BatchMatMul(false, false, false);
    Shape left = Shape.of(dimensions[0], dimensions[1], dimensions[2]);
    Shape right = Shape.of(dimensions[0], dimensions[2], dimensions[3]);
    if (!quantized) {
      Value a = graph.input("a", TensorType.FLOAT32, left);
      Value b = graph.input("b", TensorType.FLOAT32, right);
      return graph.output(graph.node("y", op, a, b)).buildModel("layer");
    }
    Value a = graph.input("a", TensorType.INT8, left, SCALE);
    Value b = graph.input("b", TensorType.INT8, right, SCALE);
    return graph.output(graph.node(int8Output(), op, a, b)).buildModel("layer");
  }

  private static Value int8Output() {
    return Value.of(-1, "y", TensorType.INT8, Shape.UNKNOWN).withQuantization(SCALE);
  }

  private static Tensor int8Weights(int[] dims, int axis) {
    float[] scales = new float[dims[axis]];
    Arrays.fill(scales, 0.01f);
    var weights =
        new Tensor(TensorType.INT8, Quantization.perAxis(scales, axis), Tensor.Allocator.AUTOMATIC);
    weights.resize(dims);
    for (long i = 0; i < weights.elements(); i++) {
      weights.setByte(i, (byte) RANDOM.nextInt(-127, 128));
    }
    return weights;
  }

  private static int[] numbers(String text) {
    return Arrays.stream(text.split("[x/]", -1)).mapToInt(Integer::parseInt).toArray();
  }

  private static Model model(
      Op op, int[] in, int[] weights, int axis, int channels, boolean quantized) {
    var graph = new GraphBuilder("main");
    if (!quantized) {
      Value input = graph.input("x", TensorType.FLOAT32, Shape.of(in));
      Value filter = graph.constant("w", floats(weights));
      Value bias = graph.constant("b", floats(channels));
      return graph.output(graph.node("y", op, input, filter, bias)).buildModel("layer");
    }
    Value input = graph.input("x", TensorType.INT8, Shape.of(in), SCALE);
    Value filter = graph.constant("w", int8Weights(weights, axis));
    Value bias = graph.constant("b", Tensor.of(new int[channels], channels));
    return graph.output(graph.node(int8Output(), op, input, filter, bias)).buildModel("layer");
  }

  private static Tensor floats(int... dims) {
    Tensor tensor = Tensor.allocate(TensorType.FLOAT32, dims);
    for (long i = 0; i < tensor.elements(); i++) {
      tensor.setFloat(i, (float) RANDOM.nextDouble(-1, 1));
    }
    return tensor;
  }
}
