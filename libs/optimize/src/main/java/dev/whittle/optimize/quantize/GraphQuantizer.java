package dev.whittle.optimize.quantize;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.op.type.FakeQuant;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.Range;
import dev.whittle.optimize.recipe.QuantizationMode;
import dev.whittle.optimize.recipe.QuantizationSettings;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Builds the quantized form of one graph from the decisions for its nodes. The value ids of the
 * float graph keep meaning floats. Each integer form of a value gets an id of its own when it is
 * first requested.
 */
final class GraphQuantizer {
  /** The maximum 32-bit bias; the other half of the range is left to the sum of the products. */
  private static final double MAX_BIAS = Integer.MAX_VALUE / 2.0;

  /** The maximum 64-bit bias: kernels requantize sums of at most 47 bits. */
  private static final double MAX_WIDE_BIAS = 1L << 44;

  private final Graph graph;
  private final List<NodeDecision> decisions;
  private final Map<TensorType, ScaleGroups> groups;
  private final ValueRanges ranges;
  private final Map<Integer, float[]> biases;
  private final List<Value> values;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Form, Integer> forms = new HashMap<>();
  private final Map<Integer, Form> computedForms = new HashMap<>();
  private final Map<Object, Integer> constants = new HashMap<>();
  private final Map<Integer, Integer> roundedIds = new HashMap<>();
  private final boolean keepsTrainedRanges;
  private final Set<Integer> dequantized = new HashSet<>();
  private final List<String> warnings = new ArrayList<>();

  /** An integer form of the value with an id. */
  private record Form(int id, TensorType type, Quantization parameters) {}

  /**
   * Prepares the quantization of a graph.
   *
   * @param decisions the decision for each node
   * @param groups the scale groups by activation type
   * @param biases the biases that replace those of the graph, by node index
   * @param keepsTrainedRanges whether values between float operators are rounded as in training
   */
  GraphQuantizer(
      Graph graph,
      List<NodeDecision> decisions,
      Map<TensorType, ScaleGroups> groups,
      ValueRanges ranges,
      Map<Integer, float[]> biases,
      boolean keepsTrainedRanges) {
    this.graph = graph;
    this.decisions = decisions;
    this.groups = new EnumMap<>(groups);
    this.ranges = ranges;
    this.biases = biases;
    this.keepsTrainedRanges = keepsTrainedRanges;
    this.values = new ArrayList<>(graph.values());
  }

  /** Returns the type of biases beside activations of a type. */
  static TensorType biasType(TensorType activations) {
    return activations == TensorType.INT16 ? TensorType.INT64 : TensorType.INT32;
  }

  /**
   * Returns the quantized graph.
   *
   * @param inputType the new type of float inputs: FLOAT32, INT8, UINT8 or INT16
   * @param outputType the new type of float outputs: FLOAT32, INT8, UINT8 or INT16
   * @param renamed receives the new id of every input and output whose type changes
   */
  Graph run(TensorType inputType, TensorType outputType, Map<Integer, Integer> renamed) {
    List<Integer> inputs = new ArrayList<>();
    for (int id : graph.inputs()) {
      inputs.add(input(id, inputType, renamed));
    }
    for (int n = 0; n < graph.nodes().size(); n++) {
      Node node = graph.nodes().get(n);
      NodeDecision decision = decisions.get(n);
      switch (decision.settings().mode()) {
        case FLOAT -> {
          if (!addTrainedRange(node)) {
            nodes.add(node.withOperands(floats(node), node.outputs(), node.intermediates()));
          }
        }
        case INTEGER -> addInteger(n, node, decision.settings());
        case DYNAMIC, WEIGHTS_ONLY -> addStored(node, decision.settings());
      }
    }
    List<Integer> outputs = new ArrayList<>();
    for (int id : graph.outputs()) {
      outputs.add(output(id, outputType, renamed));
    }
    values.replaceAll(v -> v.type() == TensorType.FLOAT32 ? v.withQuantization(null) : v);
    return new Graph(graph.name(), values, inputs, outputs, nodes, graph.debugMetadataIndex());
  }

