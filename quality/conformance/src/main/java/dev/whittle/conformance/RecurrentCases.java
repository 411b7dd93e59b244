package dev.whittle.conformance;

import static dev.whittle.ir.tensor.TensorType.FLOAT32;
import static dev.whittle.ir.tensor.TensorType.INT16;
import static dev.whittle.ir.tensor.TensorType.INT32;
import static dev.whittle.ir.tensor.TensorType.INT8;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.recurrent.BidirectionalSequenceLstm;
import dev.whittle.ir.op.recurrent.BidirectionalSequenceRnn;
import dev.whittle.ir.op.recurrent.Lstm;
import dev.whittle.ir.op.recurrent.Rnn;
import dev.whittle.ir.op.recurrent.Svdf;
import dev.whittle.ir.op.recurrent.UnidirectionalSequenceLstm;
import dev.whittle.ir.op.recurrent.UnidirectionalSequenceRnn;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Cases of recurrent operators with float, hybrid and integer kernels. */
final class RecurrentCases {
  static final List<CaseGenerator> ALL =
      List.of(
          CaseGenerator.close("UNIDIRECTIONAL_SEQUENCE_LSTM", b -> lstm(b, false)),
          CaseGenerator.close("LSTM", b -> lstm(b, true)),
          CaseGenerator.close("RNN", b -> rnn(b, false)),
          CaseGenerator.close("UNIDIRECTIONAL_SEQUENCE_RNN", b -> rnn(b, true)),
          CaseGenerator.close("BIDIRECTIONAL_SEQUENCE_LSTM", RecurrentCases::twoLstms),
          CaseGenerator.close("BIDIRECTIONAL_SEQUENCE_RNN", RecurrentCases::twoRnns),
          CaseGenerator.close("SVDF", RecurrentCases::svdf));

  private RecurrentCases() {}

  /** Adds float weights, or 8-bit weights with one scale. */
  private static Value weights(CaseBuilder b, TensorType type, int... dims) {
    if (type == FLOAT32) {
      Tensor weights = b.randomTensor(FLOAT32, null, dims);
      for (long i = 0; i < weights.elements(); i++) {
        weights.setFloat(i, weights.getFloat(i) / 8);
      }
      return b.constant(weights);
    }
    return quantized(b, type, (float) b.random().nextDouble(0.001, 0.006), dims);
  }

  private static Value quantized(CaseBuilder b, TensorType type, float scale, int... dims) {
    Tensor weights = b.randomTensor(type, Quantization.perTensor(scale, 0), dims);
    for (long i = 0; i < weights.elements(); i++) {
      weights.setInteger(i, Math.max(weights.getInteger(i), type == INT8 ? -127 : -32767));
    }
    return b.constant(weights);
  }

  private static Value sequence(CaseBuilder b, boolean timeMajor, int batch, int time, int in) {
    return b.input(FLOAT32, timeMajor ? time : batch, timeMajor ? batch : time, in);
  }

  private static void rnn(CaseBuilder b, boolean sequence) {
    int batch = b.between(1, 3);
    int time = b.between(1, 4);
    int in = b.between(1, 9);
    int units = b.between(1, 6);
    boolean timeMajor = b.chance(0.5);
    boolean asymmetric = b.chance(0.5);
    TensorType type = b.oneOf(FLOAT32, INT8);
    Activation activation = b.oneOf(Activation.TANH, Activation.RELU, Activation.NONE);
    Value x = sequence ? sequence(b, timeMajor, batch, time, in) : b.input(FLOAT32, batch, in);
    b.output(
        sequence
            ? new UnidirectionalSequenceRnn(timeMajor, activation, asymmetric)
            : new Rnn(activation, asymmetric),
        x,
        weights(b, type, units, in),
        weights(b, type, units, units),
        weights(b, FLOAT32, units),
        b.variable(FLOAT32, batch, units));
  }

