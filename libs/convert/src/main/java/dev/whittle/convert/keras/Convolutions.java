package dev.whittle.convert.keras;

import dev.whittle.convert.lower.ConstantTensors;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.Conv3D;
import dev.whittle.ir.op.nn.Conv3DTranspose;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.nn.TransposeConv;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions over one, two or three spatial axes of tensors with channels last. Kernels come in
 * Keras' order: spatial extents, channels in, channels out (out before in where transposed).
 */
final class Convolutions {
  /** How a kernel moves along each spatial axis. */
  static final class Window {
    private final String padding;
    private final int[] strides;
    private final int[] dilations;

    /**
     * @param padding {@code same}, {@code valid} or {@code causal}
     * @param strides one per spatial axis
     * @param dilations one per spatial axis
     */
    Window(String padding, int[] strides, int[] dilations) {
      this.padding = padding;
      this.strides = strides.clone();
      this.dilations = dilations.clone();
    }

    int stride(int axis) {
      return strides[axis];
    }

    /** How many inputs a kernel of so many taps covers. */
    int reach(int axis, int taps) {
      return (taps - 1) * dilations[axis] + 1;
    }

    Padding padding() {
      return switch (padding) {
        case "same" -> Padding.SAME;
        case "valid", "causal" -> Padding.VALID;
        default -> throw OperandException.unsupported("padding '%s'", padding);
      };
    }

    int axes() {
      return strides.length;
    }

    /** The same along two axes, for one spatial axis. */
    private Window flat() {
      return new Window(padding, new int[] {1, strides[0]}, new int[] {1, dilations[0]});
    }
  }

  /** What comes after a convolution and wants to be fused into it. */
  @FunctionalInterface
  interface Finish {
    Value apply(Value convolved);
  }

  private Convolutions() {}

  /** A convolution in groups of channels; the number of groups follows from the extents. */
  static Value convolve(
      Emitter emit, Value x, Tensor kernel, @Nullable Value bias, Window window, Finish finish) {
    Value padded = causal(emit, x, kernel, window);
    return switch (window.axes()) {
      case 1 -> {
        Tensor flat = flat(kernel);
        yield squeezed(emit, padded, y -> finish.apply(conv2d(emit, y, flat, bias, window.flat())));
      }
      case 2 -> finish.apply(conv2d(emit, padded, kernel, bias, window));
      case 3 -> finish.apply(conv3d(emit, padded, kernel, bias, window));
      default -> throw OperandException.unsupported("%d spatial axes", window.axes());
    };
  }

  private static Value causal(Emitter emit, Value x, Tensor kernel, Window window) {
    if (!window.padding.equals("causal")) {
      return x;
    }
    return emit.pad(x, 0, 0, (kernel.dim(0) - 1) * window.dilations[0], 0, 0, 0);
  }

  /** A kernel of one spatial axis as one of two. */
  private static Tensor flat(Tensor kernel) {
    return ConstantTensors.reshape(kernel, 1, kernel.dim(0), kernel.dim(1), kernel.dim(2));
  }

  /** Works on {@code [batch, 1, steps, channels]} in place of {@code [batch, steps, channels]}. */
  static Value squeezed(Emitter emit, Value x, Finish work) {
    return emit.squeeze(work.apply(emit.expandDims(x, 1)), 1);
  }

  private static Value conv2d(
      Emitter emit, Value x, Tensor kernel, @Nullable Value bias, Window window) {
    int channels = channels(x);
    int perGroup = kernel.dim(2);
    if (perGroup == 1 && channels > 1) {
      return depthwise2d(
          emit,
          x,
          ConstantTensors.reshape(
              kernel, kernel.dim(0), kernel.dim(1), channels, kernel.dim(3) / channels),
          bias,
          window);
    }
    return emit.node(
        new Conv2D(
            window.padding(),
            window.strides[1],
            window.strides[0],
            Activation.NONE,
            window.dilations[1],
            window.dilations[0],
            TensorType.FLOAT32),
        x,
        emit.constant("kernel", ConstantTensors.transpose(kernel, 3, 0, 1, 2)),
        bias == null ? noBias(emit, kernel.dim(3)) : bias);
  }

