package dev.whittle.runtime.kernel;

import dev.whittle.ir.Model;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.activation.Tanh;
import dev.whittle.ir.op.image.ResizeBilinear;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Maximum;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.op.nn.AveragePool2D;
import dev.whittle.ir.op.nn.BatchMatMul;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.nn.L2Normalization;
import dev.whittle.ir.op.nn.MaxPool2D;
import dev.whittle.ir.op.nn.TransposeConv;
import dev.whittle.ir.op.reduce.Mean;
import dev.whittle.ir.op.reduce.ReduceMax;
import dev.whittle.ir.op.reduce.Sum;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.op.shape.Transpose;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.RandomOperator.Numbers;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Operators of random shapes, at and around the sizes of vectors, tiles and panels, computed by the
 * fast engine and by the reference kernels. More cases of other seeds: {@code -Dextents.cases=1000
 * -Dkernel.seed=7}.
 */
@Tag("without-vectors")
class AnyShapeTest {
  private static final int CASES = Integer.getInteger("extents.cases", 25);

  /** Maximum multiply-adds of a case, as the reference kernels are slow. */
  private static final int MAX_WORK = 1 << 20;

  /** The operators that are tested. */
  enum Tried {
    CONVOLUTION {
      @Override
      Value of(RandomOperator of) {
        Numbers numbers = of.numbers();
        int channels = of.dimension();
        int columns = of.dimension();
        int height = of.small(6);
        int width = of.small(6);
        int dilation = of.coin() ? 1 : of.small(4);
        int groups = of.random().nextInt(5) == 0 ? of.small(4) : 1;
        int tall = (height - 1) * dilation + 1;
        int wide = (width - 1) * dilation + 1;
        int[] image = image(of, tall, wide, channels * groups);
        shrink(image, (long) height * width * channels * columns * groups, tall, wide);
        var conv =
            new Conv2D(
                Padding.ofCode(of.random().nextInt(2)),
                of.small(4),
                of.small(4),
                of.clamp(),
                dilation,
                dilation,
                TensorType.FLOAT32);
        return of.node(
            numbers,
            conv,
            of.input(numbers, image),
            of.filter(numbers, 0, columns * groups, height, width, channels),
            of.bias(numbers, columns * groups));
      }
    },
    DEPTHWISE {
      @Override
      Value of(RandomOperator of) {
        Numbers numbers = of.numbers();
        int channels = of.dimension();
        int multiplier = of.coin() ? 1 : of.small(5);
        int height = of.small(7);
        int width = of.small(7);
        // The native kernels want equal strides.
        int stride = of.small(4);
        int dilation = stride > 1 || of.coin() ? 1 : of.small(4);
        int tall = (height - 1) * dilation + 1;
        int wide = (width - 1) * dilation + 1;
        int[] image = image(of, tall, wide, channels);
        shrink(image, (long) height * width * channels * multiplier, tall, wide);
        var conv =
            new DepthwiseConv2D(
                Padding.ofCode(of.random().nextInt(2)),
                stride,
                stride,
                multiplier,
                of.clamp(),
                dilation,
                dilation);
        return of.node(
            numbers,
            conv,
            of.input(numbers, image),
            of.filter(numbers, 3, 1, height, width, channels * multiplier),
            of.bias(numbers, channels * multiplier));
      }
    },
    TRANSPOSED {
      @Override
      Value of(RandomOperator of) {
        Numbers numbers = of.plain();
        if (numbers == Numbers.SHORTS) {
          numbers = Numbers.FLOATS;
        }
        int channels = of.dimension();
        int columns = of.dimension();
        int stride = of.small(4);
        int size = stride + of.random().nextInt(3);
        int[] image = image(of, 1, 1, channels);
        shrink(image, (long) size * size * channels * columns, 1, 1);
        boolean valid = of.coin();
        int margin = valid ? size - stride : 0;
        Value shape =
            of.built()
                .list(image[0], image[1] * stride + margin, image[2] * stride + margin, columns);
        var conv =
            new TransposeConv(
                valid ? Padding.VALID : Padding.SAME,
                stride,
                stride,
                Activation.NONE,
                TensorType.FLOAT32);
        return of.node(
            numbers,
            conv,
            shape,
            of.filter(numbers, 0, columns, size, size, channels),
            of.input(numbers, image),
            of.bias(numbers, columns));
      }
    },
    DENSE {
      @Override
      Value of(RandomOperator of) {
        Numbers numbers = of.numbers();
        if (numbers == Numbers.UNSIGNED_BYTES) {
          numbers = Numbers.BYTES;
        }
        int depth = of.dimension() * of.small(9);
        int columns = of.dimension() * of.small(3);
        int rows = of.coin() ? of.small(4) : of.dimension();
        rows = Math.clamp(MAX_WORK / ((long) depth * columns), 1, rows);
        var dense = new FullyConnected(of.clamp(), 0, false, of.coin(), TensorType.FLOAT32);
        return of.node(
            numbers,
            dense,
            of.input(numbers, rows, depth),
            of.filter(numbers, 0, columns, depth),
            of.bias(numbers, columns));
      }
    },
    BATCHES {
      @Override
      Value of(RandomOperator of) {
        boolean bytes = of.coin();
        int batch = of.small(4);
        int rows = of.dimension();
        int depth = of.dimension();
        int columns = of.dimension();
        while ((long) batch * rows * depth * columns > MAX_WORK) {
          rows = (rows + 1) / 2;
          columns = (columns + 1) / 2;
        }
        Numbers numbers = bytes ? Numbers.BYTES : Numbers.FLOATS;
        boolean left = of.coin();
        boolean right = of.coin();
        int[] a = left ? new int[] {batch, depth, rows} : new int[] {batch, rows, depth};
        int[] b = right ? new int[] {batch, columns, depth} : new int[] {batch, depth, columns};
        return of.node(
            numbers,
            new BatchMatMul(left, right, false),
            of.input(numbers, a),
            of.input(numbers, b));
      }
    },
    POOL {
      @Override
      Value of(RandomOperator of) {
        int height = of.small(6);
        int width = of.small(6);
        int[] image = image(of, height, width, of.dimension());
        shrink(image, (long) height * width * image[3], height, width);
        Padding padding = Padding.ofCode(of.random().nextInt(2));
        int down = of.small(4);
        int across = of.small(4);
        Op pool =
            of.coin()
                ? new AveragePool2D(padding, across, down, width, height, of.clamp())
                : new MaxPool2D(padding, across, down, width, height, of.clamp());
        return of.alike(pool, of.input(of.plain(), image));
      }
    },
    BROADCAST {
      @Override
      Value of(RandomOperator of) {
        int[] all = {of.small(4), of.small(20), of.small(20), of.dimension()};
        int[] some = all.clone();
        for (int axis = 0; axis < 4; axis++) {
          some[axis] = of.random().nextInt(3) == 0 ? 1 : some[axis];
        }
        int[] last = Arrays.copyOfRange(some, of.random().nextInt(4), 4);
        Numbers numbers = of.plain();
        Op op =
            switch (of.random().nextInt(numbers == Numbers.SHORTS ? 3 : 4)) {
              case 0 -> new Add(of.clamp(), false);
              case 1 -> new Sub(of.clamp(), false);
              case 2 -> new Mul(of.clamp());
              default -> new Maximum();
            };
        Value a = of.input(numbers, all);
        Value b = of.input(numbers, last);
        boolean turned = of.coin();
        return op instanceof Maximum
            ? of.alike(op, turned ? b : a, turned ? a : b)
            : of.node(numbers, op, turned ? b : a, turned ? a : b);
      }
    },
    REDUCTION {
      @Override
      Value of(RandomOperator of) {
        int[] dims = {of.small(4), of.small(20), of.small(20), of.dimension()};
        int[] axes = of.random().ints(of.random().nextInt(1, 4), 0, 4).distinct().toArray();
        Op op =
            switch (of.random().nextInt(3)) {
              case 0 -> new Mean(of.coin());
              case 1 -> new Sum(of.coin());
              default -> new ReduceMax(of.coin());
            };
        Numbers numbers =
            op instanceof Sum ? of.any(List.of(Numbers.FLOATS, Numbers.BYTES)) : of.plain();
        return of.alike(op, of.input(numbers, dims), of.built().list(axes));
      }
    },
    ROWS {
      @Override
      Value of(RandomOperator of) {
        int[] dims = {of.small(4), of.dimension(), of.dimension()};
        return switch (of.random().nextInt(4)) {
          case 0 -> of.built().node(new Softmax(1), of.built().floats(dims));
          case 1 -> of.built().node(new L2Normalization(Activation.NONE), of.built().floats(dims));
          case 2 -> of.built().node(new Tanh(), of.built().floats(dims));
          default ->
              of.built()
                  .quantized(
                      Quantization.perTensor(1 / 256f, -128),
                      new Softmax(1),
                      of.input(Numbers.BYTES, dims));
        };
      }
    },
    MOVED {
      @Override
      Value of(RandomOperator of) {
        int[] dims = {of.small(4), of.small(20), of.small(20), of.dimension()};
        Numbers numbers = of.plain();
        if (of.coin()) {
          int[] order = {0, 1, 2, 3};
          for (int i = 3; i > 0; i--) {
            int other = of.random().nextInt(i + 1);
            int kept = order[i];
            order[i] = order[other];
            order[other] = kept;
          }
          return of.alike(new Transpose(), of.input(numbers, dims), of.built().list(order));
        }
        var resize = new ResizeBilinear(false, of.coin());
        return of.alike(
            resize, of.input(numbers, dims), of.built().list(of.small(30), of.small(30)));
      }
    },
    /** Networks of layers that plans fuse, fold, exchange and let share memory. */
    NETWORK {
      @Override
      Value of(RandomOperator of) {
        Numbers numbers = of.any(List.of(Numbers.FLOATS, Numbers.BYTES, Numbers.HYBRID));
        int channels = of.any(List.of(3, 8, 16, 24));
        Value x = of.input(numbers, of.small(3), of.small(60), of.small(60), channels);
        int layers = of.small(6);
        for (int i = 0; i < layers; i++) {
          x = layer(of, numbers, x);
        }
        return x;
      }

      // Clamped results come from greater ones, and quantized ones may be a step apart.
      @Override
      float tolerance() {
        return 5e-2f;
      }
    };

