package dev.whittle.litert;

import dev.whittle.ir.Graph;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.control.StableHloComposite;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.runtime.session.ActivationBound;
import dev.whittle.runtime.session.Session;
import dev.whittle.tflite.TfliteWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorflowlite.FlatBufferModel;
import org.bytedeco.tensorflowlite.Interpreter;
import org.bytedeco.tensorflowlite.InterpreterBuilder;
import org.bytedeco.tensorflowlite.MutableOpResolver;
import org.bytedeco.tensorflowlite.Subgraph;
import org.bytedeco.tensorflowlite.TfLiteTensor;
import org.bytedeco.tensorflowlite.global.tensorflowlite;
import org.jspecify.annotations.Nullable;

/**
 * A session of the native runtime. Its tensors are views of native memory: each lives until that
 * memory moves or the session is closed, and throws {@link IllegalStateException} afterwards.
 */
final class NativeSession implements Session {
  private static final int OK = 0;

  /** Alignment of the file in memory, in bytes, for the native kernels' vector loads. */
  private static final int ALIGNMENT = 64;

  private static final int GRAPH_SHIFT = 24;

  /** {@code kTfLiteMmapRo}: the memory of a constant, which must not be written. */
  private static final int READ_ONLY = 1;

  private final Model model;
  private final MemorySegment file;
  private final FlatBufferModel nativeModel;
  private final MutableOpResolver resolver;
  private final Interpreter interpreter;
  private final List<Subgraph> subgraphs = new ArrayList<>();
  private final boolean[] allocated;
  private final List<List<Shape>> inputShapes = new ArrayList<>();
  private final long maxMemory;
  private final Map<Integer, Tensor> stringInputs = new HashMap<>();
  private final Map<Integer, View> views = new HashMap<>();
  private boolean closed;

  /** A view of a tensor, and the memory that it was made for. */
  private record View(Tensor tensor, Arena arena, long address, long bytes) {}

  private NativeSession(
      Model model,
      MemorySegment file,
      FlatBufferModel nativeModel,
      MutableOpResolver resolver,
      Interpreter interpreter,
      long maxMemory) {
    this.model = model;
    this.maxMemory = maxMemory;
    this.file = file;
    this.nativeModel = nativeModel;
    this.resolver = resolver;
    this.interpreter = interpreter;
    for (int g = 0; g < interpreter.subgraphs_size(); g++) {
      subgraphs.add(interpreter.subgraph(g));
    }
    this.allocated = new boolean[subgraphs.size()];
    for (Graph graph : model.graphs()) {
      inputShapes.add(
          new ArrayList<>(
              graph.inputs().stream().map(id -> graph.value(id).initialShape()).toList()));
    }
  }

  static NativeSession open(
      Model model,
      @Nullable MemorySegment file,
      InterpreterOptions options,
      Supplier<? extends MutableOpResolver> resolvers) {
    requireAttributes(model);
    MemorySegment bytes = nativeBytes(model, file);
    FlatBufferModel nativeModel =
        FlatBufferModel.VerifyAndBuildFromBuffer(
            new Address(bytes.address(), bytes.byteSize()), bytes.byteSize(), null, null);
    if (nativeModel == null || nativeModel.isNull()) {
      throw new MalformedModelException("the native runtime refuses the file");
    }
    MutableOpResolver resolver = resolvers.get();
    var interpreter = new Interpreter((Pointer) null);
    try (var builder = new InterpreterBuilder(nativeModel, resolver)) {
      builder.SetNumThreads(options.threads());
      if (builder.apply(interpreter) != OK || interpreter.isNull()) {
        resolver.close();
        nativeModel.close();
        throw new UnsupportedModelException(
            "model",
            "the native runtime has no kernel for one of its operators or operator versions",
            "its message is on the standard error stream");
      }
    }
    return new NativeSession(model, bytes, nativeModel, resolver, interpreter, options.maxMemory());
  }

  /**
   * Checks that composites state a name and attributes, which the native runtime reads without a
   * check that they are there.
   */
  private static void requireAttributes(Model model) {
    for (Graph graph : model.graphs()) {
      for (int n = 0; n < graph.nodes().size(); n++) {
        if (graph.nodes().get(n).op() instanceof StableHloComposite composite
            && (composite.name() == null || composite.attributes() == null)) {
          throw new UnsupportedModelException(
              graph.describe(n),
              "the native runtime needs the name and the attributes of a composite",
              "run the model on the engine 'fast'");
        }
      }
    }
  }

  /** Returns the file in native memory: mapped, if it is aligned, or else a copy. */
  private static MemorySegment nativeBytes(Model model, @Nullable MemorySegment file) {
    MemorySegment source = file == null ? MemorySegment.ofArray(TfliteWriter.toBytes(model)) : file;
    if (source.isNative() && source.address() % ALIGNMENT == 0) {
      return source;
    }
    MemorySegment copy = Arena.ofAuto().allocate(source.byteSize(), ALIGNMENT);
    copy.copyFrom(source);
    return copy;
  }

  @Override
  public void resize(int graph, int input, int[] dims) {
    int id = model.graphs().get(graph).inputs().get(input);
    inputShapes.get(graph).set(input, Shape.of(dims));
    closeViews(key -> key >> GRAPH_SHIFT == graph);
    check(subgraphs.get(graph).ResizeInputTensor(id, dims), graph, "resize an input of");
    allocated[graph] = false;
    stringInputs.clear();
  }

