package dev.whittle.ir.op.control;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * A conditional run of one of two graphs. Operand 0 is the condition; the other operands are the
 * inputs of the graph.
 *
 * @param thenGraph the index of the graph that runs if the condition is true
 * @param elseGraph the index of the graph that runs if the condition is false
 */
public record If(int thenGraph, int elseGraph) implements Op {
  public static final OpType<If> TYPE =
      OpType.of(
              "IF",
              118,
              "IfOptions",
              1,
              0,
              options ->
                  new If(
                      options.integer("then_subgraph_index", 0),
                      options.integer("else_subgraph_index", 0)))
          .withMaxInputs(OpType.MANY)
          .withMaxOutputs(OpType.MANY);

  @Override
  public OpType<If> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("then_subgraph_index", thenGraph)
        .with("else_subgraph_index", elseGraph);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    List<TypedShape> inputs = ControlFlow.types(operands, 1);
    return ControlFlow.common(
        operands.subgraphOutputs(thenGraph, inputs), operands.subgraphOutputs(elseGraph, inputs));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return invocation -> {
      if (invocation.input(0).elements() != 1) {
        throw OperandException.invalid(
            "the condition has shape %s; expected a scalar", invocation.input(0).shape());
      }
      int graph = invocation.input(0).getBoolean(0) ? thenGraph : elseGraph;
      invocation.runSubgraph(
          graph, ControlFlow.inputs(invocation, 1), ControlFlow.outputs(invocation));
    };
  }

  @Override
  public List<Integer> subgraphs() {
    return List.of(thenGraph, elseGraph);
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