  /** Native kernels of convolutions insist on a bias. */
  private static Value noBias(Emitter emit, int channels) {
    return emit.constant("bias", new float[channels], channels);
  }

  static int channels(Value x) {
    int channels = x.shape().dim(x.shape().rank() - 1);
    if (channels == Shape.DYNAMIC) {
      throw OperandException.unsupported("an unknown number of channels: %s", x.shape());
    }
    return channels;
  }

  /** A convolution of each channel by itself; the kernel ends in channels, multiplier. */
  static Value depthwise(
      Emitter emit, Value x, Tensor kernel, @Nullable Value bias, Window window, Finish finish) {
    Value padded = causal(emit, x, kernel, window);
    return window.axes() == 1
        ? squeezed(
            emit,
            padded,
            y -> finish.apply(depthwise2d(emit, y, flat(kernel), bias, window.flat())))
        : finish.apply(depthwise2d(emit, padded, kernel, bias, window));
  }

  private static Value depthwise2d(
      Emitter emit, Value x, Tensor kernel, @Nullable Value bias, Window window) {
    int multiplier = kernel.dim(3);
    int channels = kernel.dim(2) * multiplier;
    return emit.node(
        new DepthwiseConv2D(
            window.padding(),
            window.strides[1],
            window.strides[0],
            multiplier,
            Activation.NONE,
            window.dilations[1],
            window.dilations[0]),
        x,
        emit.constant(
            "depthwise_kernel",
            ConstantTensors.reshape(kernel, 1, kernel.dim(0), kernel.dim(1), channels)),
        bias == null ? noBias(emit, channels) : bias);
  }

  private static Value conv3d(
      Emitter emit, Value x, Tensor kernel, @Nullable Value bias, Window window) {
    int groups = channels(x) / Math.max(1, kernel.dim(3));
    if (groups <= 1) {
      return conv3d(emit, x, emit.constant("kernel", kernel), bias, window);
    }
    // The operator knows no groups.
    int out = kernel.dim(4) / groups;
    List<Value> parts = new ArrayList<>();
    List<Value> inputs = emit.split(x, -1, groups);
    Tensor byOutput = ConstantTensors.transpose(kernel, 4, 0, 1, 2, 3);
    int[] dims = {out, kernel.dim(0), kernel.dim(1), kernel.dim(2), kernel.dim(3)};
    long bytes = Shape.elements(dims) * Float.BYTES;
    for (int g = 0; g < groups; g++) {
      var part =
          new Tensor(TensorType.FLOAT32, dims, null, byOutput.data().asSlice(g * bytes, bytes));
      Value weights = emit.constant("kernel", ConstantTensors.transpose(part, 1, 2, 3, 4, 0));
      parts.add(conv3d(emit, inputs.get(g), weights, null, window));
    }
    Value joined = emit.concat(-1, parts);
    return bias == null ? joined : emit.add(joined, bias);
  }

  private static Value conv3d(
      Emitter emit, Value x, Value kernel, @Nullable Value bias, Window window) {
    return emit.node(
        new Conv3D(
            window.padding(),
            window.strides[0],
            window.strides[2],
            window.strides[1],
            Activation.NONE,
            window.dilations[0],
            window.dilations[2],
            window.dilations[1]),
        x,
        kernel,
        bias);
  }

  /**
   * A transposed convolution.
   *
   * @param outputPadding what is added to each extent of the result; null for Keras' default
   */
  static Value transposed(
      Emitter emit,
      Value x,
      Tensor kernel,
      @Nullable Value bias,
      Window window,
      int @Nullable [] outputPadding,
      Finish finish) {
    Tensor dilated = ConstantTensors.dilate(kernel, window.dilations);
    return switch (window.axes()) {
      case 1 -> {
        int @Nullable [] flatPadding =
            outputPadding == null ? null : new int[] {0, outputPadding[0]};
        yield squeezed(
            emit,
            x,
            y ->
                finish.apply(
                    transposed2d(emit, y, flat(dilated), bias, window.flat(), flatPadding)));
      }
      case 2 -> finish.apply(transposed2d(emit, x, dilated, bias, window, outputPadding));
      case 3 -> finish.apply(transposed3d(emit, x, dilated, bias, window, outputPadding));
      default -> throw OperandException.unsupported("%d spatial axes", window.axes());
    };
  }

