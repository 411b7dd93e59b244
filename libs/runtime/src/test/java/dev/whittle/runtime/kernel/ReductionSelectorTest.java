package dev.whittle.runtime.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.whittle.ir.Model;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.LeakyRelu;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Prelu;
import dev.whittle.ir.op.activation.Relu;
import dev.whittle.ir.op.activation.Relu0To1;
import dev.whittle.ir.op.activation.Tanh;
import dev.whittle.ir.op.index.Select;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.AddN;
import dev.whittle.ir.op.math.Ceil;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.math.Floor;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.GreaterEqual;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.LessEqual;
import dev.whittle.ir.op.math.LogicalAnd;
import dev.whittle.ir.op.math.LogicalNot;
import dev.whittle.ir.op.math.LogicalOr;
import dev.whittle.ir.op.math.Maximum;
import dev.whittle.ir.op.math.Minimum;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.math.Round;
import dev.whittle.ir.op.math.Rsqrt;
import dev.whittle.ir.op.math.Sign;
import dev.whittle.ir.op.math.SquaredDifference;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.op.reduce.Mean;
import dev.whittle.ir.op.reduce.ReduceAll;
import dev.whittle.ir.op.reduce.ReduceAny;
import dev.whittle.ir.op.reduce.ReduceMax;
import dev.whittle.ir.op.reduce.ReduceMin;
import dev.whittle.ir.op.reduce.ReduceProd;
import dev.whittle.ir.op.reduce.Sum;
import dev.whittle.ir.op.type.Cast;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.FastEngine;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.runtime.ReferenceEngine;
import dev.whittle.runtime.kernel.elementwise.CastKernel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Kernels of operators that compute each element by itself, or what some come to. */
@Tag("without-vectors")
class ReductionSelectorTest {
  private static final Quantization A = Quantization.perTensor(0.021f, -5);
  private static final Quantization B = Quantization.perTensor(0.0313f, 7);
  private static final Quantization C = Quantization.perTensor(0.0527f, 3);
  private static final Quantization D = Quantization.perTensor(0.00031f, 0);
  private static final Quantization E = Quantization.perTensor(0.00052f, 0);
  private static final TensorType[] NUMBERS = {
    TensorType.FLOAT32, TensorType.INT32, TensorType.INT64
  };

  private static final List<Op> RELATIONS =
      List.of(
          new Equal(),
          new NotEqual(),
          new Less(),
          new LessEqual(),
          new Greater(),
          new GreaterEqual());

  private static final Map<String, Function<KernelCase, Value>> CASES = new LinkedHashMap<>();

  private static Value of(TensorType type, KernelCase c, Op op, Value... operands) {
    return c.graph().node(Value.of(-1, "y", type, Shape.UNKNOWN), op, operands);
  }

  private static void broadcasts(String name, TensorType type, TensorType to, Op op) {
    int[][] pairs = {
      {3, 50, 41}, {3, 50, 41}, {41}, {1}, {3, 1, 41}, {3, 50, 1}, {50, 1}, {3, 1, 1}
    };
    for (int i = 1; i < pairs.length; i++) {
      int[] other = pairs[i];
      String label = name + " of " + type + " " + Shape.of(other);
      CASES.put(label, c -> of(to, c, op, c.input(type, pairs[0]), c.input(type, other)));
      CASES.put(
          label + " first", c -> of(to, c, op, c.input(type, other), c.input(type, pairs[0])));
    }
    CASES.put(
        name + " of " + type + ", both repeated",
        c -> of(to, c, op, c.input(type, 7, 1, 41, 1), c.input(type, 1, 30, 1, 5)));
  }

