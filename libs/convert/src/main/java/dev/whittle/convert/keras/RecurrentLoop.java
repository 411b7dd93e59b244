package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.DynamicUpdateSlice;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A cell applied to all steps, as a WHILE loop or unrolled.
 *
 * @param mask {@code [batch, steps]}, false for masked steps, which keep the states; null for none
 * @param zeroOutput whether the output of a masked step is zero instead of the previous output
 * @param unroll whether the steps are unrolled
 */
record RecurrentLoop(
    Emitter emit, RecurrentCell cell, @Nullable Value mask, boolean zeroOutput, boolean unroll) {
  /** Unrolling more steps would make the file large for little gain. */
  private static final int MAX_UNROLLED = 256;

  /**
   * The results of all steps.
   *
   * @param outputs {@code [batch, steps, ...]}; null if not requested
   */
  record Run(@Nullable Value outputs, Value last, List<Value> states) {}

  /**
   * Lowers the loop.
   *
   * @param sequence {@code [batch, steps, ...]}
   * @param allOutputs whether the outputs of all steps are requested
   */
  Run run(Value sequence, List<Value> initial, boolean allOutputs) {
    Value projected = cell.project(emit, sequence);
    int steps = Emitter.dim(sequence, 1);
    if (unroll && steps > 0 && steps <= MAX_UNROLLED) {
      return unrolled(projected, initial, steps, allOutputs);
    }
    return looped(projected, initial, allOutputs);
  }

  private Run unrolled(Value projected, List<Value> initial, int steps, boolean allOutputs) {
    List<Value> states = initial;
    List<Value> outputs = new ArrayList<>();
    Value output = null;
    for (int t = 0; t < steps; t++) {
      Value before = output == null ? emit.mul(initial.getFirst(), 0) : output;
      Value present = mask == null ? null : emit.select(mask, 1, t);
      RecurrentCell.Step step =
          masked(
              emit, cell.step(emit, emit.select(projected, 1, t), states), present, states, before);
      output = step.output();
      states = step.states();
      outputs.add(output);
    }
    if (output == null) {
      throw OperandException.unsupported("a sequence without steps");
    }
    Value all =
        allOutputs
            ? emit.node(new dev.whittle.ir.op.shape.Pack(steps, 1), outputs.toArray(new Value[0]))
            : null;
    return new Run(all, output, states);
  }

  private RecurrentCell.Step masked(
      Emitter e,
      RecurrentCell.Step step,
      @Nullable Value present,
      List<Value> before,
      Value outputBefore) {
    if (present == null) {
      return step;
    }
    List<Value> states = new ArrayList<>();
    for (int i = 0; i < before.size(); i++) {
      states.add(e.where(like(e, present, before.get(i)), step.states().get(i), before.get(i)));
    }
    Value otherwise = zeroOutput ? e.scalar(0f) : outputBefore;
    Value output = e.where(like(e, present, step.output()), step.output(), otherwise);
    return new RecurrentCell.Step(output, states);
  }

  /** Returns a mask {@code [batch]} with as many axes as a state. */
  private static Value like(Emitter e, Value present, Value state) {
    Value wide = present;
    while (Emitter.rank(wide) < Emitter.rank(state)) {
      wide = e.expandDims(wide, -1);
    }
    return wide;
  }

  /** The indices of loop variables; -1 for absent ones. */
  private record Variables(int states, int last, int outputs, int mask) {}

  private Run looped(Value projected, List<Value> initial, boolean allOutputs) {
    List<Value> variables = new ArrayList<>(List.of(emit.scalar(0), projected));
    variables.addAll(initial);
    Value first = initial.getFirst();
    // The output has the shape of the last cell's first state.
    int[] dimensions = cell.states().size() > 2 ? lastDimensions() : cell.states().getFirst();
    boolean carriesLast = mask != null;
    int last = carriesLast ? variables.size() : -1;
    if (carriesLast) {
      variables.add(zeros(first, dimensions));
    }
    int outputs = allOutputs ? variables.size() : -1;
    if (allOutputs) {
      variables.add(outputBuffer(projected, dimensions));
    }
    int masks = mask == null ? -1 : variables.size();
    if (mask != null) {
      variables.add(mask);
    }
    var indices = new Variables(2, last, outputs, masks);
    int steps = Emitter.dim(projected, 1);
    List<Value> results =
        emit.loop(
            variables,
            (e, v) ->
                e.node(
                    new Less(),
                    v.getFirst(),
                    steps == Shape.DYNAMIC ? e.reshape(e.dimension(v.get(1), 1)) : e.scalar(steps)),
            (e, v) -> step(e, v, indices, initial.size()));
    List<Value> states = results.subList(2, 2 + initial.size());
    Value lastOutput = carriesLast ? results.get(last) : outputState(states);
    return new Run(allOutputs ? results.get(outputs) : null, lastOutput, states);
  }

  /** Returns the state that is the output: of stacked cells the first state of the last one. */
  private Value outputState(List<Value> states) {
    return states.get(outputStateIndex());
  }

  private int outputStateIndex() {
    return cell instanceof RecurrentCell.Stacked stacked ? stacked.outputState() : 0;
  }

  private int[] lastDimensions() {
    return cell.states().get(outputStateIndex());
  }

  private Value zeros(Value like, int[] dimensions) {
    int[] dims = new int[dimensions.length + 1];
    dims[0] = Emitter.dim(like, 0);
    System.arraycopy(dimensions, 0, dims, 1, dimensions.length);
    return emit.fill(TensorType.FLOAT32, 0, like, dims);
  }

  private Value outputBuffer(Value projected, int[] dimensions) {
    int[] dims = new int[dimensions.length + 2];
    dims[0] = Emitter.dim(projected, 0);
    dims[1] = Emitter.dim(projected, 1);
    System.arraycopy(dimensions, 0, dims, 2, dimensions.length);
    return emit.fill(TensorType.FLOAT32, 0, projected, dims);
  }

  private List<Value> step(Emitter e, List<Value> v, Variables indices, int stateCount) {
    Value time = v.get(0);
    List<Value> states = v.subList(indices.states, indices.states + stateCount);
    Value input = e.gather(v.get(1), time, 1);
    Value present = indices.mask < 0 ? null : e.gather(v.get(indices.mask), time, 1);
    Value before = indices.last < 0 ? time : v.get(indices.last);
    RecurrentCell.Step step = masked(e, cell.step(e, input, states), present, states, before);
    List<Value> after = new ArrayList<>(v);
    after.set(0, e.add(time, 1));
    for (int i = 0; i < stateCount; i++) {
      after.set(indices.states + i, step.states().get(i));
    }
    if (indices.last >= 0) {
      after.set(indices.last, step.output());
    }
    if (indices.outputs >= 0) {
      after.set(indices.outputs, store(e, v.get(indices.outputs), step.output(), time));
    }
    return after;
  }

  private static Value store(Emitter e, Value outputs, Value output, Value time) {
    List<Value> start = new ArrayList<>();
    start.add(e.ints(0));
    start.add(e.reshape(time, 1));
    start.add(e.ints(new int[Emitter.rank(outputs) - 2]));
    return e.node(new DynamicUpdateSlice(), outputs, e.expandDims(output, 1), e.concat(0, start));
  }
}
