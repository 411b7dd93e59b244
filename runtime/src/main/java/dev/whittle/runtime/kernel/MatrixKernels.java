package dev.whittle.runtime.kernel;

import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Quantization;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.BatchMatMul;
import dev.whittle.ir.op.Conv2D;
import dev.whittle.ir.op.DepthwiseConv2D;
import dev.whittle.ir.op.FullyConnected;
import dev.whittle.ir.op.Requantization;
import dev.whittle.ir.op.WideRequantization;
import org.jspecify.annotations.Nullable;

/** Chooses kernels for convolutions and dense layers with constant weights. */
final class MatrixKernels {
  private static final float[] NONE = {};

  private final Workers workers;
  private final PackedWeights weights;

  MatrixKernels(Workers workers, PackedWeights weights) {
    this.workers = workers;
    this.weights = weights;
  }

  /** Whether an activation is a clamp, which kernels apply to their results. */
  static boolean isClamp(Activation activation) {
    return switch (activation) {
      case NONE, RELU, RELU6, RELU_N1_TO_1 -> true;
      case TANH, SIGN_BIT -> false;
    };
  }

  @Nullable Kernel convolution(Conv2D conv, Operands operands) {
    Shape filter = operands.shape(1);
    if (operands.shape(0).rank() != 4
        || filter.rank() != 4
        || operands.shape(0).dim(3) != filter.dim(3)
        || !isClamp(conv.activation())) {
      return null;
    }
    Windows windows = Windows.of(conv, operands);
    return switch (operands.type(0)) {
      case FLOAT32 ->
          operands.type(1) == TensorType.INT8
              ? hybrid(windows, operands, conv.activation(), isPerChannel(operands), false)
              : floats(windows, operands, conv.activation());
      case INT8, UINT8 ->
          sameType(operands) ? bytes(windows, operands, conv.requantization(operands)) : null;
      case INT16 ->
          operands.type(1) == TensorType.INT8
              ? wide(windows, operands, conv.wideRequantization(operands))
              : null;
      default -> null;
    };
  }

  @Nullable Kernel dense(FullyConnected dense, Operands operands) {
    Shape shape = operands.shape(1);
    if (dense.weightsFormat() != 0 || !isClamp(dense.activation()) || shape.rank() != 2) {
      return null;
    }
    int columns = shape.dim(0);
    long elements = operands.output(0).shape().elements();
    int rows = columns == 0 ? 0 : Math.toIntExact(elements / columns);
    Windows windows = Windows.ofRows(rows, shape.dim(1));
    return switch (operands.type(0)) {
      case FLOAT32 ->
          operands.type(1) == TensorType.INT8
              ? hybrid(
                  windows, operands, dense.activation(), dense.asymmetricQuantizeInputs(), true)
              : floatDense(windows, operands, dense.activation());
      case INT8 ->
          sameType(operands) ? bytes(windows, operands, dense.requantization(operands)) : null;
      case INT16 ->
          operands.type(1) == TensorType.INT8
              ? wide(windows, operands, dense.wideRequantization(operands))
              : null;
      default -> null;
    };
  }

  private @Nullable Kernel floatDense(Windows windows, Operands operands, Activation activation) {
    boolean constant =
        operands.input(1).known() != null
            && (!operands.hasInput(2) || operands.input(2).known() != null);
    if (constant || operands.type(1) != TensorType.FLOAT32) {
      return floats(windows, operands, activation);
    }
    var layout =
        new BatchProduct.Layout(windows.height(), operands.shape(1).dim(0), windows.channels());
    return layout.depth == 0
        ? null
        : new BatchProduct.OfFloats(
            workers, layout, false, operands.hasInput(2), activation.min(), activation.max());
  }

  /** Products of matrices that are both computed. */
  @Nullable Kernel batch(BatchMatMul product, Operands operands) {
    Shape a = operands.shape(0);
    Shape b = operands.shape(1);
    TensorType type = operands.type(0);
    Shape output = operands.output(0).shape();
    if (a.rank() < 2 || b.rank() < 2) {
      return null;
    }
    var layout =
        new BatchProduct.Layout(a, b, output, product.transposeLeft(), product.transposeRight());
    boolean constant = operands.input(1).known() != null;
    float all = Float.POSITIVE_INFINITY;
    if (layout.depth == 0) {
      return null;
    }
    if (type == TensorType.FLOAT32 && operands.type(1) == TensorType.FLOAT32) {
      return new BatchProduct.OfFloats(workers, layout, constant, false, -all, all);
    }
    if (type == TensorType.FLOAT32 && operands.type(1) == TensorType.INT8) {
      int rows = Math.toIntExact(a.elements() / layout.depth);
      boolean asymmetric = product.asymmetricQuantizeInputs();
      return layout.leftTransposed
          ? null
          : new BatchProduct.OfHybrid(
              workers,
              layout,
              constant,
              new QuantizedRows(workers, rows, layout.depth, asymmetric),
              operands.input(1).requireQuantization().scaleValue());
    }
    if (type == TensorType.INT8 && sameType(operands)) {
      return new BatchProduct.OfBytes(
          workers,
          layout,
          constant,
          product.requantization(operands),
          operands.input(0).requireQuantization().zeroPointValue(),
          operands.input(1).requireQuantization().zeroPointValue());
    }
    return null;
  }

