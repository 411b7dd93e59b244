package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.WeightKeys;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Resizing;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.Bucketize;
import dev.whittle.ir.op.math.Round;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code keras.layers}: preprocessing that is arithmetic on tensors. */
final class PreprocessingLayers {
  /** Layers that augment in training and return their input in inference. */
  private static final List<String> AUGMENTATIONS =
      List.of(
          "RandomCrop",
          "RandomFlip",
          "RandomRotation",
          "RandomZoom",
          "RandomTranslation",
          "RandomBrightness",
          "RandomContrast",
          "RandomHeight",
          "RandomWidth",
          "RandomColorDegeneration",
          "RandomColorJitter",
          "RandomElasticTransform",
          "RandomErasing",
          "RandomGaussianBlur",
          "RandomGrayscale",
          "RandomHue",
          "RandomInvert",
          "RandomPerspective",
          "RandomPosterization",
          "RandomSaturation",
          "RandomSharpness",
          "RandomShear",
          "RandAugment",
          "AugMix",
          "CutMix",
          "MixUp");

  private PreprocessingLayers() {}

  static void register(KerasTable table) {
    for (String name : AUGMENTATIONS) {
      table.value(name, LayerCall::x);
    }
    table.value("Rescaling", PreprocessingLayers::rescaling);
    table.value("Normalization", PreprocessingLayers::normalization);
    table.value("Resizing", PreprocessingLayers::resizing);
    table.value("CenterCrop", PreprocessingLayers::centerCrop);
    table.value("CategoryEncoding", PreprocessingLayers::categoryEncoding);
    table.value("Discretization", PreprocessingLayers::discretization);
    table.put("Pipeline", PreprocessingLayers::pipeline);
    table.value("IntegerLookup", call -> Lookups.integers(call));
    table.value("StringLookup", call -> Lookups.strings(call));
    refuse(table, "Hashing", "a hash of strings (FarmHash), which no built-in operator computes");
    refuse(
        table,
        "HashedCrossing",
        "a hash of strings (FarmHash), which no built-in operator computes");
    refuse(
        table,
        "TextVectorization",
        "splitting and normalizing of text, which no built-in operator does; split the text before"
            + " the model and give it token numbers");
  }

  private static void refuse(KerasTable table, String className, String reason) {
    table.put(
        className,
        call -> {
          throw OperandException.unsupported("%s", reason);
        });
  }

  /** Returns a number, or one for each channel, the last axis. */
  private static Value factor(LayerCall call, String key, double ifMissing) {
    if (!call.config().has(key)) {
      return call.emit().scalar((float) ifMissing);
    }
    float[] stated = call.config().reals(key);
    return call.config().get(key) instanceof Number
        ? call.emit().scalar(stated[0])
        : call.emit().constant(key, stated, stated.length);
  }

  private static boolean isZero(Config config, String key) {
    if (!config.has(key)) {
      return true;
    }
    for (float value : config.reals(key)) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }

  private static Value rescaling(LayerCall call) {
    Emitter emit = call.emit();
    Value scaled = emit.mul(call.floats(), factor(call, "scale", 1));
    return isZero(call.config(), "offset") ? scaled : emit.add(scaled, factor(call, "offset", 0));
  }

  /** {@code (x - mean) / max(sqrt(variance), 1e-7)}, or the inverse of that. */
  private static Value normalization(LayerCall call) {
    Emitter emit = call.emit();
    Config config = call.config();
    Value x = call.floats();
    float[] mean;
    float[] variance;
    if (config.has("mean") && config.has("variance")) {
      mean = config.reals("mean");
      variance = config.reals("variance");
    } else {
      mean = toFloats(call, "mean");
      variance = toFloats(call, "variance");
    }
    int[] dims = statistics(call, x, mean.length);
    float[] deviation = new float[variance.length];
    for (int i = 0; i < deviation.length; i++) {
      deviation[i] = (float) Math.max(Math.sqrt(variance[i]), 1e-7);
    }
    Value center = emit.constant("mean", mean, dims);
    if (config.flag("invert", false)) {
      return emit.add(emit.mul(x, emit.constant("deviation", deviation, dims)), center);
    }
    for (int i = 0; i < deviation.length; i++) {
      deviation[i] = 1 / deviation[i];
    }
    return emit.mul(emit.sub(x, center), emit.constant("inverse", deviation, dims));
  }

