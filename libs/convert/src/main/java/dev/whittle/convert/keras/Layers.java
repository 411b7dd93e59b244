package dev.whittle.convert.keras;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What each class of layer and each operation becomes. */
final class Layers {
  /** Adds nodes for a call and returns what the call returns. */
  @FunctionalInterface
  interface Lowering {
    Argument lower(LayerCall call);
  }

  /** A lowering that gives one tensor. */
  @FunctionalInterface
  interface ValueLowering {
    dev.whittle.ir.Value lower(LayerCall call);
  }

  private final Map<String, Lowering> lowerings = new HashMap<>();

  static final Layers LAYERS = layers();
  static final Layers OPERATIONS = operations();

  private static Layers layers() {
    var table = new Layers();
    CoreLayers.register(table);
    ActivationLayers.register(table);
    ConvolutionLayers.register(table);
    PoolingLayers.register(table);
    NormalizationLayers.register(table);
    MergingLayers.register(table);
    ReshapingLayers.register(table);
    RecurrentLayers.register(table);
    AttentionLayers.register(table);
    PreprocessingLayers.register(table);
    SpectrogramLayers.register(table);
    TensorFlowCalls.register(table);
    return table;
  }

  private static Layers operations() {
    var table = new Layers();
    KerasOperations.register(table);
    return table;
  }

  /** A class whose results carry no mask, or one that its lowering states. */
  void put(String className, Lowering lowering) {
    lowerings.put(className, lowering);
  }

  /** A class with one result, which carries no mask. */
  void value(String className, ValueLowering lowering) {
    put(className, call -> Argument.of(lowering.lower(call)));
  }

  /** A class with one result, which carries the mask of the first argument. */
  void masked(String className, ValueLowering lowering) {
    put(className, call -> new Argument.OfTensor(lowering.lower(call), call.mask()));
  }

  @Nullable Lowering get(String className) {
    return lowerings.get(className);
  }

  Set<String> names() {
    return new TreeSet<>(lowerings.keySet());
  }
}
