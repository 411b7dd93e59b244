package dev.whittle.convert.legalize;

import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.type.FakeQuant;
import dev.whittle.ir.rewrite.GraphEditor;
import dev.whittle.ir.rewrite.Rule;
import java.util.List;

/** Rules for fake quantization that remains in a float model. */
final class FakeQuantRules {
  static final Rule NARROW =
      new Rule(
          "widen-narrow-fake-quant",
          "Clamps to the narrow range before a FAKE_QUANT of the full one, as native kernels have"
              + " the full range only.",
          FakeQuantRules::widen);

  private FakeQuantRules() {}

  private static boolean widen(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (!(node.op() instanceof FakeQuant fake) || !fake.narrowRange()) {
      return false;
    }
    FakeQuant.Range range = fake.range();
    var full = new FakeQuant(range.low() - range.scale(), range.high(), fake.bits(), false);
    Expansion.replace(
        editor,
        handle,
        (emit, operands) -> {
          Value x = Expansion.present(operands, 0);
          Value clamped = emit.min(emit.max(x, range.low()), range.high());
          return List.of(emit.node(full, clamped));
        });
    return true;
  }
}