  private static float[] toFloats(LayerCall call, String name) {
    Tensor weight = call.weights().nextOrNull(name);
    if (weight == null) {
      throw OperandException.unsupported(
          "the file holds no %s for it; adapt the layer to data before saving", name);
    }
    return weight.toFloats();
  }

  /** Returns the shape in which the statistics broadcast over the input. */
  private static int[] statistics(LayerCall call, Value x, int count) {
    int rank = Emitter.rank(x);
    int[] dims = new int[rank];
    java.util.Arrays.fill(dims, 1);
    if (call.config().has("axis")) {
      for (int axis : call.config().integers("axis")) {
        int a = Emitter.axis(x, axis);
        dims[a] = Emitter.dim(x, a);
      }
    }
    if (Shape.elements(dims) != count) {
      // Broadcast statistics, such as one number for all channels.
      return count == 1 ? new int[0] : new int[] {count};
    }
    return dims;
  }

  private static Value resizing(LayerCall call) {
    Config config = call.config();
    String method = config.string("interpolation", "bilinear");
    Resizing.Fit fit =
        config.flag("crop_to_aspect_ratio", false)
            ? Resizing.Fit.CROP
            : config.flag("pad_to_aspect_ratio", false) ? Resizing.Fit.PAD : Resizing.Fit.STRETCH;
    return ConvolutionLayers.channelsLast(
        call,
        call.x(),
        x ->
            asBefore(
                call.emit(),
                x.type(),
                Resizing.fit(
                    call.emit(),
                    x,
                    config.integer("height"),
                    config.integer("width"),
                    method,
                    config.flag("antialias", false),
                    fit,
                    config.real("fill_value", 0)),
                !method.equals("bilinear") && !method.equals("area")));
  }

  /** Converts a resized image back to an integer type: rounds, and clamps to the type's range. */
  private static Value asBefore(Emitter emit, TensorType type, Value resized, boolean overshoots) {
    if (resized.type() == type) {
      return resized;
    }
    Value rounded = emit.node(new Round(), resized);
    Value bounded =
        overshoots && type == TensorType.UINT8 ? emit.min(emit.max(rounded, 0), 255) : rounded;
    return emit.cast(bounded, type);
  }

  private static Value centerCrop(LayerCall call) {
    int height = call.config().integer("height");
    int width = call.config().integer("width");
    return ConvolutionLayers.channelsLast(
        call, call.x(), x -> centerCrop(call.emit(), x, height, width));
  }

  private static Value centerCrop(Emitter emit, Value x, int height, int width) {
    int h = Emitter.dim(x, 1);
    int w = Emitter.dim(x, 2);
    if (h == Shape.DYNAMIC || w == Shape.DYNAMIC) {
      throw OperandException.unsupported(
          "cropping images of unknown size %s; fix it with --input_shape", x.shape());
    }
    if (h < height || w < width) {
      return Resizing.fit(emit, x, height, width, "bilinear", false, Resizing.Fit.CROP, 0);
    }
    int top = (h - height) / 2;
    int left = (w - width) / 2;
    return Resizing.crop(emit, x, top, left, height, width);
  }

  private static Value categoryEncoding(LayerCall call) {
    Value weights = call.tensor(1, "count_weights");
    return Lookups.encode(
        call.emit(),
        call.x(),
        call.config().string("output_mode", "multi_hot"),
        call.config().integer("num_tokens"),
        TensorType.FLOAT32,
        weights);
  }

  private static Value discretization(LayerCall call) {
    Emitter emit = call.emit();
    if (!call.config().has("bin_boundaries")) {
      throw OperandException.unsupported(
          "it has no boundaries; adapt the layer to data before saving");
    }
    List<Float> boundaries = new ArrayList<>();
    for (float boundary : call.config().reals("bin_boundaries")) {
      boundaries.add(boundary);
    }
    Value buckets = emit.node(new Bucketize(boundaries), call.floats());
    return Lookups.encode(
        emit,
        buckets,
        call.config().string("output_mode", "int"),
        boundaries.size() + 1,
        TensorType.FLOAT32,
        null);
  }

  private static Argument pipeline(LayerCall call) {
    Argument current = call.input();
    int index = 0;
    for (Config layer : call.config().objects("layers")) {
      String key = WeightKeys.snakeCase(layer.string("class_name"));
      current =
          call.importer()
              .part(
                  call,
                  layer,
                  call.weights().scope().part("layers", "").part(key, "" + index++),
                  List.of(current),
                  Map.of());
    }
    return current;
  }
}
