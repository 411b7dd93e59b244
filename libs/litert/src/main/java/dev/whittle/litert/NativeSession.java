package dev.whittle.litert;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.runtime.session.Session;
import dev.whittle.tflite.TfliteWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

/** A session of the native runtime. Its tensors are views of native memory. */
final class NativeSession implements Session {
  private static final int OK = 0;

  /** Alignment of the file in memory, in bytes, for the native kernels' vector loads. */
  private static final int ALIGNMENT = 64;

  private final Model model;
  private final MemorySegment file;
  private final FlatBufferModel nativeModel;
  private final MutableOpResolver resolver;
  private final Interpreter interpreter;
  private final List<Subgraph> subgraphs = new ArrayList<>();
  private final boolean[] allocated;
  private final Map<Integer, Tensor> stringInputs = new HashMap<>();
  private boolean closed;

  private NativeSession(
      Model model,
      MemorySegment file,
      FlatBufferModel nativeModel,
      MutableOpResolver resolver,
      Interpreter interpreter) {
    this.model = model;
    this.file = file;
    this.nativeModel = nativeModel;
    this.resolver = resolver;
    this.interpreter = interpreter;
    for (int g = 0; g < interpreter.subgraphs_size(); g++) {
      subgraphs.add(interpreter.subgraph(g));
    }
    this.allocated = new boolean[subgraphs.size()];
  }

  static NativeSession open(
      Model model,
      @Nullable MemorySegment file,
      InterpreterOptions options,
      Supplier<? extends MutableOpResolver> resolvers) {
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
    return new NativeSession(model, bytes, nativeModel, resolver, interpreter);
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
    check(subgraphs.get(graph).ResizeInputTensor(id, dims), graph, "resize an input of");
    allocated[graph] = false;
    stringInputs.clear();
  }

  @Override
  public void allocate(int graph) {
    if (!allocated[graph]) {
      check(subgraphs.get(graph).AllocateTensors(), graph, "allocate the tensors of");
      allocated[graph] = true;
    }
  }

  @Override
  public Tensor tensor(int graph, int value) {
    allocate(graph);
    Value declared = model.graphs().get(graph).value(value);
    Tensor view = view(subgraphs.get(graph).tensor(value), declared);
    if (!declared.type().hasFixedSize() && model.graphs().get(graph).inputs().contains(value)) {
      // The caller's strings may need more memory than the tensor has; run() hands them over.
      return stringInputs.computeIfAbsent(key(graph, value), k -> owned(view));
    }
    return view;
  }

  private static int key(int graph, int value) {
    return graph << 24 | value;
  }

  private static Tensor owned(Tensor view) {
    var copy = new Tensor(view.type(), view.quantization(), Tensor.Allocator.AUTOMATIC);
    copy.copyFrom(view);
    return copy;
  }

  private static Tensor view(TfLiteTensor tensor, Value declared) {
    int[] dims = new int[tensor.dims() == null ? 0 : tensor.dims().size()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = tensor.dims().data(i);
    }
    Pointer data = tensor.data().raw();
    long bytes = tensor.bytes();
    MemorySegment memory =
        data == null || data.isNull() || bytes == 0
            ? MemorySegment.ofArray(new byte[0])
            : memory(data, bytes);
    return new Tensor(declared.type(), dims, declared.quantization(), memory);
  }

  @SuppressWarnings("restricted") // The runtime vouches for the size of its own tensors.
  private static MemorySegment memory(Pointer data, long bytes) {
    return MemorySegment.ofAddress(data.address()).reinterpret(bytes);
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
        memory(target.data().raw(), strings.data().byteSize()).copyFrom(strings.data());
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
