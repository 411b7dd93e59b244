package dev.whittle.ir;

import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The verifier of models: ids are in range, every value has at most one producer, nodes come after
 * the producers of their inputs and have as many operands as their operator accepts, constants have
 * the size that type and shape need, and signatures and operators refer to graphs that exist.
 */
public final class GraphCheck {
  private static final int MAX_PROBLEMS = 20;

  private final Model model;
  private final List<String> problems = new ArrayList<>();

  /** The number of problems, including those beyond {@link #MAX_PROBLEMS}. */
  private int found;

  private GraphCheck(Model model) {
    this.model = model;
  }

  /** Returns the problems of a model, up to a limit; empty if it is valid. */
  public static List<String> problems(Model model) {
    var check = new GraphCheck(model);
    check.run();
    return check.problems;
  }

  /**
   * Checks a model built in memory.
   *
   * @throws InvalidGraphException if the model is invalid, with a list of the problems
   */
  public static void check(Model model) {
    List<String> problems = problems(model);
    if (!problems.isEmpty()) {
      throw new InvalidGraphException(String.join("\n", problems));
    }
  }

  private void add(String format, Object... args) {
    found++;
    if (problems.size() < MAX_PROBLEMS) {
      problems.add(String.format(java.util.Locale.ROOT, format, args));
    }
  }

  private void run() {
    if (model.graphs().isEmpty()) {
      add("the model has no graph");
    }
    for (Graph graph : model.graphs()) {
      String where = "graph '" + graph.name() + "'";
      if (checkIds(graph, where)) {
        checkOrder(graph);
      }
      graph.values().forEach(value -> checkValue(value, where));
    }
    model.signatures().forEach(this::checkSignature);
  }

  /** Returns whether all ids of the graph refer to values, which the other checks rely on. */
  private boolean checkIds(Graph graph, String where) {
    int before = found;
    checkIds(graph, graph.inputs(), false, where + " inputs");
    checkIds(graph, graph.outputs(), false, where + " outputs");
    for (int n = 0; n < graph.nodes().size(); n++) {
      Node node = graph.nodes().get(n);
      String location = where + " node " + n + " " + node.op().type().name();
      checkIds(graph, node.inputs(), true, location + " inputs");
      checkIds(graph, node.outputs(), false, location + " outputs");
      checkIds(graph, node.intermediates(), true, location + " intermediates");
      checkCounts(node, location);
      for (int subgraph : node.op().subgraphs()) {
        if (subgraph < 0 || subgraph >= model.graphs().size()) {
          add("%s: runs graph %d, but the model has %d", location, subgraph, model.graphs().size());
        }
      }
    }
    for (int i = 0; i < graph.values().size(); i++) {
      if (graph.value(i).id() != i) {
        add("%s: the value at index %d has id %d", where, i, graph.value(i).id());
      }
    }
    return found == before;
  }

  private void checkIds(Graph graph, List<Integer> ids, boolean mayBeAbsent, String location) {
    for (int id : ids) {
      boolean absent = id == Node.ABSENT && mayBeAbsent;
      if (!absent && (id < 0 || id >= graph.values().size())) {
        add("%s: refers to tensor %d of %d", location, id, graph.values().size());
      }
    }
  }

  private void checkCounts(Node node, String location) {
    OpType<?> type = node.op().type();
    int inputs = node.inputs().size();
    int outputs = node.outputs().size();
    if (inputs < type.minInputs() || inputs > type.maxInputs()) {
      add(
          "%s: has %d inputs; expected %s",
          location, inputs, range(type.minInputs(), type.maxInputs()));
    }
    if (outputs < type.minOutputs() || outputs > type.maxOutputs()) {
      add(
          "%s: has %d outputs; expected %s",
          location, outputs, range(type.minOutputs(), type.maxOutputs()));
    }
  }

  private static String range(int min, int max) {
    return min == max ? "" + min : max == OpType.MANY ? "at least " + min : min + " to " + max;
  }

