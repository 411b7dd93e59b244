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
import java.util.Optional;
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
 * A graph as a TensorFlow network. Its weights are variables. Its nodes are lowered twice, for
 * training and for inference, and both share the variables. Not thread-safe.
 */
public final class Network implements AutoCloseable {
  /**
   * The definition of a network.
   *
   * @param graph the main graph of a model; its constants are the initial weights
   * @param weights the weights, each with the constants that share them
   * @param normalizations the batch normalizations that use the moments of the batch in training
   * @param noises the noise that is added to values in training, by id
   * @param transforms the transforms of weights, in order, by the first id of the weights
   * @param quantization the quantization to simulate; null for none
   * @param loss the loss; null if the network is neither trained nor evaluated
   * @param optimizer the optimizer; null if the network is not trained
   * @param output the id of the scores
   * @param threads the number of threads for TensorFlow; 0 for its default
   */
  @SuppressWarnings("exports") // made and read by this module alone
  public record Definition(
      Graph graph,
      List<Weights> weights,
      List<TrainingImport.BatchNormalization> normalizations,
      Map<Integer, TrainingImport.Noise> noises,
      Map<Integer, List<WeightTransform>> transforms,
      @Nullable QuantizationPlan quantization,
      @Nullable Loss loss,
      @Nullable Optimizer optimizer,
      int output,
      int threads) {}

  /**
   * Weights of the network.
   *
   * @param values the ids of the constants that share them, at least one
   * @param trainable whether training updates them
   */
  public record Weights(List<Integer> values, boolean trainable) {
    public Weights {
      values = List.copyOf(values);
    }

    int first() {
      return values.getFirst();
    }
  }

  /**
   * The result of a batch in inference.
   *
   * @param loss the mean loss of the batch
   * @param scores the output of the network, with the batch along the first axis
   */
  public record Outcome(float loss, Tensor scores) {}

  private final Definition definition;
  private final org.tensorflow.Graph graph;
  private final TensorFlowOps ops;
  private final Variables variables;
  private final Session session;
  private final List<Output<?>> inputs = new ArrayList<>();
  private final Output<?> target;
  private final Output<?> seed;
  private final Map<Integer, Output<?>> transformedWeights = new HashMap<>();
  private final LoweredGraph inference;
  private final @Nullable Output<?> trainingLoss;
  private final @Nullable Output<?> inferenceLoss;

  /** The variables that gradients change. */
  private final List<Variables.Entry> trained = new ArrayList<>();

  /** The variables of moving averages, by the id of the constant that they replace. */
  private final Map<Integer, Output<?>> statistics = new HashMap<>();

  private final List<Op> stepTargets = new ArrayList<>();

  /**
   * Builds a network and initializes its variables.
   *
   * @throws UnsupportedModelException if TensorFlow is not available, or operators cannot be
   *     trained; the message names all of them
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
    inference.lower();
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

  private Output<?> loss(Loss loss, LoweredGraph lowered) {
    return loss.build(ops, definition.graph, lowered, definition.output, target, classes(loss));
  }

  private Output<?> addTraining(
      Loss kind,
      Optimizer optimizer,
      Map<Integer, Output<?>> given,
      @Nullable FakeQuantization quantization) {
    var behavior =
        new TrainingBehavior(definition.graph, definition.noises, definition.normalizations, seed);
    var training = new LoweredGraph(ops, definition.graph, given, quantization, behavior);
    training.lower();
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

  /** Adds updates of moving averages, in sequence if a layer is called several times. */
  private void addStatistics(TrainingBehavior behavior, Op step) {
    Map<Output<?>, Op> last = new HashMap<>();
    new TreeMap<>(behavior.batchMoments())
        .forEach(
            (id, moments) -> {
              Output<?> variable = Objects.requireNonNull(statistics.get(id));
              TensorFlowOps after = ops.after(List.of(last.getOrDefault(variable, step)));
              Op update =
                  FakeQuantization.updateAverage(after, variable, moments, behavior.momentum(id));
              last.put(variable, update);
              stepTargets.add(update);
            });
  }

  /**
   * Adds variables for all weights.
   *
   * @param given receives the transformed weights by id
   */
  private void addWeights(Map<Integer, Output<?>> given, @Nullable FakeQuantization quantization) {
    List<Integer> averages = new ArrayList<>();
    for (TrainingImport.BatchNormalization normalization : definition.normalizations) {
      averages.add(normalization.mean());
      averages.add(normalization.variance());
    }
    for (Weights weights : definition.weights) {
      Tensor initial = contents(weights.first());
      String name = name(weights.first());
      Output<?> variable = variables.create(name, initial);
      if (weights.values.stream().anyMatch(averages::contains)) {
        weights.values.forEach(id -> statistics.put(id, variable));
      } else if (weights.trainable) {
        trained.add(variables.entry(name));
      }
      Output<?> transformed = ops.op("Identity", variable);
      for (WeightTransform transform : transforms(weights.first())) {
        transformed =
            transform.apply(
                new WeightTransform.Context(ops, variables, name, initial), transformed);
      }
      addCenters(name);
      transformedWeights.put(weights.first(), transformed);
      Output<?> used =
          quantization == null
              ? transformed
              : quantization.weights(weights.first(), transformed, initial.dims());
      weights.values.forEach(id -> given.put(id, used));
    }
  }

