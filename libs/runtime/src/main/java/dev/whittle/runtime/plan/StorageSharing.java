package dev.whittle.runtime.plan;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.ExpandDims;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.op.shape.Split;
import dev.whittle.ir.op.shape.Squeeze;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.StridedOutput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The values that need no memory of their own: reshaped values, parts of a concatenation or of a
 * split, and results that may overwrite an operand that nothing reads later. Each value has an
 * owner and lies at an offset in the owner's memory.
 */
final class StorageSharing {
  private final Graph graph;
  private final ShapeInference.Inferred inferred;
  private final @Nullable Kernel[] kernels;
  private final int[] owner;
  private final long[] offset;
  private final int[] uses;

  /** The last node that reads an owner's memory. */
  private final int[] liveUntil;

  private final int[] producer;
  private final boolean[] pinned;
  private final boolean[] isInput;
  private final boolean[] isOutput;

  /** Nodes that need not run, because their outputs already lie in their inputs' memory. */
  private final boolean[] idle;

  /** The concatenation's output of which a value is a strided view; -1 for other values. */
  private final int[] viewOf;

  private StorageSharing(
      Graph graph, ShapeInference.Inferred inferred, @Nullable Kernel[] kernels) {
    this.graph = graph;
    this.inferred = inferred;
    this.kernels = kernels;
    int values = graph.values().size();
    owner = new int[values];
    Arrays.setAll(owner, i -> i);
    offset = new long[values];
    uses = new int[values];
    liveUntil = new int[values];
    producer = new int[values];
    Arrays.fill(producer, -1);
    pinned = new boolean[values];
    isInput = new boolean[values];
    isOutput = new boolean[values];
    viewOf = new int[values];
    Arrays.fill(viewOf, -1);
    idle = new boolean[graph.nodes().size()];
  }

  /**
   * Finds the values that share memory.
   *
   * @param kernels the kernel of each node; null for nodes that do not run
   */
  static StorageSharing of(
      Graph graph, ShapeInference.Inferred inferred, @Nullable Kernel[] kernels) {
    var sharing = new StorageSharing(graph, inferred, kernels);
    sharing.countUses();
    for (int n = graph.nodes().size() - 1; n >= 0; n--) {
      if (kernels[n] != null && graph.nodes().get(n).op() instanceof Concatenation concatenation) {
        sharing.concatenate(n, concatenation);
      }
    }
    for (int n = 0; n < graph.nodes().size(); n++) {
      if (kernels[n] != null && !sharing.idle[n]) {
        sharing.share(n);
      }
    }
    return sharing;
  }

  /** Returns a sharing in which each value has memory of its own. */
  static StorageSharing none(Graph graph, ShapeInference.Inferred inferred) {
    return new StorageSharing(graph, inferred, new Kernel[graph.nodes().size()]);
  }

  private void countUses() {
    for (int n = 0; n < graph.nodes().size(); n++) {
      for (int id : graph.nodes().get(n).outputs()) {
        producer[id] = kernels[n] == null ? -1 : n;
      }
      for (int id : graph.nodes().get(n).inputs()) {
        if (id != Node.ABSENT && kernels[n] != null) {
          uses[id]++;
          liveUntil[id] = n;
        }
      }
    }
    for (Value value : graph.values()) {
      pinned[value.id()] =
          value.isVariable()
              || value.data() != null
              || inferred.known().get(value.id()) != null
              || !value.type().hasFixedSize()
              || !inferred.shapes().get(value.id()).isStatic();
    }
    for (int id : graph.inputs()) {
      pinned[id] = true;
      isInput[id] = true;
    }
    for (int id : graph.outputs()) {
      uses[id]++;
      liveUntil[id] = graph.nodes().size();
      isOutput[id] = true;
    }
  }

  /** Returns the value in whose memory a value lies. */
  int owner(int value) {
    return owner[value];
  }

  /** Returns the offset of a value in its owner's memory, in bytes. */
  long offset(int value) {
    return offset[value];
  }

  /** Returns whether a node need not run. */
  boolean isIdle(int node) {
    return idle[node];
  }

  /** Returns whether a value is a strided view of a concatenation's output. */
  boolean isStridedView(int value) {
    return viewOf[value] >= 0;
  }

  /** Returns the value that a kernel writes to compute a value: the output of a concatenation. */
  int written(int value) {
    return viewOf[value] < 0 ? value : viewOf[value];
  }

  private long bytes(int value) {
    return graph.value(value).type().byteSize(inferred.shapes().get(value).elements());
  }

  private void share(int n) {
    Node node = graph.nodes().get(n);
    Op op = node.op();
    if (op instanceof Reshape || op instanceof Squeeze || op instanceof ExpandDims) {
      alias(n, node.inputs().getFirst(), node.outputs().getFirst());
    } else if (op instanceof Split && node.inputs().size() == 2) {
      split(n, node);
    } else if (kernels[n] instanceof ElementwiseKernel) {
      overwrite(n, node);
    }
  }

