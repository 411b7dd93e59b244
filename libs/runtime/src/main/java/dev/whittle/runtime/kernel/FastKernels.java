package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Abs;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Add;
import dev.whittle.ir.op.AddN;
import dev.whittle.ir.op.ArgMax;
import dev.whittle.ir.op.ArgMin;
import dev.whittle.ir.op.AveragePool2D;
import dev.whittle.ir.op.BatchMatMul;
import dev.whittle.ir.op.BatchToSpaceNd;
import dev.whittle.ir.op.Cast;
import dev.whittle.ir.op.Ceil;
import dev.whittle.ir.op.Concatenation;
import dev.whittle.ir.op.Conv2D;
import dev.whittle.ir.op.Conv3D;
import dev.whittle.ir.op.Conv3DTranspose;
import dev.whittle.ir.op.Cumsum;
import dev.whittle.ir.op.CustomOp;
import dev.whittle.ir.op.DepthwiseConv2D;
import dev.whittle.ir.op.Dequantize;
import dev.whittle.ir.op.Div;
import dev.whittle.ir.op.Elu;
import dev.whittle.ir.op.EmbeddingLookup;
import dev.whittle.ir.op.Equal;
import dev.whittle.ir.op.Exp;
import dev.whittle.ir.op.Floor;
import dev.whittle.ir.op.FullyConnected;
import dev.whittle.ir.op.Gather;
import dev.whittle.ir.op.GatherNd;
import dev.whittle.ir.op.Gelu;
import dev.whittle.ir.op.Greater;
import dev.whittle.ir.op.GreaterEqual;
import dev.whittle.ir.op.HardSwish;
import dev.whittle.ir.op.L2Normalization;
import dev.whittle.ir.op.LeakyRelu;
import dev.whittle.ir.op.Less;
import dev.whittle.ir.op.LessEqual;
import dev.whittle.ir.op.LocalResponseNormalization;
import dev.whittle.ir.op.Log;
import dev.whittle.ir.op.LogSoftmax;
import dev.whittle.ir.op.LogicalAnd;
import dev.whittle.ir.op.LogicalNot;
import dev.whittle.ir.op.LogicalOr;
import dev.whittle.ir.op.Logistic;
import dev.whittle.ir.op.MaxPool2D;
import dev.whittle.ir.op.Maximum;
import dev.whittle.ir.op.Mean;
import dev.whittle.ir.op.Minimum;
import dev.whittle.ir.op.MirrorPad;
import dev.whittle.ir.op.Mul;
import dev.whittle.ir.op.Neg;
import dev.whittle.ir.op.NotEqual;
import dev.whittle.ir.op.OneHot;
import dev.whittle.ir.op.Pack;
import dev.whittle.ir.op.Pad;
import dev.whittle.ir.op.PadV2;
import dev.whittle.ir.op.Pow;
import dev.whittle.ir.op.Prelu;
import dev.whittle.ir.op.Quantize;
import dev.whittle.ir.op.Rearranging;
import dev.whittle.ir.op.ReduceAll;
import dev.whittle.ir.op.ReduceAny;
import dev.whittle.ir.op.ReduceMax;
import dev.whittle.ir.op.ReduceMin;
import dev.whittle.ir.op.ReduceProd;
import dev.whittle.ir.op.Relu;
import dev.whittle.ir.op.Relu0To1;
import dev.whittle.ir.op.Relu6;
import dev.whittle.ir.op.ReluN1To1;
import dev.whittle.ir.op.ResizeBilinear;
import dev.whittle.ir.op.ResizeNearestNeighbor;
import dev.whittle.ir.op.Round;
import dev.whittle.ir.op.Rsqrt;
import dev.whittle.ir.op.ScatterNd;
import dev.whittle.ir.op.Select;
import dev.whittle.ir.op.SelectV2;
import dev.whittle.ir.op.Sign;
import dev.whittle.ir.op.Softmax;
import dev.whittle.ir.op.SpaceToBatchNd;
import dev.whittle.ir.op.Split;
import dev.whittle.ir.op.SplitV;
import dev.whittle.ir.op.Sqrt;
import dev.whittle.ir.op.Square;
import dev.whittle.ir.op.SquaredDifference;
import dev.whittle.ir.op.Sub;
import dev.whittle.ir.op.Sum;
import dev.whittle.ir.op.Tanh;
import dev.whittle.ir.op.TopKV2;
import dev.whittle.ir.op.TransposeConv;
import dev.whittle.ir.op.UnidirectionalSequenceLstm;
import dev.whittle.ir.op.Unpack;
import dev.whittle.ir.op.Where;
import dev.whittle.runtime.custom.TransposeConvBias;
import dev.whittle.runtime.kernel.Comparison.Relation;
import dev.whittle.runtime.kernel.MicroKernels.Binary;
import dev.whittle.runtime.kernel.MicroKernels.Unary;
import org.jspecify.annotations.Nullable;

