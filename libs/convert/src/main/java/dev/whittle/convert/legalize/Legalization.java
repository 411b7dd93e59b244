package dev.whittle.convert.legalize;

import dev.whittle.ir.Model;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.rewrite.Rewriter;
import dev.whittle.ir.rewrite.Rule;
import java.util.ArrayList;
import java.util.List;

/** The rules that replace nodes for which no kernel exists. */
public final class Legalization {
  private Legalization() {}

  /** All rules, in the order to try them at a node. */
  public static List<Rule> rules() {
    List<Rule> rules = new ArrayList<>(IntegerRules.RULES);
    rules.addAll(BroadcastRules.RULES);
    rules.addAll(DimensionRules.RULES);
    return rules;
  }

  /**
   * Applies all rules to a model.
   *
   * @param quantizes whether the model is quantized next, so that its FAKE_QUANT operators only
   *     state ranges
   */
  public static Rewriter.Result legalize(Model model, boolean quantizes) {
    List<Rule> rules = rules();
    if (!quantizes) {
      rules.add(FakeQuantRules.NARROW);
    }
    Rewriter.Result result = Rewriter.rewrite(model, rules);
    for (int g = 0; g < result.model().graphs().size() && !result.firings().isEmpty(); g++) {
      ShapeInference.infer(result.model(), g);
    }
    return result;
  }
}
