package dev.whittle.runtime.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.EmbeddingLookup;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.type.Cast;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.FastEngine;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.runtime.ReferenceEngine;
import dev.whittle.runtime.session.PlannedNode;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A graph of one operator with random operands, whose fast kernel is compared with the reference
 * kernel: integers bit for bit, floats up to the order of sums.
 */
final class KernelCase {
  static final long SEED = Long.getLong("kernel.seed", 20261122L);

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final GraphBuilder graph = new GraphBuilder("main");
  private int named;

  GraphBuilder graph() {
    return graph;
  }

  Value input(TensorType type, int... dims) {
    return graph.input("x" + named++, type, Shape.of(dims));
  }

  Value floats(int... dims) {
    return graph.input("x" + named++, TensorType.FLOAT32, Shape.of(dims));
  }

  Value bytes(Quantization quantization, int... dims) {
    return graph.input("x" + named++, TensorType.INT8, Shape.of(dims), quantization);
  }

  Value unsigned(Quantization quantization, int... dims) {
    return graph.input("x" + named++, TensorType.UINT8, Shape.of(dims), quantization);
  }

  Value shorts(Quantization quantization, int... dims) {
    return graph.input("x" + named++, TensorType.INT16, Shape.of(dims), quantization);
  }

  Value integers(int... dims) {
    return graph.input("x" + named++, TensorType.INT32, Shape.of(dims));
  }

  Value wide(int... dims) {
    return graph.input("x" + named++, TensorType.INT64, Shape.of(dims));
  }

  /** Indices below a bound, some of them, at random, 0. */
  Value indices(int bound, int... dims) {
    int[] values = random.ints(Shape.of(dims).elements(), 0, bound).toArray();
    Value constant = graph.constant("k" + named++, Tensor.of(values, dims));
    return node(new Mul(), cast(TensorType.INT32, truths(dims)), constant);
  }

  Value wideIndices(int bound, int... dims) {
    Tensor tensor = Tensor.allocate(TensorType.INT64, dims);
    for (long i = 0; i < tensor.elements(); i++) {
      tensor.setLong(i, random.nextInt(bound));
    }
    return graph.constant("k" + named++, tensor);
  }

  Value lookup(TensorType type, Value numbers, Value table) {
    Value plain = Value.of(-1, "y", type, Shape.UNKNOWN);
    return graph.node(plain, new EmbeddingLookup(), numbers, table);
  }

  Value truths(int... dims) {
    return graph.input("x" + named++, TensorType.BOOL, Shape.of(dims));
  }

  Value cast(TensorType type, Value input) {
    return graph.node(Value.of(-1, "y", type, Shape.UNKNOWN), new Cast(input.type(), type), input);
  }

  Value weights(int... dims) {
    Tensor tensor = Tensor.allocate(TensorType.FLOAT32, dims);
    for (long i = 0; i < tensor.elements(); i++) {
      tensor.setFloat(i, (float) random.nextDouble(-1, 1));
    }
    return graph.constant("k" + named++, tensor);
  }

