package dev.whittle.convert.lower;

import static dev.whittle.ir.tensor.Shape.DYNAMIC;
import static dev.whittle.ir.tensor.TensorType.BOOL;
import static dev.whittle.ir.tensor.TensorType.FLOAT32;
import static dev.whittle.ir.tensor.TensorType.INT32;
import static dev.whittle.ir.tensor.TensorType.INT64;

import dev.whittle.ir.Graph;
import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.control.While;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Div;
import dev.whittle.ir.op.math.Maximum;
import dev.whittle.ir.op.math.Minimum;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.op.nn.BatchMatMul;
import dev.whittle.ir.op.reduce.Mean;
import dev.whittle.ir.op.reduce.ReduceMax;
import dev.whittle.ir.op.reduce.ReduceMin;
import dev.whittle.ir.op.reduce.Sum;
import dev.whittle.ir.op.shape.BroadcastTo;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.ExpandDims;
import dev.whittle.ir.op.shape.Fill;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.op.shape.PadV2;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.op.shape.ShapeOf;
import dev.whittle.ir.op.shape.Split;
import dev.whittle.ir.op.shape.SplitV;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.op.shape.Tile;
import dev.whittle.ir.op.shape.Transpose;
import dev.whittle.ir.op.type.Bitcast;
import dev.whittle.ir.op.type.Cast;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.rewrite.ConstantEvaluation;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Builds one graph of a model. Negative axes are counted from the last. Unknown dimensions stay
 * unknown: a reshape with one of them states -1; with several, it computes the shape at run time.
 * Binary operations promote operands of different types as Keras and NumPy do for arrays, within
 * the types of TensorFlow Lite.
 *
 * <p>Every method throws {@link OperandException} if an operator does not accept its operands.
 */
public final class Emitter {
  /** In a target shape, the size of the operand's dimension with the same index. */
  public static final int SAME = -2;

  /** The largest size of constants that are shared within a graph. */
  private static final int MAX_SHARED_BYTES = 256;

  /** The largest size of operands that are evaluated at once; rewrite rules fold larger ones. */
  private static final long MAX_EVALUATED_BYTES = 64 << 10;

  private static final long MAX_GENERATED = 1 << 26;

  private record Key(
      TensorType type, Shape shape, @Nullable Quantization quantization, Constant bytes) {}

  private final GraphBuilder graph;
  private final List<@Nullable GraphBuilder> graphs;
  private final int maxSharedBytes;
  private final Map<Key, Value> shared = new HashMap<>();
  private final boolean evaluates;
  private String scope = "";

  private Emitter(
      GraphBuilder graph,
      List<@Nullable GraphBuilder> graphs,
      int maxSharedBytes,
      boolean evaluates) {
    this.graph = graph;
    this.graphs = graphs;
    this.maxSharedBytes = maxSharedBytes;
    this.evaluates = evaluates;
  }

  /** Returns an emitter of a new model's main graph. */
  public static Emitter ofModel() {
    return ofModel(MAX_SHARED_BYTES, false);
  }

  /** Returns an emitter that evaluates operators with small constant operands at once. */
  public static Emitter ofModelEvaluatingConstants() {
    return ofModel(MAX_SHARED_BYTES, true);
  }

  /** Returns an emitter that does not share equal constants. */
  public static Emitter ofModelWithSeparateConstants() {
    return ofModel(-1, false);
  }

  private static Emitter ofModel(int maxSharedBytes, boolean evaluates) {
    List<@Nullable GraphBuilder> graphs = new ArrayList<>();
    var main = new GraphBuilder("main");
    graphs.add(main);
    return new Emitter(main, graphs, maxSharedBytes, evaluates);
  }

  /** Builds all graphs of the model, the main one first. */
  public List<Graph> buildGraphs() {
    List<Graph> built = new ArrayList<>();
    for (GraphBuilder builder : graphs) {
      if (builder != null) {
        built.add(builder.build());
      }
    }
    return built;
  }

