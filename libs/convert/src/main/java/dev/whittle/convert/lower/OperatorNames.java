package dev.whittle.convert.lower;

import java.util.List;

/**
 * The names of an operator in the vocabularies of the front ends; empty where a front end lacks it.
 *
 * @param keras class names of {@code keras.ops}, such as {@code Absolute}
 * @param tensorFlow names of TensorFlow graph operations, such as {@code Abs}
 */
public record OperatorNames(List<String> keras, List<String> tensorFlow) {
  static final OperatorNames NONE = new OperatorNames(List.of(), List.of());

  public OperatorNames {
    keras = List.copyOf(keras);
    tensorFlow = List.copyOf(tensorFlow);
  }

  OperatorNames withKeras(String... names) {
    return new OperatorNames(List.of(names), tensorFlow);
  }

  OperatorNames withTensorFlow(String... names) {
    return new OperatorNames(keras, List.of(names));
  }
}