  private static boolean sameType(Operands operands) {
    return operands.type(0) == operands.type(1) && operands.type(0) == operands.output(0).type();
  }

  /** The elements of a constant of floats; null for others. */
  private static float @Nullable [] floats(Operand operand) {
    Tensor known = operand.known();
    return known == null || known.type() != TensorType.FLOAT32 ? null : known.toFloats();
  }

  /** The bias, nothing if there is none; null if it is not constant. */
  private static float @Nullable [] floatBias(Operands operands) {
    return operands.hasInput(2) ? floats(operands.input(2)) : new float[0];
  }

  /** The bias, zeros if there is none; null if it is not constant. */
  private static int @Nullable [] integerBias(Operands operands, int columns) {
    if (!operands.hasInput(2)) {
      return new int[columns];
    }
    Tensor known = operands.input(2).known();
    if (known == null || known.type() != TensorType.INT32 || known.elements() != columns) {
      return null;
    }
    return known.data().toArray(Tensor.INT);
  }

  private @Nullable Kernel floats(Windows windows, Operands operands, Activation activation) {
    float[] bias = floatBias(operands);
    Tensor filter = operands.input(1).known();
    if (bias == null || filter == null || filter.type() != TensorType.FLOAT32) {
      return null;
    }
    int columns = filter.dim(0);
    int depth = columns == 0 ? 0 : Math.toIntExact(filter.elements() / columns);
    int lanes = workers.lanes();
    var cut = PackedMatrix.Cut.whole(depth);
    PackedMatrix matrix =
        weights.matrix(
            operands,
            cut,
            lanes,
            () -> PackedMatrix.of(filter.toFloats(), columns, cut, bias, lanes));
    var patches = new Patches(windows, true, workers.count());
    return new FloatProduct(workers, patches, matrix, activation.min(), activation.max());
  }

  private static boolean isPerChannel(Operands operands) {
    Quantization weights = operands.input(1).quantization();
    if (weights == null) {
      return false;
    }
    float[] scales = weights.scales();
    for (float scale : scales) {
      if (scale != scales[0]) {
        return true;
      }
    }
    return false;
  }

  /** One scale for each column; null if there are not as many, or a zero point. */
  private static float @Nullable [] scales(Operands operands, int columns) {
    Quantization weights = operands.input(1).quantization();
    if (weights == null || weights.zeroPoint().stream().anyMatch(z -> z != 0)) {
      return null;
    }
    float[] given = weights.scales();
    if (given.length != 1 && given.length != columns) {
      return null;
    }
    float[] scales = new float[columns];
    for (int c = 0; c < columns; c++) {
      scales[c] = given[given.length == 1 ? 0 : c];
    }
    return scales;
  }

  /**
   * A product of floats and 8-bit weights.
   *
   * @param asymmetric whether inputs are quantized with a zero point
   * @param byRow whether each row of the input has a scale, and not each picture
   */
  private @Nullable Kernel hybrid(
      Windows windows,
      Operands operands,
      Activation activation,
      boolean asymmetric,
      boolean byRow) {
    int columns = operands.shape(1).dim(0);
    ExactWeights exact = ExactWeights.of(operands.input(1));
    float[] scales = scales(operands, columns);
    float[] bias = floatBias(operands);
    if (exact == null || scales == null || bias == null || columns == 0) {
      return null;
    }
    QuantizedRows rows = quantizedRows(windows, asymmetric, byRow);
    var patches = new Patches(windows, true, workers.count());
    if (patches.isDirect()) {
      patches.place(rows.origin());
    }
    int perPicture = Math.max(1, windows.outputHeight() * windows.outputWidth());
    return new HybridProduct(
        workers,
        patches,
        parts(operands, exact, patches, columns, 255),
        rows,
        byRow ? 1 : perPicture,
        scales,
        bias.length == 0 ? new float[columns] : bias,
        activation.min(),
        activation.max());
  }

  private QuantizedRows quantizedRows(Windows windows, boolean asymmetric, boolean byRow) {
    int picture =
        Math.multiplyExact(
            Math.multiplyExact(windows.height(), windows.width()), windows.channels());
    return byRow
        ? new QuantizedRows(workers, windows.height(), windows.channels(), asymmetric)
        : new QuantizedRows(workers, windows.batch(), picture, asymmetric);
  }

  private @Nullable Kernel bytes(
      Windows windows, Operands operands, Requantization requantization) {
    int columns = operands.shape(1).dim(0);
    ExactWeights exact = ExactWeights.of(operands.input(1));
    int[] bias = integerBias(operands, columns);
    boolean unsigned = operands.type(0) == TensorType.UINT8;
    if (exact == null || bias == null) {
      return null;
    }
    var patches = new Patches(windows, false, workers.count());
    PackedMatrix[] parts = parts(operands, exact, patches, columns, unsigned ? 255 : 128);
    int zeroPoint = operands.input(0).requireQuantization().zeroPointValue();
    int[] sums = exact.columnSums(columns);
    for (int c = 0; c < columns; c++) {
      bias[c] -= zeroPoint * sums[c];
    }
    int padded = parts[0].bias().length;
    return new IntegerProduct(
        workers,
        patches,
        parts,
        new Rescaling(requantization, bias, columns, padded),
        zeroPoint,
        unsigned);
  }

