package dev.whittle.train.network;

import dev.whittle.convert.keras.TrainingImport;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Signature;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.Range;
import dev.whittle.optimize.quantize.QuantizationPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.SessionFunction;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

/**
 * A graph that is being trained by TensorFlow: its weights are variables, and its nodes are there
 * twice, as they are in training and as they are in inference. Not for several threads.
 */
public final class Network implements AutoCloseable {
  /**
   * What to train and how.
   *
   * @param graph main graph of a model; its constants are where training begins
   * @param weights ids of constants that are the same weights, with whether they are trained
   * @param normalizations batch normalizations to be trained
   * @param noises what happens to values in training
   * @param forms what the network computes with in place of weights, by id, in order
   * @param quantization what will be rounded; null for nothing
   * @param loss null where nothing is trained or evaluated
   * @param optimizer null where nothing is trained
   * @param output the id of the scores
   * @param threads that TensorFlow may use; 0 for its own choice
   */
  @SuppressWarnings("exports") // made and read by this module alone
  public record Definition(
      Graph graph,
      List<Weights> weights,
      List<TrainingImport.BatchNormalization> normalizations,
      Map<Integer, TrainingImport.Noise> noises,
      Map<Integer, List<WeightTransform>> forms,
      @Nullable QuantizationPlan quantization,
      @Nullable Loss loss,
      @Nullable Optimizer optimizer,
      int output,
      int threads) {}

  /** Constants with one and the same content. */
  public record Weights(List<Integer> values, boolean trainable) {
    public Weights {
      values = List.copyOf(values);
    }

    int first() {
      return values.getFirst();
    }
  }

  /** What a network makes of a batch in inference. */
  public record Outcome(float loss, Tensor scores) {}

  private final Definition definition;
  private final org.tensorflow.Graph graph;
  private final TensorFlowOps ops;
  private final Variables variables;
  private final Session session;
  private final List<Output<?>> inputs = new ArrayList<>();
  private final Output<?> target;
  private final Output<?> seed;
  private final Map<Integer, Output<?>> effective = new HashMap<>();
  private final LoweredGraph inference;
  private final @Nullable Output<?> trainingLoss;
  private final @Nullable Output<?> inferenceLoss;

  /** The variables that gradients change. */
  private final List<Variables.Entry> trained = new ArrayList<>();

  /** The variables of moving averages, by the constant they stand for. */
  private final Map<Integer, Output<?>> statistics = new HashMap<>();

  private final List<Op> stepTargets = new ArrayList<>();

  /**
   * Builds the operations and puts the weights into the variables.
   *
   * @throws UnsupportedModelException naming every operator that cannot be trained
   */
  public Network(Definition definition) {
    TensorFlowLibrary.require();
    this.definition = definition;
    this.graph = new org.tensorflow.Graph();
    this.ops = new TensorFlowOps(Ops.create(graph));
    this.variables = new Variables(ops);
    Map<Integer, Output<?>> given = new HashMap<>();
    for (int id : definition.graph.inputs()) {
      Value value = definition.graph.value(id);
      Output<?> input = input(value);
      inputs.add(input);
      given.put(id, input);
    }
    TensorType targetType =
        definition.loss == null ? TensorType.FLOAT32 : definition.loss.targetType();
    target = ops.tf().placeholder(TensorFlowTypes.type(targetType)).asOutput();
    seed = ops.tf().placeholder(TInt32.class, Placeholder.shape(TensorFlowOps.shape(2))).asOutput();
    @Nullable FakeQuantization quantization =
        definition.quantization == null
            ? null
            : new FakeQuantization(definition.quantization, ops, variables);
    addWeights(given, quantization);
    inference = new LoweredGraph(ops, definition.graph, given, quantization, null);
    inference.run();
    inferenceLoss = definition.loss == null ? null : loss(definition.loss, inference);
    trainingLoss =
        definition.optimizer == null || definition.loss == null
            ? null
            : addTraining(definition.loss, definition.optimizer, given, quantization);
    ConfigProto config =
        ConfigProto.newBuilder()
            .setIntraOpParallelismThreads(definition.threads)
            .setInterOpParallelismThreads(definition.threads)
            .build();
    session = new Session(graph, false, config);
    variables.initialize(session);
  }

