package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.CustomOp;
import dev.whittle.ir.op.Int16Requantization;
import dev.whittle.ir.op.Requantization;
import dev.whittle.ir.op.nn.BatchMatMul;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.Conv3D;
import dev.whittle.ir.op.nn.Conv3DTranspose;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.nn.TransposeConv;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.custom.TransposeConvBias;
import dev.whittle.runtime.kernel.depthwise.DepthwiseConvolution;
import dev.whittle.runtime.kernel.depthwise.Int8DepthwiseConvolution;
import dev.whittle.runtime.kernel.execution.ArrayMemory;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.BatchMatMulKernel;
import dev.whittle.runtime.kernel.gemm.DynamicallyQuantizedRows;
import dev.whittle.runtime.kernel.gemm.FloatGemm;
import dev.whittle.runtime.kernel.gemm.FloatWinograd;
import dev.whittle.runtime.kernel.gemm.Gemm;
import dev.whittle.runtime.kernel.gemm.HybridEpilogue;
import dev.whittle.runtime.kernel.gemm.Im2col;
import dev.whittle.runtime.kernel.gemm.Int16Epilogue;
import dev.whittle.runtime.kernel.gemm.Int8Epilogue;
import dev.whittle.runtime.kernel.gemm.Int8Weights;
import dev.whittle.runtime.kernel.gemm.IntegerGemm;
import dev.whittle.runtime.kernel.gemm.IntegerWinograd;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.runtime.kernel.gemm.QuantizedEpilogue;
import dev.whittle.runtime.kernel.gemm.SubConvolution;
import dev.whittle.runtime.kernel.gemm.SubConvolutions;
import dev.whittle.runtime.kernel.gemm.WeightedLayer;
import dev.whittle.runtime.kernel.gemm.WinogradConvolution;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.Dequantization;
import dev.whittle.runtime.kernel.simd.PackedMatrix;
import dev.whittle.runtime.kernel.simd.PackedRequantization;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Chooses kernels for layers with weights: convolutions, fully connected and LSTM layers, and
 * products of matrices. Weights and biases must be constant (except for {@link BatchMatMul} and
 * float {@link FullyConnected}), and 8-bit weights such that sums of products are exact in single
 * precision. A convolution is computed by Winograd's algorithm where that takes less, by a direct
 * loop if it is depthwise, and as a GEMM otherwise; grouped and transposed convolutions are several
 * of these.
 */
final class GemmSelector implements OperatorSelector {
  private static final float[] NONE = {};

  private final Workers workers;
  private final PackedWeights weights;

  GemmSelector(Workers workers, PackedWeights weights) {
    this.workers = workers;
    this.weights = weights;
  }

  @Override
  public @Nullable Kernel kernel(Op op, Operands operands) {
    return switch (op.type().name()) {
      case "CONV_2D" -> convolution((Conv2D) op, operands, 0, 0);
      case "DEPTHWISE_CONV_2D" -> depthwise((DepthwiseConv2D) op, operands, 0, 0);
      case "FULLY_CONNECTED" -> fullyConnected((FullyConnected) op, operands);
      case "BATCH_MATMUL" -> batchMatMul((BatchMatMul) op, operands);
      case "TRANSPOSE_CONV" ->
          transposedConvolution((TransposeConv) op, new WeightedLayer(operands, 2, 1, 3));
      case "CONV_3D" -> convolution3D((Conv3D) op, operands);
      case "CONV_3D_TRANSPOSE" -> transposedConvolution3D((Conv3DTranspose) op, operands);
      default ->
          op instanceof CustomOp custom && custom.implementation() instanceof TransposeConvBias
              ? transposeConvBias(custom, WeightedLayer.of(operands))
              : null;
    };
  }

