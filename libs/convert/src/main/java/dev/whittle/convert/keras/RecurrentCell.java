package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.LayerWeights;
import dev.whittle.convert.keras.file.WeightKeys;
import dev.whittle.convert.lower.ConstantTensors;
import dev.whittle.convert.lower.Convolutions;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Products;
import dev.whittle.convert.lower.Weights;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The cell of a recurrent layer, which computes one step. The projection of the input does not
 * depend on states, so it is computed for all steps before the loop.
 */
interface RecurrentCell {
  /** The output of a step, and the states after it. */
  record Step(Value output, List<Value> states) {}

  /** Returns the shape of each state, without the batch. */
  List<int[]> states();

  /** Projects the inputs of all steps: {@code [batch, steps, ...]}. */
  Value project(Emitter emit, Value sequence);

  /**
   * Computes one step.
   *
   * @param projected the result of {@link #project} for this step
   */
  Step step(Emitter emit, Value projected, List<Value> states);

  /**
   * Returns the cell of a configuration.
   *
   * @param className the class of the cell, or of a layer with such a cell
   * @param features the number of input features
   */
  static RecurrentCell of(String className, Config config, LayerWeights weights, int features) {
    return switch (className) {
      case "SimpleRNN", "SimpleRNNCell" -> new Simple(config, weights, features);
      case "GRU", "GRUCell" -> new Gru(config, weights, features);
      case "LSTM", "LSTMCell" -> new Lstm(config, weights, features);
      case "StackedRNNCells" -> new Stacked(config, weights, features);
      default ->
          throw OperandException.unsupported(
              "the recurrent cell %s; use LSTMCell, GRUCell or SimpleRNNCell", className);
    };
  }

  /** {@code h' = f(W x + b + U h)}. */
  final class Simple implements RecurrentCell {
    private final int units;
    private final Tensor kernel;
    private final Tensor recurrent;
    private final @Nullable Tensor bias;
    private final String activation;

    Simple(Config config, LayerWeights weights, int features) {
      units = config.integer("units");
      kernel = weights.next("kernel", features, units);
      recurrent = weights.next("recurrent_kernel", units, units);
      bias = config.flag("use_bias", true) ? weights.next("bias", units) : null;
      activation = config.has("activation") ? Activations.name(config.get("activation")) : "linear";
    }

    @Override
    public List<int[]> states() {
      return List.of(new int[] {units});
    }

    @Override
    public Value project(Emitter emit, Value sequence) {
      return product(emit, sequence, kernel, bias);
    }

    @Override
    public Step step(Emitter emit, Value projected, List<Value> states) {
      Value sum = emit.add(projected, product(emit, states.getFirst(), recurrent, null));
      Value h = Activations.apply(emit, activation, sum);
      return new Step(h, List.of(h));
    }
  }

  /**
   * The GRU of Cho et al. (2014). The reset gate is applied after the product, as in cuDNN, unless
   * the configuration states otherwise.
   */
  final class Gru implements RecurrentCell {
    private final int units;
    private final boolean resetAfter;
    private final Tensor kernel;
    private final Tensor recurrent;
    private final @Nullable Tensor inputBias;
    private final @Nullable Tensor recurrentBias;
    private final String activation;
    private final String gate;

    Gru(Config config, LayerWeights weights, int features) {
      units = config.integer("units");
      resetAfter = config.flag("reset_after", true);
      kernel = weights.next("kernel", features, 3 * units);
      recurrent = weights.next("recurrent_kernel", units, 3 * units);
      boolean biased = config.flag("use_bias", true);
      if (biased && resetAfter) {
        Tensor both = weights.next("bias", 2, 3 * units);
        inputBias = rows(both, 0, 3 * units);
        recurrentBias = rows(both, 3L * units, 3 * units);
      } else {
        inputBias = biased ? weights.next("bias", 3 * units) : null;
        recurrentBias = null;
      }
      activation = Activations.name(config.has("activation") ? config.get("activation") : "tanh");
      gate =
          Activations.name(
              config.has("recurrent_activation") ? config.get("recurrent_activation") : "sigmoid");
    }

    private static Tensor rows(Tensor tensor, long from, int count) {
      return new Tensor(
          TensorType.FLOAT32,
          new int[] {count},
          null,
          tensor.data().asSlice(from * Float.BYTES, (long) count * Float.BYTES));
    }

    @Override
    public List<int[]> states() {
      return List.of(new int[] {units});
    }

    @Override
    public Value project(Emitter emit, Value sequence) {
      return product(emit, sequence, kernel, inputBias);
    }

