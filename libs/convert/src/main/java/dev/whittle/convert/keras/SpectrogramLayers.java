package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Convolutions;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Products;
import dev.whittle.convert.lower.Weights;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Atan2;
import dev.whittle.ir.op.math.Log;
import dev.whittle.ir.op.math.Pow;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.math.Square;
import dev.whittle.ir.op.shape.MirrorPad;
import dev.whittle.ir.op.signal.ComplexAbs;
import dev.whittle.ir.op.signal.Imag;
import dev.whittle.ir.op.signal.Real;
import dev.whittle.ir.op.signal.Rfft2d;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.json.Config;
import java.util.Arrays;
import java.util.List;

/** {@code keras.layers}: spectrograms of signals. */
final class SpectrogramLayers {
  private static final double MEL_Q = 1127;
  private static final double MEL_BREAK_HERTZ = 700;
  private static final float EPSILON = 1e-7f;

  private SpectrogramLayers() {}

  static void register(KerasTable table) {
    table.value("MelSpectrogram", SpectrogramLayers::mel);
    table.value("STFTSpectrogram", SpectrogramLayers::stft);
  }

  // Mel.

  private static Value mel(LayerCall call) {
    Emitter emit = call.emit();
    Config config = call.config();
    int fft = config.integer("fft_length", 2048);
    Emitter.checkGenerated(fft);
    int stride = config.integer("sequence_stride", 512);
    int length = config.integer("sequence_length", fft);
    Value power =
        power(emit, frames(emit, call.floats(), fft, stride, window(config, fft, length)), config);
    float[] matrix = melMatrix(config, fft / 2 + 1);
    int bins = config.integer("num_mel_bins", 128);
    Value scaled = Products.fullyConnected(emit, power, Tensor.of(matrix, fft / 2 + 1, bins), null);
    if (config.flag("power_to_db", true)) {
      scaled = decibels(emit, scaled, config);
    }
    return emit.swap(scaled, -1, -2);
  }

