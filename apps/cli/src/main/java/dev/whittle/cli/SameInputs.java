package dev.whittle.cli;

import dev.whittle.evaluate.NamedModel;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Models that are compared on the same samples, whose inputs may have other names: a Keras file and
 * the SavedModel that was exported from it, for example.
 */
final class SameInputs {
  /**
   * Names that Keras numbers by creation: of input layers, and of their tensors in model.export.
   */
  private static final Pattern CREATED =
      Pattern.compile("(input_layer|keras_tensor)(_(?<number>\\d{1,9}))?");

  /** Names by the order of the model's inputs, as tf.saved_model.save of a Keras model has them. */
  private static final Pattern LISTED = Pattern.compile("inputs(_(?<number>\\d{1,9}))?");

  private SameInputs() {}

  /**
   * Returns a model with the input names of another one, if its own differ and the numbers of the
   * inputs and their shapes agree; reports that on standard error.
   *
   * @return the model itself if its inputs have the same names, or cannot be the same
   */
  static NamedModel like(NamedModel reference, NamedModel model) {
    Graph graph = model.model().mainGraph();
    boolean byCreation = isGenerated(reference.model()) && isGenerated(model.model());
    List<Integer> ids = inputs(model.model(), byCreation);
    List<Integer> expected = inputs(reference.model(), byCreation);
    if (ids.size() != expected.size()) {
      return model;
    }
    List<Value> values = new ArrayList<>(graph.values());
    List<String> renamed = new ArrayList<>();
    int inPlace = 0;
    int elsewhere = 0;
    for (int i = 0; i < ids.size(); i++) {
      Value wanted = reference.model().mainGraph().value(expected.get(i));
      List<String> names = ArchiveSamples.names(reference.model(), wanted);
      for (int id : ids) {
        List<String> own = ArchiveSamples.names(model.model(), graph.value(id));
        if (!Collections.disjoint(own, names)) {
          inPlace += id == ids.get(i) ? 1 : 0;
          elsewhere += id == ids.get(i) ? 0 : 1;
        }
      }
      Value value = graph.value(ids.get(i));
      if (!agree(wanted, value)) {
        return model;
      }
      values.set(value.id(), value.withName(names.getFirst()));
      renamed.add(
          "'%s' as '%s'"
              .formatted(ArchiveSamples.names(model.model(), value).getFirst(), names.getFirst()));
    }
    if (inPlace == ids.size() || elsewhere > 0) {
      return model;
    }
    System.err.printf(
        "%s: its inputs have other names than those of %s; taking, by their order, %s%n",
        model.name(), reference.name(), String.join(", ", renamed));
    Model other = model.model();
    List<Graph> graphs = new ArrayList<>(other.graphs());
    graphs.set(0, graph.withValues(values));
    return new NamedModel(
        model.name(), other.withGraphs(graphs), model.bytes(), model.zippedBytes());
  }

  /** Returns whether Keras generated the names of all inputs. */
  private static boolean isGenerated(Model model) {
    return model.mainGraph().inputs().stream().allMatch(id -> number(model, id, CREATED) >= 0);
  }

  /**
   * Returns the inputs in the order of the Keras model. A SavedModel sorts them as texts, so that
   * 10 precedes 9; their numbers tell the order in which they were created, as those in the Keras
   * file do, or the order of the model.
   *
   * @param byCreation whether the other model's inputs are in the order of their creation, too
   */
  private static List<Integer> inputs(Model model, boolean byCreation) {
    Pattern names = byCreation ? CREATED : LISTED;
    List<Integer> ids = new ArrayList<>(model.mainGraph().inputs());
    if (ids.stream().allMatch(id -> number(model, id, names) >= 0)) {
      ids.sort(Comparator.comparingInt(id -> number(model, id, names)));
    }
    return ids;
  }

  /** Returns the number in a generated name, 0 if it is left out; -1 for another name. */
  private static int number(Model model, int id, Pattern names) {
    Value value = model.mainGraph().value(id);
    Matcher matcher = names.matcher(ArchiveSamples.names(model, value).getFirst());
    if (!matcher.matches()) {
      return -1;
    }
    return matcher.group("number") == null ? 0 : Integer.parseInt(matcher.group("number"));
  }

  /** Returns whether two inputs may take the same samples. */
  private static boolean agree(Value a, Value b) {
    boolean isSameType =
        a.type() == b.type() || a.quantization() != null || b.quantization() != null;
    return isSameType
        && (a.shape().accepts(b.shape()) || b.shape().accepts(a.shape()) || sameWithoutBatch(a, b));
  }

  private static boolean sameWithoutBatch(Value a, Value b) {
    if (a.shape().rank() != b.shape().rank()) {
      return false;
    }
    for (int axis = 1; axis < a.shape().rank(); axis++) {
      int one = a.shape().dim(axis);
      int other = b.shape().dim(axis);
      if (one != other && one >= 0 && other >= 0) {
        return false;
      }
    }
    return true;
  }
}
