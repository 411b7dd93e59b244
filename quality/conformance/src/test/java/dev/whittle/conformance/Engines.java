package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.fail;

import dev.whittle.conformance.CaseGenerator.Exactness;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import java.util.ArrayList;
import java.util.List;

/** Runs cases on engines and compares their outputs. */
final class Engines {
  /** The engines that must agree with the oracle. */
  private static final List<String> WHITTLE = List.of("reference", "fast");

  private Engines() {}

  /**
   * Runs a case on Whittle's engines and asserts that they agree with the oracle.
   *
   * @param expected the outputs of the oracle
   * @param label the start of failure messages
   */
  static void assertAgree(
      OperatorCase built, List<Tensor> expected, Exactness exactness, String label) {
    for (String engine : WHITTLE) {
      List<Tensor> actual = run(built, engine, label);
      assertEquals(expected.size(), actual.size(), label);
      for (int i = 0; i < expected.size(); i++) {
        assertNull(
            Comparison.difference(expected.get(i), actual.get(i), exactness),
            engine + ", " + label + ", output " + i);
      }
    }
  }

  /** Returns the outputs that a case states, or those of an engine if it states none. */
  static List<Tensor> expected(OperatorCase built, String oracle, String label) {
    return built.expected().isEmpty() ? run(built, oracle, label) : built.expected();
  }

  /**
   * Runs a case and returns copies of the outputs.
   *
   * @throws AssertionError if the engine fails; the message contains {@code label}
   */
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
      return outputs(interpreter);
    } catch (RuntimeException e) {
      return fail(engine + " failed on " + label, e);
    }
  }

  /** Returns copies of an interpreter's outputs. */
  static List<Tensor> outputs(Interpreter interpreter) {
    List<Tensor> outputs = new ArrayList<>();
    for (int i = 0; i < interpreter.getOutputTensorCount(); i++) {
      Tensor view = interpreter.getOutputTensor(i);
      var copy = new Tensor(view.type(), view.quantization(), Tensor.Allocator.AUTOMATIC);
      copy.copyFrom(view);
      outputs.add(copy);
    }
    return outputs;
  }
}