  /** Returns the warnings of the last run. */
  List<String> warnings() {
    return List.copyOf(warnings);
  }

  private int add(Value value) {
    values.add(value.withId(values.size()));
    return values.size() - 1;
  }

  // Inputs and outputs

  private int input(int id, TensorType type, Map<Integer, Integer> renamed) {
    Value value = graph.value(id);
    if (value.type() != TensorType.FLOAT32 || type == TensorType.FLOAT32) {
      return id;
    }
    Form form = signedForm(id, type);
    Value signed = value.withType(form.type).withQuantization(form.parameters);
    int formId = add(signed);
    remember(form, formId);
    int inputId = formId;
    if (type == TensorType.UINT8) {
      inputId = add(signed.withType(type).withQuantization(unsigned(form.parameters)));
      values.set(formId, values.get(formId).withName(value.name() + "_int8"));
      nodes.add(Node.of(new Quantize(), new int[] {inputId}, formId));
    }
    renamed.put(id, inputId);
    values.set(id, value.withName(value.name() + "_float"));
    return inputId;
  }

  private int output(int id, TensorType type, Map<Integer, Integer> renamed) {
    Value value = graph.value(id);
    if (value.type() != TensorType.FLOAT32) {
      return id;
    }
    if (type == TensorType.FLOAT32) {
      int floats = floatForm(id);
      if (floats != id) {
        renamed.put(id, floats);
        values.set(floats, values.get(floats).withName(value.name()));
        values.set(id, value.withName(value.name() + "_float"));
      }
      return floats;
    }
    if (renamed.containsKey(id)) {
      return renamed.get(id);
    }
    Form form = signedForm(id, type);
    int outputId = integerForm(id, form.type, form.parameters);
    if (type == TensorType.UINT8) {
      int unsignedId =
          add(value.withType(type).withQuantization(unsigned(form.parameters)).withData(null));
      nodes.add(Node.of(new Quantize(), new int[] {outputId}, unsignedId));
      values.set(outputId, values.get(outputId).withName(value.name() + "_int8"));
      outputId = unsignedId;
    } else {
      values.set(outputId, values.get(outputId).withName(value.name()));
    }
    renamed.put(id, outputId);
    values.set(id, value.withName(value.name() + "_float"));
    return outputId;
  }

  /** Returns the signed integer form of an input or output of the model. */
  private Form signedForm(int id, TensorType type) {
    TensorType signed = type == TensorType.UINT8 ? TensorType.INT8 : type;
    Form computed = computedForms.get(id);
    if (computed != null && computed.type == signed) {
      return computed;
    }
    ScaleGroups group = groups.get(signed);
    if (group != null && group.contains(id)) {
      return new Form(id, signed, group.parameters(id));
    }
    Range range = ranges.of(id, signed);
    if (range == null) {
      throw new UnsupportedModelException(
          "'%s'".formatted(graph.value(id).name()),
          "it cannot be %s, because its range is unknown".formatted(type),
          "calibrate with data, or keep float32 for inputs and outputs");
    }
    return new Form(id, signed, ActivationParameters.of(range, signed));
  }

  private static Quantization unsigned(Quantization parameters) {
    return Quantization.perTensor(parameters.scaleValue(), parameters.zeroPointValue() + 128L);
  }

  // Forms of values

  private void remember(Form form, int id) {
    forms.put(form, id);
    computedForms.putIfAbsent(form.id, form);
  }

