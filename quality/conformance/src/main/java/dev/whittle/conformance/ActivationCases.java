package dev.whittle.conformance;

import static dev.whittle.ir.tensor.TensorType.BOOL;
import static dev.whittle.ir.tensor.TensorType.FLOAT16;
import static dev.whittle.ir.tensor.TensorType.FLOAT32;
import static dev.whittle.ir.tensor.TensorType.FLOAT64;
import static dev.whittle.ir.tensor.TensorType.INT16;
import static dev.whittle.ir.tensor.TensorType.INT32;
import static dev.whittle.ir.tensor.TensorType.INT64;
import static dev.whittle.ir.tensor.TensorType.INT8;
import static dev.whittle.ir.tensor.TensorType.UINT8;

import dev.whittle.conformance.CaseGenerator.NativeKernel;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.Elu;
import dev.whittle.ir.op.activation.Gelu;
import dev.whittle.ir.op.activation.HardSwish;
import dev.whittle.ir.op.activation.LeakyRelu;
import dev.whittle.ir.op.activation.LogSoftmax;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Prelu;
import dev.whittle.ir.op.activation.Relu;
import dev.whittle.ir.op.activation.Relu0To1;
import dev.whittle.ir.op.activation.Relu6;
import dev.whittle.ir.op.activation.ReluN1To1;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.activation.Tanh;
import dev.whittle.ir.op.type.Cast;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;

/** Cases of activation functions and type conversions. */
final class ActivationCases {
  static final List<CaseGenerator> ALL =
      List.of(
          CaseGenerator.oneStep("ELU", b -> activation(b, new Elu(), INT8)),
          CaseGenerator.close("RELU", b -> activation(b, new Relu(), INT8, UINT8, INT16)),
          CaseGenerator.close("RELU_N1_TO_1", b -> activation(b, new ReluN1To1(), INT8, UINT8)),
          CaseGenerator.close("RELU6", b -> activation(b, new Relu6(), INT8, UINT8, INT16)),
          CaseGenerator.close("RELU_0_TO_1", b -> activation(b, new Relu0To1(), INT8, UINT8)),
          CaseGenerator.close("HARD_SWISH", ActivationCases::hardSwish),
          CaseGenerator.oneStep("GELU", b -> activation(b, new Gelu(b.chance(0.5)), INT8, UINT8)),
          CaseGenerator.close(
              "LEAKY_RELU", b -> activation(b, new LeakyRelu(0.2f), INT8, UINT8, INT16)),
          CaseGenerator.close("PRELU", ActivationCases::prelu),
          CaseGenerator.oneStep("TANH", b -> bounded(b, new Tanh(), 1f / 128, 0, 128)),
          CaseGenerator.oneStep("LOGISTIC", b -> bounded(b, new Logistic(), 1f / 256, -128, 0)),
          CaseGenerator.oneStep("SOFTMAX", ActivationCases::softmax)
              .withNativeKernel(NativeKernel.CRASHES_ON_EMPTY_TENSORS),
          CaseGenerator.oneStep("LOG_SOFTMAX", ActivationCases::logSoftmax)
              .withNativeKernel(NativeKernel.CRASHES_ON_EMPTY_TENSORS),
          CaseGenerator.exact("CAST", ActivationCases::cast),
          CaseGenerator.exact("QUANTIZE", ActivationCases::quantize),
          CaseGenerator.exact("DEQUANTIZE", ActivationCases::dequantize));

  private ActivationCases() {}

  private static Value floats(CaseBuilder b) {
    return b.input(FLOAT32, b.dims(0, 5));
  }

  private static void activation(CaseBuilder b, Op op, TensorType... quantizedTypes) {
    if (b.chance(0.4)) {
      b.output(op, floats(b));
      return;
    }
    TensorType type = b.oneOf(quantizedTypes);
    Value input = b.quantizedInput(type, b.dims(1, 4));
    b.output(type, b.quantization(type), op, input);
  }

  private static void hardSwish(CaseBuilder b) {
    if (b.chance(0.5)) {
      b.output(new HardSwish(), floats(b));
      return;
    }
    // The native kernel requires an output scale not much finer than the input's.
    TensorType type = b.oneOf(INT8, UINT8);
    float scale = (float) b.random().nextDouble(0.01, 0.1);
    int zero = type == INT8 ? b.between(-50, 50) : b.between(80, 180);
    Value input = b.input(b.randomTensor(type, Quantization.perTensor(scale, zero), b.dims(1, 4)));
    float outputScale = scale * (float) b.random().nextDouble(0.5, 2);
    b.output(
        type,
        Quantization.perTensor(outputScale, b.quantization(type).zeroPointValue()),
        new HardSwish(),
        input);
  }

  /** Generates a function whose integer kernels require one fixed output scale and zero point. */
  private static void bounded(CaseBuilder b, Op op, float scale, int signedZero, int unsignedZero) {
    switch (b.between(0, 3)) {
      case 0 -> b.output(op, floats(b));
      case 1 ->
          b.output(
              INT8,
              Quantization.perTensor(scale, signedZero),
              op,
              b.quantizedInput(INT8, b.dims(1, 4)));
      case 2 ->
          b.output(
              UINT8,
              Quantization.perTensor(scale, unsignedZero),
              op,
              b.quantizedInput(UINT8, b.dims(1, 4)));
      default -> {
        if (op instanceof Logistic || op instanceof Tanh) {
          float inputScale = b.oneOf(0.0003f, 0.001f, 1f / 4096);
          Tensor contents =
              b.randomTensor(INT16, Quantization.perTensor(inputScale, 0), b.dims(1, 4));
          b.output(INT16, Quantization.perTensor(1f / 32768, 0), op, b.input(contents));
        } else {
          b.output(op, floats(b));
        }
      }
    }
  }