  private List<WeightTransform> transforms(int id) {
    return definition.transforms.getOrDefault(id, List.of());
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
          "'%s' is not a constant".formatted(definition.graph.value(id).name()));
    }
    return contents;
  }

  private int classes(Loss loss) {
    Value scores = definition.graph.value(definition.output);
    Shape shape = scores.shape();
    if (scores.type() != TensorType.FLOAT32) {
      throw new UnsupportedModelException(
          "'%s'".formatted(scores.name()),
          "it has type %s, but scores must be FLOAT32".formatted(scores.type()),
          "choose another output");
    }
    int last = shape.isRankKnown() && shape.rank() > 0 ? shape.dim(shape.rank() - 1) : -1;
    if (loss.takesClasses() && last < 1) {
      throw new UnsupportedModelException(
          "scores of shape " + shape, "the number of classes is unknown", "");
    }
    return last;
  }

  /** Returns the names of an operation and of all operations on which it depends. */
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

  /** Adds the step of the optimizer, which begins after all gradients have been computed. */
  private Op addStep(Output<?> loss, Optimizer optimizer) {
    Set<String> reached = ancestors((GraphOperation) loss.op());
    List<Variables.Entry> used = trained.stream().filter(v -> reached.contains(v.name())).toList();
    if (used.isEmpty()) {
      throw new UnsupportedModelException(
          "training of this model", "its output depends on no trainable weights", "");
    }
    Output<?>[] outputs = used.stream().map(Variables.Entry::output).toArray(Output<?>[]::new);
    Output<?>[] gradients = graph.addGradients(loss, outputs);
    TensorFlowOps gated = ops.after(List.of(gradients));
    List<Optimizer.Update> updates = new ArrayList<>();
    for (int i = 0; i < gradients.length; i++) {
      Variables.Entry variable = used.get(i);
      updates.add(
          new Optimizer.Update(
              variable.name(),
              variable.output(),
              gated.op("Identity", gradients[i]),
              variable.shape()));
    }
    return optimizer.apply(ops, variables, updates);
  }

  /**
   * Trains on a batch.
   *
   * @param step the number of steps before; noise and schedules depend on it
   * @param randomness the seed of noise
   * @return the mean loss of the batch before the step
   * @throws IllegalStateException if the network has no optimizer
   */
  public float step(Batch batch, long step, long randomness) {
    Output<?> loss = trainingLoss;
    if (loss == null) {
      throw new IllegalStateException("the network was built without an optimizer");
    }
    var sessionVariables = new SessionVariables(session, variables);
    definition
        .transforms
        .values()
        .forEach(list -> list.forEach(t -> t.beforeStep(sessionVariables, step)));
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
    TType targets = Variables.toTensorFlow(batch.target());
    fed.add(targets);
    return feed(batch.inputs(), fed).feed(target, targets);
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

  /**
   * Evaluates a batch in inference.
   *
   * @throws IllegalStateException if the network has no loss
   */
  public Outcome infer(Batch batch) {
    Output<?> loss = inferenceLoss;
    if (loss == null) {
      throw new IllegalStateException("the network was built without a loss");
    }
    List<TType> fed = new ArrayList<>();
    try {
      Session.Runner runner = feed(batch, fed);
      try (Result result = runner.fetch(loss).fetch(inference.output(definition.output)).run()) {
        float mean = Variables.toTensor(result.get(0), TensorType.FLOAT32).getFloat(0);
        return new Outcome(mean, Variables.toTensor(result.get(1), TensorType.FLOAT32));
      }
    } finally {
      fed.forEach(TType::close);
    }
  }

  /**
   * Runs inference and returns all outputs of the graph.
   *
   * @param samples a tensor for each input of the graph, in the order of the graph
   */
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

  /** Returns the contents of all variables by name: weights, moving averages, optimizer state. */
  public Map<String, Tensor> state() {
    return variables.all(session);
  }

  /**
   * Restores variables that {@link #state} has returned.
   *
   * @throws IllegalArgumentException if a variable is missing or has another shape or type
   */
  public void restore(Map<String, Tensor> state) {
    mismatch(state)
        .ifPresent(
            message -> {
              throw new IllegalArgumentException(message);
            });
    variables
        .names()
        .forEach(name -> variables.set(session, name, Objects.requireNonNull(state.get(name))));
  }

  /** Returns the reason why a state does not belong to this network; empty if it does. */
  public Optional<String> mismatch(Map<String, Tensor> state) {
    Map<String, Tensor> current = state();
    for (Map.Entry<String, Tensor> entry : current.entrySet()) {
      Tensor saved = state.get(entry.getKey());
      if (saved == null
          || !saved.shape().equals(entry.getValue().shape())
          || saved.type() != entry.getValue().type()) {
        return Optional.of(
            "no variable '%s' of shape %s, which the network has"
                .formatted(entry.getKey(), entry.getValue().shape()));
      }
    }
    return Optional.empty();
  }

  /** Returns the transformed weights, before simulated quantization, by id. */
  public Map<Integer, float[]> weights() {
    Map<Integer, float[]> all = new HashMap<>();
    for (Weights weights : definition.weights) {
      try (Result result =
          session
              .runner()
              .fetch(Objects.requireNonNull(transformedWeights.get(weights.first())))
              .run()) {
        float[] numbers = Variables.toTensor(result.get(0), TensorType.FLOAT32).toFloats();
        weights.values.forEach(id -> all.put(id, numbers));
      }
    }
    return all;
  }

  /** Returns the trained ranges by group of the quantization plan. */
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
   * Writes a SavedModel of the network in inference.
   *
   * @param folder the folder to create
   * @param signature the names of inputs and outputs
   * @throws IOException if the folder cannot be written
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
