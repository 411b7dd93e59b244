package dev.whittle.conformance;

import static dev.whittle.ir.tensor.TensorType.BOOL;
import static dev.whittle.ir.tensor.TensorType.FLOAT32;
import static dev.whittle.ir.tensor.TensorType.INT32;
import static dev.whittle.ir.tensor.TensorType.INT8;

import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.activation.Elu;
import dev.whittle.ir.op.activation.HardSwish;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Relu;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.activation.Tanh;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.index.TopKV2;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Cos;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.Maximum;
import dev.whittle.ir.op.math.Minimum;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.math.Neg;
import dev.whittle.ir.op.math.Sin;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.Mean;
import dev.whittle.ir.op.reduce.ReduceMax;
import dev.whittle.ir.op.reduce.Sum;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.ExpandDims;
import dev.whittle.ir.op.shape.Pack;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.op.shape.ReverseV2;
import dev.whittle.ir.op.shape.ShapeOf;
import dev.whittle.ir.op.shape.Split;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.op.shape.Transpose;
import dev.whittle.ir.op.type.Cast;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A random graph of several nodes on whose outputs two correct engines agree. A discontinuous
 * operator (a comparison, a rounding, a sort) gets only operands that were computed exactly.
 */
public final class RandomGraph {
  private final CaseBuilder b;
  private final List<Value> values = new ArrayList<>();

  /** Ids of values that every engine computes without rounding error. */
  private final Set<Integer> exact = new TreeSet<>();

  /** Ids of values that no node reads. */
  private final Set<Integer> unread = new TreeSet<>();

  private RandomGraph(CaseBuilder builder) {
    this.b = builder;
  }

  /** Adds {@code nodes} nodes to the case and makes every value that no node reads an output. */
  public static void grow(CaseBuilder builder, int nodes) {
    var graph = new RandomGraph(builder);
    for (int i = builder.between(1, 3); i > 0; i--) {
      TensorType type = i == 1 ? FLOAT32 : builder.oneOf(FLOAT32, FLOAT32, INT32);
      graph.keep(builder.input(type, builder.dims(1, 4)), true);
    }
    for (int i = 0; i < nodes; i++) {
      graph.step();
    }
    for (Value value : graph.values) {
      if (graph.unread.contains(value.id())) {
        builder.graph().output(value);
      }
    }
  }

  private Value keep(Value value, boolean isExact) {
    if (!value.shape().isStatic()) {
      // Its shape is known only at run time, so no operator can be chosen to read it.
      b.graph().output(value);
      return value;
    }
    values.add(value);
    unread.add(value.id());
    if (isExact) {
      exact.add(value.id());
    }
    return value;
  }

  private @Nullable Value pick(Predicate<Value> predicate) {
    List<Value> candidates = values.stream().filter(predicate).toList();
    return candidates.isEmpty() ? null : candidates.get(b.between(0, candidates.size() - 1));
  }

  private Value pickFloat() {
    Value picked = pick(v -> v.type() == FLOAT32);
    if (picked == null) {
      throw new IllegalStateException("the graph has no float value; expected a float input");
    }
    return picked;
  }

  private Value add(Op op, boolean isExact, Value... operands) {
    Value result = b.graph().node("v" + values.size(), op, operands);
    return keep(result, isExact && read(operands));
  }

  private Value add(
      TensorType type, @Nullable Quantization q, Op op, boolean isExact, Value... operands) {
    Value template = Value.of(0, "v" + values.size(), type, Shape.UNKNOWN).withQuantization(q);
    Value result = b.graph().node(template, op, operands);
    return keep(result, isExact && read(operands));
  }

  /** Marks the operands as read and returns whether all are exact. */
  private boolean read(Value... operands) {
    boolean all = true;
    for (Value operand : operands) {
      unread.remove(operand.id());
      all &= operand.isConstant() || exact.contains(operand.id());
    }
    return all;
  }

  private Value constant(int... contents) {
    return b.constant(contents);
  }

  private Value scalar(int content) {
    return b.constant(Tensor.of(new int[] {content}));
  }

  private static int[] dims(Value value) {
    return value.shape().toArray();
  }

  private void step() {
    switch (b.between(0, 11)) {
      case 0, 1 -> unary();
      case 2, 3 -> binary();
      case 4 -> reduce();
      case 5, 6 -> move();
      case 7 -> concatenateOrSplit();
      case 8 -> dense();
      case 9 -> discontinuous();
      case 10 -> quantized();
      default -> shapes();
    }
  }

  private void unary() {
    Value x = pickFloat();
    switch (b.between(0, 10)) {
      case 0 -> add(new Abs(), true, x);
      case 1 -> add(new Neg(), true, x);
      case 2 -> add(new Sin(), false, x);
      case 3 -> add(new Cos(), false, x);
      case 4 -> add(new Tanh(), false, x);
      case 5 -> add(new Logistic(), false, x);
      case 6 -> add(new Relu(), true, x);
      case 7 -> add(new HardSwish(), false, x);
      case 8 -> add(new Elu(), false, x);
      case 9 -> {
        if (x.shape().rank() >= 1) {
          add(new Softmax(1), false, x);
        }
      }
      default -> add(new Cast(FLOAT32, INT32), exact.contains(x.id()), exactFloat(x));
    }
  }

  /** Returns the value if it is exact, else an exact one, for discontinuous operators. */
  private Value exactFloat(Value value) {
    if (exact.contains(value.id())) {
      return value;
    }
    Value picked = pick(v -> v.type() == FLOAT32 && exact.contains(v.id()));
    return picked == null ? value : picked;
  }

