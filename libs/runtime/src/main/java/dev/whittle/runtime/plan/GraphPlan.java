package dev.whittle.runtime.plan;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.Node;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.VariableAccess;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.session.NodeTimer;
import dev.whittle.runtime.session.PlannedNode;
import dev.whittle.runtime.session.TensorObserver;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * The plan of a graph for certain input shapes: a tensor for every value and a step for every node
 * that has to run. Values of known size share an arena, where those whose lifetimes do not overlap
 * share memory; the others grow during the run.
 */
final class GraphPlan {
  /** Maximum number of strings of an input; their offsets take 64 MiB. */
  private static final int MAX_STRINGS = 1 << 24;

  /** The memory that a kernel allocates while it is planned, for messages. */
  static final String KERNEL_MEMORY = "memory for packed weights and buffers";

  private final Graph graph;
  private final int graphIndex;
  private final PoolingOrder order;
  private final PaddingFolding folding;
  private final KernelFusion fusion;
  private final List<Tensor> tensors = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>();
  private final List<PlannedNode> nodes = new ArrayList<>();
  private final Map<String, Shape> variableShapes = new HashMap<>();
  private final Map<Integer, Long> offsets = new HashMap<>();
  private final MemoryLimit.Account memory;
  private long arenaBytes;

  private GraphPlan(
      int graphIndex,
      PoolingOrder order,
      PaddingFolding folding,
      KernelFusion fusion,
      MemoryLimit.Account memory) {
    this.graph = fusion.graph();
    this.order = order;
    this.folding = folding;
    this.fusion = fusion;
    this.graphIndex = graphIndex;
    this.memory = memory;
  }

  /**
   * Plans a graph.
   *
   * @param inferred the shapes of all values for the present input shapes
   * @param variables the tensors of variables by value id, which outlive plans
   * @param kept tensors of a former plan for the same shapes, by value id, which keep their
   *     contents
   * @param observed whether every value must keep memory of its own, for an observer
   * @throws ModelException naming every node whose shapes cannot be inferred or that has no kernel
   */
  static GraphPlan of(
      Model model,
      int graphIndex,
      ShapeInference.Inferred inferred,
      Map<Integer, Tensor> variables,
      Map<Integer, Tensor> kept,
      MemoryLimit limit,
      Backend backend,
      boolean observed) {
    MemoryLimit.Account memory = limit.open();
    try {
      return planned(model, graphIndex, inferred, variables, kept, memory, backend, observed);
    } catch (RuntimeException | Error e) {
      memory.release();
      throw e;
    }
  }

  private static GraphPlan planned(
      Model model,
      int graphIndex,
      ShapeInference.Inferred typed,
      Map<Integer, Tensor> variables,
      Map<Integer, Tensor> kept,
      MemoryLimit.Account memory,
      Backend sessionBackend,
      boolean observed) {
    Backend backend = sessionBackend.forWork(() -> PlanWork.of(model, graphIndex, typed));
    boolean optimized = backend.optimizes() && !observed;
    ShapeInference.Inferred known =
        backend.optimizes()
            ? ConstantFolding.fold(model, graphIndex, typed, backend, memory)
            : typed;
    Graph original = model.graphs().get(graphIndex);
    PoolingOrder order =
        optimized ? PoolingOrder.fastest(original, known) : PoolingOrder.asGiven(original, known);
    ShapeInference.Inferred inferred = order.inferred();
    PaddingFolding folding =
        optimized
            ? PaddingFolding.of(model, order.graph(), inferred, backend)
            : PaddingFolding.none(order.graph());
    @Nullable Kernel[] kernels = kernels(model, folding, inferred, backend);
    KernelFusion fusion =
        optimized
            ? KernelFusion.of(folding.graph(), kernels, backend)
            : KernelFusion.none(folding.graph());
    StorageSharing sharing =
        optimized
            ? StorageSharing.of(fusion.graph(), inferred, kernels)
            : StorageSharing.none(fusion.graph(), inferred);
    var plan = new GraphPlan(graphIndex, order, folding, fusion, memory);
    plan.placeTensors(inferred, kernels, variables, kept, sharing, backend.optimizes());
    plan.makeSteps(inferred, kernels, sharing, backend);
    plan.findReads(inferred);
    return plan;
  }

