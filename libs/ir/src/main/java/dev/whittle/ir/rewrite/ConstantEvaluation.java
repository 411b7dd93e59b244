package dev.whittle.ir.rewrite;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.DirectInvocation;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The evaluation of an operator whose inputs are all known. */
public final class ConstantEvaluation {
  /** The number of bytes by which results may exceed the operands: they are stored in the file. */
  private static final long MAX_GROWTH_BYTES = 64 << 10;

  private ConstantEvaluation() {}

  /**
   * Returns the outputs of an operator, or no tensor if an input is not known, or if an output is
   * too large or has no fixed element size.
   *
   * @param op a pure operator
   * @param inputs the inputs; null for an optional one that is left out
   * @param declared the outputs as the graph declares them; empty to take the types that the
   *     operator infers
   * @throws OperandException if the operator does not accept the operands
   */
  public static List<Tensor> evaluate(
      Op op, List<@Nullable Operand> inputs, List<Operand> declared) {
    return evaluate(op, inputs, declared, MAX_GROWTH_BYTES);
  }

  /**
   * As {@link #evaluate(Op, List, List)}.
   *
   * @param maxGrowth the number of bytes by which each output may exceed the operands
   */
  public static List<Tensor> evaluate(
      Op op, List<@Nullable Operand> inputs, List<Operand> declared, long maxGrowth) {
    List<@Nullable Tensor> contents = new ArrayList<>();
    long inputBytes = 0;
    for (Operand operand : inputs) {
      Tensor known = operand == null ? null : operand.known();
      if (operand != null && known == null) {
        return List.of();
      }
      contents.add(known);
      inputBytes += known == null ? 0 : known.data().byteSize();
    }
    var operands = new Operands(inputs, declared, Operands.SubgraphTypes.NONE);
    List<TypedShape> inferred = op.infer(operands);
    List<Tensor> outputs = new ArrayList<>();
    List<Operand> typed = new ArrayList<>();
    for (int i = 0; i < inferred.size(); i++) {
      TypedShape type = inferred.get(i);
      if (!type.shape().isStatic()
          || !type.type().hasFixedSize()
          || type.type().byteSize(type.shape().elements()) > inputBytes + maxGrowth) {
        return List.of();
      }
      var output =
          new Tensor(
              type.type(),
              declared.isEmpty() ? null : declared.get(i).quantization(),
              Tensor.Allocator.HEAP);
      output.resize(type.shape().toArray());
      outputs.add(output);
      typed.add(
          declared.isEmpty()
              ? new Operand("", type.type(), type.shape(), null, null)
              : declared.get(i));
    }
    op.kernel(new Operands(inputs, typed, Operands.SubgraphTypes.NONE))
        .run(new DirectInvocation(contents, outputs));
    Quantization trained =
        outputs.size() == 1 ? TrainedWeights.of(op, inputs, outputs.getFirst()) : null;
    return trained == null ? outputs : List.of(outputs.getFirst().withQuantization(trained));
  }
}
