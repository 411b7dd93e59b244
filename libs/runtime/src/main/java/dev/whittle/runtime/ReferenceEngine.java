package dev.whittle.runtime;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.CustomOp;
import dev.whittle.ir.op.OpaqueOp;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.plan.Backend;
import dev.whittle.runtime.plan.MemoryLimit;
import dev.whittle.runtime.plan.PlannedSession;
import dev.whittle.runtime.session.Session;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The engine that runs every operator with its reference kernel, on one thread. It is simple and
 * exact, and not fast.
 */
public final class ReferenceEngine implements Engine {
  /** The engine's name. */
  public static final String NAME = "reference";

  ReferenceEngine() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Session open(Model model, @Nullable MemorySegment file, InterpreterOptions options) {
    requireKnownOperators(model);
    return plan(model, options);
  }

  /** Opens a session that reports unknown operators only when it plans a graph. */
  static Session plan(Model model, InterpreterOptions options) {
    return new PlannedSession(model, options.maxMemory(), new Reference());
  }

  /** A backend of reference kernels, whose tensors are outside the heap. */
  private static final class Reference implements Backend {
    @Override
    public Kernel kernel(Op op, Operands operands) {
      return op.kernel(operands);
    }

    @Override
    public @Nullable Kernel paddedKernel(Op op, Operands operands, int top, int left) {
      return null;
    }

    @Override
    public @Nullable Kernel fusedKernel(Kernel first, Kernel second) {
      return null;
    }

    @Override
    public @Nullable Kernel gatedKernel(Kernel first, Kernel second, int gateInput) {
      return null;
    }

    @Override
    public MemorySegment allocate(long bytes, boolean floats) {
      return Arena.ofAuto().allocate(bytes, MemoryLimit.ALIGNMENT);
    }

    @Override
    public boolean optimizes() {
      return false;
    }

    @Override
    public List<Tensor> constants(int graph, int value, Supplier<List<Tensor>> compute) {
      return compute.get();
    }

    @Override
    public boolean isReference(Kernel kernel) {
      return true;
    }

    @Override
    public String describe(Kernel kernel) {
      return NAME;
    }
  }

  /**
   * Checks that all operators are implemented.
   *
   * @throws UnsupportedModelException naming every node whose operator is not
   */
  static void requireKnownOperators(Model model) {
    List<UnsupportedModelException.Item> unknown = new ArrayList<>();
    for (Graph graph : model.graphs()) {
      for (int n = 0; n < graph.nodes().size(); n++) {
        Node node = graph.nodes().get(n);
        if (node.op() instanceof OpaqueOp
            || (node.op() instanceof CustomOp custom && !custom.isImplemented())) {
          unknown.add(unknown(graph, n, node));
        }
      }
    }
    if (!unknown.isEmpty()) {
      throw new UnsupportedModelException(unknown);
    }
  }

  private static UnsupportedModelException.Item unknown(Graph graph, int n, Node node) {
    String reason =
        node.op() instanceof CustomOp
            ? "custom operator without an implementation"
            : "operator that this engine does not implement";
    return new UnsupportedModelException.Item(
        graph.describe(n), reason, "try the engine 'litert': the native runtime may implement it");
  }
}
