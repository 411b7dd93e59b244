package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.CustomOp;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.activation.Elu;
import dev.whittle.ir.op.activation.Gelu;
import dev.whittle.ir.op.activation.HardSwish;
import dev.whittle.ir.op.activation.LeakyRelu;
import dev.whittle.ir.op.activation.LogSoftmax;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Prelu;
import dev.whittle.ir.op.activation.Relu;
import dev.whittle.ir.op.activation.Relu0To1;
import dev.whittle.ir.op.activation.Relu6;
import dev.whittle.ir.op.activation.ReluN1To1;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.activation.Tanh;
import dev.whittle.ir.op.image.ResizeBilinear;
import dev.whittle.ir.op.image.ResizeNearestNeighbor;
import dev.whittle.ir.op.index.EmbeddingLookup;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.index.GatherNd;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.index.ScatterNd;
import dev.whittle.ir.op.index.Select;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.index.TopKV2;
import dev.whittle.ir.op.index.Where;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.AddN;
import dev.whittle.ir.op.math.Ceil;
import dev.whittle.ir.op.math.Div;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.math.Exp;
import dev.whittle.ir.op.math.Floor;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.GreaterEqual;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.LessEqual;
import dev.whittle.ir.op.math.Log;
import dev.whittle.ir.op.math.LogicalAnd;
import dev.whittle.ir.op.math.LogicalNot;
import dev.whittle.ir.op.math.LogicalOr;
import dev.whittle.ir.op.math.Maximum;
import dev.whittle.ir.op.math.Minimum;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.math.Neg;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.math.Pow;
import dev.whittle.ir.op.math.Round;
import dev.whittle.ir.op.math.Rsqrt;
import dev.whittle.ir.op.math.Sign;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.math.Square;
import dev.whittle.ir.op.math.SquaredDifference;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.op.nn.AveragePool2D;
import dev.whittle.ir.op.nn.BatchMatMul;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.Conv3D;
import dev.whittle.ir.op.nn.Conv3DTranspose;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.nn.L2Normalization;
import dev.whittle.ir.op.nn.LocalResponseNormalization;
import dev.whittle.ir.op.nn.MaxPool2D;
import dev.whittle.ir.op.nn.TransposeConv;
import dev.whittle.ir.op.recurrent.UnidirectionalSequenceLstm;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.ArgMin;
import dev.whittle.ir.op.reduce.Cumsum;
import dev.whittle.ir.op.reduce.Mean;
import dev.whittle.ir.op.reduce.ReduceAll;
import dev.whittle.ir.op.reduce.ReduceAny;
import dev.whittle.ir.op.reduce.ReduceMax;
import dev.whittle.ir.op.reduce.ReduceMin;
import dev.whittle.ir.op.reduce.ReduceProd;
import dev.whittle.ir.op.reduce.Sum;
import dev.whittle.ir.op.shape.BatchToSpaceNd;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.MirrorPad;
import dev.whittle.ir.op.shape.Pack;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.op.shape.PadV2;
import dev.whittle.ir.op.shape.SpaceToBatchNd;
import dev.whittle.ir.op.shape.Split;
import dev.whittle.ir.op.shape.SplitV;
import dev.whittle.ir.op.shape.StridedViewOp;
import dev.whittle.ir.op.shape.Unpack;
import dev.whittle.ir.op.type.Cast;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.custom.TransposeConvBias;
import dev.whittle.runtime.kernel.depthwise.DepthwiseConvolution;
import dev.whittle.runtime.kernel.depthwise.PointwiseDepthwise;
import dev.whittle.runtime.kernel.elementwise.ComparisonKernel.Relation;
import dev.whittle.runtime.kernel.elementwise.FloatBinaryKernel;
import dev.whittle.runtime.kernel.elementwise.FloatUnaryKernel;
import dev.whittle.runtime.kernel.elementwise.Int8Arithmetic;
import dev.whittle.runtime.kernel.elementwise.LogicalKernel;
import dev.whittle.runtime.kernel.elementwise.LookupTable;
import dev.whittle.runtime.kernel.execution.ArrayMemory;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.FloatGemm;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.runtime.kernel.gemm.WeightedLayer;
import dev.whittle.runtime.kernel.geometry.ArraySizeException;
import dev.whittle.runtime.kernel.recurrent.LstmKernel;
import dev.whittle.runtime.kernel.reduce.FloatReduction;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import dev.whittle.runtime.kernel.simd.MicroKernels.Unary;
import org.jspecify.annotations.Nullable;

