package dev.whittle.ir;

import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * An operator with its attributes. Implementations are records, one file each in {@code
 * dev.whittle.ir.op}, and hold all there is to know of the operator: option codec, shape inference,
 * the reference kernel and which operator version its operands need.
 */
public interface Op {
  OpType<?> type();

  /** The attributes as an option table; the inverse of {@link OpType#decode}. */
  Options options();

  /**
   * Types and shapes of the outputs. Called with dynamic shapes when a graph is typed, and again
   * with static shapes and known values before a kernel runs; extents that depend on the operands'
   * contents beyond {@link Operand#known} stay {@link Shape#DYNAMIC}, and the kernel then resizes
   * its outputs itself.
   *
   * @throws OperandException if the operands contradict each other or the attributes
   */
  List<TypedShape> infer(Operands operands);

  /**
   * The reference kernel for operands of these types and quantization parameters. Asked for once
   * when a plan is made; whatever depends on quantization parameters alone is computed here.
   * Quantized, hybrid and float kernels are different kernels: the operator chooses by the types of
   * its operands.
   *
   * @throws OperandException if no kernel takes these operand types
   */
  Kernel kernel(Operands operands);

  /** The lowest operator version whose definition covers these operands. */
  default int version(Operands operands) {
    return 1;
  }

  /**
   * Whether equal inputs always give equal outputs and nothing else is changed, so that an
   * application to constants can be computed ahead and an unused one dropped.
   */
  default boolean isPure() {
    return true;
  }

  /** Whether the outputs depend on the shapes of the inputs but not on their contents. */
  default boolean readsOnlyShapes() {
    return false;
  }

  /** What this operator asks of quantized operands, and which integer kernels it has. */
  default QuantizationRule quantizationRule() {
    return QuantizationRule.FLOAT_ONLY;
  }

  /** This operator as it stands among integers of a type whose scales are any. */
  default Op asInteger(TensorType type) {
    return this;
  }

  /**
   * This operator as it stands beside 8-bit weights: where it can choose, it quantizes float inputs
   * asymmetrically as they come.
   */
  default Op asHybrid() {
    return this;
  }

  /** Indices of the graphs of the model that this operator runs. */
  default List<Integer> subgraphs() {
    return List.of();
  }

  /**
   * How many products are summed to compute the outputs once: the usual measure of the work of a
   * network. Zero for operators whose work is not of that kind, or where extents are not known.
   */
  default long multiplyAccumulates(Operands operands) {
    return 0;
  }
}
