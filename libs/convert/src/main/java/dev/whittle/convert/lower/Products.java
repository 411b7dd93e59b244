package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
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
