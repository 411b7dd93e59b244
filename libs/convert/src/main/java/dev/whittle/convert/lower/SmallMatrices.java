package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.math.Log;
import dev.whittle.ir.op.math.Sign;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Linear algebra on small square matrices in the last two axes, one step per row. */
public final class SmallMatrices {
  /** Each row takes about a dozen nodes. */
  private static final int MAX_SIZE = 32;

  private SmallMatrices() {}

  private static int size(Value a) {
    int size = Emitter.fixedDimension(a, -1);
    if (Emitter.fixedDimension(a, -2) != size) {
      throw OperandException.invalid("matrices %s; expected square ones", a.shape());
    }
    if (size < 1 || size > MAX_SIZE) {
      throw OperandException.unsupported(
          "linear algebra on matrices of %d rows; expected 1 to %d", size, MAX_SIZE);
    }
    return size;
  }

  /**
   * The result of an elimination.
   *
   * @param solution what solves the equations
   * @param factors the factors of the determinant, without the last two axes
   */
  private record Eliminated(Value solution, List<Value> factors) {
    Eliminated {
      factors = List.copyOf(factors);
    }
  }

  /**
   * Eliminates by Gauss and Jordan, with the largest pivot of each column.
   *
   * @param right the right-hand sides, {@code [..., size, columns]}
   */
  private static Eliminated eliminate(Emitter emit, Value a, Value right) {
    int n = size(a);
    Value rows = emit.concat(-1, List.of(a, right));
    List<Value> determinant = new ArrayList<>();
    for (int k = 0; k < n; k++) {
      Value column = emit.select(rows, -1, k);
      Value candidates = emit.slice(emit.node(new Abs(), column), -1, k, n);
      int last = Emitter.rank(candidates) - 1;
      Value chosen =
          emit.add(
              emit.node(new ArgMax(TensorType.INT32), candidates, emit.scalar(last)),
              emit.scalar(k));
      Value isChosen = emit.expandDims(oneHot(emit, chosen, n), -1);
      Value pivotRow = emit.sum(emit.mul(rows, isChosen), true, -2);
      Value current = emit.slice(rows, -2, k, k + 1);
      Value pivot = emit.slice(pivotRow, -1, k, k + 1);
      Value sign =
          emit.where(
              emit.node(new Equal(), chosen, emit.scalar(k)), emit.scalar(1f), emit.scalar(-1f));
      determinant.add(emit.mul(emit.squeeze(emit.squeeze(pivot, -1), -1), sign));
      // The current row takes the place of the chosen one, which becomes row k.
      Value swapped = emit.add(rows, emit.mul(isChosen, emit.sub(current, pivotRow)));
      Value unit = emit.div(pivotRow, pivot);
      Value factors = emit.slice(swapped, -1, k, k + 1);
      Value reduced = emit.sub(swapped, emit.mul(factors, unit));
      rows = emit.where(isRow(emit, k, n), unit, reduced);
    }
    return new Eliminated(emit.slice(rows, -1, n, Integer.MAX_VALUE), determinant);
  }

  private static Value oneHot(Emitter emit, Value indices, int size) {
    return emit.node(new OneHot(-1), indices, emit.scalar(size), emit.scalar(1f), emit.scalar(0f));
  }

  /** Returns a mask {@code [size, 1]} of one row. */
  private static Value isRow(Emitter emit, int row, int size) {
    Tensor mask = Tensor.allocate(TensorType.BOOL, size, 1);
    mask.setBoolean(row, true);
    return emit.constant("row", mask);
  }

  /** Returns the unit matrix of the size of {@code a}, for each of its matrices. */
  private static Value unit(Emitter emit, Value a) {
    int n = size(a);
    float[] ones = new float[n * n];
    for (int i = 0; i < n; i++) {
      ones[i * n + i] = 1;
    }
    Value unit = emit.constant("unit", ones, n, n);
    return Emitter.rank(a) == 2 ? unit : emit.add(emit.mul(a, 0), unit);
  }

  private static Value adjoint(Emitter emit, Value a, boolean transposed) {
    return transposed ? emit.swap(a, -1, -2) : a;
  }

  public static Value inverse(Emitter emit, Value a, boolean transposed) {
    Value matrix = adjoint(emit, a, transposed);
    return eliminate(emit, matrix, unit(emit, a)).solution;
  }

  /**
   * Solves {@code a x = right}.
   *
   * @param right {@code [..., size, columns]}, with the same axes in front
   */
  public static Value solve(Emitter emit, Value a, Value right, boolean transposed) {
    return eliminate(emit, adjoint(emit, a, transposed), right).solution;
  }

  /** Solves with the lower or upper triangle of {@code a}; see {@link #solve}. */
  public static Value solveTriangular(
      Emitter emit, Value a, Value right, boolean lower, boolean transposed) {
    int n = size(a);
    Tensor kept = Tensor.allocate(TensorType.BOOL, n, n);
    for (int i = 0; i < n * n; i++) {
      kept.setBoolean(i, lower ? i % n <= i / n : i % n >= i / n);
    }
    Value triangle = emit.where(emit.constant("triangle", kept), a, emit.scalar(0f));
    return solve(emit, triangle, right, transposed);
  }

  private static List<Value> factors(Emitter emit, Value a) {
    return eliminate(emit, a, emit.slice(a, -1, 0, 1)).factors;
  }

  public static Value determinant(Emitter emit, Value a) {
    return factors(emit, a).stream().reduce(emit::mul).orElseThrow();
  }

  /** Returns the determinant's sign and the logarithm of its magnitude. */
  public static List<Value> logDeterminant(Emitter emit, Value a) {
    List<Value> signs = new ArrayList<>();
    List<Value> logarithms = new ArrayList<>();
    for (Value factor : factors(emit, a)) {
      signs.add(emit.node(new Sign(), factor));
      logarithms.add(emit.node(new Log(), emit.node(new Abs(), factor)));
    }
    return List.of(
        signs.stream().reduce(emit::mul).orElseThrow(),
        logarithms.stream().reduce(emit::add).orElseThrow());
  }

  /** The lower triangle whose product with its transpose is {@code a}, which is symmetric. */
  public static Value cholesky(Emitter emit, Value a) {
    int n = size(a);
    Value rest = a;
    List<Value> columns = new ArrayList<>();
    for (int k = 0; k < n; k++) {
      Value column = emit.slice(rest, -1, k, k + 1);
      float[] below = new float[n];
      for (int i = k; i < n; i++) {
        below[i] = 1;
      }
      Value pivot = emit.node(new Sqrt(), emit.slice(column, -2, k, k + 1));
      Value scaled = emit.mul(emit.div(column, pivot), emit.constant("below", below, n, 1));
      columns.add(scaled);
      rest = emit.sub(rest, emit.mul(scaled, emit.swap(scaled, -1, -2)));
    }
    return emit.concat(-1, columns);
  }
}