  /** 8-bit weights with a scale for each place along an axis, or one for all if it is -1. */
  Value stored(int axis, int... dims) {
    float[] scales = new float[axis < 0 ? 1 : dims[axis]];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = (float) random.nextDouble(0.001, 0.01);
    }
    Quantization quantization =
        axis < 0 ? Quantization.perTensor(scales[0], 0) : Quantization.perAxis(scales, axis);
    var tensor = new Tensor(TensorType.INT8, quantization, Tensor.Allocator.AUTOMATIC);
    tensor.resize(dims);
    for (long i = 0; i < tensor.elements(); i++) {
      tensor.setByte(i, (byte) random.nextInt(-127, 128));
    }
    return graph.constant("k" + named++, tensor);
  }

  /** 8-bit weights with a zero point. */
  Value storedUnsigned(int... dims) {
    var tensor =
        new Tensor(
            TensorType.UINT8, Quantization.perTensor(0.005f, 121), Tensor.Allocator.AUTOMATIC);
    tensor.resize(dims);
    for (long i = 0; i < tensor.elements(); i++) {
      tensor.setByte(i, (byte) random.nextInt(60, 190));
    }
    return graph.constant("k" + named++, tensor);
  }

  Value bias(int count) {
    int[] values = random.ints(count, -3000, 3000).toArray();
    return graph.constant("k" + named++, Tensor.of(values, count));
  }

  Value wideBias(int count) {
    Tensor tensor = Tensor.allocate(TensorType.INT64, count);
    for (int i = 0; i < count; i++) {
      tensor.setLong(i, random.nextInt(-300000, 300000));
    }
    return graph.constant("k" + named++, tensor);
  }

  Value list(int... values) {
    return graph.constant("k" + named++, Tensor.of(values, values.length));
  }

  Value pairs(int... values) {
    return graph.constant("k" + named++, Tensor.of(values, values.length / 2, 2));
  }

  Value state(int... dims) {
    Shape shape = Shape.of(dims);
    TensorType type = TensorType.FLOAT32;
    String name = "state" + named++;
    return graph.value(Value.of(0, name, type, shape).withVariable(true));
  }

  Value node(Op op, Value... operands) {
    return graph.node("y", op, operands);
  }

  Value quantized(TensorType type, Quantization quantization, Op op, Value... operands) {
    Value plain = Value.of(-1, "y", type, Shape.UNKNOWN).withQuantization(quantization);
    return graph.node(plain, op, operands);
  }

  Value quantized(Quantization quantization, Op op, Value... operands) {
    return quantized(TensorType.INT8, quantization, op, operands);
  }

  /** Compares results of one thread and of three with those of the reference kernel. */
  static void compare(String name, Function<KernelCase, Value> make) {
    var built = new KernelCase();
    Model model = built.graph.output(make.apply(built)).buildModel("test");
    // Clamped results may come from sums of large numbers.
    float least = name.contains("tiles") ? 3e-4f : 2e-5f;
    compare(
        name + ", seed " + SEED,
        model,
        plan -> assertFast(name, plan),
        greatest -> Math.max(least, 1e-6f * greatest));
  }

  private static void assertFast(String name, List<PlannedNode> plan) {
    for (PlannedNode node : plan) {
      boolean padding = name.startsWith("rim") && node.node() == 0;
      assertTrue(node.kernel().startsWith(padding ? "nothing" : "fast"), node.kernel());
    }
  }

  /**
   * Compares results of one thread and of three with those of the reference kernels.
   *
   * @param plan looks at what the fast engine makes of the model
   * @param tolerance how far floats may be apart, for the greatest magnitude of a result
   */
  static void compare(
      String label, Model model, Consumer<List<PlannedNode>> plan, UnaryOperator<Float> tolerance) {
    Tensor expected = run(label, model, ReferenceEngine.NAME, 1, nodes -> {});
    Tensor one = run(label, model, FastEngine.NAME, 1, plan);
    Tensor three = run(label, model, FastEngine.NAME, 3, plan);
    assertEquals(expected.shape(), one.shape(), label);
    if (expected.type() == TensorType.FLOAT32) {
      float greatest = 0;
      for (float value : expected.toFloats()) {
        greatest = Float.isFinite(value) ? Math.max(greatest, Math.abs(value)) : greatest;
      }
      float apart = tolerance.apply(greatest);
      assertArrayEquals(expected.toFloats(), one.toFloats(), apart, label);
      assertArrayEquals(one.toFloats(), three.toFloats(), 0, label);
    } else {
      assertArrayEquals(expected.toLongs(), one.toLongs(), label);
      assertArrayEquals(one.toLongs(), three.toLongs(), label);
    }
  }

  private static Tensor run(
      String label, Model model, String engine, int threads, Consumer<List<PlannedNode>> plan) {
    var options = InterpreterOptions.DEFAULT.withEngine(engine).withThreads(threads);
    try (Interpreter interpreter = Interpreter.of(model, options)) {
      interpreter.allocateTensors();
      plan.accept(interpreter.plan());
      var random = new SplittableRandom(SEED);
      for (int i = 0; i < interpreter.getInputTensorCount(); i++) {
        fill(interpreter.getInputTensor(i), random);
      }
      interpreter.invoke();
      interpreter.invoke();
      return copy(interpreter.getOutputTensor(0));
    } catch (RuntimeException e) {
      throw new AssertionError(engine + ": " + label, e);
    }
  }

  private static Tensor copy(Tensor output) {
    Tensor copy = new Tensor(output.type(), output.quantization(), Tensor.Allocator.AUTOMATIC);
    copy.resize(output.dims());
    copy.copyFrom(output);
    return copy;
  }

  private static void fill(Tensor input, SplittableRandom random) {
    for (long i = 0; i < input.elements(); i++) {
      switch (input.type()) {
        case FLOAT32 -> input.setFloat(i, (float) random.nextDouble(-2, 2));
        case INT16, INT32 -> input.setInteger(i, random.nextInt());
        // Some of them alike, some beyond 32 bits.
        case INT64 -> input.setInteger(i, random.nextLong(-3, 4) << (40 * random.nextInt(2)));
        default -> input.setByte(i, (byte) random.nextInt());
      }
    }
  }
}