  static {
    for (TensorType type : List.of(TensorType.INT32, TensorType.INT64)) {
      for (Op op : List.of(new Add(), new Sub(), new Mul(), new Maximum(), new Minimum())) {
        broadcasts(op.type().name(), type, type, op);
      }
    }
    CASES.put(
        "squared difference of integers",
        c -> c.node(new SquaredDifference(), c.integers(50, 41), c.integers(50, 41)));
    for (TensorType type : NUMBERS) {
      for (Op op : RELATIONS) {
        broadcasts(op.type().name(), type, TensorType.BOOL, op);
      }
    }
    for (Op op : List.of(new LogicalAnd(), new LogicalOr())) {
      broadcasts(op.type().name(), TensorType.BOOL, TensorType.BOOL, op);
    }
    CASES.put("not", c -> c.node(new LogicalNot(), c.truths(50, 411)));
    for (TensorType from : List.of(TensorType.values())) {
      for (TensorType to : List.of(TensorType.values())) {
        if (CastKernel.has(from, to) && from != to) {
          CASES.put(from + " to " + to, c -> of(to, c, new Cast(from, to), c.input(from, 50, 411)));
        }
      }
    }
    for (TensorType type :
        List.of(
            TensorType.FLOAT32,
            TensorType.INT8,
            TensorType.INT16,
            TensorType.INT32,
            TensorType.INT64)) {
      CASES.put(
          "choice of " + type,
          c ->
              of(
                  type,
                  c,
                  new SelectV2(),
                  c.truths(3, 1, 41),
                  c.input(type, 3, 50, 1),
                  c.input(type, 50, 41)));
    }
    CASES.put(
        "choice of bytes alike",
        c ->
            c.quantized(A, new Select(), c.truths(50, 41), c.bytes(A, 50, 41), c.bytes(A, 50, 41)));
    for (Op op : List.of(new Relu(), new LeakyRelu(0.2f), new Abs())) {
      CASES.put(
          op.type().name() + " of 16 bits",
          c -> c.quantized(TensorType.INT16, E, op, c.shorts(D, 3, 70, 41)));
    }
    for (Op op : List.of(new Logistic(), new Tanh())) {
      CASES.put(
          op.type().name() + " of 16 bits",
          c ->
              c.quantized(
                  TensorType.INT16,
                  Quantization.perTensor(1 / 32768f, 0),
                  op,
                  c.shorts(D, 3, 70, 41)));
    }
    for (Op op : List.of(new Add(), new Sub(), new Mul())) {
      String name = op.type().name() + " of 16 bits";
      CASES.put(
          name,
          c ->
              c.quantized(TensorType.INT16, E, op, c.shorts(D, 3, 70, 41), c.shorts(E, 3, 70, 41)));
      CASES.put(
          name + ", broadcast",
          c -> c.quantized(TensorType.INT16, E, op, c.shorts(D, 3, 1, 41), c.shorts(E, 70, 1)));
    }
    CASES.put("floats of 16 bits", c -> c.node(new Dequantize(), c.shorts(D, 3, 70, 41)));
    CASES.put("RELU_0_TO_1", c -> c.node(new Relu0To1(), c.floats(3, 50, 41)));
    for (Op op : List.of(new Floor(), new Ceil(), new Round(), new Sign())) {
      CASES.put(op.type().name(), c -> c.node(op, c.floats(3, 50, 41)));
    }
    CASES.put(
        "some tensors added",
        c -> c.node(new AddN(), c.floats(300, 141), c.floats(300, 141), c.floats(300, 141)));
    for (Op op : List.of(new Maximum(), new Minimum(), new SquaredDifference(), new Prelu())) {
      CASES.put(
          op.type().name() + " of bytes",
          c -> c.quantized(C, op, c.bytes(A, 3, 50, 41), c.bytes(B, 1, 1, 41)));
    }
    for (Op op : List.of(new Equal(), new Less())) {
      CASES.put(
          op.type().name() + " of bytes",
          c -> of(TensorType.BOOL, c, op, c.bytes(A, 3, 50, 41), c.bytes(B, 50, 41)));
    }
    int[][] axes = {{2}, {1}, {0}, {0, 1}, {1, 2}, {0, 1, 2}};
    for (int[] some : axes) {
      String along = " along " + Shape.of(some);
      for (boolean wide : new boolean[] {true, false}) {
        int[] dims = wide ? new int[] {7, 13, 2_501} : new int[] {130, 9, 17};
        String dimensions = along + " of " + Shape.of(dims);
        CASES.put(
            "least" + dimensions, c -> c.node(new ReduceMin(true), c.floats(dims), c.list(some)));
        CASES.put(
            "greatest" + dimensions,
            c -> c.node(new ReduceMax(true), c.floats(dims), c.list(some)));
        CASES.put(
            "sum of integers" + dimensions,
            c -> c.node(new Sum(true), c.integers(dims), c.list(some)));
        CASES.put(
            "product of integers" + dimensions,
            c -> c.node(new ReduceProd(true), c.integers(dims), c.list(some)));
        CASES.put(
            "least integer" + dimensions,
            c -> c.node(new ReduceMin(false), c.integers(dims), c.list(some)));
        CASES.put(
            "greatest byte" + dimensions,
            c -> c.quantized(A, new ReduceMax(false), c.bytes(A, dims), c.list(some)));
        CASES.put(
            "sum of bytes" + dimensions,
            c -> c.quantized(B, new Sum(true), c.bytes(A, dims), c.list(some)));
        CASES.put(
            "mean of bytes" + dimensions,
            c -> c.quantized(B, new Mean(true), c.bytes(A, dims), c.list(some)));
        CASES.put(
            "any" + dimensions,
            c -> of(TensorType.BOOL, c, new ReduceAny(true), c.truths(dims), c.list(some)));
        CASES.put(
            "all" + dimensions,
            c -> of(TensorType.BOOL, c, new ReduceAll(true), c.truths(dims), c.list(some)));
      }
      CASES.put(
          "product" + along, c -> c.node(new ReduceProd(true), c.floats(5, 9, 17), c.list(some)));
    }
    CASES.put(
        "sum of bytes without signs",
        c -> c.quantized(TensorType.UINT8, B, new Sum(true), c.unsigned(A, 130, 9, 17), c.list(1)));
  }

