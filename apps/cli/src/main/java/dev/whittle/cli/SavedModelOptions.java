package dev.whittle.cli;

import dev.whittle.cli.option.Condition;
import dev.whittle.cli.option.Needs;
import dev.whittle.convert.TfLiteConverter;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** Options of the conversion of SavedModels, with the names of TensorFlow's command. */
final class SavedModelOptions {
  @Option(
      names = "--saved_model_tag_set",
      split = ",",
      defaultValue = "serve",
      paramLabel = "TAGS",
      description = "The tags of the SavedModel's graph (default: ${DEFAULT-VALUE}).")
  @Needs(Condition.SAVED_MODEL)
  private List<String> tags = List.of("serve");

  @Option(
      names = "--saved_model_signature_key",
      split = ",",
      paramLabel = "KEYS",
      description = "The signatures to convert (default: all).")
  @Needs(Condition.SAVED_MODEL)
  private List<String> signatureKeys = List.of();

  @Option(
      names = "--allow_custom_ops",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Unknown operations of a graph become custom operators of the same name.")
  @Needs(value = Condition.GRAPH, except = "false")
  private boolean allowCustomOperators;

  boolean allowsCustomOperators() {
    return allowCustomOperators;
  }

  TfLiteConverter converter(Path folder) {
    return TfLiteConverter.fromSavedModel(folder, Set.copyOf(tags), signatureKeys)
        .allowCustomOperators(allowCustomOperators);
  }
}
