package dev.whittle.conformance;

import dev.whittle.ir.Graph;
import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.GraphCheck;
import dev.whittle.ir.Model;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Sparsity;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/** A builder of one random case: a graph and the contents of its inputs. */
public final class CaseBuilder {
  private final SplittableRandom random;
  private final double zeroProbability;
  private final GraphBuilder graph = new GraphBuilder("main");
  private final List<Tensor> inputs = new ArrayList<>();
  private final List<Tensor> expected = new ArrayList<>();
  private final List<Graph> subgraphs = new ArrayList<>();
  private final StringBuilder description = new StringBuilder();

  public CaseBuilder(SplittableRandom random) {
    this(random, 0);
  }

  /**
   * Creates a builder of cases with empty tensors.
   *
   * @param zeroProbability the probability that a random dimension is zero
   */
  public CaseBuilder(SplittableRandom random, double zeroProbability) {
    this.random = random;
    this.zeroProbability = zeroProbability;
  }

  public SplittableRandom random() {
    return random;
  }

  /** Returns a random integer from {@code low} to {@code high}, both included. */
  public int between(int low, int high) {
    return random.nextInt(low, high + 1);
  }

  public boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  @SafeVarargs
  public final <T> T oneOf(T... choices) {
    return choices[random.nextInt(choices.length)];
  }

