package dev.whittle.benchmark;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.recurrent.Svdf;
import dev.whittle.ir.op.recurrent.UnidirectionalSequenceLstm;
import dev.whittle.ir.op.recurrent.UnidirectionalSequenceRnn;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Models of one recurrent layer, with random weights. */
final class RecurrentModel {
  private static final SplittableRandom RANDOM = new SplittableRandom(1);
  private static final Quantization INPUT = Quantization.perTensor(0.03f, 3);
  private static final Quantization OUTPUT = Quantization.perTensor(0.008f, 5);
  private static final Quantization WEIGHTS = Quantization.perTensor(0.01f, 0);

  private RecurrentModel() {}

  /**
   * Returns an LSTM over a sequence.
   *
   * @param quantized whether the layer computes in integers
   */
  static Model lstm(int steps, int in, int cells, boolean quantized) {
    var graph = new GraphBuilder("main");
    Value[] operands = new Value[20];
    TensorType type = quantized ? TensorType.INT8 : TensorType.FLOAT32;
    operands[0] = graph.input("x", type, Shape.of(1, steps, in), quantized ? INPUT : null);
    for (int gate = 0; gate < 4; gate++) {
      operands[1 + gate] = weights(graph, "w" + gate, quantized, cells, in);
      operands[5 + gate] = weights(graph, "r" + gate, quantized, cells, cells);
      operands[12 + gate] =
          quantized
              ? constant(graph, "b" + gate, TensorType.INT32, WEIGHTS, 2000, cells)
              : weights(graph, "b" + gate, false, cells);
    }
    TensorType cellType = quantized ? TensorType.INT16 : TensorType.FLOAT32;
    Quantization cellScale = Quantization.perTensor(Math.scalb(1f, -11), 0);
    operands[18] = state(graph, "h", type, quantized ? OUTPUT : null, 1, cells);
    operands[19] = state(graph, "c", cellType, quantized ? cellScale : null, 1, cells);
    var op = new UnidirectionalSequenceLstm(Activation.TANH, 0, 0, false, false, false);
    if (!quantized) {
      return graph.output(graph.node("y", op, operands)).buildModel("layer");
    }
    List<Value> intermediates = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Value plain = Value.of(0, "i" + i, i == 4 ? TensorType.INT8 : TensorType.INT16, Shape.of(1));
      Quantization scale = i == 4 ? OUTPUT : Quantization.perTensor(0.001f, 0);
      intermediates.add(graph.value(plain.withQuantization(scale)));
    }
    Value y = graph.node(output(OUTPUT), op, operands);
    graph.setIntermediates(intermediates);
    return graph.output(y).buildModel("layer");
  }

  /**
   * Returns a recurrent layer over a sequence of floats.
   *
   * @param hybrid whether weights have 8 bits
   */
  static Model rnn(int steps, int in, int units, boolean hybrid) {
    var graph = new GraphBuilder("main");
    Value y =
        graph.node(
            "y",
            new UnidirectionalSequenceRnn(false, Activation.TANH, false),
            graph.input("x", TensorType.FLOAT32, Shape.of(1, steps, in)),
            weights(graph, "w", hybrid, units, in),
            weights(graph, "r", hybrid, units, units),
            weights(graph, "b", false, units),
            state(graph, "h", TensorType.FLOAT32, null, 1, units));
    return graph.output(y).buildModel("layer");
  }

  /**
   * Returns one step of a singular value decomposition filter.
   *
   * @param quantized whether the layer computes in integers
   */
  static Model svdf(int memory, int in, int filters, boolean quantized) {
    var graph = new GraphBuilder("main");
    var op = new Svdf(1, Activation.RELU, false);
    if (!quantized) {
      Value y =
          graph.node(
              "y",
              op,
              graph.input("x", TensorType.FLOAT32, Shape.of(1, in)),
              weights(graph, "w", false, filters, in),
              weights(graph, "t", false, filters, memory),
              weights(graph, "b", false, filters),
              state(graph, "s", TensorType.FLOAT32, null, 1, filters * memory));
      return graph.output(y).buildModel("layer");
    }
    Quantization memoryScale = Quantization.perTensor(0.0003f, 0);
    Value y =
        graph.node(
            output(Quantization.perTensor(0.1f, 0)),
            op,
            graph.input("x", TensorType.INT8, Shape.of(1, in), INPUT),
            weights(graph, "w", true, filters, in),
            constant(graph, "t", TensorType.INT16, memoryScale, 3000, filters, memory),
            constant(graph, "b", TensorType.INT32, WEIGHTS, 2000, filters),
            state(graph, "s", TensorType.INT16, memoryScale, 1, filters * memory));
    return graph.output(y).buildModel("layer");
  }

  private static Value output(Quantization quantization) {
    return Value.of(-1, "y", TensorType.INT8, Shape.UNKNOWN).withQuantization(quantization);
  }

  private static Value state(
      GraphBuilder graph,
      String name,
      TensorType type,
      @Nullable Quantization quantization,
      int... dims) {
    Value plain = Value.of(0, name, type, Shape.of(dims)).withQuantization(quantization);
    return graph.value(plain.withVariable(true));
  }

  private static Value weights(GraphBuilder graph, String name, boolean int8, int... dims) {
    return int8
        ? constant(graph, name, TensorType.INT8, WEIGHTS, 127, dims)
        : constant(graph, name, TensorType.FLOAT32, null, 0, dims);
  }

  /** Adds a constant of integers up to a magnitude, or of floats below 0.2. */
  private static Value constant(
      GraphBuilder graph,
      String name,
      TensorType type,
      @Nullable Quantization quantization,
      int range,
      int... dims) {
    var tensor = new Tensor(type, quantization, Tensor.Allocator.AUTOMATIC);
    tensor.resize(dims);
    for (long i = 0; i < tensor.elements(); i++) {
      if (type == TensorType.FLOAT32) {
        tensor.setFloat(i, (float) RANDOM.nextDouble(-0.2, 0.2));
      } else {
        tensor.setInteger(i, RANDOM.nextInt(-range, range + 1));
      }
    }
    return graph.constant(name, tensor);
  }
}
