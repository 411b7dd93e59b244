package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.fail;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import java.util.ArrayList;
import java.util.List;

/** Runs a case on an engine. */
final class Engines {
  /** The engines that are to equal the native runtime. */
  static final List<String> OURS = List.of("reference", "fast");

  private Engines() {}

  /** Copies of the outputs; fails, naming {@code label}, where the engine does. */
  static List<Tensor> run(OperatorCase built, String engine, String label) {
    var options = InterpreterOptions.DEFAULT.withEngine(engine);
    try (var interpreter = Interpreter.of(built.model(), options)) {
      for (int i = 0; i < built.inputs().size(); i++) {
        interpreter.resizeInput(i, built.inputs().get(i).dims());
      }
      interpreter.allocateTensors();
      for (int i = 0; i < built.inputs().size(); i++) {
        interpreter.getInputTensor(i).copyFrom(built.inputs().get(i));
      }
      interpreter.invoke();
      List<Tensor> outputs = new ArrayList<>();
      for (int i = 0; i < interpreter.getOutputTensorCount(); i++) {
        Tensor view = interpreter.getOutputTensor(i);
        var copy = new Tensor(view.type(), view.quantization(), Tensor.Allocator.AUTOMATIC);
        copy.copyFrom(view);
        outputs.add(copy);
      }
      return outputs;
    } catch (RuntimeException e) {
      return fail(engine + " failed on " + label, e);
    }
  }
}
