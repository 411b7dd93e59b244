package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.LayerWeights;
import dev.whittle.convert.lower.ConstantTensors;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Normalizations;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Rsqrt;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.json.Config;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** {@code keras.layers}: normalization. */
final class NormalizationLayers {
  private NormalizationLayers() {}

  static void register(KerasTable table) {
    table.masked("BatchNormalization", NormalizationLayers::batch);
    table.masked("SyncBatchNormalization", NormalizationLayers::batch);
    table.masked("LayerNormalization", NormalizationLayers::layer);
    table.value("RMSNormalization", NormalizationLayers::rms);
    table.masked("GroupNormalization", NormalizationLayers::group);
    table.masked(
        "UnitNormalization",
        call -> {
          int[] axes = call.config().has("axis") ? call.config().integers("axis") : new int[] {-1};
          return Normalizations.toUnitNorm(call.emit(), call.floats(), 1e-12f, axes);
        });
  }

  /** Lowers to a constant scale and offset: {@code (x - mean) / sqrt(variance + epsilon)}. */
  private static Value batch(LayerCall call) {
    Config config = call.config();
    Value x = call.floats();
    int axis = Emitter.axis(x, config.has("axis") ? config.integers("axis", 1)[0] : -1);
    int channels = Emitter.fixedDimension(x, axis);
    LayerWeights weights = call.weights();
    TrainingNotes notes = call.importer().trainingNotes();
    if (notes != null) {
      return trainedBatch(call, notes, x, axis, channels);
    }
    float @Nullable [] gamma =
        config.flag("scale", true) ? weights.floats("gamma", channels) : null;
    float @Nullable [] beta = config.flag("center", true) ? weights.floats("beta", channels) : null;
    float[] mean = weights.floats("moving_mean", channels);
    float[] variance = weights.floats("moving_variance", channels);
    return scaleAndOffset(
        call.emit(), x, axis, mean, variance, gamma, beta, config.real("epsilon", 1e-3));
  }

  /** Lowers with each weight as a constant of its own, for training. */
  private static Value trainedBatch(
      LayerCall call, TrainingNotes notes, Value x, int axis, int channels) {
    Emitter emit = call.emit();
    Config config = call.config();
    int[] dims = new int[Emitter.rank(x) - axis];
    Arrays.fill(dims, 1);
    dims[0] = channels;
    Value gamma = config.flag("scale", true) ? channelConstant(call, "gamma", dims) : null;
    Value beta = config.flag("center", true) ? channelConstant(call, "beta", dims) : null;
    Value mean = channelConstant(call, "moving_mean", dims);
    Value variance = channelConstant(call, "moving_variance", dims);
    float epsilon = config.real("epsilon", 1e-3);
    Value factor = emit.node(new Rsqrt(), emit.add(variance, epsilon));
    factor = gamma == null ? factor : emit.mul(factor, gamma);
    Value shift = emit.mul(mean, factor);
    Value offset =
        beta == null
            ? emit.sub(emit.constant("zero", new float[channels], dims), shift)
            : emit.sub(beta, shift);
    Value y = emit.add(emit.mul(x, factor), offset);
    if (config.flag("trainable", true)) {
      notes.normalizations.add(
          new TrainingImport.BatchNormalization(
              x.id(),
              y.id(),
              gamma == null ? null : gamma.id(),
              beta == null ? null : beta.id(),
              mean.id(),
              variance.id(),
              axis,
              epsilon,
              config.real("momentum", 0.99)));
    }
    return y;
  }

  private static Value channelConstant(LayerCall call, String name, int[] dims) {
    return call.constant(name, ConstantTensors.reshape(call.weights().next(name, dims[0]), dims));
  }

  static Value scaleAndOffset(
      Emitter emit,
      Value x,
      int axis,
      float[] mean,
      float[] variance,
      float @Nullable [] gamma,
      float @Nullable [] beta,
      float epsilon) {
    float[] scale = new float[mean.length];
    float[] offset = new float[mean.length];
    for (int i = 0; i < scale.length; i++) {
      double s = (gamma == null ? 1 : gamma[i]) / Math.sqrt((double) variance[i] + epsilon);
      scale[i] = (float) s;
      offset[i] = (float) ((beta == null ? 0 : beta[i]) - mean[i] * s);
    }
    int[] dims = new int[Emitter.rank(x) - axis];
    Arrays.fill(dims, 1);
    dims[0] = scale.length;
    return emit.add(
        emit.mul(x, emit.constant("scale", scale, dims)), emit.constant("offset", offset, dims));
  }

  private static int[] axes(LayerCall call, Value x) {
    int[] stated = call.config().has("axis") ? call.config().integers("axis") : new int[] {-1};
    return Arrays.stream(stated).map(a -> Emitter.axis(x, a)).sorted().toArray();
  }