  /** Returns the id of a value in integers with these parameters. */
  private int integerForm(int id, TensorType type, Quantization parameters) {
    var form = new Form(id, type, parameters);
    Integer existing = forms.get(form);
    if (existing != null) {
      return existing;
    }
    Value value = graph.value(id);
    if (value.isConstant()) {
      int[] dims = value.initialShape().toArray();
      Constant data =
          WeightQuantizer.asymmetric(OperandRoles.floats(value), dims, parameters, type);
      int constant = add(value.withType(type).withQuantization(parameters).withData(data));
      forms.put(form, constant);
      return constant;
    }
    Form computed = computedForms.get(id);
    Quantization trained = type == TensorType.INT8 ? TrainedRanges.parameters(value) : null;
    int source =
        computed != null && computed.type == type
            ? formId(computed)
            : trained != null && !trained.equals(parameters)
                ? integerForm(id, type, trained)
                : computed == null ? id : floatForm(id);
    int formId =
        add(
            value
                .withName(value.name() + "_" + type.name().toLowerCase(Locale.ROOT))
                .withType(type)
                .withQuantization(parameters));
    nodes.add(Node.of(new Quantize(), new int[] {source}, formId));
    forms.put(form, formId);
    return formId;
  }

  private int formId(Form form) {
    return Objects.requireNonNull(forms.get(form));
  }

  /** Returns the id of a value in floats. Adds a DEQUANTIZE if it is computed in integers. */
  private int floatForm(int id) {
    Form computed = computedForms.get(id);
    if (computed != null && dequantized.add(id)) {
      nodes.add(Node.of(new Dequantize(), new int[] {formId(computed)}, id));
    }
    return computed == null && keepsTrainedRanges ? rounded(id) : id;
  }

  /**
   * Returns the id of a float value rounded to its trained range, as the float operators after it
   * were trained to read it; the id itself if it has none.
   */
  private int rounded(int id) {
    Value value = graph.value(id);
    Quantization trained =
        value.isConstant() || value.isVariable() ? null : TrainedRanges.parameters(value);
    if (trained == null) {
      return id;
    }
    Integer known = roundedIds.get(id);
    if (known == null) {
      int stored = integerForm(id, TensorType.INT8, trained);
      known = add(value.withName(value.name() + "_rounded"));
      nodes.add(Node.of(new Dequantize(), new int[] {stored}, known));
      roundedIds.put(id, known);
    }
    return known;
  }

  private List<Integer> floats(Node node) {
    return node.inputs().stream().map(id -> id == Node.ABSENT ? id : floatForm(id)).toList();
  }

  // Nodes in integers

  private void addInteger(int n, Node node, QuantizationSettings settings) {
    QuantizationRule rule = node.op().quantizationRule();
    TensorType type = settings.activations();
    ScaleGroups group = Objects.requireNonNull(groups.get(type));
    List<Integer> inputs = new ArrayList<>(node.inputs());
    List<Integer> outputs = new ArrayList<>(node.outputs());
    List<Integer> floatOutputs = OperandRoles.floatOutputs(graph, node);
    for (int index : OperandRoles.activations(graph, node)) {
      int id = inputs.get(index);
      // Operators that share scales read their inputs with the parameters of the output.
      int scaled = rule.sharesScales() && !floatOutputs.isEmpty() ? floatOutputs.getFirst() : id;
      inputs.set(index, integerForm(id, type, group.parameters(scaled)));
    }
    if (rule.weights() >= 0) {
      addWeights(n, node, settings, rule, inputs);
    }
    for (int i = 0; i < outputs.size(); i++) {
      int id = outputs.get(i);
      if (floatOutputs.contains(id)) {
        Value value = graph.value(id);
        // A trained range of an output with prescribed parameters follows as a QUANTIZE.
        Quantization prescribed = rule.fixedOutput(type);
        var form = new Form(id, type, prescribed == null ? group.parameters(id) : prescribed);
        String suffix =
            graph.outputs().contains(id) ? "_" + type.name().toLowerCase(Locale.ROOT) : "";
        int formId =
            add(
                value
                    .withName(value.name() + suffix)
                    .withType(type)
                    .withQuantization(form.parameters));
        remember(form, formId);
        outputs.set(i, formId);
      }
    }
    nodes.add(integerNode(node.withOp(node.op().asInteger(type)), inputs, outputs));
    for (int id : floatOutputs) {
      Quantization trained = group.parameters(id);
      if (rule.fixedOutput(type) != null && !trained.equals(rule.fixedOutput(type))) {
        integerForm(id, type, trained);
        computedForms.put(id, new Form(id, type, trained));
      }
    }
  }

