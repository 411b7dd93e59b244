package dev.whittle.ir.op;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TypedShape;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import java.util.List;

/**
 * A layer whose weights over features and time are products (Nakkiran et al., "Compressing deep
 * neural networks using a rank-constrained topology", 2015). Operands: input {@code [batch, in]},
 * weights of features {@code [filters, in]} and of time {@code [filters, memory]}, a bias {@code
 * [units]} or nothing, and the memory {@code [batch, memory * filters]}, a variable.
 *
 * @param rank how many filters make a unit
 */
public record Svdf(int rank, Activation activation, boolean asymmetricQuantizeInputs)
    implements Op {
  public static final OpType<Svdf> TYPE =
      OpType.of(
          "SVDF",
          27,
          "SVDFOptions",
          5,
          1,
          options ->
              new Svdf(
                  options.integer("rank", 0),
                  Activation.ofCode(options.integer("fused_activation_function", 0)),
                  options.flag("asymmetric_quantize_inputs", false)));

  @Override
  public OpType<Svdf> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("rank", rank)
        .with("fused_activation_function", activation.code())
        .with("asymmetric_quantize_inputs", asymmetricQuantizeInputs);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape input = operands.shape(0);
    Shape weights = operands.shape(1);
    if (!input.isRankKnown() || !weights.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shapes.dynamic(2)));
    }
    if (rank < 1 || input.rank() != 2 || weights.rank() != 2 || weights.dim(0) % rank != 0) {
      throw OperandException.invalid("input %s and weights %s of rank %d", input, weights, rank);
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(input.dim(0), weights.dim(0) / rank)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    RecurrentKernels.requireFloats(operands, 1);
    return this::run;
  }

  private void run(Invocation invocation) {
    Tensor input = invocation.input(0);
    Tensor output = invocation.output(0);
    int filters = invocation.input(1).dim(0);
    int units = filters / rank;
    for (int b = 0; b < input.dim(0); b++) {
      for (int u = 0; u < units; u++) {
        float sum = invocation.hasInput(3) ? invocation.input(3).getFloat(u) : 0;
        for (int f = u * rank; f < (u + 1) * rank; f++) {
          sum += filter(invocation, b, f);
        }
        output.setFloat((long) b * units + u, activation.apply(sum));
      }
    }
  }

  /** Remembers what a filter sees now and sums up what it remembers. */
  private static float filter(Invocation invocation, int batch, int filter) {
    Tensor input = invocation.input(0);
    Tensor features = invocation.input(1);
    Tensor time = invocation.input(2);
    Tensor state = invocation.input(4);
    int in = features.dim(1);
    int memory = time.dim(1);
    long first = ((long) batch * features.dim(0) + filter) * memory;
    for (int m = 1; m < memory; m++) {
      state.setFloat(first + m - 1, state.getFloat(first + m));
    }
    float seen = 0;
    for (int i = 0; i < in; i++) {
      seen += features.getFloat((long) filter * in + i) * input.getFloat((long) batch * in + i);
    }
    state.setFloat(first + memory - 1, seen);
    float sum = 0;
    for (int m = 0; m < memory; m++) {
      sum += time.getFloat((long) filter * memory + m) * state.getFloat(first + m);
    }
    return sum;
  }

  /** It changes its state. */
  @Override
  public boolean isPure() {
    return false;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.FLOAT_ONLY.withStored(1, 2);
  }
}
