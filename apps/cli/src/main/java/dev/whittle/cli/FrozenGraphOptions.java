package dev.whittle.cli;

import dev.whittle.cli.option.Arguments;
import dev.whittle.cli.option.Condition;
import dev.whittle.cli.option.Needs;
import dev.whittle.cli.option.UsageException;
import dev.whittle.convert.TfLiteConverter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import picocli.CommandLine.Option;

/** Options of the conversion of frozen graphs, with the names of TensorFlow's former command. */
final class FrozenGraphOptions {
  @Option(
      names = "--input_arrays",
      split = ",",
      paramLabel = "NAMES",
      description = "The tensors of a frozen graph that the model takes.")
  @Needs(Condition.FROZEN_GRAPH)
  private List<String> inputs = List.of();

  @Option(
      names = "--output_arrays",
      split = ",",
      paramLabel = "NAMES",
      description = "The tensors of a frozen graph that the model returns.")
  @Needs(Condition.FROZEN_GRAPH)
  private List<String> outputs = List.of();

  @Option(
      names = "--input_shapes",
      split = ":",
      paramLabel = "1,224,224,3:1,10",
      description = "The shapes of the inputs of a frozen graph, in order; -1 is unknown.")
  @Needs(Condition.FROZEN_GRAPH)
  private List<String> shapes = List.of();

  TfLiteConverter converter(Path graph) throws IOException {
    InputFiles.require(
        "--graph_def_file",
        graph,
        EnumSet.of(FileContent.FROZEN_GRAPH),
        "a frozen graph of TensorFlow 1 in binary form");
    if (!shapes.isEmpty() && shapes.size() != inputs.size()) {
      throw new UsageException(
          "--input_shapes states %d shapes; expected %d, one for each of --input_arrays"
              .formatted(shapes.size(), inputs.size()));
    }
    TfLiteConverter converter = TfLiteConverter.fromFrozenGraph(graph, inputs, outputs);
    for (int i = 0; i < shapes.size(); i++) {
      String name = inputs.get(i).replaceFirst(":0$", "");
      int[] dims = dims(shapes.get(i));
      Arguments.checked("--input_shapes", () -> converter.inputShape(name, dims));
    }
    return converter;
  }

  private static int[] dims(String shape) {
    if (shape.isBlank()) {
      return new int[0];
    }
    String[] texts = shape.split(",", -1);
    int[] dims = new int[texts.length];
    for (int i = 0; i < dims.length; i++) {
      String text = texts[i].strip();
      try {
        dims[i] = text.equals("?") || text.equals("None") ? -1 : Integer.parseInt(text);
      } catch (NumberFormatException e) {
        throw new UsageException(
            "--input_shapes: '%s' is no dimension; expected 1,224,224,3:1,10".formatted(text), e);
      }
    }
    return dims;
  }
}