  /**
   * Returns the kernel for a convolution, which may be grouped.
   *
   * @param top rows of zero padding before the input, in addition to the operator's own
   * @param left columns of zero padding before the input
   */
  @Nullable Kernel convolution(Conv2D conv, Operands operands, int top, int left) {
    Shape filter = operands.shape(1);
    Shape input = operands.shape(0);
    if (input.rank() != 4 || filter.rank() != 4 || !conv.activation().isClamp()) {
      return null;
    }
    WindowGeometry windows = WindowGeometry.of(conv, operands).withPadding(top, left);
    if (!windows.overlapInput()) {
      return null;
    }
    WeightedLayer layer = WeightedLayer.of(operands);
    int columns = filter.dim(0);
    int channels = filter.dim(3);
    if (channels != input.dim(3)) {
      boolean grouped =
          channels > 0
              && input.dim(3) > 0
              && input.dim(3) % channels == 0
              && columns % (input.dim(3) / channels) == 0;
      return grouped
          ? subConvolutions(
              layer,
              SubConvolution.grouped(windows, channels, columns),
              conv.activation(),
              () -> conv.requantization(operands))
          : null;
    }
    SubConvolution subConvolution = SubConvolution.whole(windows, columns);
    return switch (layer.inputType()) {
      case FLOAT32 ->
          layer.filterType() == TensorType.INT8
              ? hybrid(layer, subConvolution, conv.activation(), layer.isPerChannel(), false)
              : floatConvolution(layer, subConvolution, conv.activation());
      case INT8, UINT8 ->
          layer.hasOneType() ? bytes(layer, subConvolution, conv.requantization(operands)) : null;
      case INT16 ->
          layer.filterType() == TensorType.INT8
              ? wide(layer, subConvolution, conv.int16Requantization(operands))
              : null;
      default -> null;
    };
  }

  private @Nullable Kernel convolution3D(Conv3D conv, Operands operands) {
    Shape input = operands.shape(0);
    Shape filter = operands.shape(1);
    Shape output = operands.output(0).shape();
    if (input.rank() != 5
        || filter.rank() != 5
        || output.rank() != 5
        || operands.type(0) != TensorType.FLOAT32
        || input.dim(4) == 0
        || filter.elements() == 0
        || filter.dim(3) != input.dim(4)
        || output.elements() == 0
        || !conv.activation().isClamp()) {
      return null;
    }
    SubConvolution subConvolution = SubConvolution.conv3d(conv, operands);
    return subConvolution.windows().overlapInput()
        ? floats(
            WeightedLayer.of(operands),
            subConvolution,
            im2col(subConvolution, true),
            conv.activation())
        : null;
  }

  private @Nullable Kernel transposedConvolution3D(Conv3DTranspose conv, Operands operands) {
    Shape filter = operands.shape(1);
    Shape input = operands.shape(2);
    Shape output = operands.output(0).shape();
    if (input.rank() != 5
        || filter.rank() != 5
        || output.rank() != 5
        || operands.type(2) != TensorType.FLOAT32
        || input.elements() == 0
        || output.elements() == 0
        || output.dim(0) != input.dim(0)
        || filter.dim(3) != output.dim(4)
        || filter.dim(4) != input.dim(4)
        || Math.min(conv.strideDepth(), Math.min(conv.strideHeight(), conv.strideWidth())) < 1
        || conv.dilationDepth() != 1
        || conv.dilationHeight() != 1
        || conv.dilationWidth() != 1
        || !conv.activation().isClamp()) {
      return null;
    }
    List<SubConvolution> subConvolutions = SubConvolution.transposedConv3d(conv, operands);
    return subConvolutions == null
            || !subConvolutions.stream().allMatch(p -> p.windows().overlapInput())
        ? null
        : subConvolutions(
            new WeightedLayer(operands, 2, 1, 3),
            subConvolutions,
            conv.activation(),
            () -> {
              throw new IllegalStateException("floats are not rescaled");
            });
  }

  private @Nullable Kernel transposedConvolution(TransposeConv conv, WeightedLayer layer) {
    Operands operands = layer.operands();
    Shape filter = operands.shape(layer.filter());
    Shape input = operands.shape(layer.input());
    if (filter.rank() != 4
        || input.rank() != 4
        || filter.dim(3) != input.dim(3)
        || operands.output(0).shape().rank() != 4
        || operands.output(0).shape().dim(0) != input.dim(0)
        || conv.strideHeight() < 1
        || conv.strideWidth() < 1
        || !conv.activation().isClamp()) {
      return null;
    }
    List<SubConvolution> subConvolutions = SubConvolution.transposed(conv, layer);
    return subConvolutions == null
        ? null
        : subConvolutions(
            layer, subConvolutions, conv.activation(), () -> conv.requantization(operands));
  }

