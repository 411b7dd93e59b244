package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** The weights of an operator, before they are in the operator's layout. */
public sealed interface Weights {
  /** Weights that a file holds; their layout is changed during conversion. */
  static Weights of(Tensor tensor) {
    return new Known(tensor);
  }

  /** Weights in a graph, constant or computed; operators change their layout. */
  static Weights of(Emitter emit, Value value) {
    return new InGraph(emit, value);
  }

  /**
   * Returns the size of a dimension.
   *
   * @throws OperandException if it is unknown
   */
  int dim(int axis);

  /**
   * Returns the weights with their axes in another order; see {@link ConstantTensors#transpose}.
   */
  Weights transpose(int... permutation);

  Weights reshape(int... dims);

  /** Returns equal parts along an axis. */
  List<Weights> split(int axis, int count);

  /** Returns a kernel with zeros between its taps; see {@link ConstantTensors#dilate}. */
  Weights dilate(int... dilations);

  /**
   * Returns the weights as an operand.
   *
   * @param name the name of the constant, if one is added
   */
  Value operand(Emitter emit, String name);

  /** Weights that a file holds. */
  record Known(Tensor tensor) implements Weights {
    @Override
    public int dim(int axis) {
      return tensor.dim(axis);
    }

    @Override
    public Weights transpose(int... permutation) {
      return new Known(ConstantTensors.transpose(tensor, permutation));
    }

    @Override
    public Weights reshape(int... dims) {
      return new Known(ConstantTensors.reshape(tensor, dims));
    }

    @Override
    public List<Weights> split(int axis, int count) {
      return ConstantTensors.split(tensor, axis, count).stream().map(Weights::of).toList();
    }

    @Override
    public Weights dilate(int... dilations) {
      return new Known(ConstantTensors.dilate(tensor, dilations));
    }

    @Override
    public Value operand(Emitter emit, String name) {
      return emit.constant(name, tensor);
    }
  }

  /** Weights in a graph. */
  record InGraph(Emitter emit, Value value) implements Weights {
    @Override
    public int dim(int axis) {
      return Emitter.fixedDimension(value, axis);
    }

    @Override
    public Weights transpose(int... permutation) {
      return new InGraph(emit, emit.transpose(value, permutation));
    }

    @Override
    public Weights reshape(int... dims) {
      return new InGraph(emit, emit.reshape(value, dims));
    }

    @Override
    public List<Weights> split(int axis, int count) {
      return emit.split(value, axis, count).stream().map(part -> of(emit, part)).toList();
    }

    @Override
    public Weights dilate(int... dilations) {
      if (Arrays.stream(dilations).allMatch(d -> d == 1)) {
        return this;
      }
      Tensor contents = value.contents();
      if (contents == null) {
        throw OperandException.unsupported(
            "a transposed convolution with dilation of a filter that is computed");
      }
      Value dilated = emit.constant("dilated", ConstantTensors.dilate(contents, dilations));
      return new InGraph(emit, dilated);
    }

    @Override
    public Value operand(Emitter emitter, String name) {
      return value;
    }
  }
}
