package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.WeightStore;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.json.Config;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The notes of an import about layers that behave differently in training. */
final class TrainingNotes {
  private static final List<String> PENALTIES =
      List.of(
          "kernel_regularizer",
          "bias_regularizer",
          "activity_regularizer",
          "depthwise_regularizer",
          "pointwise_regularizer",
          "embeddings_regularizer",
          "kernel_constraint",
          "bias_constraint");

  final List<TrainingImport.BatchNormalization> normalizations = new ArrayList<>();
  final Map<Integer, TrainingImport.Noise> noises = new HashMap<>();
  final Set<String> frozenPlaces = new LinkedHashSet<>();
  final Set<String> warnings = new LinkedHashSet<>();

  /** Notes the options of a layer's configuration that affect training. */
  void layer(String description, Config config, WeightStore.Scope weights) {
    if (!config.flag("trainable", true)) {
      frozenPlaces.add(weights.place());
    }
    for (String penalty : PENALTIES) {
      if (config.has(penalty)) {
        warnings.add("%s: its %s is not applied".formatted(description, penalty));
      }
    }
  }

  boolean isFrozen(String place) {
    return frozenPlaces.stream().anyMatch(place::startsWith);
  }

  /**
   * Marks a value to which training applies noise, by a multiplication by 1 that can be dropped.
   *
   * @return the product
   */
  Value noise(LayerCall call, TrainingImport.Noise noise) {
    Value x = call.floats();
    Value marked = call.emit().node(new Mul(Activation.NONE), x, call.emit().scalar(1f));
    noises.put(marked.id(), noise);
    return marked;
  }

  /** Lowers a layer that affects training only. */
  static Value trainingOnly(LayerCall call) {
    TrainingNotes notes = call.importer().trainingNotes();
    TrainingImport.Noise noise = notes == null ? null : noise(call, notes);
    return notes == null || noise == null || !(noise.amount() > 0)
        ? call.x()
        : notes.noise(call, noise);
  }

  private static TrainingImport.@Nullable Noise noise(LayerCall call, TrainingNotes notes) {
    Config config = call.config();
    return switch (call.className()) {
      case "Dropout" -> {
        if (config.has("noise_shape")) {
          notes.warnings.add(call.describe() + ": its noise_shape is not applied");
        }
        yield dropout(config, List.of());
      }
      case "SpatialDropout1D" -> dropout(config, List.of(1));
      case "SpatialDropout2D" -> dropout(config, spatial(call, 2));
      case "SpatialDropout3D" -> dropout(config, spatial(call, 3));
      case "GaussianNoise" ->
          new TrainingImport.Noise(
              TrainingImport.Noise.Kind.GAUSSIAN, config.real("stddev", 0), List.of());
      case "GaussianDropout" -> {
        float rate = config.real("rate", 0);
        yield new TrainingImport.Noise(
            TrainingImport.Noise.Kind.GAUSSIAN_FACTOR,
            (float) Math.sqrt(rate / (1 - rate)),
            List.of());
      }
      case "Identity" -> null;
      default -> {
        notes.warnings.add(call.describe() + ": has no effect in training");
        yield null;
      }
    };
  }

  private static TrainingImport.Noise dropout(Config config, List<Integer> sharedAxes) {
    return new TrainingImport.Noise(
        TrainingImport.Noise.Kind.DROPOUT, config.real("rate", 0), sharedAxes);
  }

  private static List<Integer> spatial(LayerCall call, int axes) {
    List<Integer> shared = new ArrayList<>();
    for (int i = 0; i < axes; i++) {
      shared.add(call.channelsFirst() ? i + 2 : i + 1);
    }
    return shared;
  }
}
