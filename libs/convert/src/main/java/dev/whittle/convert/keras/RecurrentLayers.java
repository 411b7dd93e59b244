package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.LayerWeights;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.FusedLstm;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.control.CallOnce;
import dev.whittle.ir.op.state.AssignVariable;
import dev.whittle.ir.op.state.ReadVariable;
import dev.whittle.ir.op.state.VarHandle;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code keras.layers}: recurrent layers, and the bidirectional wrapper. */
final class RecurrentLayers {
  private static final Set<String> CELLS = Set.of("SimpleRNN", "GRU", "LSTM");

  private RecurrentLayers() {}

  static void register(KerasTable table) {
    for (String name : CELLS) {
      table.put(
          name, call -> recurrent(call, call.config(), name, call.weights().part("cell", "")));
    }
    table.put(
        "RNN",
        call -> {
          Config cell = call.config().object("cell");
          return recurrent(
              call,
              cell.object("config"),
              cell.string("class_name"),
              call.weights().part("cell", ""));
        });
    for (int axes = 1; axes <= 3; axes++) {
      int n = axes;
      table.put("ConvLSTM" + n + "D", call -> convolutional(call, n));
    }
    table.put("Bidirectional", RecurrentLayers::bidirectional);
  }

  /** The arguments of a call of a recurrent layer. */
  private record Input(Value sequence, @Nullable Value mask, List<Value> initial) {}

  private static Input input(LayerCall call) {
    List<Argument.OfTensor> given =
        call.args().isEmpty() ? List.of(call.input()) : Argument.tensors(call.args().getFirst());
    if (given.isEmpty()) {
      throw OperandException.invalid("expected a tensor as its first argument");
    }
    List<Value> initial = new ArrayList<>();
    // Keras 2 passes states as further inputs.
    given.stream().skip(1).forEach(t -> initial.add(t.value()));
    Argument states = call.argument(1, "initial_state");
    if (states != null) {
      Argument.tensors(states).forEach(t -> initial.add(t.value()));
    }
    Argument stated = call.argument(2, "mask");
    Value mask = stated instanceof Argument.OfTensor t ? t.value() : given.getFirst().mask();
    return new Input(call.emit().cast(given.getFirst().value(), TensorType.FLOAT32), mask, initial);
  }

  private static Argument recurrent(
      LayerCall call, Config cellConfig, String className, LayerWeights weights) {
    Input input = input(call);
    if (Emitter.rank(input.sequence) != 3) {
      throw OperandException.invalid(
          "an input %s; expected the axes batch, steps, features", input.sequence.shape());
    }
    int features = Emitter.fixedDimension(input.sequence, -1);
    RecurrentCell cell = RecurrentCell.of(className, cellConfig, weights, features);
    return run(call, cell, input);
  }

  private static Argument convolutional(LayerCall call, int axes) {
    Input input = input(call);
    Emitter emit = call.emit();
    Value sequence = input.sequence;
    boolean first = call.channelsFirst();
    int rank = Emitter.rank(sequence);
    if (rank != axes + 3) {
      throw OperandException.invalid(
          "an input %s; expected %d axes: batch, steps, %d of space, channels",
          sequence.shape(), axes + 3, axes);
    }
    if (first) {
      int[] order = new int[rank];
      for (int i = 0; i < rank; i++) {
        order[i] = i < 2 ? i : i == rank - 1 ? 2 : i + 1;
      }
      sequence = emit.transpose(sequence, order);
    }
    if (first && Activations.isAlongAnAxis(Activations.name(call.config().get("activation")))) {
      throw OperandException.unsupported(
          "an activation along the last axis with channels first; use channels_last");
    }
    if (first && !input.initial.isEmpty()) {
      throw OperandException.unsupported("given states with channels first");
    }
    int[] step = Arrays.copyOfRange(Emitter.dims(sequence), 2, rank);
    if (Arrays.stream(step).anyMatch(d -> d == Shape.DYNAMIC)) {
      throw OperandException.unsupported(
          "images of unknown size %s; fix it with --input_shape", sequence.shape());
    }
    var cell =
        new RecurrentCell.ConvLstm(call.config(), call.weights().part("cell", ""), step, axes);
    Argument result = run(call, cell, new Input(sequence, input.mask, input.initial));
    return first ? channelsFirst(emit, result, axes) : result;
  }

  private static Argument channelsFirst(Emitter emit, Argument result, int axes) {
    return switch (result) {
      case Argument.OfTensor t -> {
        int rank = Emitter.rank(t.value());
        int kept = rank - axes - 1;
        int[] order = new int[rank];
        for (int i = 0; i < rank; i++) {
          order[i] = i < kept ? i : i == kept ? rank - 1 : i - 1;
        }
        yield new Argument.OfTensor(emit.transpose(t.value(), order), t.mask());
      }
      case Argument.OfList list ->
          new Argument.OfList(
              list.items().stream().map(item -> channelsFirst(emit, item, axes)).toList());
      default -> result;
    };
  }

