package dev.whittle.ir.op.nn;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Int16Requantization;
import dev.whittle.ir.op.Requantization;
import dev.whittle.ir.op.common.Int4WeightKernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * A dense layer: {@code activation(input * transpose(weights) + bias)}. Input {@code [..., in]},
 * weights {@code [out, in]}, bias {@code [out]} or absent; output {@code [batch, out]}, or the
 * input's leading extents and {@code out} if {@code keepNumDims}.
 *
 * @param weightsFormat 0 for row-major weights; 1 for a shuffled layout of old ARM kernels
 * @param asymmetricQuantizeInputs how the float input of 8-bit weights is quantized on the fly
 * @param quantizedBiasType the bias type of 16-bit activations; FLOAT32 stands for "not stated"
 */
public record FullyConnected(
    Activation activation,
    int weightsFormat,
    boolean keepNumDims,
    boolean asymmetricQuantizeInputs,
    TensorType quantizedBiasType)
    implements Op {
  public static final OpType<FullyConnected> TYPE =
      OpType.of("FULLY_CONNECTED", 9, "FullyConnectedOptions", 2, 1, FullyConnected::decode)
          .withMaxInputs(3)
          .withMaxOutputs(2);

  public FullyConnected(Activation activation, boolean keepNumDims) {
    this(activation, 0, keepNumDims, false, TensorType.FLOAT32);
  }

  private static FullyConnected decode(Options options) {
    return new FullyConnected(
        Activation.ofCode(options.integer("fused_activation_function", 0)),
        options.integer("weights_format", 0),
        options.flag("keep_num_dims", false),
        options.flag("asymmetric_quantize_inputs", false),
        options.tensorType("quantized_bias_type", TensorType.FLOAT32));
  }

  @Override
  public OpType<FullyConnected> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("fused_activation_function", activation.code())
        .with("weights_format", weightsFormat)
        .with("keep_num_dims", keepNumDims)
        .with("asymmetric_quantize_inputs", asymmetricQuantizeInputs)
        .with("quantized_bias_type", quantizedBiasType.code());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape weights = operands.shape(1);
    if (weights.isRankKnown() && weights.rank() != 2) {
      throw OperandException.invalid("weights must be [out, in], are %s", weights);
    }
    return List.of(new TypedShape(outputType(operands), outputShape(operands.shape(0), weights)));
  }

  /** Float inputs give floats; quantized ones may be requantized to 16 bits. */
  private static TensorType outputType(Operands operands) {
    return operands.type(0) == TensorType.FLOAT32 ? TensorType.FLOAT32 : operands.output(0).type();
  }

  private Shape outputShape(Shape input, Shape weights) {
    int in = weights.isRankKnown() ? weights.dim(1) : Shape.DYNAMIC;
    int out = weights.isRankKnown() ? weights.dim(0) : Shape.DYNAMIC;
    if (keepNumDims) {
      if (!input.isRankKnown()) {
        return Shape.UNKNOWN;
      }
      int[] dims = input.toArray();
      if (dims.length == 0 || (dims[dims.length - 1] != in && input.isStatic())) {
        throw OperandException.invalid(
            "input %s has not the %d features of weights %s", input, in, weights);
      }
      dims[dims.length - 1] = out;
      return Shape.of(dims);
    }
    if (!input.isStatic() || in == Shape.DYNAMIC) {
      return Shape.of(Shape.DYNAMIC, out);
    }
    long elements = input.elements();
    if (in == 0 ? elements != 0 : elements % in != 0) {
      throw OperandException.invalid(
          "input %s is not a whole number of rows of %d features", input, in);
    }
    return Shape.of(in == 0 ? 0 : Math.toIntExact(elements / in), out);
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (weightsFormat != 0) {
      throw OperandException.unsupported("weights format %d", weightsFormat);
    }
    return Int4WeightKernel.of(operands, 1, this::kernelOfBytes);
  }

  private Kernel kernelOfBytes(Operands operands) {
    TensorType input = operands.type(0);
    TensorType weights = operands.type(1);
    return switch (input) {
      case FLOAT32 ->
          switch (weights) {
            case FLOAT32 -> FullyConnectedKernels.floats(activation);
            case INT8 ->
                new FullyConnectedKernels.Hybrid(
                    operands.input(1).requireQuantization(), activation, asymmetricQuantizeInputs);
            default -> throw noKernel(operands);
          };
      case INT8 ->
          switch (weights) {
            case INT8 -> FullyConnectedKernels.quantized(operands, activation);
            default -> throw noKernel(operands);
          };
      case INT16 ->
          switch (weights) {
            case INT8 -> FullyConnectedKernels.wide(operands, activation);
            default -> throw noKernel(operands);
          };
      default -> throw noKernel(operands);
    };
  }

  /** How the sums of 16-bit operands become outputs. */
  public Int16Requantization wideRequantization(Operands operands) {
    return FullyConnectedKernels.wideRequantization(operands, activation);
  }

  /** How the sums of 8-bit operands become outputs. */
  public Requantization requantization(Operands operands) {
    return FullyConnectedKernels.requantization(operands, activation);
  }

  private static OperandException noKernel(Operands operands) {
    return OperandException.unsupported(
        "no kernel for %s input and %s weights", operands.type(0), operands.type(1));
  }

  /** The first rule that fits wins, as in TensorFlow Lite's versioning of this operator. */
  @Override
  public int version(Operands operands) {
    TensorType input = operands.type(0);
    TensorType weights = operands.type(1);
    boolean hybrid = input == TensorType.FLOAT32 && weights.isInteger();
    Quantization quantization = operands.input(1).quantization();
    if (input == TensorType.INT16 && weights == TensorType.INT4) {
      return 13;
    }
    if (hybrid && quantization != null && quantization.isPerAxis()) {
      return 12;
    }
    if (input == TensorType.INT16 && quantizedBiasType != TensorType.FLOAT32) {
      return 11;
    }
    if (input == TensorType.INT16) {
      return 7;
    }
    if (!operands.hasInput(2)) {
      return 6;
    }
    if (keepNumDims) {
      return 5;
    }
    if (weights == TensorType.INT4) {
      return 10;
    }
    if (input == TensorType.INT8) {
      return 4;
    }
    if (hybrid) {
      return asymmetricQuantizeInputs ? 9 : 3;
    }
    return weightsFormat == 1 ? 2 : 1;
  }

  @Override
  public long multiplyAccumulates(Operands operands) {
    Shape weights = operands.shape(1);
    Shape output = operands.output(0).shape();
    return output.isStatic() && weights.isStatic() ? output.elements() * weights.dim(1) : 0;
  }

  @Override
  public Op asHybrid() {
    return new FullyConnected(activation, weightsFormat, keepNumDims, true, quantizedBiasType);
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.weighted(1, 0, 2);
  }
}
