package dev.whittle.convert.keras;

import dev.whittle.convert.lower.ConstantTensors;
import dev.whittle.convert.lower.Einsum;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Products;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.Tanh;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.reduce.ReduceAny;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code keras.layers}: dense, embedding, masking, wrappers, and layers for training only. */
final class CoreLayers {
  /** Layers that return their input in inference. */
  private static final List<String> IDENTITIES =
      List.of(
          "Identity",
          "Dropout",
          "SpatialDropout1D",
          "SpatialDropout2D",
          "SpatialDropout3D",
          "GaussianNoise",
          "GaussianDropout",
          "AlphaDropout",
          "ActivityRegularization",
          "StochasticDepth");

  private CoreLayers() {}

  static void register(KerasTable table) {
    for (String name : IDENTITIES) {
      table.masked(name, TrainingNotes::trainingOnly);
    }
    table.masked("Dense", CoreLayers::dense);
    table.value("EinsumDense", CoreLayers::einsumDense);
    table.put("Embedding", CoreLayers::embedding);
    table.put("ReversibleEmbedding", CoreLayers::reversibleEmbedding);
    table.put("Masking", CoreLayers::masking);
    table.put(
        "Lambda",
        call -> {
          throw refusedLambda();
        });
    table.put("TimeDistributed", CoreLayers::timeDistributed);
    table.put("SpectralNormalization", CoreLayers::wrapped);
    table.put("Wrapper", CoreLayers::wrapped);
    table.masked(
        "LayerScale",
        call -> {
          int channels = call.config().integer("projection_dim");
          return call.emit()
              .mul(call.x(), call.constant("gamma", call.weights().next("gamma", channels)));
        });
  }

  static OperandException refusedLambda() {
    return OperandException.unsupported(
        "holds Python code, which is never executed; express it with built-in layers or keras.ops,"
            + " or export a SavedModel (model.export) and convert that");
  }

  private static Value dense(LayerCall call) {
    String mode = QuantizedLayers.mode(call.config());
    if (mode != null) {
      return QuantizedLayers.dense(call, mode);
    }
    Emitter emit = call.emit();
    Value x = call.floats();
    int units = call.config().integer("units");
    Tensor kernel = call.weights().next("kernel", Emitter.fixedDimension(x, -1), units);
    Value bias = bias(call, "bias", units);
    kernel = call.weights().withLowRankUpdate(call.config(), "kernel", kernel);
    Value product = Products.fullyConnected(emit, x, kernel, bias);
    return Activations.apply(emit, call.config(), "activation", product);
  }

  /** Returns the bias of the layer; null if it has none. */
  static @Nullable Value bias(LayerCall call, String name, int... dims) {
    return call.config().flag("use_bias", true)
        ? call.constant("bias", call.weights().next(name, dims))
        : null;
  }

  private static Value einsumDense(LayerCall call) {
    String mode = QuantizedLayers.mode(call.config());
    if (mode != null) {
      return QuantizedLayers.einsum(call, mode);
    }
    Emitter emit = call.emit();
    Config config = call.config();
    String equation = config.string("equation");
    Tensor kernel = call.weights().next("kernel", openRank(equation));
    Value bias = QuantizedLayers.bias(call);
    kernel = call.weights().withLowRankUpdate(call.config(), "kernel", kernel);
    Value y = Einsum.apply(emit, equation, List.of(call.floats(), emit.constant("kernel", kernel)));
    if (bias != null) {
      y = emit.add(y, bias);
    }
    return Activations.apply(emit, config, "activation", y);
  }

  /** Returns an unknown shape with the rank of the second operand of an equation. */
  private static int[] openRank(String equation) {
    String right = equation.replace(" ", "").replaceAll("->.*", "").replaceAll(".*,", "");
    int[] unknown = new int[right.length()];
    java.util.Arrays.fill(unknown, -1);
    return unknown;
  }

  private static Argument embedding(LayerCall call) {
    Tensor table =
        table(call, call.config().integer("input_dim"), call.config().integer("output_dim"));
    return lookUp(call, call.constant("embeddings", table));
  }

  private static Tensor table(LayerCall call, int words, int width) {
    String mode = QuantizedLayers.mode(call.config());
    return mode == null
        ? call.weights()
            .withLowRankUpdate(
                call.config(), "embeddings", call.weights().next("embeddings", words, width))
        : QuantizedLayers.table(call, mode, words, width);
  }

  private static Argument lookUp(LayerCall call, Value table) {
    Emitter emit = call.emit();
    Value indices = call.x();
    if (indices.type() != TensorType.INT64) {
      indices = emit.cast(indices, TensorType.INT32);
    }
    Value rows = emit.node(new Gather(0, 0), table, indices);
    Value mask =
        call.config().flag("mask_zero", false)
            ? emit.node(new NotEqual(), indices, emit.scalar(indices.type(), 0))
            : null;
    return new Argument.OfTensor(rows, mask);
  }

