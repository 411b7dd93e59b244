package dev.whittle.conformance;

import static dev.whittle.ir.tensor.TensorType.BOOL;
import static dev.whittle.ir.tensor.TensorType.COMPLEX64;
import static dev.whittle.ir.tensor.TensorType.FLOAT32;
import static dev.whittle.ir.tensor.TensorType.INT16;
import static dev.whittle.ir.tensor.TensorType.INT32;
import static dev.whittle.ir.tensor.TensorType.INT64;
import static dev.whittle.ir.tensor.TensorType.INT8;
import static dev.whittle.ir.tensor.TensorType.UINT32;
import static dev.whittle.ir.tensor.TensorType.UINT8;

import dev.whittle.conformance.CaseGenerator.NativeKernel;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.image.NonMaxSuppressionV4;
import dev.whittle.ir.op.image.NonMaxSuppressionV5;
import dev.whittle.ir.op.index.DynamicUpdateSlice;
import dev.whittle.ir.op.index.EmbeddingLookup;
import dev.whittle.ir.op.index.EmbeddingLookupSparse;
import dev.whittle.ir.op.index.HashtableLookup;
import dev.whittle.ir.op.index.MatrixDiag;
import dev.whittle.ir.op.index.MatrixSetDiag;
import dev.whittle.ir.op.index.ScatterNd;
import dev.whittle.ir.op.index.SparseToDense;
import dev.whittle.ir.op.index.Unique;
import dev.whittle.ir.op.math.AddN;
import dev.whittle.ir.op.math.BitwiseXor;
import dev.whittle.ir.op.math.RightShift;
import dev.whittle.ir.op.nn.L2Normalization;
import dev.whittle.ir.op.nn.LocalResponseNormalization;
import dev.whittle.ir.op.reduce.SegmentSum;
import dev.whittle.ir.op.reduce.UnsortedSegmentMax;
import dev.whittle.ir.op.reduce.UnsortedSegmentMin;
import dev.whittle.ir.op.reduce.UnsortedSegmentProd;
import dev.whittle.ir.op.reduce.UnsortedSegmentSum;
import dev.whittle.ir.op.shape.BatchToSpaceNd;
import dev.whittle.ir.op.shape.ReverseSequence;
import dev.whittle.ir.op.shape.SpaceToBatchNd;
import dev.whittle.ir.op.signal.ComplexAbs;
import dev.whittle.ir.op.signal.Imag;
import dev.whittle.ir.op.signal.Real;
import dev.whittle.ir.op.type.Bitcast;
import dev.whittle.ir.op.type.Densify;
import dev.whittle.ir.op.type.FakeQuant;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** Cases of operators on indices, segments, bits and complex numbers, and of normalizations. */
final class IndexCases {
  static final List<CaseGenerator> ALL =
      List.of(
          CaseGenerator.close("ADD_N", IndexCases::addN),
          CaseGenerator.exact("BITWISE_XOR", b -> bits(b, new BitwiseXor())),
          CaseGenerator.exact("RIGHT_SHIFT", b -> bits(b, new RightShift())),
          CaseGenerator.exact("BITCAST", IndexCases::bitcast),
          CaseGenerator.exact("REAL", b -> b.output(new Real(), complex(b))),
          CaseGenerator.exact("IMAG", b -> b.output(new Imag(), complex(b))),
          CaseGenerator.close("COMPLEX_ABS", b -> b.output(new ComplexAbs(), complex(b))),
          CaseGenerator.exact(
              "MATRIX_DIAG",
              b ->
                  b.output(
                      new MatrixDiag(),
                      b.input(b.oneOf(FLOAT32, INT32, INT64, INT8), b.dims(1, 3)))),
          CaseGenerator.exact("MATRIX_SET_DIAG", IndexCases::matrixSetDiag),
          CaseGenerator.exact("REVERSE_SEQUENCE", IndexCases::reverseSequence)
              .withNativeKernel(NativeKernel.CRASHES_ON_EMPTY_TENSORS),
          CaseGenerator.close("SEGMENT_SUM", IndexCases::segmentSum),
          CaseGenerator.close("UNSORTED_SEGMENT_PROD", b -> unsorted(b, new UnsortedSegmentProd())),
          CaseGenerator.close("UNSORTED_SEGMENT_MAX", b -> unsorted(b, new UnsortedSegmentMax())),
          CaseGenerator.close("UNSORTED_SEGMENT_SUM", b -> unsorted(b, new UnsortedSegmentSum())),
          CaseGenerator.close("UNSORTED_SEGMENT_MIN", b -> unsorted(b, new UnsortedSegmentMin())),
          CaseGenerator.exact("SPARSE_TO_DENSE", IndexCases::sparseToDense),
          CaseGenerator.close("SCATTER_ND", IndexCases::scatterNd),
          CaseGenerator.exact("SPACE_TO_BATCH_ND", IndexCases::spaceToBatch),
          CaseGenerator.exact("BATCH_TO_SPACE_ND", IndexCases::batchToSpace),
          CaseGenerator.close("LOCAL_RESPONSE_NORMALIZATION", IndexCases::localResponse),
          CaseGenerator.close("L2_NORMALIZATION", IndexCases::l2),
          CaseGenerator.close("EMBEDDING_LOOKUP", IndexCases::embedding),
          CaseGenerator.close("EMBEDDING_LOOKUP_SPARSE", IndexCases::sparseEmbedding),
          CaseGenerator.exact("HASHTABLE_LOOKUP", IndexCases::hashtableLookup),
          CaseGenerator.close("NON_MAX_SUPPRESSION_V4", b -> boxes(b, false)),
          CaseGenerator.close("NON_MAX_SUPPRESSION_V5", b -> boxes(b, true)),
          CaseGenerator.exact("UNIQUE", IndexCases::unique),
          CaseGenerator.exact("DYNAMIC_UPDATE_SLICE", IndexCases::dynamicUpdateSlice),
          CaseGenerator.exact("DENSIFY", IndexCases::densify),
          CaseGenerator.close("FAKE_QUANT", IndexCases::fakeQuant));

