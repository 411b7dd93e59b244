package dev.whittle.ir.op.nn;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * Local response normalization, {@code x * (bias + alpha * s)^-beta} with s the sum of squares of
 * the channels at a distance of at most {@code radius}.
 */
public record LocalResponseNormalization(int radius, float bias, float alpha, float beta)
    implements Op {
  public static final OpType<LocalResponseNormalization> TYPE =
      OpType.of(
          "LOCAL_RESPONSE_NORMALIZATION",
          13,
          "LocalResponseNormalizationOptions",
          1,
          1,
          options ->
              new LocalResponseNormalization(
                  options.integer("radius", 0),
                  options.real("bias", 0),
                  options.real("alpha", 0),
                  options.real("beta", 0)));

  @Override
  public OpType<LocalResponseNormalization> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("radius", radius)
        .with("bias", bias)
        .with("alpha", alpha)
        .with("beta", beta);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.sameAsInput(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 -> this::run;
      default -> throw operands.unsupportedType();
    };
  }

  private void run(Invocation invocation) {
    Tensor in = invocation.input(0);
    Tensor out = invocation.output(0);
    int channels = in.rank() == 0 ? 1 : in.dim(in.rank() - 1);
    for (long i = 0; i < in.elements(); i++) {
      int channel = (int) (i % channels);
      long row = i - channel;
      float sum = 0;
      int last = (int) Math.min(channels - 1L, (long) channel + radius);
      for (int c = Math.max(0, channel - radius); c <= last; c++) {
        float x = in.getFloat(row + c);
        sum += x * x;
      }
      double factor = Math.pow(bias + alpha * sum, -beta);
      out.setFloat(i, (float) (in.getFloat(i) * factor));
    }
  }
}