/**
 * Chooses fast kernels where there are some. Integers are computed bit for bit as by the reference
 * kernels; sums of floats are in another order, so that they differ in their last bits. One for
 * each session, whose memory must be {@link ArrayMemory}: its kernels share threads and scratch
 * space.
 */
public final class KernelSelector {

  private final Workers workers;
  private final PackedWeights weights;
  private final GemmSelector matrices;
  private final ReductionSelector arrays;
  private final ElementwiseSelector elements;
  private final MoveSelector moving;

  /**
   * Fast kernels.
   *
   * @param workers run them
   * @param weights of the model, shared with its other sessions
   */
  public KernelSelector(Workers workers, PackedWeights weights) {
    this.workers = workers;
    this.weights = weights;
    this.matrices = new GemmSelector(workers, weights);
    this.arrays = new ReductionSelector(workers);
    this.elements = new ElementwiseSelector(workers);
    this.moving = new MoveSelector(workers);
  }

  /** A fast kernel; null where only the reference kernel will do. */
  public @Nullable Kernel kernel(Op op, Operands operands) {
    if (operands.inputCount() == 0 || operands.outputCount() == 0) {
      return null;
    }
    if (op instanceof Where && isStatic(operands.shape(0))) {
      // The one whose output's extents need not be known.
      return moving.places(operands);
    }
    if (!areStatic(operands)) {
      return null;
    }
    try {
      return switch (op) {
        case Conv2D conv -> matrices.convolution(conv, operands, 0, 0);
        case Conv3D conv -> matrices.volume(conv, operands);
        case Conv3DTranspose conv -> matrices.transposedVolume(conv, operands);
        case DepthwiseConv2D conv -> matrices.depthwise(conv, operands, 0, 0);
        case FullyConnected dense -> matrices.dense(dense, operands);
        case BatchMatMul product -> matrices.batch(product, operands);
        case TransposeConv conv -> matrices.transposed(conv, new WeightedLayer(operands, 2, 1, 3));
        case CustomOp custom when custom.implementation() instanceof TransposeConvBias ->
            matrices.transposedFloats(
                TransposeConvBias.asBuiltIn(custom.optionBytes()), WeightedLayer.of(operands));
        case UnidirectionalSequenceLstm lstm -> LstmKernel.of(workers, weights, lstm, operands);
        case Abs abs -> elements.unary(abs, Unary.ABS, operands);
        case Ceil ceil -> elements.unary(ceil, Unary.CEIL, operands);
        case Floor floor -> elements.unary(floor, Unary.FLOOR, operands);
        case Round round -> elements.unary(round, Unary.ROUND, operands);
        case Sign sign -> elements.unary(sign, Unary.SIGN, operands);
        case Elu elu -> elements.unary(elu, Unary.ELU, operands);
        case Exp exp -> elements.unary(exp, Unary.EXP, operands);
        case Gelu gelu ->
            elements.unary(gelu, gelu.approximate() ? Unary.GELU_BY_TANH : Unary.GELU, operands);
        case HardSwish swish -> elements.unary(swish, Unary.HARD_SWISH, operands);
        case Log log -> elements.unary(log, Unary.LOG, operands);
        case Logistic logistic -> elements.unary(logistic, Unary.LOGISTIC, operands);
        case Neg neg -> elements.unary(neg, Unary.NEG, operands);
        case Rsqrt root -> elements.unary(root, Unary.RSQRT, operands);
        case Sqrt root -> elements.unary(root, Unary.SQRT, operands);
        case Square square -> elements.unary(square, Unary.SQUARE, operands);
        case Tanh tanh -> elements.unary(tanh, Unary.TANH, operands);
        case LeakyRelu relu -> elements.leakyRelu(relu, relu.alpha(), operands);
        case Relu relu -> elements.clamp(relu, 0, Float.POSITIVE_INFINITY, operands);
        case Relu6 relu -> elements.clamp(relu, 0, 6, operands);
        case ReluN1To1 relu -> elements.clamp(relu, -1, 1, operands);
        case Relu0To1 relu -> elements.clamp(relu, 0, 1, operands);
        case Dequantize dequantize -> elements.table(dequantize, operands);
        case Quantize quantize -> elements.quantize(quantize, operands);
        case Add add -> elements.sum(add, 1, add.activation(), operands);
        case Sub sub -> elements.sum(sub, -1, sub.activation(), operands);
        case Mul mul -> elements.product(mul, operands);
        case Div div -> elements.binary(div, Binary.DIV, div.activation(), operands);
        case Maximum m -> elements.binary(m, Binary.MAXIMUM, Activation.NONE, operands);
        case Minimum m -> elements.binary(m, Binary.MINIMUM, Activation.NONE, operands);
        case LogicalAnd and -> elements.logical(LogicalKernel.Function.AND, operands);
        case LogicalOr or -> elements.logical(LogicalKernel.Function.OR, operands);
        case LogicalNot not -> elements.not(operands);
        case AddN add -> elements.sums(operands);
        case Equal equal -> elements.comparison(equal, Relation.EQUAL, false, operands);
        case NotEqual unequal -> elements.comparison(unequal, Relation.NOT_EQUAL, false, operands);
        case Less less -> elements.comparison(less, Relation.LESS, false, operands);
        case LessEqual less -> elements.comparison(less, Relation.LESS_EQUAL, false, operands);
        case Greater greater -> elements.comparison(greater, Relation.LESS, true, operands);
        case GreaterEqual greater ->
            elements.comparison(greater, Relation.LESS_EQUAL, true, operands);
        case SelectV2 select -> elements.choice(operands);
        case Select select ->
            operands.shape(0).equals(operands.output(0).shape()) ? elements.choice(operands) : null;
        case Prelu prelu -> elements.binary(prelu, Binary.PRELU, Activation.NONE, operands);
        case SquaredDifference d ->
            elements.binary(d, Binary.SQUARED_DIFFERENCE, Activation.NONE, operands);
        case AveragePool2D pool ->
            arrays.pool(
                true,
                pool.padding(),
                new int[] {pool.filterHeight(), pool.strideHeight(), 1},
                new int[] {pool.filterWidth(), pool.strideWidth(), 1},
                pool.activation(),
                operands);
        case MaxPool2D pool ->
            arrays.pool(
                false,
                pool.padding(),
                new int[] {pool.filterHeight(), pool.strideHeight(), 1},
                new int[] {pool.filterWidth(), pool.strideWidth(), 1},
                pool.activation(),
                operands);
        case Sum sum -> arrays.total(operands);
        case Mean mean -> arrays.mean(mean, operands);
        case ReduceMax max -> arrays.reduction(FloatReduction.Kind.MAXIMUM, operands);
        case ReduceMin min -> arrays.reduction(FloatReduction.Kind.MINIMUM, operands);
        case ReduceProd product -> arrays.reduction(FloatReduction.Kind.PRODUCT, operands);
        case ReduceAny any -> arrays.booleanValue(FloatReduction.Kind.MAXIMUM, operands);
        case ReduceAll all -> arrays.booleanValue(FloatReduction.Kind.MINIMUM, operands);
        case Softmax softmax -> arrays.softmax(softmax, operands);
        case TopKV2 top -> arrays.top(top, operands);
        case LogSoftmax softmax -> arrays.logSoftmax(operands);
        case ArgMax max -> arrays.places(false, operands);
        case ArgMin min -> arrays.places(true, operands);
        case Cumsum sum -> arrays.runningSum(sum, operands);
        case L2Normalization norm -> arrays.length(norm, operands);
        case LocalResponseNormalization norm -> arrays.response(norm, operands);
        case Cast cast -> elements.cast(operands);
        case Pow pow -> elements.power(operands);
        case ResizeBilinear resize -> arrays.resize(resize, operands);
        case ResizeNearestNeighbor resize -> arrays.rows(resize, 3, operands);
        case MirrorPad pad -> arrays.mirror(pad, operands);
        case Concatenation concatenation -> moving.joined(concatenation.axis(), operands);
        case Pack pack -> moving.joined(pack.axis(), operands);
        case Unpack unpack -> moving.dealt(0, unpack.axis(), operands);
        case Split split -> moving.split(1, 0, operands);
        case Gather gather -> moving.gather(gather, operands);
        case GatherNd gather -> moving.gather(operands);
        case EmbeddingLookup lookup -> moving.embedding(operands);
        case SpaceToBatchNd blocks -> moving.blocks(blocks, operands);
        case BatchToSpaceNd blocks -> moving.blocks(blocks, operands);
        case ScatterNd scatter -> moving.scatter(operands);
        case OneHot vectors -> moving.oneHot(vectors, operands);
        case SplitV split -> moving.split(0, 2, operands);
        case StridedViewOp rearranging -> arrays.rearrangement(rearranging, operands);
        case Pad pad -> arrays.padding(operands);
        case PadV2 pad -> arrays.padding(operands);
        default -> null;
      };
    } catch (ArraySizeException e) {
      return null;
    }
  }