  private @Nullable Kernel transposeConvBias(CustomOp op, WeightedLayer layer) {
    return layer.inputType() == TensorType.FLOAT32
        ? transposedConvolution(TransposeConvBias.asBuiltIn(op.optionBytes()), layer)
        : null;
  }

  /** A layer of several products; null where one of them has no kernel. */
  private @Nullable Kernel subConvolutions(
      WeightedLayer layer,
      List<SubConvolution> subConvolutions,
      Activation activation,
      Supplier<Requantization> requantization) {
    boolean floats = layer.inputType() == TensorType.FLOAT32;
    if (!layer.hasOneType() || (!floats && !KernelSelector.isByte(layer.inputType()))) {
      return null;
    }
    BiFunction<SubConvolution, Im2col, @Nullable Gemm> make;
    if (floats) {
      make = (subConvolution, im2col) -> floats(layer, subConvolution, im2col, activation);
    } else {
      Int8Weights exact = Int8Weights.of(layer.filterOperand());
      Requantization whole = requantization.get();
      make = (subConvolution, im2col) -> bytes(layer, subConvolution, im2col, exact, whole);
    }
    List<Gemm> products = new ArrayList<>();
    Im2col im2col = null;
    SubConvolution last = null;
    for (SubConvolution subConvolution : subConvolutions) {
      if (im2col == null
          || last == null
          || !subConvolution.windows().equals(last.windows())
          || !subConvolution.planes().equals(last.planes())) {
        im2col = im2col(subConvolution, floats);
      }
      last = subConvolution;
      Gemm product = make.apply(subConvolution, im2col);
      if (product == null) {
        return null;
      }
      products.add(product);
    }
    return products.isEmpty() ? null : new SubConvolutions(products);
  }

  private Im2col im2col(SubConvolution subConvolution, boolean floats) {
    return new Im2col(
        subConvolution.windows(),
        subConvolution.planes(),
        subConvolution.channels(),
        floats,
        workers);
  }

  private @Nullable Kernel fullyConnected(FullyConnected dense, Operands operands) {
    Shape shape = operands.shape(1);
    if (dense.weightsFormat() != 0 || !dense.activation().isClamp() || shape.rank() != 2) {
      return null;
    }
    int columns = shape.dim(0);
    long elements = operands.output(0).shape().elements();
    int rows = columns == 0 ? 0 : Math.toIntExact(elements / columns);
    WeightedLayer layer = WeightedLayer.of(operands);
    SubConvolution subConvolution =
        SubConvolution.whole(WindowGeometry.ofRows(rows, shape.dim(1)), columns);
    return switch (layer.inputType()) {
      case FLOAT32 ->
          layer.filterType() == TensorType.INT8
              ? hybrid(
                  layer, subConvolution, dense.activation(), dense.asymmetricQuantizeInputs(), true)
              : floatDense(layer, subConvolution, dense.activation());
      case INT8, UINT8 ->
          layer.hasOneType() ? bytes(layer, subConvolution, dense.requantization(operands)) : null;
      case INT16 ->
          layer.filterType() == TensorType.INT8
              ? wide(layer, subConvolution, dense.int16Requantization(operands))
              : null;
      default -> null;
    };
  }

  private @Nullable Kernel floatDense(
      WeightedLayer layer, SubConvolution subConvolution, Activation activation) {
    boolean constant =
        layer.filterOperand().known() != null && layer.hasBias() == (layer.knownBias() != null);
    if (constant || layer.filterType() != TensorType.FLOAT32) {
      return floats(layer, subConvolution, im2col(subConvolution, true), activation);
    }
    WindowGeometry rows = subConvolution.windows();
    var layout =
        new BatchMatMulKernel.Layout(rows.height(), subConvolution.columns(), rows.channels());
    return layout.depth == 0
        ? null
        : new BatchMatMulKernel.OfFloats(
            workers, layout, false, layer.hasBias(), Clamp.of(activation));
  }

