package dev.whittle.conformance;

import static dev.whittle.ir.tensor.TensorType.BOOL;
import static dev.whittle.ir.tensor.TensorType.FLOAT32;
import static dev.whittle.ir.tensor.TensorType.INT16;
import static dev.whittle.ir.tensor.TensorType.INT32;
import static dev.whittle.ir.tensor.TensorType.INT64;
import static dev.whittle.ir.tensor.TensorType.INT8;
import static dev.whittle.ir.tensor.TensorType.UINT8;

import dev.whittle.conformance.CaseGenerator.NativeKernel;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.index.GatherNd;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.index.Select;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.index.Where;
import dev.whittle.ir.op.reduce.ReduceWindow;
import dev.whittle.ir.op.shape.BroadcastArgs;
import dev.whittle.ir.op.shape.BroadcastTo;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.Dilate;
import dev.whittle.ir.op.shape.ExpandDims;
import dev.whittle.ir.op.shape.Fill;
import dev.whittle.ir.op.shape.MirrorPad;
import dev.whittle.ir.op.shape.Pack;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.op.shape.PadV2;
import dev.whittle.ir.op.shape.Range;
import dev.whittle.ir.op.shape.Rank;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.op.shape.ReverseV2;
import dev.whittle.ir.op.shape.ShapeOf;
import dev.whittle.ir.op.shape.Slice;
import dev.whittle.ir.op.shape.Split;
import dev.whittle.ir.op.shape.SplitV;
import dev.whittle.ir.op.shape.Squeeze;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.op.shape.Tile;
import dev.whittle.ir.op.shape.Transpose;
import dev.whittle.ir.op.shape.Unpack;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Cases of operators that move elements or read only shapes. */
final class DataMovementCases {
  static final List<CaseGenerator> ALL =
      List.of(
          CaseGenerator.exact("RESHAPE", DataMovementCases::reshape),
          CaseGenerator.exact("EXPAND_DIMS", DataMovementCases::expandDims),
          CaseGenerator.exact("SQUEEZE", DataMovementCases::squeeze),
          CaseGenerator.exact("SHAPE", DataMovementCases::shape),
          CaseGenerator.exact("RANK", b -> b.output(new Rank(), any(b, b.dims(0, 5)))),
          CaseGenerator.exact("TRANSPOSE", DataMovementCases::transpose),
          CaseGenerator.exact("CONCATENATION", DataMovementCases::concatenation),
          CaseGenerator.exact("SPLIT", DataMovementCases::split),
          CaseGenerator.exact("SPLIT_V", DataMovementCases::splitV),
          CaseGenerator.exact("PACK", DataMovementCases::pack),
          CaseGenerator.exact("UNPACK", DataMovementCases::unpack),
          CaseGenerator.exact("SLICE", DataMovementCases::slice),
          CaseGenerator.exact("STRIDED_SLICE", DataMovementCases::stridedSlice),
          CaseGenerator.exact("TILE", DataMovementCases::tile),
          CaseGenerator.exact("DILATE", DataMovementCases::dilate)
              .withNativeKernel(NativeKernel.CRASHES_ON_EMPTY_TENSORS),
          CaseGenerator.close("REDUCE_WINDOW", DataMovementCases::reduceWindow),
          CaseGenerator.exact("PAD", b -> pad(b, false)),
          CaseGenerator.exact("PADV2", b -> pad(b, true)),
          CaseGenerator.exact("MIRROR_PAD", DataMovementCases::mirrorPad),
          CaseGenerator.exact("BROADCAST_TO", DataMovementCases::broadcastTo),
          CaseGenerator.exact("BROADCAST_ARGS", DataMovementCases::broadcastArgs),
          CaseGenerator.exact("FILL", DataMovementCases::fill),
          CaseGenerator.close("RANGE", DataMovementCases::range),
          CaseGenerator.exact("ONE_HOT", DataMovementCases::oneHot),
          CaseGenerator.exact("REVERSE_V2", DataMovementCases::reverse)
              .withNativeKernel(NativeKernel.CRASHES_ON_EMPTY_TENSORS),
          CaseGenerator.exact("WHERE", DataMovementCases::where),
          CaseGenerator.exact("GATHER", DataMovementCases::gather),
          CaseGenerator.exact("GATHER_ND", DataMovementCases::gatherNd),
          CaseGenerator.exact("SELECT", DataMovementCases::select),
          CaseGenerator.exact("SELECT_V2", DataMovementCases::selectV2));

  private DataMovementCases() {}

  private static Value any(CaseBuilder b, int... dims) {
    return b.input(b.oneOf(FLOAT32, INT32, INT64, INT16, INT8, UINT8), dims);
  }

  private static Value vector(CaseBuilder b, int... contents) {
    return b.constantOrInput(Tensor.of(contents, contents.length));
  }

