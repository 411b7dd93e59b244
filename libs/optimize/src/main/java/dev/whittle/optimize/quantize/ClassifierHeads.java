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

/** LOGISTIC and SOFTMAX operators whose scores the main graph hands out. */
final class ClassifierHeads {
  private ClassifierHeads() {}

  /** The nodes from whose output only operators that move numbers lead to an output. */
  static Set<Integer> of(Graph graph) {
    Set<Integer> handedOut = new HashSet<>(graph.outputs());
    Set<Integer> heads = new HashSet<>();
    for (int n = graph.nodes().size() - 1; n >= 0; n--) {
      Node node = graph.nodes().get(n);
      if (node.outputs().stream().noneMatch(handedOut::contains)) {
        continue;
      }
      if (node.op() instanceof Logistic || node.op() instanceof Softmax) {
        heads.add(n);
      } else if (node.op().quantizationRule().sharesScales()) {
        handedOut.addAll(node.inputs());
      }
    }
    return heads;
  }

  /** The model without its heads: it hands out what went into them. */
  static Model leaveOut(Model model) {
    Set<Integer> results = new HashSet<>();
    Graph main = model.mainGraph();
    of(main).forEach(n -> results.addAll(main.nodes().get(n).outputs()));
    List<Rule> rules = new ArrayList<>(CleanupRules.RULES);
    rules.addFirst(
        new Rule(
            "leave-out-head",
            "Hands out logits instead of scores.",
            (editor, handle) -> {
              Node node = editor.node(handle);
              boolean head =
                  (node.op() instanceof Logistic || node.op() instanceof Softmax)
                      && results.contains(node.outputs().getFirst());
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
   * The heads that compute in floats.
   *
   * @param activations what the graph's integers are
   * @param warnings receives what calibration showed
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
      HeadStatistics seen = statistics.heads().getOrDefault(output, HeadStatistics.NONE);
      boolean wide = activations == TensorType.INT16;
      long ties = wide ? seen.int16Ties() : seen.int8Ties();
      boolean keep = head == HeadMode.FLOAT || (head == HeadMode.AUTO && ties > 0);
      if (keep) {
        floats.add(n);
      }
      if (ties > 0) {
        warnings.add(
            "%s '%s' is too coarse as integers: the best score would be tied in %d of %d rows of the"
                    .formatted(
                        graph.nodes().get(n).op().type().name(),
                        graph.value(output).name(),
                        ties,
                        seen.rows())
                + " calibration data"
                + switch (head) {
                  case AUTO -> "; it computes in floats (choose otherwise with --head)";
                  case FLOAT -> "; it computes in floats";
                  case INTEGER -> "; expect wrong answers there, as asked for by --head int8";
                  case LOGITS -> "";
                });
      }
    }
    return floats;
  }
}
