package dev.whittle.benchmark;

import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import java.util.Objects;
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
 * Times of layers of MobileNetV2, InceptionV3 and other networks: the fast engine with and without
 * the Vector API, and the native runtime.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class LayerBenchmark {
  @Param({
    "conv 112x112x16 1x1x96",
    "conv 14x14x384 1x1x64",
    "conv 35x35x64 3x3x96",
    "conv 17x17x192 1x7x192",
    "conv 147x147x32 3x3x64",
    "depthwise 112x112x32 3x3/1",
    "depthwise 56x56x96 3x3/2",
    "depthwise 14x14x576 3x3/1",
    "dense 2048 1000",
    "conv 28x28x128 3x3x128/32",
    "transposed 16x16x64 4x4x32/2",
    "matrices 12x128x64x128",
    "lstm 32x64x128",
    "rnn 32x64x128",
    "svdf 10x64x128"
  })
  public String layer = "";

  @Param({"false", "true"})
  public boolean int8;

  private @Nullable Interpreter interpreter;

  /** Opens the layer on the engine that the virtual machine's options name. */
  @Setup
  public void open() {
    String engine = System.getProperty("benchmark.engine", "fast");
    var options = InterpreterOptions.DEFAULT.withEngine(engine);
    interpreter = Interpreter.of(LayerModel.of(layer, int8), options);
    interpreter.allocateTensors();
  }

  @TearDown
  public void close() {
    if (interpreter != null) {
      interpreter.close();
    }
  }

  @Benchmark
  @Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
  public void vector() {
    Objects.requireNonNull(interpreter).invoke();
  }

  @Benchmark
  @Fork(1)
  public void scalar() {
    Objects.requireNonNull(interpreter).invoke();
  }

  /** Runs XNNPACK of the JavaCPP presets. */
  @Benchmark
  @Fork(
      value = 1,
      jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Dbenchmark.engine=litert-xnnpack"})
  public void preset() {
    Objects.requireNonNull(interpreter).invoke();
  }
}
