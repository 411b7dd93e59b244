package dev.whittle.cli;

import dev.whittle.cli.option.Condition;
import dev.whittle.cli.option.Conditional;
import dev.whittle.cli.option.Needs;
import dev.whittle.cli.option.UsageException;
import dev.whittle.data.InputArrays;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.npz.NpyArray;
import dev.whittle.npz.NpyFile;
import dev.whittle.npz.NpyHeader;
import dev.whittle.npz.Npz;
import dev.whittle.npz.NpzReader;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command that runs a model on arrays from a file. */
@Command(
    name = "run",
    description = "Runs a model on NumPy arrays and writes its outputs.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Arrays have the names of the signature's inputs and outputs, or of the tensors in a model",
      "without signatures. Unknown dimensions take those of the arrays."
    })
final class RunCommand implements Callable<Integer>, Conditional {
  @Parameters(paramLabel = "MODEL", description = "A .tflite file.")
  private Path model = Path.of("");

  @Option(
      names = "--input",
      required = true,
      paramLabel = "FILE",
      description = "An .npz file, or an .npy file for a model with one input.")
  private Path input = Path.of("");

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "An .npz file, or .npy for one output (default: prints the first numbers).")
  private @Nullable Path output;

  @Option(
      names = "--signature",
      paramLabel = "KEY",
      description = "The signature to run (default: the only one, or serving_default).")
  private @Nullable String key;

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      defaultValue = "fast",
      description = "reference, fast, litert or litert-xnnpack (default: ${DEFAULT-VALUE}).")
  private String engine = "fast";

  @Option(
      names = "--explain",
      description = "Prints the kernel of each operator on standard error.")
  @Needs(Condition.PLAN)
  private boolean explain;

  @Mixin private EngineOptions engines = new EngineOptions();

  @Override
  public boolean holds(Condition condition) {
    return condition == Condition.PLAN
        ? EngineOptions.showsPlan(engine)
        : condition == Condition.THREADS && EngineOptions.hasThreads(engine);
  }

  @Override
  public Integer call() throws IOException {
    InterpreterOptions options =
        engines.options().withEngine(EngineOptions.require(engine)).withExpectedRuns(1);
    try (var interpreter = InputFiles.interpreter(model, options)) {
      Signature signature = signature(interpreter.model());
      Map<String, NpyArray> arrays =
          read(interpreter.model().graphs().get(signature.graph()), signature);
      for (Signature.Port port : signature.inputs()) {
        NpyArray array = arrays.get(port.name());
        if (array != null) {
          resize(interpreter, signature, port, array);
        }
      }
      for (Signature.Port port : signature.inputs()) {
        NpyArray array = arrays.get(port.name());
        if (array != null) {
          TensorArrays.fill(tensor(interpreter, signature, port, true), array, port.name());
        }
      }
      if (explain) {
        System.err.print(PlanText.of(interpreter));
      }
      if (signature.key().isEmpty()) {
        interpreter.invoke();
      } else {
        interpreter.invoke(signature.key());
      }
      Map<String, NpyArray> results = new LinkedHashMap<>();
      for (Signature.Port port : signature.outputs()) {
        Tensor result = tensor(interpreter, signature, port, false);
        results.put(port.name(), TensorArrays.toArray(result, port.name()));
      }
      write(results);
    }
    return Main.DONE;
  }

  private Signature signature(Model model) {
    if (key != null) {
      return model
          .signature(key)
          .orElseThrow(
              () ->
                  new UsageException(
                      "unknown signature '%s'; expected one of %s"
                          .formatted(
                              key, model.signatures().stream().map(Signature::key).toList())));
    }
    if (model.signatures().size() == 1) {
      return model.signatures().getFirst();
    }
    if (model.signatures().isEmpty()) {
      Graph graph = model.mainGraph();
      return new Signature("", 0, ports(graph, graph.inputs()), ports(graph, graph.outputs()));
    }
    return model
        .signature("serving_default")
        .orElseThrow(
            () ->
                new UsageException(
                    "the model has several signatures; choose one with --signature: "
                        + model.signatures().stream().map(Signature::key).toList()));
  }

  private static List<Signature.Port> ports(Graph graph, List<Integer> ids) {
    return ids.stream().map(id -> new Signature.Port(graph.value(id).name(), id)).toList();
  }

  private Map<String, NpyArray> read(Graph graph, Signature signature) throws IOException {
    List<Signature.Port> ports = signature.inputs();
    FileContent content =
        InputFiles.require(
            "--input", input, EnumSet.of(FileContent.NPZ, FileContent.NPY), "an .npz or .npy file");
    if (content == FileContent.NPY) {
      if (ports.size() != 1) {
        throw new UsageException(
            "an .npy file has one array, but the model has the inputs "
                + ports.stream().map(Signature.Port::name).toList()
                + "; use .npz");
      }
      return Map.of(ports.getFirst().name(), NpyFile.read(input));
    }
    try (NpzReader reader = Npz.open(input)) {
      InputArrays match = match(graph, ports, reader);
      if (!match.ignored().isEmpty()) {
        System.err.printf("%s: ignoring %s, no input of the model%n", input, match.ignored());
      }
      Map<String, NpyArray> arrays = new LinkedHashMap<>();
      for (Map.Entry<String, String> array : match.arrays().entrySet()) {
        if (!match.byName()) {
          System.err.printf(
              "%s: taking '%s' as the input '%s'%n", input, array.getValue(), array.getKey());
        }
        arrays.put(array.getKey(), reader.array(array.getValue()));
      }
      return arrays;
    }
  }

  private InputArrays match(Graph graph, List<Signature.Port> ports, NpzReader reader)
      throws IOException {
    Map<InputArrays.Input, Value> inputs = new LinkedHashMap<>();
    for (Signature.Port port : ports) {
      Value value = graph.value(port.value());
      List<String> names = Stream.of(port.name(), value.name()).distinct().toList();
      inputs.put(new InputArrays.Input(names, value.type() + value.shape().toString()), value);
    }
    Map<String, NpyHeader> headers = new LinkedHashMap<>();
    for (String name : reader.names()) {
      headers.put(name, reader.header(name));
    }
    if (headers.containsKey("x_train") && headers.containsKey("x_test")) {
      headers.keySet().removeAll(List.of("x_train", "y_train"));
    }
    List<InputArrays.Array> arrays =
        headers.entrySet().stream()
            .map(e -> new InputArrays.Array(e.getKey(), ArchiveSamples.describe(e.getValue())))
            .toList();
    return InputArrays.match(
        input.toString(),
        List.copyOf(inputs.keySet()),
        arrays,
        (given, array) -> fits(inputs.get(given), headers.get(array.name())));
  }

  private static boolean fits(@Nullable Value value, @Nullable NpyHeader header) {
    return value != null
        && header != null
        && TensorArrays.accepts(value, header.type())
        && dims(value, header.shape()) != null;
  }

  /**
   * Returns the dimensions of an array for an input: those that it has or, for an image without the
   * axis of its one channel, with that axis.
   *
   * @return null if the array does not fit
   */
  private static int @Nullable [] dims(Value declared, int[] dims) {
    // Without a stated rank, an empty shape means an unknown one.
    boolean isRankUnknown = declared.shape().rank() == 0 && !declared.hasRank();
    if (isRankUnknown || declared.shape().accepts(Shape.of(dims))) {
      return dims;
    }
    int[] withChannel = Arrays.copyOf(dims, dims.length + 1);
    withChannel[dims.length] = 1;
    boolean isImage = dims.length == 3 && declared.shape().accepts(Shape.of(withChannel));
    return isImage ? withChannel : null;
  }

  private static void resize(
      Interpreter interpreter, Signature signature, Signature.Port port, NpyArray array) {
    Graph graph = interpreter.model().graphs().get(signature.graph());
    Value declared = graph.value(port.value());
    int[] dims = dims(declared, array.shape());
    if (dims == null) {
      throw new UsageException(
          "input '%s': the array has the shape %s; expected %s"
              .formatted(port.name(), Arrays.toString(array.shape()), declared.shape()));
    }
    if (signature.key().isEmpty()) {
      interpreter.resizeInput(graph.inputs().indexOf(port.value()), dims);
    } else {
      interpreter.resizeInput(port.name(), dims, signature.key());
    }
  }

  private static Tensor tensor(
      Interpreter interpreter, Signature signature, Signature.Port port, boolean isInput) {
    Graph graph = interpreter.model().graphs().get(signature.graph());
    if (signature.key().isEmpty()) {
      return isInput
          ? interpreter.getInputTensor(graph.inputs().indexOf(port.value()))
          : interpreter.getOutputTensor(graph.outputs().indexOf(port.value()));
    }
    return isInput
        ? interpreter.getInputTensorFromSignature(port.name(), signature.key())
        : interpreter.getOutputTensorFromSignature(port.name(), signature.key());
  }

  private void write(Map<String, NpyArray> results) throws IOException {
    if (output == null) {
      results.forEach(
          (name, array) -> System.out.println(name + ": " + TensorArrays.describe(array)));
    } else if (output.toString().endsWith(".npy")) {
      if (results.size() != 1) {
        throw new UsageException(
            "an .npy file has one array, but the model has the outputs "
                + results.keySet()
                + "; use .npz");
      }
      NpyFile.write(output, results.values().iterator().next());
    } else {
      Npz.write(output, results);
    }
  }
}