  public GraphBuilder graph() {
    return graph;
  }

  /** Sets the prefix of the names of further values, such as a layer's name. */
  public void setScope(String newScope) {
    scope = newScope;
  }

  public String scope() {
    return scope;
  }

  private String name(String what) {
    return scope.isEmpty() ? what : scope + "/" + what;
  }

  // Constants.

  /**
   * Refuses huge constants that a short configuration describes.
   *
   * @param elements the size of a constant that is not read from the file
   * @throws OperandException if it is too large
   */
  public static void checkGenerated(long elements) {
    if (elements > MAX_GENERATED || elements < 0) {
      throw OperandException.unsupported("a generated constant of %d elements", elements);
    }
  }

  /** Returns whether an exception reports a number that exceeds its type, as large sizes do. */
  public static boolean isOverflow(ArithmeticException e) {
    return String.valueOf(e.getMessage()).contains("overflow");
  }

  public Value constant(String what, Tensor tensor) {
    if (tensor.data().byteSize() > maxSharedBytes || !tensor.type().hasFixedSize()) {
      return graph.constant(name(what), tensor);
    }
    var key =
        new Key(tensor.type(), tensor.shape(), tensor.quantization(), Constant.of(tensor.data()));
    return shared.computeIfAbsent(key, k -> graph.constant(name(what), tensor));
  }

  public Value constant(String what, float[] values, int... dims) {
    if (shape(dims).elements() != values.length) {
      throw OperandException.invalid(
          "%d numbers for a constant of shape %s", values.length, shape(dims));
    }
    return constant(what, Tensor.of(values, dims));
  }

  public Value scalar(float value) {
    return constant("value", Tensor.of(new float[] {value}));
  }

  public Value scalar(int value) {
    return constant("value", Tensor.of(new int[] {value}));
  }

  /** Returns a scalar of a given type, rounded to it. */
  public Value scalar(TensorType type, double value) {
    Tensor tensor = Tensor.allocate(type);
    switch (type) {
      case FLOAT32 -> tensor.setFloat(0, (float) value);
      case BOOL -> tensor.setBoolean(0, value != 0);
      default -> {
        if (!type.isInteger()) {
          throw OperandException.unsupported("constants of type %s", type);
        }
        tensor.setInteger(0, (long) value);
      }
    }
    return constant("value", tensor);
  }

  /** Returns an int32 vector, such as a shape or a list of axes. */
  public Value ints(int... values) {
    return constant("values", Tensor.of(values, values.length));
  }

  public Value zeros(TensorType type, int... dims) {
    checkGenerated(shape(dims).elements());
    return constant("zeros", Tensor.allocate(type, dims));
  }

  // Nodes.

  /** Adds a node with one output. */
  public Value node(Op op, @Nullable Value... operands) {
    requireOperandCount(op.type(), operands.length);
    List<Value> known = evaluated(op, operands);
    return known.isEmpty()
        ? addressable(graph.node(name(op.type().name().toLowerCase(Locale.ROOT)), op, operands))
        : known.getFirst();
  }

  private static void requireOperandCount(OpType<?> type, int count) {
    if (count < type.minInputs() || count > type.maxInputs()) {
      throw OperandException.invalid(
          "%d inputs of %s; expected %d to %d",
          count, type.name(), type.minInputs(), type.maxInputs());
    }
  }

