package dev.whittle.train;

import dev.whittle.convert.fuse.Fusing;
import dev.whittle.convert.keras.KerasImporter;
import dev.whittle.convert.keras.TrainableKeras;
import dev.whittle.convert.keras.TrainingImport;
import dev.whittle.convert.keras.file.KerasFile;
import dev.whittle.convert.keras.file.KerasOutput;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.Signature;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.train.network.Loss;
import dev.whittle.train.network.Network;
import dev.whittle.train.network.Optimizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model that can be trained. A model from a Keras file keeps batch normalization and dropout as
 * layers, and can be saved as a Keras file. A model from a {@code .tflite} file is trained in its
 * deployed form, with batch normalization folded into weights. Immutable.
 */
public final class TrainableModel {
  private final Model model;
  private final List<Network.Weights> weights;
  private final @Nullable Source source;

  /** The Keras file of a model. */
  private record Source(Path file, TrainableKeras keras) {}

  private TrainableModel(Model model, List<Network.Weights> weights, @Nullable Source source) {
    this.model = model;
    this.weights = List.copyOf(weights);
    this.source = source;
  }

  /**
   * Reads a Keras model. The file must still exist when the model is saved as a Keras file.
   *
   * @throws UnsupportedModelException if layers cannot be lowered, or share weights in a way that
   *     cannot be trained; the message names all of them
   * @throws IOException if the file cannot be read
   */
  public static TrainableModel fromKerasModel(Path file) throws IOException {
    return fromKerasModel(file, Map.of());
  }

  /**
   * Reads a Keras model with other input shapes.
   *
   * @param inputShapes the shapes of inputs by name, in place of those in the file
   * @throws UnsupportedModelException if layers cannot be lowered, or share weights in a way that
   *     cannot be trained; the message names all of them
   * @throws IOException if the file cannot be read
   */
  public static TrainableModel fromKerasModel(Path file, Map<String, Shape> inputShapes)
      throws IOException {
    try (KerasFile open = KerasFile.open(file)) {
      TrainableKeras keras = KerasImporter.importForTraining(open, inputShapes);
      TrainingImport imported = keras.imported();
      return new TrainableModel(imported.model(), grouped(imported), new Source(file, keras));
    }
  }

  /** Groups the constants that hold the same weights of the file. */
  private static List<Network.Weights> grouped(TrainingImport imported) {
    Map<TrainingImport.Elements, List<Integer>> groups = new LinkedHashMap<>();
    Set<TrainingImport.Elements> frozen = new LinkedHashSet<>();
    for (TrainingImport.Weight weight : imported.weights()) {
      groups.computeIfAbsent(weight.elements(), k -> new ArrayList<>()).add(weight.value());
      if (!weight.trainable()) {
        frozen.add(weight.elements());
      }
    }
    List<UnsupportedModelException.Item> shared = new ArrayList<>();
    var seen = new BitSet();
    List<Network.Weights> weights = new ArrayList<>();
    groups.forEach(
        (elements, ids) -> {
          BitSet own = elements.sources();
          if (own.intersects(seen)) {
            shared.add(
                new UnsupportedModelException.Item(
                    "training of '"
                        + imported.model().mainGraph().value(ids.getFirst()).name()
                        + "'",
                    "another layer uses the same weights in a different layout",
                    "freeze the layers, or give them separate weights"));
          }
          seen.or(own);
          weights.add(new Network.Weights(ids, !frozen.contains(elements)));
        });
    if (!shared.isEmpty()) {
      throw new UnsupportedModelException(shared);
    }
    return weights;
  }

  /**
   * Reads a {@code .tflite} file.
   *
   * @throws IOException if the file cannot be read
   */
  public static TrainableModel fromTfliteModel(Path file) throws IOException {
    return of(TfliteReader.read(file));
  }