  private static void twoRnns(CaseBuilder b) {
    int batch = b.between(1, 3);
    int time = b.between(1, 4);
    int in = b.between(1, 6);
    boolean timeMajor = b.chance(0.5);
    boolean merge = b.chance(0.5);
    // The native kernel for 8-bit weights reads out of bounds and may crash.
    TensorType type = FLOAT32;
    int forward = b.between(1, 5);
    int backward = b.between(1, 5);
    // 0: one sequence; 1: the second layer has its own; 2: both layers read both sequences.
    int auxiliary = b.between(0, 2);
    int second = in;
    Value x = sequence(b, timeMajor, batch, time, in);
    @Nullable Value[] operands = new Value[12];
    operands[0] = x;
    operands[1] = weights(b, type, forward, in);
    operands[2] = weights(b, type, forward, forward);
    operands[3] = weights(b, FLOAT32, forward);
    operands[4] = b.variable(FLOAT32, batch, forward);
    operands[5] = weights(b, type, backward, auxiliary == 1 ? second : in);
    operands[6] = weights(b, type, backward, backward);
    operands[7] = weights(b, FLOAT32, backward);
    operands[8] = b.variable(FLOAT32, batch, backward);
    operands[9] = auxiliary == 0 ? null : sequence(b, timeMajor, batch, time, second);
    operands[10] = auxiliary == 2 ? weights(b, type, forward, second) : null;
    operands[11] = auxiliary == 2 ? weights(b, type, backward, second) : null;
    var op = new BidirectionalSequenceRnn(timeMajor, Activation.TANH, merge, b.chance(0.5));
    b.outputs(merge ? 1 : 2, op, operands);
  }

  private static void svdf(CaseBuilder b) {
    int batch = b.between(1, 3);
    int in = b.between(1, 9);
    int units = b.between(1, 4);
    int rank = b.between(1, 3);
    int memory = b.between(1, 5);
    if (b.chance(0.3)) {
      integerSvdf(b, batch, in, units, rank, memory);
      return;
    }
    TensorType type = b.oneOf(FLOAT32, INT8);
    b.output(
        new Svdf(rank, b.oneOf(Activation.NONE, Activation.RELU), b.chance(0.5)),
        b.input(FLOAT32, batch, in),
        weights(b, type, units * rank, in),
        weights(b, type, units * rank, memory),
        b.chance(0.7) ? weights(b, FLOAT32, units) : null,
        b.variable(FLOAT32, batch, memory * units * rank));
  }

  private static void integerSvdf(
      CaseBuilder b, int batch, int in, int units, int rank, int memory) {
    Quantization input = Quantization.perTensor(0.03f, b.between(-30, 30));
    Tensor bias = b.randomTensor(INT32, Quantization.perTensor(1e-6f, 0), units);
    b.output(
        INT8,
        Quantization.perTensor(0.05f, b.between(-40, 40)),
        new Svdf(rank, Activation.RELU, false),
        b.input(b.randomTensor(INT8, input, batch, in)),
        quantized(b, INT8, 0.01f, units * rank, in),
        quantized(b, INT16, 2e-5f, units * rank, memory),
        b.constant(bias),
        variable(b, INT16, Quantization.perTensor(0.002f, 0), batch, memory * units * rank));
  }

  private static Value variable(
      CaseBuilder b, TensorType type, Quantization quantization, int... dims) {
    Value plain = b.variable(type, dims);
    return b.graph().update(plain.withQuantization(quantization));
  }

  /** The sizes of an LSTM layer and its optional weights. */
  private record LstmLayer(
      int in, int cells, int out, boolean inputGate, boolean peephole, boolean projects) {
    LstmLayer withInput(int size) {
      return new LstmLayer(size, cells, out, inputGate, peephole, projects);
    }
  }

