package dev.whittle.ir;

import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * An operator with its attributes, such as a convolution with its strides. It defines everything
 * that is specific to the operator: how a file stores the attributes, which operands it accepts,
 * the types and shapes of its outputs, and the kernel that computes them.
 *
 * <p>A built-in operator is a record in a package below {@code dev.whittle.ir.op}. Its components
 * are the attributes, and it has a field {@code public static final OpType<?> TYPE}, by which the
 * build adds it to {@link dev.whittle.ir.op.OpCatalog}. At least {@link #type}, {@link #options},
 * {@link #infer} and {@link #kernel} are implemented; the defaults of the other methods describe a
 * pure operator that computes in floats. Instances are immutable, and equal if their attributes
 * are.
 *
 * <p>An operator that files name by a string is not an {@code Op} of its own but a {@link
 * CustomOperator}.
 */
public interface Op {
  /** Returns the catalog entry, which is the same for all attributes. */
  OpType<?> type();

  /**
   * Returns the attributes as the fields of an option table. {@link OpType#decode} is the inverse.
   */
  Options options();

  /**
   * Returns the types and shapes of the outputs.
   *
   * <p>This method is called when a graph is built or checked, with dimensions and ranks that may
   * be unknown, and again before a kernel runs, with static shapes. A dimension that depends on the
   * contents of an operand is computed from {@link Operand#known} if the contents are known, and is
   * {@link Shape#DYNAMIC} if they are not; in that case the kernel resizes its outputs itself.
   *
   * @throws OperandException if the operands contradict each other or the attributes
   * @throws ArithmeticException if a shape has more elements than a {@code long} can count
   */
  List<TypedShape> infer(Operands operands);

  /**
   * Returns a new reference kernel for operands of these types and quantization parameters. The
   * result of a reference kernel is the definition of the operator: fast kernels are compared with
   * it.
   *
   * <p>The operator chooses among its kernels by the types of the operands: float, integer
   * (quantized) and hybrid kernels (float activations, 8-bit weights) are different ones. Whatever
   * depends on quantization parameters alone is computed here and not in each run.
   *
   * @throws OperandException if no kernel accepts these types; see {@link Operands#unsupportedType}
   */
  Kernel kernel(Operands operands);

  /**
   * Returns the lowest version of the operator, as the TensorFlow Lite schema counts versions,
   * whose definition covers these operands.
   */
  default int version(Operands operands) {
    return 1;
  }

  /**
   * Returns whether equal inputs always give equal outputs and the operator changes nothing else. A
   * node of a pure operator is computed ahead if its inputs are constants, and dropped if nothing
   * reads its outputs.
   */
  default boolean isPure() {
    return true;
  }

  /** Returns whether the outputs depend on the shapes of the inputs only, not on their contents. */
  default boolean readsOnlyShapes() {
    return false;
  }

  /** Returns the integer kernels that this operator has and their quantization constraints. */
  default QuantizationRule quantizationRule() {
    return QuantizationRule.FLOAT_ONLY;
  }

  /**
   * Returns this operator with the attributes that it needs among quantized activations of a type
   * whose scales are arbitrary (not powers of two).
   */
  default Op asInteger(TensorType type) {
    return this;
  }

  /**
   * Returns this operator with the attributes that it needs among float activations and 8-bit
   * weights. An operator that has the choice quantizes its inputs asymmetrically.
   */
  default Op asHybrid() {
    return this;
  }

  /** Returns the indices in {@link Model#graphs} of the graphs that this operator runs. */
  default List<Integer> subgraphs() {
    return List.of();
  }

  /**
   * Returns the number of multiply-accumulate operations of one run, the usual measure of a
   * network's work; 0 for operators without products, and if a needed dimension is not known.
   */
  default long multiplyAccumulates(Operands operands) {
    return 0;
  }
}