  /** Returns a trainable form of a model. Its float weights and biases are trained. */
  public static TrainableModel of(Model model) {
    Graph graph = model.mainGraph();
    Set<Integer> ids = new LinkedHashSet<>();
    for (Node node : graph.nodes()) {
      QuantizationRule rule = node.op().quantizationRule();
      Set<Integer> indices = new LinkedHashSet<>(rule.stored());
      indices.add(rule.weights());
      indices.add(rule.bias());
      for (int i : indices) {
        int id = i >= 0 && i < node.inputs().size() ? node.inputs().get(i) : Node.ABSENT;
        if (id != Node.ABSENT && isFloatConstant(graph.value(id))) {
          ids.add(id);
        }
      }
    }
    return new TrainableModel(
        model, ids.stream().map(id -> new Network.Weights(List.of(id), true)).toList(), null);
  }

  private static boolean isFloatConstant(Value value) {
    return value.type() == TensorType.FLOAT32 && value.contents() != null && !value.isVariable();
  }

  /** Returns the model in its trained form, in which batch normalization is not folded. */
  public Model model() {
    return model;
  }

  /** Returns the model in its deployed form, in which layers are fused. */
  public Model deployed() {
    return source == null ? model : Fusing.fuse(model).model();
  }

  /** Returns the differences from training in Keras, such as regularizers that are ignored. */
  public List<String> warnings() {
    return source == null ? List.of() : source.keras.imported().warnings();
  }

  /** Returns the number of trainable weights; moving averages are not counted. */
  public long parameters() {
    Set<Integer> statistics = new LinkedHashSet<>();
    normalizations().forEach(n -> statistics.addAll(List.of(n.mean(), n.variance())));
    return weights.stream()
        .filter(w -> w.trainable() && !statistics.contains(w.values().getFirst()))
        .mapToLong(w -> model.mainGraph().value(w.values().getFirst()).initialShape().elements())
        .sum();
  }

  List<Network.Weights> weights() {
    return weights;
  }

  List<TrainingImport.BatchNormalization> normalizations() {
    return source == null ? List.of() : source.keras.imported().normalizations();
  }

  Map<Integer, TrainingImport.Noise> noises() {
    return source == null ? Map.of() : source.keras.imported().noises();
  }

  /** Returns the same model with other weights, by the id of the constant. */
  TrainableModel with(Map<Integer, float[]> contents) {
    return new TrainableModel(TrainingImport.withContents(model, contents), weights, source);
  }

  /**
   * Writes a copy of the model's Keras file with the present weights.
   *
   * @param target the file to write
   * @throws UnsupportedModelException if the model does not come from a Keras file, or the file
   *     stores weights in a form that cannot be replaced
   * @throws IOException if a file cannot be read or written
   */
  public void saveKeras(Path target) throws IOException {
    Source from = source;
    if (from == null) {
      throw new UnsupportedModelException(
          "writing a Keras file",
          "the model was trained in its deployed form, in which layers are fused",
          "write it as .tflite or as a SavedModel");
    }
    KerasOutput.replaceVariables(from.file, from.keras.variables(model), target);
  }

  /**
   * Returns the model as a TensorFlow network, which the caller closes.
   *
   * @param loss the loss that {@link Network#infer} returns; null if only outputs are needed
   * @param optimizer the optimizer; null if the network is not trained
   * @throws UnsupportedModelException if TensorFlow is not available or operators cannot be trained
   */
  public Network network(@Nullable Loss loss, @Nullable Optimizer optimizer) {
    return new Network(
        new Network.Definition(
            model.mainGraph(),
            weights,
            normalizations(),
            noises(),
            Map.of(),
            null,
            loss,
            optimizer,
            model.mainGraph().outputs().getFirst(),
            0));
  }

  /**
   * Writes a SavedModel with the model's first signature.
   *
   * @param folder the folder to create
   * @throws IOException if the folder cannot be written
   */
  public void saveSavedModel(Path folder) throws IOException {
    Signature signature = model.signatures().getFirst();
    try (Network network = network(null, null)) {
      network.export(folder, signature);
    }
  }
}