    private static Value layer(RandomOperator of, Numbers numbers, Value x) {
      int channels = x.shape().dim(3);
      return switch (of.random().nextInt(7)) {
        case 0 -> convolution(of, numbers, x, 1, Padding.SAME, of.any(List.of(4, 16, 20, 33, 48)));
        case 1 -> depthwise(of, numbers, x);
        case 2 ->
            depthwise(of, numbers, convolution(of, numbers, x, 1, Padding.SAME, 2 * channels));
        case 3 -> {
          int[] paddings = of.random().ints(4, 1, 3).toArray();
          Value pairs =
              of.built().pairs(0, 0, paddings[0], paddings[1], paddings[2], paddings[3], 0, 0);
          yield convolution(of, numbers, of.alike(new Pad(), x, pairs), 3, Padding.VALID, 9);
        }
        case 4 -> {
          Value mean = of.alike(new AveragePool2D(Padding.SAME, 1, 1, 3, 3, Activation.NONE), x);
          yield convolution(of, numbers, mean, 1, Padding.SAME, Math.max(1, channels / 2));
        }
        case 5 -> {
          Value one = convolution(of, numbers, x, 1, Padding.SAME, 12);
          Value other = convolution(of, numbers, x, 3, Padding.SAME, 20);
          yield of.node(numbers, new Concatenation(3, Activation.NONE), one, other);
        }
        default -> {
          Value other = convolution(of, numbers, x, 1, Padding.SAME, channels);
          yield of.node(numbers, new Add(of.clamp(), false), x, other);
        }
      };
    }

