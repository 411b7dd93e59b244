package dev.whittle.ir.rewrite;

import dev.whittle.ir.Graph;
import dev.whittle.ir.GraphCheck;
import dev.whittle.ir.InvalidGraphException;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The driver of rewrite rules: it applies them to all nodes until no rule applies any more. */
public final class Rewriter {
  private final List<Rule> rules;
  private final List<Firing> firings = new ArrayList<>();

  private Rewriter(List<Rule> rules) {
    this.rules = rules;
  }

  /**
   * An application of a rule.
   *
   * @param rule the rule's name
   * @param graph the graph's name
   * @param where the node, as {@link GraphEditor#describe} names it
   */
  public record Firing(String rule, String graph, String where) {}

  /**
   * The result of a rewrite.
   *
   * @param model the rewritten model
   * @param firings the applications of rules, in order
   */
  public record Result(Model model, List<Firing> firings) {
    public Result {
      firings = List.copyOf(firings);
    }
  }

  /**
   * Applies rules to all graphs of a model until no rule applies any more. At each node, rules are
   * tried in order.
   *
   * @throws InvalidGraphException if a rule makes the graph invalid, or rules apply without end
   */
  public static Result rewrite(Model model, List<Rule> rules) {
    var rewriter = new Rewriter(rules);
    List<Graph> graphs = new ArrayList<>();
    List<Signature> signatures = new ArrayList<>(model.signatures());
    for (int g = 0; g < model.graphs().size(); g++) {
      graphs.add(rewriter.rewrite(model.graphs().get(g), g, signatures));
    }
    var rewritten = model.with(graphs, signatures);
    GraphCheck.check(rewritten);
    return new Result(rewritten, rewriter.firings);
  }

  private Graph rewrite(Graph graph, int index, List<Signature> signatures) {
    var editor = new GraphEditor(graph);
    int limit = 100 + 20 * graph.nodes().size();
    int before = firings.size();
    while (pass(editor, graph.name())) {
      if (firings.size() - before > limit) {
        throw new InvalidGraphException(
            "rewrite rules apply without end in graph '%s', at last %s"
                .formatted(graph.name(), firings.getLast()));
      }
    }
    return freeze(editor, index, signatures);
  }

  private boolean pass(GraphEditor editor, String graph) {
    boolean changed = false;
    for (int handle : editor.handles()) {
      for (Rule rule : rules) {
        if (!editor.contains(handle)) {
          break;
        }
        String where = editor.describe(handle);
        if (rule.body().apply(editor, handle)) {
          editor.releaseUnread();
          firings.add(new Firing(rule.name(), graph, where));
          changed = true;
        }
      }
    }
    return changed;
  }

  private static Graph freeze(GraphEditor editor, int index, List<Signature> signatures) {
    var keep = new BitSet();
    for (Signature signature : signatures) {
      if (signature.graph() == index) {
        signature.inputs().forEach(p -> keep.set(p.value()));
        signature.outputs().forEach(p -> keep.set(editor.redirected(p.value())));
      }
    }
    Map<Integer, Integer> newIds = new HashMap<>();
    Graph frozen = editor.freeze(keep, newIds);
    signatures.replaceAll(
        s ->
            s.graph() == index
                ? s.mapValues(
                    id -> newIds.getOrDefault(id, id),
                    id -> newIds.getOrDefault(editor.redirected(id), editor.redirected(id)))
                : s);
    return frozen;
  }
}