  /** Adds the weights of one LSTM layer, from operand {@code first} on. */
  private static void addLayer(
      CaseBuilder b, @Nullable Value[] operands, int first, TensorType type, LstmLayer layer) {
    int cells = layer.cells;
    for (int gate = layer.inputGate ? 0 : 1; gate < 4; gate++) {
      operands[first + gate] = weights(b, type, cells, layer.in);
      operands[first + 4 + gate] = weights(b, type, cells, layer.out);
      operands[first + 11 + gate] = weights(b, FLOAT32, cells);
    }
    for (int gate = layer.inputGate ? 0 : 1; layer.peephole && gate < 3; gate++) {
      operands[first + 8 + gate] = weights(b, type, cells);
    }
    operands[first + 15] = layer.projects ? weights(b, type, layer.out, cells) : null;
    operands[first + 16] = layer.projects && b.chance(0.5) ? weights(b, FLOAT32, layer.out) : null;
  }

  private static void lstm(CaseBuilder b, boolean single) {
    if (b.chance(0.3)) {
      integerLstm(b, single, false);
      return;
    }
    int batch = b.between(1, 3);
    int time = b.between(1, 4);
    int in = b.between(1, 9);
    int cells = b.between(1, 6);
    boolean projects = b.chance(0.3);
    int out = projects ? b.between(1, 5) : cells;
    boolean inputGate = b.chance(0.8);
    boolean timeMajor = b.chance(0.5);
    boolean normalized = b.chance(0.3);
    TensorType type = b.oneOf(FLOAT32, INT8);
    @Nullable Value[] operands = new Value[normalized ? 24 : 20];
    operands[0] = single ? b.input(FLOAT32, batch, in) : sequence(b, timeMajor, batch, time, in);
    var layer = new LstmLayer(in, cells, out, inputGate, b.chance(0.3), projects);
    addLayer(b, operands, 1, type, layer);
    operands[18] = b.variable(FLOAT32, batch, out);
    operands[19] = b.variable(FLOAT32, batch, cells);
    for (int gate = inputGate ? 0 : 1; normalized && gate < 4; gate++) {
      operands[20 + gate] = weights(b, FLOAT32, cells);
    }
    float cellClip = b.oneOf(0f, 0.4f);
    float projectionClip = projects ? b.oneOf(0f, 0.2f) : 0;
    boolean asymmetric = b.chance(0.5);
    b.output(
        single
            ? new Lstm(Activation.TANH, cellClip, projectionClip, 0, asymmetric)
            : new UnidirectionalSequenceLstm(
                Activation.TANH, cellClip, projectionClip, timeMajor, asymmetric, false),
        operands);
  }

  private static void twoLstms(CaseBuilder b) {
    int batch = b.between(1, 3);
    int time = b.between(1, 4);
    int in = b.between(1, 6);
    boolean timeMajor = b.chance(0.5);
    // The native kernel writes merged outputs of batches at wrong offsets.
    boolean merge = b.chance(0.5) && (timeMajor || batch == 1);
    boolean inputGate = b.chance(0.8);
    boolean peephole = b.chance(0.3);
    boolean projects = b.chance(0.3);
    TensorType type = b.oneOf(FLOAT32, INT8);
    int auxiliary = b.between(0, 2);
    int second = in;
    int cells = b.between(1, 5);
    int out = projects ? b.between(1, 4) : cells;
    @Nullable Value[] operands = new Value[48];
    operands[0] = sequence(b, timeMajor, batch, time, in);
    var layer = new LstmLayer(in, cells, out, inputGate, peephole, projects);
    addLayer(b, operands, 1, type, layer);
    addLayer(b, operands, 18, type, layer.withInput(auxiliary == 1 ? second : in));
    operands[35] = b.variable(FLOAT32, batch, out);
    operands[36] = b.variable(FLOAT32, batch, cells);
    operands[37] = b.variable(FLOAT32, batch, out);
    operands[38] = b.variable(FLOAT32, batch, cells);
    operands[39] = auxiliary == 0 ? null : sequence(b, timeMajor, batch, time, second);
    for (int gate = inputGate ? 0 : 1; auxiliary == 2 && gate < 4; gate++) {
      operands[40 + gate] = weights(b, type, cells, second);
      operands[44 + gate] = weights(b, type, cells, second);
    }
    var op =
        new BidirectionalSequenceLstm(
            Activation.TANH,
            b.oneOf(0f, 0.4f),
            projects ? b.oneOf(0f, 0.2f) : 0,
            merge,
            timeMajor,
            b.chance(0.5));
    b.outputs(merge ? 1 : 2, op, operands);
  }