  private @Nullable Kernel wide(
      Windows windows, Operands operands, WideRequantization requantization) {
    int columns = operands.shape(1).dim(0);
    ExactWeights exact = ExactWeights.of(operands.input(1));
    var patches = new Patches(windows, false, workers.count());
    if (exact == null
        || columns == 0
        || scales(operands, columns) == null
        || operands.output(0).type() != TensorType.INT16
        || operands.input(0).requireQuantization().zeroPointValue() != 0
        || exact.parts(columns, patches.taps(), 128) > 1) {
      return null;
    }
    long[] bias = new long[columns];
    if (operands.hasInput(2)) {
      Tensor known = operands.input(2).known();
      if (known == null || known.elements() != columns || !known.type().isInteger()) {
        return null;
      }
      bias = known.toLongs();
    }
    PackedMatrix matrix = parts(operands, exact, patches, columns, 128)[0];
    return new WideProduct(workers, patches, matrix, bias, requantization);
  }

  /** The weights in as many parts as exact sums need, each with a share of every run. */
  private PackedMatrix[] parts(
      Operands operands, ExactWeights exact, Patches patches, int columns, int greatest) {
    int taps = patches.taps();
    int run = patches.run();
    int count = exact.parts(columns, taps, greatest);
    int share = Math.ceilDiv(run, count);
    var parts = new PackedMatrix[Math.max(1, Math.ceilDiv(run, Math.max(1, share)))];
    int lanes = workers.lanes();
    for (int i = 0; i < parts.length; i++) {
      int first = i * share;
      var cut =
          parts.length == 1
              ? PackedMatrix.Cut.whole(taps * run)
              : new PackedMatrix.Cut(taps, run, first, Math.min(share, run - first));
      parts[i] =
          weights.matrix(
              operands,
              cut,
              lanes,
              () -> PackedMatrix.of(exact.toFloats(), columns, cut, NONE, lanes));
    }
    return parts;
  }

  @Nullable Kernel depthwise(DepthwiseConv2D conv, Operands operands) {
    Shape filter = operands.shape(1);
    if (operands.shape(0).rank() != 4
        || filter.rank() != 4
        || operands.shape(0).dim(3) != filter.dim(3)
        || filter.dim(3) > ArrayMemory.ZEROS
        || !isClamp(conv.activation())) {
      return null;
    }
    Windows windows = Windows.of(conv, operands);
    return switch (operands.type(0)) {
      case FLOAT32 ->
          operands.type(1) == TensorType.INT8
              ? depthwiseHybrid(conv, windows, operands)
              : depthwiseFloats(conv, windows, operands);
      case INT8, UINT8 -> sameType(operands) ? depthwiseBytes(conv, windows, operands) : null;
      default -> null;
    };
  }

  private @Nullable Kernel depthwiseFloats(
      DepthwiseConv2D conv, Windows windows, Operands operands) {
    float[] filter = floats(operands.input(1));
    float[] bias = floatBias(operands);
    if (filter == null || bias == null) {
      return null;
    }
    return DepthwiseProduct.ofFloats(
        workers,
        windows,
        filter,
        bias.length == 0 ? new float[windows.channels()] : bias,
        conv.activation().min(),
        conv.activation().max());
  }

  private @Nullable Kernel depthwiseHybrid(
      DepthwiseConv2D conv, Windows windows, Operands operands) {
    int channels = windows.channels();
    ExactWeights exact = ExactWeights.of(operands.input(1));
    float[] scales = scales(operands, channels);
    float[] bias = floatBias(operands);
    if (exact == null
        || scales == null
        || bias == null
        || (long) windows.taps() * 255 * 255 >= 1 << 24) {
      return null;
    }
    float[] filter = exact.toFloats();
    return DepthwiseProduct.ofHybrid(
        workers,
        windows,
        filter,
        quantizedRows(windows, true, false),
        scales,
        bias.length == 0 ? new float[channels] : bias,
        conv.activation());
  }

  private @Nullable Kernel depthwiseBytes(
      DepthwiseConv2D conv, Windows windows, Operands operands) {
    int channels = windows.channels();
    ExactWeights exact = ExactWeights.of(operands.input(1));
    int[] bias = integerBias(operands, channels);
    if (exact == null || bias == null || (long) windows.taps() * 255 * 255 >= 1 << 24) {
      return null;
    }
    float[] filter = exact.toFloats();
    int zeroPoint = operands.input(0).requireQuantization().zeroPointValue();
    for (int i = 0; i < filter.length; i++) {
      bias[i % channels] -= zeroPoint * (int) filter[i];
    }
    return DepthwiseProduct.ofBytes(
        workers,
        windows,
        filter,
        new Rescaling(conv.requantization(operands), bias, channels, channels),
        zeroPoint,
        operands.type(0) == TensorType.UINT8);
  }
}