  private @Nullable Kernel batchMatMul(BatchMatMul product, Operands operands) {
    Shape a = operands.shape(0);
    Shape b = operands.shape(1);
    TensorType type = operands.type(0);
    Shape output = operands.output(0).shape();
    if (a.rank() < 2 || b.rank() < 2) {
      return null;
    }
    var layout =
        new BatchMatMulKernel.Layout(
            a, b, output, product.transposeLeft(), product.transposeRight());
    boolean constant = operands.input(1).known() != null;
    if (layout.depth == 0) {
      return null;
    }
    if (type == TensorType.FLOAT32 && operands.type(1) == TensorType.FLOAT32) {
      return new BatchMatMulKernel.OfFloats(workers, layout, constant, false, Clamp.NONE);
    }
    if (type == TensorType.FLOAT32 && operands.type(1) == TensorType.INT8) {
      int rows = Math.toIntExact(a.elements() / layout.depth);
      boolean asymmetric = product.asymmetricQuantizeInputs();
      return layout.leftTransposed
          ? null
          : new BatchMatMulKernel.OfHybrid(
              workers,
              layout,
              constant,
              new DynamicallyQuantizedRows(workers, rows, layout.depth, asymmetric),
              operands.input(1).requireQuantization().scaleValue());
    }
    if (type == TensorType.INT8 && WeightedLayer.of(operands).hasOneType()) {
      return new BatchMatMulKernel.OfBytes(
          workers,
          layout,
          constant,
          product.requantization(operands),
          operands.input(0).requireQuantization().zeroPointValue(),
          operands.input(1).requireQuantization().zeroPointValue());
    }
    return null;
  }

  private @Nullable Kernel floatConvolution(
      WeightedLayer layer, SubConvolution subConvolution, Activation activation) {
    WindowGeometry windows = subConvolution.windows();
    int columns = subConvolution.columns();
    if (!FloatWinograd.isFaster(windows, columns)) {
      return floats(layer, subConvolution, im2col(subConvolution, true), activation);
    }
    float[] bias = layer.floatBias(0, columns);
    Tensor filter = layer.floatFilter();
    if (bias == null || filter == null) {
      return null;
    }
    int channels = windows.channels();
    int lanes = workers.lanes();
    PackedMatrix matrix =
        weights.matrix(
            layer,
            subConvolution,
            WinogradConvolution.cut(channels),
            lanes,
            () -> FloatWinograd.pack(elements(filter, subConvolution), columns, channels, lanes));
    return new FloatWinograd(workers, windows, matrix, bias, Clamp.of(activation));
  }

  private @Nullable Gemm floats(
      WeightedLayer layer, SubConvolution subConvolution, Im2col im2col, Activation activation) {
    int columns = subConvolution.columns();
    float[] bias = layer.floatBias(subConvolution.firstColumn(), columns);
    Tensor filter = layer.floatFilter();
    if (bias == null || filter == null) {
      return null;
    }
    int lanes = workers.lanes();
    var cut = PackedMatrix.Cut.whole(subConvolution.depth());
    PackedMatrix matrix =
        weights.matrix(
            layer,
            subConvolution,
            cut,
            lanes,
            () -> PackedMatrix.of(elements(filter, subConvolution), columns, cut, bias, lanes));
    return new FloatGemm(workers, layer, subConvolution, im2col, matrix, Clamp.of(activation));
  }

  private static PackedMatrix.Elements elements(Tensor filter, SubConvolution subConvolution) {
    if (subConvolution.isWhole()) {
      return (from, to, at, count) ->
          MemorySegment.copy(filter.data(), Tensor.FLOAT, 4L * from, to, at, count);
    }
    int[] places = subConvolution.weightIndices();
    return (from, to, at, count) -> {
      for (int i = 0; i < count; i++) {
        to[at + i] = filter.getFloat(places[from + i]);
      }
    };
  }

  /**
   * A product of floats and 8-bit weights.
   *
   * @param asymmetric whether inputs are quantized with a zero point
   * @param byRow whether each row of the input has a scale; else each image has one
   */
  private @Nullable Kernel hybrid(
      WeightedLayer layer,
      SubConvolution subConvolution,
      Activation activation,
      boolean asymmetric,
      boolean byRow) {
    WindowGeometry windows = subConvolution.windows();
    int columns = subConvolution.columns();
    Int8Weights exact = Int8Weights.of(layer.filterOperand());
    float[] scales = layer.scales(columns);
    float[] bias = layer.floatBias(0, columns);
    if (exact == null || scales == null || bias == null || columns == 0) {
      return null;
    }
    DynamicallyQuantizedRows rows = quantizedRows(windows, asymmetric, byRow);
    QuantizedEpilogue epilogue =
        hybridEpilogue(rows, byRow ? 1 : perImage(windows), scales, bias, activation);
    int greatest = asymmetric ? 255 : 128;
    int[] none = new int[columns];
    if (isWinograd(subConvolution, exact, none, greatest)) {
      return winograd(layer, subConvolution, exact, none, epilogue);
    }
    Im2col im2col = im2col(subConvolution, false);
    PackedMatrix[] parts = parts(layer, subConvolution, exact, im2col, greatest);
    return new IntegerGemm(workers, layer, subConvolution, im2col, parts, epilogue);
  }