  @Override
  public void allocate(int graph) {
    if (!allocated[graph]) {
      ActivationBound.require(model, graph, inputShapes.get(graph), maxMemory);
      try {
        check(subgraphs.get(graph).AllocateTensors(), graph, "allocate the tensors of");
      } finally {
        closeMovedViews();
      }
      allocated[graph] = true;
    }
  }

  @Override
  public Tensor tensor(int graph, int value) {
    allocate(graph);
    Value declared = model.graphs().get(graph).value(value);
    Tensor view = view(key(graph, value), subgraphs.get(graph).tensor(value), declared);
    if (!declared.type().hasFixedSize() && model.graphs().get(graph).inputs().contains(value)) {
      // The caller's strings may need more memory than the tensor has; run() hands them over.
      return stringInputs.computeIfAbsent(key(graph, value), k -> owned(view));
    }
    return view;
  }

  private static int key(int graph, int value) {
    return graph << GRAPH_SHIFT | value;
  }

  private static Tensor owned(Tensor view) {
    var copy = new Tensor(view.type(), view.quantization(), Tensor.Allocator.AUTOMATIC);
    copy.copyFrom(view);
    return copy;
  }

  private Tensor view(int key, TfLiteTensor tensor, Value declared) {
    int[] dims = new int[tensor.dims() == null ? 0 : tensor.dims().size()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = tensor.dims().data(i);
    }
    View known = views.get(key);
    if (known != null) {
      if (isCurrent(known, tensor) && Arrays.equals(known.tensor.dims(), dims)) {
        return known.tensor;
      }
      closeViews(other -> other == key);
    }
    long address = address(tensor);
    long bytes = address == 0 ? 0 : tensor.bytes();
    Arena arena = Arena.ofShared();
    MemorySegment memory =
        bytes == 0 ? MemorySegment.ofArray(new byte[0]) : memory(address, bytes, arena);
    if (tensor.allocation_type() == READ_ONLY) {
      memory = memory.asReadOnly();
    }
    var view = new Tensor(declared.type(), dims, declared.quantization(), memory);
    views.put(key, new View(view, arena, address, bytes));
    return view;
  }

  private static long address(TfLiteTensor tensor) {
    Pointer data = tensor.data().raw();
    return data == null || data.isNull() ? 0 : data.address();
  }

  private static boolean isCurrent(View view, TfLiteTensor tensor) {
    long address = address(tensor);
    return view.address == address && view.bytes == (address == 0 ? 0 : tensor.bytes());
  }

  /** Closes the views of tensors whose memory the runtime has moved or freed. */
  private void closeMovedViews() {
    closeViews(
        key -> {
          View view = views.get(key);
          int value = key & ((1 << GRAPH_SHIFT) - 1);
          return view != null && !isCurrent(view, subgraphs.get(key >> GRAPH_SHIFT).tensor(value));
        });
  }

  private void closeViews(IntPredicate condition) {
    List<Integer> keys = views.keySet().stream().filter(condition::test).toList();
    for (int key : keys) {
      View view = views.remove(key);
      if (view != null) {
        view.arena.close();
      }
    }
  }

  @SuppressWarnings("restricted") // The runtime vouches for the size of its own tensors.
  private MemorySegment memory(long address, long bytes, Arena arena) {
    // The action holds this session, whose memory must not be freed while there is a view of it.
    return MemorySegment.ofAddress(address)
        .reinterpret(bytes, arena, segment -> Objects.requireNonNull(this));
  }

  @Override
  public void run(int graph) {
    allocate(graph);
    for (int id : model.graphs().get(graph).inputs()) {
      Tensor strings = stringInputs.get(key(graph, id));
      if (strings != null) {
        TfLiteTensor target = subgraphs.get(graph).tensor(id);
        check(
            tensorflowlite.TfLiteTensorRealloc(strings.data().byteSize(), target),
            graph,
            "fill the strings of");
        copyStrings(strings, target);
      }
    }
    try {
      check(subgraphs.get(graph).Invoke(), graph, "run");
    } catch (ModelException e) {
      throw e;
    } catch (RuntimeException e) {
      // JavaCPP turns C++ exceptions into RuntimeExceptions.
      throw new MalformedModelException(
          "the native runtime failed to run graph '%s': %s"
              .formatted(model.graphs().get(graph).name(), e.getMessage()),
          e);
    } finally {
      closeMovedViews();
    }
  }

  private void copyStrings(Tensor strings, TfLiteTensor target) {
    try (Arena arena = Arena.ofConfined()) {
      memory(address(target), strings.data().byteSize(), arena).copyFrom(strings.data());
    }
  }

  private void check(int status, int graph, String action) {
    if (status != OK) {
      throw new MalformedModelException(
          "the native runtime failed to %s graph '%s' (status %d); its message is on the standard error stream"
              .formatted(action, model.graphs().get(graph).name(), status));
    }
  }

  @Override
  public void resetVariables() {
    for (int g = 0; g < subgraphs.size(); g++) {
      check(subgraphs.get(g).ResetVariableTensors(), g, "reset the variables of");
    }
  }

  @Override
  public long activationBytes(int graph) {
    return -1;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      closeViews(key -> true);
      subgraphs.clear();
      try {
        interpreter.close();
        resolver.close();
        nativeModel.close();
      } finally {
        // The native model reads the file's memory until here.
        Reference.reachabilityFence(file);
      }
    }
  }
}