  private void placeTensors(
      ShapeInference.Inferred inferred,
      @Nullable Kernel[] kernels,
      Map<Integer, Tensor> variables,
      Map<Integer, Tensor> kept,
      StorageSharing sharing,
      boolean separateFloats) {
    int[] firstUse = new int[graph.values().size()];
    int[] lastUse = new int[graph.values().size()];
    findLifetimes(kernels, firstUse, lastUse, sharing);
    List<Integer> placed = new ArrayList<>();
    for (Value value : graph.values()) {
      Tensor known = inferred.known().get(value.id());
      Shape shape = inferred.shapes().get(value.id());
      Tensor variable = variables.get(value.id());
      if (variable != null) {
        // A variable that a node sets at the start of each run follows the shapes of the inputs.
        if (shape.isStatic() && !variable.shape().equals(shape)) {
          variable.resize(shape.toArray());
        }
        tensors.add(variable);
      } else if (known != null) {
        tensors.add(known);
      } else if (value.data() != null && value.sparsity() != null) {
        tensors.add(ConstantFolding.dense(graph, value, memory));
      } else {
        Tensor former = kept.get(value.id());
        tensors.add(former == null ? unplaced(value, shape) : former);
        boolean used =
            lastUse[sharing.owner(value.id())] >= 0 && !sharing.isStridedView(value.id());
        if (value.type().hasFixedSize() && shape.isStatic() && used) {
          placed.add(value.id());
        }
      }
    }
    place(placed, true, separateFloats, inferred, firstUse, lastUse, sharing);
    if (separateFloats) {
      place(placed, false, true, inferred, firstUse, lastUse, sharing);
    }
  }

  /** Lays out one arena: of float values or of others, or of all if they share one. */
  private void place(
      List<Integer> values,
      boolean floats,
      boolean separateFloats,
      ShapeInference.Inferred inferred,
      int[] firstUse,
      int[] lastUse,
      StorageSharing sharing) {
    var layout = new ArenaLayout();
    Map<Integer, ArenaLayout.Block> blocks = new HashMap<>();
    List<Integer> kind = new ArrayList<>();
    for (int id : values) {
      boolean isFloat = graph.value(sharing.owner(id)).type() == TensorType.FLOAT32;
      if (!separateFloats || isFloat == floats) {
        kind.add(id);
        if (sharing.owner(id) == id) {
          blocks.put(id, layout.add(bytes(id, inferred), firstUse[id], lastUse[id]));
        }
      }
    }
    if (kind.isEmpty()) {
      return;
    }
    long size = layout.place();
    arenaBytes += size;
    MemorySegment arena = memory.allocate(size, floats, "graph '" + graph.name() + "'");
    for (int id : kind) {
      ArenaLayout.Block block = blocks.get(sharing.owner(id));
      if (block != null) {
        long offset = block.offset() + sharing.offset(id);
        offsets.put(id, offset);
        Tensor tensor = tensors.get(id);
        MemorySegment slice = arena.asSlice(offset, bytes(id, inferred));
        if (tensor.data().byteSize() == slice.byteSize()) {
          // A tensor of a former plan; new ones are empty.
          slice.copyFrom(tensor.data());
        }
        tensor.place(inferred.shapes().get(id).toArray(), slice);
      }
    }
  }

  private long bytes(int id, ShapeInference.Inferred inferred) {
    return graph.value(id).type().byteSize(inferred.shapes().get(id).elements());
  }

  /** Returns a tensor without memory; a string input has empty strings, for a caller to replace. */
  private Tensor unplaced(Value value, Shape shape) {
    var tensor = new Tensor(value.type(), value.quantization(), memory.forTensor(value));
    boolean input = graph.inputs().contains(value.id());
    if (input && value.type() == TensorType.STRING && shape.isStatic()) {
      long elements = shape.elements();
      if (elements > MAX_STRINGS) {
        throw new UnsupportedModelException(
            "input '" + value.name() + "'",
            "has %d strings; at most %d are supported".formatted(elements, MAX_STRINGS),
            "resize the input");
      }
      tensor.setStrings(Collections.nCopies((int) elements, new byte[0]), shape.toArray());
    }
    return tensor;
  }

  /**
   * Finds the first and the last step at which each memory is live. Inputs always are, so that a
   * caller can fill them once for several runs.
   */
  private void findLifetimes(
      @Nullable Kernel[] kernels, int[] firstUse, int[] lastUse, StorageSharing sharing) {
    int end = graph.nodes().size();
    Arrays.fill(firstUse, end);
    Arrays.fill(lastUse, -1);
    for (int n = 0; n < end; n++) {
      if (kernels[n] != null) {
        Node node = graph.nodes().get(n);
        for (List<Integer> ids : List.of(node.inputs(), node.outputs())) {
          for (int id : ids) {
            if (id != Node.ABSENT) {
              int owner = owner(id, sharing);
              firstUse[owner] = Math.min(firstUse[owner], n);
              lastUse[owner] = Math.max(lastUse[owner], n);
            }
          }
        }
      }
    }
    for (int id : graph.inputs()) {
      firstUse[owner(id, sharing)] = -1;
      lastUse[owner(id, sharing)] = end;
    }
    for (int id : graph.outputs()) {
      int owner = owner(id, sharing);
      firstUse[owner] = Math.min(firstUse[owner], end);
      lastUse[owner] = end;
    }
  }

  /** Returns the value in whose memory a value lies. */
  private static int owner(int value, StorageSharing sharing) {
    return sharing.owner(sharing.written(value));
  }

