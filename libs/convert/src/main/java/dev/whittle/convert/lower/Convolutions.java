package dev.whittle.convert.lower;

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
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions over one, two or three spatial axes of tensors with channels last. The axes of a
 * kernel are the spatial ones, input channels, output channels; of a transposed convolution's
 * kernel the spatial ones, output channels, input channels.
 */
public final class Convolutions {
  /** The padding of a convolution, and its strides and dilations along each spatial axis. */
  public static final class Window {
    private final Padding padding;
    private final boolean causal;
    private final int[] strides;
    private final int[] dilations;

    private Window(Padding padding, boolean causal, int[] strides, int[] dilations) {
      this.padding = padding;
      this.causal = causal;
      this.strides = strides.clone();
      this.dilations = dilations.clone();
    }

    /**
     * @param strides one per spatial axis
     * @param dilations one per spatial axis
     */
    public Window(Padding padding, int[] strides, int[] dilations) {
      this(padding, false, strides, dilations);
    }

    /** A window along time that ends at the present step: all padding is in front. */
    public static Window causal(int[] strides, int[] dilations) {
      return new Window(Padding.VALID, true, strides, dilations);
    }

    public Padding padding() {
      return padding;
    }

    public int stride(int axis) {
      return strides[axis];
    }

    /** Returns the number of input positions that a dilated kernel covers. */
    public int reach(int axis, int taps) {
      return (taps - 1) * dilations[axis] + 1;
    }

    /** Returns the number of spatial axes. */
    public int axes() {
      return strides.length;
    }

    /** Returns this window of one spatial axis as a window of two. */
    private Window flat() {
      return new Window(padding, new int[] {1, strides[0]}, new int[] {1, dilations[0]});
    }
  }

  private Convolutions() {}

  // Convolutions.

  /**
   * Lowers a convolution in groups of channels; the number of groups follows from the kernel.
   *
   * @param finish the work that follows, applied where it can be fused into the operator
   */
  public static Value convolve(
      Emitter emit,
      Value x,
      Weights kernel,
      @Nullable Value bias,
      Window window,
      UnaryOperator<Value> finish) {
    Emitter.requireRank(x, window.axes() + 2);
    Value padded = padCausal(emit, x, kernel, window);
    return switch (window.axes()) {
      case 1 -> {
        Weights flat = flat(kernel);
        yield onRows(emit, padded, y -> finish.apply(conv2d(emit, y, flat, bias, window.flat())));
      }
      case 2 -> finish.apply(conv2d(emit, padded, kernel, bias, window));
      case 3 -> finish.apply(conv3d(emit, padded, kernel, bias, window));
      default -> throw OperandException.unsupported("%d spatial axes", window.axes());
    };
  }

  private static Value padCausal(Emitter emit, Value x, Weights kernel, Window window) {
    return window.causal
        ? emit.pad(x, 0, 0, (kernel.dim(0) - 1) * window.dilations[0], 0, 0, 0)
        : x;
  }

  /** Returns a kernel of one spatial axis as a kernel of two. */
  private static Weights flat(Weights kernel) {
    return kernel.reshape(1, kernel.dim(0), kernel.dim(1), kernel.dim(2));
  }

  /** Applies work on {@code [batch, 1, steps, channels]} to {@code [batch, steps, channels]}. */
  static Value onRows(Emitter emit, Value x, UnaryOperator<Value> work) {
    return emit.squeeze(work.apply(emit.expandDims(x, 1)), 1);
  }

  private static Value conv2d(
      Emitter emit, Value x, Weights kernel, @Nullable Value bias, Window window) {
    int channels = channels(x);
    int filters = kernel.dim(3);
    if (kernel.dim(2) == 1 && channels > 1) {
      if (filters % channels != 0) {
        throw OperandException.invalid("%d filters of %d channels, one each", filters, channels);
      }
      return depthwise2d(emit, x, kernel, filters / channels, bias, window);
    }
    return emit.node(
        new Conv2D(
            window.padding,
            window.strides[1],
            window.strides[0],
            Activation.NONE,
            window.dilations[1],
            window.dilations[0],
            TensorType.FLOAT32),
        x,
        kernel.transpose(3, 0, 1, 2).operand(emit, "kernel"),
        bias == null ? zeroBias(emit, filters) : bias);
  }

  /** The native kernels of 2-D convolutions require a bias. */
  private static Value zeroBias(Emitter emit, int channels) {
    return emit.constant("bias", new float[channels], channels);
  }

