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

/** A model in an engine that takes samples for its inputs. */
public final class SampleRunner implements AutoCloseable {
  private final Interpreter interpreter;
  private final InputBinding binding;

  public SampleRunner(Model model, InterpreterOptions options) {
    interpreter = Interpreter.of(model, options);
    binding = new InputBinding(model);
  }

  public Interpreter interpreter() {
    return interpreter;
  }

  /**
   * Gives the inputs the extents and the contents of a sample.
   *
   * @throws IOException if it does not fit the model
   */
  public void load(Sample sample) throws IOException {
    List<int[]> shapes = binding.shapes(sample);
    // All first: a plan for the extents of one input alone may be none.
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
