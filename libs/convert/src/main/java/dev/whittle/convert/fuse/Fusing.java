package dev.whittle.convert.fuse;

import dev.whittle.ir.Model;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.rewrite.CleanupRules;
import dev.whittle.ir.rewrite.Rewriter;
import dev.whittle.ir.rewrite.Rule;
import java.util.ArrayList;
import java.util.List;

/** The rules that every conversion applies. */
public final class Fusing {
  private Fusing() {}

  /** All rules, in the order to try them at a node. */
  public static List<Rule> rules() {
    List<Rule> rules = new ArrayList<>(LayoutRules.RULES);
    rules.addAll(FoldingRules.RULES);
    rules.addAll(ActivationRules.RULES);
    rules.addAll(CleanupRules.RULES);
    return rules;
  }

  /** Applies all rules to a model and infers its shapes again. */
  public static Rewriter.Result fuse(Model model) {
    Rewriter.Result result = Rewriter.rewrite(model, rules());
    for (int g = 0; g < result.model().graphs().size(); g++) {
      ShapeInference.infer(result.model(), g);
    }
    return result;
  }
}
