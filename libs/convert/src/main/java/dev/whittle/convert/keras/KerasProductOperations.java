package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Complex;
import dev.whittle.convert.lower.Convolutions;
import dev.whittle.convert.lower.Einsum;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.FourierTransforms;
import dev.whittle.convert.lower.Products;
import dev.whittle.convert.lower.SmallMatrices;
import dev.whittle.convert.lower.Weights;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** {@code keras.ops}: products of matrices and tensors, and Fourier transforms, which are such. */
final class KerasProductOperations {
  private KerasProductOperations() {}

  static void register(KerasTable table) {
    product(table, "Matmul", Products::matmul);
    product(table, "Dot", Products::dot);
    product(table, "Outer", (e, a, b) -> e.mul(e.reshape(a, -1, 1), e.reshape(b, 1, -1)));
    product(table, "Vdot", KerasProductOperations::flatDot);
    product(table, "Inner", KerasProductOperations::inner);
    table.value("Inv", call -> SmallMatrices.inverse(call.emit(), call.floats(), false));
    table.value("Det", call -> SmallMatrices.determinant(call.emit(), call.floats()));
    table.value("Cholesky", KerasProductOperations::cholesky);
    table.value("Solve", KerasProductOperations::solve);
    table.put("RFFT", KerasProductOperations::spectrum);
    table.value("IRFFT", KerasProductOperations::inverseSpectrum);
    table.put("FFT", call -> transform(call, 1, false));
    table.put("FFT2", call -> transform(call, 2, false));
    table.put("IFFT2", call -> transform(call, 2, true));
    table.value("Correlate", KerasProductOperations::correlate);
    table.value("Tensordot", KerasProductOperations::tensordot);
    table.value(
        "Einsum",
        call ->
            Einsum.apply(
                call.emit(), call.config().string("subscripts"), KerasOperations.tensors(call)));
  }

  /** A product of two tensors. */
  @FunctionalInterface
  private interface Product {
    Value lower(Emitter emit, Value a, Value b);
  }

  private static void product(KerasTable table, String name, Product product) {
    table.value(
        name,
        call -> {
          List<Value> operands = KerasOperations.pair(call);
          return product.lower(call.emit(), operands.get(0), operands.get(1));
        });
  }

  private static Value cholesky(LayerCall call) {
    Value lower = SmallMatrices.cholesky(call.emit(), call.floats());
    return call.config().flag("upper", false) ? call.emit().swap(lower, -1, -2) : lower;
  }

  /** Solves for a matrix, or for a vector of one axis less. */
  private static Value solve(LayerCall call) {
    Emitter e = call.emit();
    Value a = e.cast(KerasOperations.operand(call, 0, "a", null), TensorType.FLOAT32);
    Value b = e.cast(KerasOperations.operand(call, 1, "b", a), TensorType.FLOAT32);
    return Emitter.rank(b) == Emitter.rank(a) - 1
        ? e.squeeze(SmallMatrices.solve(e, a, e.expandDims(b, -1), false), -1)
        : SmallMatrices.solve(e, a, b, false);
  }

  // Fourier transforms; complex numbers are pairs of tensors.

  private static Complex pairOfParts(LayerCall call) {
    List<Value> parts = KerasOperations.tensors(call);
    if (parts.size() != 2) {
      throw OperandException.invalid("%d tensors; expected two parts", parts.size());
    }
    Emitter e = call.emit();
    return new Complex(
        e.cast(parts.get(0), TensorType.FLOAT32), e.cast(parts.get(1), TensorType.FLOAT32));
  }

  private static Argument spectrum(LayerCall call) {
    Value x = call.floats();
    int length =
        call.config().has("fft_length")
            ? call.config().integer("fft_length")
            : Emitter.fixedDimension(x, -1);
    Complex y = FourierTransforms.spectrum(call.emit(), x, length);
    return KerasOperations.list(List.of(y.real(), y.imaginary()));
  }

  private static Value inverseSpectrum(LayerCall call) {
    Complex x = pairOfParts(call);
    int length =
        call.config().has("fft_length")
            ? call.config().integer("fft_length")
            : 2 * (Emitter.fixedDimension(x.real(), -1) - 1);
    return FourierTransforms.inverse(call.emit(), x, length);
  }

  private static Argument transform(LayerCall call, int axes, boolean inverse) {
    Complex x = pairOfParts(call);
    Complex y =
        axes == 1
            ? FourierTransforms.transform(call.emit(), x, inverse)
            : FourierTransforms.transformImages(call.emit(), x, inverse);
    return KerasOperations.list(List.of(y.real(), y.imaginary()));
  }

  private static Value flatDot(Emitter e, Value a, Value b) {
    return e.sum(e.mul(e.reshape(a, -1), e.reshape(b, -1)), false, 0);
  }

  /** Sums over the last axes. */
  private static Value inner(Emitter e, Value a, Value b) {
    int rankA = Emitter.rank(a);
    int rankB = Emitter.rank(b);
    return rankA == 0 || rankB == 0
        ? e.mul(a, b)
        : Products.tensordot(e, a, b, new int[] {rankA - 1}, new int[] {rankB - 1});
  }

  /** The sums of products with a list that is moved along another, by a convolution. */
  private static Value correlate(LayerCall call) {
    Emitter e = call.emit();
    List<Value> operands = KerasOperations.pair(call);
    Value a = e.cast(operands.get(0), TensorType.FLOAT32);
    Value b = e.cast(operands.get(1), TensorType.FLOAT32);
    Emitter.requireRank(a, 1);
    Emitter.requireRank(b, 1);
    int n = Emitter.fixedDimension(a, 0);
    int m = Emitter.fixedDimension(b, 0);
    String mode = call.config().string("mode", "valid");
    Value x = mode.equals("valid") ? a : e.pad(a, Math.max(m - 1, 0), Math.max(m - 1, 0));
    var window = new Convolutions.Window(Padding.VALID, new int[] {1}, new int[] {1});
    Value y =
        Convolutions.convolve(
            e,
            e.reshape(x, 1, -1, 1),
            Weights.of(e, e.reshape(b, m, 1, 1)),
            null,
            window,
            UnaryOperator.identity());
    Value all = e.reshape(y, -1);
    return switch (mode) {
      case "valid", "full" -> all;
      case "same" -> {
        int length = Math.max(n, m);
        int start = (n + m - 1 - length) / 2;
        yield e.slice(all, 0, start, start + length);
      }
      default -> throw call.config().malformed("mode", "valid, same or full");
    };
  }

  /** The axes are two lists, or the number of last and first axes to sum over. */
  private static Value tensordot(LayerCall call) {
    List<Value> operands = KerasOperations.pair(call);
    Value a = operands.get(0);
    Value b = operands.get(1);
    Config config = call.config();
    int[] left;
    int[] right;
    if (config.get("axes") instanceof List<?> list && list.size() == 2) {
      left = axes(config, list.get(0));
      right = axes(config, list.get(1));
    } else {
      int rank = Emitter.rank(a);
      int count = config.integer("axes", 2);
      left = IntStream.range(rank - count, rank).toArray();
      right = IntStream.range(0, count).toArray();
    }
    if (left.length != right.length) {
      throw config.malformed("axes", "a number or two lists of one length");
    }
    return Products.tensordot(call.emit(), a, b, left, right);
  }

  private static int[] axes(Config config, Object stated) {
    int[] axes = stated == null ? null : Config.integersOf(stated);
    if (axes == null) {
      throw config.malformed("axes", "a number or two lists of integers");
    }
    return axes;
  }
}
