package dev.whittle.runtime;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.session.NodeTimer;
import dev.whittle.runtime.session.PlannedNode;
import dev.whittle.runtime.session.Session;
import dev.whittle.runtime.session.TensorObserver;
import dev.whittle.tflite.TfliteReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An interpreter of a {@code .tflite} model. Its methods are named as those of {@code
 * org.tensorflow.lite.Interpreter}. {@link #run} copies arguments in and results out; {@link
 * #getInputTensor}, {@link #invoke} and {@link #getOutputTensor} access tensors without copies.
 *
 * <p>All methods of a closed interpreter that access tensors or run the model throw {@link
 * IllegalStateException}. Methods that plan or run a graph throw {@link
 * dev.whittle.ir.ModelException} if the model is malformed, or if it needs an operator, a kernel or
 * an amount of memory that the engine does not have.
 *
 * <p>Thread safety: methods are synchronized, so several threads may share an interpreter and take
 * turns. Tensors are views of its memory and are not synchronized: threads that access them need
 * their own coordination, or an interpreter each. Interpreters of one {@link Model} share its
 * constants and its packed weights.
 */
public final class Interpreter implements AutoCloseable {
  private final Model model;
  private final Session session;
  private long lastInferenceNanoseconds = -1;
  private boolean closed;

  private Interpreter(Model model, Session session) {
    this.model = model;
    this.session = session;
  }

  /**
   * Opens a file with the default options.
   *
   * @throws IOException if the file cannot be read
   * @throws dev.whittle.ir.ModelException if the model is malformed or not supported
   */
  public static Interpreter of(Path file) throws IOException {
    return of(file, InterpreterOptions.DEFAULT);
  }

  /**
   * Opens a file. The file is mapped into memory and must not change while the interpreter is in
   * use.
   *
   * @throws IOException if the file cannot be read
   * @throws dev.whittle.ir.ModelException if the model is malformed or not supported
   * @throws IllegalArgumentException if the engine is unknown
   */
  public static Interpreter of(Path file, InterpreterOptions options) throws IOException {
    MemorySegment mapped = TfliteReader.map(file);
    return of(TfliteReader.read(mapped, file.toString()), mapped, options);
  }

  /**
   * Opens the bytes of a file with the default options.
   *
   * @param file the bytes, which must not change while the interpreter is in use
   * @throws dev.whittle.ir.ModelException if the model is malformed or not supported
   */
  public static Interpreter of(byte[] file) {
    return of(file, InterpreterOptions.DEFAULT);
  }

  /**
   * Opens the bytes of a file.
   *
   * @param file the bytes, which must not change while the interpreter is in use
   * @throws dev.whittle.ir.ModelException if the model is malformed or not supported
   * @throws IllegalArgumentException if the engine is unknown
   */
  public static Interpreter of(byte[] file, InterpreterOptions options) {
    return of(TfliteReader.read(file), MemorySegment.ofArray(file), options);
  }

  /**
   * Opens a model with the default options.
   *
   * @throws dev.whittle.ir.UnsupportedModelException naming every node that the engine cannot run
   */
  public static Interpreter of(Model model) {
    return of(model, InterpreterOptions.DEFAULT);
  }

  /**
   * Opens a model.
   *
   * @throws dev.whittle.ir.UnsupportedModelException naming every node that the engine cannot run
   * @throws IllegalArgumentException if the engine is unknown
   */
  public static Interpreter of(Model model, InterpreterOptions options) {
    return of(model, null, options);
  }

  private static Interpreter of(
      Model model, @Nullable MemorySegment file, InterpreterOptions options) {
    Engine engine = Engines.named(options.engine());
    return new Interpreter(model, engine.open(model, file, options));
  }

  /** Returns the model. */
  public Model model() {
    return model;
  }

  /** Returns the number of inputs of the main graph. */
  public int getInputTensorCount() {
    return model.mainGraph().inputs().size();
  }

  /** Returns the number of outputs of the main graph. */
  public int getOutputTensorCount() {
    return model.mainGraph().outputs().size();
  }

  /**
   * Returns the index of an input of the main graph.
   *
   * @param name the name of the tensor, or the input's name in a signature of the main graph
   * @throws IllegalArgumentException if there is no such input
   */
  public int getInputIndex(String name) {
    return index(name, model.mainGraph().inputs(), Signature::inputs, "input");
  }

  /**
   * Returns the index of an output of the main graph.
   *
   * @param name the name of the tensor, or the output's name in a signature of the main graph
   * @throws IllegalArgumentException if there is no such output
   */
  public int getOutputIndex(String name) {
    return index(name, model.mainGraph().outputs(), Signature::outputs, "output");
  }

  private int index(
      String name,
      List<Integer> ids,
      Function<Signature, List<Signature.Port>> ports,
      String what) {
    Graph graph = model.mainGraph();
    for (int i = 0; i < ids.size(); i++) {
      if (graph.value(ids.get(i)).name().equals(name)) {
        return i;
      }
    }
    for (Signature signature : model.signatures()) {
      if (signature.graph() == 0) {
        for (Signature.Port port : ports.apply(signature)) {
          if (port.name().equals(name) && ids.contains(port.value())) {
            return ids.indexOf(port.value());
          }
        }
      }
    }
    throw new IllegalArgumentException(
        "unknown %s '%s'; the model has: %s"
            .formatted(
                what,
                name,
                ids.stream().map(id -> graph.value(id).name()).collect(Collectors.joining(", "))));
  }

  /**
   * Returns a view of an input of the main graph, to be filled before {@link #invoke}. Allocates
   * the tensors if necessary. The view is valid until an input is resized.
   *
   * @param index from 0 to {@link #getInputTensorCount} - 1
   * @throws IllegalArgumentException if there is no such input
   */
  public synchronized Tensor getInputTensor(int index) {
    requireOpen();
    return session.tensor(0, inputId(index));
  }

  /**
   * Returns a view of an output of the main graph, which holds the result after {@link #invoke}.
   * The view is valid until the next invocation, or until an input is resized.
   *
   * @param index from 0 to {@link #getOutputTensorCount} - 1
   * @throws IllegalArgumentException if there is no such output
   */
  public synchronized Tensor getOutputTensor(int index) {
    requireOpen();
    List<Integer> outputs = model.mainGraph().outputs();
    return session.tensor(0, outputs.get(checkIndex(index, outputs.size(), "output")));
  }

  private int inputId(int index) {
    List<Integer> inputs = model.mainGraph().inputs();
    return inputs.get(checkIndex(index, inputs.size(), "input"));
  }

  private static int checkIndex(int index, int count, String what) {
    if (index < 0 || index >= count) {
      throw new IllegalArgumentException(
          "%s index %d is out of range; the model has %d %ss".formatted(what, index, count, what));
    }
    return index;
  }

  /**
   * Changes the shape of an input of the main graph, whatever shape the model declares.
   *
   * @param dims the new dimensions, each 0 or more
   * @throws IllegalArgumentException if there is no such input, or a dimension is negative
   */
  public void resizeInput(int index, int[] dims) {
    resizeInput(index, dims, false);
  }

  /**
   * Changes the shape of an input of the main graph.
   *
   * @param dims the new dimensions, each 0 or more
   * @param strict whether only dimensions that the model declares dynamic may change
   * @throws IllegalArgumentException if there is no such input, or a dimension is negative or must
   *     not change
   */
  public synchronized void resizeInput(int index, int[] dims, boolean strict) {
    requireOpen();
    resize(0, checkIndex(index, getInputTensorCount(), "input"), dims, strict);
  }

  private void resize(int graph, int input, int[] dims, boolean strict) {
    Graph g = model.graphs().get(graph);
    Value value = g.value(g.inputs().get(input));
    Shape shape = Shape.of(dims);
    if (!shape.isStatic()) {
      throw new IllegalArgumentException(
          "cannot resize input '%s' to %s; expected dimensions of 0 or more"
              .formatted(value.name(), shape));
    }
    if (strict && !value.shape().accepts(shape)) {
      throw new IllegalArgumentException(
          "cannot resize input '%s' to %s; the model declares %s"
              .formatted(value.name(), shape, value.shape()));
    }
    session.resize(graph, input, dims);
  }

  /**
   * Plans the main graph for the present input shapes and allocates its tensors. Other methods do
   * so when necessary; calling this one first moves the cost out of the first invocation.
   *
   * @throws dev.whittle.ir.UnsupportedModelException naming every node without a kernel, or if the
   *     tensors need more memory than {@link InterpreterOptions#maxMemory}
   */
  public synchronized void allocateTensors() {
    requireOpen();
    session.allocate(0);
  }

  /**
   * Computes the outputs of the main graph from the contents of its input tensors.
   *
   * @throws java.util.concurrent.CancellationException if the thread is interrupted; engines {@code
   *     fast} and {@code reference} check that before each node
   */
  public synchronized void invoke() {
    requireOpen();
    runGraph(0);
  }

  private void runGraph(int graph) {
    session.allocate(graph);
    long start = System.nanoTime();
    session.run(graph);
    lastInferenceNanoseconds = System.nanoTime() - start;
  }

  /**
   * Runs a model of one input and copies its first output.
   *
   * @param input a boxed scalar, an array of any depth, a NIO buffer, a memory segment or a tensor.
   *     A nested array or a tensor of another shape resizes the input, if the model declares those
   *     dimensions dynamic. A buffer is read from its start, whatever its position is
   * @param output the array, NIO buffer, memory segment or tensor that receives the result; it must
   *     have exactly the output's size. A buffer is written from its position on, which advances,
   *     and may be larger. Null if the caller reads the result from {@link #getOutputTensor}
   * @throws IllegalArgumentException if an argument does not match the model, or a buffer of bytes
   *     is not in little-endian order
   */
  public void run(Object input, @Nullable Object output) {
    runForMultipleInputsOutputs(new Object[] {input}, Collections.singletonMap(0, output));
  }

  /**
   * Runs the main graph.
   *
   * @param inputs one argument for each input, as for {@link #run}
   * @param outputs the objects that receive outputs, by output index; outputs may be left out, and
   *     objects may be null
   * @throws IllegalArgumentException if an argument does not match the model
   */
  public synchronized void runForMultipleInputsOutputs(
      Object[] inputs, Map<Integer, ? extends @Nullable Object> outputs) {
    requireOpen();
    List<Integer> ids = model.mainGraph().inputs();
    if (inputs.length != ids.size()) {
      throw new IllegalArgumentException(
          "the model has %d inputs, but %d were given".formatted(ids.size(), inputs.length));
    }
    for (int index : outputs.keySet()) {
      checkIndex(index, getOutputTensorCount(), "output");
    }
    for (int i = 0; i < inputs.length; i++) {
      resizeTo(0, i, inputs[i]);
    }
    for (int i = 0; i < inputs.length; i++) {
      fill(model.mainGraph(), 0, ids.get(i), inputs[i]);
    }
    runGraph(0);
    outputs.forEach(
        (index, target) -> {
          if (target != null) {
            copyOut(0, model.mainGraph().outputs().get(index), target);
          }
        });
  }

  /**
   * Runs the model's only signature; see {@link #runSignature(Map, Map, String)}.
   *
   * @throws IllegalArgumentException if the model has no signature or several, or an argument does
   *     not match
   */
  public void runSignature(Map<String, Object> inputs, Map<String, Object> outputs) {
    if (model.signatures().size() != 1) {
      throw new IllegalArgumentException(
          "the model has %d signatures; pass the key of one: %s"
              .formatted(model.signatures().size(), String.join(", ", getSignatureKeys())));
    }
    runSignature(inputs, outputs, model.signatures().getFirst().key());
  }

  /**
   * Runs a signature.
   *
   * @param inputs one argument for each input, by its name in the signature, as for {@link #run}
   * @param outputs the objects that receive outputs, by name; outputs may be left out
   * @throws IllegalArgumentException if there is no such signature or name, an input is missing, or
   *     an argument does not match
   */
  public synchronized void runSignature(
      Map<String, Object> inputs, Map<String, Object> outputs, String key) {
    requireOpen();
    Signature signature = signature(key);
    Graph graph = model.graphs().get(signature.graph());
    requireNames(signature.inputs(), inputs.keySet(), "input", key);
    requireNames(signature.outputs(), outputs.keySet(), "output", key);
    for (Signature.Port port : signature.inputs()) {
      Object input = inputs.get(port.name());
      if (input == null) {
        throw new IllegalArgumentException(
            "input '%s' of signature '%s' is missing".formatted(port.name(), key));
      }
      int index = graph.inputs().indexOf(port.value());
      if (index >= 0) {
        resizeTo(signature.graph(), index, input);
      }
    }
    for (Signature.Port port : signature.inputs()) {
      fill(graph, signature.graph(), port.value(), inputs.get(port.name()));
    }
    runGraph(signature.graph());
    for (Signature.Port port : signature.outputs()) {
      Object target = outputs.get(port.name());
      if (target != null) {
        copyOut(signature.graph(), port.value(), target);
      }
    }
  }

  private static void requireNames(
      List<Signature.Port> ports, Iterable<String> names, String what, String key) {
    List<String> known = ports.stream().map(Signature.Port::name).toList();
    for (String name : names) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "unknown %s '%s' of signature '%s'; it has: %s"
                .formatted(what, name, key, String.join(", ", known)));
      }
    }
  }

  /** Resizes an input to the shape of an argument, if that has one. */
  private void resizeTo(int graph, int index, @Nullable Object input) {
    if (input == null) {
      throw new IllegalArgumentException("input " + index + " is null");
    }
    if (!ArrayContents.hasShape(input)) {
      return;
    }
    Graph g = model.graphs().get(graph);
    Tensor tensor = session.tensor(graph, g.inputs().get(index));
    int[] dims = ArrayContents.dims(input, tensor.type());
    // A flat array is accepted for a tensor of higher rank, in row-major order.
    boolean flat = dims.length == 1 && tensor.rank() > 1 && dims[0] == tensor.elements();
    if (!flat && !Arrays.equals(dims, tensor.dims())) {
      resize(graph, index, dims, true);
    }
  }

  private void fill(Graph graph, int index, int id, @Nullable Object input) {
    try {
      ArrayContents.read(Objects.requireNonNull(input), session.tensor(index, id));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "input '%s': %s".formatted(graph.value(id).name(), e.getMessage()), e);
    }
  }

  private void copyOut(int graph, int id, Object target) {
    try {
      ArrayContents.write(session.tensor(graph, id), target);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "output '%s': %s".formatted(model.graphs().get(graph).value(id).name(), e.getMessage()),
          e);
    }
  }

  /** Returns the keys of the model's signatures. */
  public String[] getSignatureKeys() {
    return model.signatures().stream().map(Signature::key).toArray(String[]::new);
  }

  /**
   * Returns the names of a signature's inputs.
   *
   * @throws IllegalArgumentException if there is no such signature
   */
  public String[] getSignatureInputs(String key) {
    return signature(key).inputs().stream().map(Signature.Port::name).toArray(String[]::new);
  }

  /**
   * Returns the names of a signature's outputs.
   *
   * @throws IllegalArgumentException if there is no such signature
   */
  public String[] getSignatureOutputs(String key) {
    return signature(key).outputs().stream().map(Signature.Port::name).toArray(String[]::new);
  }

  /**
   * Returns a view of a signature's input; see {@link #getInputTensor}.
   *
   * @throws IllegalArgumentException if there is no such signature or input
   */
  public synchronized Tensor getInputTensorFromSignature(String name, String key) {
    requireOpen();
    Signature signature = signature(key);
    return session.tensor(signature.graph(), port(signature.inputs(), name, "input", key));
  }

  /**
   * Returns a view of a signature's output; see {@link #getOutputTensor}.
   *
   * @throws IllegalArgumentException if there is no such signature or output
   */
  public synchronized Tensor getOutputTensorFromSignature(String name, String key) {
    requireOpen();
    Signature signature = signature(key);
    return session.tensor(signature.graph(), port(signature.outputs(), name, "output", key));
  }

  /**
   * Changes the shape of a signature's input, whatever shape the model declares.
   *
   * @param dims the new dimensions, each 0 or more
   * @throws IllegalArgumentException if there is no such signature or input, or a dimension is
   *     negative
   */
  public synchronized void resizeInput(String name, int[] dims, String key) {
    requireOpen();
    Signature signature = signature(key);
    int id = port(signature.inputs(), name, "input", key);
    int index = model.graphs().get(signature.graph()).inputs().indexOf(id);
    if (index < 0) {
      throw new IllegalArgumentException(
          "input '%s' of signature '%s' is not an input of its graph".formatted(name, key));
    }
    resize(signature.graph(), index, dims, false);
  }

  /**
   * Computes a signature's outputs from the contents of its input tensors.
   *
   * @throws IllegalArgumentException if there is no such signature
   * @throws java.util.concurrent.CancellationException as {@link #invoke()}
   */
  public synchronized void invoke(String key) {
    requireOpen();
    runGraph(signature(key).graph());
  }

  private static int port(List<Signature.Port> ports, String name, String what, String key) {
    requireNames(ports, List.of(name), what, key);
    return ports.stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow().value();
  }

  private Signature signature(String key) {
    return model
        .signature(key)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "unknown signature '%s'; the model has: %s"
                        .formatted(key, String.join(", ", getSignatureKeys()))));
  }

  /** Resets variables (recurrent states and resource variables) to their initial contents. */
  public synchronized void resetVariableTensors() {
    requireOpen();
    session.resetVariables();
  }

  /**
   * Sets the observer of the values that nodes compute. Values that are known before a run, such as
   * the results of constant folding, are not reported.
   *
   * @param observer null for none
   * @throws UnsupportedOperationException if the engine does not report values
   */
  public synchronized void observe(@Nullable TensorObserver observer) {
    requireOpen();
    session.observe(observer);
  }

  /**
   * Sets the timer of nodes. Nodes that are folded into constants or into another node's kernel are
   * not reported.
   *
   * @param timer null for none
   * @throws UnsupportedOperationException if the engine does not time nodes
   */
  public synchronized void timeNodes(@Nullable NodeTimer timer) {
    requireOpen();
    session.time(timer);
  }

  /**
   * Returns the present plan of the main graph: for each node, the kernel that runs it and the
   * memory of its outputs.
   *
   * @throws UnsupportedOperationException if the engine does not show its plan
   */
  public synchronized List<PlannedNode> plan() {
    requireOpen();
    return session.plan(0);
  }

  /**
   * Returns the size of the activations in the present plan of the main graph, in bytes; -1 if the
   * engine does not report it.
   */
  public synchronized long activationBytes() {
    requireOpen();
    return session.activationBytes(0);
  }

  /**
   * Returns the duration of the last invocation in nanoseconds, without copying arguments and
   * results; -1 before the first.
   */
  public synchronized long getLastInferenceNanoseconds() {
    return lastInferenceNanoseconds;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the interpreter is closed");
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      session.close();
    }
  }
}
