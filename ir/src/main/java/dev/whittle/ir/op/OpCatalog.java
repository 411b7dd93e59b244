package dev.whittle.ir.op;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Options;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** All built-in operators that Whittle implements: one line each. */
public final class OpCatalog {
  private static final List<OpType<?>> TYPES =
      List.of(
          Abs.TYPE,
          Add.TYPE,
          AddN.TYPE,
          ArgMax.TYPE,
          ArgMin.TYPE,
          AssignVariable.TYPE,
          Atan2.TYPE,
          AveragePool2D.TYPE,
          BatchMatMul.TYPE,
          BidirectionalSequenceLstm.TYPE,
          BidirectionalSequenceRnn.TYPE,
          BatchToSpaceNd.TYPE,
          Bitcast.TYPE,
          BitwiseXor.TYPE,
          BroadcastArgs.TYPE,
          BroadcastTo.TYPE,
          Bucketize.TYPE,
          CallOnce.TYPE,
          Cast.TYPE,
          Ceil.TYPE,
          ComplexAbs.TYPE,
          Concatenation.TYPE,
          Conv2D.TYPE,
          Conv3D.TYPE,
          Conv3DTranspose.TYPE,
          Cos.TYPE,
          Cumsum.TYPE,
          Densify.TYPE,
          DepthToSpace.TYPE,
          DepthwiseConv2D.TYPE,
          Dequantize.TYPE,
          Div.TYPE,
          DynamicUpdateSlice.TYPE,
          Elu.TYPE,
          EmbeddingLookup.TYPE,
          EmbeddingLookupSparse.TYPE,
          Equal.TYPE,
          Exp.TYPE,
          ExpandDims.TYPE,
          FakeQuant.TYPE,
          Fill.TYPE,
          Floor.TYPE,
          FloorDiv.TYPE,
          FloorMod.TYPE,
          FullyConnected.TYPE,
          Gather.TYPE,
          GatherNd.TYPE,
          Gelu.TYPE,
          Greater.TYPE,
          GreaterEqual.TYPE,
          HardSwish.TYPE,
          Hashtable.TYPE,
          HashtableFind.TYPE,
          HashtableImport.TYPE,
          HashtableLookup.TYPE,
          HashtableSize.TYPE,
          If.TYPE,
          Imag.TYPE,
          L2Normalization.TYPE,
          L2Pool2D.TYPE,
          LeakyRelu.TYPE,
          Less.TYPE,
          LessEqual.TYPE,
          LocalResponseNormalization.TYPE,
          Log.TYPE,
          LogSoftmax.TYPE,
          LogicalAnd.TYPE,
          LogicalNot.TYPE,
          LogicalOr.TYPE,
          Logistic.TYPE,
          MatrixDiag.TYPE,
          MatrixSetDiag.TYPE,
          MaxPool2D.TYPE,
          Maximum.TYPE,
          Mean.TYPE,
          Minimum.TYPE,
          MirrorPad.TYPE,
          Mul.TYPE,
          Multinomial.TYPE,
          Neg.TYPE,
          NonMaxSuppressionV4.TYPE,
          NonMaxSuppressionV5.TYPE,
          NotEqual.TYPE,
          OneHot.TYPE,
          Pack.TYPE,
          Pad.TYPE,
          PadV2.TYPE,
          Pow.TYPE,
          Prelu.TYPE,
          Quantize.TYPE,
          RandomStandardNormal.TYPE,
          RandomUniform.TYPE,
          Range.TYPE,
          Rank.TYPE,
          ReadVariable.TYPE,
          Real.TYPE,
          ReduceAll.TYPE,
          ReduceAny.TYPE,
          ReduceMax.TYPE,
          ReduceMin.TYPE,
          ReduceProd.TYPE,
          Relu.TYPE,
          Relu0To1.TYPE,
          Relu6.TYPE,
          ReluN1To1.TYPE,
          Reshape.TYPE,
          ResizeBilinear.TYPE,
          ResizeNearestNeighbor.TYPE,
          ReverseSequence.TYPE,
          ReverseV2.TYPE,
          Rfft2d.TYPE,
          RightShift.TYPE,
          Round.TYPE,
          Rsqrt.TYPE,
          ScatterNd.TYPE,
          SegmentSum.TYPE,
          Select.TYPE,
          SelectV2.TYPE,
          ShapeOf.TYPE,
          Sign.TYPE,
          Sin.TYPE,
          Slice.TYPE,
          Softmax.TYPE,
          SpaceToBatchNd.TYPE,
          SpaceToDepth.TYPE,
          SparseToDense.TYPE,
          Split.TYPE,
          SplitV.TYPE,
          Sqrt.TYPE,
          Square.TYPE,
          SquaredDifference.TYPE,
          Squeeze.TYPE,
          StridedSlice.TYPE,
          Sub.TYPE,
          Sum.TYPE,
          Tanh.TYPE,
          Tile.TYPE,
          TopKV2.TYPE,
          Transpose.TYPE,
          TransposeConv.TYPE,
          UnidirectionalSequenceLstm.TYPE,
          Dilate.TYPE,
          ReduceWindow.TYPE,
          UnidirectionalSequenceRnn.TYPE,
          Rnn.TYPE,
          Svdf.TYPE,
          Lstm.TYPE,
          Unique.TYPE,
          Unpack.TYPE,
          UnsortedSegmentMax.TYPE,
          UnsortedSegmentMin.TYPE,
          UnsortedSegmentProd.TYPE,
          UnsortedSegmentSum.TYPE,
          VarHandle.TYPE,
          Where.TYPE,
          While.TYPE,
          ZerosLike.TYPE);

  private static final Map<Integer, OpType<?>> BY_CODE = new TreeMap<>();

  static {
    for (OpType<?> type : TYPES) {
      if (BY_CODE.put(type.code(), type) != null) {
        throw new IllegalStateException("operator code " + type.code() + " is listed twice");
      }
    }
  }

  private OpCatalog() {}

  /** Every operator, in the order of their numbers. */
  public static Collection<OpType<?>> types() {
    return List.copyOf(BY_CODE.values());
  }

  /** The operator with that built-in number, or empty where it is not implemented. */
  public static Optional<OpType<?>> ofCode(int code) {
    return Optional.ofNullable(BY_CODE.get(code));
  }

  /** The operator with that built-in number and those attributes; opaque if not implemented. */
  public static Op decode(int code, String name, Options options) {
    OpType<?> type = BY_CODE.get(code);
    return type == null ? new OpaqueOp(name, code, options) : type.decode().apply(options);
  }
}