  /** Replaces a FAKE_QUANT by a QUANTIZE if integers read its result; returns whether it does. */
  private boolean addTrainedRange(Node node) {
    if (!(node.op() instanceof FakeQuant)) {
      return false;
    }
    int result = node.outputs().getFirst();
    ScaleGroups group = groups.get(TensorType.INT8);
    Quantization trained = TrainedRanges.parameters(graph.value(result));
    if (trained == null || group == null || !group.contains(result)) {
      return false;
    }
    int source = node.inputs().getFirst();
    Form computed = computedForms.get(source);
    int sourceId =
        computed != null && computed.type == TensorType.INT8 ? formId(computed) : floatForm(source);
    var form = new Form(result, TensorType.INT8, trained);
    Value value = graph.value(result);
    int formId =
        add(
            value
                .withName(value.name() + "_int8")
                .withType(TensorType.INT8)
                .withQuantization(trained));
    nodes.add(Node.of(new Quantize(), new int[] {sourceId}, formId));
    remember(form, formId);
    return true;
  }

  /** Returns a node with version 0, since the version of the float form no longer applies. */
  private static Node integerNode(Node node, List<Integer> inputs, List<Integer> outputs) {
    return new Node(
        node.op(),
        0,
        inputs,
        outputs,
        node.intermediates(),
        node.mutatingVariableInputs(),
        node.debugMetadataIndex());
  }

  private void addWeights(
      int n,
      Node node,
      QuantizationSettings settings,
      QuantizationRule rule,
      List<Integer> inputs) {
    int weightsId = node.inputs().get(rule.weights());
    Value weights = graph.value(weightsId);
    int activation = inputs.get(OperandRoles.activations(graph, node).getFirst());
    double inputScale = quantization(activation).scaleValue();
    int[] dims = weights.initialShape().toArray();
    int axis = settings.perChannel() ? rule.axis() : -1;
    boolean zeroPoints =
        node.op() instanceof FullyConnected && settings.activations() == TensorType.INT8;
    TrainedScales chosen = scales(weightsId, axis, settings, zeroPoints);
    float[] scales = chosen.scales();
    if (chosen.changed() > 0) {
      warnings.add(
          "%s has no zero points of weights: %d of %d channels of '%s', which were trained with them,"
                  .formatted(
                      node.op().type().name(), chosen.changed(), scales.length, weights.name())
              + " get larger scales; train with narrow, symmetric ranges");
    }
    int biasId =
        rule.bias() >= 0 && rule.bias() < node.inputs().size()
            ? node.inputs().get(rule.bias())
            : Node.ABSENT;
    TensorType biasType = biasType(settings.activations());
    if (biasId != Node.ABSENT) {
      float[] bias = biases.getOrDefault(n, OperandRoles.floats(graph.value(biasId)));
      guard(bias, scales, inputScale, biasType);
      inputs.set(rule.bias(), bias(graph.value(biasId), bias, scales, inputScale, biasType));
    } else if (biases.containsKey(n)) {
      throw new IllegalStateException(
          "a corrected bias for a node that has none: " + graph.describe(n));
    }
    inputs.set(rule.weights(), stored(weights, dims, chosen, axis, settings.weights()));
  }

  private Quantization quantization(int id) {
    Quantization parameters = values.get(id).quantization();
    if (parameters == null) {
      throw new IllegalStateException("'" + values.get(id).name() + "' is not quantized");
    }
    return parameters;
  }

  private TrainedScales scales(
      int weightsId, int axis, QuantizationSettings settings, boolean zeroPoints) {
    Value weights = graph.value(weightsId);
    TrainedScales trained = TrainedScales.of(weights, axis, settings.weights(), zeroPoints);
    return trained != null
        ? trained
        : new TrainedScales(
            WeightScales.of(
                OperandRoles.floats(weights),
                weights.initialShape().toArray(),
                axis,
                settings.weights().bits(),
                settings.weightMethod()),
            0,
            0,
            false);
  }

