package dev.whittle.ir.op.control;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * A single run of another graph, which has no inputs and outputs: in each interpreter, the graph
 * runs the first time that the node is reached.
 *
 * @param graph the index of the graph in the model
 */
public record CallOnce(int graph) implements Op {
  public static final OpType<CallOnce> TYPE =
      OpType.of(
          "CALL_ONCE",
          129,
          "CallOnceOptions",
          0,
          0,
          options -> new CallOnce(options.integer("init_subgraph_index", 0)));

  @Override
  public OpType<CallOnce> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("init_subgraph_index", graph);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of();
  }

  @Override
  public Kernel kernel(Operands operands) {
    return invocation -> {
      boolean[] done =
          invocation.resource("call_once:" + graph, boolean[].class, () -> new boolean[1]);
      if (!done[0]) {
        done[0] = true;
        invocation.runSubgraph(graph, List.of(), List.of());
      }
    };
  }

  @Override
  public List<Integer> subgraphs() {
    return List.of(graph);
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