  /** Cuts the mirrored signal into windowed frames, {@code [..., frames, fft]}. */
  private static Value frames(Emitter emit, Value x, int fft, int stride, float[] window) {
    int rank = Emitter.rank(x);
    int samples = Emitter.dim(x, rank - 1);
    if (samples == Shape.DYNAMIC) {
      throw OperandException.unsupported(
          "a signal of unknown length %s; fix it with --input_shape", x.shape());
    }
    int[] margins = new int[2 * rank];
    margins[2 * rank - 2] = fft / 2;
    margins[2 * rank - 1] = fft / 2;
    Value mirrored =
        emit.node(new MirrorPad(false), x, emit.constant("paddings", Tensor.of(margins, rank, 2)));
    int count = (samples + fft / 2 * 2 - fft) / stride + 1;
    Emitter.checkGenerated((long) count * fft);
    int[] indices = new int[count * fft];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = i / fft * stride + i % fft;
    }
    Value frames =
        emit.gather(mirrored, emit.constant("frames", Tensor.of(indices, count, fft)), -1);
    return emit.mul(frames, emit.constant("window", window, fft));
  }

  /** Returns a periodic window, centered in a frame of zeros. */
  private static float[] window(Config config, int fft, int length) {
    String name = config.string("window", "hann");
    double base =
        switch (name) {
          case "hann" -> 0.5;
          case "hamming" -> 0.54;
          default -> throw OperandException.unsupported("the window '%s'", name);
        };
    float[] window = new float[fft];
    int start = (fft - length) / 2;
    for (int i = 0; i < length; i++) {
      window[start + i] = (float) (base - (1 - base) * Math.cos(2 * Math.PI * i / length));
    }
    return window;
  }

  private static Value power(Emitter emit, Value frames, Config config) {
    int rank = Emitter.rank(frames);
    int fft = Emitter.dim(frames, rank - 1);
    if (Integer.bitCount(fft) != 1) {
      throw OperandException.unsupported(
          "a Fourier transform of %d numbers; use a power of 2", fft);
    }
    Value rows = emit.expandDims(frames, rank - 1);
    Value spectrum = emit.squeeze(emit.node(new Rfft2d(), rows, emit.ints(1, fft)), rank - 1);
    float exponent = config.real("mag_exp", 2);
    if (exponent == 2) {
      return emit.add(
          emit.node(new Square(), emit.node(new Real(), spectrum)),
          emit.node(new Square(), emit.node(new Imag(), spectrum)));
    }
    Value magnitude = emit.node(new ComplexAbs(), spectrum);
    return exponent == 1 ? magnitude : emit.node(new Pow(), magnitude, emit.scalar(exponent));
  }

  private static double toMel(double hertz) {
    return MEL_Q * Math.log1p(hertz / MEL_BREAK_HERTZ);
  }

  /** Returns triangular filters of equal width in mel, after the Hidden Markov Model Toolkit. */
  private static float[] melMatrix(Config config, int spectrum) {
    int bins = config.integer("num_mel_bins", 128);
    double rate = config.real("sampling_rate", 16000);
    double low = toMel(config.real("min_freq", 20));
    double high = toMel(config.real("max_freq", rate / 2));
    double step = (high - low) / (bins + 1);
    float[] matrix = new float[spectrum * bins];
    for (int s = 1; s < spectrum; s++) {
      double mel = toMel(rate / 2 * s / (spectrum - 1));
      for (int b = 0; b < bins; b++) {
        double lower = (mel - (low + b * step)) / step;
        double upper = (low + (b + 2) * step - mel) / step;
        matrix[s * bins + b] = (float) Math.max(0, Math.min(lower, upper));
      }
    }
    return matrix;
  }

  private static Value decibels(Emitter emit, Value power, Config config) {
    float min = config.real("min_power", 1e-10);
    double reference = Math.max(Math.abs(config.real("ref_power", 1)), min);
    Value logarithm = emit.node(new Log(), emit.max(power, min));
    Value decibels = emit.mul(logarithm, 10 / Math.log(10));
    double offset = 10 * Math.log10(reference);
    decibels = offset == 0 ? decibels : emit.sub(decibels, offset);
    int[] all = Emitter.axesFrom(decibels, 0);
    Value floor = emit.sub(emit.reduceMax(decibels, false, all), config.real("top_db", 80));
    return emit.max(decibels, floor);
  }

  // The STFT is a convolution with kernels that are weights of the layer.

  private static Value stft(LayerCall call) {
    Emitter emit = call.emit();
    Config config = call.config();
    String mode = config.string("mode", "log");
    int length = config.integer("frame_length", 256);
    int bins = config.integer("fft_length", length) / 2 + 1;
    Value real = null;
    Value imaginary = null;
    Value x = call.floats();
    if (!mode.equals("imag")) {
      real = convolved(call, x, call.weights().next("real_kernel", length, 1, bins));
    }
    if (!mode.equals("real")) {
      imaginary = convolved(call, x, call.weights().next("imag_kernel", length, 1, bins));
    }
    if (real == null || imaginary == null) {
      return arranged(call, real == null ? java.util.Objects.requireNonNull(imaginary) : real);
    }
    return switch (mode) {
      case "angle" -> arranged(call, emit.node(new Atan2(), imaginary, real));
      case "stft" -> arranged(call, emit.concat(2, List.of(real, imaginary)));
      default -> {
        Value power = emit.add(emit.node(new Square(), real), emit.node(new Square(), imaginary));
        yield fromPower(call, power, mode, bins);
      }
    };
  }

  private static Value fromPower(LayerCall call, Value power, String mode, int bins) {
    Emitter emit = call.emit();
    if (mode.equals("psd")) {
      // All frequencies but the first and the last also stand for their conjugates.
      float[] weights = new float[bins];
      Arrays.fill(weights, 2);
      weights[0] = weights[bins - 1] = 1;
      return arranged(call, emit.mul(power, emit.constant("sides", weights, bins, 1)));
    }
    Value magnitude = emit.node(new Sqrt(), arranged(call, emit.max(power, EPSILON)));
    return mode.equals("magnitude")
        ? magnitude
        : emit.node(new Log(), emit.max(magnitude, EPSILON));
  }

  /** Convolves each channel: {@code [batch, channels, frequencies, times]}. */
  private static Value convolved(LayerCall call, Value x, Tensor kernel) {
    Emitter emit = call.emit();
    Config config = call.config();
    Value signals = call.channelsFirst() ? x : emit.transpose(x, 0, 2, 1);
    int channels = Emitter.fixedDimension(signals, 1);
    int samples = Emitter.dim(signals, 2);
    if (samples == Shape.DYNAMIC) {
      throw OperandException.unsupported(
          "a signal of unknown length %s; fix it with --input_shape", x.shape());
    }
    Value flat = emit.reshape(signals, -1, samples, 1);
    var window =
        ConvolutionLayers.window(
            config.string("padding", "valid"),
            new int[] {config.integer("frame_step", kernel.dim(0))},
            new int[] {1});
    Value y = Convolutions.convolve(emit, flat, Weights.of(kernel), null, window, v -> v);
    Value split = emit.reshape(y, -1, channels, Emitter.dim(y, 1), Emitter.dim(y, 2));
    return emit.transpose(split, 0, 1, 3, 2);
  }

  private static Value arranged(LayerCall call, Value y) {
    Emitter emit = call.emit();
    boolean expand = call.config().flag("expand_dims", false);
    if (expand) {
      return call.channelsFirst() ? emit.transpose(y, 0, 1, 3, 2) : emit.transpose(y, 0, 3, 2, 1);
    }
    int rows = Emitter.dim(y, 1) * Emitter.dim(y, 2);
    Value flat = emit.reshape(y, -1, rows, Emitter.dim(y, 3));
    return call.channelsFirst() ? flat : emit.transpose(flat, 0, 2, 1);
  }
}
