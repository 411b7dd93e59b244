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

/** The one driver that applies rewrite rules: to every node, again and again until none fires. */
public final class Rewriter {
  private final List<Rule> rules;
  private final List<Firing> firings = new ArrayList<>();

  private Rewriter(List<Rule> rules) {
    this.rules = rules;
  }

  /**
   * One application of a rule.
   *
   * @param where the node it started from, as {@link GraphEditor#describe} names it
   */
  public record Firing(String rule, String graph, String where) {}

  /** A rewritten model and what was done to it, in order. */
  public record Result(Model model, List<Firing> firings) {
    public Result {
      firings = List.copyOf(firings);
    }
  }

  /**
   * Applies rules to all graphs of a model until none fires any more. Of several rules that apply
   * to a node, the one listed first is taken.
   *
   * @throws InvalidGraphException if a rule breaks the graph, or rules fire without end
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
            "rewrite rules fire without end in graph '%s', last %s"
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
