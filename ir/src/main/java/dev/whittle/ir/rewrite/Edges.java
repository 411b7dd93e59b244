package dev.whittle.ir.rewrite;

import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import java.util.List;
import java.util.Map;

/** The inputs and outputs of a model by other ids. */
public final class Edges {
  private Edges() {}

  /**
   * Makes the signatures of the main graph refer to other values.
   *
   * @param renamed new ids by old ones; those that are not in it stay
   */
  public static Model rename(Model model, Map<Integer, Integer> renamed) {
    List<Signature> signatures =
        model.signatures().stream()
            .map(
                s ->
                    s.graph() == 0
                        ? new Signature(
                            s.key(), 0, rename(s.inputs(), renamed), rename(s.outputs(), renamed))
                        : s)
            .toList();
    return new Model(
        model.version(),
        model.description(),
        model.graphs(),
        signatures,
        model.metadata(),
        model.trailer());
  }

  private static List<Signature.Port> rename(
      List<Signature.Port> ports, Map<Integer, Integer> renamed) {
    return ports.stream()
        .map(p -> new Signature.Port(p.name(), renamed.getOrDefault(p.value(), p.value())))
        .toList();
  }
}