  /** Evaluates an operator with constant operands; returns an empty list if it is not evaluated. */
  private List<Value> evaluated(Op op, @Nullable Value... operands) {
    if (!evaluates || !op.isPure() || !op.subgraphs().isEmpty() || operands.length == 0) {
      return List.of();
    }
    List<@Nullable Operand> known = new ArrayList<>();
    long bytes = 0;
    for (Value operand : operands) {
      Constant data = operand == null ? null : operand.data();
      if (operand != null && data == null) {
        return List.of();
      }
      bytes += data == null ? 0 : data.byteSize();
      known.add(operand == null ? null : Operand.of(operand));
    }
    if (bytes > MAX_EVALUATED_BYTES) {
      return List.of();
    }
    String what = op.type().name().toLowerCase(Locale.ROOT);
    try {
      return ConstantEvaluation.evaluate(op, known, List.of()).stream()
          .map(tensor -> constant(what, tensor))
          .toList();
    } catch (OperandException e) {
      // Adding the node reports the problem, if there is one.
      return List.of();
    }
  }

  public List<Value> nodes(int outputs, Op op, @Nullable Value... operands) {
    requireOperandCount(op.type(), operands.length);
    List<Value> known = evaluated(op, operands);
    if (known.size() == outputs) {
      return known;
    }
    String stem = name(op.type().name().toLowerCase(Locale.ROOT));
    List<String> names =
        IntStream.range(0, outputs).mapToObj(i -> i == 0 ? stem : stem + i).toList();
    List<Value> results = graph.nodes(names, op, operands);
    results.forEach(Emitter::addressable);
    return results;
  }

  /** Adds an input of the graph. */
  public Value input(String inputName, TensorType type, Shape shape) {
    return addressable(graph.input(inputName, type, shape));
  }

  /** Refuses values whose size in bytes overflows, as a hostile file may state them. */
  private static Value addressable(Value value) {
    try {
      value.type().byteSize(value.initialShape().elements());
      return value;
    } catch (ArithmeticException e) {
      throw OperandException.invalid("the shape %s is too large", value.shape());
    }
  }

  /** Sets the shape of a value, where more is known than shape inference finds. */
  public Value narrow(Value value, Shape shape) {
    return value.shape().equals(shape) ? value : graph.update(addressable(value.withShape(shape)));
  }

  // Shapes.

  /**
   * Returns a shape; {@link Shape#DYNAMIC} stands for unknown sizes.
   *
   * @throws OperandException if a size is negative
   */
  public static Shape shape(int... dims) {
    if (Arrays.stream(dims).anyMatch(d -> d < DYNAMIC)) {
      throw OperandException.invalid("negative sizes in a shape %s", Arrays.toString(dims));
    }
    return Shape.of(dims);
  }

  /**
   * Returns the number of axes.
   *
   * @throws OperandException if it is unknown
   */
  public static int rank(Value value) {
    if (!value.shape().isRankKnown()) {
      throw OperandException.unsupported(
          "'%s' has an unknown rank; fix the shapes of the model's inputs", value.name());
    }
    return value.shape().rank();
  }

  /**
   * Requires a number of axes.
   *
   * @throws OperandException if there are more or fewer, or their number is unknown
   */
  public static void requireRank(Value value, int rank) {
    if (rank(value) != rank) {
      throw OperandException.invalid("an input %s; expected %d axes", value.shape(), rank);
    }
  }

  /**
   * Returns the size of each dimension, {@link Shape#DYNAMIC} where it is unknown.
   *
   * @throws OperandException if the rank is unknown
   */
  public static int[] dims(Value value) {
    rank(value);
    return value.shape().toArray();
  }

  /**
   * Returns the size of a dimension; {@link Shape#DYNAMIC} if it is unknown.
   *
   * @param axis negative from the last
   * @throws OperandException if there is no such axis
   */
  public static int dim(Value value, int axis) {
    return value.shape().dim(axis(value, axis));
  }

  /**
   * Returns an axis, counted from the first.
   *
   * @param axis negative from the last
   * @throws OperandException if there is no such axis
   */
  public static int axis(Value value, int axis) {
    int rank = rank(value);
    if (axis < -rank || axis >= rank) {
      throw OperandException.invalid("axis %d of %s", axis, value.shape());
    }
    return axis < 0 ? axis + rank : axis;
  }

