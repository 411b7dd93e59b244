package dev.whittle.optimize.quantize;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.rewrite.CleanupRules;
import dev.whittle.ir.rewrite.Rewriter;
import dev.whittle.ir.rewrite.Rule;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.HeadStatistics;
import dev.whittle.optimize.calibrate.Statistics;
import dev.whittle.optimize.recipe.HeadMode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The LOGISTIC and SOFTMAX operators that compute the outputs of a main graph. */
final class ClassifierHeads {
  private ClassifierHeads() {}

  /**
   * Returns the indices of the heads: nodes whose results are outputs of the graph, at most after
   * operators that keep the scale, such as RESHAPE.
   */
  static Set<Integer> of(Graph graph) {
    Set<Integer> results = new HashSet<>(graph.outputs());
    Set<Integer> heads = new HashSet<>();
    for (int n = graph.nodes().size() - 1; n >= 0; n--) {
      Node node = graph.nodes().get(n);
      if (node.outputs().stream().noneMatch(results::contains)) {
        continue;
      }
      if (node.op() instanceof Logistic || node.op() instanceof Softmax) {
        heads.add(n);
      } else if (node.op().quantizationRule().sharesScales()) {
        results.addAll(node.inputs());
      }
    }
    return heads;
  }

  /** Returns the model without its heads, so that its outputs are logits. */
  static Model remove(Model model) {
    Set<Integer> scores = new HashSet<>();
    Graph main = model.mainGraph();
    of(main).forEach(n -> scores.addAll(main.nodes().get(n).outputs()));
    List<Rule> rules = new ArrayList<>(CleanupRules.RULES);
    rules.addFirst(
        new Rule(
            "leave-out-head",
            "Removes the classifier head, so that outputs are logits.",
            (editor, handle) -> {
              Node node = editor.node(handle);
              boolean head =
                  (node.op() instanceof Logistic || node.op() instanceof Softmax)
                      && scores.contains(node.outputs().getFirst());
              if (head) {
                int output = node.outputs().getFirst();
                editor.remove(handle);
                editor.replaceUses(output, node.inputs().getFirst());
              }
              return head;
            }));
    return Rewriter.rewrite(model, rules).model();
  }

  /**
   * Returns the indices of the heads that compute in floats.
   *
   * @param head the treatment of heads
   * @param activations the type of quantized activations: INT8 or INT16
   * @param warnings receives a warning for each head whose scores would tie
   */
  static Set<Integer> inFloat(
      Graph graph,
      HeadMode head,
      TensorType activations,
      Statistics statistics,
      List<String> warnings) {
    Set<Integer> heads = of(graph);
    Set<Integer> floats = new HashSet<>();
    for (int n : heads) {
      int output = graph.nodes().get(n).outputs().getFirst();
      HeadStatistics observed = statistics.heads().getOrDefault(output, HeadStatistics.NONE);
      long ties = activations == TensorType.INT16 ? observed.int16Ties() : observed.int8Ties();
      boolean keepFloat = head == HeadMode.FLOAT || (head == HeadMode.AUTO && ties > 0);
      if (keepFloat) {
        floats.add(n);
      }
      if (ties > 0) {
        warnings.add(
            "%s '%s' is too coarse in integers: the maximum would be tied in %d of %d rows of the"
                    .formatted(
                        graph.nodes().get(n).op().type().name(),
                        graph.value(output).name(),
                        ties,
                        observed.rows())
                + " calibration data"
                + switch (head) {
                  case AUTO -> "; it computes in floats (--head changes this)";
                  case FLOAT -> "; it computes in floats";
                  case INTEGER -> "; the predicted class may be wrong there (--head int8)";
                  case LOGITS -> "";
                });
      }
    }
    return floats;
  }
}