  private IndexCases() {}

  private static int[] mapped(int length, IntUnaryOperator element) {
    return IntStream.range(0, length).map(element).toArray();
  }

  private static void addN(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    TensorType type = b.oneOf(FLOAT32, INT32);
    Value[] parts = new Value[b.between(2, 4)];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = b.input(type, dims);
    }
    b.output(new AddN(), parts);
  }

  private static void bits(CaseBuilder b, Op op) {
    int[] dims = b.dims(1, 4);
    TensorType type = b.oneOf(INT8, UINT8, INT16, INT32, UINT32);
    b.output(op, b.input(type, dims), b.input(type, b.broadcastable(dims)));
  }

  private static void bitcast(CaseBuilder b) {
    int[] dims = b.dims(1, 3);
    TensorType from = b.oneOf(FLOAT32, INT32, UINT32, INT8, INT16, INT64);
    TensorType to = b.oneOf(FLOAT32, INT32, UINT32, INT8, INT16, INT64);
    if (to.bits() > from.bits()) {
      dims[dims.length - 1] = to.bits() / from.bits();
    }
    // Random bits may be NaN, which does not equal itself.
    b.output(to == FLOAT32 ? INT32 : to, null, new Bitcast(), b.input(from, dims));
  }

  private static Value complex(CaseBuilder b) {
    Tensor tensor = Tensor.allocate(COMPLEX64, b.dims(1, 4));
    for (long i = 0; i < 2 * tensor.elements(); i++) {
      tensor.data().set(Tensor.FLOAT, 4 * i, (float) b.random().nextDouble(-4, 4));
    }
    return b.input(tensor);
  }

  private static void matrixSetDiag(CaseBuilder b) {
    int[] dims = b.dims(2, 4);
    int[] diagonal = Arrays.copyOf(dims, dims.length - 1);
    diagonal[diagonal.length - 1] = Math.min(dims[dims.length - 2], dims[dims.length - 1]);
    TensorType type = b.oneOf(FLOAT32, INT32, INT64, INT8);
    Value input = b.input(type, dims);
    b.output(new MatrixSetDiag(), input, b.input(type, diagonal));
  }

  private static void reverseSequence(CaseBuilder b) {
    int[] dims = b.dims(2, 4);
    int[] axes = b.permutation(dims.length);
    Tensor lengths = Tensor.allocate(b.oneOf(INT32, INT64), dims[axes[1]]);
    for (long i = 0; i < lengths.elements(); i++) {
      lengths.setInteger(i, b.between(1, dims[axes[0]]));
    }
    Value input = b.input(b.oneOf(FLOAT32, INT32, INT64, UINT8), dims);
    b.output(new ReverseSequence(axes[0], axes[1]), input, b.constantOrInput(lengths));
  }

  private static void segmentSum(CaseBuilder b) {
    int[] dims = b.dims(1, 3);
    // The native kernel requires that no segment be empty.
    int[] segments = new int[dims[0]];
    for (int i = 1; i < segments.length; i++) {
      segments[i] = segments[i - 1] + b.between(0, 1);
    }
    Value input = b.input(b.oneOf(FLOAT32, INT32), dims);
    b.output(new SegmentSum(), input, b.constantOrInput(Tensor.of(segments, segments.length)));
  }

  private static void unsorted(CaseBuilder b, Op op) {
    int[] dims = b.dims(1, 3);
    int segments = b.between(1, 5);
    int[] segmentIds = mapped(dims[0], i -> b.between(-1, segments - 1));
    Value input = b.input(b.oneOf(FLOAT32, INT32), dims);
    Value ids = b.constantOrInput(Tensor.of(segmentIds, segmentIds.length));
    b.output(op, input, ids, b.constantOrInput(Tensor.of(new int[] {segments})));
  }

  private static void sparseToDense(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    int count = b.between(1, 4);
    Tensor indices = Tensor.allocate(INT32, count, dims.length);
    for (int i = 0; i < count; i++) {
      for (int axis = 0; axis < dims.length; axis++) {
        indices.setInt((long) i * dims.length + axis, b.between(0, dims[axis] - 1));
      }
    }
    TensorType type = b.oneOf(FLOAT32, INT32, INT64, INT8, UINT8);
    Value positions = b.constantOrInput(indices);
    Value shape = b.constantOrInput(Tensor.of(dims, dims.length));
    Value values = b.input(b.randomTensor(type, null, count));
    b.output(
        new SparseToDense(false), positions, shape, values, b.constant(b.randomTensor(type, null)));
  }

  private static void scatterNd(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    int depth = b.between(1, dims.length);
    int count = b.between(1, 5);
    Tensor indices = Tensor.allocate(INT32, count, depth);
    for (long i = 0; i < indices.elements(); i++) {
      indices.setInt(i, b.between(0, dims[(int) (i % depth)] - 1));
    }
    int[] updates = new int[1 + dims.length - depth];
    updates[0] = count;
    System.arraycopy(dims, depth, updates, 1, dims.length - depth);
    Value positions = b.constantOrInput(indices);
    Value values = b.input(b.oneOf(FLOAT32, INT32, INT64, INT8, UINT8, BOOL), updates);
    b.output(new ScatterNd(), positions, values, b.constantOrInput(Tensor.of(dims, dims.length)));
  }

  private static void spaceToBatch(CaseBuilder b) {
    int spatial = b.between(1, 2);
    int[] blocks = mapped(spatial, i -> b.between(1, 3));
    int[] paddings = new int[2 * spatial];
    int[] dims = new int[spatial + 2];
    dims[0] = b.between(1, 2);
    dims[spatial + 1] = b.between(1, 3);
    for (int i = 0; i < spatial; i++) {
      dims[i + 1] = b.between(2, 5);
      paddings[2 * i] = b.between(0, 2);
      int padded = dims[i + 1] + paddings[2 * i];
      paddings[2 * i + 1] = Math.floorMod(-padded, blocks[i]);
    }
    TensorType type = b.oneOf(FLOAT32, INT32, INT64, INT8, UINT8);
    Quantization quantization = type == INT8 ? b.quantization(type) : null;
    Value input = b.input(b.randomTensor(type, quantization, dims));
    Value block = b.constant(blocks);
    Value padding = b.constant(Tensor.of(paddings, spatial, 2));
    if (quantization == null) {
      b.output(new SpaceToBatchNd(), input, block, padding);
    } else {
      b.output(type, quantization, new SpaceToBatchNd(), input, block, padding);
    }
  }

  private static void batchToSpace(CaseBuilder b) {
    int spatial = b.between(1, 2);
    int[] blocks = mapped(spatial, i -> b.between(1, 3));
    int[] crops = new int[2 * spatial];
    int[] dims = new int[spatial + 2];
    dims[0] = b.between(1, 2);
    dims[spatial + 1] = b.between(1, 3);
    for (int i = 0; i < spatial; i++) {
      dims[0] *= blocks[i];
      dims[i + 1] = b.between(2, 5);
      crops[2 * i] = b.between(0, 1);
    }
    Value input = b.input(b.oneOf(FLOAT32, INT32, INT64, INT8, UINT8), dims);
    Value block = b.constant(blocks);
    b.output(new BatchToSpaceNd(), input, block, b.constant(Tensor.of(crops, spatial, 2)));
  }

  private static void localResponse(CaseBuilder b) {
    b.output(
        new LocalResponseNormalization(b.between(0, 4), 1.5f, 0.4f, 0.6f),
        b.input(FLOAT32, b.dims(4, 4)));
  }

  private static void l2(CaseBuilder b) {
    if (b.chance(0.5)) {
      b.output(new L2Normalization(Activation.NONE), b.input(FLOAT32, b.dims(2, 4)));
      return;
    }
    TensorType type = b.oneOf(INT8, UINT8);
    Value input = b.quantizedInput(type, b.dims(2, 4));
    int zeroPoint = type == INT8 ? 0 : 128;
    b.output(
        type,
        Quantization.perTensor(1f / 128, zeroPoint),
        new L2Normalization(Activation.NONE),
        input);
  }

  private static void embedding(CaseBuilder b) {
    int[] dims = b.dims(2, 3);
    int[] ids = mapped(b.between(1, 5), i -> b.between(0, dims[0] - 1));
    Value rows = b.constantOrInput(Tensor.of(ids, ids.length));
    if (b.chance(0.5)) {
      b.output(
          FLOAT32,
          null,
          new EmbeddingLookup(),
          rows,
          b.constant(b.randomTensor(FLOAT32, null, dims)));
    } else if (b.chance(0.3)) {
      Quantization quantization = b.quantization(INT8);
      Value table = b.constant(b.randomTensor(INT8, quantization, dims));
      b.output(INT8, quantization, new EmbeddingLookup(), rows, table);
    } else {
      Tensor bytes = ImageCases.filter(b, false, 0, dims);
      // The native kernel assumes that slices of 4-bit elements begin at a byte.
      boolean byteAligned = bytes.elements() / dims[0] % 2 == 0;
      Tensor table = byteAligned && b.chance(0.5) ? b.toInt4(bytes) : bytes;
      b.output(FLOAT32, null, new EmbeddingLookup(), rows, b.constant(table));
    }
  }

  private static void sparseEmbedding(CaseBuilder b) {
    int[] table = b.dims(2, 3);
    int rank = b.between(2, 3);
    int count = b.between(1, 8);
    int[] dimensions = mapped(rank, i -> b.between(1, 3));
    int[] ids = mapped(count, i -> b.between(0, table[0] - 1));
    // The indices of a sparse tensor are in ascending order.
    int elements = 1;
    for (int dimension : dimensions) {
      elements *= dimension;
    }
    int last = elements - 1;
    int[] flatIndices = mapped(count, i -> b.between(0, last));
    Arrays.sort(flatIndices);
    int[] indices = new int[count * rank];
    for (int i = 0; i < count; i++) {
      int remainder = flatIndices[i];
      for (int axis = rank - 1; axis >= 0; axis--) {
        indices[i * rank + axis] = remainder % dimensions[axis];
        remainder /= dimensions[axis];
      }
    }
    Tensor weights = b.randomTensor(FLOAT32, null, count);
    for (int i = 0; i < count; i++) {
      weights.setFloat(i, Math.abs(weights.getFloat(i)) + 0.1f);
    }
    b.output(
        new EmbeddingLookupSparse(b.between(0, 2)),
        b.input(Tensor.of(ids, count)),
        b.input(Tensor.of(indices, count, rank)),
        b.constant(Tensor.of(dimensions, rank)),
        b.input(weights),
        b.constant(b.randomTensor(FLOAT32, null, table)));
  }

  private static void hashtableLookup(CaseBuilder b) {
    int size = b.between(1, 6);
    int[] keys = new int[size];
    for (int i = 0; i < size; i++) {
      keys[i] = (i == 0 ? b.between(-5, 5) : keys[i - 1]) + b.between(1, 3);
    }
    int[] queries = mapped(b.between(1, 6), i -> b.chance(0.7) ? keys[b.between(0, size - 1)] : 99);
    boolean strings = b.chance(0.3);
    int[] dims = b.dims(1, 3);
    dims[0] = size;
    Tensor values =
        strings ? b.randomStrings(size) : b.randomTensor(b.oneOf(FLOAT32, INT32), null, dims);
    b.outputs(
        2,
        new HashtableLookup(),
        b.input(Tensor.of(queries, queries.length)),
        b.constant(Tensor.of(keys, size)),
        b.constant(values));
  }

  private static void boxes(CaseBuilder b, boolean soft) {
    int count = b.between(1, 20);
    Tensor boxes = Tensor.allocate(FLOAT32, count, 4);
    Tensor scores = Tensor.allocate(FLOAT32, count);
    for (int i = 0; i < count; i++) {
      for (int k = 0; k < 4; k++) {
        boxes.setFloat(4L * i + k, (float) b.random().nextDouble(0, 1));
      }
      scores.setFloat(i, (float) b.random().nextDouble(0, 1));
    }
    Value boxInput = b.input(boxes);
    Value scoreInput = b.input(scores);
    Value maxOutputs = b.constantOrInput(Tensor.of(new int[] {b.between(0, 12)}));
    Value maxOverlap = b.input(Tensor.of(new float[] {(float) b.random().nextDouble(0.1, 0.9)}));
    Value minScore = b.input(Tensor.of(new float[] {b.oneOf(0f, 0.3f)}));
    if (soft) {
      Value sigma = b.input(Tensor.of(new float[] {b.oneOf(0f, 0.5f)}));
      b.outputs(
          3,
          new NonMaxSuppressionV5(),
          boxInput,
          scoreInput,
          maxOutputs,
          maxOverlap,
          minScore,
          sigma);
    } else {
      b.outputs(
          2, new NonMaxSuppressionV4(), boxInput, scoreInput, maxOutputs, maxOverlap, minScore);
    }
  }

  private static void unique(CaseBuilder b) {
    TensorType type = b.oneOf(FLOAT32, INT32, INT64, INT8, INT16, UINT8);
    Tensor contents = Tensor.allocate(type, b.between(1, 20));
    for (long i = 0; i < contents.elements(); i++) {
      if (type == FLOAT32) {
        contents.setFloat(i, b.between(0, 6) / 2f);
      } else {
        contents.setInteger(i, b.between(0, 6));
      }
    }
    TensorType indexType = b.oneOf(INT32, INT64);
    b.outputs(2, new Unique(indexType), b.input(contents));
  }

  private static void dynamicUpdateSlice(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    int[] update = mapped(dims.length, i -> b.between(1, dims[i]));
    int[] starts = mapped(dims.length, i -> b.between(-2, dims[i] + 1));
    TensorType type = b.oneOf(FLOAT32, INT32, INT64, INT8, BOOL);
    Value input = b.input(type, dims);
    Value updateInput = b.input(type, update);
    b.output(
        new DynamicUpdateSlice(),
        input,
        updateInput,
        b.constantOrInput(Tensor.of(starts, dims.length)));
  }

  private static void densify(CaseBuilder b) {
    b.output(new Densify(), b.sparseMatrix());
  }

  private static void fakeQuant(CaseBuilder b) {
    float min = (float) b.random().nextDouble(-4, 0);
    float max = (float) b.random().nextDouble(0.1, 4);
    b.output(new FakeQuant(min, max, b.between(2, 8), false), b.input(FLOAT32, b.dims(1, 4)));
  }
}
