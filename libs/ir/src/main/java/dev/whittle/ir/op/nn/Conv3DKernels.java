package dev.whittle.ir.op.nn;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** Shape inference and reference kernels of {@link Conv3D} and {@link Conv3DTranspose}. */
final class Conv3DKernels {
  private Conv3DKernels() {}

  /**
   * Requires an input and a filter of 32-bit floats.
   *
   * @param input the index of the input among the operands; the filter is operand 1
   * @throws OperandException if one has another type
   */
  static void requireFloats(Operands operands, int input) {
    if (operands.type(1) != TensorType.FLOAT32 || operands.type(input) != TensorType.FLOAT32) {
      throw OperandException.unsupported(
          "no kernel for %s input and %s filter", operands.type(input), operands.type(1));
    }
  }

  /**
   * Returns the multiply-accumulate operations of a 3-D convolution; 0 if a shape is not static.
   * Each element of the output, or of the input of a transposed convolution, is multiplied with the
   * filter's first four dimensions.
   *
   * @param elements the shape of the output, or of the input of a transposed convolution
   * @param filter the filter's shape
   */
  static long multiplyAccumulates(Shape elements, Shape filter) {
    return elements.isStatic() && filter.isStatic() && filter.rank() == 5
        ? elements.elements() * filter.dim(0) * filter.dim(1) * filter.dim(2) * filter.dim(3)
        : 0;
  }

  static List<TypedShape> infer(Operands operands, Window[] windows) {
    Shape input = operands.shape(0);
    Shape filter = operands.shape(1);
    if (!input.isRankKnown() || !filter.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shapes.dynamic(5)));
    }
    if (input.rank() != 5 || filter.rank() != 5) {
      throw OperandException.invalid(
          "input %s and filter %s; expected 5 dimensions each", input, filter);
    }
    int[] dims = {input.dim(0), 0, 0, 0, filter.dim(4)};
    for (int axis = 0; axis < 3; axis++) {
      dims[axis + 1] = windows[axis].output(input.dim(axis + 1), filter.dim(axis));
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  static void convolve(Invocation invocation, Window[] windows, Activation activation) {
    Tensor input = invocation.input(0);
    Tensor filter = invocation.input(1);
    Tensor output = invocation.output(0);
    int in = input.dim(4);
    if (filter.dim(3) != in) {
      throw OperandException.invalid(
          "filter %s and input %s have different channels", filter.shape(), input.shape());
    }
    int out = filter.dim(4);
    int[] position = new int[5];
    for (long i = 0; i < output.elements(); i++) {
      decompose(i, output.dims(), position);
      float sum = invocation.hasInput(2) ? invocation.input(2).getFloat(position[4]) : 0;
      for (int d = 0; d < filter.dim(0); d++) {
        int z = inputPosition(windows[0], input, filter, output, 0, position[1], d);
        for (int h = 0; z >= 0 && h < filter.dim(1); h++) {
          int y = inputPosition(windows[1], input, filter, output, 1, position[2], h);
          for (int w = 0; y >= 0 && w < filter.dim(2); w++) {
            int x = inputPosition(windows[2], input, filter, output, 2, position[3], w);
            if (x < 0) {
              continue;
            }
            long from = index(input.dims(), position[0], z, y, x) * in;
            long weight = (((long) d * filter.dim(1) + h) * filter.dim(2) + w) * in * out;
            for (int c = 0; c < in; c++) {
              sum +=
                  input.getFloat(from + c) * filter.getFloat(weight + (long) c * out + position[4]);
            }
          }
        }
      }
      output.setFloat(i, activation.apply(sum));
    }
  }

  private static void decompose(long index, int[] dims, int[] position) {
    long rest = index;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      position[axis] = (int) (rest % dims[axis]);
      rest /= dims[axis];
    }
  }

  /** Returns the position in the input that a filter tap reads; -1 if it is in the padding. */
  private static int inputPosition(
      Window window, Tensor input, Tensor filter, Tensor output, int axis, int position, int tap) {
    int dimension = input.dim(axis + 1);
    int before = window.paddingBefore(dimension, filter.dim(axis), output.dim(axis + 1));
    int index = position * window.stride() - before + tap * window.dilation();
    return index >= 0 && index < dimension ? index : -1;
  }

  private static long index(int[] dims, int batch, int z, int y, int x) {
    return (((long) batch * dims[1] + z) * dims[2] + y) * dims[3] + x;
  }

  static void transpose(Invocation invocation, Window[] windows, Activation activation) {
    Tensor filter = invocation.input(1);
    Tensor input = invocation.input(2);
    Tensor output = invocation.output(0);
    output.resize(Shapes.ofContents(invocation.input(0).toLongs()).toArray());
    int in = input.dim(4);
    int out = output.dim(4);
    if (filter.dim(4) != in || filter.dim(3) != out) {
      throw OperandException.invalid(
          "filter %s does not map input %s to output %s",
          filter.shape(), input.shape(), output.shape());
    }
    output.data().fill((byte) 0);
    int[] position = new int[5];
    for (long i = 0; i < input.elements(); i++) {
      decompose(i, input.dims(), position);
      float value = input.getFloat(i);
      for (int d = 0; d < filter.dim(0); d++) {
        int z = inputPosition(windows[0], output, filter, input, 0, position[1], d);
        for (int h = 0; z >= 0 && h < filter.dim(1); h++) {
          int y = inputPosition(windows[1], output, filter, input, 1, position[2], h);
          for (int w = 0; y >= 0 && w < filter.dim(2); w++) {
            int x = inputPosition(windows[2], output, filter, input, 2, position[3], w);
            if (x < 0) {
              continue;
            }
            long to = index(output.dims(), position[0], z, y, x) * out;
            long weight = (((long) d * filter.dim(1) + h) * filter.dim(2) + w) * out * in;
            for (int c = 0; c < out; c++) {
              float product = value * filter.getFloat(weight + (long) c * in + position[4]);
              output.setFloat(to + c, output.getFloat(to + c) + product);
            }
          }
        }
      }
    }
    for (long i = 0; i < output.elements(); i++) {
      float bias = invocation.hasInput(3) ? invocation.input(3).getFloat(i % out) : 0;
      output.setFloat(i, activation.apply(output.getFloat(i) + bias));
    }
  }
}
