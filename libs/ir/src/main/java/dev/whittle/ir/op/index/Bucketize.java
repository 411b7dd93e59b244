package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The bucket of each element: the number of boundaries that are at most the element.
 *
 * @param boundaries the boundaries, in ascending order
 */
public record Bucketize(List<Float> boundaries) implements Op {
  public static final OpType<Bucketize> TYPE =
      OpType.of("BUCKETIZE", 147, "BucketizeOptions", 1, 1, Bucketize::decode);

  public Bucketize {
    boundaries = List.copyOf(boundaries);
  }

  private static Bucketize decode(Options options) {
    List<Float> boundaries = options.reals("boundaries");
    return new Bucketize(boundaries == null ? List.of() : boundaries);
  }

  @Override
  public OpType<Bucketize> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("boundaries", boundaries);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(TensorType.INT32, operands.shape(0)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32, FLOAT64, INT32, INT64 ->
          invocation -> {
            Tensor in = invocation.input(0);
            for (long i = 0; i < in.elements(); i++) {
              invocation.output(0).setInt(i, bucket(in.getReal(i)));
            }
          };
      default -> throw operands.unsupportedType();
    };
  }

  private int bucket(double x) {
    int bucket = 0;
    while (bucket < boundaries.size() && x >= boundaries.get(bucket)) {
      bucket++;
    }
    return bucket;
  }
}
