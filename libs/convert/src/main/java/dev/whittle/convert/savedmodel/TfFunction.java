package dev.whittle.convert.savedmodel;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A graph of operations: the outermost one, or a function.
 *
 * @param arguments the names of its arguments, in order
 * @param results references to its results, in order
 */
record TfFunction(
    String name, List<String> arguments, List<String> results, Map<String, TfNode> nodes) {
  /** The outermost graph. */
  static TfFunction main(Proto graph) {
    return new TfFunction("main", List.of(), List.of(), nodes(graph.messages(1)));
  }

  /** A function of the library. */
  static TfFunction of(Proto function) {
    Proto signature = function.message(1);
    List<String> arguments = signature.messages(2).stream().map(a -> a.text(1)).toList();
    Map<String, String> references = function.textMap(4);
    List<String> results = new ArrayList<>();
    for (Proto result : signature.messages(3)) {
      results.add(references.getOrDefault(result.text(1), ""));
    }
    return new TfFunction(signature.text(1), arguments, results, nodes(function.messages(3)));
  }

  private static Map<String, TfNode> nodes(List<Proto> all) {
    Map<String, TfNode> nodes = new LinkedHashMap<>();
    for (Proto node : all) {
      TfNode one = TfNode.of(node);
      nodes.put(one.name(), one);
    }
    return nodes;
  }
}