  private Output<?> input(Value value) {
    try {
      return ops.tf()
          .placeholder(
              TensorFlowTypes.type(value.type()),
              Placeholder.shape(TensorFlowOps.shape(value.shape().toArray())))
          .asOutput();
    } catch (OperandException e) {
      throw new UnsupportedModelException(
          "input '%s'".formatted(value.name()), String.valueOf(e.getMessage()), "");
    }
  }

  private Output<?> loss(Loss loss, LoweredGraph tower) {
    return loss.build(ops, definition.graph, tower, definition.output, target, classes(loss));
  }

  private Output<?> addTraining(
      Loss kind,
      Optimizer optimizer,
      Map<Integer, Output<?>> given,
      @Nullable FakeQuantization quantization) {
    var behavior =
        new TrainingBehavior(definition.graph, definition.noises, definition.normalizations, seed);
    var training = new LoweredGraph(ops, definition.graph, given, quantization, behavior);
    training.run();
    Output<?> loss = loss(kind, training);
    Op step = addStep(loss, optimizer);
    TensorFlowOps after = ops.after(List.of(step));
    stepTargets.add(step);
    addStatistics(behavior, step);
    if (quantization != null) {
      stepTargets.addAll(quantization.rangeUpdates(after));
    }
    return loss;
  }

  /** Moves averages on, one after another where a layer is called several times. */
  private void addStatistics(TrainingBehavior behavior, Op step) {
    Map<Output<?>, Op> last = new HashMap<>();
    new TreeMap<>(behavior.seenMoments())
        .forEach(
            (id, moments) -> {
              Output<?> variable = Objects.requireNonNull(statistics.get(id));
              TensorFlowOps after = ops.after(List.of(last.getOrDefault(variable, step)));
              Op moved = FakeQuantization.move(after, variable, moments, behavior.momentum(id));
              last.put(variable, moved);
              stepTargets.add(moved);
            });
  }

  /**
   * Adds variables for all weights.
   *
   * @param given receives what the nodes compute with
   */
  private void addWeights(Map<Integer, Output<?>> given, @Nullable FakeQuantization quantization) {
    List<Integer> moving = new ArrayList<>();
    for (TrainingImport.BatchNormalization one : definition.normalizations) {
      moving.add(one.mean());
      moving.add(one.variance());
    }
    for (Weights weights : definition.weights) {
      Tensor initial = contents(weights.first());
      String name = name(weights.first());
      Output<?> variable = variables.create(name, initial);
      if (weights.values.stream().anyMatch(moving::contains)) {
        weights.values.forEach(id -> statistics.put(id, variable));
      } else if (weights.trainable) {
        trained.add(variables.entry(name));
      }
      Output<?> form = ops.op("Identity", variable);
      for (WeightTransform one : forms(weights.first())) {
        form = one.build(new WeightTransform.Context(ops, variables, name, initial), form);
      }
      addCenters(name);
      effective.put(weights.first(), form);
      Output<?> used =
          quantization == null ? form : quantization.weights(weights.first(), form, initial.dims());
      weights.values.forEach(id -> given.put(id, used));
    }
  }

  private List<WeightTransform> forms(int id) {
    return definition.forms.getOrDefault(id, List.of());
  }

  private void addCenters(String name) {
    String centers = ClusteringTransform.centersName(name);
    if (variables.has(centers)) {
      trained.add(variables.entry(centers));
    }
  }

  private static String name(int id) {
    return "weights" + id;
  }

  private Tensor contents(int id) {
    Tensor contents = definition.graph.value(id).contents();
    if (contents == null) {
      throw new IllegalArgumentException(
          "'" + definition.graph.value(id).name() + "' is no constant");
    }
    return contents;
  }