  private static int[] mapped(int length, java.util.function.IntUnaryOperator element) {
    return java.util.stream.IntStream.range(0, length).map(element).toArray();
  }

  private static void reshape(CaseBuilder b) {
    int[] dims = b.dims(1, 5);
    Value input = any(b, dims);
    int[] shape =
        switch (b.between(0, 2)) {
          case 0 -> new int[] {-1};
          case 1 -> new int[] {dims[0], -1};
          default -> new int[] {-1, dims[dims.length - 1], 1};
        };
    b.output(new Reshape(), input, vector(b, shape));
  }

  private static void expandDims(CaseBuilder b) {
    int[] dims = b.dims(0, 4);
    int axis = b.between(-dims.length - 1, dims.length);
    b.output(
        new ExpandDims(),
        any(b, dims),
        b.constantOrInput(
            b.chance(0.5) ? Tensor.of(new int[] {axis}) : Tensor.of(new int[] {axis}, 1)));
  }

  private static void squeeze(CaseBuilder b) {
    int[] dims = b.dims(1, 5);
    List<Integer> axes = new ArrayList<>();
    for (int i = 0; i < dims.length; i++) {
      if (b.chance(0.4)) {
        dims[i] = 1;
        axes.add(b.chance(0.3) ? i - dims.length : i);
      }
    }
    b.output(new Squeeze(b.chance(0.3) ? List.of() : axes), any(b, dims));
  }

  private static void shape(CaseBuilder b) {
    b.output(new ShapeOf(b.oneOf(INT32, INT64)), any(b, b.dims(0, 5)));
  }

  private static void transpose(CaseBuilder b) {
    int[] dims = b.dims(1, 5);
    b.output(new Transpose(), any(b, dims), vector(b, b.permutation(dims.length)));
  }

  private static void concatenation(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    int axis = b.between(0, dims.length - 1);
    TensorType type = b.oneOf(FLOAT32, INT32, INT64, INT8, UINT8, INT16);
    boolean rescales = type == UINT8 && b.chance(0.7);
    boolean quantized = type == INT8 || type == INT16 || rescales;
    Quantization quantization = quantized ? b.quantization(type) : null;
    Value[] parts = new Value[b.between(1, 4)];
    for (int i = 0; i < parts.length; i++) {
      dims[axis] = b.between(1, 5);
      // Only UINT8 may have another scale for each part.
      Quantization own = rescales ? b.quantization(UINT8) : quantization;
      parts[i] = b.input(b.randomTensor(type, own, dims));
    }
    var op = new Concatenation(b.chance(0.3) ? axis - dims.length : axis, Activation.NONE);
    if (quantization == null) {
      b.output(op, parts);
    } else {
      b.output(type, quantization, op, parts);
    }
  }

  private static void split(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    int axis = b.between(0, dims.length - 1);
    int count = b.between(1, 4);
    dims[axis] = count * b.between(1, 3);
    Value dimension = b.constant(Tensor.of(new int[] {b.chance(0.3) ? axis - dims.length : axis}));
    b.outputs(
        count, new Split(count), dimension, b.input(b.oneOf(FLOAT32, INT32, INT16, INT8), dims));
  }

  private static void splitV(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    int axis = b.between(0, dims.length - 1);
    int[] sizes = mapped(b.between(1, 4), i -> b.between(1, 4));
    dims[axis] = java.util.Arrays.stream(sizes).sum();
    if (b.chance(0.3)) {
      sizes[b.between(0, sizes.length - 1)] = -1;
    }
    Value input = b.input(b.oneOf(FLOAT32, INT32, INT16, INT8), dims);
    Value sizesValue = b.constant(sizes);
    b.outputs(
        sizes.length,
        new SplitV(sizes.length),
        input,
        sizesValue,
        b.constant(Tensor.of(new int[] {axis})));
  }

