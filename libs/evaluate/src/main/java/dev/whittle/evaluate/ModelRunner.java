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

/** Runs a model on one sample after another; outputs come as floats. */
public final class ModelRunner implements AutoCloseable {
  private final SampleRunner runner;

  public ModelRunner(Model model, InterpreterOptions options) {
    runner = new SampleRunner(model, options);
  }

  public Interpreter interpreter() {
    return runner.interpreter();
  }

  /** The first output for a sample, with quantization undone. */
  public float[] run(Sample sample) throws IOException {
    runner.load(sample);
    interpreter().invoke();
    return dequantized(interpreter().getOutputTensor(0));
  }

  /** The real numbers that a tensor's elements stand for. */
  public static float[] dequantized(Tensor tensor) {
    if (tensor.type() == TensorType.FLOAT32) {
      return tensor.toFloats();
    }
    if (!tensor.type().isInteger() && tensor.type() != TensorType.BOOL) {
      throw new UnsupportedModelException(
          "the first output", "it is " + tensor.type(), "evaluate a model that gives numbers");
    }
    Quantization stated = tensor.quantization();
    Quantization quantization =
        stated == null || !stated.isQuantized() ? Quantization.perTensor(1, 0) : stated;
    float scale = quantization.scaleValue();
    int zero = quantization.zeroPointValue();
    float[] reals = new float[Math.toIntExact(tensor.elements())];
    for (int i = 0; i < reals.length; i++) {
      reals[i] = scale * (tensor.getInteger(i) - zero);
    }
    return reals;
  }

  @Override
  public void close() {
    runner.close();
  }
}