  private static Constant integers(
      Value weights,
      int[] dims,
      TrainedScales chosen,
      int axis,
      Quantization parameters,
      TensorType type) {
    float[] numbers = OperandRoles.floats(weights);
    if (chosen.zeroPoint() != 0) {
      return WeightQuantizer.asymmetric(numbers, dims, parameters, type);
    }
    return chosen.trained()
        ? WeightQuantizer.trained(numbers, dims, chosen.scales(), axis, type)
        : WeightQuantizer.symmetric(numbers, dims, chosen.scales(), axis, type);
  }

  /**
   * Increases the weight scale of each channel whose bias would overflow. The scale of a bias is
   * the product of the input's and the weights' scale.
   */
  private static void guard(float[] bias, float[] scales, double inputScale, TensorType biasType) {
    double max = biasType == TensorType.INT64 ? MAX_WIDE_BIAS : MAX_BIAS;
    for (int c = 0; c < bias.length; c++) {
      int s = scales.length == 1 ? 0 : c;
      if (Math.abs(bias[c]) / (inputScale * scales[s]) > max) {
        scales[s] = Math.nextUp((float) (Math.abs(bias[c]) / max / inputScale));
      }
    }
  }

  private int bias(
      Value bias, float[] numbers, float[] weightScaleList, double inputScale, TensorType type) {
    float[] stated = new float[weightScaleList.length];
    double[] scales = new double[stated.length];
    for (int c = 0; c < stated.length; c++) {
      scales[c] = inputScale * weightScaleList[c];
      stated[c] = (float) scales[c];
    }
    return add(
        bias.withType(type)
            .withQuantization(Quantization.perAxis(stated, 0))
            .withData(WeightQuantizer.bias(numbers, scales, type)));
  }

  /** Returns the id of weights in integers, which nodes with the same settings share. */
  private int stored(Value weights, int[] dims, TrainedScales chosen, int axis, TensorType type) {
    float[] scales = chosen.scales();
    Quantization parameters =
        scales.length == 1
            ? Quantization.perTensor(scales[0], chosen.zeroPoint())
            : Quantization.perAxis(scales, axis);
    Object key = List.of(weights.id(), type, parameters);
    return constants.computeIfAbsent(
        key,
        k ->
            add(
                weights
                    .withType(type)
                    .withQuantization(parameters)
                    .withData(integers(weights, dims, chosen, axis, parameters, type))));
  }

  // Nodes in floats with stored integer weights

  private void addStored(Node node, QuantizationSettings settings) {
    List<Integer> inputs = new ArrayList<>(floats(node));
    Op op = node.op();
    List<Integer> indices =
        settings.weights() == TensorType.FLOAT16
            ? IntStream.range(0, node.inputs().size()).boxed().toList()
            : op.quantizationRule().stored();
    for (int index : indices) {
      if (index < inputs.size() && isWorthStoring(inputs.get(index), settings)) {
        int id = inputs.get(index);
        if (settings.mode() == QuantizationMode.DYNAMIC) {
          int axis = settings.perChannel() ? axis(op, index) : -1;
          int stored = integers(id, axis, settings);
          List<Integer> candidate = new ArrayList<>(inputs);
          candidate.set(index, stored);
          if (hasKernel(op.asHybrid(), candidate, node.outputs())) {
            inputs = candidate;
            op = op.asHybrid();
            continue;
          }
        }
        inputs.set(index, dequantized(id, axis(op, index), settings));
      }
    }
    nodes.add(integerNode(node.withOp(op), inputs, node.outputs()));
  }

  private static int axis(Op op, int input) {
    QuantizationRule rule = op.quantizationRule();
    return input == rule.weights() ? rule.axis() : -1;
  }