  /** Returns the number of output rows of an image. */
  private static int perImage(WindowGeometry windows) {
    return Math.max(1, windows.outputHeight() * windows.outputWidth());
  }

  private static QuantizedEpilogue hybridEpilogue(
      DynamicallyQuantizedRows rows,
      int rowsPerScale,
      float[] scales,
      float[] bias,
      Activation activation) {
    float[] added = bias.length == 0 ? new float[scales.length] : bias;
    return new HybridEpilogue(
        rows, rowsPerScale, new Dequantization(scales, added, Clamp.of(activation)));
  }

  private static boolean isWinograd(
      SubConvolution subConvolution, Int8Weights exact, int[] bias, int greatest) {
    WindowGeometry windows = subConvolution.windows();
    return IntegerWinograd.isFaster(windows, subConvolution.columns())
        && IntegerWinograd.areExact(exact, bias, windows.channels(), greatest);
  }

  private Kernel winograd(
      WeightedLayer layer,
      SubConvolution subConvolution,
      Int8Weights exact,
      int[] bias,
      QuantizedEpilogue epilogue) {
    WindowGeometry windows = subConvolution.windows();
    int channels = windows.channels();
    int lanes = workers.lanes();
    PackedMatrix matrix =
        weights.matrix(
            layer,
            subConvolution,
            WinogradConvolution.cut(channels),
            lanes,
            () -> IntegerWinograd.pack(exact, subConvolution.columns(), channels, lanes));
    return new IntegerWinograd(workers, windows, matrix, bias, epilogue);
  }

  private DynamicallyQuantizedRows quantizedRows(
      WindowGeometry windows, boolean asymmetric, boolean byRow) {
    int image = ArraySize.product(windows.height(), windows.width(), windows.channels());
    return byRow
        ? new DynamicallyQuantizedRows(workers, windows.height(), windows.channels(), asymmetric)
        : new DynamicallyQuantizedRows(workers, windows.batch(), image, asymmetric);
  }

  /** A layer of 8-bit numbers. */
  private @Nullable Kernel bytes(
      WeightedLayer layer, SubConvolution subConvolution, Requantization requantization) {
    Int8Weights exact = Int8Weights.of(layer.filterOperand());
    int[] bias = exact == null ? null : wholeBias(layer, subConvolution, exact);
    if (exact == null || bias == null) {
      return null;
    }
    if (isWinograd(subConvolution, exact, bias, greatest(layer))) {
      int[] none = new int[bias.length];
      return winograd(
          layer,
          subConvolution,
          exact,
          bias,
          byteEpilogue(layer, subConvolution, requantization, none));
    }
    return bytes(layer, subConvolution, im2col(subConvolution, false), exact, bias, requantization);
  }

  /**
   * One of several products of 8-bit numbers.
   *
   * @param all the layer's weights; null if they are not such that sums are exact
   */
  private @Nullable Gemm bytes(
      WeightedLayer layer,
      SubConvolution subConvolution,
      Im2col im2col,
      @Nullable Int8Weights all,
      Requantization requantization) {
    if (all == null) {
      return null;
    }
    Int8Weights exact = all.at(subConvolution.weightIndices());
    int[] bias = wholeBias(layer, subConvolution, exact);
    return bias == null ? null : bytes(layer, subConvolution, im2col, exact, bias, requantization);
  }

  private Gemm bytes(
      WeightedLayer layer,
      SubConvolution subConvolution,
      Im2col im2col,
      Int8Weights exact,
      int[] bias,
      Requantization requantization) {
    PackedMatrix[] parts = parts(layer, subConvolution, exact, im2col, greatest(layer));
    int[] rest = bias;
    if (parts.length == 1 && exact.areExact(bias, greatest(layer))) {
      parts[0] = parts[0].withBias(toFloats(bias));
      rest = new int[bias.length];
    }
    QuantizedEpilogue epilogue = byteEpilogue(layer, subConvolution, requantization, rest);
    return new IntegerGemm(workers, layer, subConvolution, im2col, parts, epilogue);
  }

