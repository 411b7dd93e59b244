package dev.whittle.convert.fuse;

import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Div;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.rewrite.GraphEditor;
import dev.whittle.ir.rewrite.Rule;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Arithmetic with constants as a part of the weights of the operator before it. */
final class FoldingRules {
  static final Rule DIVIDE_BY_MULTIPLYING =
      new Rule(
          "divide-by-multiplying",
          "Multiplies by the reciprocal of a constant.",
          FoldingRules::divide);

  static final Rule SUBTRACT_BY_ADDING =
      new Rule("subtract-by-adding", "Adds the negative of a constant.", FoldingRules::subtract);

  static final Rule FOLD_SCALE =
      new Rule(
          "fold-scale",
          "Multiplies the weights of a convolution or product by a factor of its result.",
          FoldingRules::foldScale);

  static final Rule FOLD_OFFSET =
      new Rule(
          "fold-offset",
          "Adds a constant that is added to the result of a convolution or product to its bias.",
          FoldingRules::foldOffset);

  static final Rule MERGE_SCALES =
      new Rule(
          "merge-scales",
          "Combines the constants of two multiplications or additions in a row.",
          FoldingRules::merge);

  static final Rule FUSE_PADDING =
      new Rule(
          "fuse-padding",
          "Replaces a padding before a convolution by the convolution's own, where they are equal.",
          FoldingRules::fusePadding);

  static final List<Rule> RULES =
      List.of(
          DIVIDE_BY_MULTIPLYING,
          SUBTRACT_BY_ADDING,
          FOLD_SCALE,
          FOLD_OFFSET,
          MERGE_SCALES,
          FUSE_PADDING);

  private FoldingRules() {}

  /** The operands of a commutative operation: a value and a constant, by id. */
  private record WithConstant(int operand, int constant) {}

  private static @Nullable WithConstant withConstant(GraphEditor editor, Node node) {
    int a = node.inputs().get(0);
    int b = node.inputs().get(1);
    if (Floats.tensor(editor, b) != null && !editor.value(a).isConstant()) {
      return new WithConstant(a, b);
    }
    return Floats.tensor(editor, a) != null && !editor.value(b).isConstant()
        ? new WithConstant(b, a)
        : null;
  }

  private static boolean divide(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (!(node.op() instanceof Div div)) {
      return false;
    }
    Tensor divisor = Floats.tensor(editor, node.inputs().get(1));
    if (divisor == null || editor.value(node.inputs().get(0)).isConstant()) {
      return false;
    }
    float[] inverse = divisor.toFloats();
    for (int i = 0; i < inverse.length; i++) {
      if (inverse[i] == 0 || Float.isInfinite(1 / inverse[i])) {
        return false;
      }
      inverse[i] = 1 / inverse[i];
    }
    return replaceConstant(editor, handle, new Mul(div.activation()), inverse, divisor.dims());
  }

  private static boolean subtract(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (!(node.op() instanceof Sub sub)) {
      return false;
    }
    Tensor subtrahend = Floats.tensor(editor, node.inputs().get(1));
    if (subtrahend == null || editor.value(node.inputs().get(0)).isConstant()) {
      return false;
    }
    float[] negative = subtrahend.toFloats();
    for (int i = 0; i < negative.length; i++) {
      negative[i] = -negative[i];
    }
    var op = new Add(sub.activation(), sub.powerOfTwoScales());
    return replaceConstant(editor, handle, op, negative, subtrahend.dims());
  }

  private static boolean replaceConstant(
      GraphEditor editor, int handle, Op op, float[] values, int[] dims) {
    Node node = editor.node(handle);
    String name = editor.value(node.inputs().get(1)).name();
    Value constant = Floats.add(editor, name, values, dims);
    List<Integer> inputs = List.of(node.inputs().get(0), constant.id());
    editor.replace(
        handle, node.withOp(op).withOperands(inputs, node.outputs(), node.intermediates()));
    return true;
  }

  /** An operator with weights whose only consumer multiplies or adds a constant per channel. */
  private static final class Match {
    private final int producer;
    private final Node node;
    private final Weighted weighted;
    private final float[] constant;
    private final Op fused;

    Match(int producer, Node node, Weighted weighted, float[] constant, Op fused) {
      this.producer = producer;
      this.node = node;
      this.weighted = weighted;
      this.constant = constant;
      this.fused = fused;
    }
  }

  private static @Nullable Match match(GraphEditor editor, Node node, Activation activation) {
    WithConstant operands = withConstant(editor, node);
    if (operands == null || !editor.hasSingleUse(operands.operand)) {
      return null;
    }
    int before = editor.producerHandle(operands.operand);
    if (before < 0) {
      return null;
    }
    Node producer = editor.node(before);
    Weighted weighted = Weighted.of(producer);
    Value result = editor.value(operands.operand);
    if (weighted == null
        || weighted.activation() != Activation.NONE
        || result.type() != TensorType.FLOAT32
        || !result.shape().isRankKnown()
        || editor.value(node.outputs().getFirst()).shape().rank() != result.shape().rank()) {
      return null;
    }
    int channels = result.shape().dim(result.shape().rank() - 1);
    float[] constant =
        channels == Shape.DYNAMIC ? null : Floats.perChannel(editor, operands.constant, channels);
    boolean readable =
        Floats.tensor(editor, producer.inputs().get(weighted.weights())) != null
            && (biasOf(producer, weighted) == Node.ABSENT
                || Floats.tensor(editor, biasOf(producer, weighted)) != null);
    // An operator without an activation of its own keeps the consumer and its activation.
    Op fused =
        activation == Activation.NONE
            ? producer.op()
            : Weighted.withActivation(producer.op(), activation);
    return constant == null || !readable || fused == null
        ? null
        : new Match(before, producer, weighted, constant, fused);
  }

