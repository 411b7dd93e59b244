package dev.whittle.ir;

import dev.whittle.ir.tensor.Constant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A model: the contents of a {@code .tflite} file.
 *
 * @param version the version of the file format, {@value #FORMAT_VERSION} for all current files
 * @param description a text for people
 * @param graphs the graphs; the first is the main graph
 * @param signatures the named ways to call the model
 * @param metadata the metadata entries
 * @param trailer the bytes after the flatbuffer in the file, such as the zip archive of label files
 *     that TensorFlow Lite Metadata appends; empty for none
 */
public record Model(
    int version,
    String description,
    List<Graph> graphs,
    List<Signature> signatures,
    List<Metadata> metadata,
    Constant trailer) {
  /** The version of the file format that is written. */
  public static final int FORMAT_VERSION = 3;

  public Model {
    graphs = List.copyOf(graphs);
    signatures = List.copyOf(signatures);
    metadata = List.copyOf(metadata);
  }

  public Model(
      String description, List<Graph> graphs, List<Signature> signatures, List<Metadata> metadata) {
    this(FORMAT_VERSION, description, graphs, signatures, metadata, Constant.of(new byte[0]));
  }

  /** Returns the graph that runs if no signature is named. */
  public Graph mainGraph() {
    return graphs.getFirst();
  }

  public Optional<Signature> signature(String key) {
    return signatures.stream().filter(s -> s.key().equals(key)).findFirst();
  }

  public Optional<Metadata> metadata(String name) {
    return metadata.stream().filter(m -> m.name().equals(name)).findFirst();
  }

  /** Returns this model with other graphs. */
  public Model withGraphs(List<Graph> newGraphs) {
    return new Model(version, description, newGraphs, signatures, metadata, trailer);
  }

  /** Returns this model with other values in its main graph. */
  public Model withMainValues(List<Value> values) {
    List<Graph> others = new ArrayList<>(graphs);
    others.set(0, mainGraph().withValues(values));
    return withGraphs(others);
  }

  /** Returns this model with other graphs and signatures. */
  public Model with(List<Graph> newGraphs, List<Signature> newSignatures) {
    return new Model(version, description, newGraphs, newSignatures, metadata, trailer);
  }
}
