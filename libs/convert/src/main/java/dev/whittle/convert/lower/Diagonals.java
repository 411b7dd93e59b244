package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Diagonals of the matrices in the last two axes. */
public final class Diagonals {
  private Diagonals() {}

  /**
   * Diagonals of matrices, numbered from the main one, which is 0, upwards.
   *
   * @param lower the lowest one
   * @param upper the highest one
   * @param superLeft whether those above the main one begin at the left of their rows, if they are
   *     shorter than others; else they end at the right
   * @param subLeft the same of those below
   */
  public record Band(int lower, int upper, boolean superLeft, boolean subLeft) {
    /** The main diagonal. */
    public static final Band MAIN = new Band(0, 0, true, true);

    public Band {
      if (lower > upper) {
        throw OperandException.invalid("diagonals from %d to %d", lower, upper);
      }
    }

    /** Returns a band of one diagonal. */
    public static Band of(int diagonal) {
      return new Band(diagonal, diagonal, true, true);
    }

    private int count() {
      return upper - lower + 1;
    }

    /** Returns the length of the longest diagonal. */
    private int length(int rows, int columns) {
      int width = Math.min(rows + Math.min(upper, 0), columns - Math.max(lower, 0));
      if (width <= 0) {
        throw OperandException.invalid(
            "diagonals from %d to %d of matrices of %d x %d", lower, upper, rows, columns);
      }
      return width;
    }

    /** Returns the place of a matrix element among the diagonals; -1 if it is on none. */
    private int place(int row, int column, int rows, int columns) {
      int diagonal = column - row;
      if (diagonal < lower || diagonal > upper) {
        return -1;
      }
      int length = length(rows, columns);
      int own = Math.min(rows + Math.min(diagonal, 0), columns - Math.max(diagonal, 0));
      boolean left = diagonal >= 0 ? superLeft : subLeft;
      int offset = left ? 0 : length - own;
      return (upper - diagonal) * length + Math.min(row, column) + offset;
    }
  }

