package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.FusedLstm;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A matcher of loops that are LSTM layers in the form of Keras: a step reads an item of a list,
 * computes the four gates by two products, and stores the new state in another list.
 */
final class LstmPattern {
  private static final Set<String> SUMS = Set.of("Add", "AddV2", "BiasAdd");

  private static final int MAX_HOPS = 100;
  private static final int MAX_TERMS = 4;

  private final OperationCall call;
  private final TfFunction body;

  private LstmPattern(OperationCall call, TfFunction body) {
    this.call = call;
    this.body = body;
  }

  /** A result of an operation of the loop's body, or an argument if there is no operation. */
  private record Source(@Nullable TfNode node, int index, int argument) {
    boolean is(String op) {
      return node != null && node.op().equals(op);
    }
  }

  /** The parts of a step: the loop variables of the states, and the operands of the gates. */
  private record Step(
      int hidden, int cell, Source kernel, Source recurrent, @Nullable Source bias, Source item) {}

  /**
   * Lowers a loop that is an LSTM layer over a sequence of known length.
   *
   * @return null for other loops
   */
  static @Nullable List<Item> match(OperationCall call) {
    SavedModelImporter importer = call.walk().importer();
    TfFunction body = importer.file().function(call.node().function("body"));
    int variables = call.inputs().size();
    if (body == null
        || body.arguments().size() != variables
        || body.results().size() != variables
        || call.walk().isTrial()
        || !importer.isOutermost(call.emit())) {
      return null;
    }
    var pattern = new LstmPattern(call, body);
    Step step = pattern.step();
    return step == null ? null : pattern.lower(step);
  }

  private Source source(String reference) {
    String at = reference;
    for (int hops = 0; hops < MAX_HOPS; hops++) {
      String name = TfNode.nameOf(at);
      TfNode node = body.nodes().get(name);
      if (node == null) {
        return new Source(null, 0, body.arguments().indexOf(name));
      }
      if (!node.op().equals("Identity") && !node.op().equals("ReadVariableOp")) {
        String index = at.substring(at.lastIndexOf(':') + 1);
        boolean isNumber = at.indexOf(':') >= 0 && index.chars().allMatch(Character::isDigit);
        return new Source(node, isNumber ? Integer.parseInt(index) : 0, -1);
      }
      at = node.input(0);
    }
    return new Source(null, 0, -1);
  }

  private Source input(Source of, int input) {
    TfNode node = of.node;
    return node == null || input >= node.dataInputs().size()
        ? new Source(null, 0, -1)
        : source(node.dataInputs().get(input));
  }

  /** Returns two inputs, that computed by an operation first; null if neither is. */
  private @Nullable List<Source> sorted(Source of, String firstOp) {
    Source a = input(of, 0);
    Source b = input(of, 1);
    return a.is(firstOp) ? List.of(a, b) : b.is(firstOp) ? List.of(b, a) : null;
  }

  private @Nullable Step step() {
    List<String> results = body.results();
    for (int hidden = 0; hidden < results.size(); hidden++) {
      // h' = sigmoid(output) tanh(c')
      Source product = source(results.get(hidden));
      List<Source> factors = product.is("Mul") ? sorted(product, "Sigmoid") : null;
      if (factors != null && factors.get(1).is("Tanh")) {
        Source cell = input(factors.get(1), 0);
        Source gates = gate(factors.get(0), 3);
        for (int i = 0; gates != null && i < results.size(); i++) {
          if (source(results.get(i)).equals(cell)) {
            return step(hidden, i, cell, gates);
          }
        }
      }
    }
    return null;
  }

  /** Returns the sum from which a gate is split; null if it is not the given part of four. */
  private @Nullable Source gate(Source activation, int part) {
    Source split = input(activation, 0);
    boolean fits =
        split.is("Split")
            && split.index == part
            && split.node != null
            && split.node.integer("num_split", 1) == 4;
    return fits ? input(split, 1) : null;
  }

  private @Nullable Step step(int hidden, int cell, Source newCell, Source gates) {
    // c' = sigmoid(forget) c + sigmoid(input) tanh(candidate)
    if (newCell.node == null || !SUMS.contains(newCell.node.op())) {
      return null;
    }
    boolean keeps = false;
    boolean learns = false;
    for (int i = 0; i < 2; i++) {
      Source term = input(newCell, i);
      List<Source> factors = term.is("Mul") ? sorted(term, "Sigmoid") : null;
      if (factors == null) {
        return null;
      }
      Source other = factors.get(1);
      keeps |= other.argument == cell && gates.equals(gate(factors.get(0), 1));
      learns |=
          other.is("Tanh") && gates.equals(gate(other, 2)) && gates.equals(gate(factors.get(0), 0));
    }
    return keeps && learns ? products(hidden, cell, gates) : null;
  }