  private void alias(int n, int input, int output) {
    Value in = graph.value(input);
    boolean unsafe =
        pinned[output]
            || owner[output] != output
            || viewOf[input] >= 0
            || in.isVariable()
            || !in.type().hasFixedSize()
            || !inferred.shapes().get(input).isStatic()
            || inferred.known().get(owner[input]) != null
            || in.data() != null
            || (isInput[owner[input]] && isOutput[output]);
    if (!unsafe && bytes(input) == bytes(output)) {
      place(output, input, 0);
      idle[n] = true;
    }
  }

  /** Places a value in another one's memory, {@code from} bytes after its start. */
  private void place(int value, int into, long from) {
    owner[value] = owner[into];
    offset[value] = offset[into] + from;
    liveUntil[owner[into]] = Math.max(liveUntil[owner[into]], liveUntil[value]);
  }

  private void split(int n, Node node) {
    int input = node.inputs().get(1);
    Shape shape = inferred.shapes().get(input);
    Shape part = inferred.shapes().get(node.outputs().getFirst());
    if (!shape.isStatic() || !part.isStatic() || viewOf[input] >= 0 || pinned[owner[input]]) {
      return;
    }
    int axis = -1;
    for (int i = 0; i < shape.rank(); i++) {
      axis = shape.dim(i) != part.dim(i) ? i : axis;
    }
    boolean contiguous = axis >= 0 && outer(shape, axis) == 1;
    for (int output : node.outputs()) {
      contiguous &= !pinned[output] && owner[output] == output && viewOf[output] < 0;
      contiguous &= bytes(output) % Float.BYTES == 0;
    }
    if (contiguous) {
      long from = 0;
      for (int output : node.outputs()) {
        place(output, input, from);
        from += bytes(output);
      }
      idle[n] = true;
    }
  }

  /** Returns the number of elements along the axes before {@code axis}. */
  private static long outer(Shape shape, int axis) {
    long outer = 1;
    for (int i = 0; i < axis; i++) {
      outer *= shape.dim(i);
    }
    return outer;
  }

  private void overwrite(int n, Node node) {
    int output = node.outputs().getFirst();
    if (pinned[output] || owner[output] != output || viewOf[output] >= 0) {
      return;
    }
    for (int input : node.inputs()) {
      if (input != Node.ABSENT
          && graph.value(input).type() == graph.value(output).type()
          && inferred.shapes().get(input).equals(inferred.shapes().get(output))
          && isDeadAfter(input, n)) {
        place(output, input, 0);
        return;
      }
    }
  }

  /** Returns whether neither a later node nor another input of a node reads an input's memory. */
  private boolean isDeadAfter(int input, int n) {
    int root = owner[input];
    if (pinned[root] || viewOf[input] >= 0 || liveUntil[root] > n) {
      return false;
    }
    for (int other : graph.nodes().get(n).inputs()) {
      if (other != Node.ABSENT && other != input && owner[other] == root) {
        return false;
      }
    }
    return true;
  }

  private void concatenate(int n, Concatenation concatenation) {
    Node node = graph.nodes().get(n);
    int output = node.outputs().getFirst();
    Shape shape = inferred.shapes().get(output);
    if (pinned[output] || !shape.isStatic() || concatenation.activation() != Activation.NONE) {
      return;
    }
    int axis =
        concatenation.axis() < 0 ? shape.rank() + concatenation.axis() : concatenation.axis();
    if (axis < 0 || axis >= shape.rank() || viewOf[output] >= 0) {
      return;
    }
    List<Integer> inputs = node.inputs();
    List<Integer> distinct = new ArrayList<>(inputs.stream().distinct().toList());
    if (distinct.size() != inputs.size()) {
      return;
    }
    boolean contiguous = outer(shape, axis) == 1;
    boolean strided = axis == shape.rank() - 1 && owner[output] == output;
    for (int input : inputs) {
      boolean free =
          input != Node.ABSENT
              && !pinned[input]
              && owner[input] == input
              && viewOf[input] < 0
              && producer[input] >= 0
              && graph.value(input).type() == graph.value(output).type()
              && sameScale(graph.value(input), graph.value(output));
      contiguous &= free && bytes(input) % Float.BYTES == 0;
      strided &= free && uses[input] == 1 && producer(input) instanceof StridedOutput;
    }
    if (contiguous) {
      long from = 0;
      for (int input : inputs) {
        place(input, output, from);
        from += bytes(input);
      }
      idle[n] = true;
    } else if (strided) {
      int columns = shape.dim(axis);
      int column = 0;
      for (int input : inputs) {
        if (producer(input) instanceof StridedOutput kernel) {
          kernel.writeTo(columns, column);
        }
        column += inferred.shapes().get(input).dim(axis);
        viewOf[input] = output;
      }
      idle[n] = true;
    }
  }

  private static boolean sameScale(Value a, Value b) {
    return a.type() == TensorType.FLOAT32
        || (a.quantization() != null && a.quantization().equals(b.quantization()));
  }

  private @Nullable Kernel producer(int value) {
    return producer[value] < 0 ? null : kernels[producer[value]];
  }
}