  /** Returns the bias for sums of products of inputs whose zero point is not subtracted. */
  private static int @Nullable [] wholeBias(
      WeightedLayer layer, SubConvolution subConvolution, Int8Weights exact) {
    int columns = subConvolution.columns();
    int[] bias = layer.integerBias(subConvolution.firstColumn(), columns);
    if (bias != null) {
      int zeroPoint = layer.zeroPoint();
      int[] sums = exact.columnSums(columns);
      for (int c = 0; c < columns; c++) {
        bias[c] -= zeroPoint * sums[c];
      }
    }
    return bias;
  }

  /**
   * The ends of a layer of 8-bit numbers.
   *
   * @param bias what the sums do not have in them
   */
  private static QuantizedEpilogue byteEpilogue(
      WeightedLayer layer,
      SubConvolution subConvolution,
      Requantization requantization,
      int[] bias) {
    return new Int8Epilogue(
        new PackedRequantization(
            requantization, subConvolution.firstColumn(), bias, subConvolution.columns()),
        layer.zeroPoint(),
        isUnsigned(layer));
  }

  private static boolean isUnsigned(WeightedLayer layer) {
    return layer.inputType() == TensorType.UINT8;
  }

  /** The greatest magnitude of a layer's 8-bit inputs. */
  private static int greatest(WeightedLayer layer) {
    return isUnsigned(layer) ? 255 : 128;
  }

  private @Nullable Kernel wide(
      WeightedLayer layer, SubConvolution subConvolution, Int16Requantization requantization) {
    int columns = subConvolution.columns();
    Int8Weights exact = Int8Weights.of(layer.filterOperand());
    QuantizedEpilogue epilogue = wideEpilogue(layer, columns, requantization);
    if (exact == null || columns == 0 || epilogue == null) {
      return null;
    }
    Im2col im2col = im2col(subConvolution, false);
    PackedMatrix[] parts = parts(layer, subConvolution, exact, im2col, 128);
    return new IntegerGemm(workers, layer, subConvolution, im2col, parts, epilogue);
  }

  /** The ends of a layer of 16-bit numbers; null if it is none, or its bias is not constant. */
  private static @Nullable QuantizedEpilogue wideEpilogue(
      WeightedLayer layer, int columns, Int16Requantization requantization) {
    if (layer.scales(columns) == null
        || layer.operands().output(0).type() != TensorType.INT16
        || layer.zeroPoint() != 0) {
      return null;
    }
    long[] bias = new long[columns];
    if (layer.hasBias()) {
      Tensor known = layer.knownBias();
      if (known == null || known.elements() != columns || !known.type().isInteger()) {
        return null;
      }
      bias = known.toLongs();
    }
    return new Int16Epilogue(requantization, bias);
  }

