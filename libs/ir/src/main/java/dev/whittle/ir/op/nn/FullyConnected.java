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
 * A dense layer, {@code activation(input * transpose(weights) + bias)}, with input {@code [...,
 * in]}, weights {@code [out, in]} and an optional bias {@code [out]}.
 *
 * @param weightsFormat 0 for row-major weights; 1 for a shuffled layout of old ARM kernels
 * @param keepNumDims whether the output is {@code [..., out]}; otherwise it is {@code [batch, out]}
 * @param asymmetricQuantizeInputs whether float inputs of 8-bit weights are quantized
 *     asymmetrically
 * @param quantizedBiasType the type of the bias of 16-bit inputs; FLOAT32 if the file leaves it out
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
      throw OperandException.invalid("weights have shape %s; expected [out, in]", weights);
    }
    return List.of(new TypedShape(outputType(operands), outputShape(operands.shape(0), weights)));
  }

  /** Returns FLOAT32 for float inputs; quantized inputs may be requantized to 16 bits. */
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
            "input has shape %s; expected a last dimension of %d for weights %s",
            input, in, weights);
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
          "input has shape %s; expected a multiple of %d elements", input, in);
    }
    return Shape.of(in == 0 ? 0 : Math.toIntExact(elements / in), out);
  }

  @Override
  public Kernel kernel(Operands operands) {
    Bias.require(operands, 2, 1, 0);
    if (weightsFormat != 0) {
      throw OperandException.unsupported(
          "no kernel for weights format %d; expected 0", weightsFormat);
    }
    Quantization quantization = operands.input(1).quantization();
    if (quantization != null
        && quantization.details() instanceof Quantization.Details.Blocks blocks) {
      return BlockwiseFullyConnected.of(operands, blocks, activation);
    }
    return Int4WeightKernel.of(operands, 1, this::unpackedKernel);
  }

  private Kernel unpackedKernel(Operands operands) {
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
      case UINT8 ->
          switch (weights) {
            case UINT8 -> FullyConnectedKernels.quantized(operands, activation);
            default -> throw noKernel(operands);
          };
      case INT16 ->
          switch (weights) {
            case INT8 -> FullyConnectedKernels.int16(operands, activation);
            default -> throw noKernel(operands);
          };
      default -> throw noKernel(operands);
    };
  }

  /** Returns the requantization of the accumulators of 16-bit inputs. */
  public Int16Requantization int16Requantization(Operands operands) {
    return FullyConnectedKernels.int16Requantization(operands, activation);
  }

  /** Returns the requantization of the accumulators of 8-bit inputs. */
  public Requantization requantization(Operands operands) {
    return FullyConnectedKernels.requantization(operands, activation);
  }

  private static OperandException noKernel(Operands operands) {
    return OperandException.unsupported(
        "no kernel for %s input and %s weights", operands.type(0), operands.type(1));
  }

  /**
   * Returns the first version that fits, in the order of TensorFlow Lite's {@code op_version.cc}.
   */
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