  private static void pack(CaseBuilder b) {
    int[] dims = b.dims(0, 4);
    TensorType type = b.oneOf(FLOAT32, INT32, INT64, INT16, INT8);
    Value[] parts = new Value[b.between(1, 4)];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = b.input(type, dims);
    }
    b.output(new Pack(parts.length, b.between(-dims.length - 1, dims.length)), parts);
  }

  private static void unpack(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    int axis = b.between(-dims.length, dims.length - 1);
    int count = dims[Math.floorMod(axis, dims.length)];
    b.outputs(
        count, new Unpack(count, axis), b.input(b.oneOf(FLOAT32, INT32, INT16, INT8, BOOL), dims));
  }

  private static void slice(CaseBuilder b) {
    int[] dims = b.dims(1, 5);
    int[] begin = mapped(dims.length, i -> b.between(0, dims[i] - 1));
    int[] size = mapped(dims.length, i -> b.chance(0.3) ? -1 : b.between(1, dims[i] - begin[i]));
    Value input = any(b, dims);
    Value start = vector(b, begin);
    b.output(new Slice(), input, start, vector(b, size));
  }

  private static void stridedSlice(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    int count = b.between(1, dims.length);
    int[] begin = mapped(count, i -> b.between(-dims[i], dims[i] - 1));
    int[] end = mapped(count, i -> b.between(-dims[i] - 1, dims[i] + 1));
    int[] step = mapped(count, i -> b.oneOf(1, 1, 2, -1));
    int ellipsis = b.chance(0.2) ? 1 << b.between(0, count - 1) : 0;
    int newAxes = b.chance(0.2) && ellipsis == 0 ? 1 << b.between(0, count - 1) : 0;
    int shrink =
        b.chance(0.3) && newAxes == 0 && ellipsis == 0 ? b.between(0, (1 << count) - 1) : 0;
    for (int i = 0; i < count; i++) {
      if ((shrink >> i & 1) != 0) {
        step[i] = 1;
      }
    }
    int beginMask = b.between(0, (1 << count) - 1) & ~shrink;
    int endMask = b.between(0, (1 << count) - 1) & ~shrink;
    Value input = b.input(b.oneOf(FLOAT32, INT32, INT64, INT16, INT8), dims);
    Value first = b.constant(begin);
    Value last = b.constant(end);
    b.output(
        new StridedSlice(beginMask, endMask, ellipsis, newAxes, shrink, false),
        input,
        first,
        last,
        b.constant(step));
  }

  private static void dilate(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    TensorType type = b.oneOf(FLOAT32, INT32, INT64, INT8);
    b.output(
        new Dilate(),
        b.input(type, dims),
        b.constant(Tensor.of(mapped(dims.length, i -> b.between(1, 3)), dims.length)),
        b.constant(b.randomTensor(type, null)));
  }

  private static Value longs(CaseBuilder b, int[] values) {
    Tensor tensor = Tensor.allocate(INT64, values.length);
    for (int i = 0; i < values.length; i++) {
      tensor.setLong(i, values[i]);
    }
    return b.constant(tensor);
  }

  private static void reduceWindow(CaseBuilder b) {
    int[] dims = mapped(b.between(1, 3), i -> b.between(3, 7));
    TensorType type = b.oneOf(FLOAT32, INT32, INT64);
    b.output(
        new ReduceWindow(b.between(1, 4)),
        b.input(type, dims),
        b.constant(b.randomTensor(type, null)),
        longs(b, mapped(dims.length, i -> b.between(1, 2))),
        longs(b, mapped(dims.length, i -> b.between(1, 2))),
        longs(b, mapped(dims.length, i -> b.between(1, 2))));
  }

  private static void tile(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    b.output(
        new Tile(),
        b.input(b.oneOf(FLOAT32, INT32, INT64, INT8, UINT8, BOOL), dims),
        vector(b, mapped(dims.length, i -> b.between(0, 3))));
  }

  private static Value paddings(CaseBuilder b, int rank, int[] limits) {
    int[] contents = mapped(rank * 2, i -> b.between(0, limits[i / 2]));
    return b.constantOrInput(Tensor.of(contents, rank, 2));
  }

  private static void pad(CaseBuilder b, boolean withValue) {
    int[] dims = b.dims(1, 4);
    TensorType type = b.oneOf(FLOAT32, INT32, INT64, INT8, INT16);
    boolean quantized = type == INT8 || type == INT16;
    Quantization quantization = quantized ? b.quantization(type) : null;
    Value input = b.input(b.randomTensor(type, quantization, dims));
    Value paddings = paddings(b, dims.length, mapped(dims.length, i -> 3));
    Op op = withValue ? new PadV2() : new Pad();
    List<Value> operands = new ArrayList<>(List.of(input, paddings));
    if (withValue) {
      operands.add(b.constant(b.randomTensor(type, quantization)));
    }
    Value[] all = operands.toArray(Value[]::new);
    if (quantization == null) {
      b.output(op, all);
    } else {
      b.output(type, quantization, op, all);
    }
  }

  private static void mirrorPad(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    boolean symmetric = b.chance(0.5);
    int[] limits = mapped(dims.length, i -> symmetric ? dims[i] : dims[i] - 1);
    Value input = b.input(b.oneOf(FLOAT32, INT32, INT64, INT16, INT8, UINT8), dims);
    b.output(new MirrorPad(symmetric), input, paddings(b, dims.length, limits));
  }

  private static void broadcastTo(CaseBuilder b) {
    int[] dims = b.dims(1, 5);
    Value input = any(b, b.broadcastable(dims));
    b.output(new BroadcastTo(), input, vector(b, dims));
  }

  private static void broadcastArgs(CaseBuilder b) {
    int[] dims = b.dims(1, 5);
    Value left = vector(b, dims);
    b.output(new BroadcastArgs(), left, vector(b, b.broadcastable(dims)));
  }

  private static void fill(CaseBuilder b) {
    Value dims = vector(b, b.dims(1, 4));
    b.output(new Fill(), dims, b.input(b.oneOf(FLOAT32, INT32, INT64, BOOL, INT8)));
  }

  private static void range(CaseBuilder b) {
    if (b.chance(0.5)) {
      int step = b.oneOf(1, 2, -1, -3);
      int from = b.between(-5, 5);
      int to = from + step * b.between(0, 7) + Integer.signum(step) * b.between(0, 1);
      Value start = b.constantOrInput(Tensor.of(new int[] {from}));
      Value limit = b.constantOrInput(Tensor.of(new int[] {to}));
      b.output(new Range(), start, limit, b.constantOrInput(Tensor.of(new int[] {step})));
    } else {
      float step = b.oneOf(0.5f, -0.25f, 1.5f);
      Value start = b.constantOrInput(Tensor.of(new float[] {1}));
      Value limit = b.constantOrInput(Tensor.of(new float[] {1 + step * b.between(0, 6)}));
      b.output(new Range(), start, limit, b.constantOrInput(Tensor.of(new float[] {step})));
    }
  }

  private static void oneHot(CaseBuilder b) {
    int[] dims = b.dims(0, 3);
    TensorType type = b.oneOf(FLOAT32, INT32, INT64, INT8, UINT8, BOOL);
    Value indices = b.input(b.randomTensor(b.oneOf(INT32, INT64), null, dims));
    Value depth = b.constantOrInput(Tensor.of(new int[] {b.between(1, 12)}));
    Value on = b.constant(b.randomTensor(type, null));
    b.output(
        new OneHot(b.between(-1, dims.length)),
        indices,
        depth,
        on,
        b.constant(b.randomTensor(type, null)));
  }

  private static void reverse(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    int from = b.between(0, dims.length - 1);
    int[] axes = mapped(b.between(1, dims.length - from), i -> from + i);
    b.output(
        new ReverseV2(),
        b.input(b.oneOf(FLOAT32, INT32, INT64, INT8, UINT8, BOOL), dims),
        b.constant(axes));
  }

  private static void where(CaseBuilder b) {
    b.output(new Where(), b.input(b.oneOf(BOOL, FLOAT32, INT32, INT64), b.dims(1, 4)));
  }

  private static Tensor indices(CaseBuilder b, int limit, int... dims) {
    Tensor tensor = Tensor.allocate(b.oneOf(INT32, INT64), dims);
    for (long i = 0; i < tensor.elements(); i++) {
      tensor.setInteger(i, b.between(0, limit - 1));
    }
    return tensor;
  }

  private static void gather(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    int axis = b.between(0, dims.length - 1);
    int batch = b.chance(0.3) ? b.between(0, axis) : 0;
    int[] tail = b.dims(0, 2);
    int[] shape = java.util.Arrays.copyOf(dims, batch + tail.length);
    System.arraycopy(tail, 0, shape, batch, tail.length);
    Value input = b.input(b.oneOf(FLOAT32, INT32, INT64, INT16, INT8, UINT8, BOOL), dims);
    Value indices = b.constantOrInput(indices(b, dims[axis], shape));
    b.output(new Gather(b.chance(0.3) ? axis - dims.length : axis, batch), input, indices);
  }

  private static void gatherNd(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    int depth = b.between(1, dims.length);
    int[] tail = b.dims(0, 2);
    int[] shape = java.util.Arrays.copyOf(tail, tail.length + 1);
    shape[tail.length] = depth;
    Tensor indices = Tensor.allocate(b.oneOf(INT32, INT64), shape);
    for (long i = 0; i < indices.elements(); i++) {
      indices.setInteger(i, b.between(0, dims[(int) (i % depth)] - 1));
    }
    Value input = b.input(b.oneOf(FLOAT32, INT32, INT64, INT16, INT8, UINT8), dims);
    b.output(new GatherNd(), input, b.constantOrInput(indices));
  }

  private static void select(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    TensorType type = b.oneOf(FLOAT32, INT32, INT64, INT8, UINT8, BOOL);
    Value condition = b.input(BOOL, b.chance(0.3) ? new int[] {dims[0]} : dims);
    Value left = b.input(type, dims);
    b.output(new Select(), condition, left, b.input(type, dims));
  }

  private static void selectV2(CaseBuilder b) {
    int[] dims = b.dims(1, 4);
    TensorType type = b.oneOf(FLOAT32, INT32, INT64, INT8, UINT8, BOOL, INT16);
    Value condition = b.input(BOOL, b.broadcastable(dims));
    Value left = b.input(type, dims);
    b.output(new SelectV2(), condition, left, b.input(type, b.broadcastable(dims)));
  }
}
