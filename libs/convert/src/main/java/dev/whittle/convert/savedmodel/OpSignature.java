package dev.whittle.convert.savedmodel;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The definition of an operation in the file.
 *
 * @param outputs its outputs in order, each of which may be several tensors
 */
record OpSignature(List<Output> outputs) {
  /**
   * An output.
   *
   * @param type the number of its element type; 0 if an attribute states it
   * @param typeAttribute the attribute that states its element type
   * @param countAttribute the attribute that states the number of its tensors
   * @param typesAttribute the attribute that lists the element types of its tensors
   */
  record Output(
      String name, long type, String typeAttribute, String countAttribute, String typesAttribute) {
    List<TensorType> types(TfNode node) {
      if (!typesAttribute.isEmpty()) {
        return node.types(typesAttribute).stream().map(DataTypes::type).toList();
      }
      TensorType one = DataTypes.type(type != 0 ? type : node.type(typeAttribute, 1));
      return Collections.nCopies(count(node), one);
    }

    /** Returns the number of its tensors. */
    int count(TfNode node) {
      long count =
          !typesAttribute.isEmpty()
              ? node.types(typesAttribute).size()
              : countAttribute.isEmpty() ? 1 : node.integer(countAttribute, 1);
      return Math.clamp(count, 0, MAX_OUTPUTS);
    }
  }

  private static final int MAX_OUTPUTS = 10_000;

  /** The outputs of common operations with several, for graphs that do not define them. */
  private static final Map<String, List<String>> COMMON =
      Map.ofEntries(
          Map.entry("BroadcastGradientArgs", List.of("r0", "r1")),
          Map.entry("FusedBatchNorm", List.of("y", "batch_mean", "batch_variance")),
          Map.entry("FusedBatchNormV2", List.of("y", "batch_mean", "batch_variance")),
          Map.entry("FusedBatchNormV3", List.of("y", "batch_mean", "batch_variance")),
          Map.entry("NonMaxSuppressionV4", List.of("selected_indices", "valid_outputs")),
          Map.entry(
              "NonMaxSuppressionV5",
              List.of("selected_indices", "selected_scores", "valid_outputs")),
          Map.entry("SoftmaxCrossEntropyWithLogits", List.of("loss", "backprop")),
          Map.entry("SparseSoftmaxCrossEntropyWithLogits", List.of("loss", "backprop")),
          Map.entry("TensorArrayConcatV3", List.of("value", "lengths")),
          Map.entry("TensorArrayV3", List.of("handle", "flow")),
          Map.entry("TensorListConcat", List.of("tensor", "lengths")),
          Map.entry("TensorListConcatV2", List.of("tensor", "lengths")),
          Map.entry("TensorListPopBack", List.of("output_handle", "tensor")),
          Map.entry("TopKV2", List.of("values", "indices")),
          Map.entry("Unique", List.of("y", "idx")));

  /** Returns the index of the first tensor of an output of an operation that has no definition. */
  static int commonFirst(String output, TfNode node) {
    return Math.max(0, COMMON.getOrDefault(node.op(), List.of()).indexOf(output));
  }

  /** Reads a list of definitions, by the operation's name. */
  static Map<String, OpSignature> read(Proto list) {
    Map<String, OpSignature> all = new LinkedHashMap<>();
    for (Proto definition : list.messages(1)) {
      List<Output> outputs = new ArrayList<>();
      for (Proto output : definition.messages(3)) {
        outputs.add(
            new Output(
                output.text(1), output.integer(3), output.text(4), output.text(5), output.text(6)));
      }
      all.put(definition.text(1), new OpSignature(outputs));
    }
    return all;
  }

  /** Returns the element types of all output tensors of an operation. */
  List<TensorType> types(TfNode node) {
    List<TensorType> types = new ArrayList<>();
    outputs.forEach(output -> types.addAll(output.types(node)));
    return types;
  }

  /**
   * Returns the index of the first tensor of an output.
   *
   * @throws MalformedModelException if the operation has no such output
   */
  int first(String name, TfNode node) {
    int first = 0;
    for (Output output : outputs) {
      if (output.name.equals(name)) {
        return first;
      }
      first += output.count(node);
    }
    throw new MalformedModelException(
        "operation '%s' (%s): a function reads its output '%s', which it does not have"
            .formatted(node.name(), node.op(), name));
  }
}
