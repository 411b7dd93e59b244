package dev.whittle.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Tanh;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.nn.AveragePool2D;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.reduce.Mean;
import dev.whittle.ir.op.shape.BroadcastTo;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.op.type.Cast;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.runtime.session.PlannedNode;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FastEngineTest {
  private static final long SEED = 20261121L;

  private final SplittableRandom random = new SplittableRandom(SEED);

  private Tensor floats(int... dims) {
    Tensor tensor = Tensor.allocate(TensorType.FLOAT32, dims);
    for (long i = 0; i < tensor.elements(); i++) {
      tensor.setFloat(i, (float) random.nextDouble(-1, 1));
    }
    return tensor;
  }

  /** Two branches that are concatenated, a residual sum and a mean. */
  private Model network() {
    var graph = new GraphBuilder("main");
    Value input = graph.input("x", TensorType.FLOAT32, Shape.of(1, 20, 20, 8));
    Value left = convolution(graph, "left", input, 24, 3);
    Value right = convolution(graph, "right", input, 8, 1);
    Value joined = graph.node("joined", new Concatenation(3, Activation.NONE), left, right);
    Value filter = graph.constant("dw", floats(1, 3, 3, 32));
    Value wide =
        graph.node(
            "wide",
            new DepthwiseConv2D(Padding.SAME, 1, 1, 1, Activation.RELU6, 1, 1),
            joined,
            filter,
            graph.constant("db", floats(32)));
    Value sum = graph.node("sum", new Add(), wide, joined);
    Value curved = graph.node("curved", new Tanh(), sum);
    Value axes = graph.constant("axes", Tensor.of(new int[] {1, 2}, 2));
    Value mean = graph.node("mean", new Mean(true), curved, axes);
    Value flat = graph.node("flat", new Reshape(List.of(-1, 32)), mean);
    return graph.output(flat).buildModel("test");
  }

  private Value convolution(GraphBuilder graph, String name, Value input, int channels, int size) {
    Value filter = graph.constant(name + "/w", floats(channels, size, size, 8));
    var op = new Conv2D(Padding.SAME, 1, 1, Activation.RELU, 1, 1, TensorType.FLOAT32);
    return graph.node(name, op, input, filter, graph.constant(name + "/b", floats(channels)));
  }

  private static Interpreter open(Model model, String engine, int threads) {
    return Interpreter.of(
        model, InterpreterOptions.DEFAULT.withEngine(engine).withThreads(threads));
  }

  private static float[] run(Interpreter interpreter, Tensor input) {
    interpreter.getInputTensor(0).copyFrom(input);
    interpreter.invoke();
    return interpreter.getOutputTensor(0).toFloats();
  }

  @Test
  void resultsAreThoseOfTheReferenceEngineAndTheSameForAnyNumberOfThreads() {
    Model model = network();
    Tensor input = floats(1, 20, 20, 8);
    try (Interpreter reference = open(model, "reference", 1);
        Interpreter one = open(model, "fast", 1);
        Interpreter two = open(model, "fast", 2);
        Interpreter three = open(model, "fast", 3)) {
      float[] expected = run(reference, input);
      float[] single = run(one, input);
      assertArrayEquals(expected, single, 1e-5f, "seed " + SEED);
      for (int i = 0; i < 50; i++) {
        assertArrayEquals(single, run(two, input), 0, "two threads");
        assertArrayEquals(single, run(three, input), 0, "three threads");
      }
    }
  }

  @Test
  void fewRunsAreDoneWithoutVectorsAndGiveTheSame() {
    Model model = network();
    Tensor input = floats(1, 20, 20, 8);
    InterpreterOptions options = InterpreterOptions.DEFAULT;
    try (Interpreter many = Interpreter.of(model);
        Interpreter few = Interpreter.of(model, options.withExpectedRuns(1000).withThreads(2));
        Interpreter counted = Interpreter.of(model, options.withExpectedRuns(1_000_000))) {
      assertEquals(0, kernelsWithoutVectors(many));
      assertEquals(0, kernelsWithoutVectors(counted), "a million runs");
      assertTrue(kernelsWithoutVectors(few) > 5, few.plan().toString());
      assertArrayEquals(run(many, input), run(few, input), 0, "seed " + SEED);
      // Enough for vectors to be worth their time.
      few.resizeInput(0, new int[] {100, 20, 20, 8});
      assertEquals(0, kernelsWithoutVectors(few), "many pictures at once");
    }
  }

  private static long kernelsWithoutVectors(Interpreter interpreter) {
    return interpreter.plan().stream()
        .filter(node -> node.kernel().endsWith("without vectors"))
        .count();
  }

  @Test
  void valuesShareMemory() {
    try (Interpreter interpreter = open(network(), "fast", 1)) {
      List<PlannedNode> plan = interpreter.plan();
      assertEquals("nothing: its memory is shared", plan.get(2).kernel(), "concatenation");
      assertEquals(place(plan, 0), place(plan, 2), "a branch is a stripe of the concatenation");
      assertEquals(place(plan, 1), place(plan, 2));
      assertEquals(place(plan, 4), place(plan, 5), "a function overwrites its operand");
      assertEquals("nothing: its memory is shared", plan.get(7).kernel(), "reshape");
      try (Interpreter reference = open(network(), "reference", 1)) {
        assertTrue(interpreter.activationBytes() < reference.activationBytes());
      }
    }
  }

  private static long place(List<PlannedNode> plan, int node) {
    return plan.get(node).outputs().getFirst().offset();
  }

  @Test
  void observersSeeEveryValueAndAreNotSeenInTheResults() {
    Model model = network();
    Tensor input = floats(1, 20, 20, 8);
    try (Interpreter reference = open(model, "reference", 1);
        Interpreter fast = open(model, "fast", 1)) {
      float[] before = run(fast, input);
      List<float[]> expected = new ArrayList<>();
      List<float[]> seen = new ArrayList<>();
      reference.observe((graph, value, tensor) -> expected.add(tensor.toFloats()));
      fast.observe((graph, value, tensor) -> seen.add(tensor.toFloats()));
      run(reference, input);
      assertArrayEquals(before, run(fast, input), 0);
      assertEquals(expected.size(), seen.size());
      for (int i = 0; i < seen.size(); i++) {
        assertArrayEquals(expected.get(i), seen.get(i), 1e-4f, "value " + i);
      }
      fast.observe(null);
      assertArrayEquals(before, run(fast, input), 0);
    }
  }

  /**
   * Of two pictures, wide enough for the two to be run as one.
   *
   * @param padNode whether a PAD node puts zeros around what is expanded
   */
  private Model bottleneck(int channels, Padding padding, int stride, boolean padNode) {
    var graph = new GraphBuilder("main");
    Value input = graph.input("x", TensorType.FLOAT32, Shape.of(2, 81, 87, 8));
    Value expanded = convolution(graph, "expanded", input, channels, 1);
    Value paddings = graph.constant("rims", Tensor.of(new int[] {0, 0, 1, 2, 2, 1, 0, 0}, 4, 2));
    Value result =
        graph.node(
            "result",
            new DepthwiseConv2D(padding, stride, stride, 1, Activation.RELU6, 1, 1),
            padNode ? graph.node("padded", new Pad(), expanded, paddings) : expanded,
            graph.constant("dw", floats(1, 3, 3, channels)),
            graph.constant("db", floats(channels)));
    return graph.output(result).buildModel("test");
  }

  @ParameterizedTest
  @CsvSource({"true,false", "false,false", "true,true"})
  void aGateAndItsProductRunAsOneUnlessTheGateIsReadElsewhere(boolean gateFirst, boolean read) {
    var graph = new GraphBuilder("g");
    Value x = graph.input("x", TensorType.FLOAT32, Shape.of(3, 37));
    Value gate = graph.node("gate", new Logistic(), x);
    Value product =
        gateFirst
            ? graph.node("product", new Mul(), gate, x)
            : graph.node("product", new Mul(), x, gate);
    Value result = read ? graph.node("sum", new Add(), product, gate) : product;
    Model model = graph.output(result).buildModel("test");
    Tensor input = floats(3, 37);
    try (Interpreter reference = open(model, "reference", 1);
        Interpreter one = open(model, "fast", 1)) {
      assertEquals(!read, one.plan().getFirst().kernel().startsWith("nothing: folded"));
      float[] expected = run(reference, input);
      float[] together = run(one, input);
      assertArrayEquals(expected, together, 1e-5f, "seed " + SEED);
      one.observe((graphIndex, value, tensor) -> {});
      assertArrayEquals(together, run(one, input), 0, "each for itself");
    }
  }

  @ParameterizedTest
  @CsvSource({"INT8,true", "INT8,false", "UINT8,true", "UINT8,false"})
  void gatesOfBytesAndTheirProductsAreOneTable(TensorType type, boolean gateFirst) {
    int zero = type == TensorType.INT8 ? -128 : 0;
    var graph = new GraphBuilder("g");
    Value x = graph.input("x", type, Shape.of(4, 64), Quantization.perTensor(0.0625f, zero + 77));
    Value gate = graph.node(quantized("gate", type, 1f / 256, zero), new Logistic(), x);
    Value result = quantized("product", type, 0.05f, zero + 5);
    Value product =
        gateFirst ? graph.node(result, new Mul(), gate, x) : graph.node(result, new Mul(), x, gate);
    Model model = graph.output(product).buildModel("test");
    Tensor input = Tensor.allocate(type, 4, 64);
    for (int i = 0; i < 256; i++) {
      input.setByte(i, (byte) i);
    }
    try (Interpreter reference = open(model, "reference", 1);
        Interpreter one = open(model, "fast", 1)) {
      assertTrue(one.plan().getFirst().kernel().startsWith("nothing: folded"));
      assertArrayEquals(bytes(reference, input), bytes(one, input));
    }
  }

  private static Value quantized(String name, TensorType type, float scale, int zeroPoint) {
    return Value.of(0, name, type, Shape.of(4, 64))
        .withQuantization(Quantization.perTensor(scale, zeroPoint));
  }

  private static byte[] bytes(Interpreter interpreter, Tensor input) {
    interpreter.getInputTensor(0).copyFrom(input);
    interpreter.invoke();
    return interpreter.getOutputTensor(0).data().toArray(Tensor.BYTE);
  }

  @ParameterizedTest
  @CsvSource({
    "75,SAME,1,false",
    "75,SAME,2,false",
    "96,VALID,1,false",
    "80,VALID,2,true",
    "80,SAME,1,true"
  })
  void anExpansionAndTheDepthwiseConvolutionThatReadsItRunAsOne(
      int channels, Padding padding, int stride, boolean padNode) {
    Model model = bottleneck(channels, padding, stride, padNode);
    Tensor input = floats(2, 81, 87, 8);
    try (Interpreter reference = open(model, "reference", 1);
        Interpreter one = open(model, "fast", 1);
        Interpreter three = open(model, "fast", 3)) {
      boolean fused = !padNode || padding == Padding.VALID;
      assertEquals(fused, one.plan().getFirst().kernel().startsWith("nothing: folded"));
      float[] expected = run(one, input);
      assertArrayEquals(run(reference, input), expected, 1e-5f, "seed " + SEED);
      for (int i = 0; i < 20; i++) {
        assertArrayEquals(expected, run(three, input), 0, "three threads");
      }
      one.observe((graph, value, tensor) -> {});
      assertArrayEquals(expected, run(one, input), 0, "each for itself");
    }
  }

  private static AveragePool2D pool(int stride, Activation activation) {
    return new AveragePool2D(Padding.SAME, stride, stride, 3, 3, activation);
  }

  /** Branches of pooling, a pointwise convolution and one of 3x3, beside each other. */
  private Model branches(int stride, boolean poolFirst, Activation between) {
    var graph = new GraphBuilder("main");
    Value input = graph.input("x", TensorType.FLOAT32, Shape.of(2, 15, 17, 40));
    int channels = poolFirst ? 24 : 72;
    Value filter = graph.constant("w", floats(channels, 1, 1, 40));
    Value bias = graph.constant("b", floats(channels));
    Activation first = poolFirst ? Activation.RELU6 : between;
    var pointwise = new Conv2D(Padding.SAME, 1, 1, first, 1, 1, TensorType.FLOAT32);
    Value one =
        poolFirst
            ? graph.node(
                "convolved",
                pointwise,
                graph.node("pooled", pool(stride, between), input),
                filter,
                bias)
            : graph.node(
                "pooled",
                pool(stride, Activation.RELU),
                graph.node("convolved", pointwise, input, filter, bias));
    if (stride > 1) {
      return graph.output(one).buildModel("test");
    }
    var spatial = new Conv2D(Padding.SAME, 1, 1, Activation.RELU, 1, 1, TensorType.FLOAT32);
    Value other = graph.node("tiles", spatial, input, graph.constant("v", floats(33, 3, 3, 40)));
    return graph
        .output(graph.node("joined", new Concatenation(3, Activation.NONE), one, other))
        .buildModel("test");
  }

  @ParameterizedTest
  @CsvSource({
    "1,true,NONE,true",
    "1,true,RELU,false",
    "2,true,NONE,false",
    "2,false,NONE,true",
    "1,false,NONE,true",
    "2,false,RELU,false"
  })
  void poolingAndPointwiseConvolutionsChangePlaces(
      int stride, boolean poolFirst, Activation between, boolean exchanged) {
    Model model = branches(stride, poolFirst, between);
    Tensor input = floats(2, 15, 17, 40);
    try (Interpreter reference = open(model, "reference", 1);
        Interpreter one = open(model, "fast", 1);
        Interpreter three = open(model, "fast", 3)) {
      String kernel = one.plan().getFirst().kernel();
      assertEquals(exchanged, kernel.contains(" in its place"), kernel);
      float[] expected = run(one, input);
      assertArrayEquals(run(reference, input), expected, 5e-5f, "seed " + SEED);
      assertArrayEquals(expected, run(three, input), 0, "three threads");
      one.observe((graph, value, tensor) -> {});
      assertArrayEquals(expected, run(one, input), 5e-5f, "as given");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void runsAllocateNothing(boolean tiles) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Model model = tiles ? branches(1, true, Activation.NONE) : network();
    try (Interpreter interpreter = open(model, "fast", 1)) {
      interpreter.allocateTensors();
      long least = Long.MAX_VALUE;
      // Vectors are objects until the compiler has seen enough of them.
      for (int i = 0; i < 20_000 && least > 0; i++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        interpreter.invoke();
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertEquals(0, least, "bytes");
    }
  }

  @Test
  void sessionsOfAModelShareItsPackedWeights() {
    Model model = network();
    try (Interpreter first = open(model, "fast", 1)) {
      first.allocateTensors();
      long bytes = PackedWeights.of(model).byteSize();
      assertTrue(bytes > 4 * (24 * 9 * 8 + 8 * 8), bytes + " bytes");
      try (Interpreter second = open(model, "fast", 1)) {
        second.allocateTensors();
        assertEquals(bytes, PackedWeights.of(model).byteSize());
      }
      assertSame(PackedWeights.of(model), PackedWeights.of(model));
    }
  }

  @Test
  void inputsKeepWhatTheyWereFilledWith() {
    try (Interpreter interpreter = open(network(), "fast", 1)) {
      float[] first = run(interpreter, floats(1, 20, 20, 8));
      interpreter.invoke();
      assertArrayEquals(first, interpreter.getOutputTensor(0).toFloats(), 0);
    }
  }

  @Test
  void dimensionsMayChange() {
    Model model = network();
    try (Interpreter reference = open(model, "reference", 1);
        Interpreter fast = open(model, "fast", 2)) {
      for (int size : new int[] {20, 7, 33}) {
        Tensor input = floats(2, size, size, 8);
        reference.resizeInput(0, input.dims());
        fast.resizeInput(0, input.dims());
        // The reshape is for one picture.
        Tensor single = floats(1, size, size, 8);
        reference.resizeInput(0, single.dims());
        fast.resizeInput(0, single.dims());
        assertArrayEquals(run(reference, single), run(fast, single), 1e-5f, "size " + size);
      }
    }
  }

  /** Sums of these weights are exact in parts alone, which dilation cuts in another way. */
  @Test
  void oneFilterMayBePackedInSeveralWays() {
    Quantization scale = Quantization.perTensor(0.01f, 0);
    var graph = new GraphBuilder("main");
    Value input = graph.input("x", TensorType.INT8, Shape.of(1, 9, 9, 160), scale);
    var weights = new Tensor(TensorType.INT8, scale, Tensor.Allocator.HEAP);
    weights.resize(16, 3, 3, 160);
    fill(weights);
    Value filter = graph.constant("w", weights);
    Quantization out = Quantization.perTensor(10, 0);
    Value[] results = new Value[2];
    for (int n = 0; n < 2; n++) {
      int dilation = n + 1;
      var op =
          new Conv2D(Padding.SAME, 1, 1, Activation.NONE, dilation, dilation, TensorType.FLOAT32);
      Value result = Value.of(0, "y" + n, TensorType.INT8, Shape.UNKNOWN).withQuantization(out);
      results[n] = graph.node(result, op, input, filter, null);
    }
    Model model = graph.output(results).buildModel("test");
    Tensor image = Tensor.allocate(TensorType.INT8, 1, 9, 9, 160);
    fill(image);
    try (Interpreter reference = open(model, "reference", 1);
        Interpreter fast = open(model, "fast", 1)) {
      for (Interpreter interpreter : List.of(reference, fast)) {
        interpreter.getInputTensor(0).copyFrom(image);
        interpreter.invoke();
      }
      for (int n = 0; n < 2; n++) {
        assertArrayEquals(
            reference.getOutputTensor(n).toLongs(),
            fast.getOutputTensor(n).toLongs(),
            "output " + n);
      }
    }
  }

  /** The input is quantized in parts, and by several threads where it is large. */
  @Test
  void hybridResultsDoNotDependOnTheNumberOfThreads() {
    var graph = new GraphBuilder("main");
    Value input = graph.input("x", TensorType.FLOAT32, Shape.of(2, 40, 40, 32));
    var weights =
        new Tensor(TensorType.INT8, Quantization.perTensor(0.01f, 0), Tensor.Allocator.HEAP);
    weights.resize(16, 3, 3, 32);
    fill(weights);
    var op = new Conv2D(Padding.SAME, 1, 1, Activation.NONE, 1, 1, TensorType.FLOAT32);
    Value bias = graph.constant("b", floats(16));
    Value result = graph.node("y", op, input, graph.constant("w", weights), bias);
    Model model = graph.output(result).buildModel("test");
    Tensor images = floats(2, 40, 40, 32);
    try (Interpreter reference = open(model, "reference", 1);
        Interpreter one = open(model, "fast", 1);
        Interpreter three = open(model, "fast", 3)) {
      float[] expected = run(one, images);
      assertArrayEquals(run(reference, images), expected, 1e-3f, "seed " + SEED);
      for (int i = 0; i < 20; i++) {
        assertArrayEquals(expected, run(three, images), 0, "three threads");
      }
    }
  }

  private void fill(Tensor tensor) {
    for (long i = 0; i < tensor.elements(); i++) {
      tensor.setInteger(i, random.nextInt(2) * 220 - 110);
    }
  }

  @Test
  void constantsThatAreComputedAheadCountAsMemory() {
    var graph = new GraphBuilder("main");
    Value input = graph.input("x", TensorType.FLOAT32, Shape.of(1));
    Value one = graph.constant("one", Tensor.of(new float[] {1}, 1));
    Value dimensions = graph.constant("extents", Tensor.of(new int[] {1 << 24}, 1));
    Value wide = graph.node("wide", new BroadcastTo(), one, dimensions);
    Model model = graph.output(graph.node("sum", new Add(), input, wide)).buildModel("test");
    var options = InterpreterOptions.DEFAULT.withMaxMemory(1 << 20);
    try (Interpreter interpreter = Interpreter.of(model, options)) {
      var refused =
          assertThrows(UnsupportedModelException.class, () -> interpreter.allocateTensors());
      assertTrue(refused.items().getFirst().where().contains("wide"), refused.getMessage());
    }
  }

  @Test
  void aPlanThatFailsGivesItsMemoryBack() {
    var graph = new GraphBuilder("main");
    Value floats = graph.input("x", TensorType.FLOAT32, Shape.of(1));
    Value curved = graph.node("y", new Tanh(), floats);
    Value whole = graph.node("z", new Cast(TensorType.FLOAT32, TensorType.INT32), curved);
    Model model = graph.output(whole).buildModel("test");
    var options = InterpreterOptions.DEFAULT.withMaxMemory(1 << 20);
    try (Interpreter interpreter = Interpreter.of(model, options)) {
      for (int i = 0; i < 5; i++) {
        // Floats fit in the limit, integers no more.
        interpreter.resizeInput(0, new int[] {100_000});
        assertThrows(UnsupportedModelException.class, interpreter::allocateTensors);
      }
      interpreter.resizeInput(0, new int[] {60_000});
      interpreter.allocateTensors();
      interpreter.invoke();
    }
  }
}