  static Stream<String> cases() {
    return CASES.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resultsAreThoseOfTheReferenceKernelsForAnyNumberOfThreads(String name) {
    KernelCase.compare(name, Objects.requireNonNull(CASES.get(name)));
  }

  /** Returns the output of a model whose float inputs are functions of the element index. */
  private static <T> T output(
      Model model, String engine, IntFunction<Float> element, Function<Tensor, T> read) {
    var options = InterpreterOptions.DEFAULT.withEngine(engine);
    try (Interpreter interpreter = Interpreter.of(model, options)) {
      interpreter.allocateTensors();
      for (int input = 0; input < interpreter.getInputTensorCount(); input++) {
        Tensor tensor = interpreter.getInputTensor(input);
        for (int i = 0; i < tensor.elements(); i++) {
          tensor.setFloat(i, element.apply(i));
        }
      }
      interpreter.invoke();
      return read.apply(interpreter.getOutputTensor(0));
    }
  }

  @Test
  void numbersThatAreNoneCompareAsInTheStandard() {
    float[] special = {
      Float.NaN,
      Float.NEGATIVE_INFINITY,
      -1,
      -Float.MIN_VALUE,
      -0f,
      0f,
      Float.MIN_VALUE,
      1,
      Float.MAX_VALUE,
      Float.POSITIVE_INFINITY,
      Float.intBitsToFloat(-1)
    };
    int count = special.length;
    for (Op op : RELATIONS) {
      var built = new KernelCase();
      Value left = built.floats(count, 1);
      Value y = of(TensorType.BOOL, built, op, left, built.floats(1, count));
      Model model = built.graph().output(y).buildModel("test");
      long[] expected = output(model, ReferenceEngine.NAME, i -> special[i], Tensor::toLongs);
      long[] actual = output(model, FastEngine.NAME, i -> special[i], Tensor::toLongs);
      assertArrayEquals(expected, actual, op.type().name());
    }
  }

  @Test
  void aTableOfAFunctionThatSomeNumbersDoNotHaveIsNotMade() {
    var built = new KernelCase();
    Value y = built.quantized(B, new Rsqrt(), built.bytes(A, 3, 50));
    Model model = built.graph().output(y).buildModel("test");
    var options = InterpreterOptions.DEFAULT.withEngine(FastEngine.NAME);
    try (Interpreter interpreter = Interpreter.of(model, options)) {
      interpreter.allocateTensors();
      assertEquals("reference", interpreter.plan().get(0).kernel());
      interpreter.invoke();
    }
  }

  @Test
  void extremesOfInfinitiesAreTheGreatestFiniteNumbers() {
    for (Op op : List.of(new ReduceMax(true), new ReduceMin(true))) {
      for (int axis : new int[] {0, 1}) {
        var built = new KernelCase();
        Value y = built.node(op, built.floats(3, 40), built.list(axis));
        Model model = built.graph().output(y).buildModel("test");
        float infinity =
            op instanceof ReduceMax ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY;
        float[] expected = output(model, ReferenceEngine.NAME, i -> infinity, Tensor::toFloats);
        float[] actual = output(model, FastEngine.NAME, i -> infinity, Tensor::toFloats);
        assertArrayEquals(expected, actual, op + " along " + axis);
      }
    }
  }
}