  /**
   * Returns diagonals.
   *
   * @param padding fills the places of shorter diagonals, a scalar of the type of {@code x}
   * @return {@code [..., diagonal, element]}; {@code [..., element]} for a band of one
   */
  public static Value part(Emitter emit, Value x, Band band, Value padding) {
    int rank = Emitter.rank(x);
    int rows = Emitter.fixedDimension(x, rank - 2);
    int columns = Emitter.fixedDimension(x, rank - 1);
    int length = band.length(rows, columns);
    Emitter.checkGenerated((long) rows * columns + (long) band.count() * length);
    int[] from = new int[Math.multiplyExact(band.count(), length)];
    Arrays.fill(from, -1);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        int place = band.place(row, column, rows, columns);
        if (place >= 0) {
          from[place] = row * columns + column;
        }
      }
    }
    Value flat = flattened(emit, x, rows * columns);
    Value picked = picked(emit, flat, from, padding);
    return band.count() == 1
        ? picked
        : unflattened(emit, picked, Emitter.dims(x), band.count(), length);
  }

  /**
   * Returns matrices with given diagonals.
   *
   * @param diagonals {@code [..., diagonal, element]}; {@code [..., element]} for a band of one
   * @param rows the number of rows; -1 for the least that holds the diagonals
   * @param columns likewise
   * @param padding fills other places, a scalar
   */
  public static Value matrix(
      Emitter emit, Value diagonals, Band band, int rows, int columns, Value padding) {
    int length = Emitter.fixedDimension(diagonals, -1);
    int leastRows = length - Math.min(band.upper, 0);
    int leastColumns = length + Math.max(band.lower, 0);
    boolean square = rows < 0 && columns < 0;
    int side = Math.max(leastRows, leastColumns);
    int height = square ? side : rows < 0 ? leastRows : rows;
    int width = square ? side : columns < 0 ? leastColumns : columns;
    if (band.length(height, width) != length) {
      throw OperandException.invalid(
          "diagonals of %d elements in matrices of %d x %d", length, height, width);
    }
    Value flat = band.count() == 1 ? diagonals : flattened(emit, diagonals, band.count() * length);
    Emitter.checkGenerated((long) height * width);
    int[] from = places(band, height, width);
    int[] lead = Arrays.copyOf(Emitter.dims(flat), Emitter.rank(flat) + 1);
    return unflattened(emit, picked(emit, flat, from, padding), lead, height, width);
  }

  private static int[] places(Band band, int rows, int columns) {
    int[] from = new int[rows * columns];
    for (int i = 0; i < from.length; i++) {
      from[i] = band.place(i / columns, i % columns, rows, columns);
    }
    return from;
  }

  /** Returns {@code x} with diagonals replaced; the operands are those of {@link #matrix}. */
  public static Value replaced(Emitter emit, Value x, Value diagonals, Band band) {
    int rows = Emitter.fixedDimension(x, -2);
    int columns = Emitter.fixedDimension(x, -1);
    Value zero = emit.scalar(x.type(), 0);
    Value matrix = matrix(emit, diagonals, band, rows, columns, zero);
    int[] from = places(band, rows, columns);
    Tensor inside = Tensor.allocate(TensorType.BOOL, rows, columns);
    for (int i = 0; i < from.length; i++) {
      inside.setBoolean(i, from[i] >= 0);
    }
    return emit.narrow(emit.where(emit.constant("band", inside), matrix, x), x.shape());
  }

  /** Gathers along the last axis; negative indices stand for the padding. */
  private static Value picked(Emitter emit, Value flat, int[] from, Value padding) {
    int last = Emitter.rank(flat) - 1;
    int[] valid = Arrays.stream(from).map(i -> Math.max(i, 0)).toArray();
    Value gathered = emit.gather(flat, emit.ints(valid), last);
    if (Arrays.stream(from).noneMatch(i -> i < 0)) {
      return gathered;
    }
    Tensor inside = Tensor.allocate(TensorType.BOOL, from.length);
    for (int i = 0; i < from.length; i++) {
      inside.setBoolean(i, from[i] >= 0);
    }
    Value scalar = Emitter.rank(padding) == 0 ? padding : emit.reshape(padding, new int[0]);
    return emit.narrow(
        emit.where(emit.constant("inside", inside), gathered, scalar), gathered.shape());
  }

  /** Joins the last two axes. */
  private static Value flattened(Emitter emit, Value x, int size) {
    int rank = Emitter.rank(x);
    int[] dims = Arrays.copyOf(Emitter.dims(x), rank - 1);
    dims[rank - 2] = size;
    return emit.reshape(x, same(dims));
  }

  /** Splits the last axis in two, behind leading axes. */
  private static Value unflattened(Emitter emit, Value x, int[] lead, int rows, int columns) {
    int[] dims = lead.clone();
    dims[dims.length - 2] = rows;
    dims[dims.length - 1] = columns;
    return emit.reshape(x, same(dims));
  }

  private static int[] same(int[] dims) {
    return Arrays.stream(dims).map(d -> d == Shape.DYNAMIC ? Emitter.SAME : d).toArray();
  }

  /**
   * Takes a diagonal of the matrices along two axes.
   *
   * @return the other axes, and the diagonal behind them
   */
  public static Value along(Emitter emit, Value x, int offset, int axis1, int axis2) {
    int first = Emitter.axis(x, axis1);
    int second = Emitter.axis(x, axis2);
    if (first == second) {
      throw OperandException.invalid("a diagonal along axis %d twice", first);
    }
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < Emitter.rank(x); i++) {
      if (i != first && i != second) {
        order.add(i);
      }
    }
    order.add(first);
    order.add(second);
    Value moved = emit.transpose(x, order.stream().mapToInt(Integer::intValue).toArray());
    return part(emit, moved, Band.of(offset), emit.scalar(x.type(), 0));
  }
}