  /** Returns the shape in which weights over some axes broadcast: 1 for the axes between them. */
  private static int[] spread(Value x, int[] axes) {
    int[] dims = new int[Emitter.rank(x) - axes[0]];
    Arrays.fill(dims, 1);
    for (int axis : axes) {
      dims[axis - axes[0]] = Emitter.dim(x, axis);
    }
    return dims;
  }

  private static Value layer(LayerCall call) {
    Emitter emit = call.emit();
    Config config = call.config();
    Value x = call.floats();
    int[] axes = axes(call, x);
    int[] dimensions = Arrays.stream(axes).map(a -> Emitter.fixedDimension(x, a)).toArray();
    boolean rms = config.flag("rms_scaling", false);
    Tensor gamma =
        rms || config.flag("scale", true) ? call.weights().next("gamma", dimensions) : null;
    Tensor beta =
        !rms && config.flag("center", true) ? call.weights().next("beta", dimensions) : null;
    int[] dims = spread(x, axes);
    Value centered = emit.sub(x, emit.mean(x, true, axes));
    Value inverse =
        Normalizations.inverseRootMeanSquare(emit, centered, config.real("epsilon", 1e-3), axes);
    Value y = emit.mul(rms ? x : centered, inverse);
    if (gamma != null) {
      y = emit.mul(y, emit.constant("gamma", ConstantTensors.reshape(gamma, dims)));
    }
    return beta == null
        ? y
        : emit.add(y, emit.constant("beta", ConstantTensors.reshape(beta, dims)));
  }

  private static Value rms(LayerCall call) {
    Emitter emit = call.emit();
    Value x = call.floats();
    int[] axes = axes(call, x);
    int[] dimensions = Arrays.stream(axes).map(a -> Emitter.fixedDimension(x, a)).toArray();
    Tensor scale = call.weights().next("scale", dimensions);
    Value y =
        emit.mul(
            x,
            Normalizations.inverseRootMeanSquare(
                emit, x, call.config().real("epsilon", 1e-6), axes));
    return emit.mul(y, emit.constant("scale", ConstantTensors.reshape(scale, spread(x, axes))));
  }

  private static Value group(LayerCall call) {
    Emitter emit = call.emit();
    Config config = call.config();
    Value x = call.floats();
    int rank = Emitter.rank(x);
    int axis = Emitter.axis(x, config.has("axis") ? config.integers("axis", 1)[0] : -1);
    int channels = Emitter.fixedDimension(x, axis);
    int groups = config.integer("groups", 32);
    groups = groups == -1 ? channels : groups;
    if (groups < 1 || channels % groups != 0) {
      throw OperandException.invalid("%d groups of %d channels", groups, channels);
    }
    Tensor gamma = config.flag("scale", true) ? call.weights().next("gamma", channels) : null;
    Tensor beta = config.flag("center", true) ? call.weights().next("beta", channels) : null;
    // With channels last, all axes between merge: [batch, positions, groups, channels].
    Value last = axis == rank - 1 ? x : moveToLast(emit, x, axis);
    Value grouped = emit.reshape(last, Emitter.SAME, -1, groups, channels / groups);
    Value centered = emit.sub(grouped, emit.mean(grouped, true, 1, 3));
    Value y =
        emit.mul(
            centered,
            Normalizations.inverseRootMeanSquare(
                emit, centered, config.real("epsilon", 1e-3), 1, 3));
    int[] dims = {groups, channels / groups};
    if (gamma != null) {
      y = emit.mul(y, emit.constant("gamma", ConstantTensors.reshape(gamma, dims)));
    }
    if (beta != null) {
      y = emit.add(y, emit.constant("beta", ConstantTensors.reshape(beta, dims)));
    }
    return axis == rank - 1
        ? restore(emit, y, x)
        : moveFromLast(emit, restore(emit, y, last), axis);
  }

  private static Value restore(Emitter emit, Value y, Value like) {
    int[] dims = Emitter.dims(like);
    long open = Arrays.stream(dims).filter(d -> d == Shape.DYNAMIC).count();
    if (open <= 1) {
      return emit.reshape(y, dims);
    }
    Value restored = emit.node(new dev.whittle.ir.op.shape.Reshape(), y, emit.shapeOf(like));
    return emit.narrow(restored, like.shape());
  }

  private static Value moveToLast(Emitter emit, Value x, int axis) {
    int rank = Emitter.rank(x);
    return emit.transpose(
        x,
        IntStream.range(0, rank).map(i -> i == rank - 1 ? axis : i < axis ? i : i + 1).toArray());
  }

  private static Value moveFromLast(Emitter emit, Value x, int axis) {
    int rank = Emitter.rank(x);
    return emit.transpose(
        x,
        IntStream.range(0, rank).map(i -> i == axis ? rank - 1 : i < axis ? i : i - 1).toArray());
  }
}
