package dev.whittle.benchmark;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.Op;
import dev.whittle.ir.Quantization;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Conv2D;
import dev.whittle.ir.op.DepthwiseConv2D;
import dev.whittle.ir.op.FullyConnected;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Models of one layer, with random weights. */
final class LayerModel {
  private static final SplittableRandom RANDOM = new SplittableRandom(1);

  private LayerModel() {}

  /**
   * A layer of MobileNetV2 or InceptionV3.
   *
   * @param text such as {@code conv 35x35x64 3x3x96}, {@code depthwise 112x112x32 3x3/1} or {@code
   *     dense 1024 1000}
   */
  static Model of(String text, boolean quantized) {
    String[] parts = text.split(" ", -1);
    return switch (parts[0]) {
      case "conv" -> {
        int[] in = numbers(parts[1]);
        int[] filter = numbers(parts[2]);
        var op = new Conv2D(0, 1, 1, Activation.RELU, 1, 1, TensorType.FLOAT32);
        int[] weights = {filter[2], filter[0], filter[1], in[2]};
        yield model(op, new int[] {1, in[0], in[1], in[2]}, weights, 0, filter[2], quantized);
      }
      case "depthwise" -> {
        int[] in = numbers(parts[1]);
        int[] filter = numbers(parts[2]);
        var op = new DepthwiseConv2D(0, filter[2], filter[2], 1, Activation.RELU6, 1, 1);
        int[] weights = {1, filter[0], filter[1], in[2]};
        yield model(op, new int[] {1, in[0], in[1], in[2]}, weights, 3, in[2], quantized);
      }
      case "dense" -> {
        int depth = Integer.parseInt(parts[1]);
        int units = Integer.parseInt(parts[2]);
        var op = new FullyConnected(Activation.NONE, false);
        yield model(op, new int[] {1, depth}, new int[] {units, depth}, 0, units, quantized);
      }
      default -> throw new IllegalArgumentException(text);
    };
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
    Quantization scale = Quantization.perTensor(0.02f, -5);
    float[] scales = new float[channels];
    Arrays.fill(scales, 0.01f);
    var stored =
        new Tensor(TensorType.INT8, Quantization.perAxis(scales, axis), Tensor.Allocator.AUTOMATIC);
    stored.resize(weights);
    for (long i = 0; i < stored.elements(); i++) {
      stored.setByte(i, (byte) RANDOM.nextInt(-127, 128));
    }
    Value input = graph.input("x", TensorType.INT8, Shape.of(in), scale);
    Value filter = graph.constant("w", stored);
    Value bias = graph.constant("b", Tensor.of(new int[channels], channels));
    Value plain = Value.of(-1, "y", TensorType.INT8, Shape.UNKNOWN).withQuantization(scale);
    return graph.output(graph.node(plain, op, input, filter, bias)).buildModel("layer");
  }

  private static Tensor floats(int... dims) {
    Tensor tensor = Tensor.allocate(TensorType.FLOAT32, dims);
    for (long i = 0; i < tensor.elements(); i++) {
      tensor.setFloat(i, (float) RANDOM.nextDouble(-1, 1));
    }
    return tensor;
  }
}
