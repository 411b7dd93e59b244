package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.activation.Gelu;
import dev.whittle.ir.op.activation.LogSoftmax;
import dev.whittle.ir.op.activation.Prelu;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.image.ResizeBilinear;
import dev.whittle.ir.op.image.ResizeNearestNeighbor;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Log;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.math.Pow;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.op.nn.BatchMatMul;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.Conv3D;
import dev.whittle.ir.op.nn.Conv3DTranspose;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.nn.L2Normalization;
import dev.whittle.ir.op.nn.LocalResponseNormalization;
import dev.whittle.ir.op.nn.TransposeConv;
import dev.whittle.ir.op.recurrent.UnidirectionalSequenceLstm;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.ArgMin;
import dev.whittle.ir.op.reduce.Cumsum;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.op.type.Cast;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fast kernels on sizes that no vector divides, against the reference kernels: integers bit for
 * bit, floats up to the order of sums. Small cases of all forms are in the conformance tests.
 */
@Tag("vector-widths")
@Tag("without-vectors")
class KernelSelectorTest {
  private static final Quantization A = Quantization.perTensor(0.021f, -5);
  private static final Quantization B = Quantization.perTensor(0.0313f, 7);
  private static final Quantization C = Quantization.perTensor(0.0527f, 3);

  private static final Map<String, Function<KernelCase, Value>> CASES = new LinkedHashMap<>();

  private static TransposeConv transposed(Padding padding, int stride) {
    return new TransposeConv(padding, stride, stride, Activation.RELU, TensorType.FLOAT32);
  }

  private static Conv2D convolution(int stride) {
    return new Conv2D(Padding.SAME, stride, stride, Activation.RELU, 1, 1, TensorType.FLOAT32);
  }

  private static Value lstm(KernelCase c, boolean hybrid, boolean timeMajor, boolean inputGate) {
    Value[] operands = new Value[20];
    operands[0] = timeMajor ? c.floats(7, 3, 19) : c.floats(3, 7, 19);
    for (int gate = inputGate ? 0 : 1; gate < 4; gate++) {
      operands[1 + gate] = hybrid ? c.stored(-1, 21, 19) : c.weights(21, 19);
      operands[5 + gate] = hybrid ? c.stored(-1, 21, 21) : c.weights(21, 21);
      operands[12 + gate] = c.weights(21);
    }
    operands[18] = c.state(3, 21);
    operands[19] = c.state(3, 21);
    return c.node(
        new UnidirectionalSequenceLstm(Activation.TANH, 0.9f, 0, timeMajor, true, false), operands);
  }

