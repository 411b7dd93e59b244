package dev.whittle.optimize.calibrate;

import dev.whittle.data.InputBinding;
import dev.whittle.data.Sample;
import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** An interpreter whose inputs are loaded from samples. */
public final class SampleRunner implements AutoCloseable {
  private final Interpreter interpreter;
  private final InputBinding binding;

  /** Creates an interpreter of a model. */
  public SampleRunner(Model model, InterpreterOptions options) {
    interpreter = Interpreter.of(model, options);
    binding = new InputBinding(model);
  }

  /** Returns the interpreter, which this object owns. */
  public Interpreter interpreter() {
    return interpreter;
  }

  /**
   * Resizes the inputs to the shapes of a sample and copies its contents.
   *
   * @throws IOException if the sample does not fit the model
   */
  public void load(Sample sample) throws IOException {
    List<int[]> shapes = binding.shapes(sample);
    // Resize all inputs before reading tensors: a plan may not exist for the new shape of one
    // alone.
    for (int i = 0; i < shapes.size(); i++) {
      interpreter.resizeInput(i, shapes.get(i));
    }
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      inputs.add(interpreter.getInputTensor(i));
    }
    binding.fill(sample, inputs);
  }

  @Override
  public void close() {
    interpreter.close();
  }
}