  private static int biasOf(Node node, Weighted weighted) {
    return node.inputs().size() > weighted.bias()
        ? node.inputs().get(weighted.bias())
        : Node.ABSENT;
  }

  private static boolean foldScale(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    Match match = node.op() instanceof Mul mul ? match(editor, node, mul.activation()) : null;
    if (match == null) {
      return false;
    }
    int weightsId = match.node.inputs().get(match.weighted.weights());
    Value weights = editor.value(weightsId);
    int[] dims = weights.shape().toArray();
    int axis =
        match.weighted.axis() < 0 ? dims.length + match.weighted.axis() : match.weighted.axis();
    float[] scaled = scale(editor, weightsId, dims, axis, match.constant);
    Value newWeights = Floats.add(editor, weights.name(), scaled, dims);
    Quantization trained = scaledParameters(weights.quantization(), match.constant, axis);
    if (trained != null) {
      newWeights = newWeights.withQuantization(trained);
      editor.update(newWeights);
    }
    int biasId = biasOf(match.node, match.weighted);
    float[] bias = biasId == Node.ABSENT ? null : Floats.contents(editor, biasId);
    Value newBias = null;
    if (bias != null) {
      for (int i = 0; i < bias.length; i++) {
        bias[i] *= match.constant[i];
      }
      newBias = Floats.add(editor, editor.value(biasId).name(), bias, bias.length);
    }
    replace(editor, handle, match, newWeights, newBias);
    return true;
  }

  /**
   * Returns the parameters of weights that are multiplied by a factor per channel, as in {@code
   * RescaleQtype} of TensorFlow's converter.
   *
   * @return null if no parameters with a scale for each channel represent them
   */
  private static @Nullable Quantization scaledParameters(
      @Nullable Quantization trained, float[] factors, int axis) {
    if (trained == null
        || !trained.isQuantized()
        || (trained.isPerAxis() && trained.axis() != axis)) {
      return null;
    }
    boolean symmetric = trained.zeroPoint().stream().allMatch(z -> z == 0);
    List<Float> scales = new ArrayList<>();
    List<Long> zeroPoints = new ArrayList<>();
    for (int c = 0; c < factors.length; c++) {
      if (factors[c] < 0 && !symmetric) {
        return null;
      }
      int s = trained.isPerAxis() ? c : 0;
      scales.add(Math.max(trained.scale().get(s) * Math.abs(factors[c]), Float.MIN_NORMAL));
      zeroPoints.add(trained.zeroPoint().isEmpty() ? 0 : trained.zeroPoint().get(s));
    }
    return new Quantization(List.of(), List.of(), scales, zeroPoints, axis, null);
  }

  private static float[] scale(
      GraphEditor editor, int weights, int[] dims, int axis, float[] factors) {
    float[] values = Floats.contents(editor, weights);
    if (values == null) {
      throw new IllegalStateException("the weights of a match are float constants");
    }
    int inner = 1;
    for (int i = axis + 1; i < dims.length; i++) {
      inner *= dims[i];
    }
    int at = 0;
    while (at < values.length) {
      for (float factor : factors) {
        for (int i = 0; i < inner; i++) {
          values[at++] *= factor;
        }
      }
    }
    return values;
  }

  private static boolean foldOffset(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    Match match = node.op() instanceof Add add ? match(editor, node, add.activation()) : null;
    if (match == null) {
      return false;
    }
    int biasId = biasOf(match.node, match.weighted);
    float[] bias = biasId == Node.ABSENT ? null : Floats.contents(editor, biasId);
    float[] sum = match.constant.clone();
    for (int i = 0; bias != null && i < sum.length; i++) {
      sum[i] += bias[i];
    }
    String name =
        biasId == Node.ABSENT
            ? editor.value(match.node.outputs().getFirst()).name() + "/bias"
            : editor.value(biasId).name();
    replace(editor, handle, match, null, Floats.add(editor, name, sum, sum.length));
    return true;
  }

  /** Replaces an operator and the node after it by the operator with other weights. */
  private static void replace(
      GraphEditor editor, int handle, Match match, @Nullable Value weights, @Nullable Value bias) {
    Node after = editor.node(handle);
    List<Integer> inputs = new ArrayList<>(match.node.inputs());
    if (weights != null) {
      inputs.set(match.weighted.weights(), weights.id());
    }
    if (bias != null) {
      while (inputs.size() <= match.weighted.bias()) {
        inputs.add(Node.ABSENT);
      }
      inputs.set(match.weighted.bias(), bias.id());
    }
    Node fused = match.node.withOp(match.fused);
    editor.remove(handle);
    editor.replace(
        match.producer, fused.withOperands(inputs, after.outputs(), match.node.intermediates()));
  }

