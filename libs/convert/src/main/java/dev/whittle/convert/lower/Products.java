package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.nn.BatchMatMul;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Products of matrices and tensors, as NumPy defines them. */
public final class Products {
  private static final int MAX_RANK = 8;

  private Products() {}

  /**
   * Multiplies the last axis with a constant matrix.
   *
   * @param kernel {@code [in, out]}
   * @param bias {@code [out]}; null for none
   */
  public static Value fullyConnected(Emitter emit, Value x, Tensor kernel, @Nullable Value bias) {
    boolean keepsAxes = Emitter.rank(x) != 2;
    return emit.node(
        new FullyConnected(Activation.NONE, keepsAxes),
        x,
        emit.constant("kernel", ConstantTensors.transpose(kernel, 1, 0)),
        bias);
  }

  /** NumPy's matrix product: vectors are rows on the left and columns on the right. */
  public static Value matmul(Emitter emit, Value a, Value b) {
    int rankA = Emitter.rank(a);
    int rankB = Emitter.rank(b);
    Tensor weights = b.contents();
    if (weights != null && rankB == 2 && rankA >= 2 && b.type() == TensorType.FLOAT32) {
      return fullyConnected(emit, emit.cast(a, TensorType.FLOAT32), weights, null);
    }
    Value left = rankA == 1 ? emit.expandDims(a, 0) : a;
    Value right = rankB == 1 ? emit.expandDims(b, 1) : b;
    Value product = emit.matmul(left, right, false, false);
    if (rankB == 1) {
      product = emit.squeeze(product, -1);
    }
    return rankA == 1 ? emit.squeeze(product, rankB == 1 ? -1 : -2) : product;
  }

  /**
   * NumPy's dot product: sums over the last axis of {@code a} and the last but one of {@code b}.
   */
  public static Value dot(Emitter emit, Value a, Value b) {
    int rankA = Emitter.rank(a);
    int rankB = Emitter.rank(b);
    if (rankA == 0 || rankB <= 2) {
      return matmul(emit, a, b);
    }
    requireMaxRank(a, b);
    String rows = "abcdefgh".substring(0, rankA - 1);
    String columns = "ijklmnop".substring(0, rankB - 1);
    String before = columns.substring(0, rankB - 2);
    String last = columns.substring(rankB - 2);
    String equation = rows + "z," + before + "z" + last + "->" + rows + columns;
    return Einsum.apply(emit, equation, List.of(a, b));
  }

  /** Integers up to this size have exact floats. */
  private static final int MAX_EXACT = 1 << 24;

  /** The largest number of elements that a product of integers without a kernel may expand to. */
  private static final int MAX_EXPANDED = 1 << 22;

  /**
   * Multiplies matrices of integers that are not quantized. Small integers are multiplied as
   * floats, in parts whose sums are exact; others element by element.
   *
   * @param result the type of the sums, which wrap around
   */
  public static Value integerMatMul(
      Emitter emit, Value a, Value b, boolean transposeA, boolean transposeB, TensorType result) {
    int depth = Emitter.fixedDimension(a, transposeA ? -2 : -1);
    long most = magnitude(a.type()) * magnitude(b.type());
    if (depth == 0) {
      throw OperandException.unsupported("a product of matrices without a common dimension");
    }
    if (most == 0 || most > MAX_EXACT) {
      return expandedMatMul(emit, a, b, transposeA, transposeB, result);
    }
    Value x = emit.cast(a, TensorType.FLOAT32);
    Value y = emit.cast(b, TensorType.FLOAT32);
    int step = (int) (MAX_EXACT / most);
    Value sum = null;
    for (int from = 0; from < depth; from += step) {
      int to = Math.min(depth, from + step);
      Value part =
          emit.node(
              new BatchMatMul(transposeA, transposeB, false),
              emit.slice(x, transposeA ? -2 : -1, from, to),
              emit.slice(y, transposeB ? -1 : -2, from, to));
      Value integers = emit.cast(part, TensorType.INT32);
      sum = sum == null ? integers : emit.add(sum, integers);
    }
    return emit.cast(Objects.requireNonNull(sum), result);
  }

  /** Returns the greatest absolute value of a small type; 0 for other types. */
  private static long magnitude(TensorType type) {
    return switch (type) {
      case INT4 -> 8;
      case INT8 -> 128;
      case UINT8 -> 255;
      default -> 0;
    };
  }

  private static Value expandedMatMul(
      Emitter emit, Value a, Value b, boolean transposeA, boolean transposeB, TensorType result) {
    TensorType wide = result == TensorType.INT64 ? TensorType.INT64 : TensorType.INT32;
    Value x = emit.cast(transposeA ? emit.swap(a, -1, -2) : a, wide);
    Value y = emit.cast(transposeB ? b : emit.swap(b, -1, -2), wide);
    Value rows = emit.expandDims(x, -2);
    Value products = emit.mul(rows, emit.expandDims(y, Emitter.rank(y) == 2 ? 0 : -3));
    if (products.shape().isStatic() && products.shape().elements() > MAX_EXPANDED) {
      throw OperandException.unsupported(
          "a product of matrices %s %s and %s %s, which no kernel computes; cast to float32",
          a.type(), a.shape(), b.type(), b.shape());
    }
    return emit.cast(emit.sum(products, false, -1), result);
  }

  private static void requireMaxRank(Value a, Value b) {
    if (Emitter.rank(a) > MAX_RANK || Emitter.rank(b) > MAX_RANK) {
      throw OperandException.unsupported(
          "a product of %s and %s; expected at most %d axes", a.shape(), b.shape(), MAX_RANK);
    }
  }

  /** Sums over pairs of axes, {@code axesA[i]} of {@code a} and {@code axesB[i]} of {@code b}. */
  public static Value tensordot(Emitter emit, Value a, Value b, int[] axesA, int[] axesB) {
    requireMaxRank(a, b);
    char[] termA = new char[Emitter.rank(a)];
    char[] termB = new char[Emitter.rank(b)];
    for (int i = 0; i < axesA.length; i++) {
      termA[Emitter.axis(a, axesA[i])] = (char) ('a' + i);
      termB[Emitter.axis(b, axesB[i])] = (char) ('a' + i);
    }
    var result = new StringBuilder();
    label(termA, 'i', result);
    label(termB, 'q', result);
    String equation = new String(termA) + "," + new String(termB) + "->" + result;
    return Einsum.apply(emit, equation, List.of(a, b));
  }

  /** Labels the axes that are not summed over, and appends them to the result. */
  private static void label(char[] term, char first, StringBuilder result) {
    for (int i = 0; i < term.length; i++) {
      if (term[i] == 0) {
        term[i] = (char) (first + i);
        result.append(term[i]);
      }
    }
  }
}
