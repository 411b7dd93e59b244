package dev.whittle.runtime.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.GraphBuilder;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fast kernels of recurrent layers on sizes that no vector divides, and on depths whose sums are
 * exact only in parts, against the reference kernels: integers bit for bit, and so floats with
 * 8-bit weights except where the cells' functions differ.
 */
@Tag("vector-widths")
@Tag("without-vectors")
class RecurrentSelectorTest {
  private static final Quantization INPUT = Quantization.perTensor(0.03f, 7);
  private static final Quantization STATE = Quantization.perTensor(0.008f, -9);
  private static final Quantization CELLS = Quantization.perTensor(Math.scalb(1f, -11), 0);

  private static final Map<String, Function<KernelCase, Value>> CASES = new LinkedHashMap<>();

  private static Value state(
      KernelCase c, String name, TensorType type, Quantization quantization, int... dims) {
    Value plain = Value.of(0, name, type, Shape.of(dims)).withQuantization(quantization);
    return c.graph().value(plain.withVariable(true));
  }

  private static Value bias(KernelCase c, String name, float scale, int count) {
    var bias =
        new Tensor(TensorType.INT32, Quantization.perTensor(scale, 0), Tensor.Allocator.AUTOMATIC);
    bias.resize(count);
    for (int i = 0; i < count; i++) {
      bias.setInteger(i, 37L * i - 500);
    }
    return c.graph().constant(name, bias);
  }

  /** An LSTM of integers; {@code steps} is 0 for a single step. */
  private static Value integerLstm(
      KernelCase c, int batch, int steps, int in, int cells, boolean timeMajor, boolean inputGate) {
    Value[] operands = new Value[20];
    operands[0] =
        steps == 0
            ? c.bytes(INPUT, batch, in)
            : c.bytes(INPUT, timeMajor ? steps : batch, timeMajor ? batch : steps, in);
    for (int gate = inputGate ? 0 : 1; gate < 4; gate++) {
      operands[1 + gate] = c.stored(-1, cells, in);
      operands[5 + gate] = c.stored(-1, cells, cells);
      operands[12 + gate] = bias(c, "bias" + gate, 0.0001f, cells);
    }
    operands[18] = state(c, "h", TensorType.INT8, STATE, batch, cells);
    operands[19] = state(c, "c", TensorType.INT16, CELLS, batch, cells);
    List<Value> intermediates = new ArrayList<>();
    GraphBuilder graph = c.graph();
    for (int i = 0; i < 5; i++) {
      Value plain = Value.of(0, "i" + i, i == 4 ? TensorType.INT8 : TensorType.INT16, Shape.of(1));
      Quantization scale = i == 4 ? STATE : Quantization.perTensor(0.001f, 0);
      intermediates.add(graph.value(plain.withQuantization(scale)));
    }
    Value y =
        c.quantized(
            STATE,
            steps == 0
                ? new Lstm(Activation.TANH, 0.7f, 0, 0, false)
                : new UnidirectionalSequenceLstm(Activation.TANH, 0, 0, timeMajor, false, false),
            operands);
    graph.setIntermediates(intermediates);
    return y;
  }

  private static Value weights(KernelCase c, boolean hybrid, int... dims) {
    return hybrid ? c.stored(-1, dims) : c.weights(dims);
  }

  private static Value lstmStep(KernelCase c, boolean hybrid) {
    Value[] operands = new Value[20];
    operands[0] = c.floats(3, 19);
    for (int gate = 0; gate < 4; gate++) {
      operands[1 + gate] = weights(c, hybrid, 21, 19);
      operands[5 + gate] = weights(c, hybrid, 21, 21);
      operands[12 + gate] = c.weights(21);
    }
    operands[18] = c.state(3, 21);
    operands[19] = c.state(3, 21);
    return c.node(new Lstm(Activation.TANH, 0.9f, 0, 0, false), operands);
  }

  private static Value twoLstms(KernelCase c, boolean hybrid, boolean timeMajor) {
    Value[] operands = new Value[48];
    operands[0] = timeMajor ? c.floats(7, 3, 19) : c.floats(3, 7, 19);
    for (int layer = 0; layer < 2; layer++) {
      int first = 1 + 17 * layer;
      int cells = 21 + 6 * layer;
      for (int gate = 0; gate < 4; gate++) {
        operands[first + gate] = weights(c, hybrid, cells, 19);
        operands[first + 4 + gate] = weights(c, hybrid, cells, cells);
        operands[first + 11 + gate] = c.weights(cells);
      }
      operands[35 + 2 * layer] = c.state(3, cells);
      operands[36 + 2 * layer] = c.state(3, cells);
    }
    return c.node(
        new BidirectionalSequenceLstm(Activation.TANH, 0, 0, true, timeMajor, true), operands);
  }

