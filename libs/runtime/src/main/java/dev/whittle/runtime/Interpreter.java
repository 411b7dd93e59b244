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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs a {@code .tflite} model. The method names are those that an Android developer knows from
 * {@code org.tensorflow.lite.Interpreter}; {@link #getInputTensor}, {@link #invoke} and {@link
 * #getOutputTensor} give access without copies.
 *
 * <p>Thread safety: the methods that run a model lock, so that several threads may share an
 * interpreter and take turns. Tensors are views of its memory and not guarded: threads that use
 * them must agree among themselves, or have an interpreter each. Interpreters of one {@link Model}
 * share its constants.
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

  /** Opens a file with the default options. */
  public static Interpreter of(Path file) throws IOException {
    return of(file, InterpreterOptions.DEFAULT);
  }

  /**
   * Opens a file. It is mapped, not read: it must not be changed while the interpreter is in use.
   *
   * @throws dev.whittle.ir.ModelException if the model cannot be handled
   */
  public static Interpreter of(Path file, InterpreterOptions options) throws IOException {
    MemorySegment mapped = TfliteReader.map(file);
    return of(TfliteReader.read(mapped, file.toString()), mapped, options);
  }

  /** Opens the bytes of a file with the default options. */
  public static Interpreter of(byte[] file) {
    return of(file, InterpreterOptions.DEFAULT);
  }

  /** Opens the bytes of a file, which must not change while the interpreter is in use. */
  public static Interpreter of(byte[] file, InterpreterOptions options) {
    return of(TfliteReader.read(file), MemorySegment.ofArray(file), options);
  }

  public static Interpreter of(Model model) {
    return of(model, InterpreterOptions.DEFAULT);
  }

  /**
   * Makes a model ready to run.
   *
   * @throws dev.whittle.ir.UnsupportedModelException naming every node the engine cannot run
   */
  public static Interpreter of(Model model, InterpreterOptions options) {
    return of(model, null, options);
  }

  private static Interpreter of(
      Model model, @Nullable MemorySegment file, InterpreterOptions options) {
    Engine engine = Engines.named(options.engine());
    return new Interpreter(model, engine.open(model, file, options));
  }

  public Model model() {
    return model;
  }

  public int getInputTensorCount() {
    return model.mainGraph().inputs().size();
  }

  public int getOutputTensorCount() {
    return model.mainGraph().outputs().size();
  }

  /**
   * The place of an input, by the name of its tensor or the name the first signature of the main
   * graph gives it.
   *
   * @throws IllegalArgumentException listing the names there are
   */
  public int getInputIndex(String name) {
    return index(name, model.mainGraph().inputs(), Signature::inputs, "input");
  }

  /** The place of an output; see {@link #getInputIndex}. */
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
        "no %s '%s'; there are: %s"
            .formatted(
                what,
                name,
                ids.stream().map(id -> graph.value(id).name()).collect(Collectors.joining(", "))));
  }

  /**
   * A view of an input of the main graph; allocates tensors if that is not done. Fill it before
   * {@link #invoke}. Valid until an input is resized.
   */
  public synchronized Tensor getInputTensor(int index) {
    requireOpen();
    return session.tensor(0, inputId(index));
  }

  /** A view of an output of the main graph: after {@link #invoke} the result. */
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
          "no %s %d: the model has %d".formatted(what, index, count));
    }
    return index;
  }

  /** Gives an input of the main graph other extents, whatever it declares. */
  public void resizeInput(int index, int[] dims) {
    resizeInput(index, dims, false);
  }

  /**
   * Gives an input of the main graph other extents.
   *
   * @param strict whether only extents that the model declares dynamic may change
   * @throws IllegalArgumentException if an extent is negative, or must not change
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
      throw new IllegalArgumentException("cannot resize '" + value.name() + "' to " + shape);
    }
    if (strict && !value.shape().accepts(shape)) {
      throw new IllegalArgumentException(
          "input '%s' is declared %s and cannot be %s"
              .formatted(value.name(), value.shape(), shape));
    }
    session.resize(graph, input, dims);
  }

  /** Plans memory for the present input extents; done by itself where it is needed. */
  public synchronized void allocateTensors() {
    requireOpen();
    session.allocate(0);
  }

  /**
   * Computes the outputs of the main graph from what its input tensors hold.
   *
   * @throws java.util.concurrent.CancellationException if the thread is interrupted (engine {@code
   *     reference}): a loop in a model may go on for ever
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
   * Runs a model of one input and one output.
   *
   * @param input a boxed scalar, an array of any depth, a NIO buffer in little-endian order, a
   *     memory segment or a tensor. A nested array or a tensor of other extents resizes the input
   * @param output what the result is copied to: an array, buffer, segment or tensor of its size
   * @throws IllegalArgumentException if an argument does not fit the model
   */
  public void run(Object input, Object output) {
    runForMultipleInputsOutputs(new Object[] {input}, Map.of(0, output));
  }

  /**
   * Runs the main graph.
   *
   * @param inputs one for each input; see {@link #run}
   * @param outputs where to copy the outputs that are wanted, by their place
   */
  public synchronized void runForMultipleInputsOutputs(
      Object[] inputs, Map<Integer, Object> outputs) {
    requireOpen();
    List<Integer> ids = model.mainGraph().inputs();
    if (inputs.length != ids.size()) {
      throw new IllegalArgumentException(
          "the model has %d inputs, is given %d".formatted(ids.size(), inputs.length));
    }
    for (int place : outputs.keySet()) {
      checkIndex(place, getOutputTensorCount(), "output");
    }
    for (int i = 0; i < inputs.length; i++) {
      fit(0, i, inputs[i]);
    }
    for (int i = 0; i < inputs.length; i++) {
      fill(model.mainGraph(), 0, ids.get(i), inputs[i]);
    }
    runGraph(0);
    outputs.forEach((place, target) -> copyOut(0, model.mainGraph().outputs().get(place), target));
  }

  /** Runs the model's only signature; see {@link #runSignature(Map, Map, String)}. */
  public void runSignature(Map<String, Object> inputs, Map<String, Object> outputs) {
    if (model.signatures().size() != 1) {
      throw new IllegalArgumentException(
          "the model has %d signatures, name one of: %s"
              .formatted(model.signatures().size(), String.join(", ", getSignatureKeys())));
    }
    runSignature(inputs, outputs, model.signatures().getFirst().key());
  }

  /**
   * Runs a signature.
   *
   * @param inputs one for each input by its name in the signature; see {@link #run}
   * @param outputs where to copy the outputs that are wanted, by name
   * @throws IllegalArgumentException if there is no such signature or name, or an input is missing
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
            "signature '%s' needs the input '%s'".formatted(key, port.name()));
      }
      int place = graph.inputs().indexOf(port.value());
      if (place >= 0) {
        fit(signature.graph(), place, input);
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
            "signature '%s' has no %s '%s'; it has: %s"
                .formatted(key, what, name, String.join(", ", known)));
      }
    }
  }

  /** Resizes an input to an argument that states other extents. */
  private void fit(int graph, int place, @Nullable Object input) {
    if (input == null) {
      throw new IllegalArgumentException("input " + place + " is null");
    }
    if (!ArrayContents.statesShape(input)) {
      return;
    }
    Graph g = model.graphs().get(graph);
    Tensor tensor = session.tensor(graph, g.inputs().get(place));
    int[] dims = ArrayContents.dims(input, tensor.type());
    // A flat array for a tensor of higher rank is taken in row-major order.
    boolean flat = dims.length == 1 && tensor.rank() > 1 && dims[0] == tensor.elements();
    if (!flat && !Arrays.equals(dims, tensor.dims())) {
      resize(graph, place, dims, true);
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

  public String[] getSignatureKeys() {
    return model.signatures().stream().map(Signature::key).toArray(String[]::new);
  }

  public String[] getSignatureInputs(String key) {
    return signature(key).inputs().stream().map(Signature.Port::name).toArray(String[]::new);
  }

  public String[] getSignatureOutputs(String key) {
    return signature(key).outputs().stream().map(Signature.Port::name).toArray(String[]::new);
  }

  /** A view of a signature's input; see {@link #getInputTensor}. */
  public synchronized Tensor getInputTensorFromSignature(String name, String key) {
    requireOpen();
    Signature signature = signature(key);
    return session.tensor(signature.graph(), port(signature.inputs(), name, "input", key));
  }

  /** A view of a signature's output; see {@link #getOutputTensor}. */
  public synchronized Tensor getOutputTensorFromSignature(String name, String key) {
    requireOpen();
    Signature signature = signature(key);
    return session.tensor(signature.graph(), port(signature.outputs(), name, "output", key));
  }

  /** Gives a signature's input other extents. */
  public synchronized void resizeInput(String name, int[] dims, String key) {
    requireOpen();
    Signature signature = signature(key);
    int id = port(signature.inputs(), name, "input", key);
    int place = model.graphs().get(signature.graph()).inputs().indexOf(id);
    if (place < 0) {
      throw new IllegalArgumentException("'%s' is not an input of the graph".formatted(name));
    }
    resize(signature.graph(), place, dims, false);
  }

  /** Computes a signature's outputs from what its input tensors hold. */
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
                    "no signature '%s'; there are: %s"
                        .formatted(key, String.join(", ", getSignatureKeys()))));
  }

  /** Sets variables (recurrent states, resource variables) back to what they were at first. */
  public synchronized void resetVariableTensors() {
    requireOpen();
    session.resetVariables();
  }

  /**
   * Shows an observer every value that a node computes from now on; null for nobody. Slices of
   * shapes and other values that are known before a run are not shown.
   *
   * @throws UnsupportedOperationException if the engine cannot
   */
  public synchronized void observe(@Nullable TensorObserver observer) {
    requireOpen();
    session.observe(observer);
  }

  /**
   * Tells a timer how long each node takes from now on; null for nobody. Nodes that are computed
   * ahead, or by the kernel of another one, are not told.
   *
   * @throws UnsupportedOperationException if the engine cannot
   */
  public synchronized void timeNodes(@Nullable NodeTimer timer) {
    requireOpen();
    session.time(timer);
  }

  /**
   * What the present plan of the main graph does with each node: the kernel that runs it, and where
   * its outputs are.
   *
   * @throws UnsupportedOperationException if the engine does not say
   */
  public synchronized List<PlannedNode> plan() {
    requireOpen();
    return session.plan(0);
  }

  /** Bytes that activations take in the present plan of the main graph; -1 if unknown. */
  public synchronized long activationBytes() {
    requireOpen();
    return session.activationBytes(0);
  }

  /** How long the last run took, without copying in and out; -1 before the first. */
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
