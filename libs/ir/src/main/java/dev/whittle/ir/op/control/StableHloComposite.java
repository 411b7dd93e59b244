package dev.whittle.ir.op.control;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A named composition of operators, such as a normalization, with its decomposition: a graph that
 * computes it from the same inputs. Only accelerators know the name; the attributes describe the
 * composition to them, and the decomposition already has their values.
 *
 * @param name the composition's name; null if the file leaves it out
 * @param decomposition the index of the graph that computes it
 * @param attributes the attributes in an encoding of the producing tool; null if the file leaves
 *     them out
 * @param attributesFormat the encoding of the attributes: 0 for FlexBuffers
 * @param compositeVersion the version of the composition's definition
 */
public record StableHloComposite(
    @Nullable String name,
    int decomposition,
    @Nullable List<Integer> attributes,
    int attributesFormat,
    int compositeVersion)
    implements Op {
  public static final OpType<StableHloComposite> TYPE =
      OpType.of(
              "STABLEHLO_COMPOSITE",
              206,
              "StableHLOCompositeOptions",
              0,
              0,
              options ->
                  new StableHloComposite(
                      options.text("name"),
                      options.integer("decomposition_subgraph_index", 0),
                      options.integers("composite_attributes"),
                      options.integer("composite_attributes_format", 0),
                      options.integer("version", 0)))
          .withMaxInputs(OpType.MANY)
          .withMaxOutputs(OpType.MANY);

  public StableHloComposite {
    attributes = attributes == null ? null : List.copyOf(attributes);
  }

  @Override
  public OpType<StableHloComposite> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("name", name)
        .with("decomposition_subgraph_index", decomposition)
        .with("composite_attributes", attributes)
        .with("composite_attributes_format", attributesFormat)
        .with("version", compositeVersion);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    List<TypedShape> outputs =
        operands.subgraphOutputs(decomposition, ControlFlow.types(operands, 0));
    if (outputs.size() < operands.outputCount()) {
      throw OperandException.invalid(
          "the composition '%s' has %d outputs; its decomposition computes %d",
          String.valueOf(name), operands.outputCount(), outputs.size());
    }
    return outputs;
  }

  @Override
  public Kernel kernel(Operands operands) {
    return invocation ->
        invocation.runSubgraph(
            decomposition, ControlFlow.inputs(invocation, 0), ControlFlow.outputs(invocation));
  }

  @Override
  public List<Integer> subgraphs() {
    return List.of(decomposition);
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