  /**
   * Generates an integer LSTM with a 16-bit cell state and quantized intermediate results.
   *
   * @param peepholeAndProjection whether it has both peephole weights and a projection, the {@link
   *     KnownDifference known difference}
   */
  static void integerLstm(CaseBuilder b, boolean single, boolean peepholeAndProjection) {
    int batch = b.between(1, 3);
    int time = b.between(1, 4);
    int in = b.between(1, 9);
    int cells = b.between(peepholeAndProjection ? 4 : 1, 6);
    boolean projects = peepholeAndProjection || b.chance(0.3);
    int out = peepholeAndProjection ? 1 : projects ? b.between(1, 5) : cells;
    boolean inputGate = b.chance(0.8);
    boolean peephole = peepholeAndProjection || (out == cells && b.chance(0.3));
    boolean normalized = b.chance(0.4);
    boolean timeMajor = b.chance(0.5);
    Quantization input = Quantization.perTensor(0.03f, b.between(-30, 30));
    Quantization state = Quantization.perTensor(0.008f, b.between(-20, 20));
    @Nullable Value[] operands = new Value[24];
    int[] dims =
        single
            ? new int[] {batch, in}
            : new int[] {timeMajor ? time : batch, timeMajor ? batch : time, in};
    operands[0] = b.input(b.randomTensor(INT8, input, dims));
    for (int gate = inputGate ? 0 : 1; gate < 4; gate++) {
      operands[1 + gate] = quantized(b, INT8, 0.01f, cells, in);
      operands[5 + gate] = quantized(b, INT8, 0.01f, cells, out);
      operands[12 + gate] =
          bias(b, normalized ? 1e-5f : 0.0003f, normalized ? 20_000 : 3000, cells);
      if (normalized) {
        operands[20 + gate] = quantized(b, INT16, 2e-5f, cells);
      }
      if (peephole && gate != 2) {
        operands[gate == 3 ? 11 : 9 + gate] = quantized(b, INT16, 2e-5f, cells);
      }
    }
    operands[16] = projects ? quantized(b, INT8, 0.01f, out, cells) : null;
    operands[17] = projects ? bias(b, 0.0001f, 3000, out) : null;
    operands[18] = variable(b, INT8, state, batch, out);
    operands[19] = variable(b, INT16, Quantization.perTensor(Math.scalb(1f, -11), 0), batch, cells);
    Quantization hidden = Quantization.perTensor(0.006f, b.between(-20, 20));
    List<Value> intermediates = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Quantization scale = i == 4 ? hidden : Quantization.perTensor(0.001f + 0.0002f * i, 0);
      intermediates.add(
          b.graph()
              .value(
                  Value.of(0, "intermediate" + i, i == 4 ? INT8 : INT16, Shape.of(1))
                      .withQuantization(scale)));
    }
    float cellClip = b.oneOf(0f, 0.4f);
    float projectionClip = projects ? b.oneOf(0f, 0.2f) : 0;
    b.outputWithIntermediates(
        INT8,
        projects ? state : hidden,
        intermediates,
        single
            ? new Lstm(Activation.TANH, cellClip, projectionClip, 0, false)
            : new UnidirectionalSequenceLstm(
                Activation.TANH, cellClip, projectionClip, timeMajor, false, false),
        operands);
  }

  private static Value bias(CaseBuilder b, float scale, int range, int count) {
    Tensor bias = b.randomTensor(INT32, Quantization.perTensor(scale, 0), count);
    for (long i = 0; i < count; i++) {
      bias.setInteger(i, b.between(-range, range));
    }
    return b.constant(bias);
  }
}
