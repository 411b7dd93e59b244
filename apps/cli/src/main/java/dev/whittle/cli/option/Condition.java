package dev.whittle.cli.option;

/** A condition under which options have an effect; the text names what is missing. */
public enum Condition {
  SAVED_MODEL("a SavedModel (--saved_model_dir)"),
  FROZEN_GRAPH("a frozen graph (--graph_def_file)"),
  GRAPH("a SavedModel (--saved_model_dir) or a frozen graph (--graph_def_file)"),
  TENSORFLOW_MODEL("a model of TensorFlow or Keras, not --knn_data"),
  KERAS_MODEL("a Keras model (--keras_model_file)"),
  KNN_DATA("--knn_data"),
  TABLE("a table of labeled points"),
  QUANTIZATION("--quantize or --recipe"),
  AUTOMATIC("--quantize auto"),
  RECIPE("a recipe: --recipe, or --quantize with another mode than auto"),
  INTEGER_WEIGHTS("weights in integers, such as --quantize dynamic"),
  WEIGHTS_ONLY("--quantize weights_int8 or weights_int4"),
  INTEGER_ACTIVATIONS("activations in integers: --quantize int8 or int16x8"),
  CALIBRATION("a mode that needs data: --quantize int8, int16x8, weights_int4 or auto"),
  REPRESENTATIVE_DATA("--representative_data"),
  CLUSTERS("--cluster"),
  RANDOM_CLUSTERS("--cluster with --cluster_start kmeans++"),
  PRUNING_OR_CLUSTERS("--prune or --cluster"),
  THREADS("an engine with threads; the engine reference has one"),
  PLAN("an engine that shows its plan: fast or reference"),
  RANDOM_POINTS("--samples"),
  NO_DATA_FILE("random points, not --data");

  private final String needed;

  Condition(String needed) {
    this.needed = needed;
  }

  /** Returns what an option with this condition needs, as a noun phrase. */
  public String needed() {
    return needed;
  }
}