  /**
   * A fast kernel of a convolution without padding whose input has a rim of zeros; null where there
   * is none.
   *
   * @param operands with the input as it is without the rim
   * @param top rows of the rim before the input
   * @param left columns before it
   */
  public @Nullable Kernel padded(Op op, Operands operands, int top, int left) {
    if (!areStatic(operands)) {
      return null;
    }
    try {
      return switch (op) {
        case Conv2D conv when conv.padding() == Padding.VALID ->
            matrices.convolution(conv, operands, top, left);
        case DepthwiseConv2D conv when conv.padding() == Padding.VALID ->
            matrices.depthwise(conv, operands, top, left);
        default -> null;
      };
    } catch (ArraySizeException e) {
      return null;
    }
  }

  /**
   * One kernel for two, the second of which alone reads what the first computes; it reads the
   * first's input instead. Null where there is none, or it would be no faster.
   */
  public @Nullable Kernel fused(Kernel first, Kernel second) {
    try {
      return first instanceof FloatGemm expansion
              && second instanceof DepthwiseConvolution depthwise
          ? PointwiseDepthwise.of(workers, expansion, depthwise)
          : null;
    } catch (ArraySizeException e) {
      return null;
    }
  }

  /**
   * One kernel for two, the second of which alone reads what the first computes, and beside it what
   * the first reads. Null where there is none.
   *
   * @param place which input of the second is what the first computes
   */
  public @Nullable Kernel gated(Kernel first, Kernel second, int place) {
    if (first instanceof LookupTable gate && second instanceof Int8Arithmetic product) {
      return gate.times(product, place == 0);
    }
    return first instanceof FloatUnaryKernel gate
            && gate.is(Unary.LOGISTIC)
            && second instanceof FloatBinaryKernel product
            && product.isPlain(Binary.MUL)
        ? FloatUnaryKernel.of(workers, Unary.SWISH)
        : null;
  }

  /** Returns whether a kernel is one of the fast kernels, and not an operator's own. */
  public boolean isFast(Kernel kernel) {
    return kernel.getClass().getPackageName().startsWith(KernelSelector.class.getPackageName());
  }

  /** Returns the name of a kernel in plans. */
  public String describe(Kernel kernel) {
    if (!isFast(kernel)) {
      return "reference";
    }
    String name = kernel.getClass().getNestHost().getSimpleName();
    return "fast: " + name + (workers.mayUseVectors() ? "" : ", without vectors");
  }

  private static boolean areStatic(Operands operands) {
    for (int i = 0; i < operands.inputCount(); i++) {
      if (operands.hasInput(i) && !isStatic(operands.shape(i))) {
        return false;
      }
    }
    for (int i = 0; i < operands.outputCount(); i++) {
      if (!isStatic(operands.output(i).shape())) {
        return false;
      }
    }
    return true;
  }

  private static boolean isStatic(Shape shape) {
    return shape.isStatic() && shape.elements() < 1L << 30;
  }

  /** Whether a type is of 8-bit numbers. */
  static boolean isByte(TensorType type) {
    return type == TensorType.INT8 || type == TensorType.UINT8;
  }
}
