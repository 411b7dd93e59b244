package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.LayerWeights;
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
 * A call of a layer or operation, with its configuration and arguments.
 *
 * @param name the layer's name
 * @param className its class, such as {@code Dense}
 * @param weights its weights, none of which is read yet
 * @param args positional arguments
 * @param kwargs named arguments
 * @param importer lowers nested layers
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

  /** Returns the description of a layer in messages. */
  static String describe(String name, String className) {
    return "layer '" + name + "' (" + className + ")";
  }

  String describe() {
    return describe(name, className);
  }

  /** Returns an argument by its position or name; null if it is missing or None. */
  @Nullable Argument argument(int index, String key) {
    Argument given = index < args.size() && index >= 0 ? args.get(index) : kwargs.get(key);
    return given instanceof Argument.Literal literal && literal.value() == null ? null : given;
  }

  /** Returns the first argument, a tensor with its mask. */
  Argument.OfTensor input() {
    Argument first =
        args.isEmpty() ? kwargs.values().stream().findFirst().orElse(null) : args.get(0);
    if (first instanceof Argument.OfList list && list.items().size() == 1) {
      first = list.items().getFirst();
    }
    if (first instanceof Argument.OfTensor tensor) {
      return tensor;
    }
    throw new MalformedModelException(describe() + ": expected a tensor as its first argument");
  }

  /** Returns the value of the first argument. */
  Value x() {
    return input().value();
  }

  /** Returns the value of the first argument, cast to floats. */
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
    throw new MalformedModelException(describe() + ": its argument '" + key + "' is not a tensor");
  }

  /** Returns the argument {@code mask}, or else the mask of the first argument; null for none. */
  @Nullable Value mask() {
    Value given = tensor(-1, "mask");
    return given == null && !args.isEmpty() && args.getFirst() instanceof Argument.OfTensor t
        ? t.mask()
        : given;
  }

  /** Returns the tensors of all arguments. */
  List<Argument.OfTensor> tensors() {
    return Argument.tensors(new Argument.OfList(args));
  }

  /**
   * Adds a Python number as a constant of the given type; a fraction of an integer type becomes
   * float32.
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

  /** Returns a call of the same layer with other arguments, and with its weights unread. */
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
