package dev.whittle.ir.op.nn;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** Shape inference and reference kernels of the pooling operators. */
final class PoolKernels {
  private PoolKernels() {}

  /**
   * The windows of a pooling operator.
   *
   * @param vertical their movement along the height
   * @param height their height
   * @param horizontal their movement along the width
   * @param width their width
   */
  record PoolWindows(Window vertical, int height, Window horizontal, int width) {
    PoolWindows(Padding padding, int strideHeight, int height, int strideWidth, int width) {
      this(
          new Window(padding, strideHeight, 1), height, new Window(padding, strideWidth, 1), width);
    }
  }

  /** The aggregation of one window after another. */
  private interface Aggregation {
    void begin();

    /** Adds the element at index {@code input}. */
    void add(long input);

    /** Stores the result of {@code count} elements at index {@code output}. */
    void finish(long output, int count);
  }

  static List<TypedShape> infer(Operands operands, PoolWindows windows) {
    Shape input = operands.shape(0);
    if (input.isRankKnown() && input.rank() != 4) {
      throw OperandException.invalid(
          "input has shape %s; expected [batch, height, width, channels]", input);
    }
    Shape output =
        input.isRankKnown()
            ? Shape.of(
                input.dim(0),
                windows.vertical.output(input.dim(1), windows.height),
                windows.horizontal.output(input.dim(2), windows.width),
                input.dim(3))
            : Shapes.dynamic(4);
    return List.of(new TypedShape(operands.type(0), output));
  }

  private static void forEachWindow(
      Tensor input, Tensor output, PoolWindows windows, Aggregation pool) {
    int top = windows.vertical.paddingBefore(input.dim(1), windows.height, output.dim(1));
    int left = windows.horizontal.paddingBefore(input.dim(2), windows.width, output.dim(2));
    int channels = input.dim(3);
    long index = 0;
    for (int b = 0; b < output.dim(0); b++) {
      for (int y = 0; y < output.dim(1); y++) {
        int firstRow = Math.max(0, y * windows.vertical.stride() - top);
        int endRow = Math.min(input.dim(1), y * windows.vertical.stride() - top + windows.height);
        for (int x = 0; x < output.dim(2); x++) {
          int firstColumn = Math.max(0, x * windows.horizontal.stride() - left);
          int endColumn =
              Math.min(input.dim(2), x * windows.horizontal.stride() - left + windows.width);
          for (int c = 0; c < channels; c++, index++) {
            pool.begin();
            for (int row = firstRow; row < endRow; row++) {
              for (int column = firstColumn; column < endColumn; column++) {
                long pixel = ((long) b * input.dim(1) + row) * input.dim(2) + column;
                pool.add(pixel * channels + c);
              }
            }
            pool.finish(index, (endRow - firstRow) * (endColumn - firstColumn));
          }
        }
      }
    }
  }

  /** Returns the kernel of the mean of each window's elements, without padding. */
  static Kernel average(Operands operands, PoolWindows windows, Activation a) {
    a.requireClamp();
    return switch (operands.type(0)) {
      case FLOAT32 ->
          invocation -> {
            Tensor input = invocation.input(0);
            Tensor output = invocation.output(0);
            forEachWindow(
                input,
                output,
                windows,
                new Aggregation() {
                  private float sum;

                  @Override
                  public void begin() {
                    sum = 0;
                  }

                  @Override
                  public void add(long i) {
                    sum += input.getFloat(i);
                  }

                  @Override
                  public void finish(long index, int count) {
                    output.setFloat(index, a.apply(sum / count));
                  }
                });
          };
      case INT8, UINT8, INT16 -> integerAverage(bounds(operands, a), windows);
      default -> throw operands.unsupportedType();
    };
  }

  private static Activation.Bounds bounds(Operands operands, Activation activation) {
    if (!operands.output(0).isQuantized() && activation == Activation.NONE) {
      return Activation.Bounds.of(operands.output(0).type());
    }
    Quantization quantization = operands.output(0).requireQuantization();
    return activation.quantizedBounds(operands.output(0).type(), quantization);
  }

  private static Kernel integerAverage(Activation.Bounds bounds, PoolWindows windows) {
    return invocation -> {
      Tensor input = invocation.input(0);
      Tensor output = invocation.output(0);
      forEachWindow(
          input,
          output,
          windows,
          new Aggregation() {
            private int sum;

            @Override
            public void begin() {
              sum = 0;
            }

            @Override
            public void add(long i) {
              sum += (int) input.getInteger(i);
            }

            @Override
            public void finish(long index, int count) {
              int half = count / 2;
              int mean = (sum > 0 ? sum + half : sum - half) / count;
              output.setInteger(index, bounds.clamp(mean));
            }
          });
    };
  }

  /** Returns the kernel of the maximum of each window's elements. */
  static Kernel max(Operands operands, PoolWindows windows, Activation a) {
    a.requireClamp();
    return switch (operands.type(0)) {
      case FLOAT32 ->
          invocation -> {
            Tensor input = invocation.input(0);
            Tensor output = invocation.output(0);
            forEachWindow(
                input,
                output,
                windows,
                new Aggregation() {
                  private float max;

                  @Override
                  public void begin() {
                    max = -Float.MAX_VALUE;
                  }

                  @Override
                  public void add(long i) {
                    // NaN is skipped, as by std::max in the built-in reference kernel.
                    float x = input.getFloat(i);
                    max = max < x ? x : max;
                  }

                  @Override
                  public void finish(long index, int count) {
                    output.setFloat(index, a.apply(max));
                  }
                });
          };
      case INT8, UINT8, INT16 ->
          integerMax(operands.type(0).minInteger(), bounds(operands, a), windows);
      default -> throw operands.unsupportedType();
    };
  }

  private static Kernel integerMax(long min, Activation.Bounds bounds, PoolWindows windows) {
    return invocation -> {
      Tensor input = invocation.input(0);
      Tensor output = invocation.output(0);
      forEachWindow(
          input,
          output,
          windows,
          new Aggregation() {
            private long max;

            @Override
            public void begin() {
              max = min;
            }

            @Override
            public void add(long i) {
              max = Math.max(max, input.getInteger(i));
            }

            @Override
            public void finish(long index, int count) {
              output.setInteger(index, bounds.clamp((int) max));
            }
          });
    };
  }

  /** Returns the kernel of the root mean square of each window's elements, without padding. */
  static Kernel rootMeanSquare(Operands operands, PoolWindows windows, Activation a) {
    a.requireClamp();
    return switch (operands.type(0)) {
      case FLOAT32 ->
          invocation -> {
            Tensor input = invocation.input(0);
            Tensor output = invocation.output(0);
            forEachWindow(
                input,
                output,
                windows,
                new Aggregation() {
                  private float sum;

                  @Override
                  public void begin() {
                    sum = 0;
                  }

                  @Override
                  public void add(long i) {
                    sum += input.getFloat(i) * input.getFloat(i);
                  }

                  @Override
                  public void finish(long index, int count) {
                    output.setFloat(index, a.apply((float) Math.sqrt(sum / count)));
                  }
                });
          };
      default -> throw operands.unsupportedType();
    };
  }
}
