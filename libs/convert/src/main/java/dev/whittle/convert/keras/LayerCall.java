package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One call of a layer or operation: how it is configured and what it is called with.
 *
 * @param name the layer's name
 * @param className its class, such as {@code Dense}
 * @param weights its weights, from the first
 * @param args positional arguments
 * @param kwargs named arguments
 * @param importer lowers layers within this one
 */
record LayerCall(
    String name,
    String className,
    Config config,
    LayerWeights weights,
    List<Argument> args,
    Map<String, Argument> kwargs,
    Emitter emit,
    KerasImporter importer) {

  /** How messages name the layer. */
  static String describe(String name, String className) {
    return "layer '" + name + "' (" + className + ")";
  }

  String describe() {
    return describe(name, className);
  }

  /** An argument by its place or name; null if it is not given or None. */
  @Nullable Argument argument(int index, String key) {
    Argument given = index < args.size() && index >= 0 ? args.get(index) : kwargs.get(key);
    return given instanceof Argument.Literal literal && literal.value() == null ? null : given;
  }

  /** The first argument as a tensor with its mask. */
  Argument.OfTensor input() {
    Argument first =
        args.isEmpty() ? kwargs.values().stream().findFirst().orElse(null) : args.get(0);
    if (first instanceof Argument.OfList list && list.items().size() == 1) {
      first = list.items().getFirst();
    }
    if (first instanceof Argument.OfTensor tensor) {
      return tensor;
    }
    throw new MalformedModelException(describe() + ": is not called with a tensor");
  }

  /** The first argument's value. */
  Value x() {
    return input().value();
  }

  /** The first argument's value, as floats. */
  Value floats() {
    return emit.cast(x(), TensorType.FLOAT32);
  }

  @Nullable Value tensor(int index, String key) {
    Argument argument = argument(index, key);
    if (argument == null) {
      return null;
    }
    if (argument instanceof Argument.OfTensor tensor) {
      return tensor.value();
    }
    if (argument instanceof Argument.Literal literal) {
      return literal(literal, TensorType.FLOAT32);
    }
    throw new MalformedModelException(describe() + ": its argument '" + key + "' is no tensor");
  }

  /** The mask of the first argument, or one that is given by name. */
  @Nullable Value mask() {
    Value given = tensor(-1, "mask");
    return given == null && !args.isEmpty() && args.getFirst() instanceof Argument.OfTensor t
        ? t.mask()
        : given;
  }

  /** The tensors of all arguments, for layers that merge. */
  List<Argument.OfTensor> tensors() {
    return Argument.tensors(new Argument.OfList(args));
  }

  /**
   * A Python number as a constant: of the type given, if it is whole or that type has fractions.
   */
  Value literal(Argument.Literal literal, TensorType type) {
    return switch (literal.value()) {
      case Long number -> emit.scalar(type == TensorType.BOOL ? TensorType.INT32 : type, number);
      case Double number -> emit.scalar(type.isInteger() ? TensorType.FLOAT32 : type, number);
      case Boolean flag -> emit.scalar(TensorType.BOOL, flag ? 1 : 0);
      case null, default ->
          throw OperandException.unsupported("the argument %s", String.valueOf(literal.value()));
    };
  }

  Value constant(String what, Tensor tensor) {
    return emit.constant(what, tensor);
  }

  /** The same layer called with something else, its weights from the first again. */
  LayerCall with(List<Argument> newArgs, Map<String, Argument> newKwargs) {
    return new LayerCall(
        name,
        className,
        config,
        new LayerWeights(weights.scope(), describe()),
        newArgs,
        newKwargs,
        emit,
        importer);
  }

  boolean channelsFirst() {
    return config.string("data_format", "channels_last").equals("channels_first");
  }
}
