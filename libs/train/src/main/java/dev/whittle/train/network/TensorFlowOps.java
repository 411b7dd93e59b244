package dev.whittle.train.network;

import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.Scope;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Builds operations of a TensorFlow graph by their names in TensorFlow's registry. Types of tensors
 * are checked by TensorFlow when an operation is added.
 */
final class TensorFlowOps {
  private final Ops ops;
  private final Scope scope;

  TensorFlowOps(Ops tf) {
    this.ops = tf;
    this.scope = tf.scope();
  }

  Ops tf() {
    return ops;
  }

  TensorFlowOps after(List<Op> operations) {
    return new TensorFlowOps(ops.withControlDependencies(operations));
  }

  /** An operation of one result. */
  Output<?> op(String type, Output<?>... inputs) {
    return op(type, b -> b, inputs);
  }

  Output<?> op(String type, UnaryOperator<OperationBuilder> attributes, Output<?>... inputs) {
    return operation(type, attributes, inputs).output(0);
  }

  Operation operation(
      String type, UnaryOperator<OperationBuilder> attributes, Output<?>... inputs) {
    OperationBuilder builder = scope.opBuilder(type, type);
    for (Output<?> input : inputs) {
      builder.addInput(input);
    }
    return attributes.apply(builder).build();
  }

  /** An operation that takes a list of tensors of one type. */
  Output<?> listOp(
      String type,
      UnaryOperator<OperationBuilder> attributes,
      List<Output<?>> list,
      Output<?>... more) {
    OperationBuilder builder = scope.opBuilder(type, type);
    builder.addInputList(list.toArray(new Output<?>[0]));
    for (Output<?> input : more) {
      builder.addInput(input);
    }
    return attributes.apply(builder).build().output(0);
  }

  // Constants.

  Output<TFloat32> number(float value) {
    return ops.constant(value).asOutput();
  }

  Output<TFloat32> number(long value) {
    return ops.constant((float) value).asOutput();
  }

  Output<TInt32> integer(int value) {
    return ops.constant(value).asOutput();
  }

  Output<TInt32> integers(int... values) {
    return ops.constant(values).asOutput();
  }

  Output<TFloat32> numbers(float[] values, int... dims) {
    return ops.constant(shape(dims), DataBuffers.of(values, true, false)).asOutput();
  }

  /** A constant of any plain type. */
  Output<?> constant(Tensor tensor) {
    byte[] bytes = tensor.data().toArray(ValueLayout.JAVA_BYTE);
    return ops.constant(
            TensorFlowTypes.type(tensor.type()),
            shape(tensor.dims()),
            DataBuffers.of(bytes, true, false))
        .asOutput();
  }

  static Shape shape(int... dims) {
    return Shape.of(Arrays.stream(dims).asLongStream().toArray());
  }

  // Often used.

  Output<?> add(Output<?> a, Output<?> b) {
    return op("Add", a, b);
  }

  Output<?> sub(Output<?> a, Output<?> b) {
    return op("Sub", a, b);
  }

  Output<?> mul(Output<?> a, Output<?> b) {
    return op("Mul", a, b);
  }

  Output<?> div(Output<?> a, Output<?> b) {
    return op("Div", a, b);
  }

  Output<?> maximum(Output<?> a, Output<?> b) {
    return op("Maximum", a, b);
  }

  Output<?> minimum(Output<?> a, Output<?> b) {
    return op("Minimum", a, b);
  }

  Output<?> clip(Output<?> x, Output<?> low, Output<?> high) {
    return minimum(maximum(x, low), high);
  }

  Output<?> round(Output<?> x) {
    return op("Rint", x);
  }

  Output<?> stopGradient(Output<?> x) {
    return op("StopGradient", x);
  }

  /** Gives {@code forward}, while gradients pass as if it were {@code x}. */
  Output<?> straightThrough(Output<?> x, Output<?> forward) {
    return add(x, stopGradient(sub(forward, x)));
  }

  Output<?> reshape(Output<?> x, int... dims) {
    return op("Reshape", x, integers(dims));
  }

  Output<?> transpose(Output<?> x, int... permutation) {
    return op("Transpose", x, integers(permutation));
  }

  Output<?> reduce(String type, Output<?> x, boolean keepDims, int... axes) {
    return op(type, b -> b.setAttr("keep_dims", keepDims), x, integers(axes));
  }

  Output<?> cast(Output<?> x, TensorType type) {
    return op("Cast", b -> b.setAttr("DstT", TensorFlowTypes.dataType(type)), x);
  }

  Output<?> shapeOf(Output<?> x) {
    return op("Shape", b -> b.setAttr("out_type", DataType.DT_INT32), x);
  }

  Output<?> assign(Operand<?> variable, Output<?> value) {
    return op("Assign", variable.asOutput(), value);
  }

  /** The activation that an operator applies to its result. */
  Output<?> activate(Output<?> x, Activation activation) {
    return switch (activation) {
      case NONE -> x;
      case RELU -> op("Relu", x);
      case RELU6 -> op("Relu6", x);
      case RELU_N1_TO_1 -> clip(x, number(-1), number(1));
      case TANH -> op("Tanh", x);
      case SIGN_BIT -> throw new IllegalStateException("SIGN_BIT has no gradient");
    };
  }
}