  /** The weights in as many parts as exact sums need, each with a share of every run. */
  private PackedMatrix[] parts(
      WeightedLayer layer,
      SubConvolution subConvolution,
      Int8Weights exact,
      Im2col im2col,
      int greatest) {
    int columns = subConvolution.columns();
    int taps = im2col.taps();
    int run = im2col.run();
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
              layer,
              subConvolution,
              cut,
              lanes,
              () -> PackedMatrix.of(exact::copy, columns, cut, NONE, lanes));
    }
    return parts;
  }

  /**
   * Returns the kernel for a depthwise convolution.
   *
   * @param top rows of zero padding before the input, in addition to the operator's own
   * @param left columns of zero padding before the input
   */
  @Nullable Kernel depthwise(DepthwiseConv2D conv, Operands operands, int top, int left) {
    Shape filter = operands.shape(1);
    Shape input = operands.shape(0);
    if (input.rank() != 4 || filter.rank() != 4 || !conv.activation().isClamp()) {
      return null;
    }
    WindowGeometry windows = WindowGeometry.of(conv, operands).withPadding(top, left);
    if (!windows.overlapInput()) {
      return null;
    }
    WeightedLayer layer = WeightedLayer.of(operands);
    int columns = filter.dim(3);
    if (input.dim(3) != columns) {
      boolean multiplied = input.dim(3) > 0 && columns % input.dim(3) == 0;
      return multiplied
          ? subConvolutions(
              layer,
              SubConvolution.depthwise(windows, columns),
              conv.activation(),
              () -> conv.requantization(operands))
          : null;
    }
    if (columns > ArrayMemory.ZEROS) {
      return null;
    }
    return switch (layer.inputType()) {
      case FLOAT32 ->
          layer.filterType() == TensorType.INT8
              ? depthwiseHybrid(conv, windows, layer)
              : depthwiseFloats(conv, windows, layer);
      case INT8, UINT8 -> layer.hasOneType() ? depthwiseBytes(conv, windows, layer) : null;
      case INT16 ->
          layer.filterType() == TensorType.INT8 ? depthwiseWide(conv, windows, layer) : null;
      default -> null;
    };
  }

  private @Nullable Kernel depthwiseFloats(
      DepthwiseConv2D conv, WindowGeometry windows, WeightedLayer layer) {
    Tensor filter = layer.floatFilter();
    float[] bias = layer.floatBias(0, windows.channels());
    if (filter == null || bias == null) {
      return null;
    }
    return DepthwiseConvolution.ofFloats(
        workers,
        windows,
        filter.toFloats(),
        bias.length == 0 ? new float[windows.channels()] : bias,
        Clamp.of(conv.activation()));
  }

  private @Nullable Kernel depthwiseHybrid(
      DepthwiseConv2D conv, WindowGeometry windows, WeightedLayer layer) {
    int channels = windows.channels();
    Int8Weights exact = Int8Weights.of(layer.filterOperand());
    float[] scales = layer.scales(channels);
    float[] bias = layer.floatBias(0, channels);
    if (exact == null || scales == null || bias == null || !isExact(windows)) {
      return null;
    }
    DynamicallyQuantizedRows rows = quantizedRows(windows, true, false);
    return DepthwiseConvolution.ofIntegers(
        workers,
        windows,
        exact.toFloats(),
        new float[channels],
        hybridEpilogue(rows, perImage(windows), scales, bias, conv.activation()));
  }

  private @Nullable Kernel depthwiseWide(
      DepthwiseConv2D conv, WindowGeometry windows, WeightedLayer layer) {
    int channels = windows.channels();
    Int8Weights exact = Int8Weights.of(layer.filterOperand());
    QuantizedEpilogue epilogue =
        wideEpilogue(layer, channels, conv.int16Requantization(layer.operands()));
    return exact == null || epilogue == null || !isExact(windows)
        ? null
        : DepthwiseConvolution.ofIntegers(
            workers, windows, exact.toFloats(), new float[channels], epilogue);
  }

  /** Returns whether sums of a window's products are exact in single precision. */
  private static boolean isExact(WindowGeometry windows, int... bias) {
    long greatest = 0;
    for (int b : bias) {
      greatest = Math.max(greatest, Math.abs((long) b));
    }
    return (long) windows.taps() * 255 * 255 + greatest < 1 << 24;
  }

  private static float[] toFloats(int[] whole) {
    float[] floats = new float[whole.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = whole[i];
    }
    return floats;
  }

  private @Nullable Kernel depthwiseBytes(
      DepthwiseConv2D conv, WindowGeometry windows, WeightedLayer layer) {
    int channels = windows.channels();
    Int8Weights exact = Int8Weights.of(layer.filterOperand());
    int[] bias = layer.integerBias(0, channels);
    if (exact == null || bias == null || !isExact(windows)) {
      return null;
    }
    float[] filter = exact.toFloats();
    int zeroPoint = layer.zeroPoint();
    for (int i = 0; i < filter.length; i++) {
      bias[i % channels] -= zeroPoint * (int) filter[i];
    }
    float[] sumsBegin = new float[channels];
    if (isExact(windows, bias)) {
      sumsBegin = toFloats(bias);
      bias = new int[channels];
    }
    var requantization =
        new PackedRequantization(conv.requantization(layer.operands()), 0, bias, channels);
    var epilogue = new Int8Epilogue(requantization, zeroPoint, isUnsigned(layer));
    Kernel inPlace = Int8DepthwiseConvolution.of(workers, windows, filter, sumsBegin, epilogue);
    return inPlace != null
        ? inPlace
        : DepthwiseConvolution.ofIntegers(workers, windows, filter, sumsBegin, epilogue);
  }
}
