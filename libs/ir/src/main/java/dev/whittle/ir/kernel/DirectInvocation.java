package dev.whittle.ir.kernel;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An invocation of a pure kernel outside an interpreter, with given tensors.
 *
 * @param inputs the inputs; null for an optional one that is left out
 * @param outputs the outputs
 */
public record DirectInvocation(List<@Nullable Tensor> inputs, List<Tensor> outputs)
    implements Invocation {
  public DirectInvocation {
    inputs = Collections.unmodifiableList(new ArrayList<>(inputs));
    outputs = List.copyOf(outputs);
  }

  @Override
  public int inputCount() {
    return inputs.size();
  }

  @Override
  public int outputCount() {
    return outputs.size();
  }

  @Override
  public boolean hasInput(int i) {
    return i < inputs.size() && inputs.get(i) != null;
  }

  @Override
  public Tensor input(int i) {
    Tensor input = i < inputs.size() ? inputs.get(i) : null;
    if (input == null) {
      throw OperandException.invalid("input %d is missing", i);
    }
    return input;
  }

  @Override
  public Tensor output(int i) {
    return outputs.get(i);
  }

  @Override
  public void runSubgraph(int graph, List<Tensor> in, List<Tensor> out) {
    throw new IllegalStateException("only kernels of pure operators run outside an interpreter");
  }

  @Override
  public void runLoop(int condition, int body, List<Tensor> state) {
    throw new IllegalStateException("only kernels of pure operators run outside an interpreter");
  }

  @Override
  public <T> T resource(Object key, Class<T> type, Supplier<T> create) {
    throw new IllegalStateException("only kernels of pure operators run outside an interpreter");
  }
}
