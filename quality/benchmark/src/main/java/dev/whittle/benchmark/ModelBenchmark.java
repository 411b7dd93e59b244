package dev.whittle.benchmark;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Times of a whole model, given with {@code -p file=...}: on the fast engine and on the native
 * runtime with and without XNNPACK, with one thread and with two.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 3, time = 3)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class ModelBenchmark {
  @Param("")
  public String file = "";

  @Param({"fast", "litert-xnnpack", "litert"})
  public String engine = "";

  @Param({"1", "2"})
  public int threads;

  private @Nullable Interpreter interpreter;

  /** Opens the model and fills its inputs with random values. */
  @Setup
  public void open() throws IOException {
    var options = InterpreterOptions.DEFAULT.withEngine(engine).withThreads(threads);
    interpreter = Interpreter.of(Path.of(file), options);
    var random = new SplittableRandom(1);
    for (int i = 0; i < interpreter.getInputTensorCount(); i++) {
      Tensor input = interpreter.getInputTensor(i);
      for (long e = 0; e < input.elements(); e++) {
        switch (input.type()) {
          case FLOAT32 -> input.setFloat(e, (float) random.nextDouble(-1, 1));
          case INT8, UINT8 -> input.setByte(e, (byte) random.nextInt());
          default -> {}
        }
      }
    }
  }

  @TearDown
  public void close() {
    if (interpreter != null) {
      interpreter.close();
    }
  }

  @Benchmark
  public void invoke() {
    Objects.requireNonNull(interpreter).invoke();
  }
}
