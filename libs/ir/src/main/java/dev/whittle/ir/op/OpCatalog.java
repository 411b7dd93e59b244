package dev.whittle.ir.op;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Options;
import java.util.Collection;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** All built-in operators that Whittle implements: one line each, in {@link #type}. */
public final class OpCatalog {
  /** Above the number of every built-in operator. */
  private static final int CODES = 1024;

  private OpCatalog() {}

  /** Every operator, in the order of their numbers. */
  public static Collection<OpType<?>> types() {
    return IntStream.range(0, CODES)
        .<OpType<?>>mapToObj(OpCatalog::type)
        .filter(Objects::nonNull)
        .toList();
  }

  /** The operator with that built-in number, or empty where it is not implemented. */
  public static Optional<OpType<?>> ofCode(int code) {
    return Optional.ofNullable(type(code));
  }

  /** The operator with that built-in number and those attributes; opaque if not implemented. */
  public static Op decode(int code, String name, Options options) {
    OpType<?> type = type(code);
    return type == null ? new OpaqueOp(name, code, options) : type.decode().apply(options);
  }

  /**
   * A branch for each operator, not a table of all: the classes of operators that a model does not
   * have are never loaded, which would take a fresh process a tenth of a second.
   */
  private static @Nullable OpType<?> type(int code) {
    return switch (code) {
      case 0 -> Add.TYPE;
      case 1 -> AveragePool2D.TYPE;
      case 2 -> Concatenation.TYPE;
      case 3 -> Conv2D.TYPE;
      case 4 -> DepthwiseConv2D.TYPE;
      case 5 -> DepthToSpace.TYPE;
      case 6 -> Dequantize.TYPE;
      case 7 -> EmbeddingLookup.TYPE;
      case 8 -> Floor.TYPE;
      case 9 -> FullyConnected.TYPE;
      case 10 -> HashtableLookup.TYPE;
      case 11 -> L2Normalization.TYPE;
      case 12 -> L2Pool2D.TYPE;
      case 13 -> LocalResponseNormalization.TYPE;
      case 14 -> Logistic.TYPE;
      case 16 -> Lstm.TYPE;
      case 17 -> MaxPool2D.TYPE;
      case 18 -> Mul.TYPE;
      case 19 -> Relu.TYPE;
      case 20 -> ReluN1To1.TYPE;
      case 21 -> Relu6.TYPE;
      case 22 -> Reshape.TYPE;
      case 23 -> ResizeBilinear.TYPE;
      case 24 -> Rnn.TYPE;
      case 25 -> Softmax.TYPE;
      case 26 -> SpaceToDepth.TYPE;
      case 27 -> Svdf.TYPE;
      case 28 -> Tanh.TYPE;
      case 33 -> EmbeddingLookupSparse.TYPE;
      case 34 -> Pad.TYPE;
      case 35 -> UnidirectionalSequenceRnn.TYPE;
      case 36 -> Gather.TYPE;
      case 37 -> BatchToSpaceNd.TYPE;
      case 38 -> SpaceToBatchNd.TYPE;
      case 39 -> Transpose.TYPE;
      case 40 -> Mean.TYPE;
      case 41 -> Sub.TYPE;
      case 42 -> Div.TYPE;
      case 43 -> Squeeze.TYPE;
      case 44 -> UnidirectionalSequenceLstm.TYPE;
      case 45 -> StridedSlice.TYPE;
      case 46 -> BidirectionalSequenceRnn.TYPE;
      case 47 -> Exp.TYPE;
      case 48 -> TopKV2.TYPE;
      case 49 -> Split.TYPE;
      case 50 -> LogSoftmax.TYPE;
      case 52 -> BidirectionalSequenceLstm.TYPE;
      case 53 -> Cast.TYPE;
      case 54 -> Prelu.TYPE;
      case 55 -> Maximum.TYPE;
      case 56 -> ArgMax.TYPE;
      case 57 -> Minimum.TYPE;
      case 58 -> Less.TYPE;
      case 59 -> Neg.TYPE;
      case 60 -> PadV2.TYPE;
      case 61 -> Greater.TYPE;
      case 62 -> GreaterEqual.TYPE;
      case 63 -> LessEqual.TYPE;
      case 64 -> Select.TYPE;
      case 65 -> Slice.TYPE;
      case 66 -> Sin.TYPE;
      case 67 -> TransposeConv.TYPE;
      case 68 -> SparseToDense.TYPE;
      case 69 -> Tile.TYPE;
      case 70 -> ExpandDims.TYPE;
      case 71 -> Equal.TYPE;
      case 72 -> NotEqual.TYPE;
      case 73 -> Log.TYPE;
      case 74 -> Sum.TYPE;
      case 75 -> Sqrt.TYPE;
      case 76 -> Rsqrt.TYPE;
      case 77 -> ShapeOf.TYPE;
      case 78 -> Pow.TYPE;
      case 79 -> ArgMin.TYPE;
      case 80 -> FakeQuant.TYPE;
      case 81 -> ReduceProd.TYPE;
      case 82 -> ReduceMax.TYPE;
      case 83 -> Pack.TYPE;
      case 84 -> LogicalOr.TYPE;
      case 85 -> OneHot.TYPE;
      case 86 -> LogicalAnd.TYPE;
      case 87 -> LogicalNot.TYPE;
      case 88 -> Unpack.TYPE;
      case 89 -> ReduceMin.TYPE;
      case 90 -> FloorDiv.TYPE;
      case 91 -> ReduceAny.TYPE;
      case 92 -> Square.TYPE;
      case 93 -> ZerosLike.TYPE;
      case 94 -> Fill.TYPE;
      case 95 -> FloorMod.TYPE;
      case 96 -> Range.TYPE;
      case 97 -> ResizeNearestNeighbor.TYPE;
      case 98 -> LeakyRelu.TYPE;
      case 99 -> SquaredDifference.TYPE;
      case 100 -> MirrorPad.TYPE;
      case 101 -> Abs.TYPE;
      case 102 -> SplitV.TYPE;
      case 103 -> Unique.TYPE;
      case 104 -> Ceil.TYPE;
      case 105 -> ReverseV2.TYPE;
      case 106 -> AddN.TYPE;
      case 107 -> GatherNd.TYPE;
      case 108 -> Cos.TYPE;
      case 109 -> Where.TYPE;
      case 110 -> Rank.TYPE;
      case 111 -> Elu.TYPE;
      case 112 -> ReverseSequence.TYPE;
      case 113 -> MatrixDiag.TYPE;
      case 114 -> Quantize.TYPE;
      case 115 -> MatrixSetDiag.TYPE;
      case 116 -> Round.TYPE;
      case 117 -> HardSwish.TYPE;
      case 118 -> If.TYPE;
      case 119 -> While.TYPE;
      case 120 -> NonMaxSuppressionV4.TYPE;
      case 121 -> NonMaxSuppressionV5.TYPE;
      case 122 -> ScatterNd.TYPE;
      case 123 -> SelectV2.TYPE;
      case 124 -> Densify.TYPE;
      case 125 -> SegmentSum.TYPE;
      case 126 -> BatchMatMul.TYPE;
      case 128 -> Cumsum.TYPE;
      case 129 -> CallOnce.TYPE;
      case 130 -> BroadcastTo.TYPE;
      case 131 -> Rfft2d.TYPE;
      case 132 -> Conv3D.TYPE;
      case 133 -> Imag.TYPE;
      case 134 -> Real.TYPE;
      case 135 -> ComplexAbs.TYPE;
      case 136 -> Hashtable.TYPE;
      case 137 -> HashtableFind.TYPE;
      case 138 -> HashtableImport.TYPE;
      case 139 -> HashtableSize.TYPE;
      case 140 -> ReduceAll.TYPE;
      case 141 -> Conv3DTranspose.TYPE;
      case 142 -> VarHandle.TYPE;
      case 143 -> ReadVariable.TYPE;
      case 144 -> AssignVariable.TYPE;
      case 145 -> BroadcastArgs.TYPE;
      case 146 -> RandomStandardNormal.TYPE;
      case 147 -> Bucketize.TYPE;
      case 148 -> RandomUniform.TYPE;
      case 149 -> Multinomial.TYPE;
      case 150 -> Gelu.TYPE;
      case 151 -> DynamicUpdateSlice.TYPE;
      case 152 -> Relu0To1.TYPE;
      case 153 -> UnsortedSegmentProd.TYPE;
      case 154 -> UnsortedSegmentMax.TYPE;
      case 155 -> UnsortedSegmentSum.TYPE;
      case 156 -> Atan2.TYPE;
      case 157 -> UnsortedSegmentMin.TYPE;
      case 158 -> Sign.TYPE;
      case 159 -> Bitcast.TYPE;
      case 160 -> BitwiseXor.TYPE;
      case 161 -> RightShift.TYPE;
      case 203 -> Dilate.TYPE;
      case 205 -> ReduceWindow.TYPE;
      default -> null;
    };
  }
}