  private static void softmax(CaseBuilder b) {
    float beta = b.oneOf(1f, 1f, 0.5f);
    switch (b.between(0, 4)) {
      case 4 ->
          b.output(
              INT16,
              Quantization.perTensor(1f / 32768, 0),
              new Softmax(beta),
              b.quantizedInput(b.oneOf(INT8, UINT8), b.dims(1, 4)));
      case 0 -> b.output(new Softmax(beta), b.input(FLOAT32, b.dims(1, 4)));
      case 3 ->
          b.output(
              INT16,
              Quantization.perTensor(1f / 32768, 0),
              new Softmax(beta),
              b.input(b.randomTensor(INT16, Quantization.perTensor(0.0003f, 0), b.dims(1, 4))));
      case 1 ->
          b.output(
              INT8,
              Quantization.perTensor(1f / 256, -128),
              new Softmax(beta),
              b.quantizedInput(INT8, b.dims(1, 4)));
      default ->
          b.output(
              UINT8,
              Quantization.perTensor(1f / 256, 0),
              new Softmax(beta),
              b.quantizedInput(UINT8, b.dims(1, 4)));
    }
  }

  private static void logSoftmax(CaseBuilder b) {
    if (b.chance(0.5)) {
      b.output(new LogSoftmax(), b.input(FLOAT32, b.dims(1, 4)));
      return;
    }
    b.output(
        INT8,
        Quantization.perTensor(16f / 256, 127),
        new LogSoftmax(),
        b.quantizedInput(INT8, b.dims(1, 4)));
  }

  private static void prelu(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    if (b.chance(0.5)) {
      TensorType type = b.oneOf(INT8, UINT8);
      Value input = b.quantizedInput(type, dims);
      Tensor alpha = b.randomTensor(type, b.quantization(type), b.broadcastable(dims));
      b.output(type, b.quantization(type), new Prelu(), input, b.constant(alpha));
      return;
    }
    b.output(
        new Prelu(),
        b.input(FLOAT32, dims),
        b.constant(b.randomTensor(FLOAT32, null, b.broadcastable(dims))));
  }

  private static void cast(CaseBuilder b) {
    TensorType from = b.oneOf(FLOAT32, INT32, INT64, UINT8, INT8, INT16, BOOL, FLOAT64);
    TensorType to = b.oneOf(FLOAT32, INT32, INT64, UINT8, INT8, INT16, BOOL, FLOAT64);
    Tensor contents = b.randomTensor(from, null, b.dims(0, 4));
    boolean toUnsigned = to == UINT8;
    // Converting a negative float to an unsigned integer is undefined in C++.
    for (long i = 0; i < contents.elements() && toUnsigned; i++) {
      switch (from) {
        case FLOAT32 -> contents.setFloat(i, Math.abs(contents.getFloat(i)));
        case FLOAT64 -> contents.data().set(Tensor.DOUBLE, i * 8, Math.abs(contents.getReal(i)));
        default -> {}
      }
    }
    b.output(new Cast(from, to), b.input(contents));
  }

  private static void quantize(CaseBuilder b) {
    int[] dims = b.dims(0, 4);
    TensorType to = b.oneOf(INT8, UINT8, INT16);
    if (b.chance(0.5)) {
      b.output(to, b.quantization(to), new Quantize(), b.input(FLOAT32, dims));
      return;
    }
    TensorType from = b.oneOf(INT8, UINT8, INT16, INT32);
    TensorType back =
        switch (from) {
          case INT16 -> b.oneOf(INT8, INT16, INT32);
          case INT32 -> b.oneOf(INT8, INT16);
          default -> b.oneOf(INT8, UINT8);
        };
    if (from == INT32 || back == INT32) {
      Quantization fine = Quantization.perTensor((float) b.random().nextDouble(1e-6, 1e-4), 0);
      Value wide = b.input(b.randomTensor(from, from == INT32 ? fine : b.quantization(from), dims));
      b.output(back, back == INT32 ? fine : b.quantization(back), new Quantize(), wide);
      return;
    }
    b.output(back, b.quantization(back), new Quantize(), b.quantizedInput(from, dims));
  }

  private static void dequantize(CaseBuilder b) {
    int[] dims = b.dims(0, 4);
    if (b.chance(0.25)) {
      Tensor halves = Tensor.allocate(FLOAT16, dims);
      for (long i = 0; i < halves.elements(); i++) {
        short half = Float.floatToFloat16((float) b.random().nextDouble(-9, 9));
        halves.data().set(Tensor.SHORT, i * 2, half);
      }
      b.output(new Dequantize(), b.constantOrInput(halves));
      return;
    }
    TensorType from = b.oneOf(INT8, UINT8, INT16);
    b.output(new Dequantize(), b.quantizedInput(from, dims));
  }
}