  /**
   * Returns the kernel of each node; null if its outputs are constants, or if it is folded into the
   * node that reads its output.
   */
  private static @Nullable Kernel[] kernels(
      Model model, PaddingFolding folding, ShapeInference.Inferred inferred, Backend backend) {
    Graph graph = folding.graph();
    var kernels = new @Nullable Kernel[graph.nodes().size()];
    List<UnsupportedModelException.Item> unsupported = new ArrayList<>();
    for (int n = 0; n < kernels.length; n++) {
      Node node = graph.nodes().get(n);
      boolean known =
          !node.outputs().isEmpty()
              && node.outputs().stream().allMatch(id -> inferred.known().get(id) != null);
      if (known || folding.isFolded(n)) {
        continue;
      }
      Kernel chosen = folding.kernel(n);
      if (chosen != null) {
        kernels[n] = chosen;
        continue;
      }
      try {
        kernels[n] =
            backend.kernel(node.op(), ShapeInference.operands(model, graph, node, inferred));
      } catch (OperandException e) {
        if (!e.isUnsupported()) {
          throw ModelException.of(graph.describe(n), e);
        }
        unsupported.add(
            new UnsupportedModelException.Item(
                graph.describe(n),
                String.valueOf(e.getMessage()),
                "try the engine 'litert': the native runtime may have a kernel"));
      } catch (OutOfMemoryError e) {
        throw MemoryLimit.exhausted(graph.describe(n), KERNEL_MEMORY, e);
      }
    }
    if (!unsupported.isEmpty()) {
      throw new UnsupportedModelException(unsupported);
    }
    return kernels;
  }

  private void makeSteps(
      ShapeInference.Inferred inferred,
      @Nullable Kernel[] kernels,
      StorageSharing sharing,
      Backend backend) {
    for (int n = 0; n < kernels.length; n++) {
      Node node = graph.nodes().get(n);
      Kernel kernel = kernels[n];
      boolean folded = folding.isFolded(n) || fusion.isFused(n);
      String description = folded ? "nothing: folded into what reads it" : "computed ahead";
      if (kernel != null) {
        boolean shared = sharing.isIdle(n);
        description = shared ? "nothing: its memory is shared" : backend.describe(kernel);
        if (order.isExchanged(n)) {
          description = node.op().type().name() + " in its place: " + description;
        }
        // Strings are not in the arena, so their shapes are set before each run as well.
        boolean dynamic =
            node.outputs().stream()
                .anyMatch(
                    id ->
                        !inferred.shapes().get(id).isStatic()
                            || !graph.value(id).type().hasFixedSize());
        List<Tensor> outputs =
            node.outputs().stream().map(id -> tensors.get(sharing.written(id))).toList();
        boolean reference = backend.isReference(kernel);
        steps.add(new Step(graph, n, shared ? null : kernel, reference, dynamic, tensors, outputs));
      }
      nodes.add(new PlannedNode(n, description, places(node, inferred, sharing)));
    }
  }

  private List<PlannedNode.Place> places(
      Node node, ShapeInference.Inferred inferred, StorageSharing sharing) {
    List<PlannedNode.Place> places = new ArrayList<>();
    for (int id : node.outputs()) {
      boolean known = graph.value(id).type().hasFixedSize() && inferred.shapes().get(id).isStatic();
      places.add(
          new PlannedNode.Place(
              id,
              offsets.getOrDefault(sharing.written(id), -1L),
              known ? bytes(id, inferred) : -1));
    }
    return places;
  }

  private void findReads(ShapeInference.Inferred inferred) {
    Map<Integer, String> handles = VariableAccess.handles(graph);
    for (Node node : graph.nodes()) {
      String name = node.inputs().isEmpty() ? null : handles.get(node.inputs().getFirst());
      if (name != null
          && node.op() instanceof VariableAccess access
          && access.access() == VariableAccess.Kind.READ) {
        variableShapes.put(name, inferred.shapes().get(node.outputs().getFirst()));
      }
    }
  }

  /** Returns the shapes for which reads of resource variables are planned, by variable. */
  Map<String, Shape> variableShapes() {
    return variableShapes;
  }

  List<PlannedNode> nodes() {
    return Collections.unmodifiableList(nodes);
  }

  Tensor tensor(int value) {
    return tensors.get(value);
  }

  long arenaBytes() {
    return arenaBytes;
  }

  /**
   * Runs all steps in order.
   *
   * @throws CancellationException if the thread is interrupted
   */
  void run(PlannedSession session, @Nullable TensorObserver observer, @Nullable NodeTimer timer) {
    for (Step step : steps) {
      if (Thread.currentThread().isInterrupted()) {
        throw new CancellationException("the thread was interrupted");
      }
      if (timer == null) {
        step.run(session);
      } else {
        long start = System.nanoTime();
        step.run(session);
        timer.ran(graphIndex, step.node(), System.nanoTime() - start);
      }
      if (observer != null) {
        step.report(observer, graphIndex);
      }
    }
  }

  void release() {
    memory.release();
  }
}
