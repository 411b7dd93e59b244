package dev.whittle.ir.rewrite;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.DirectInvocation;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs an operator ahead whose operands are all known. */
public final class ConstantEvaluation {
  /** How much larger than its operands a result may be that is kept in the file. */
  private static final long MAX_GROWTH_BYTES = 64 << 10;

  private ConstantEvaluation() {}

  /**
   * What an operator gives.
   *
   * @param inputs its operands; null for one left out
   * @param declared its outputs as they are declared; empty if only inference types them
   * @return nothing if an operand is not known, or if results are too large to be worth keeping, or
   *     hold strings
   * @throws OperandException if the operator does not take the operands
   */
  public static List<Tensor> evaluate(
      Op op, List<@Nullable Operand> inputs, List<Operand> declared) {
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
          || type.type().byteSize(type.shape().elements()) > inputBytes + MAX_GROWTH_BYTES) {
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
    return outputs;
  }
}
