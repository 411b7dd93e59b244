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
import org.jspecify.annotations.Nullable;

/** Builds one random case: a graph, and contents for its inputs. */
public final class CaseBuilder {
  private final SplittableRandom random;
  private final double emptiness;
  private final GraphBuilder graph = new GraphBuilder("main");
  private final List<Tensor> inputs = new ArrayList<>();
  private final List<Graph> others = new ArrayList<>();
  private final StringBuilder what = new StringBuilder();

  public CaseBuilder(SplittableRandom random) {
    this(random, 0);
  }

  /**
   * A builder of cases with tensors without elements.
   *
   * @param emptiness how probable it is that an extent is zero
   */
  public CaseBuilder(SplittableRandom random, double emptiness) {
    this.random = random;
    this.emptiness = emptiness;
  }

  public SplittableRandom random() {
    return random;
  }

  /** A number in {@code low..high}, both included. */
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

  /** Random extents: rank in {@code minRank..maxRank}, each extent 1 to 6. */
  public int[] dims(int minRank, int maxRank) {
    int[] dims = new int[between(minRank, maxRank)];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = emptiness > 0 && chance(emptiness) ? 0 : between(1, 6);
    }
    return dims;
  }

  /** Extents that broadcast with {@code dims}: some set to 1, some leading ones left out. */
  public int[] broadcastable(int[] dims) {
    int skip = chance(0.3) ? between(0, dims.length) : 0;
    int[] other = new int[dims.length - skip];
    for (int i = 0; i < other.length; i++) {
      other[i] = chance(0.25) ? 1 : dims[i + skip];
    }
    return other;
  }

  /** The numbers from 0 to {@code length - 1} in random order. */
  public int[] permutation(int length) {
    int[] order = new int[length];
    for (int i = 0; i < length; i++) {
      int j = between(0, i);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  /** A tensor of short strings, few of them different. */
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

  /** Per-tensor parameters for a quantized type: a random scale, and zero point 0 for 16 bits. */
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

  /** A tensor of random contents: floats in -4..4, small integers, full range if quantized. */
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
      default -> throw new IllegalArgumentException("no random contents for " + tensor.type());
    }
  }

  /** 8-bit weights in 4 bits, from -7 to 7. */
  public Tensor inFourBits(Tensor weights) {
    var packed = new Tensor(TensorType.INT4, weights.quantization(), Tensor.Allocator.AUTOMATIC);
    packed.resize(weights.dims());
    for (long i = 0; i < weights.elements(); i++) {
      packed.setInteger(i, Math.floorMod(weights.getInteger(i), 15) - 7);
    }
    return packed;
  }

  /** An input of the graph with random contents. */
  public Value input(TensorType type, int... dims) {
    return input(randomTensor(type, null, dims));
  }

  /** A quantized input of the graph with random contents. */
  public Value quantizedInput(TensorType type, int... dims) {
    return input(randomTensor(type, quantization(type), dims));
  }

  /** An input of the graph with these contents. */
  public Value input(Tensor contents) {
    inputs.add(contents);
    describe(contents.type() + " " + contents.shape());
    return graph.input(
        "input" + inputs.size(), contents.type(), contents.shape(), contents.quantization());
  }

  /** A constant with these contents. */
  public Value constant(Tensor contents) {
    describe("const " + contents.type() + " " + contents.shape());
    return graph.constant("constant", contents);
  }

  /** A constant int32 vector, as shape and axis operands are. */
  public Value constant(int... contents) {
    return constant(Tensor.of(contents, contents.length));
  }

  /** By chance a constant or an input: both must work alike. */
  public Value constantOrInput(Tensor contents) {
    return chance(0.5) ? constant(contents) : input(contents);
  }

  /** A constant matrix of floats stored as compressed sparse rows. */
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

  /** Adds the node under test and makes its single output the graph's. */
  public Value output(Op op, @Nullable Value... operands) {
    describe(op.options().toString());
    Value result = graph.node("output", op, operands);
    graph.output(result);
    return result;
  }

  /** As {@link #output} with a type and quantization parameters that cannot be inferred. */
  public Value output(
      TensorType type, @Nullable Quantization quantization, Op op, @Nullable Value... operands) {
    describe(op.options() + " -> " + type + " " + quantization);
    Value template = Value.of(0, "output", type, Shape.UNKNOWN).withQuantization(quantization);
    Value result = graph.node(template, op, operands);
    graph.output(result);
    return result;
  }

  /**
   * As {@link #output} with values that only state how what is computed on the way is quantized.
   */
  public void outputWithIntermediates(
      TensorType type,
      Quantization quantization,
      List<Value> intermediates,
      Op op,
      @Nullable Value... operands) {
    output(type, quantization, op, operands);
    graph.stateIntermediates(intermediates);
  }

  /** Adds the node under test and makes all its outputs the graph's. */
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

  /** The graph itself, for cases that need more than one node. */
  public GraphBuilder graph() {
    return graph;
  }

  /** A variable, which is zero at first. */
  public Value variable(TensorType type, int... dims) {
    Shape shape = Shape.of(dims);
    return graph.value(
        new Value(0, "variable", type, shape, shape, true, true, null, null, null, List.of()));
  }

  /** Adds a graph for an operator that runs one, and gives its index in the model. */
  public int addGraph(Graph other) {
    others.add(other);
    return others.size();
  }

  private void describe(String part) {
    what.append(what.isEmpty() ? "" : "; ").append(part);
  }

  /** The finished case. */
  public OperatorCase build() {
    List<Graph> graphs = new ArrayList<>(List.of(graph.build()));
    graphs.addAll(others);
    var model = new Model("conformance", graphs, List.of(), List.of());
    GraphCheck.check(model);
    return new OperatorCase(what.toString(), model, inputs);
  }
}