  private static Argument run(LayerCall call, RecurrentCell cell, Input input) {
    Emitter emit = call.emit();
    Config config = call.config();
    boolean backwards = config.flag("go_backwards", false);
    boolean sequences = config.flag("return_sequences", false);
    Value sequence = backwards ? emit.reverse(input.sequence, 1) : input.sequence;
    Value mask = input.mask;
    if (mask != null && backwards) {
      mask = emit.reverse(mask, 1);
    }
    List<Value> handles = new ArrayList<>();
    List<Value> initial = input.initial;
    if (initial.isEmpty() && config.flag("stateful", false)) {
      initial = kept(call, cell, sequence, handles);
    }
    RecurrentLoop.Run run = run(call, cell, sequence, mask, initial, sequences);
    for (int i = 0; i < handles.size(); i++) {
      emit.graph()
          .nodesAsDeclared(List.of(), new AssignVariable(), handles.get(i), run.states().get(i));
    }
    Value output = sequences && run.outputs() != null ? run.outputs() : run.last();
    Value outputMask = sequences ? input.mask : null;
    var result = new Argument.OfTensor(output, outputMask);
    if (!config.flag("return_state", false)) {
      return result;
    }
    List<Argument> all = new ArrayList<>(List.of(result));
    run.states().forEach(state -> all.add(Argument.of(state)));
    return new Argument.OfList(all);
  }

  private static RecurrentLoop.Run run(
      LayerCall call,
      RecurrentCell cell,
      Value sequence,
      @Nullable Value mask,
      List<Value> initial,
      boolean sequences) {
    Emitter emit = call.emit();
    if (!initial.isEmpty() && initial.size() != cell.states().size()) {
      throw OperandException.invalid(
          "%d initial states; expected %d", initial.size(), cell.states().size());
    }
    if (cell instanceof RecurrentCell.Lstm lstm && lstm.isStandard() && mask == null) {
      return fused(
          emit,
          lstm,
          sequence,
          initial,
          sequences,
          call.config().flag("return_state", false) || call.config().flag("stateful", false));
    }
    List<Value> states = new ArrayList<>(initial);
    if (states.isEmpty()) {
      for (int[] dimensions : cell.states()) {
        int[] dims = new int[dimensions.length + 1];
        dims[0] = Emitter.dim(sequence, 0);
        System.arraycopy(dimensions, 0, dims, 1, dimensions.length);
        states.add(emit.fill(TensorType.FLOAT32, 0, sequence, dims));
      }
    }
    var loop =
        new RecurrentLoop(
            emit,
            cell,
            mask,
            call.config().flag("zero_output_for_mask", false),
            call.config().flag("unroll", false));
    return loop.run(sequence, states, sequences);
  }

  // Stateful layers.

  private static List<Value> kept(
      LayerCall call, RecurrentCell cell, Value sequence, List<Value> handles) {
    Emitter emit = call.emit();
    int batch = Emitter.dim(sequence, 0);
    if (batch == Shape.DYNAMIC) {
      throw OperandException.unsupported(
          "a stateful layer whose batch has no fixed size; fix it with --input_shape");
    }
    Emitter.Branch reset = emit.branch("reset_" + call.name());
    List<Value> states = new ArrayList<>();
    List<VarHandle> variables = new ArrayList<>();
    List<int[]> shapes = new ArrayList<>();
    for (int i = 0; i < cell.states().size(); i++) {
      int[] dimensions = cell.states().get(i);
      int[] dims = new int[dimensions.length + 1];
      dims[0] = batch;
      System.arraycopy(dimensions, 0, dims, 1, dimensions.length);
      shapes.add(dims);
      variables.add(new VarHandle("", emit.scope() + "/state" + i));
    }
    for (int i = 0; i < variables.size(); i++) {
      Emitter inner = reset.emitter();
      Value handle = inner.node(variables.get(i));
      inner
          .graph()
          .nodesAsDeclared(
              List.of(),
              new AssignVariable(),
              handle,
              inner.zeros(TensorType.FLOAT32, shapes.get(i)));
    }
    emit.graph().nodesAsDeclared(List.of(), new CallOnce(reset.index()));
    for (int i = 0; i < variables.size(); i++) {
      Value handle = emit.node(variables.get(i));
      handles.add(handle);
      Value template =
          Value.of(0, emit.scope() + "/state" + i, TensorType.FLOAT32, Shape.of(shapes.get(i)));
      states.add(
          emit.graph().nodesAsDeclared(List.of(template), new ReadVariable(), handle).getFirst());
    }
    return states;
  }