    @Override
    public Step step(Emitter emit, Value projected, List<Value> states) {
      Value h = states.getFirst();
      List<Value> x = emit.splitSizes(projected, -1, 2 * units, units);
      Value candidate;
      List<Value> gates;
      if (resetAfter) {
        List<Value> r =
            emit.splitSizes(product(emit, h, recurrent, recurrentBias), -1, 2 * units, units);
        gates = gates(emit, emit.add(x.get(0), r.get(0)));
        candidate = emit.add(x.get(1), emit.mul(gates.get(1), r.get(1)));
      } else {
        Tensor byOutput = ConstantTensors.transpose(recurrent, 1, 0);
        Value r = rowsProduct(emit, h, byOutput, 0, 2 * units);
        gates = gates(emit, emit.add(x.get(0), r));
        Value reset = emit.mul(gates.get(1), h);
        candidate = emit.add(x.get(1), rowsProduct(emit, reset, byOutput, 2 * units, units));
      }
      Value c = Activations.apply(emit, activation, candidate);
      Value next = emit.add(c, emit.mul(gates.get(0), emit.sub(h, c)));
      return new Step(next, List.of(next));
    }

    /** Activates the two gates, at once if the activation function is elementwise. */
    private List<Value> gates(Emitter emit, Value both) {
      return Activations.isAlongAnAxis(gate)
          ? emit.split(both, -1, 2).stream().map(x -> Activations.apply(emit, gate, x)).toList()
          : emit.split(Activations.apply(emit, gate, both), -1, 2);
    }

    private Value rowsProduct(Emitter emit, Value x, Tensor byOutput, int from, int count) {
      Tensor part =
          new Tensor(
              TensorType.FLOAT32,
              new int[] {count, units},
              null,
              byOutput
                  .data()
                  .asSlice((long) from * units * Float.BYTES, (long) count * units * Float.BYTES));
      return emit.node(
          new dev.whittle.ir.op.nn.FullyConnected(dev.whittle.ir.op.Activation.NONE, false),
          x,
          emit.constant("recurrent_kernel", part),
          null);
    }
  }

  /**
   * The LSTM of Hochreiter and Schmidhuber (1997), with gates in the order of Keras: input, forget,
   * cell, output.
   */
  final class Lstm implements RecurrentCell {
    private final int units;
    private final Tensor kernel;
    private final Tensor recurrent;
    private final @Nullable Tensor bias;
    private final String activation;
    private final String gate;

    Lstm(Config config, LayerWeights weights, int features) {
      units = config.integer("units");
      kernel = weights.next("kernel", features, 4 * units);
      recurrent = weights.next("recurrent_kernel", units, 4 * units);
      bias = config.flag("use_bias", true) ? weights.next("bias", 4 * units) : null;
      activation = Activations.name(config.has("activation") ? config.get("activation") : "tanh");
      gate =
          Activations.name(
              config.has("recurrent_activation") ? config.get("recurrent_activation") : "sigmoid");
    }

    /** Returns whether UNIDIRECTIONAL_SEQUENCE_LSTM computes this cell. */
    boolean isStandard() {
      return activation.equals("tanh") && gate.equals("sigmoid");
    }

    int units() {
      return units;
    }

    Tensor kernel() {
      return kernel;
    }

    Tensor recurrent() {
      return recurrent;
    }

    @Nullable Tensor bias() {
      return bias;
    }

    @Override
    public List<int[]> states() {
      return List.of(new int[] {units}, new int[] {units});
    }

    @Override
    public Value project(Emitter emit, Value sequence) {
      return product(emit, sequence, kernel, bias);
    }

    @Override
    public Step step(Emitter emit, Value projected, List<Value> states) {
      Value sum = emit.add(projected, product(emit, states.get(0), recurrent, null));
      return gates(emit, sum, states.get(1), activation, gate);
    }

    /** Computes a step from the sums of the four gates, concatenated along the last axis. */
    static Step gates(Emitter emit, Value sum, Value cell, String activation, String gate) {
      List<Value> z = emit.split(sum, -1, 4);
      Value in = Activations.apply(emit, gate, z.get(0));
      Value forget = Activations.apply(emit, gate, z.get(1));
      Value candidate = Activations.apply(emit, activation, z.get(2));
      Value next = emit.add(emit.mul(forget, cell), emit.mul(in, candidate));
      Value out = Activations.apply(emit, gate, z.get(3));
      Value h = emit.mul(out, Activations.apply(emit, activation, next));
      return new Step(h, List.of(h, next));
    }
  }

  /** A stack of cells, each of which reads the output of the one before. */
  final class Stacked implements RecurrentCell {
    private final List<RecurrentCell> cells = new ArrayList<>();