  private int classes(Loss loss) {
    Value scores = definition.graph.value(definition.output);
    Shape shape = scores.shape();
    if (scores.type() != TensorType.FLOAT32) {
      throw new UnsupportedModelException(
          "'%s'".formatted(scores.name()),
          "it gives %s, not scores that can be compared with a target".formatted(scores.type()),
          "choose another output");
    }
    int last = shape.isRankKnown() && shape.rank() > 0 ? shape.dim(shape.rank() - 1) : -1;
    if (loss.takesClasses() && last < 1) {
      throw new UnsupportedModelException(
          "scores of " + shape, "how many classes they tell apart is not known", "");
    }
    return last;
  }

  /** The names of an operation and all that lead to it. */
  private static Set<String> ancestors(GraphOperation operation) {
    Set<String> names = new HashSet<>();
    Deque<GraphOperation> open = new ArrayDeque<>(List.of(operation));
    while (!open.isEmpty()) {
      GraphOperation next = open.pop();
      if (names.add(next.name())) {
        next.inputs().forEach(i -> open.push((GraphOperation) i.op()));
      }
    }
    return names;
  }

  /** All gradients are computed before the first weight changes. */
  private Op addStep(Output<?> loss, Optimizer optimizer) {
    Set<String> reached = ancestors((GraphOperation) loss.op());
    List<Variables.Entry> used = trained.stream().filter(v -> reached.contains(v.name())).toList();
    if (used.isEmpty()) {
      throw new UnsupportedModelException(
          "training of this model", "no weights change its output", "");
    }
    Output<?>[] outputs = used.stream().map(Variables.Entry::output).toArray(Output<?>[]::new);
    Output<?>[] gradients = graph.addGradients(loss, outputs);
    TensorFlowOps gated = ops.after(List.of(gradients));
    List<Optimizer.Change> changes = new ArrayList<>();
    for (int i = 0; i < gradients.length; i++) {
      Variables.Entry variable = used.get(i);
      changes.add(
          new Optimizer.Change(
              variable.name(),
              variable.output(),
              gated.op("Identity", gradients[i]),
              variable.shape()));
    }
    return optimizer.apply(ops, variables, changes);
  }

  /**
   * Trains on a batch.
   *
   * @param step how many steps came before; noise depends on it
   * @param randomness what else noise depends on
   * @return the loss before the step
   */
  public float step(Batch batch, long step, long randomness) {
    Output<?> loss = trainingLoss;
    if (loss == null) {
      throw new IllegalStateException("there is no optimizer");
    }
    var running = new SessionVariables(session, variables);
    definition.forms.values().forEach(forms -> forms.forEach(f -> f.beforeStep(running, step)));
    List<TType> fed = new ArrayList<>();
    try {
      Session.Runner runner = feed(batch, fed);
      Tensor seeds =
          Tensor.of(new int[] {(int) (randomness * 31 + (randomness >>> 32)), (int) step << 12}, 2);
      TType seedTensor = Variables.toTensorFlow(seeds);
      fed.add(seedTensor);
      runner.feed(seed, seedTensor);
      stepTargets.forEach(runner::addTarget);
      try (Result result = runner.fetch(loss).run()) {
        return Variables.toTensor(result.get(0), TensorType.FLOAT32).getFloat(0);
      }
    } finally {
      fed.forEach(TType::close);
    }
  }

  private Session.Runner feed(Batch batch, List<TType> fed) {
    TType wanted = Variables.toTensorFlow(batch.target());
    fed.add(wanted);
    return feed(batch.inputs(), fed).feed(target, wanted);
  }

  private Session.Runner feed(List<Tensor> samples, List<TType> fed) {
    Session.Runner runner = session.runner();
    for (int i = 0; i < inputs.size(); i++) {
      TType input = Variables.toTensorFlow(samples.get(i));
      fed.add(input);
      runner.feed(inputs.get(i), input);
    }
    return runner;
  }