  // The operator for LSTM layers.

  private static RecurrentLoop.Run fused(
      Emitter emit,
      RecurrentCell.Lstm cell,
      Value sequence,
      List<Value> initial,
      boolean sequences,
      boolean needsStates) {
    var lstm = new FusedLstm(cell.kernel(), cell.recurrent(), cell.bias());
    FusedLstm.Run run = lstm.run(emit, sequence, initial);
    Value last = sequences && !needsStates ? run.outputs() : emit.select(run.outputs(), 1, -1);
    List<Value> states =
        needsStates ? List.of(last, emit.add(run.cell(), 0)) : List.of(last, run.cell());
    return new RecurrentLoop.Run(run.outputs(), last, states);
  }

  // Bidirectional layers.

  private static Argument bidirectional(LayerCall call) {
    Config config = call.config();
    Config forward = config.object("layer");
    Config backward =
        config.has("backward_layer") ? config.object("backward_layer") : reversed(forward);
    Input input = input(call);
    int half = input.initial.size() / 2;
    Argument.OfTensor sequence = new Argument.OfTensor(input.sequence, input.mask);
    List<Argument> ahead =
        parts(call, forward, "forward_layer", "forward_", sequence, input.initial.subList(0, half));
    List<Argument> back =
        parts(
            call,
            backward,
            "backward_layer",
            "backward_",
            sequence,
            input.initial.subList(half, input.initial.size()));
    Emitter emit = call.emit();
    Value y = output(ahead);
    Value reverse = output(back);
    boolean sequences = forward.object("config").flag("return_sequences", false);
    if (sequences) {
      reverse = emit.reverse(reverse, 1);
    }
    Value mask = sequences ? input.mask : null;
    List<Argument> results = new ArrayList<>();
    String mode =
        config.has("merge_mode")
            ? config.string("merge_mode")
            : config.keys().contains("merge_mode") ? "none" : "concat";
    if (mode.equals("none")) {
      results.add(new Argument.OfTensor(y, mask));
      results.add(new Argument.OfTensor(reverse, mask));
    } else {
      results.add(new Argument.OfTensor(merged(emit, mode, y, reverse), mask));
    }
    results.addAll(ahead.subList(1, ahead.size()));
    results.addAll(back.subList(1, back.size()));
    return results.size() == 1 ? results.getFirst() : new Argument.OfList(results);
  }

  private static Value output(List<Argument> results) {
    if (!results.isEmpty() && results.getFirst() instanceof Argument.OfTensor tensor) {
      return tensor.value();
    }
    throw OperandException.unsupported("a recurrent layer whose output is not a tensor");
  }

  private static Value merged(Emitter emit, String mode, Value y, Value reverse) {
    return switch (mode) {
      case "concat" -> emit.concat(-1, List.of(y, reverse));
      case "sum" -> emit.add(y, reverse);
      case "ave" -> emit.mul(emit.add(y, reverse), 0.5);
      case "mul" -> emit.mul(y, reverse);
      default -> throw OperandException.unsupported("the merge mode '%s'", mode);
    };
  }

  private static List<Argument> parts(
      LayerCall call,
      Config layer,
      String attribute,
      String prefix,
      Argument.OfTensor sequence,
      List<Value> initial) {
    String name = layer.object("config").string("name", "");
    String full = name.startsWith(prefix) ? name : prefix + name;
    Map<String, Argument> kwargs =
        initial.isEmpty()
            ? Map.of()
            : Map.of(
                "initial_state", new Argument.OfList(initial.stream().map(Argument::of).toList()));
    Argument result =
        call.importer()
            .part(
                call,
                layer,
                call.weights().scope().part(attribute, full),
                List.of(sequence),
                kwargs);
    return result instanceof Argument.OfList list ? list.items() : List.of(result);
  }

  /** Returns the backward layer for a forward layer, since Keras 2 may state only the latter. */
  private static Config reversed(Config forward) {
    Config config = forward.object("config");
    Map<String, @Nullable Object> fields = new java.util.HashMap<>();
    config.keys().forEach(key -> fields.put(key, config.get(key)));
    fields.put("go_backwards", !config.flag("go_backwards", false));
    fields.put("name", config.string("name", "").replaceFirst("^forward_", "backward_"));
    Map<String, @Nullable Object> layer = new java.util.HashMap<>();
    forward.keys().forEach(key -> layer.put(key, forward.get(key)));
    layer.put("config", fields);
    return forward.withFields(layer);
  }
}
