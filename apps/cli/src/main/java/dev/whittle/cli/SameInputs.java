package dev.whittle.cli;

import dev.whittle.evaluate.NamedModel;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Models that are compared on the same samples, whose inputs may have other names: a Keras file and
 * the SavedModel that was exported from it, for example.
 */
final class SameInputs {
  private SameInputs() {}

  /**
   * Returns a model with the input names of another one, if its own differ and the numbers of the
   * inputs and their shapes agree; reports that on standard error.
   *
   * @return the model itself if its inputs have the same names, or cannot be the same
   */
  static NamedModel like(NamedModel reference, NamedModel model) {
    Graph graph = model.model().mainGraph();
    List<Integer> ids = graph.inputs();
    List<Integer> expected = reference.model().mainGraph().inputs();
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