  private void checkOrder(Graph graph) {
    BitSet available = new BitSet();
    BitSet produced = new BitSet();
    graph.inputs().forEach(available::set);
    BitSet computed = new BitSet();
    graph.nodes().forEach(node -> node.outputs().forEach(computed::set));
    for (Value value : graph.values()) {
      // Without a producer, a value is still readable: an empty constant, or an unused value.
      if (!computed.get(value.id())) {
        available.set(value.id());
      }
    }
    BitSet inputs = new BitSet();
    graph.inputs().forEach(inputs::set);
    for (int n = 0; n < graph.nodes().size(); n++) {
      checkNode(graph, n, inputs, available, produced);
    }
    for (int id : graph.outputs()) {
      if (!available.get(id)) {
        add("graph '%s': nothing computes output '%s'", graph.name(), graph.value(id).name());
      }
    }
  }

  private void checkNode(Graph graph, int n, BitSet inputs, BitSet available, BitSet produced) {
    Node node = graph.nodes().get(n);
    for (int id : node.inputs()) {
      if (id != Node.ABSENT && !available.get(id)) {
        add(
            "%s: input '%s' is used before it is computed",
            graph.describe(n), graph.value(id).name());
      }
    }
    for (int id : node.outputs()) {
      Value output = graph.value(id);
      if (produced.get(id)) {
        add("%s: '%s' is computed twice", graph.describe(n), output.name());
      } else if (output.isConstant()) {
        add("%s: computes the constant '%s'", graph.describe(n), output.name());
      } else if (inputs.get(id)) {
        add("%s: computes the graph input '%s'", graph.describe(n), output.name());
      }
      produced.set(id);
      available.set(id);
    }
  }

  private void checkValue(Value value, String where) {
    String location = where + " tensor " + value.id() + " '" + value.name() + "'";
    if (!value.initialShape().isStatic()) {
      add("%s: initial shape %s is not static", location, value.initialShape());
      return;
    }
    Quantization quantization = value.quantization();
    if (quantization != null) {
      checkQuantization(quantization, value, location);
    }
    long elements;
    try {
      elements = value.initialShape().elements();
      value.type().byteSize(elements);
    } catch (ArithmeticException e) {
      add("%s: shape %s is too large", location, value.initialShape());
      return;
    }
    Constant data = value.data();
    if (data != null && value.sparsity() == null) {
      checkSize(value, elements, data, location);
    }
  }

  private void checkSize(Value value, long elements, Constant data, String location) {
    if (!value.type().hasFixedSize()) {
      // Strings are checked when they are read; here only that the bytes can hold so many.
      if (elements > data.byteSize()) {
        add("%s: %d elements in %d bytes", location, elements, data.byteSize());
      }
      return;
    }
    long needed = value.type().byteSize(elements);
    if (needed != data.byteSize()) {
      add(
          "%s: %s %s needs %d bytes, its buffer has %d",
          location, value.type(), value.initialShape(), needed, data.byteSize());
    }
  }

  private void checkQuantization(Quantization quantization, Value value, String location) {
    int scales = quantization.scale().size();
    int zeroPoints = quantization.zeroPoint().size();
    if (zeroPoints > 1 && zeroPoints != scales) {
      add("%s: %d scales but %d zero points", location, scales, zeroPoints);
    }
    for (long zeroPoint : quantization.zeroPoint()) {
      if (zeroPoint != (int) zeroPoint) {
        add("%s: zero point %d does not fit into 32 bits", location, zeroPoint);
      }
    }
    if (scales > 1) {
      Shape shape = value.initialShape();
      int axis = quantization.axis();
      if (axis < 0 || axis >= shape.rank() || shape.dim(axis) != scales) {
        add("%s: %d scales along axis %d of %s", location, scales, axis, shape);
      }
    }
  }

  private void checkSignature(Signature signature) {
    String location = "signature '" + signature.key() + "'";
    if (signature.graph() < 0 || signature.graph() >= model.graphs().size()) {
      add("%s: refers to graph %d of %d", location, signature.graph(), model.graphs().size());
      return;
    }
    int values = model.graphs().get(signature.graph()).values().size();
    for (List<Signature.Port> ports : List.of(signature.inputs(), signature.outputs())) {
      for (Signature.Port port : ports) {
        if (port.value() < 0 || port.value() >= values) {
          add("%s: '%s' refers to tensor %d of %d", location, port.name(), port.value(), values);
        }
      }
    }
  }
}
