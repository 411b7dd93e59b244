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
 * A model whose weights can be trained. One that comes from a Keras file keeps the layers that do
 * something else in training, and leads back to a Keras file. One that comes from a {@code .tflite}
 * file is trained as it will be deployed, with batch normalization folded into weights. Immutable.
 */
public final class TrainableModel {
  private final Model model;
  private final List<Network.Weights> weights;
  private final @Nullable Source source;

  /** The Keras file that a model comes from. */
  private record Source(Path file, TrainableKeras keras) {}

  private TrainableModel(Model model, List<Network.Weights> weights, @Nullable Source source) {
    this.model = model;
    this.weights = List.copyOf(weights);
    this.source = source;
  }

  /**
   * Reads a Keras model, which must stay where it is to be written back.
   *
   * @throws UnsupportedModelException listing every layer that cannot be lowered, or weights that
   *     layers share in ways that cannot be trained
   * @throws IOException if the file cannot be read
   */
  public static TrainableModel fromKerasModel(Path file) throws IOException {
    return fromKerasModel(file, Map.of());
  }

  /**
   * Reads a Keras model.
   *
   * @param inputShapes shapes of inputs by name, in place of those in the file
   */
  public static TrainableModel fromKerasModel(Path file, Map<String, Shape> inputShapes)
      throws IOException {
    try (KerasFile open = KerasFile.open(file)) {
      TrainableKeras keras = KerasImporter.importForTraining(open, inputShapes);
      TrainingImport imported = keras.imported();
      return new TrainableModel(imported.model(), grouped(imported), new Source(file, keras));
    }
  }

  /** Constants that are the same weights of the file stay the same. */
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
                    "another layer uses these weights in another arrangement",
                    "freeze the layers or give them weights of their own"));
          }
          seen.or(own);
          weights.add(new Network.Weights(ids, !frozen.contains(elements)));
        });
    if (!shared.isEmpty()) {
      throw new UnsupportedModelException(shared);
    }
    return weights;
  }

  /** Reads a {@code .tflite} file. */
  public static TrainableModel fromTfliteModel(Path file) throws IOException {
    return of(TfliteReader.read(file));
  }

  /** A model with float weights; what its operators use as weights and biases is trained. */
  public static TrainableModel of(Model model) {
    Graph graph = model.mainGraph();
    Set<Integer> ids = new LinkedHashSet<>();
    for (Node node : graph.nodes()) {
      QuantizationRule rule = node.op().quantizationRule();
      Set<Integer> places = new LinkedHashSet<>(rule.stored());
      places.add(rule.weights());
      places.add(rule.bias());
      for (int place : places) {
        int id =
            place >= 0 && place < node.inputs().size() ? node.inputs().get(place) : Node.ABSENT;
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

  /** The model as it is trained, with nothing folded that is trained apart. */
  public Model model() {
    return model;
  }

  /** The model as it is deployed. */
  public Model deployed() {
    return source == null ? model : Fusing.fuse(model).model();
  }

  /** What training does otherwise than Keras would. */
  public List<String> warnings() {
    return source == null ? List.of() : source.keras.imported().warnings();
  }

  /** How many numbers training changes. */
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

  /** The same model with other weights, by the constant's id. */
  TrainableModel with(Map<Integer, float[]> contents) {
    return new TrainableModel(TrainingImport.withContents(model, contents), weights, source);
  }

  /**
   * Writes the Keras file that the model comes from with the weights that it has now.
   *
   * @throws UnsupportedModelException if it does not come from a Keras file, or the file keeps its
   *     weights in a form that cannot be replaced
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
   * The model in TensorFlow, to run it there.
   *
   * @param loss that {@link Network#infer} tells; null where only outputs count
   * @param optimizer null where it is not to be trained
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

  /** Writes a SavedModel with the signature {@code serving_default} into a folder. */
  public void saveSavedModel(Path folder) throws IOException {
    Signature signature = model.signatures().getFirst();
    try (Network network = network(null, null)) {
      network.export(folder, signature);
    }
  }
}
