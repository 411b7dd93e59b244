package dev.whittle.evaluate;

import dev.whittle.data.Sample;
import dev.whittle.ir.Model;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.SampleRunner;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Runs a model on samples and returns its first output as real numbers. */
public final class ModelRunner implements AutoCloseable {
  private final SampleRunner runner;

  /** Creates an interpreter of a model. */
  public ModelRunner(Model model, InterpreterOptions options) {
    runner = new SampleRunner(model, options);
  }

  /** Returns the interpreter, which this object owns. */
  public Interpreter interpreter() {
    return runner.interpreter();
  }

  /**
   * Returns the first output for a sample, dequantized if it is quantized.
   *
   * @throws IOException if the sample does not fit the model
   * @throws UnsupportedModelException if the output is not numeric
   */
  public float[] run(Sample sample) throws IOException {
    runner.load(sample);
    interpreter().invoke();
    return dequantized(interpreter().getOutputTensor(0));
  }

  /**
   * Returns all numeric outputs for a sample, dequantized if they are quantized.
   *
   * @throws IOException if the sample does not fit the model
   * @throws UnsupportedModelException if no output is numeric
   */
  public List<float[]> runAll(Sample sample) throws IOException {
    runner.load(sample);
    interpreter().invoke();
    List<float[]> outputs = new ArrayList<>();
    for (int i = 0; i < interpreter().getOutputTensorCount(); i++) {
      Tensor tensor = interpreter().getOutputTensor(i);
      if (isNumeric(tensor.type())) {
        outputs.add(dequantized(tensor));
      }
    }
    return outputs.isEmpty()
        ? List.of(dequantized(interpreter().getOutputTensor(0)))
        : List.copyOf(outputs);
  }

  private static boolean isNumeric(TensorType type) {
    return type == TensorType.FLOAT32 || type.isInteger() || type == TensorType.BOOL;
  }

  /**
   * Returns the real numbers that a tensor's elements represent: {@code scale * (element - zero
   * point)} for quantized integers, the elements themselves otherwise.
   *
   * @throws UnsupportedModelException if the tensor is not numeric
   */
  public static float[] dequantized(Tensor tensor) {
    if (tensor.type() == TensorType.FLOAT32) {
      return tensor.toFloats();
    }
    if (!isNumeric(tensor.type())) {
      throw new UnsupportedModelException(
          "the first output",
          "it has type %s, which is not numeric".formatted(tensor.type()),
          "evaluate a model with a numeric output");
    }
    Quantization stated = tensor.quantization();
    Quantization quantization =
        stated == null || !stated.isQuantized() ? Quantization.perTensor(1, 0) : stated;
    float scale = quantization.scaleValue();
    int zeroPoint = quantization.zeroPointValue();
    float[] reals = new float[Math.toIntExact(tensor.elements())];
    for (int i = 0; i < reals.length; i++) {
      reals[i] = scale * (tensor.getInteger(i) - zeroPoint);
    }
    return reals;
  }

  @Override
  public void close() {
    runner.close();
  }
}