  /**
   * Returns the size of a dimension.
   *
   * @throws OperandException if it is unknown
   */
  public static int fixedDimension(Value value, int axis) {
    int dimension = dim(value, axis);
    if (dimension == DYNAMIC) {
      throw OperandException.unsupported(
          "axis %d of %s has an unknown size; fix the shapes of the model's inputs",
          axis, value.shape());
    }
    return dimension;
  }

  private static int[] axes(Value value, int... axes) {
    return Arrays.stream(axes).map(a -> axis(value, a)).distinct().sorted().toArray();
  }

  /** Returns the axes from {@code from} to the last. */
  public static int[] axesFrom(Value value, int from) {
    return IntStream.range(axis(value, from), rank(value)).toArray();
  }

  /**
   * Returns the same elements in another shape.
   *
   * @param dims sizes; at most one -1, which is inferred, and {@link #SAME} for a size of {@code x}
   *     that may be unknown
   */
  public Value reshape(Value x, int... dims) {
    int[] target = dims.clone();
    int unknown = 0;
    for (int i = 0; i < target.length; i++) {
      if (target[i] == SAME && dim(x, i) != DYNAMIC) {
        target[i] = dim(x, i);
      }
      unknown += target[i] < 0 ? 1 : 0;
    }
    Shape known = resolve(x.shape(), target);
    if (known.equals(x.shape()) && known.isStatic()) {
      return x;
    }
    if (unknown > 1) {
      return narrow(node(new Reshape(), x, runTimeShape(x, target)), known);
    }
    int[] constant = Arrays.stream(target).map(d -> d < 0 ? -1 : d).toArray();
    return narrow(
        node(
            new Reshape(Arrays.stream(constant).boxed().toList()),
            x,
            constant("shape", Tensor.of(constant, constant.length))),
        known);
  }

