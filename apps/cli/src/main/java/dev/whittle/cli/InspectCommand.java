package dev.whittle.cli;

import dev.whittle.cli.option.UsageException;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Metadata;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.json.JsonOutput;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.ModelSummary;
import dev.whittle.runtime.ModelSummary.GraphSummary;
import dev.whittle.runtime.ModelSummary.Operator;
import dev.whittle.tflite.KernelCheck;
import dev.whittle.tflite.NativeKernels;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JsonGenerator;

/** The command that shows the contents of a model. */
@Command(
    name = "inspect",
    description =
        "Shows signatures, tensors, operators, sizes and multiply-accumulates of a model.",
    mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
  @Parameters(paramLabel = "MODEL", description = "A .tflite file.")
  private Path file = Path.of("");

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  @Option(
      names = "--explain",
      description = "Prints the kernel of each operator, and the place of its outputs in memory.")
  private boolean explain;

  @Override
  public Integer call() throws IOException {
    if (explain && json) {
      throw new UsageException("found --explain and --json; expected one of them");
    }
    Model model = InputFiles.readTflite("", file);
    if (explain) {
      try (Interpreter interpreter = Interpreter.of(model)) {
        System.out.print(PlanText.of(interpreter));
      }
      return Main.DONE;
    }
    ModelSummary summary = ModelSummary.of(model);
    if (json) {
      printJson(model, summary);
    } else {
      var text = new StringBuilder();
      text.append("%s: %,d bytes\n".formatted(file, Files.size(file)));
      describe(text, model, summary);
      System.out.print(text);
    }
    return Main.DONE;
  }

  private static void describe(StringBuilder text, Model model, ModelSummary summary) {
    text.append("format version %d, %s\n".formatted(model.version(), quoted(model.description())));
    for (Metadata metadata : model.metadata()) {
      boolean isVersion = metadata.name().equals(Metadata.MIN_RUNTIME_VERSION);
      text.append(
          "metadata %s: %s\n"
              .formatted(
                  metadata.name(),
                  isVersion
                      ? runtimeVersion(metadata)
                      : "%,d bytes".formatted(metadata.data().byteSize())));
    }
    for (Signature signature : model.signatures()) {
      Graph graph = model.graphs().get(signature.graph());
      text.append("signature %s\n".formatted(signature.key()));
      signature.inputs().forEach(port -> text.append(port("input", graph, port)));
      signature.outputs().forEach(port -> text.append(port("output", graph, port)));
    }
    for (int g = 0; g < model.graphs().size(); g++) {
      describe(text, model, g, summary.graphs().get(g));
    }
  }

  private static String quoted(String description) {
    return description.isEmpty() ? "no description" : "\"" + description + "\"";
  }

  private static String runtimeVersion(Metadata metadata) {
    byte[] bytes = metadata.data().bytes().toArray(ValueLayout.JAVA_BYTE);
    return new String(bytes, StandardCharsets.US_ASCII).replace("\0", "");
  }

  private static String port(String kind, Graph graph, Signature.Port port) {
    return "  %-6s %s: %s\n".formatted(kind, port.name(), type(graph.value(port.value())));
  }

  private static String type(Value value) {
    return value.type() + value.shape().toString() + quantization(value.quantization());
  }

  private static String quantization(@Nullable Quantization quantization) {
    if (quantization == null || !quantization.isQuantized()) {
      return "";
    }
    return quantization.isPerAxis()
        ? " (quantized, %d scales along axis %d)"
            .formatted(quantization.scale().size(), quantization.axis())
        : " (scale %s, zero point %d)"
            .formatted(quantization.scaleValue(), quantization.zeroPointValue());
  }

  private static void describe(StringBuilder text, Model model, int index, GraphSummary summary) {
    Graph graph = model.graphs().get(index);
    text.append("\ngraph %d %s\n".formatted(index, quoted(graph.name())));
    for (int id : graph.inputs()) {
      text.append("  input  #%d %s\n".formatted(id, tensor(graph.value(id))));
    }
    for (int id : graph.outputs()) {
      text.append("  output #%d %s\n".formatted(id, tensor(graph.value(id))));
    }
    List<Operator> operators = summary.operators();
    for (int n = 0; n < operators.size(); n++) {
      Operator operator = operators.get(n);
      text.append(
          "  %4d %s v%d %s -> %s\n"
              .formatted(
                  n,
                  operator.name(),
                  operator.version(),
                  ids(operator.inputs()),
                  operator.outputs().stream()
                      .map(id -> "#" + id + " " + type(graph.value(id)))
                      .collect(Collectors.joining(", "))));
      if (operator.options().contains("(")) {
        text.append("       %s\n".formatted(operator.options()));
      }
    }
    for (Value value : graph.values()) {
      if (value.isConstant()) {
        text.append("  constant #%d %s\n".formatted(value.id(), tensor(value)));
      }
    }
    totals(text, summary);
    Support support = Support.of(model, index, summary);
    text.append("  runs on: %s\n".formatted(support.engines()));
    unsupported(text, "the engines fast and reference", support.own);
    unsupported(
        text, "litert (TensorFlow Lite %s)".formatted(NativeKernels.VERSION), support.litert);
  }

  /**
   * The engines that run a graph.
   *
   * @param own reasons why the engines fast and reference cannot
   * @param litert reasons why the native runtime cannot
   */
  private record Support(List<String> own, List<String> litert) {
    static Support of(Model model, int graph, GraphSummary summary) {
      return new Support(
          summary.problems(),
          KernelCheck.missing(model, graph, KernelCheck.Target.TENSORFLOW_LITE).stream()
              .map(missing -> missing.place() + ": " + missing.reason())
              .toList());
    }

    List<String> names() {
      List<String> names = new ArrayList<>();
      if (own.isEmpty()) {
        names.addAll(List.of("fast", "reference"));
      }
      if (litert.isEmpty()) {
        names.add("litert");
      }
      return names;
    }

    String engines() {
      return names().isEmpty() ? "no engine" : String.join(", ", names());
    }
  }

  private static void unsupported(StringBuilder text, String engines, List<String> problems) {
    if (!problems.isEmpty()) {
      text.append("  unsupported by %s:\n".formatted(engines));
      problems.forEach(p -> p.lines().forEach(line -> text.append("    " + line + "\n")));
    }
  }

  private static String tensor(Value value) {
    return value.name() + ": " + type(value);
  }

  private static String ids(List<Integer> ids) {
    return ids.stream().map(id -> id < 0 ? "-" : "#" + id).collect(Collectors.joining(" "));
  }

  private static void totals(StringBuilder text, GraphSummary summary) {
    Map<String, Long> counts =
        summary.operators().stream()
            .collect(Collectors.groupingBy(Operator::name, TreeMap::new, Collectors.counting()));
    text.append("  operators: %d %s\n".formatted(summary.operators().size(), counts));
    text.append(
        "  parameters: %,d in %,d bytes\n"
            .formatted(summary.parameters(), summary.constantBytes()));
    text.append("  multiply-accumulates: %,d\n".formatted(summary.multiplyAccumulates()));
    if (summary.activationBytes() >= 0) {
      text.append("  activations: %,d bytes\n".formatted(summary.activationBytes()));
    }
  }

  private void printJson(Model model, ModelSummary summary) throws IOException {
    try (JsonGenerator out = JsonOutput.standardOutput()) {
      out.writeStartObject();
      out.writeStringProperty("file", file.toString());
      out.writeNumberProperty("bytes", Files.size(file));
      out.writeNumberProperty("version", model.version());
      out.writeStringProperty("description", model.description());
      out.writeArrayPropertyStart("metadata");
      for (Metadata metadata : model.metadata()) {
        out.writeStartObject();
        out.writeStringProperty("name", metadata.name());
        out.writeNumberProperty("bytes", metadata.data().byteSize());
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeArrayPropertyStart("signatures");
      for (Signature signature : model.signatures()) {
        out.writeStartObject();
        out.writeStringProperty("key", signature.key());
        out.writeNumberProperty("graph", signature.graph());
        ports(out, "inputs", signature.inputs());
        ports(out, "outputs", signature.outputs());
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeArrayPropertyStart("graphs");
      for (int g = 0; g < model.graphs().size(); g++) {
        graph(out, model, g, summary.graphs().get(g));
      }
      out.writeEndArray();
      out.writeEndObject();
    }
    System.out.println();
  }

  private static void ports(JsonGenerator out, String name, List<Signature.Port> ports) {
    out.writeArrayPropertyStart(name);
    for (Signature.Port port : ports) {
      out.writeStartObject();
      out.writeStringProperty("name", port.name());
      out.writeNumberProperty("tensor", port.value());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void graph(JsonGenerator out, Model model, int index, GraphSummary summary) {
    Graph graph = model.graphs().get(index);
    Support support = Support.of(model, index, summary);
    out.writeStartObject();
    out.writeStringProperty("name", graph.name());
    integers(out, "inputs", graph.inputs());
    integers(out, "outputs", graph.outputs());
    out.writeNumberProperty("parameters", summary.parameters());
    out.writeNumberProperty("constant_bytes", summary.constantBytes());
    out.writeNumberProperty("multiply_accumulates", summary.multiplyAccumulates());
    out.writeNumberProperty("activation_bytes", summary.activationBytes());
    out.writeArrayPropertyStart("problems");
    summary.problems().forEach(out::writeString);
    out.writeEndArray();
    out.writeArrayPropertyStart("litert_problems");
    support.litert.forEach(out::writeString);
    out.writeEndArray();
    out.writeArrayPropertyStart("runs_on");
    support.names().forEach(out::writeString);
    out.writeEndArray();
    out.writeArrayPropertyStart("tensors");
    graph.values().forEach(value -> tensor(out, value));
    out.writeEndArray();
    out.writeArrayPropertyStart("operators");
    for (Operator operator : summary.operators()) {
      out.writeStartObject();
      out.writeStringProperty("name", operator.name());
      out.writeNumberProperty("version", operator.version());
      out.writeStringProperty("options", operator.options());
      integers(out, "inputs", operator.inputs());
      integers(out, "outputs", operator.outputs());
      out.writeNumberProperty("multiply_accumulates", operator.multiplyAccumulates());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void tensor(JsonGenerator out, Value value) {
    out.writeStartObject();
    out.writeNumberProperty("id", value.id());
    out.writeStringProperty("name", value.name());
    out.writeStringProperty("type", value.type().name());
    out.writeBooleanProperty("constant", value.isConstant());
    out.writeBooleanProperty("variable", value.isVariable());
    if (value.shape().isRankKnown()) {
      out.writeArrayPropertyStart("shape");
      for (int dim : value.shape().toArray()) {
        out.writeNumber(dim);
      }
      out.writeEndArray();
    }
    Quantization quantization = value.quantization();
    if (quantization != null && quantization.isQuantized()) {
      out.writeArrayPropertyStart("scale");
      quantization.scale().forEach(out::writeNumber);
      out.writeEndArray();
      out.writeArrayPropertyStart("zero_point");
      quantization.zeroPoint().forEach(out::writeNumber);
      out.writeEndArray();
      out.writeNumberProperty("axis", quantization.axis());
    }
    out.writeEndObject();
  }

  private static void integers(JsonGenerator out, String name, List<Integer> values) {
    out.writeArrayPropertyStart(name);
    values.forEach(out::writeNumber);
    out.writeEndArray();
  }
}
