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

/** Typing and reference kernels of the operators that combine windows of a picture. */
final class PoolKernels {
  private PoolKernels() {}

  /** How pools move over a picture. */
  record Pools(Window vertical, int height, Window horizontal, int width) {
    Pools(Padding padding, int strideHeight, int height, int strideWidth, int width) {
      this(
          new Window(padding, strideHeight, 1), height, new Window(padding, strideWidth, 1), width);
    }
  }

  /** One window: where it is and how much of it lies within the input. */
  private interface Pool {
    void begin();

    void take(long input);

    void end(long output, int count);
  }

  static List<TypedShape> infer(Operands operands, Pools pools) {
    Shape input = operands.shape(0);
    if (input.isRankKnown() && input.rank() != 4) {
      throw OperandException.invalid("input %s must have 4 axes", input);
    }
    Shape output =
        input.isRankKnown()
            ? Shape.of(
                input.dim(0),
                pools.vertical.output(input.dim(1), pools.height),
                pools.horizontal.output(input.dim(2), pools.width),
                input.dim(3))
            : Shapes.dynamic(4);
    return List.of(new TypedShape(operands.type(0), output));
  }

  private static void walk(Tensor input, Tensor output, Pools pools, Pool pool) {
    int top = pools.vertical.before(input.dim(1), pools.height, output.dim(1));
    int left = pools.horizontal.before(input.dim(2), pools.width, output.dim(2));
    int channels = input.dim(3);
    long at = 0;
    for (int b = 0; b < output.dim(0); b++) {
      for (int y = 0; y < output.dim(1); y++) {
        int fromY = Math.max(0, y * pools.vertical.stride() - top);
        int toY = Math.min(input.dim(1), y * pools.vertical.stride() - top + pools.height);
        for (int x = 0; x < output.dim(2); x++) {
          int fromX = Math.max(0, x * pools.horizontal.stride() - left);
          int toX = Math.min(input.dim(2), x * pools.horizontal.stride() - left + pools.width);
          for (int c = 0; c < channels; c++, at++) {
            pool.begin();
            for (int row = fromY; row < toY; row++) {
              for (int column = fromX; column < toX; column++) {
                long place = ((long) b * input.dim(1) + row) * input.dim(2) + column;
                pool.take(place * channels + c);
              }
            }
            pool.end(at, (toY - fromY) * (toX - fromX));
          }
        }
      }
    }
  }

  /** The mean of each window's elements that lie within the input. */
  static Kernel average(Operands operands, Pools pools, Activation a) {
    a.requireClamp();
    return switch (operands.type(0)) {
      case FLOAT32 ->
          invocation -> {
            Tensor input = invocation.input(0);
            Tensor output = invocation.output(0);
            walk(
                input,
                output,
                pools,
                new Pool() {
                  private float sum;

                  @Override
                  public void begin() {
                    sum = 0;
                  }

                  @Override
                  public void take(long i) {
                    sum += input.getFloat(i);
                  }

                  @Override
                  public void end(long at, int count) {
                    output.setFloat(at, a.apply(sum / count));
                  }
                });
          };
      case INT8, UINT8, INT16 -> integerAverage(bounds(operands, a), pools);
      default -> throw operands.unsupportedType();
    };
  }

  private static Activation.Bounds bounds(Operands operands, Activation activation) {
    Quantization quantization = operands.output(0).requireQuantization();
    return activation.quantizedBounds(operands.output(0).type(), quantization);
  }

  private static Kernel integerAverage(Activation.Bounds bounds, Pools pools) {
    return invocation -> {
      Tensor input = invocation.input(0);
      Tensor output = invocation.output(0);
      walk(
          input,
          output,
          pools,
          new Pool() {
            private int sum;

            @Override
            public void begin() {
              sum = 0;
            }

            @Override
            public void take(long i) {
              sum += (int) input.getInteger(i);
            }

            @Override
            public void end(long at, int count) {
              int half = count / 2;
              int mean = (sum > 0 ? sum + half : sum - half) / count;
              output.setInteger(at, bounds.clamp(mean));
            }
          });
    };
  }

  /** The greatest element of each window. */
  static Kernel max(Operands operands, Pools pools, Activation a) {
    a.requireClamp();
    return switch (operands.type(0)) {
      case FLOAT32 ->
          invocation -> {
            Tensor input = invocation.input(0);
            Tensor output = invocation.output(0);
            walk(
                input,
                output,
                pools,
                new Pool() {
                  private float greatest;

                  @Override
                  public void begin() {
                    greatest = -Float.MAX_VALUE;
                  }

                  @Override
                  public void take(long i) {
                    greatest = Math.max(greatest, input.getFloat(i));
                  }

                  @Override
                  public void end(long at, int count) {
                    output.setFloat(at, a.apply(greatest));
                  }
                });
          };
      case INT8, UINT8, INT16 ->
          integerMax(operands.type(0).minInteger(), bounds(operands, a), pools);
      default -> throw operands.unsupportedType();
    };
  }

  private static Kernel integerMax(long least, Activation.Bounds bounds, Pools pools) {
    return invocation -> {
      Tensor input = invocation.input(0);
      Tensor output = invocation.output(0);
      walk(
          input,
          output,
          pools,
          new Pool() {
            private long greatest;

            @Override
            public void begin() {
              greatest = least;
            }

            @Override
            public void take(long i) {
              greatest = Math.max(greatest, input.getInteger(i));
            }

            @Override
            public void end(long at, int count) {
              output.setInteger(at, bounds.clamp((int) greatest));
            }
          });
    };
  }

  /** The root of the mean square of each window's elements. */
  static Kernel rootMeanSquare(Operands operands, Pools pools, Activation a) {
    a.requireClamp();
    return switch (operands.type(0)) {
      case FLOAT32 ->
          invocation -> {
            Tensor input = invocation.input(0);
            Tensor output = invocation.output(0);
            walk(
                input,
                output,
                pools,
                new Pool() {
                  private float sum;

                  @Override
                  public void begin() {
                    sum = 0;
                  }

                  @Override
                  public void take(long i) {
                    sum += input.getFloat(i) * input.getFloat(i);
                  }

                  @Override
                  public void end(long at, int count) {
                    output.setFloat(at, a.apply((float) Math.sqrt(sum / count)));
                  }
                });
          };
      default -> throw operands.unsupportedType();
    };
  }
}
