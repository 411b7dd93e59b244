package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.recurrent.UnidirectionalSequenceLstm;
import dev.whittle.ir.op.shape.Tile;
import dev.whittle.ir.op.shape.ZerosLike;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An LSTM layer as one operator. Gates in the order of Keras: input, forget, cell, output.
 *
 * @param kernel {@code [features, 4 units]}
 * @param recurrent {@code [units, 4 units]}
 * @param bias {@code [4 units]}; null for none
 */
public record FusedLstm(Tensor kernel, Tensor recurrent, @Nullable Tensor bias) {
  /**
   * The results of the operator.
   *
   * @param outputs {@code [batch, steps, units]}
   * @param cell the variable tensor with the state of the cell, {@code [batch, units]}
   */
  public record Run(Value outputs, Value cell) {}

  /**
   * Adds the operator.
   *
   * @param sequence {@code [batch, steps, features]}
   * @param initial the initial states, {@code [batch, units]} each; empty for zeros
   */
  public Run run(Emitter emit, Value sequence, List<Value> initial) {
    int units = recurrent.dim(0);
    List<@Nullable Value> operands = new ArrayList<>();
    operands.add(sequence);
    gates(emit, kernel, units, "kernel", operands);
    gates(emit, recurrent, units, "recurrent_kernel", operands);
    for (int i = 0; i < 3; i++) {
      operands.add(null);
    }
    Tensor biases = bias == null ? Tensor.allocate(TensorType.FLOAT32, 4 * units) : bias;
    for (int g = 0; g < 4; g++) {
      operands.add(emit.constant("bias", part(biases, g, units)));
    }
    operands.add(null);
    operands.add(null);
    // The operator keeps its states between runs, which a Keras layer does not. So each run writes
    // the initial states into the operator's variable tensors.
    Value zero = initial.isEmpty() ? zeroPerSample(emit, sequence) : null;
    Value h = state(emit, "h", zero == null ? initial.get(0) : zero, units);
    Value c = state(emit, "c", zero == null ? initial.get(1) : zero, units);
    operands.add(h);
    operands.add(c);
    for (int i = 0; i < 4; i++) {
      operands.add(null);
    }
    Value outputs =
        emit.node(
            new UnidirectionalSequenceLstm(Activation.TANH, 0, 0, false, false, false),
            operands.toArray(new @Nullable Value[0]));
    return new Run(outputs, c);
  }

  private static void gates(
      Emitter emit, Tensor kernel, int units, String name, List<@Nullable Value> operands) {
    Tensor byOutput = ConstantTensors.transpose(kernel, 1, 0);
    for (int g = 0; g < 4; g++) {
      operands.add(emit.constant(name, part(byOutput, g, units)));
    }
  }

  /** The rows of one gate. */
  private static Tensor part(Tensor tensor, int gate, int units) {
    int[] dims = tensor.dims().clone();
    dims[0] = units;
    long bytes = Shape.elements(dims) * Float.BYTES;
    return new Tensor(TensorType.FLOAT32, dims, null, tensor.data().asSlice(gate * bytes, bytes));
  }

  /** Returns zeros of shape {@code [batch, 1]} for a batch size that may be unknown. */
  private static Value zeroPerSample(Emitter emit, Value sequence) {
    Value one = emit.slice(emit.select(sequence, 1, 0), 1, 0, 1);
    return emit.node(new ZerosLike(), one);
  }

  /**
   * Adds the variable tensor of a state, and writes its initial contents. TILE writes them, since
   * the native runtime computes arithmetic in place, in memory that it takes from the variable.
   */
  private static Value state(Emitter emit, String name, Value initial, int units) {
    int times = Emitter.dim(initial, 1) == 1 ? units : 1;
    Value template =
        Value.of(
                0,
                emit.scope() + "/" + name,
                TensorType.FLOAT32,
                Shape.of(Emitter.dim(initial, 0), units))
            .withVariable(true);
    return emit.graph().node(template, new Tile(), initial, emit.ints(1, times));
  }
}