  private static Shape resolve(Shape from, int... target) {
    int[] dims = target.clone();
    int stretch = -1;
    long product = 1;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == SAME) {
        dims[i] = DYNAMIC;
        product = -1;
      } else if (dims[i] == -1) {
        stretch = i;
      } else if (product >= 0) {
        product *= dims[i];
      }
    }
    if (stretch >= 0 && product > 0 && from.isStatic()) {
      dims[stretch] = Math.toIntExact(from.elements() / product);
    }
    return shape(dims);
  }

  private Value runTimeShape(Value x, int[] target) {
    Value shape = shapeOf(x);
    List<Value> parts = new ArrayList<>();
    for (int i = 0; i < target.length; ) {
      int end = i + 1;
      boolean same = target[i] == SAME;
      while (end < target.length && (target[end] == SAME) == same) {
        end++;
      }
      parts.add(same ? slice(shape, 0, i, end) : ints(Arrays.copyOfRange(target, i, end)));
      i = end;
    }
    return concat(0, parts);
  }

  /** Returns the shape of a value, int32, computed at run time. */
  public Value shapeOf(Value x) {
    return node(new ShapeOf(INT32), x);
  }

  /** Returns the shape of a value as an int32 operand, constant where the shape is known. */
  public Value shapeOperand(Value x) {
    return x.shape().isStatic() ? ints(dims(x)) : shapeOf(x);
  }

  /** Returns the same contents as another value. */
  public Value copy(Value x) {
    return narrow(node(new Reshape(), x, shapeOperand(x)), x.shape());
  }

  /** Returns the size of a dimension as an int32 vector of one element. */
  public Value dimension(Value x, int axis) {
    int a = axis(x, axis);
    return dim(x, a) == DYNAMIC ? slice(shapeOf(x), 0, a, a + 1) : ints(dim(x, a));
  }

  /**
   * Returns a shape as an operand.
   *
   * @param dims sizes; {@link Shape#DYNAMIC} for the size of {@code like} on the same axis
   */
  public Value shapeLike(Value like, int... dims) {
    int[] target = Arrays.stream(dims).map(d -> d == DYNAMIC ? SAME : d).toArray();
    for (int i = 0; i < target.length; i++) {
      if (target[i] == SAME && dim(like, i) != DYNAMIC) {
        target[i] = dim(like, i);
      }
    }
    return Arrays.stream(target).noneMatch(d -> d < 0) ? ints(target) : runTimeShape(like, target);
  }

  /** Returns a tensor filled with {@code value}, of the shape of {@link #shapeLike}. */
  public Value fill(TensorType type, double value, Value like, int... dims) {
    Value shape = shapeLike(like, dims);
    int[] known = dims.clone();
    for (int i = 0; i < known.length; i++) {
      known[i] = known[i] == DYNAMIC ? dim(like, i) : known[i];
    }
    return narrow(node(new Fill(), shape, scalar(type, value)), shape(known));
  }

  public Value expandDims(Value x, int axis) {
    int rank = rank(x);
    int position = axis < 0 ? axis + rank + 1 : axis;
    if (position < 0 || position > rank) {
      throw OperandException.invalid("a new axis %d of %s", axis, x.shape());
    }
    int[] dims = new int[rank + 1];
    int unknown = 0;
    for (int i = 0; i <= rank; i++) {
      dims[i] = i == position ? 1 : dim(x, i < position ? i : i - 1);
      unknown += dims[i] < 0 ? 1 : 0;
    }
    return unknown <= 1
        ? reshape(x, dims)
        : node(new ExpandDims(), x, constant("axis", Tensor.of(new int[] {position})));
  }

  /** Removes axes of size 1. */
  public Value squeeze(Value x, int... axes) {
    int[] drop = axes(x, axes);
    int[] left =
        IntStream.range(0, rank(x))
            .filter(i -> Arrays.binarySearch(drop, i) < 0)
            .map(i -> dim(x, i))
            .toArray();
    long unknown = Arrays.stream(left).filter(d -> d < 0).count();
    return unknown <= 1
        ? reshape(x, left)
        : node(new dev.whittle.ir.op.shape.Squeeze(Arrays.stream(drop).boxed().toList()), x);
  }

  public Value transpose(Value x, int... permutation) {
    return IntStream.range(0, permutation.length).allMatch(i -> permutation[i] == i)
        ? x
        : node(new Transpose(), x, constant("perm", Tensor.of(permutation, permutation.length)));
  }

  /** Swaps two axes. */
  public Value swap(Value x, int a, int b) {
    int[] permutation = IntStream.range(0, rank(x)).toArray();
    permutation[axis(x, a)] = axis(x, b);
    permutation[axis(x, b)] = axis(x, a);
    return transpose(x, permutation);
  }

  /** Moves the last axis, the channels, behind the batch. */
  public Value channelsFirst(Value x) {
    int rank = rank(x);
    return transpose(
        x, IntStream.range(0, rank).map(i -> i == 0 ? 0 : i == 1 ? rank - 1 : i - 1).toArray());
  }

  /** Moves the second axis, the channels, to the end. */
  public Value channelsLast(Value x) {
    int rank = rank(x);
    return transpose(
        x, IntStream.range(0, rank).map(i -> i == 0 ? 0 : i == rank - 1 ? 1 : i + 1).toArray());
  }

  // Parts.

  /**
   * Returns a range along one axis.
   *
   * @param to exclusive; negative from the end; {@link Integer#MAX_VALUE} for the end
   */
  public Value slice(Value x, int axis, int from, int to) {
    int a = axis(x, axis);
    int dimension = dim(x, a);
    boolean toEnd = to == Integer.MAX_VALUE || (to == dimension && dimension != DYNAMIC);
    if (from == 0 && toEnd) {
      return x;
    }
    int[] begin = new int[a + 1];
    int[] end = new int[a + 1];
    int[] step = new int[a + 1];
    Arrays.fill(step, 1);
    begin[a] = from;
    end[a] = to == Integer.MAX_VALUE ? 0 : to;
    int before = (1 << a) - 1;
    int endMask = to == Integer.MAX_VALUE ? before | 1 << a : before;
    var op = new StridedSlice(before, endMask, 0, 0, 0, false);
    return node(op, x, ints(begin), ints(end), ints(step));
  }

  /** Returns one item along an axis, without that axis. */
  public Value select(Value x, int axis, int index) {
    int a = axis(x, axis);
    int[] begin = new int[a + 1];
    int[] end = new int[a + 1];
    int[] step = new int[a + 1];
    Arrays.fill(step, 1);
    begin[a] = index;
    end[a] = index + 1;
    int before = (1 << a) - 1;
    int endMask = index == -1 ? before | 1 << a : before;
    return node(
        new StridedSlice(before, endMask, 0, 0, 1 << a, false),
        x,
        ints(begin),
        ints(end),
        ints(step));
  }

  public Value concat(int axis, List<Value> parts) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    return node(
        new Concatenation(axis(parts.getFirst(), axis), Activation.NONE),
        parts.toArray(new Value[0]));
  }

  /** Splits into equal parts along an axis. */
  public List<Value> split(Value x, int axis, int count) {
    return count == 1
        ? List.of(x)
        : nodes(count, new Split(count), constant("axis", Tensor.of(new int[] {axis(x, axis)})), x);
  }

  /** Splits into parts of the given sizes along an axis. */
  public List<Value> splitSizes(Value x, int axis, int... sizes) {
    return nodes(
        sizes.length,
        new SplitV(sizes.length),
        x,
        ints(sizes),
        constant("axis", Tensor.of(new int[] {axis(x, axis)})));
  }

  public Value gather(Value x, Value indices, int axis) {
    return node(new Gather(axis(x, axis), 0), x, indices);
  }

  public Value reverse(Value x, int axis) {
    return node(new dev.whittle.ir.op.shape.ReverseV2(), x, ints(axis(x, axis)));
  }

  public Value tile(Value x, int... times) {
    return Arrays.stream(times).allMatch(t -> t == 1) ? x : node(new Tile(), x, ints(times));
  }

  /**
   * Pads a tensor with zeros.
   *
   * @param padding before and after, axis by axis
   */
  public Value pad(Value x, int... padding) {
    return Arrays.stream(padding).allMatch(p -> p == 0)
        ? x
        : node(new Pad(), x, constant("paddings", Tensor.of(padding, padding.length / 2, 2)));
  }

  /** Pads a tensor with a value. */
  public Value pad(Value x, double value, int... padding) {
    return node(
        new PadV2(),
        x,
        constant("paddings", Tensor.of(padding, padding.length / 2, 2)),
        scalar(x.type(), value));
  }

  public Value broadcastTo(Value x, Value shape) {
    return node(new BroadcastTo(), x, shape);
  }

  // Types.

  public Value cast(Value x, TensorType type) {
    return x.type() == type ? x : node(new Cast(x.type(), type), x);
  }

  /**
   * Returns the bytes of a value as elements of another type; smaller elements lie along one more
   * axis at the end.
   *
   * @throws OperandException if the last axis does not hold one larger element
   */
  public Value bitcast(Value x, TensorType type) {
    if (type == x.type()) {
      return x;
    }
    int before = x.type().bits();
    int after = type.bits();
    int[] dims = dims(x);
    if (after < before) {
      dims = Arrays.copyOf(dims, dims.length + 1);
      dims[dims.length - 1] = before / after;
    } else if (after > before) {
      if (dims.length == 0) {
        throw OperandException.invalid("%s as %s", x.type(), type);
      }
      dims = Arrays.copyOf(dims, dims.length - 1);
    }
    Value declared = Value.of(0, name("bitcast"), type, Shape.of(dims));
    return graph.nodesAsDeclared(List.of(declared), new Bitcast(), x).getFirst();
  }

  /** Rounds floats to the numbers that quantized integers represent. */
  public Value throughIntegers(Value x, TensorType type, Quantization parameters) {
    Value declared = Value.of(0, name("quantize"), type, x.shape()).withQuantization(parameters);
    if (x.contents() != null) {
      Tensor integers =
          ConstantEvaluation.evaluate(
                  new Quantize(), List.of(Operand.of(x)), List.of(Operand.of(declared)))
              .getFirst();
      var known = new Operand(declared.name(), type, integers.shape(), parameters, integers);
      Value floats = Value.of(0, "", FLOAT32, x.shape());
      return constant(
          "fake_quant",
          ConstantEvaluation.evaluate(
                  new Dequantize(),
                  List.of(known),
                  List.of(Operand.of(floats)),
                  x.contents().data().byteSize())
              .getFirst());
    }
    Value integers = graph.nodesAsDeclared(List.of(declared), new Quantize(), x).getFirst();
    return node(new Dequantize(), integers);
  }

  /** Casts two operands to their common type. */
  public List<Value> promote(Value a, Value b) {
    TensorType type = promoted(a.type(), b.type());
    return List.of(cast(a, type), cast(b, type));
  }

  private static TensorType promoted(TensorType a, TensorType b) {
    if (a == b) {
      return a;
    }
    if (a == FLOAT32 || b == FLOAT32) {
      return FLOAT32;
    }
    if (a == BOOL || b == BOOL) {
      return a == BOOL ? b : a;
    }
    return a == INT64 || b == INT64 ? INT64 : INT32;
  }

  // Arithmetic.

  public Value add(Value a, Value b) {
    return arithmetic(new Add(), a, b);
  }

  public Value sub(Value a, Value b) {
    return arithmetic(new Sub(), a, b);
  }

  public Value mul(Value a, Value b) {
    return arithmetic(new Mul(), a, b);
  }

  public Value div(Value a, Value b) {
    return binary(new Div(), a, b);
  }

  public Value max(Value a, Value b) {
    return binary(new Maximum(), a, b);
  }

  public Value min(Value a, Value b) {
    return binary(new Minimum(), a, b);
  }

  public Value add(Value a, double b) {
    return add(a, scalar(a.type(), b));
  }

  public Value sub(Value a, double b) {
    return sub(a, scalar(a.type(), b));
  }

  public Value mul(Value a, double b) {
    return mul(a, scalar(a.type(), b));
  }

  public Value max(Value a, double b) {
    return max(a, scalar(a.type(), b));
  }

  public Value min(Value a, double b) {
    return min(a, scalar(a.type(), b));
  }

  /** Adds a binary operator after promoting its operands. */
  public Value binary(Op op, Value a, Value b) {
    List<Value> operands = promote(a, b);
    return node(op, operands.get(0), operands.get(1));
  }

  /**
   * Computes with integers of 8 and 16 bits as int32 and wraps the result around, since the
   * operators treat them as quantized numbers.
   */
  private Value arithmetic(Op op, Value a, Value b) {
    TensorType type = promoted(a.type(), b.type());
    return switch (type) {
      case INT8, UINT8, INT16 ->
          cast(node(op, cast(a, TensorType.INT32), cast(b, TensorType.INT32)), type);
      default -> binary(op, a, b);
    };
  }

  public Value where(Value condition, Value a, Value b) {
    List<Value> operands = promote(a, b);
    return node(new SelectV2(), condition, operands.get(0), operands.get(1));
  }

  public Value matmul(Value a, Value b, boolean transposeA, boolean transposeB) {
    List<Value> operands = promote(a, b);
    TensorType type = operands.getFirst().type();
    return type.isInteger()
        ? Products.integerMatMul(this, a, b, transposeA, transposeB, type)
        : node(new BatchMatMul(transposeA, transposeB, false), operands.get(0), operands.get(1));
  }

  // Reductions.

  public Value mean(Value x, boolean keepDims, int... axes) {
    return reduce(new Mean(keepDims), x, axes);
  }

  public Value sum(Value x, boolean keepDims, int... axes) {
    return reduce(new Sum(keepDims), x, axes);
  }

  public Value reduceMax(Value x, boolean keepDims, int... axes) {
    return reduce(new ReduceMax(keepDims), x, axes);
  }

  public Value reduceMin(Value x, boolean keepDims, int... axes) {
    return reduce(new ReduceMin(keepDims), x, axes);
  }

  public Value reduce(Op op, Value x, int... axes) {
    return node(op, x, axesOperand(x, axes));
  }

  /** Returns axes of {@code x} as an int32 operand, counted from the first and sorted. */
  public Value axesOperand(Value x, int... axes) {
    int[] sorted = axes(x, axes);
    return constant("axes", Tensor.of(sorted, sorted.length));
  }

  // Graphs within the model.

  /** An emitter of another graph of the same model, and the index of that graph. */
  public record Branch(Emitter emitter, int index) {}

  public Branch branch(String what) {
    var builder = new GraphBuilder(name(what));
    graphs.add(builder);
    var emitter = new Emitter(builder, graphs, maxSharedBytes, evaluates);
    emitter.scope = scope;
    return new Branch(emitter, graphs.size() - 1);
  }

  /** Computes the variables of a loop after a step. */
  @FunctionalInterface
  public interface LoopBody extends BiFunction<Emitter, List<Value>, List<Value>> {}

  /** Computes the condition of a loop, a boolean scalar. */
  @FunctionalInterface
  public interface LoopCondition extends BiFunction<Emitter, List<Value>, Value> {}

  /**
   * Adds a loop.
   *
   * @param variables the initial values; each step has to keep their shapes
   * @return the values after the last step
   */
  public List<Value> loop(List<Value> variables, LoopCondition condition, LoopBody body) {
    return loop(variables, variables.stream().map(Value::shape).toList(), condition, body);
  }

  /**
   * Adds a loop whose variables may change their shapes.
   *
   * @param variables the initial values
   * @param shapes the shapes of the variables before and after each step, with the dimensions that
   *     may change as {@link Shape#DYNAMIC}
   * @return the values after the last step
   */
  public List<Value> loop(
      List<Value> variables, List<Shape> shapes, LoopCondition condition, LoopBody body) {
    Branch test = branch("cond");
    List<Value> tested = test.emitter.inputs(variables, shapes);
    test.emitter.graph.output(condition.apply(test.emitter, tested));
    Branch step = branch("body");
    List<Value> before = step.emitter.inputs(variables, shapes);
    List<Value> after = new ArrayList<>(body.apply(step.emitter, before));
    // Runtimes that swap buffers fail if an output is an input or another output.
    for (int i = 0; i < after.size(); i++) {
      Value out = after.get(i);
      if (before.contains(out) || after.indexOf(out) < i || out.isConstant()) {
        Value shape = step.emitter.shapeOperand(out);
        after.set(i, step.emitter.node(new Reshape(), out, shape));
      }
    }
    step.emitter.graph.output(after.toArray(new Value[0]));
    List<Value> results = new ArrayList<>();
    for (Value variable : variables) {
      results.add(Value.of(0, name("while"), variable.type(), shapes.get(results.size())));
    }
    return graph.nodesAsDeclared(
        results, new While(test.index, step.index), variables.toArray(new Value[0]));
  }

  private List<Value> inputs(List<Value> like, List<Shape> shapes) {
    List<Value> inputs = new ArrayList<>();
    for (Value value : like) {
      int i = inputs.size();
      inputs.add(graph.input(name("arg" + i), value.type(), shapes.get(i)));
    }
    return Collections.unmodifiableList(inputs);
  }
}