  static {
    CASES.put(
        "matrices by broadcast matrices",
        c ->
            c.node(
                new BatchMatMul(false, false, false), c.floats(3, 2, 51, 23), c.floats(2, 23, 37)));
    CASES.put(
        "transposed matrices",
        c -> c.node(new BatchMatMul(true, true, false), c.floats(3, 23, 51), c.floats(3, 37, 23)));
    CASES.put(
        "matrices by a constant one",
        c -> c.node(new BatchMatMul(false, true, false), c.floats(3, 5, 23), c.weights(37, 23)));
    CASES.put(
        "matrices of bytes",
        c ->
            c.quantized(
                Quantization.perTensor(0.2f, 3),
                new BatchMatMul(false, true, false),
                c.bytes(A, 3, 50, 77),
                c.bytes(B, 3, 35, 77)));
    CASES.put(
        "matrices of bytes that no single sum does for",
        c ->
            c.quantized(
                Quantization.perTensor(0.5f, 3),
                new BatchMatMul(true, false, false),
                c.bytes(A, 2, 600, 13),
                c.bytes(B, 1, 600, 35)));
    CASES.put(
        "matrices of floats by bytes",
        c ->
            c.node(new BatchMatMul(false, false, true), c.floats(2, 13, 77), c.stored(-1, 77, 35)));
    CASES.put(
        "matrices of floats by bytes that no single sum does for",
        c ->
            c.node(
                new BatchMatMul(false, true, true), c.floats(2, 13, 700), c.stored(-1, 35, 700)));
    CASES.put(
        "a dense layer with computed weights",
        c ->
            c.node(
                new FullyConnected(Activation.RELU, false),
                c.floats(29, 33),
                c.floats(45, 33),
                c.floats(45)));
    CASES.put(
        "a transposed convolution",
        c ->
            c.node(
                transposed(Padding.SAME, 2),
                c.list(2, 14, 10, 21),
                c.weights(21, 4, 3, 19),
                c.floats(2, 7, 5, 19),
                c.weights(21)));
    CASES.put(
        "a transposed convolution without padding",
        c ->
            c.node(
                transposed(Padding.VALID, 3),
                c.list(1, 23, 17, 9),
                c.weights(9, 5, 5, 6),
                c.floats(1, 7, 5, 6)));
    CASES.put(
        "a transposed convolution of bytes",
        c ->
            c.quantized(
                C,
                transposed(Padding.SAME, 2),
                c.list(2, 14, 10, 21),
                c.stored(0, 21, 4, 3, 19),
                c.bytes(A, 2, 7, 5, 19),
                c.bias(21)));
    CASES.put(
        "a grouped convolution",
        c -> c.node(convolution(1), c.floats(2, 9, 7, 24), c.weights(36, 3, 3, 6), c.weights(36)));
    CASES.put(
        "floats stored in 16 bits",
        c ->
            c.quantized(
                TensorType.INT16,
                Quantization.perTensor(0.00005f, 0),
                new Quantize(),
                c.floats(3, 5000)));
    CASES.put(
        "16-bit columns of a deep sum",
        c ->
            c.quantized(
                TensorType.INT16,
                Quantization.perTensor(0.0004f, 0),
                convolution(1),
                c.shorts(Quantization.perTensor(0.0002f, 0), 1, 4, 4, 1500),
                c.stored(0, 40, 1, 1, 1500),
                c.wideBias(40)));
    CASES.put(
        "columns of a few more than four vectors",
        c ->
            c.quantized(
                C,
                convolution(1),
                c.bytes(A, 1, 15, 15, 24),
                c.stored(0, 72, 1, 1, 24),
                c.bias(72)));
    CASES.put(
        "a grouped convolution of bytes",
        c ->
            c.quantized(
                C, convolution(2), c.bytes(A, 2, 9, 7, 24), c.stored(0, 36, 3, 3, 6), c.bias(36)));
    CASES.put(
        "several outputs a channel",
        c ->
            c.node(
                new DepthwiseConv2D(Padding.SAME, 1, 1, 3, Activation.RELU6, 1, 1),
                c.floats(2, 9, 7, 5),
                c.weights(1, 3, 3, 15),
                c.weights(15)));
    CASES.put(
        "several outputs of one channel, of bytes",
        c ->
            c.quantized(
                C,
                new DepthwiseConv2D(Padding.SAME, 2, 2, 8, Activation.RELU, 1, 1),
                c.bytes(A, 1, 49, 40, 1),
                c.stored(3, 1, 10, 8, 8),
                c.bias(8)));
    CASES.put(
        "sum of bytes",
        c -> c.quantized(C, new Add(), c.bytes(A, 2, 31, 19), c.bytes(B, 2, 31, 19)));
    CASES.put(
        "sum of bytes whose halves are many",
        c ->
            c.quantized(
                Quantization.perTensor(0.04f, 1),
                new Add(),
                c.bytes(Quantization.perTensor(0.02f, 3), 2, 31, 19),
                c.bytes(Quantization.perTensor(0.02f, -9), 2, 31, 19)));
    CASES.put(
        "difference of unsigned bytes and a row",
        c ->
            c.quantized(
                TensorType.UINT8, C, new Sub(), c.unsigned(A, 2, 31, 700), c.unsigned(B, 700)));
    CASES.put(
        "sum of bytes with a number",
        c -> c.quantized(C, new Add(Activation.RELU, false), c.bytes(A, 2, 31, 19), c.bytes(B, 1)));
    CASES.put(
        "product of bytes",
        c -> c.quantized(C, new Mul(), c.bytes(A, 2, 31, 19), c.bytes(B, 2, 31, 19)));
    CASES.put(
        "product of bytes and a column",
        c -> c.quantized(C, new Mul(), c.bytes(A, 2, 31, 19), c.bytes(B, 2, 31, 1)));
    CASES.put("softmax of bytes", c -> c.quantized(softmax(), new Softmax(1), c.bytes(C, 9, 77)));
    CASES.put("logarithms of a softmax", c -> c.node(new LogSoftmax(), c.floats(9, 77)));
    CASES.put(
        "floats of bytes",
        c ->
            c.node(
                new Cast(TensorType.UINT8, TensorType.FLOAT32),
                c.graph().input("x", TensorType.UINT8, Shape.of(9, 77))));
    CASES.put("GELU", c -> c.node(new Gelu(false), c.floats(9, 77)));
    CASES.put("GELU by tanh", c -> c.node(new Gelu(true), c.floats(9, 77)));
    CASES.put("logarithm", c -> c.node(new Log(), c.floats(9, 77)));
    CASES.put("leak by channel", c -> c.node(new Prelu(), c.floats(9, 77), c.weights(77)));
    CASES.put(
        "square",
        c ->
            c.node(
                new Pow(), c.floats(9, 77), c.graph().constant("two", Tensor.of(new float[] {2}))));
    for (boolean align : new boolean[] {false, true}) {
      var op = new ResizeBilinear(align, !align);
      CASES.put("resized " + align, c -> c.node(op, c.floats(2, 7, 9, 21), c.list(13, 5)));
      CASES.put(
          "bytes resized " + align,
          c -> c.quantized(A, op, c.bytes(A, 2, 7, 9, 21), c.list(13, 5)));
      CASES.put(
          "unsigned bytes resized " + align,
          c -> c.quantized(TensorType.UINT8, A, op, c.unsigned(A, 2, 7, 9, 21), c.list(13, 5)));
    }
    CASES.put(
        "the nearest",
        c -> c.node(new ResizeNearestNeighbor(false, true), c.floats(2, 7, 9, 5), c.list(13, 5)));
    CASES.put(
        "rim before a convolution",
        c ->
            c.node(
                new Conv2D(Padding.VALID, 2, 2, Activation.RELU, 1, 1, TensorType.FLOAT32),
                padding(c, c.floats(2, 12, 10, 9), null),
                c.weights(17, 3, 3, 9),
                c.weights(17)));
    CASES.put(
        "rim of bytes before a convolution",
        c ->
            c.quantized(
                C,
                new Conv2D(Padding.VALID, 1, 1, Activation.RELU, 1, 1, TensorType.FLOAT32),
                padding(c, c.bytes(A, 2, 12, 10, 9), A),
                c.stored(0, 17, 3, 3, 9),
                c.bias(17)));
    CASES.put(
        "rim before a depthwise convolution",
        c ->
            c.node(
                new DepthwiseConv2D(Padding.VALID, 1, 1, 1, Activation.RELU6, 1, 1),
                padding(c, c.floats(2, 12, 10, 19), null),
                c.weights(1, 3, 3, 19),
                c.weights(19)));
    CASES.put(
        "rim of bytes before a depthwise convolution",
        c ->
            c.quantized(
                C,
                new DepthwiseConv2D(Padding.VALID, 2, 2, 1, Activation.RELU6, 1, 1),
                padding(c, c.bytes(A, 2, 12, 10, 19), A),
                c.stored(3, 1, 3, 3, 19),
                c.bias(19)));
    CASES.put(
        "tiles of a convolution",
        c ->
            c.node(
                convolution(1), c.floats(2, 13, 11, 35), c.weights(45, 3, 3, 35), c.weights(45)));
    CASES.put(
        "tiles of a convolution without padding",
        c ->
            c.node(
                new Conv2D(Padding.VALID, 1, 1, Activation.RELU6, 1, 1, TensorType.FLOAT32),
                c.floats(3, 10, 13, 40),
                c.weights(64, 3, 3, 40)));
    CASES.put(
        "rim as wide as a filter before tiles of a convolution",
        c ->
            c.node(
                new Conv2D(Padding.VALID, 1, 1, Activation.NONE, 1, 1, TensorType.FLOAT32),
                c.node(new Pad(), c.floats(2, 12, 9, 33), c.pairs(0, 0, 2, 2, 2, 2, 0, 0)),
                c.weights(37, 3, 3, 33),
                c.weights(37)));
    CASES.put(
        "rim before tiles of a convolution",
        c ->
            c.node(
                new Conv2D(Padding.VALID, 1, 1, Activation.NONE, 1, 1, TensorType.FLOAT32),
                padding(c, c.floats(2, 12, 10, 33), null),
                c.weights(37, 3, 3, 33),
                c.weights(37)));
    CASES.put(
        "volumes",
        c ->
            c.node(
                new Conv3D(Padding.SAME, 1, 1, 1, Activation.RELU, 1, 1, 1),
                c.floats(2, 5, 9, 11, 7),
                c.weights(3, 3, 3, 7, 37),
                c.weights(37)));
    CASES.put(
        "volumes with strides",
        c ->
            c.node(
                new Conv3D(Padding.SAME, 2, 3, 2, Activation.NONE, 1, 1, 1),
                c.floats(2, 6, 10, 13, 17),
                c.weights(2, 3, 4, 17, 5)));
    CASES.put(
        "volumes with dilations",
        c ->
            c.node(
                new Conv3D(Padding.SAME, 1, 1, 1, Activation.RELU6, 2, 3, 2),
                c.floats(1, 5, 9, 11, 9),
                c.weights(3, 2, 3, 9, 21),
                c.weights(21)));
    CASES.put(
        "volumes without padding",
        c ->
            c.node(
                new Conv3D(Padding.VALID, 2, 1, 1, Activation.NONE, 1, 1, 2),
                c.floats(3, 7, 30, 41, 3),
                c.weights(3, 3, 3, 3, 19),
                c.weights(19)));
    CASES.put(
        "volumes to one column",
        c ->
            c.node(
                new Conv3D(Padding.SAME, 1, 1, 1, Activation.NONE, 1, 1, 1),
                c.floats(2, 5, 9, 11, 7),
                c.weights(3, 1, 1, 7, 1),
                c.weights(1)));
    CASES.put(
        "volumes, element by element",
        c ->
            c.node(
                new Conv3D(Padding.VALID, 1, 1, 1, Activation.NONE, 1, 1, 1),
                c.floats(2, 5, 9, 11, 33),
                c.weights(1, 1, 1, 33, 18),
                c.weights(18)));
    CASES.put(
        "volumes, plane by plane",
        c ->
            c.node(
                new Conv3D(Padding.SAME, 1, 1, 1, Activation.NONE, 1, 1, 1),
                c.floats(2, 5, 9, 11, 33),
                c.weights(1, 3, 3, 33, 18),
                c.weights(18)));
    CASES.put(
        "transposed volumes",
        c ->
            c.node(
                new Conv3DTranspose(Padding.SAME, 2, 2, 2, Activation.RELU, 1, 1, 1),
                c.list(2, 6, 10, 14, 21),
                c.weights(3, 3, 3, 21, 9),
                c.floats(2, 3, 5, 7, 9),
                c.weights(21)));
    CASES.put(
        "transposed volumes without padding",
        c ->
            c.node(
                new Conv3DTranspose(Padding.VALID, 2, 1, 3, Activation.NONE, 1, 1, 1),
                c.list(1, 7, 16, 9, 5),
                c.weights(3, 4, 3, 5, 17),
                c.floats(1, 3, 5, 7, 17)));
    for (boolean least : new boolean[] {false, true}) {
      String name = least ? "the least" : "the greatest";
      Op to32 = least ? new ArgMin(TensorType.INT32) : new ArgMax(TensorType.INT32);
      Op to64 = least ? new ArgMin(TensorType.INT64) : new ArgMax(TensorType.INT64);
      CASES.put(name + " of short rows", c -> c.node(to32, c.floats(17, 61, 21), scalar(c, 2)));
      CASES.put(name + " of long rows", c -> c.node(to64, c.floats(9, 77), scalar(c, -1)));
      CASES.put(name + " of columns", c -> c.node(to64, c.floats(3, 77, 150), scalar(c, 1)));
      CASES.put(
          name + " of many equal numbers",
          c -> c.node(to32, c.node(new Mul(), signs(c, 500, 7), signs(c, 500, 7)), scalar(c, 1)));
      for (int length : new int[] {7, 77}) {
        CASES.put(
            name + " of some numbers of " + length,
            c -> c.node(to32, c.node(new Log(), c.floats(300, length)), scalar(c, 1)));
      }
      CASES.put(name + " of bytes", c -> c.node(to32, c.bytes(A, 300, 33), scalar(c, 1)));
      CASES.put(
          name + " of unsigned bytes", c -> c.node(to32, c.unsigned(A, 300, 33), scalar(c, 1)));
      CASES.put(
          name + " of long rows of bytes", c -> c.node(to32, c.bytes(A, 9, 333), scalar(c, 1)));
      CASES.put(
          name + " of columns of bytes", c -> c.node(to32, c.unsigned(A, 5, 33, 3), scalar(c, -2)));
    }
    CASES.put("softmax of short rows", c -> c.node(new Softmax(0.7f), c.floats(3, 131, 21)));
    CASES.put("softmax of rows of one", c -> c.node(new Softmax(1), c.floats(131, 1)));
    CASES.put("lengths", c -> c.node(new L2Normalization(Activation.NONE), c.floats(5, 31, 77)));
    CASES.put(
        "lengths of zeros", c -> c.node(new L2Normalization(Activation.NONE), signs(c, 200, 3)));
    for (float beta : new float[] {0.5f, 0.75f, 1, 0.6f}) {
      CASES.put(
          "responses to the power " + beta,
          c ->
              c.node(new LocalResponseNormalization(3, 1.5f, 0.4f, beta), c.floats(2, 19, 13, 37)));
    }
    CASES.put(
        "responses of few channels",
        c -> c.node(new LocalResponseNormalization(5, 1, 0.4f, 0.5f), c.floats(200, 3)));
    CASES.put(
        "responses alone",
        c -> c.node(new LocalResponseNormalization(0, 1, 0.4f, 0.5f), c.floats(3, 3000)));
    for (int flags = 0; flags < 4; flags++) {
      var op = new Cumsum((flags & 1) != 0, (flags & 2) != 0);
      CASES.put(op + " of rows", c -> c.node(op, c.floats(3, 7, 1031), scalar(c, 2)));
      CASES.put(op + " of columns", c -> c.node(op, c.floats(3, 7, 1031), scalar(c, -2)));
    }
    CASES.put("LSTM", c -> lstm(c, false, false, true));
    CASES.put("LSTM without input gate, by time", c -> lstm(c, false, true, false));
    CASES.put("LSTM with weights of bytes", c -> lstm(c, true, true, true));
  }

  /** Two rows and a column before, a row and two columns behind. */
  private static Value padding(KernelCase c, Value input, @Nullable Quantization quantization) {
    Value plain = Value.of(-1, "padded", input.type(), Shape.UNKNOWN);
    Value declared = quantization == null ? plain : plain.withQuantization(quantization);
    return c.graph().node(declared, new Pad(), input, c.pairs(0, 0, 2, 1, 1, 2, 0, 0));
  }

  /** Minus one, zero or one. */
  private static Value signs(KernelCase c, int... dims) {
    return c.cast(TensorType.FLOAT32, c.cast(TensorType.INT32, c.floats(dims)));
  }

  private static Quantization softmax() {
    return Quantization.perTensor(1 / 256f, -128);
  }

  private static Value scalar(KernelCase c, int value) {
    return c.graph().constant("axis", Tensor.of(new int[] {value}));
  }

  static Stream<String> cases() {
    return CASES.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resultsAreThoseOfTheReferenceKernelsForAnyNumberOfThreads(String name) {
    KernelCase.compare(name, Objects.requireNonNull(CASES.get(name)));
  }
}