  /** Returns a random shape of rank {@code minRank..maxRank} with dimensions from 1 to 6. */
  public int[] dims(int minRank, int maxRank) {
    int[] dims = new int[between(minRank, maxRank)];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = zeroProbability > 0 && chance(zeroProbability) ? 0 : between(1, 6);
    }
    return dims;
  }

  /**
   * Returns a shape that broadcasts to {@code dims}: some dimensions are 1, some leading ones are
   * omitted.
   */
  public int[] broadcastable(int[] dims) {
    int skip = chance(0.3) ? between(0, dims.length) : 0;
    int[] other = new int[dims.length - skip];
    for (int i = 0; i < other.length; i++) {
      other[i] = chance(0.25) ? 1 : dims[i + skip];
    }
    return other;
  }

  /** Returns the integers from 0 to {@code length - 1} in random order. */
  public int[] permutation(int length) {
    int[] order = new int[length];
    for (int i = 0; i < length; i++) {
      int j = between(0, i);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  /** Returns a tensor of short strings, many of them equal. */
  public Tensor randomStrings(int... dims) {
    var tensor = new Tensor(TensorType.STRING, null, Tensor.Allocator.AUTOMATIC);
    List<byte[]> strings = new ArrayList<>();
    long count = Arrays.stream(dims).asLongStream().reduce(1, (a, b) -> a * b);
    for (long i = 0; i < count; i++) {
      strings.add(oneOf("", "a", "ab", "\u00e9").getBytes(StandardCharsets.UTF_8));
    }
    tensor.setStrings(strings, dims);
    return tensor;
  }

  /** Returns random per-tensor parameters for a quantized type. The zero point is 0 for 16 bits. */
  public Quantization quantization(TensorType type) {
    float scale = (float) Math.exp(random.nextDouble(-7, 0));
    int zeroPoint =
        switch (type) {
          case INT8 -> between(-128, 127);
          case UINT8 -> between(0, 255);
          default -> 0;
        };
    return Quantization.perTensor(scale, zeroPoint);
  }

  /**
   * Returns a tensor of random contents: floats in -4..4, integers in -20..20, and the whole range
   * of the type if quantized.
   */
  public Tensor randomTensor(TensorType type, @Nullable Quantization quantization, int... dims) {
    var tensor = new Tensor(type, quantization, Tensor.Allocator.AUTOMATIC);
    tensor.resize(dims);
    for (long i = 0; i < tensor.elements(); i++) {
      fill(tensor, i, quantization != null);
    }
    return tensor;
  }

  private void fill(Tensor tensor, long i, boolean quantized) {
    switch (tensor.type()) {
      case FLOAT32 -> tensor.setFloat(i, (float) random.nextDouble(-4, 4));
      case FLOAT64 -> tensor.data().set(Tensor.DOUBLE, i * 8, random.nextDouble(-4, 4));
      case BOOL -> tensor.setBoolean(i, random.nextBoolean());
      case UINT8 -> tensor.setInteger(i, between(0, quantized ? 255 : 20));
      case UINT16, UINT32, UINT64 -> tensor.setInteger(i, between(0, 20));
      case INT8 -> tensor.setInteger(i, quantized ? between(-128, 127) : between(-20, 20));
      case INT16 -> tensor.setInteger(i, quantized ? between(-32768, 32767) : between(-20, 20));
      case INT32, INT64 -> tensor.setInteger(i, between(-20, 20));
      default ->
          throw new IllegalArgumentException("cannot make random contents of " + tensor.type());
    }
  }

  /** Returns 8-bit weights mapped to 4 bits, from -7 to 7. */
  public Tensor toInt4(Tensor weights) {
    var packed = new Tensor(TensorType.INT4, weights.quantization(), Tensor.Allocator.AUTOMATIC);
    packed.resize(weights.dims());
    for (long i = 0; i < weights.elements(); i++) {
      packed.setInteger(i, Math.floorMod(weights.getInteger(i), 15) - 7);
    }
    return packed;
  }

  /** Adds an input with random contents. */
  public Value input(TensorType type, int... dims) {
    return input(randomTensor(type, null, dims));
  }

  /** Adds a quantized input with random contents. */
  public Value quantizedInput(TensorType type, int... dims) {
    return input(randomTensor(type, quantization(type), dims));
  }

  /** Adds an input with the given contents. */
  public Value input(Tensor contents) {
    inputs.add(contents);
    describe(contents.type() + " " + contents.shape());
    return graph.input(
        "input" + inputs.size(), contents.type(), contents.shape(), contents.quantization());
  }

  /** Adds a constant with the given contents. */
  public Value constant(Tensor contents) {
    describe("const " + contents.type() + " " + contents.shape());
    return graph.constant("constant", contents);
  }

  /** Adds a constant int32 vector, the form of shape and axis operands. */
  public Value constant(int... contents) {
    return constant(Tensor.of(contents, contents.length));
  }

  /** Adds the tensor as a constant or as an input at random; kernels must take both. */
  public Value constantOrInput(Tensor contents) {
    return chance(0.5) ? constant(contents) : input(contents);
  }

  /** Adds a constant float matrix stored as compressed sparse rows. */
  public Value sparseMatrix() {
    int rows = between(1, 6);
    int columns = between(1, 6);
    List<Integer> segments = new ArrayList<>(List.of(0));
    List<Integer> indices = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        if (chance(0.4) || indices.isEmpty()) {
          indices.add(column);
        }
      }
      segments.add(indices.size());
    }
    Tensor stored = randomTensor(TensorType.FLOAT32, null, indices.size());
    var sparsity =
        new Sparsity(
            List.of(0, 1),
            List.of(),
            List.of(
                new Sparsity.Dimension.Dense(rows),
                new Sparsity.Dimension.Compressed(
                    new Sparsity.Indices(32, segments), new Sparsity.Indices(32, indices))));
    describe("sparse " + rows + " x " + columns);
    Value template =
        Value.of(0, "sparse", TensorType.FLOAT32, Shape.of(rows, columns))
            .withSparseData(sparsity, Constant.of(stored.data()));
    return graph.value(template);
  }

  /** Adds the node under test and makes its single output an output of the graph. */
  public Value output(Op op, @Nullable Value... operands) {
    describe(op.options().toString());
    Value result = graph.node("output", op, operands);
    graph.output(result);
    return result;
  }

  /** As {@link #output}, with a type and quantization parameters that cannot be inferred. */
  public Value output(
      TensorType type, @Nullable Quantization quantization, Op op, @Nullable Value... operands) {
    describe(op.options() + " -> " + type + " " + quantization);
    Value template = Value.of(0, "output", type, Shape.UNKNOWN).withQuantization(quantization);
    Value result = graph.node(template, op, operands);
    graph.output(result);
    return result;
  }

  /**
   * As {@link #output}, with values that state the quantization of the operator's intermediate
   * results.
   */
  public void outputWithIntermediates(
      TensorType type,
      Quantization quantization,
      List<Value> intermediates,
      Op op,
      @Nullable Value... operands) {
    output(type, quantization, op, operands);
    graph.setIntermediates(intermediates);
  }

  /** Adds the node under test and makes all its outputs outputs of the graph. */
  public List<Value> outputs(int count, Op op, @Nullable Value... operands) {
    describe(op.options().toString());
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add("output" + i);
    }
    List<Value> results = graph.nodes(names, op, operands);
    results.forEach(graph::output);
    return results;
  }

  /**
   * States the next output, a function of each element of a float tensor. For operators that the
   * native runtime lacks.
   */
  public void expect(Tensor x, DoubleUnaryOperator function) {
    Tensor output = Tensor.allocate(TensorType.FLOAT32, x.dims());
    for (long i = 0; i < x.elements(); i++) {
      output.setFloat(i, (float) function.applyAsDouble(x.getFloat(i)));
    }
    expected.add(output);
  }

  /** Returns the graph, for cases of more than one node. */
  public GraphBuilder graph() {
    return graph;
  }

  /** Adds a variable tensor, initially zero. */
  public Value variable(TensorType type, int... dims) {
    Shape shape = Shape.of(dims);
    return graph.value(Value.of(0, "variable", type, shape).withVariable(true));
  }

  /** Adds a subgraph for a control flow operator and returns its index in the model. */
  public int addGraph(Graph subgraph) {
    subgraphs.add(subgraph);
    return subgraphs.size();
  }

  private void describe(String part) {
    description.append(description.isEmpty() ? "" : "; ").append(part);
  }

  /** Returns the finished case. */
  public OperatorCase build() {
    List<Graph> graphs = new ArrayList<>(List.of(graph.build()));
    graphs.addAll(subgraphs);
    var model = new Model("conformance", graphs, List.of(), List.of());
    GraphCheck.check(model);
    return new OperatorCase(description.toString(), model, inputs, expected);
  }
}
