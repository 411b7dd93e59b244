package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.OpCatalog;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.KernelSelector;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Compares the generated part of docs/operators.md with the catalog and the conformance cases.
 * {@code -Doperators.table=write} writes it.
 */
class OperatorsDocumentTest {
  private static final Path DOCUMENT = Path.of("../../docs/operators.md");
  private static final String BEGIN = "<!-- generated -->\n";
  private static final String END = "<!-- end of generated part -->\n";
  private static final String SCHEMA = "/dev/whittle/tflite/operators.txt";
  private static final int SAMPLES = 300;

  /** Entries of the schema's operator enumeration that are not operators of their own. */
  private static final Set<String> NO_OPERATORS =
      Set.of("CUSTOM", "PLACEHOLDER_FOR_GREATER_OP_CODES");

  @Test
  void documentMatchesTheCatalogAndTheCases() throws IOException {
    String document = Files.readString(DOCUMENT);
    int begin = document.indexOf(BEGIN) + BEGIN.length();
    int end = document.indexOf(END);
    String generated =
        count() + table() + missing() + MissingKernels.section(NativeKernelCases.all());
    if (System.getProperty("operators.table", "").equals("write")) {
      Files.writeString(
          DOCUMENT, document.substring(0, begin) + generated + document.substring(end));
    } else {
      assertEquals(
          document.substring(begin, end), generated, "write it with -Doperators.table=write");
    }
  }

  /** A quantizer may choose every type of an operator's rule, so each must have cases. */
  @Test
  void everyTypeOfTheQuantizationRuleHasCases() {
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

  private static String count() {
    return "The catalog has %d built-in operators.\n\n".formatted(OpCatalog.types().size());
  }

  /** Returns the operators of the schema that the catalog lacks, without those of StableHLO. */
  private static String missing() throws IOException {
    Set<String> missing = new TreeSet<>();
    try (InputStream schema = OpCatalog.class.getResourceAsStream(SCHEMA)) {
      new String(Objects.requireNonNull(schema, SCHEMA).readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(" ", -1)[1])
          .filter(name -> !name.startsWith("STABLEHLO_") && !NO_OPERATORS.contains(name))
          .forEach(missing::add);
    }
    OpCatalog.types().forEach(type -> missing.remove(type.name()));
    return "\nMissing: the operators of StableHLO, and %s.\n".formatted(String.join(", ", missing));
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
   * The properties of an operator, as found in its cases.
   *
   * @param forms the types of the input, and of weights where they differ
   * @param fast the forms that have a fast kernel
   * @param outputs the types of outputs
   * @param quantized the activation types of the quantization rule
   */
  private record Row(
      TreeSet<Integer> versions,
      TreeSet<String> forms,
      TreeSet<String> fast,
      TreeSet<TensorType> outputs,
      TreeSet<TensorType> quantized) {}

  /** Collects the properties of an operator from random cases. */
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
    List<@Nullable Quantization> intermediates = new ArrayList<>();
    node.intermediates().forEach(id -> intermediates.add(graph.value(id).quantization()));
    return new Operands(inputs, outputs, Operands.SubgraphTypes.NONE, intermediates);
  }

  /** Returns the type of the data input, with the type of quantized weights if it differs. */
  private static String form(Graph graph, Node node) {
    if (node.inputs().isEmpty()) {
      return "";
    }
    Value first = dataInput(graph, node);
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

  /** Returns the first input that is not a constant, as shapes and axes usually are. */
  private static Value dataInput(Graph graph, Node node) {
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