    Stacked(Config config, LayerWeights weights, int features) {
      int width = features;
      var keys = new WeightKeys();
      for (Config cell : config.objects("cells")) {
        String className = cell.string("class_name");
        Config inner = cell.object("config");
        LayerWeights own =
            weights.part("cells", "").part(keys.next(className), inner.string("name", ""));
        RecurrentCell added = RecurrentCell.of(className, inner, own, width);
        cells.add(added);
        width = added.states().getFirst()[0];
      }
      if (cells.isEmpty()) {
        throw config.malformed("cells", "at least one cell");
      }
    }

    /** Returns the index of the state that is the output: the first state of the last cell. */
    int outputState() {
      return states().size() - cells.getLast().states().size();
    }

    @Override
    public List<int[]> states() {
      return cells.stream().flatMap(c -> c.states().stream()).toList();
    }

    @Override
    public Value project(Emitter emit, Value sequence) {
      return cells.getFirst().project(emit, sequence);
    }

    @Override
    public Step step(Emitter emit, Value projected, List<Value> states) {
      List<Value> after = new ArrayList<>();
      Value current = projected;
      int next = 0;
      for (RecurrentCell cell : cells) {
        Value input = next == 0 ? current : cell.project(emit, current);
        int count = cell.states().size();
        Step step = cell.step(emit, input, states.subList(next, next + count));
        after.addAll(step.states());
        current = step.output();
        next += count;
      }
      return new Step(current, after);
    }
  }

  /** An LSTM whose products are convolutions. */
  final class ConvLstm implements RecurrentCell {
    private final int filters;
    private final Tensor kernel;
    private final Tensor recurrent;
    private final @Nullable Tensor bias;
    private final String activation;
    private final String gate;
    private final Convolutions.Window window;
    private final int[] dimensions;

    /**
     * @param input the shape of a step's input with channels last, without the batch
     */
    ConvLstm(Config config, LayerWeights weights, int[] input, int axes) {
      filters = config.integer("filters");
      window = ConvolutionLayers.window(config, axes);
      int[] taps = config.integers("kernel_size", axes);
      int[] dims = Arrays.copyOf(taps, axes + 2);
      dims[axes] = input[axes];
      dims[axes + 1] = 4 * filters;
      kernel = weights.next("kernel", dims.clone());
      dims[axes] = filters;
      recurrent = weights.next("recurrent_kernel", dims);
      bias = config.flag("use_bias", true) ? weights.next("bias", 4 * filters) : null;
      activation = Activations.name(config.has("activation") ? config.get("activation") : "tanh");
      gate =
          Activations.name(
              config.has("recurrent_activation") ? config.get("recurrent_activation") : "sigmoid");
      dimensions = new int[axes + 1];
      for (int i = 0; i < axes; i++) {
        int reach = window.reach(i, taps[i]);
        dimensions[i] =
            window.padding() == Padding.SAME
                ? Math.ceilDiv(input[i], window.stride(i))
                : (input[i] - reach) / window.stride(i) + 1;
      }
      dimensions[axes] = filters;
    }

    @Override
    public List<int[]> states() {
      return List.of(dimensions, dimensions);
    }

    /** Convolves the steps of all samples as one batch. */
    @Override
    public Value project(Emitter emit, Value sequence) {
      int[] dims = Emitter.dims(sequence);
      int[] merged = Arrays.copyOfRange(dims, 1, dims.length);
      merged[0] = -1;
      Value images = emit.reshape(sequence, merged);
      Value weights = bias == null ? null : emit.constant("bias", bias);
      Value convolved =
          Convolutions.convolve(emit, images, Weights.of(kernel), weights, window, y -> y);
      int[] restored = new int[dims.length];
      restored[0] = -1;
      restored[1] = dims[1];
      for (int i = 2; i < restored.length; i++) {
        restored[i] = Emitter.dim(convolved, i - 1);
      }
      if (dims[1] == Shape.DYNAMIC) {
        throw OperandException.unsupported(
            "a convolution over an unknown number of steps; fix it with --input_shape");
      }
      return emit.reshape(convolved, restored);
    }

    @Override
    public Step step(Emitter emit, Value projected, List<Value> states) {
      int axes = window.axes();
      int[] ones = new int[axes];
      Arrays.fill(ones, 1);
      Value again =
          Convolutions.convolve(
              emit,
              states.get(0),
              Weights.of(recurrent),
              null,
              new Convolutions.Window(Padding.SAME, ones, ones),
              y -> y);
      return Lstm.gates(emit, emit.add(projected, again), states.get(1), activation, gate);
    }
  }

  private static Value product(Emitter emit, Value x, Tensor kernel, @Nullable Tensor bias) {
    return Products.fullyConnected(
        emit, x, kernel, bias == null ? null : emit.constant("bias", bias));
  }
}
