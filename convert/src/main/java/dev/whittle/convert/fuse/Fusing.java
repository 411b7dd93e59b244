package dev.whittle.convert.fuse;

import dev.whittle.ir.rewrite.CleanUp;
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
    rules.addAll(CleanUp.RULES);
    return rules;
  }
}