  /** Matches the gates: the sum of two products and a bias. */
  private @Nullable Step products(int hidden, int cell, Source gates) {
    List<Source> terms = new ArrayList<>();
    addTerms(gates, 0, terms);
    Source kernel = null;
    Source recurrent = null;
    Source bias = null;
    Source item = null;
    for (Source term : terms) {
      if (!term.is("MatMul")) {
        if (bias != null || term.argument < 0) {
          return null;
        }
        bias = term;
      } else if (term.node == null
          || term.node.flag("transpose_a", false)
          || term.node.flag("transpose_b", false)) {
        return null;
      } else if (input(term, 0).argument == hidden) {
        recurrent = input(term, 1);
      } else {
        kernel = input(term, 1);
        item = input(term, 0);
      }
    }
    boolean fits =
        kernel != null
            && recurrent != null
            && item != null
            && item.is("TensorListGetItem")
            && terms.size() == (bias == null ? 2 : 3);
    return fits && kernel != null && recurrent != null && item != null
        ? new Step(hidden, cell, kernel, recurrent, bias, item)
        : null;
  }

  private void addTerms(Source of, int depth, List<Source> terms) {
    if (of.node != null && SUMS.contains(of.node.op()) && depth < MAX_TERMS) {
      addTerms(input(of, 0), depth + 1, terms);
      addTerms(input(of, 1), depth + 1, terms);
    } else {
      terms.add(of);
    }
  }

  private @Nullable Tensor constant(@Nullable Source source) {
    if (source == null || source.argument < 0) {
      return null;
    }
    Item item = call.inputs().get(source.argument);
    SavedModelImporter importer = call.walk().importer();
    if (item instanceof Item.Variable variable) {
      return importer.isKept(variable.handle()) ? null : importer.variable(variable.handle());
    }
    return item instanceof Item.Tensor tensor ? tensor.value().contents() : null;
  }

  private @Nullable Value tensor(int input) {
    return input >= 0 && call.inputs().get(input) instanceof Item.Tensor tensor
        ? tensor.value()
        : null;
  }

  private @Nullable List<Item> lower(Step step) {
    Tensor kernel = constant(step.kernel);
    Tensor recurrent = constant(step.recurrent);
    Tensor bias = constant(step.bias);
    Value list = tensor(input(step.item, 0).argument);
    Value hidden = tensor(step.hidden);
    Value cell = tensor(step.cell);
    int time = input(step.item, 1).argument;
    boolean known =
        kernel != null
            && recurrent != null
            && (bias != null || step.bias == null)
            && list != null
            && hidden != null
            && cell != null
            && list.shape().isRankKnown()
            && Emitter.rank(list) == 3
            && Emitter.dim(list, 0) > 0
            && list.type() == TensorType.FLOAT32;
    if (!known
        || kernel == null
        || recurrent == null
        || list == null
        || hidden == null
        || cell == null) {
      return null;
    }
    int steps = Emitter.dim(list, 0);
    if (!runsOver(steps, time) || !changesNothingElse(step, time)) {
      return null;
    }
    // The native runtime loses states copied from tensors whose shapes are known at run time only,
    // such as zeros for an unknown batch. So zeros are computed from the sequence.
    boolean zeros = isZero(step.hidden) && isZero(step.cell);
    if (!zeros && !(hidden.shape().isStatic() && cell.shape().isStatic())) {
      return null;
    }
    Emitter emit = call.emit();
    var lstm = new FusedLstm(kernel, recurrent, bias);
    FusedLstm.Run run =
        lstm.run(emit, emit.transpose(list, 1, 0, 2), zeros ? List.of() : List.of(hidden, cell));
    return results(step, run, steps);
  }

  /** Returns whether an argument is zero before the first step. */
  private boolean isZero(int argument) {
    Value start = tensor(argument);
    Tensor known = start == null ? null : start.contents();
    if (known == null) {
      TfNode from = call.walk().producer(call.node().dataInputs().get(argument));
      if (from != null && from.op().equals("ZerosLike")) {
        return true;
      }
      Item filler =
          from != null && from.op().equals("Fill")
              ? call.walk().lowered(from.input(1))
              : new Item.Nothing();
      known = filler instanceof Item.Tensor tensor ? tensor.value().contents() : null;
    }
    for (long i = 0; known != null && i < known.elements(); i++) {
      if (known.getReal(i) != 0) {
        return false;
      }
    }
    return known != null;
  }