  private void binary() {
    Value x = pickFloat();
    Value y =
        b.chance(0.5) ? b.constant(b.randomTensor(FLOAT32, null, b.broadcastable(dims(x)))) : x;
    Activation activation = b.oneOf(Activation.NONE, Activation.RELU, Activation.RELU6);
    switch (b.between(0, 4)) {
      case 0 -> add(new Add(activation, false), false, x, y);
      case 1 -> add(new Sub(activation, false), false, x, y);
      // Clamping keeps repeated products in range.
      case 2 -> add(new Mul(Activation.RELU6), false, x, y);
      case 3 -> add(new Maximum(), true, x, y);
      default -> add(new Minimum(), true, x, y);
    }
  }

  private void reduce() {
    Value x = pickFloat();
    if (x.shape().rank() == 0) {
      return;
    }
    Value axis = constant(b.between(-x.shape().rank(), x.shape().rank() - 1));
    switch (b.between(0, 2)) {
      case 0 -> add(new Mean(b.chance(0.5)), false, x, axis);
      case 1 -> add(new Sum(b.chance(0.5)), false, x, axis);
      default -> add(new ReduceMax(b.chance(0.5)), true, x, axis);
    }
  }

  private void move() {
    Value x = pick(v -> v.shape().rank() >= 1 && v.quantization() == null);
    if (x == null || x.type() == BOOL) {
      return;
    }
    int rank = x.shape().rank();
    int axis = b.between(0, rank - 1);
    int dimension = x.shape().dim(axis);
    switch (b.between(0, 6)) {
      case 0 -> add(new Reshape(), true, x, constant(-1));
      case 1 -> add(new Transpose(), true, x, constant(b.permutation(rank)));
      case 2 -> add(new ReverseV2(), true, x, constant(axis));
      case 3 -> {
        if (rank < 4) {
          add(new ExpandDims(), true, x, scalar(axis));
        }
      }
      case 4 -> add(new Gather(axis, 0), true, x, constant(dimension - 1, 0, dimension / 2));
      case 5 -> {
        int[] paddings = new int[rank * 2];
        paddings[2 * axis] = 1;
        add(new Pad(), true, x, b.constant(Tensor.of(paddings, rank, 2)));
      }
      default -> {
        var slice = new StridedSlice(0, 0, 0, 0, 0, false);
        int step = b.oneOf(1, 2);
        add(
            slice,
            true,
            x,
            b.constant(new int[rank]),
            b.constant(dims(x)),
            b.constant(java.util.stream.IntStream.generate(() -> step).limit(rank).toArray()));
      }
    }
  }

  private void concatenateOrSplit() {
    Value x = pickFloat();
    if (x.shape().rank() == 0) {
      return;
    }
    int axis = b.between(0, x.shape().rank() - 1);
    switch (b.between(0, 2)) {
      case 0 -> add(new Concatenation(axis, Activation.NONE), true, x, x);
      case 1 -> {
        if (x.shape().rank() < 4) {
          add(new Pack(2, axis), true, x, x);
        }
      }
      default -> {
        if (x.shape().dim(axis) % 2 == 0) {
          boolean isExact = read(x);
          for (Value half : b.graph().nodes(List.of("a", "b"), new Split(2), scalar(axis), x)) {
            keep(half, isExact);
          }
        }
      }
    }
  }

  private void dense() {
    Value x = pick(v -> v.type() == FLOAT32 && v.shape().rank() >= 2);
    if (x == null) {
      return;
    }
    int in = x.shape().dim(x.shape().rank() - 1);
    int out = b.between(1, 8);
    Value weights = b.constant(b.randomTensor(FLOAT32, null, out, in));
    Value bias = b.constant(b.randomTensor(FLOAT32, null, out));
    add(
        new FullyConnected(Activation.RELU6, 0, b.chance(0.5), false, FLOAT32),
        false,
        x,
        weights,
        bias);
  }

  /** Adds a comparison or a sort of exact operands. */
  private void discontinuous() {
    Value x = pick(v -> v.type() == FLOAT32 && exact.contains(v.id()) && v.shape().rank() >= 1);
    if (x == null) {
      return;
    }
    int dimension = x.shape().dim(x.shape().rank() - 1);
    switch (b.between(0, 2)) {
      case 0 -> {
        Value zeros = b.constant(b.randomTensor(FLOAT32, null));
        Value condition = add(new Greater(), true, x, zeros);
        add(new SelectV2(), true, condition, x, zeros);
      }
      case 1 -> add(new ArgMax(INT32), true, x, scalar(-1));
      default -> {
        read(x);
        for (Value part :
            b.graph().nodes(List.of("t", "i"), new TopKV2(), x, scalar((dimension + 1) / 2))) {
          keep(part, true);
        }
      }
    }
  }

  /** Quantizes a float to 8 bits, runs a quantized operator and dequantizes. */
  private void quantized() {
    Value x = exactFloat(pickFloat());
    if (!exact.contains(x.id())) {
      return;
    }
    Quantization q = Quantization.perTensor(0.05f, b.between(-30, 30));
    Value quantized = add(INT8, q, new Quantize(), true, x);
    Value sum = add(INT8, q, new Add(Activation.NONE, false), true, quantized, quantized);
    add(new Dequantize(), true, sum);
  }

  private void shapes() {
    Value x = pickFloat();
    Value shape = add(new ShapeOf(INT32), true, x);
    // The shape is exact even if x is not.
    exact.add(shape.id());
    Value y = pickFloat();
    if (y.shape().rank() == x.shape().rank() && y.shape().equals(x.shape())) {
      add(new Reshape(), true, y, shape);
    }
  }
}
