package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.KerasFile;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A Keras model for training, with the mapping of its constants to the file's variables. */
public final class TrainableKeras {
  private static final int OTHER_SHIFT = TaggedWeights.MAX_ELEMENTS;

  private final TrainingImport imported;
  private final List<TrainingImport.Variable> variables;

  private TrainableKeras(TrainingImport imported, List<TrainingImport.Variable> variables) {
    this.imported = imported;
    this.variables = variables;
  }

  static TrainableKeras of(KerasFile file, Map<String, Shape> inputShapes) {
    var notes = new TrainingNotes();
    Model model =
        KerasImporter.importForTraining(file.model(), file.weights(), inputShapes, notes).model();
    var first = new TaggedWeights(file.weights(), 0);
    var second = new TaggedWeights(file.weights(), OTHER_SHIFT);
    Graph one = tagged(file, first, inputShapes);
    Graph other = tagged(file, second, inputShapes);
    List<TrainingImport.Weight> weights = new ArrayList<>();
    Set<Integer> used = new HashSet<>();
    model.mainGraph().nodes().forEach(node -> used.addAll(node.inputs()));
    for (int id = 0; id < one.values().size(); id++) {
      if (!used.contains(id)) {
        // Lowering replaced the constant.
        continue;
      }
      Tensor tags = floats(one.value(id));
      Tensor otherTags = floats(other.value(id));
      if (tags == null || otherTags == null) {
        continue;
      }
      Value value = model.mainGraph().value(id);
      int[] sources = new int[Math.toIntExact(tags.elements())];
      int found = 0;
      boolean computed = false;
      for (int i = 0; i < sources.length; i++) {
        sources[i] = first.element(Float.floatToRawIntBits(tags.getFloat(i)));
        int same = second.element(Float.floatToRawIntBits(otherTags.getFloat(i)));
        boolean fixed = tags.getFloat(i) == otherTags.getFloat(i);
        computed |= sources[i] >= 0 ? sources[i] != same : !fixed;
        found += sources[i] >= 0 ? 1 : 0;
      }
      if (computed) {
        notes.warnings.add(
            "'%s' is computed from weights and is not trained".formatted(value.name()));
      } else if (found > 0) {
        boolean frozen = notes.isFrozen(first.place(firstOf(sources)));
        weights.add(new TrainingImport.Weight(id, !frozen, new TrainingImport.Elements(sources)));
      }
    }
    return new TrainableKeras(
        new TrainingImport(
            model, weights, notes.normalizations, notes.noises, List.copyOf(notes.warnings)),
        first.variables());
  }

  private static Graph tagged(
      KerasFile file, TaggedWeights weights, Map<String, Shape> inputShapes) {
    return KerasImporter.importForTraining(file.model(), weights, inputShapes, new TrainingNotes())
        .model()
        .mainGraph();
  }

  private static @Nullable Tensor floats(Value value) {
    return value.type() == TensorType.FLOAT32 ? value.contents() : null;
  }

  private static int firstOf(int[] sources) {
    for (int source : sources) {
      if (source >= 0) {
        return source;
      }
    }
    throw new IllegalArgumentException("no weights");
  }

  /** Returns the model to train. */
  public TrainingImport imported() {
    return imported;
  }

  /**
   * Returns the file's variables after training.
   *
   * @param trained the model to train, with other contents of its constants
   * @return contents by the variable's name in the file
   */
  public Map<String, float[]> variables(Model trained) {
    return imported.collect(trained, variables);
  }
}