  /**
   * Returns the number of channels, the last dimension.
   *
   * @throws OperandException if it is unknown
   */
  public static int channels(Value x) {
    int channels = Emitter.dim(x, Emitter.rank(x) - 1);
    if (channels == Shape.DYNAMIC) {
      throw OperandException.unsupported("an unknown number of channels: %s", x.shape());
    }
    return channels;
  }

  /**
   * Lowers a convolution of each channel by itself.
   *
   * @param kernel its last two axes are the channels and the filters per channel
   */
  public static Value depthwise(
      Emitter emit,
      Value x,
      Weights kernel,
      @Nullable Value bias,
      Window window,
      UnaryOperator<Value> finish) {
    Emitter.requireRank(x, window.axes() + 2);
    Value padded = padCausal(emit, x, kernel, window);
    if (window.axes() == 1) {
      return onRows(
          emit,
          padded,
          y ->
              finish.apply(depthwise2d(emit, y, flat(kernel), kernel.dim(2), bias, window.flat())));
    }
    return finish.apply(depthwise2d(emit, padded, kernel, kernel.dim(3), bias, window));
  }

  private static Value depthwise2d(
      Emitter emit, Value x, Weights kernel, int multiplier, @Nullable Value bias, Window window) {
    int filters = Math.multiplyExact(kernel.dim(2), kernel.dim(3));
    return emit.node(
        new DepthwiseConv2D(
            window.padding,
            window.strides[1],
            window.strides[0],
            multiplier,
            Activation.NONE,
            window.dilations[1],
            window.dilations[0]),
        x,
        kernel.reshape(1, kernel.dim(0), kernel.dim(1), filters).operand(emit, "depthwise_kernel"),
        bias == null ? zeroBias(emit, filters) : bias);
  }

  private static Value conv3d(
      Emitter emit, Value x, Weights kernel, @Nullable Value bias, Window window) {
    int groups = channels(x) / Math.max(1, kernel.dim(3));
    if (groups <= 1) {
      return conv3d(emit, x, kernel.operand(emit, "kernel"), bias, window);
    }
    // CONV_3D has no groups.
    List<Value> inputs = emit.split(x, -1, groups);
    List<Weights> kernels = kernel.split(4, groups);
    List<Value> outputs = new ArrayList<>();
    for (int g = 0; g < groups; g++) {
      Value weights = kernels.get(g).operand(emit, "kernel");
      outputs.add(conv3d(emit, inputs.get(g), weights, null, window));
    }
    Value joined = emit.concat(-1, outputs);
    return bias == null ? joined : emit.add(joined, bias);
  }

