package dev.whittle.convert.fuse;

import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Div;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.op.nn.AveragePool2D;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.Conv3D;
import dev.whittle.ir.op.nn.Conv3DTranspose;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.nn.MaxPool2D;
import dev.whittle.ir.op.nn.TransposeConv;
import org.jspecify.annotations.Nullable;

/**
 * The operands of an operator with weights.
 *
 * @param weights the index of the operand with the weights
 * @param axis their axis of output channels; -1 for the last
 * @param bias the index of the operand with the bias
 */
record Weighted(int weights, int axis, int bias, Activation activation) {

  /** Returns the operands of a node with weights; null for other nodes. */
  static @Nullable Weighted of(Node node) {
    return switch (node.op()) {
      case Conv2D op -> new Weighted(1, 0, 2, op.activation());
      case DepthwiseConv2D op -> new Weighted(1, -1, 2, op.activation());
      case FullyConnected op when node.outputs().size() == 1 ->
          new Weighted(1, 0, 2, op.activation());
      case TransposeConv op -> new Weighted(1, 0, 3, op.activation());
      case Conv3D op -> new Weighted(1, -1, 2, op.activation());
      case Conv3DTranspose op -> new Weighted(1, 3, 3, op.activation());
      default -> null;
    };
  }

  /** Returns an operator with an activation; null if it cannot have one, or has one already. */
  static @Nullable Op withActivation(Op op, Activation activation) {
    return switch (op) {
      case Conv2D c when c.activation() == Activation.NONE -> c.withActivation(activation);
      case DepthwiseConv2D c when c.activation() == Activation.NONE ->
          new DepthwiseConv2D(
              c.padding(),
              c.strideWidth(),
              c.strideHeight(),
              c.depthMultiplier(),
              activation,
              c.dilationWidth(),
              c.dilationHeight());
      case FullyConnected f when f.activation() == Activation.NONE ->
          new FullyConnected(
              activation,
              f.weightsFormat(),
              f.keepNumDims(),
              f.asymmetricQuantizeInputs(),
              f.quantizedBiasType());
      case TransposeConv c when c.activation() == Activation.NONE ->
          new TransposeConv(
              c.padding(), c.strideWidth(), c.strideHeight(), activation, c.quantizedBiasType());
      case Conv3D c when c.activation() == Activation.NONE ->
          new Conv3D(
              c.padding(),
              c.strideDepth(),
              c.strideWidth(),
              c.strideHeight(),
              activation,
              c.dilationDepth(),
              c.dilationWidth(),
              c.dilationHeight());
      case Add a when a.activation() == Activation.NONE ->
          new Add(activation, a.powerOfTwoScales());
      case Sub s when s.activation() == Activation.NONE ->
          new Sub(activation, s.powerOfTwoScales());
      case Mul m when m.activation() == Activation.NONE -> new Mul(activation);
      case Div d when d.activation() == Activation.NONE -> new Div(activation);
      case AveragePool2D p when p.activation() == Activation.NONE -> p.withActivation(activation);
      case MaxPool2D p when p.activation() == Activation.NONE ->
          new MaxPool2D(
              p.padding(),
              p.strideWidth(),
              p.strideHeight(),
              p.filterWidth(),
              p.filterHeight(),
              activation);
      default -> null;
    };
  }
}