  /** {@code (x * a) * b} and {@code (x + a) + b}. */
  private static boolean merge(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    boolean product = node.op() instanceof Mul;
    if (!product && !(node.op() instanceof Add)) {
      return false;
    }
    WithConstant outer = withConstant(editor, node);
    if (outer == null || !editor.hasSingleUse(outer.operand)) {
      return false;
    }
    Node before = editor.producer(outer.operand);
    boolean same =
        before != null
            && (product
                ? before.op() instanceof Mul m && m.activation() == Activation.NONE
                : before.op() instanceof Add a && a.activation() == Activation.NONE);
    WithConstant inner = same && before != null ? withConstant(editor, before) : null;
    if (inner == null || editor.value(node.outputs().getFirst()).isVariable()) {
      return false;
    }
    Tensor a = Floats.tensor(editor, inner.constant);
    Tensor b = Floats.tensor(editor, outer.constant);
    if (a == null
        || b == null
        || !(a.elements() == 1 || b.elements() == 1 || a.shape().equals(b.shape()))) {
      return false;
    }
    Tensor larger = b.elements() == 1 ? a : b;
    float[] values = new float[Math.toIntExact(larger.elements())];
    for (int i = 0; i < values.length; i++) {
      float p = a.getFloat(a.elements() == 1 ? 0 : i);
      float q = b.getFloat(b.elements() == 1 ? 0 : i);
      values[i] = product ? p * q : p + q;
    }
    int rank = Math.max(a.rank(), b.rank());
    if (larger.rank() < rank) {
      return false;
    }
    Value constant = Floats.add(editor, editor.value(outer.constant).name(), values, larger.dims());
    editor.replace(
        handle,
        node.withOperands(
            List.of(inner.operand, constant.id()), node.outputs(), node.intermediates()));
    return true;
  }

  // Padding.

  private static boolean fusePadding(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (!(node.op() instanceof Conv2D) && !(node.op() instanceof DepthwiseConv2D)) {
      return false;
    }
    Node before = editor.producer(node.inputs().getFirst());
    if (before == null || !(before.op() instanceof Pad)) {
      return false;
    }
    int[] margins = Floats.integers(editor, before.inputs().get(1));
    Shape from = editor.value(before.inputs().getFirst()).shape();
    if (margins == null
        || margins.length != 8
        || margins[0] + margins[1] + margins[6] + margins[7] != 0) {
      return false;
    }
    Shape taps = editor.value(node.inputs().get(1)).shape();
    Op same =
        switch (node.op()) {
          case Conv2D c
              when c.padding() == Padding.VALID
                  && fits(
                      from.dim(1),
                      margins[2],
                      margins[3],
                      taps.dim(1),
                      c.strideHeight(),
                      c.dilationHeight())
                  && fits(
                      from.dim(2),
                      margins[4],
                      margins[5],
                      taps.dim(2),
                      c.strideWidth(),
                      c.dilationWidth()) ->
              new Conv2D(
                  Padding.SAME,
                  c.strideWidth(),
                  c.strideHeight(),
                  c.activation(),
                  c.dilationWidth(),
                  c.dilationHeight(),
                  c.quantizedBiasType());
          case DepthwiseConv2D c
              when c.padding() == Padding.VALID
                  && fits(
                      from.dim(1),
                      margins[2],
                      margins[3],
                      taps.dim(1),
                      c.strideHeight(),
                      c.dilationHeight())
                  && fits(
                      from.dim(2),
                      margins[4],
                      margins[5],
                      taps.dim(2),
                      c.strideWidth(),
                      c.dilationWidth()) ->
              new DepthwiseConv2D(
                  Padding.SAME,
                  c.strideWidth(),
                  c.strideHeight(),
                  c.depthMultiplier(),
                  c.activation(),
                  c.dilationWidth(),
                  c.dilationHeight());
          default -> null;
        };
    if (same == null) {
      return false;
    }
    List<Integer> inputs = new ArrayList<>(node.inputs());
    inputs.set(0, before.inputs().getFirst());
    editor.replace(
        handle, node.withOp(same).withOperands(inputs, node.outputs(), node.intermediates()));
    return true;
  }

  /** Returns whether padding SAME adds as many zeros in front and has the same output size. */
  private static boolean fits(
      int dimension, int front, int end, int taps, int stride, int dilation) {
    if (dimension == Shape.DYNAMIC || taps == Shape.DYNAMIC) {
      // With stride 1 and an odd kernel size, the padding does not depend on the input size.
      int reach = (taps - 1) * dilation;
      return taps != Shape.DYNAMIC && stride == 1 && reach == front + end && front == reach / 2;
    }
    int reach = (taps - 1) * dilation + 1;
    int results = Math.ceilDiv(dimension, stride);
    int all = Math.max(0, (results - 1) * stride + reach - dimension);
    return all / 2 == front && (dimension + front + end - reach) / stride + 1 == results;
  }
}