  private static Value conv3d(
      Emitter emit, Value x, Value kernel, @Nullable Value bias, Window window) {
    return emit.node(
        new Conv3D(
            window.padding,
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

  // Patches.

  /**
   * Extracts patches by a convolution, each filter of which selects one element of the patch.
   *
   * @param sizes of a patch, one per spatial axis
   * @return the elements of a patch along the last axis, the channels innermost
   */
  public static Value patches(Emitter emit, Value x, int[] sizes, Window window) {
    int channels = Emitter.fixedDimension(x, -1);
    int numbers = channels;
    int[] dims = Arrays.copyOf(sizes, sizes.length + 2);
    for (int size : sizes) {
      numbers = Math.multiplyExact(numbers, size);
    }
    Emitter.checkGenerated((long) numbers * numbers);
    dims[sizes.length] = channels;
    dims[sizes.length + 1] = numbers;
    Tensor filters = Tensor.allocate(TensorType.FLOAT32, dims);
    for (int i = 0; i < numbers; i++) {
      filters.setFloat((long) i * numbers + i, 1);
    }
    return convolve(emit, x, Weights.of(filters), null, window, UnaryOperator.identity());
  }

  // Transposed convolutions.

  /**
   * Lowers a transposed convolution whose output size follows from the input's.
   *
   * @param outputPadding added to each spatial output dimension, as Keras defines it; null for its
   *     default
   * @param finish the work that follows, applied where it can be fused into the operator
   */
  public static Value transposed(
      Emitter emit,
      Value x,
      Weights kernel,
      @Nullable Value bias,
      Window window,
      int @Nullable [] outputPadding,
      UnaryOperator<Value> finish) {
    Emitter.requireRank(x, window.axes() + 2);
    return switch (window.axes()) {
      case 1 -> {
        int @Nullable [] padding = outputPadding == null ? null : new int[] {0, outputPadding[0]};
        Weights flat = flat(kernel.dilate(window.dilations));
        Window flatWindow = undilated(window.flat());
        yield onRows(
            emit, x, y -> finish.apply(transposed(emit, y, flat, bias, flatWindow, padding)));
      }
      case 2, 3 -> {
        Weights dilated = kernel.dilate(window.dilations);
        yield finish.apply(transposed(emit, x, dilated, bias, undilated(window), outputPadding));
      }
      default -> throw OperandException.unsupported("%d spatial axes", window.axes());
    };
  }

  private static Window undilated(Window window) {
    int[] ones = new int[window.axes()];
    Arrays.fill(ones, 1);
    return new Window(window.padding, window.strides, ones);
  }

  private static Value transposed(
      Emitter emit,
      Value x,
      Weights kernel,
      @Nullable Value bias,
      Window window,
      int @Nullable [] outputPadding) {
    int axes = window.axes();
    int[] taps = new int[axes];
    for (int i = 0; i < axes; i++) {
      taps[i] = kernel.dim(i);
    }
    Shape known = outputShape(x, taps, kernel.dim(axes), window, outputPadding);
    Value output = outputShape(emit, x, taps, known, window, outputPadding);
    Value y =
        axes == 2
            ? transposed2d(emit, output, x, kernel, bias, window)
            : transposed3d(emit, output, x, kernel, bias, window);
    return emit.narrow(y, known);
  }

  /**
   * Lowers a transposed convolution over two spatial axes.
   *
   * @param outputShape int32, one number per axis of the result
   */
  public static Value transposed2d(
      Emitter emit,
      Value outputShape,
      Value x,
      Weights kernel,
      @Nullable Value bias,
      Window window) {
    Value weights = kernel.dilate(window.dilations).transpose(2, 0, 1, 3).operand(emit, "kernel");
    var op =
        new TransposeConv(
            window.padding,
            window.strides[1],
            window.strides[0],
            Activation.NONE,
            TensorType.FLOAT32);
    return bias == null
        ? emit.node(op, outputShape, weights, x)
        : emit.node(op, outputShape, weights, x, bias);
  }

  /**
   * Lowers a transposed convolution over three spatial axes, without dilation.
   *
   * @param outputShape int32, one number per axis of the result
   */
  public static Value transposed3d(
      Emitter emit,
      Value outputShape,
      Value x,
      Weights kernel,
      @Nullable Value bias,
      Window window) {
    Value weights = kernel.operand(emit, "kernel");
    var op =
        new Conv3DTranspose(
            window.padding,
            window.strides[0],
            window.strides[2],
            window.strides[1],
            Activation.NONE,
            1,
            1,
            1);
    return bias == null
        ? emit.node(op, outputShape, weights, x)
        : emit.node(op, outputShape, weights, x, bias);
  }

  /** The output size is {@code stride * size + offset}. */
  private static int offset(int taps, int axis, Window window, int @Nullable [] outputPadding) {
    int stride = window.strides[axis];
    if (window.padding == Padding.VALID) {
      int added = outputPadding == null ? Math.max(taps, stride) - taps : outputPadding[axis];
      return taps - stride + added;
    }
    return outputPadding == null ? 0 : taps % 2 - stride + outputPadding[axis];
  }

  private static Shape outputShape(
      Value x, int[] taps, int channels, Window window, int @Nullable [] outputPadding) {
    int[] dims = Emitter.dims(x);
    for (int i = 0; i < taps.length; i++) {
      int dimension = dims[i + 1];
      dims[i + 1] =
          dimension == Shape.DYNAMIC
              ? dimension
              : dimension * window.strides[i] + offset(taps[i], i, window, outputPadding);
    }
    dims[dims.length - 1] = channels;
    return Emitter.shape(dims);
  }

  /** Returns the output shape as an operand; unknown dimensions are computed at run time. */
  private static Value outputShape(
      Emitter emit,
      Value x,
      int[] taps,
      Shape known,
      Window window,
      int @Nullable [] outputPadding) {
    int[] dims = known.toArray();
    if (Arrays.stream(dims).skip(1).noneMatch(d -> d == Shape.DYNAMIC)) {
      return emit.shapeLike(x, dims);
    }
    List<Value> parts = new ArrayList<>();
    parts.add(emit.dimension(x, 0));
    for (int i = 0; i < taps.length; i++) {
      parts.add(
          dims[i + 1] != Shape.DYNAMIC
              ? emit.ints(dims[i + 1])
              : emit.add(
                  emit.mul(emit.dimension(x, i + 1), window.strides[i]),
                  offset(taps[i], i, window, outputPadding)));
    }
    parts.add(emit.ints(dims[dims.length - 1]));
    return emit.concat(0, parts);
  }
}