  /** Lowers an embedding, or its inverse, which maps embeddings to scores of words. */
  private static Argument reversibleEmbedding(LayerCall call) {
    Emitter emit = call.emit();
    Config config = call.config();
    int words = config.integer("input_dim");
    int width = config.integer("output_dim");
    Tensor table = table(call, words, width);
    String mode = QuantizedLayers.mode(config);
    boolean reverse =
        call.argument(1, "reverse") instanceof Argument.Literal literal
            && Boolean.TRUE.equals(literal.value());
    if (!reverse) {
      return lookUp(call, call.constant("embeddings", table));
    }
    Value scores;
    if (mode != null) {
      scores =
          QuantizedLayers.scores(
              call,
              config.flag("tie_weights", true)
                  ? table
                  : QuantizedLayers.reverseTable(call, mode, words, width));
    } else {
      Tensor kernel =
          config.flag("tie_weights", true)
              ? ConstantTensors.transpose(table, 1, 0)
              : call.weights().next("reverse_embeddings", width, words);
      scores = Products.fullyConnected(emit, call.floats(), kernel, null);
    }
    if (config.has("logit_soft_cap")) {
      float cap = config.real("logit_soft_cap", 0);
      scores = emit.mul(emit.node(new Tanh(), emit.mul(scores, 1 / cap)), cap);
    }
    return Argument.of(scores);
  }

  private static Argument masking(LayerCall call) {
    Emitter emit = call.emit();
    Value x = call.floats();
    Value differs = emit.node(new NotEqual(), x, emit.scalar(call.config().real("mask_value", 0)));
    int last = Emitter.rank(x) - 1;
    Value mask = emit.reduce(new ReduceAny(true), differs, last);
    Value masked = emit.where(mask, x, emit.scalar(0f));
    return new Argument.OfTensor(masked, emit.squeeze(mask, last));
  }

  /** Lowers a layer around another one that has no effect in inference. */
  private static Argument wrapped(LayerCall call) {
    Config layer = call.config().object("layer");
    return call.importer().part(call, layer, inner(call, layer), call.args(), call.kwargs());
  }

  static dev.whittle.convert.keras.file.WeightStore.Scope inner(LayerCall call, Config layer) {
    String name = layer.has("config") ? layer.object("config").string("name", "") : "";
    return call.weights().scope().part("layer", name);
  }

  /** Applies a layer to each step, by merging steps into the batch. */
  private static Argument timeDistributed(LayerCall call) {
    Emitter emit = call.emit();
    Value x = call.x();
    Config layer = call.config().object("layer");
    int rank = Emitter.rank(x);
    String className = layer.string("class_name");
    if (className.equals("Dense")) {
      // A dense layer works along the last axis in any case.
      if (wrapped(call.with(List.of(call.input()), Map.of())) instanceof Argument.OfTensor y) {
        return new Argument.OfTensor(y.value(), call.mask());
      }
      throw OperandException.unsupported("a time-distributed layer with several results");
    }
    int[] flat = new int[rank - 1];
    flat[0] = -1;
    for (int i = 1; i < flat.length; i++) {
      flat[i] = Emitter.dim(x, i + 1);
    }
    Value merged = emit.reshape(x, flat);
    Argument result =
        call.importer()
            .part(call, layer, inner(call, layer), List.of(Argument.of(merged)), Map.of());
    if (!(result instanceof Argument.OfTensor tensor)) {
      throw OperandException.unsupported("a time-distributed layer with several results");
    }
    Value y = tensor.value();
    int[] dims = new int[Emitter.rank(y) + 1];
    boolean known = Emitter.dim(x, 1) != dev.whittle.ir.tensor.Shape.DYNAMIC;
    dims[0] = -1;
    dims[1] = Emitter.dim(x, 1);
    for (int i = 2; i < dims.length; i++) {
      dims[i] = Emitter.dim(y, i - 1);
    }
    if (known) {
      return new Argument.OfTensor(emit.reshape(y, dims), call.mask());
    }
    Value shape =
        emit.concat(
            0,
            List.of(
                emit.slice(emit.shapeOf(x), 0, 0, 2),
                emit.ints(java.util.Arrays.copyOfRange(dims, 2, dims.length))));
    Value restored = emit.node(new dev.whittle.ir.op.shape.Reshape(), y, shape);
    dims[0] = dims[1] = dev.whittle.ir.tensor.Shape.DYNAMIC;
    return new Argument.OfTensor(
        emit.narrow(restored, dev.whittle.ir.tensor.Shape.of(dims)), call.mask());
  }
}