  private boolean isWorthStoring(int id, QuantizationSettings settings) {
    return id != Node.ABSENT
        && id < graph.values().size()
        && OperandRoles.isFloatConstant(graph, id)
        && !graph.value(id).isVariable()
        && graph.value(id).initialShape().elements() >= Math.max(1, settings.minElements())
        && OperandRoles.isFinite(graph.value(id));
  }

  private int integers(int id, int axis, QuantizationSettings settings) {
    Value weights = graph.value(id);
    int[] dims = weights.initialShape().toArray();
    return stored(weights, dims, scales(id, axis, settings, false), axis, settings.weights());
  }

  private boolean hasKernel(Op op, List<Integer> inputs, List<Integer> outputs) {
    List<@Nullable Operand> operands = new ArrayList<>();
    for (int id : inputs) {
      operands.add(id == Node.ABSENT ? null : Operand.of(values.get(id)));
    }
    var signature =
        new Operands(
            operands,
            outputs.stream().map(id -> Operand.of(values.get(id))).toList(),
            Operands.SubgraphTypes.NONE);
    try {
      op.kernel(signature);
      // Data movement operators accept any type, but their result has the type of the weights.
      return op.infer(signature).getFirst().type() == TensorType.FLOAT32;
    } catch (OperandException e) {
      return false;
    }
  }

  /** Returns the id of weights dequantized from a stored constant, which all readers share. */
  private int dequantized(int id, int ruleAxis, QuantizationSettings settings) {
    int axis = settings.perChannel() ? ruleAxis : -1;
    Object key =
        List.of(id, settings.weights(), axis, settings.blockSize(), settings.weightMethod());
    Integer existing = constants.get(key);
    if (existing != null) {
      return existing;
    }
    Value weights = graph.value(id);
    int result = add(weights.withName(weights.name() + "_float").withData(null));
    if (settings.weights() == TensorType.FLOAT16) {
      Constant half =
          WeightQuantizer.half(OperandRoles.floats(weights), weights.initialShape().toArray());
      int stored = add(weights.withType(TensorType.FLOAT16).withData(half));
      nodes.add(Node.of(new Dequantize(), new int[] {stored}, result));
    } else if (settings.blockSize() > 0 && divides(settings.blockSize(), weights)) {
      addBlocks(weights, result, settings);
    } else {
      int stored = integers(id, axis, settings);
      nodes.add(Node.of(new Dequantize(), new int[] {stored}, result));
    }
    constants.put(key, result);
    return result;
  }

  private static boolean divides(int blockSize, Value weights) {
    int[] dims = weights.initialShape().toArray();
    return dims.length > 0 && dims[dims.length - 1] % blockSize == 0;
  }

  /**
   * Adds weights whose blocks have a scale each. The blocks are the rows of a matrix that is
   * quantized per row and reshaped, since not every runtime reads the schema's own block format.
   */
  private void addBlocks(Value weights, int result, QuantizationSettings settings) {
    int size = settings.blockSize();
    float[] numbers = OperandRoles.floats(weights);
    int[] dims = {numbers.length / size, size};
    float[] scales =
        WeightScales.of(numbers, dims, 0, settings.weights().bits(), settings.weightMethod());
    int stored =
        add(
            weights
                .withShape(Shape.of(dims))
                .withType(settings.weights())
                .withQuantization(Quantization.perAxis(scales, 0))
                .withData(WeightQuantizer.symmetric(numbers, dims, scales, 0, settings.weights())));
    int blocks =
        add(values.get(result).withName(weights.name() + "_blocks").withShape(Shape.of(dims)));
    int[] fullDims = weights.initialShape().toArray();
    int shape =
        add(
            Value.of(0, weights.name() + "_shape", TensorType.INT32, Shape.of(fullDims.length))
                .withData(Constant.of(Tensor.of(fullDims, fullDims.length).data())));
    nodes.add(Node.of(new Dequantize(), new int[] {stored}, blocks));
    List<Integer> newShape = new ArrayList<>();
    for (int dim : fullDims) {
      newShape.add(dim);
    }
    nodes.add(Node.of(new Reshape(newShape), new int[] {blocks, shape}, result));
  }
}