/**
 * Chooses fast kernels where there are some. Integers are computed bit for bit as by the reference
 * kernels; sums of floats are in another order, so that they differ in their last bits. One for
 * each session, whose memory must be {@link ArrayMemory}: its kernels share threads and scratch
 * space.
 */
public final class FastKernels {
  /** The schema's number of no padding. */
  private static final int VALID = 1;

  private final Workers workers;
  private final PackedWeights weights;
  private final MatrixKernels matrices;
  private final ArrayKernels arrays;
  private final ElementwiseKernels elements;
  private final MovingKernels moving;

  /**
   * Fast kernels.
   *
   * @param workers run them
   * @param weights of the model, shared with its other sessions
   */
  public FastKernels(Workers workers, PackedWeights weights) {
    this.workers = workers;
    this.weights = weights;
    this.matrices = new MatrixKernels(workers, weights);
    this.arrays = new ArrayKernels(workers);
    this.elements = new ElementwiseKernels(workers);
    this.moving = new MovingKernels(workers);
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
        case TransposeConv conv -> matrices.transposed(conv, new Layer(operands, 2, 1, 3));
        case CustomOp custom when custom.implementation() instanceof TransposeConvBias ->
            matrices.transposedFloats(
                TransposeConvBias.asBuiltIn(custom.optionBytes()), Layer.of(operands));
        case UnidirectionalSequenceLstm lstm -> LstmSequence.of(workers, weights, lstm, operands);
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
        case LogicalAnd and -> elements.logical(Logical.Function.AND, operands);
        case LogicalOr or -> elements.logical(Logical.Function.OR, operands);
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
        case ReduceMax max -> arrays.reduction(Reduction.Kind.MAXIMUM, operands);
        case ReduceMin min -> arrays.reduction(Reduction.Kind.MINIMUM, operands);
        case ReduceProd product -> arrays.reduction(Reduction.Kind.PRODUCT, operands);
        case ReduceAny any -> arrays.truth(Reduction.Kind.MAXIMUM, operands);
        case ReduceAll all -> arrays.truth(Reduction.Kind.MINIMUM, operands);
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
        case Concatenation concatenation -> moving.concatenation(concatenation, operands);
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
        case Rearranging rearranging -> arrays.rearrangement(rearranging, operands);
        case Pad pad -> arrays.padding(operands);
        case PadV2 pad -> arrays.padding(operands);
        default -> null;
      };
    } catch (ArithmeticException | OutOfMemoryError e) {
      // Too large for arrays, or for the heap: the reference kernel needs no space of its own.
      return null;
    } catch (OperandException e) {
      // Of some operands that a table is made for: the reference kernel says so where it meets
      // them.
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
        case Conv2D conv when conv.padding() == VALID ->
            matrices.convolution(conv, operands, top, left);
        case DepthwiseConv2D conv when conv.padding() == VALID ->
            matrices.depthwise(conv, operands, top, left);
        default -> null;
      };
    } catch (ArithmeticException | OutOfMemoryError e) {
      return null;
    }
  }

  /**
   * One kernel for two, the second of which alone reads what the first computes; it reads the
   * first's input instead. Null where there is none, or it would be no faster.
   */
  public @Nullable Kernel fused(Kernel first, Kernel second) {
    try {
      return first instanceof FloatProduct expansion && second instanceof DepthwiseProduct depthwise
          ? ExpandedDepthwise.of(workers, expansion, depthwise)
          : null;
    } catch (ArithmeticException | OutOfMemoryError e) {
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
    if (first instanceof Table gate && second instanceof ByteBinary product) {
      return gate.times(product, place == 0);
    }
    return first instanceof FloatUnary gate
            && gate.is(Unary.LOGISTIC)
            && second instanceof FloatBinary product
            && product.isPlain(Binary.MUL)
        ? FloatUnary.of(workers, Unary.SWISH)
        : null;
  }

  /** What plans call a kernel: what it computes with. */
  public String describe(Kernel kernel) {
    if (kernel.getClass().getPackage() != FastKernels.class.getPackage()) {
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
