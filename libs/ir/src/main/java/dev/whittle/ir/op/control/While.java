package dev.whittle.ir.op.control;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * A loop: while the condition graph computes true, the body graph computes the next state from the
 * present one. The operands are the first state; the outputs are the last one. A run is canceled if
 * its thread is interrupted.
 *
 * @param conditionGraph the index of the graph of the condition
 * @param bodyGraph the index of the graph of the body
 */
public record While(int conditionGraph, int bodyGraph) implements Op {
  public static final OpType<While> TYPE =
      OpType.of(
              "WHILE",
              119,
              "WhileOptions",
              0,
              0,
              options ->
                  new While(
                      options.integer("cond_subgraph_index", 0),
                      options.integer("body_subgraph_index", 0)))
          .withMaxInputs(OpType.MANY)
          .withMaxOutputs(OpType.MANY);

  @Override
  public OpType<While> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("cond_subgraph_index", conditionGraph)
        .with("body_subgraph_index", bodyGraph);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    List<TypedShape> state = ControlFlow.types(operands, 0);
    // Dimensions that the body changes become dynamic, which may make others dynamic.
    while (true) {
      List<TypedShape> next = ControlFlow.common(state, operands.subgraphOutputs(bodyGraph, state));
      if (next.equals(state)) {
        return state;
      }
      state = next;
    }
  }

  @Override
  public Kernel kernel(Operands operands) {
    return this::run;
  }

  private void run(Invocation invocation) {
    List<Tensor> state = ControlFlow.outputs(invocation);
    for (int i = 0; i < state.size(); i++) {
      state.get(i).copyFrom(invocation.input(i));
    }
    invocation.runLoop(conditionGraph, bodyGraph, state);
  }

  @Override
  public List<Integer> subgraphs() {
    return List.of(conditionGraph, bodyGraph);
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