  private static Value transposed2d(
      Emitter emit,
      Value x,
      Tensor kernel,
      @Nullable Value bias,
      Window window,
      int @Nullable [] outputPadding) {
    int[] taps = {kernel.dim(0), kernel.dim(1)};
    Value output = outputShape(emit, x, taps, kernel.dim(2), window, outputPadding);
    Value weights = emit.constant("kernel", ConstantTensors.transpose(kernel, 2, 0, 1, 3));
    var op =
        new TransposeConv(
            window.padding(),
            window.strides[1],
            window.strides[0],
            Activation.NONE,
            TensorType.FLOAT32);
    Value y =
        bias == null ? emit.node(op, output, weights, x) : emit.node(op, output, weights, x, bias);
    return emit.narrow(y, knownOutput(x, taps, kernel.dim(2), window, outputPadding));
  }

  private static Value transposed3d(
      Emitter emit,
      Value x,
      Tensor kernel,
      @Nullable Value bias,
      Window window,
      int @Nullable [] outputPadding) {
    int[] taps = {kernel.dim(0), kernel.dim(1), kernel.dim(2)};
    Value output = outputShape(emit, x, taps, kernel.dim(3), window, outputPadding);
    var op =
        new Conv3DTranspose(
            window.padding(),
            window.strides[0],
            window.strides[2],
            window.strides[1],
            Activation.NONE,
            1,
            1,
            1);
    Value weights = emit.constant("kernel", kernel);
    Value y =
        bias == null ? emit.node(op, output, weights, x) : emit.node(op, output, weights, x, bias);
    return emit.narrow(y, knownOutput(x, taps, kernel.dim(3), window, outputPadding));
  }

  /** The extent of a result is {@code stride * dimension + offset}. */
  private static int offset(int taps, int axis, Window window, int @Nullable [] outputPadding) {
    int stride = window.strides[axis];
    if (window.padding() == Padding.VALID) {
      int added = outputPadding == null ? Math.max(taps, stride) - taps : outputPadding[axis];
      return taps - stride + added;
    }
    return outputPadding == null ? 0 : taps % 2 - stride + outputPadding[axis];
  }

  private static Shape knownOutput(
      Value x, int[] taps, int channels, Window window, int @Nullable [] outputPadding) {
    int[] dims = x.shape().toArray();
    for (int i = 0; i < taps.length; i++) {
      int dimension = dims[i + 1];
      dims[i + 1] =
          dimension == Shape.DYNAMIC
              ? dimension
              : dimension * window.strides[i] + offset(taps[i], i, window, outputPadding);
    }
    dims[dims.length - 1] = channels;
    return Shape.of(dims);
  }

  private static Value outputShape(
      Emitter emit,
      Value x,
      int[] taps,
      int channels,
      Window window,
      int @Nullable [] outputPadding) {
    int[] known = knownOutput(x, taps, channels, window, outputPadding).toArray();
    boolean openAxes = Arrays.stream(known).skip(1).anyMatch(d -> d == Shape.DYNAMIC);
    if (!openAxes) {
      return emit.shapeLike(x, known);
    }
    List<Value> parts = new ArrayList<>();
    parts.add(emit.dimension(x, 0));
    for (int i = 0; i < taps.length; i++) {
      parts.add(
          known[i + 1] != Shape.DYNAMIC
              ? emit.ints(known[i + 1])
              : emit.add(
                  emit.mul(emit.dimension(x, i + 1), window.strides[i]),
                  offset(taps[i], i, window, outputPadding)));
    }
    parts.add(emit.ints(channels));
    return emit.concat(0, parts);
  }
}
