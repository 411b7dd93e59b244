package dev.whittle.train.network;

import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.family.TType;

/** The variables of a TensorFlow graph, which hold the state of a network. */
final class Variables {
  /**
   * A variable.
   *
   * @param output the value of the variable
   * @param feed the placeholder of a new value
   * @param assign the operation that assigns the fed value
   */
  record Entry(
      String name,
      Output<?> output,
      Output<?> feed,
      Output<?> assign,
      TensorType type,
      Shape shape) {}

  private final TensorFlowOps ops;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<String, Tensor> initial = new LinkedHashMap<>();

  Variables(TensorFlowOps ops) {
    this.ops = ops;
  }

  /** Adds a variable with an initial value. */
  Output<?> create(String name, Tensor contents) {
    Output<?> variable =
        ops.tf()
            .withName(name)
            .variable(TensorFlowOps.shape(contents.dims()), TensorFlowTypes.type(contents.type()))
            .asOutput();
    Output<?> feed =
        ops.tf()
            .placeholder(
                TensorFlowTypes.type(contents.type()),
                Placeholder.shape(TensorFlowOps.shape(contents.dims())))
            .asOutput();
    Output<?> assign = ops.assign(variable, feed);
    entries.put(name, new Entry(name, variable, feed, assign, contents.type(), contents.shape()));
    initial.put(name, contents);
    return variable;
  }

  boolean has(String name) {
    return entries.containsKey(name);
  }

  Entry entry(String name) {
    return Objects.requireNonNull(entries.get(name));
  }

  /** Returns the names of all variables, in the order of their creation. */
  Set<String> names() {
    return entries.keySet();
  }

  /** Sets all variables to their initial values. */
  void initialize(Session session) {
    initial.forEach((name, contents) -> set(session, name, contents));
    initial.clear();
  }

  void set(Session session, String name, Tensor contents) {
    Entry entry = entry(name);
    try (TType tensor = toTensorFlow(contents)) {
      session.runner().feed(entry.feed, tensor).addTarget(entry.assign).run().close();
    }
  }

  Tensor get(Session session, String name) {
    Entry entry = entry(name);
    try (Result result = session.runner().fetch(entry.output).run()) {
      return toTensor(result.get(0), entry.type);
    }
  }

  /** Returns the contents of all variables by name. */
  Map<String, Tensor> all(Session session) {
    Session.Runner runner = session.runner();
    entries.values().forEach(e -> runner.fetch(e.output));
    Map<String, Tensor> contents = new LinkedHashMap<>();
    try (Result result = runner.run()) {
      int i = 0;
      for (Entry entry : entries.values()) {
        contents.put(entry.name, toTensor(result.get(i++), entry.type));
      }
    }
    return contents;
  }

  static TType toTensorFlow(Tensor tensor) {
    byte[] bytes = tensor.data().toArray(ValueLayout.JAVA_BYTE);
    return org.tensorflow.Tensor.of(
        TensorFlowTypes.type(tensor.type()),
        TensorFlowOps.shape(tensor.dims()),
        DataBuffers.of(bytes, true, false));
  }

  static Tensor toTensor(org.tensorflow.Tensor tensor, TensorType type) {
    long[] dims = tensor.shape().asArray();
    int[] shape = new int[dims == null ? 0 : dims.length];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = Math.toIntExact(Objects.requireNonNull(dims)[i]);
    }
    byte[] bytes = new byte[Math.toIntExact(tensor.numBytes())];
    tensor.asRawTensor().data().read(bytes);
    return new Tensor(type, shape, null, MemorySegment.ofArray(bytes));
  }
}
