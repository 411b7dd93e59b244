package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.OpCatalog;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.KernelSelector;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Keeps the table in docs/operators.md true to the catalog and to the cases that are compared with
 * the native runtime. {@code -Doperators.table=write} writes it anew.
 */
class OperatorsDocumentTest {
  private static final Path DOCUMENT = Path.of("../../docs/operators.md");
  private static final String BEGIN = "<!-- table -->\n";
  private static final String END = "<!-- end of table -->\n";
  private static final int SAMPLES = 300;

  @Test
  void theTableSaysWhatIsCompared() throws IOException {
    String document = Files.readString(DOCUMENT);
    int begin = document.indexOf(BEGIN) + BEGIN.length();
    int end = document.indexOf(END);
    String table = table();
    assertTrue(document.contains("these " + OpCatalog.types().size() + " built-in"), "the count");
    if (System.getProperty("operators.table", "").equals("write")) {
      Files.writeString(DOCUMENT, document.substring(0, begin) + table + document.substring(end));
    } else {
      assertEquals(document.substring(begin, end), table, "write it with -Doperators.table=write");
    }
  }

  /** What an optimizer makes of a model is to run. */
  @Test
  void typesThatActivationsAreQuantizedToAreCompared() {
    Set<String> missing = new TreeSet<>();
    for (OpType<?> type : OpCatalog.types()) {
      Row row = row(type);
      for (TensorType quantized : row.quantized) {
        if (row.forms.stream().noneMatch(form -> form.split("\u00d7", 2)[0].equals(name(quantized)))
            && !row.outputs.contains(quantized)) {
          missing.add(type.name() + " of " + name(quantized));
        }
      }
    }
    assertEquals(Set.of(), missing);
  }

  private static String table() {
    var text = new StringBuilder("| operator | number | versions | forms | fast |\n");
    text.append("| --- | --- | --- | --- | --- |\n");
    List<OpType<?>> types = new ArrayList<>(OpCatalog.types());
    types.sort((a, b) -> a.name().compareTo(b.name()));
    for (OpType<?> type : types) {
      Row row = row(type);
      String versions =
          row.versions.first().equals(row.versions.last())
              ? String.valueOf(row.versions.first())
              : row.versions.first() + "\u2013" + row.versions.last();
      text.append("| ")
          .append(type.name())
          .append(" | ")
          .append(type.code())
          .append(" | ")
          .append(versions)
          .append(" | ")
          .append(String.join(", ", row.forms))
          .append(" | ")
          .append(String.join(", ", row.fast))
          .append(" |\n");
    }
    return text.toString();
  }

  /**
   * What there is of an operator.
   *
   * @param outputs their types
   * @param quantized what its activations may be quantized to
   */
  private record Row(
      TreeSet<Integer> versions,
      TreeSet<String> forms,
      TreeSet<String> fast,
      TreeSet<TensorType> outputs,
      TreeSet<TensorType> quantized) {}

  /** What random cases of an operator have. */
  private static Row row(OpType<?> type) {
    var row =
        new Row(
            new TreeSet<>(), new TreeSet<>(), new TreeSet<>(), new TreeSet<>(), new TreeSet<>());
    CaseGenerator generator =
        Cases.all().stream()
            .filter(g -> g.operator().equals(type.name()))
            .findFirst()
            .orElseThrow();
    var random = new SplittableRandom(type.name().hashCode());
    for (int i = 0; i < SAMPLES; i++) {
      var builder = new CaseBuilder(random.split());
      generator.generate().accept(builder);
      Model model = builder.build().model();
      var fast = new KernelSelector(new Workers(1, true), PackedWeights.of(model));
      for (Graph graph : model.graphs()) {
        for (Node node : graph.nodes()) {
          if (node.op().type().name().equals(type.name())) {
            Operands operands = operands(graph, node);
            row.versions.add(node.op().version(operands));
            String form = form(graph, node);
            row.forms.add(form);
            node.outputs().forEach(id -> row.outputs.add(graph.value(id).type()));
            row.quantized.addAll(node.op().quantizationRule().types());
            if (fast.kernel(node.op(), operands) != null) {
              row.fast.add(form);
            }
          }
        }
      }
    }
    return row;
  }

  private static Operands operands(Graph graph, Node node) {
    List<@Nullable Operand> inputs = new ArrayList<>();
    for (int id : node.inputs()) {
      inputs.add(id == Node.ABSENT ? null : Operand.of(graph.value(id)));
    }
    List<Operand> outputs = node.outputs().stream().map(id -> Operand.of(graph.value(id))).toList();
    return new Operands(inputs, outputs, Operands.SubgraphTypes.NONE);
  }

  /**
   * The type of what goes in, with that of constant numbers of another type it is combined with.
   */
  private static String form(Graph graph, Node node) {
    if (node.inputs().isEmpty()) {
      return "";
    }
    Value first = goesIn(graph, node);
    String form = name(first.type());
    for (int id : node.inputs().subList(1, Math.min(3, node.inputs().size()))) {
      Value value = id == Node.ABSENT ? null : graph.value(id);
      if (value != null
          && value.isConstant()
          && value.quantization() != null
          && value.quantization().isQuantized()
          && value.type() != TensorType.INT32
          && value.type() != TensorType.INT64
          && value.type() != first.type()) {
        return form + "\u00d7" + name(value.type());
      }
    }
    return form;
  }

  /** The first operand that does not say how, as a shape or an axis does. */
  private static Value goesIn(Graph graph, Node node) {
    return node.inputs().stream()
        .filter(id -> id != Node.ABSENT)
        .map(graph::value)
        .filter(value -> !value.isConstant())
        .findFirst()
        .orElseGet(() -> graph.value(node.inputs().getFirst()));
  }

  private static String name(TensorType type) {
    return type.name().toLowerCase(Locale.ROOT);
  }
}
