package dev.whittle.convert.savedmodel;

import com.google.protobuf.ByteString;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An open SavedModel: the graph of a set of tags, with functions, signatures and checkpoint. */
final class SavedModelFile {
  private static final String NAME = "saved_model.pb";
  private static final long MAX_BYTES = Integer.MAX_VALUE - 16L;

  private final Path folder;
  private final TfFunction main;
  private final Map<String, TfFunction> functions = new LinkedHashMap<>();
  private final Map<String, Proto> signatures;
  private final Map<String, OpSignature> operations;
  private final String restore;
  private final String checkpointName;
  private final @Nullable TensorBundle checkpoint;
  private final Map<String, String> assets = new LinkedHashMap<>();
  private final Proto objects;
  private @Nullable ObjectGraph objectGraph;

  /** True if the inputs and outputs of signatures have an order, as those of frozen graphs. */
  private final boolean ordered;

  private SavedModelFile(Path folder, Proto metaGraph, boolean ordered) throws IOException {
    this.folder = folder;
    this.ordered = ordered;
    Proto graph = metaGraph.message(2);
    for (Proto function : graph.message(2).messages(1)) {
      TfFunction one = TfFunction.of(function);
      functions.put(one.name(), one);
    }
    main = LegacyControlFlow.functional(TfFunction.main(graph), functions);
    signatures = metaGraph.map(5);
    operations = OpSignature.read(metaGraph.message(1).message(2));
    restore = metaGraph.message(3).text(3);
    checkpointName = metaGraph.message(3).text(1);
    for (Proto asset : metaGraph.messages(6)) {
      assets.put(TfNode.nameOf(asset.message(1).text(1)), asset.text(2));
    }
    objects = metaGraph.message(7);
    Path variables = folder.resolve("variables").resolve("variables");
    checkpoint = Files.exists(Path.of(variables + ".index")) ? TensorBundle.open(variables) : null;
  }

  /**
   * Opens a SavedModel.
   *
   * @param tags the tags of the graph
   * @throws MalformedModelException if it is broken
   * @throws UnsupportedModelException if it has no graph with these tags
   */
  static SavedModelFile open(Path folder, Set<String> tags) throws IOException {
    Path file = folder.resolve(NAME);
    if (!Files.isRegularFile(file)) {
      if (Files.exists(folder.resolve("saved_model.pbtxt"))) {
        throw new UnsupportedModelException(
            folder.toString(), "is a SavedModel in text form", "save it again in binary form");
      }
      throw new NoSuchFileException(file.toString(), null, "is this the folder of a SavedModel?");
    }
    if (Files.size(file) > MAX_BYTES) {
      throw new MalformedModelException(file + ": is too large");
    }
    Proto savedModel = Proto.parse(ByteString.copyFrom(Files.readAllBytes(file)), file.toString());
    List<Set<String>> known = new ArrayList<>();
    for (Proto metaGraph : savedModel.messages(2)) {
      Set<String> stated = new TreeSet<>(metaGraph.message(1).texts(4));
      if (stated.equals(new TreeSet<>(tags))) {
        return new SavedModelFile(folder, metaGraph, false);
      }
      known.add(stated);
    }
    throw new UnsupportedModelException(
        folder.toString(),
        "it has no graph with the tags " + tags,
        "choose one of its graphs with --saved_model_tag_set "
            + known.stream().map(SavedModelFile::option).collect(Collectors.joining(" or ")));
  }

  /** Returns tags as the option of the command line takes them. */
  private static String option(Set<String> tags) {
    return tags.isEmpty() ? "\"\"" : String.join(",", tags);
  }

  /**
   * Opens a frozen graph.
   *
   * @param inputShapes shapes of inputs by name
   * @throws MalformedModelException if it is broken
   * @throws UnsupportedModelException if it is not frozen, or lacks an input or output
   */
  static SavedModelFile open(FrozenGraph graph, Map<String, Shape> inputShapes) throws IOException {
    Path folder = graph.file().toAbsolutePath().getParent();
    return new SavedModelFile(
        folder == null ? graph.file() : folder, graph.metaGraph(inputShapes), true);
  }

  /** Returns the output types of an operation; null if the file does not define it. */
  @Nullable List<TensorType> outputTypes(TfNode node) {
    OpSignature signature = operations.get(node.op());
    return signature == null ? null : signature.types(node);
  }

  /** Returns the index of the first tensor of an operation's output. */
  int firstOf(TfNode node, String output) {
    OpSignature signature = operations.get(node.op());
    return signature == null
        ? OpSignature.commonFirst(output, node)
        : signature.first(output, node);
  }

  Path folder() {
    return folder;
  }

  TfFunction main() {
    return main;
  }

  Collection<TfFunction> functions() {
    return Collections.unmodifiableCollection(functions.values());
  }

  @Nullable TfFunction function(String name) {
    return functions.get(name);
  }

  /** Returns the signatures by key, without those for initialization. */
  Map<String, Proto> signatures() {
    Map<String, Proto> all = new LinkedHashMap<>();
    signatures.forEach(
        (key, signature) -> {
          if (!key.startsWith("__saved_model")) {
            all.put(key, signature);
          }
        });
    return all;
  }

  /** Returns the inputs or outputs of a signature: in their order, or else sorted by name. */
  Map<String, Proto> ports(Map<String, Proto> ports) {
    return ordered ? ports : new TreeMap<>(ports);
  }

  /** Returns the operation that restores all variables; empty if there is none. */
  String restore() {
    return restore;
  }

  /** Returns the input that names the checkpoint to restore. */
  String checkpointName() {
    return TfNode.nameOf(checkpointName);
  }

  /** Returns the names of files beside the model by the operation that states their path. */
  Map<String, String> assets() {
    return Collections.unmodifiableMap(assets);
  }

  /**
   * Returns the checkpoint key of a variable or table by the object graph; empty if it names none.
   *
   * @param handle the operation that creates the variable or table
   */
  String objectKey(String handle, String attribute) throws IOException {
    TensorBundle bundle = checkpoint;
    if (bundle == null) {
      return "";
    }
    ObjectGraph graph = objectGraph;
    if (graph == null) {
      graph = ObjectGraph.read(objects, main, bundle);
      objectGraph = graph;
    }
    return graph.key(handle, attribute);
  }

  @Nullable TensorBundle checkpoint() {
    return checkpoint;
  }
}
