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
 * Adds operations to a TensorFlow graph, by their names in TensorFlow's registry. TensorFlow checks
 * the types of the operands when an operation is added.
 */
final class TensorFlowOps {
  private final Ops tf;
  private final Scope scope;

  TensorFlowOps(Ops tf) {
    this.tf = tf;
    this.scope = tf.scope();
  }

  Ops tf() {
    return tf;
  }

  /** Returns a builder whose operations run after others. */
  TensorFlowOps after(List<Op> operations) {
    return new TensorFlowOps(tf.withControlDependencies(operations));
  }

  /** Adds an operation and returns its first output. */
  Output<?> op(String type, Output<?>... inputs) {
    return op(type, b -> b, inputs);
  }

  /** Adds an operation with attributes and returns its first output. */
  Output<?> op(String type, UnaryOperator<OperationBuilder> attributes, Output<?>... inputs) {
    return operation(type, attributes, inputs).output(0);
  }

  /** Adds an operation with attributes. */
  Operation operation(
      String type, UnaryOperator<OperationBuilder> attributes, Output<?>... inputs) {
    OperationBuilder builder = scope.opBuilder(type, type);
    for (Output<?> input : inputs) {
      builder.addInput(input);
    }
    return attributes.apply(builder).build();
  }

  /**
   * Adds an operation whose first operand is a list of tensors, and returns its first output.
   *
   * @param list the elements of the list
   * @param more the operands after the list
   */
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
    return tf.constant(value).asOutput();
  }

  Output<TFloat32> number(long value) {
    return tf.constant((float) value).asOutput();
  }

  Output<TInt32> integer(int value) {
    return tf.constant(value).asOutput();
  }

  Output<TInt32> integers(int... values) {
    return tf.constant(values).asOutput();
  }

  Output<TFloat32> numbers(float[] values, int... dims) {
    return tf.constant(shape(dims), DataBuffers.of(values, true, false)).asOutput();
  }

  /** Adds a constant with the contents of a tensor. */
  Output<?> constant(Tensor tensor) {
    byte[] bytes = tensor.data().toArray(ValueLayout.JAVA_BYTE);
    return tf.constant(
            TensorFlowTypes.type(tensor.type()),
            shape(tensor.dims()),
            DataBuffers.of(bytes, true, false))
        .asOutput();
  }

  static Shape shape(int... dims) {
    return Shape.of(Arrays.stream(dims).asLongStream().toArray());
  }

  // Common operations.

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

  /**
   * Adds a straight-through estimator (Y. Bengio, N. Leonard and A. Courville, "Estimating or
   * propagating gradients through stochastic neurons for conditional computation", 2013): the value
   * is {@code forward}, the gradient that of {@code x}.
   */
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

  /** Adds the fused activation of an operator. */
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