  /** Runs a batch as in inference. */
  public Outcome infer(Batch batch) {
    Output<?> evaluated = inferenceLoss;
    if (evaluated == null) {
      throw new IllegalStateException("there is no loss");
    }
    List<TType> fed = new ArrayList<>();
    try {
      Session.Runner runner = feed(batch, fed);
      try (Result result =
          runner.fetch(evaluated).fetch(inference.output(definition.output)).run()) {
        float loss = Variables.toTensor(result.get(0), TensorType.FLOAT32).getFloat(0);
        return new Outcome(loss, Variables.toTensor(result.get(1), TensorType.FLOAT32));
      }
    } finally {
      fed.forEach(TType::close);
    }
  }

  /** All outputs of the graph for some inputs, as in inference. */
  public List<Tensor> run(List<Tensor> samples) {
    List<TType> fed = new ArrayList<>();
    try {
      Session.Runner runner = feed(samples, fed);
      definition.graph.outputs().forEach(id -> runner.fetch(inference.output(id)));
      List<Tensor> outputs = new ArrayList<>();
      try (Result result = runner.run()) {
        for (int i = 0; i < definition.graph.outputs().size(); i++) {
          TensorType type = definition.graph.value(definition.graph.outputs().get(i)).type();
          outputs.add(Variables.toTensor(result.get(i), type));
        }
      }
      return outputs;
    } finally {
      fed.forEach(TType::close);
    }
  }

  /** The contents of all variables by name: weights, and what the optimizer remembers. */
  public Map<String, Tensor> state() {
    return variables.all(session);
  }

  /**
   * Puts back what {@link #state} gave.
   *
   * @throws IllegalArgumentException if that was a network of another kind
   */
  public void restore(Map<String, Tensor> state) {
    Map<String, Tensor> current = state();
    for (Map.Entry<String, Tensor> entry : current.entrySet()) {
      Tensor saved = state.get(entry.getKey());
      if (saved == null
          || !saved.shape().equals(entry.getValue().shape())
          || saved.type() != entry.getValue().type()) {
        throw new IllegalArgumentException(
            "the state lacks '%s' %s of this network"
                .formatted(entry.getKey(), entry.getValue().shape()));
      }
    }
    current
        .keySet()
        .forEach(name -> variables.set(session, name, Objects.requireNonNull(state.get(name))));
  }

  /** The weights that the network computes with, not rounded, by id. */
  public Map<Integer, float[]> weights() {
    Map<Integer, float[]> all = new HashMap<>();
    for (Weights weights : definition.weights) {
      try (Result result =
          session.runner().fetch(Objects.requireNonNull(effective.get(weights.first()))).run()) {
        float[] numbers = Variables.toTensor(result.get(0), TensorType.FLOAT32).toFloats();
        weights.values.forEach(id -> all.put(id, numbers));
      }
    }
    return all;
  }

  /** The trained ranges by group of the quantization definition. */
  public Map<Integer, Range> ranges() {
    Map<Integer, Range> ranges = new TreeMap<>();
    QuantizationPlan quantization = definition.quantization;
    if (quantization == null) {
      return ranges;
    }
    for (QuantizationPlan.Activation activation : quantization.activations().values()) {
      if (activation.fixed() == null) {
        int group = activation.group();
        float low = variables.get(session, FakeQuantization.lowName(group)).getFloat(0);
        float high = variables.get(session, FakeQuantization.highName(group)).getFloat(0);
        ranges.put(group, new Range(low, high));
      }
    }
    return ranges;
  }

  /**
   * Writes a SavedModel of the network as it is in inference.
   *
   * @param signature names inputs and outputs
   */
  public void export(Path folder, Signature signature) throws IOException {
    var described = org.tensorflow.Signature.builder().key(signature.key());
    Map<Integer, Output<?>> byId = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      byId.put(definition.graph.inputs().get(i), inputs.get(i));
    }
    for (Signature.Port port : signature.inputs()) {
      described.input(port.name(), Objects.requireNonNull(byId.get(port.value())));
    }
    for (Signature.Port port : signature.outputs()) {
      described.output(port.name(), inference.output(port.value()));
    }
    SavedModelBundle.exporter(folder.toString())
        .withTags("serve")
        .withFunction(SessionFunction.create(described.build(), session))
        .export();
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