  /** Returns whether the loop's condition makes it read each item once, in order. */
  private boolean runsOver(int steps, int time) {
    TfFunction condition = call.walk().importer().file().function(call.node().function("cond"));
    if (condition == null || condition.results().isEmpty() || !isCounter(time)) {
      return false;
    }
    return new LstmPattern(call, condition)
        .isLimit(
            new LstmPattern(call, condition).source(condition.results().getFirst()),
            0,
            steps,
            this);
  }

  private boolean isLimit(Source test, int depth, int steps, LstmPattern loop) {
    if (test.is("LogicalAnd") && depth < MAX_TERMS) {
      return isLimit(input(test, 0), depth + 1, steps, loop)
          && isLimit(input(test, 1), depth + 1, steps, loop);
    }
    Source limit = input(test, 1);
    Long end = null;
    if (limit.is("Const") && limit.node != null) {
      Proto value = limit.node.attributes().get("value");
      end = value == null ? null : integer(value);
    } else if (limit.argument >= 0) {
      end = start(limit.argument);
    }
    return test.is("Less")
        && loop.isCounter(input(test, 0).argument)
        && end != null
        && end == steps;
  }

  /** Returns an argument before the first step; null if it is not a known integer. */
  private @Nullable Long start(int argument) {
    List<@Nullable Long> known =
        call.inputs().get(argument) instanceof Item.Tensor tensor ? tensor.known() : null;
    return known == null || known.size() != 1 ? null : known.getFirst();
  }

  /** Returns the value of a constant; null if it is no single integer. */
  private static @Nullable Long integer(Proto attribute) {
    Tensor tensor = DataTypes.tensor(attribute.message(8));
    return tensor.type().isInteger() && tensor.elements() == 1 ? tensor.getInteger(0) : null;
  }

  /** Returns whether an argument counts the steps from zero. */
  private boolean isCounter(int argument) {
    if (argument < 0 || !Long.valueOf(0).equals(start(argument))) {
      return false;
    }
    Source next = source(body.results().get(argument));
    Source added = input(next, 1);
    Proto value = added.node == null ? null : added.node.attributes().get("value");
    return next.node != null
        && SUMS.contains(next.node.op())
        && input(next, 0).argument == argument
        && added.is("Const")
        && value != null
        && Long.valueOf(1).equals(integer(value));
  }

  private boolean changesNothingElse(Step step, int time) {
    for (int i = 0; i < body.results().size(); i++) {
      Source result = source(body.results().get(i));
      boolean isState = i == step.hidden || i == step.cell;
      if (!isState && result.argument != i && !isCounter(i) && !isOutput(result, i, step, time)) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether a list receives the new state, at the index of the step or a constant one. */
  private boolean isOutput(Source result, int position, Step step, int time) {
    Source index = input(result, 1);
    boolean hasIndex = index.argument == time || index.is("Const");
    return result.is("TensorListSetItem")
        && input(result, 0).argument == position
        && input(result, 2).equals(source(body.results().get(step.hidden)))
        && hasIndex;
  }

  private @Nullable List<Item> results(Step step, FusedLstm.Run run, int steps) {
    Emitter emit = call.emit();
    Value last = emit.select(run.outputs(), 1, -1);
    List<Item> results = new ArrayList<>();
    for (int i = 0; i < body.results().size(); i++) {
      Source result = source(body.results().get(i));
      if (i == step.hidden) {
        results.add(Item.of(last));
      } else if (i == step.cell) {
        // A copy, since the operator keeps writing to the tensor of its state.
        results.add(Item.of(emit.add(run.cell(), 0)));
      } else if (result.argument == i) {
        results.add(call.inputs().get(i));
      } else if (result.is("TensorListSetItem")) {
        boolean all = !input(result, 1).is("Const");
        results.add(
            Item.of(all ? emit.transpose(run.outputs(), 1, 0, 2) : emit.expandDims(last, 0)));
      } else {
        Value start = tensor(i);
        TensorType type = start == null ? TensorType.INT32 : start.type();
        results.add(Item.of(emit.scalar(type, steps)));
      }
    }
    return results;
  }
}