    private static Value convolution(
        RandomOperator of, Numbers numbers, Value x, int size, Padding padding, int columns) {
      var conv = new Conv2D(padding, 1, 1, of.clamp(), 1, 1, TensorType.FLOAT32);
      Value filter = of.filter(numbers, 0, columns, size, size, x.shape().dim(3));
      return of.node(numbers, conv, x, filter, of.bias(numbers, columns));
    }

    private static Value depthwise(RandomOperator of, Numbers numbers, Value x) {
      int channels = x.shape().dim(3);
      int stride = of.small(3);
      var conv = new DepthwiseConv2D(Padding.SAME, stride, stride, 1, of.clamp(), 1, 1);
      Value filter = of.filter(numbers, 3, 1, 3, 3, channels);
      return of.node(numbers, conv, x, filter, of.bias(numbers, channels));
    }

    abstract Value of(RandomOperator of);

    /** Returns the tolerance for floats, relative to the largest result. */
    float tolerance() {
      return 2e-5f;
    }
  }

  /** Returns the shape of an image that is at least as large as a window. */
  private static int[] image(RandomOperator of, int height, int width, int channels) {
    return new int[] {
      of.small(3), height + of.random().nextInt(24), width + of.random().nextInt(24), channels
    };
  }

  /** Shrinks an image, though not below the size of a window, if the work is too much. */
  private static void shrink(int[] dims, long perPixel, int height, int width) {
    while (perPixel * dims[0] * dims[1] * dims[2] > MAX_WORK
        && (dims[0] > 1 || dims[1] > height || dims[2] > width)) {
      dims[0] = 1;
      dims[1] = Math.max(height, dims[1] - 1);
      dims[2] = Math.max(width, dims[2] - 1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void resultsAreThoseOfTheReferenceKernels(Tried tried) {
    var random = new SplittableRandom(KernelCase.SEED + tried.name().hashCode());
    for (int i = 0; i < CASES; i++) {
      var built = new KernelCase();
      Value output = tried.of(new RandomOperator(built, random));
      Model model = built.graph().output(output).buildModel("test");
      String label =
          "%s, case %d, %s, seed %d".formatted(tried, i, model.graphs(), KernelCase.SEED);
      KernelCase.compare(
          label, model, plan -> {}, greatest -> tried.tolerance() * Math.max(1, greatest));
    }
  }
}
