package dev.whittle.ir.rewrite;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Quantization;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The assignment of consecutive ids to the values of a graph that are kept. */
final class Renumbering {
  private final BitSet used;
  private final Map<Integer, Integer> newIds;

  Renumbering(BitSet used, Map<Integer, Integer> newIds) {
    this.used = used;
    this.newIds = newIds;
  }

  Graph apply(Graph original, List<Value> values, List<Integer> outputs, List<Node> nodes) {
    keepScales(values);
    used.stream().forEach(id -> newIds.put(id, newIds.size()));
    List<Value> kept = new ArrayList<>();
    used.stream().mapToObj(values::get).forEach(value -> kept.add(renumber(value)));
    return new Graph(
        original.name(),
        kept,
        renumber(original.inputs()),
        renumber(outputs),
        nodes.stream()
            .map(
                n ->
                    n.withOperands(
                        renumber(n.inputs()), renumber(n.outputs()), renumber(n.intermediates())))
            .toList(),
        original.debugMetadataIndex());
  }

  /** Keeps block scales and zero points, which only quantization parameters refer to. */
  private void keepScales(List<Value> values) {
    for (int id = used.nextSetBit(0); id >= 0; id = used.nextSetBit(id + 1)) {
      Quantization quantization = values.get(id).quantization();
      Quantization.Details details = quantization == null ? null : quantization.details();
      switch (details) {
        case Quantization.Details.Blockwise b -> keep(b.scales(), b.zeroPoints(), values);
        case Quantization.Details.MultiAxis m -> keep(m.scales(), m.zeroPoints(), values);
        case Quantization.Details.Custom _, Quantization.Details.Blocks _ -> {}
        case null -> {}
      }
    }
  }

  private void keep(int scales, int zeroPoints, List<Value> values) {
    for (int id : new int[] {scales, zeroPoints}) {
      if (id >= 0 && id < values.size()) {
        used.set(id);
      }
    }
  }

  private Value renumber(Value value) {
    Value renumbered = value.withId(renumber(value.id()));
    Quantization q = value.quantization();
    return q == null || q.details() == null
        ? renumbered
        : renumbered.withQuantization(
            new Quantization(
                q.min(), q.max(), q.scale(), q.zeroPoint(), q.axis(), renumber(q.details())));
  }

  private Quantization.@Nullable Details renumber(Quantization.@Nullable Details details) {
    return switch (details) {
      case Quantization.Details.Blockwise b ->
          new Quantization.Details.Blockwise(
              renumber(b.scales()), renumber(b.zeroPoints()), b.blockSize());
      case Quantization.Details.MultiAxis m ->
          new Quantization.Details.MultiAxis(
              renumber(m.scales()), renumber(m.zeroPoints()), m.blockSize(), m.axes());
      case Quantization.Details.Custom c -> c;
      case Quantization.Details.Blocks b -> b;
      case null -> null;
    };
  }

  private int renumber(int id) {
    return newIds.getOrDefault(id, id);
  }

  private List<Integer> renumber(List<Integer> ids) {
    return ids.stream().map(this::renumber).toList();
  }
}