  private static Value rnn(KernelCase c, Activation activation, boolean hybrid, boolean timeMajor) {
    return c.node(
        new UnidirectionalSequenceRnn(timeMajor, activation, true),
        timeMajor ? c.floats(7, 3, 37) : c.floats(3, 41, 37),
        weights(c, hybrid, 21, 37),
        weights(c, hybrid, 21, 21),
        c.weights(21),
        c.state(3, 21));
  }

  private static Value twoRnns(KernelCase c, boolean hybrid) {
    Value[] operands = new Value[12];
    operands[0] = c.floats(3, 7, 37);
    for (int layer = 0; layer < 2; layer++) {
      int units = 21 - 12 * layer;
      operands[1 + 4 * layer] = weights(c, hybrid, units, 37);
      operands[2 + 4 * layer] = weights(c, hybrid, units, units);
      operands[3 + 4 * layer] = c.weights(units);
      operands[4 + 4 * layer] = c.state(3, units);
    }
    return c.node(new BidirectionalSequenceRnn(false, Activation.TANH, true, false), operands);
  }

  private static Value svdf(KernelCase c, boolean hybrid, int in) {
    return c.node(
        new Svdf(3, Activation.RELU, hybrid),
        c.floats(5, in),
        weights(c, hybrid, 51, in),
        weights(c, hybrid, 51, 11),
        c.weights(17),
        c.state(5, 51 * 11));
  }

  private static Value integerSvdf(KernelCase c, int in) {
    var time =
        new Tensor(
            TensorType.INT16, Quantization.perTensor(0.0002f, 0), Tensor.Allocator.AUTOMATIC);
    time.resize(34, 11);
    for (int i = 0; i < time.elements(); i++) {
      time.setInteger(i, (i * 7919 % 6001) - 3000);
    }
    Quantization memory = Quantization.perTensor(0.0003f, 0);
    return c.quantized(
        Quantization.perTensor(0.02f, 3),
        new Svdf(2, Activation.RELU, false),
        c.bytes(INPUT, 5, in),
        c.stored(-1, 34, in),
        c.graph().constant("time", time),
        bias(c, "bias", 1e-7f, 17),
        state(c, "memory", TensorType.INT16, memory, 5, 34 * 11));
  }

  static {
    CASES.put("LSTM of bytes", c -> integerLstm(c, 3, 41, 19, 21, false, true));
    CASES.put("LSTM of bytes by time", c -> integerLstm(c, 3, 7, 19, 21, true, false));
    CASES.put("LSTM of bytes in parts", c -> integerLstm(c, 1, 3, 1100, 530, false, true));
    CASES.put("step of an LSTM of bytes", c -> integerLstm(c, 3, 0, 19, 21, false, true));
    CASES.put("step of an LSTM", c -> lstmStep(c, false));
    CASES.put("step of an LSTM with weights of bytes", c -> lstmStep(c, true));
    CASES.put("two LSTMs", c -> twoLstms(c, false, false));
    CASES.put("two LSTMs by time", c -> twoLstms(c, false, true));
    CASES.put("two LSTMs with weights of bytes", c -> twoLstms(c, true, false));
    CASES.put("RNN", c -> rnn(c, Activation.TANH, false, false));
    CASES.put("RNN by time", c -> rnn(c, Activation.RELU6, false, true));
    CASES.put("exact RNN with weights of bytes", c -> rnn(c, Activation.TANH, true, false));
    CASES.put("exact RNN with weights of bytes by time", c -> rnn(c, Activation.TANH, true, true));
    CASES.put(
        "step of an RNN",
        c ->
            c.node(
                new Rnn(Activation.TANH, false),
                c.floats(3, 37),
                c.weights(21, 37),
                c.weights(21, 21),
                c.weights(21),
                c.state(3, 21)));
    CASES.put("two RNNs", c -> twoRnns(c, false));
    CASES.put("exact two RNNs with weights of bytes", c -> twoRnns(c, true));
    CASES.put("SVDF", c -> svdf(c, false, 37));
    CASES.put("exact SVDF with weights of bytes", c -> svdf(c, true, 37));
    CASES.put("exact SVDF with weights of bytes in parts", c -> svdf(c, true, 1100));
    CASES.put("SVDF of bytes", c -> integerSvdf(c, 37));
    CASES.put("SVDF of bytes in parts", c -> integerSvdf(c, 1100));
  }

  static Stream<String> cases() {
    return CASES.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resultsAreThoseOfTheReferenceKernelsForAnyNumberOfThreads(String name) {
    var built = new KernelCase();
    Value y = Objects.requireNonNull(CASES.get(name)).apply(built);
    KernelCase.compare(
        name + ", seed " + KernelCase.SEED,
        built.graph().output(y).buildModel("test"),
        plan -> plan.forEach(node -> assertTrue(node.kernel().startsWith("fast"), node.kernel())),
        greatest -> name.startsWith("exact") ? 0 : Math.max(2e-5f, 1e-6f * greatest));
  }
}
