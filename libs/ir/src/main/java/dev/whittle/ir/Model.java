package dev.whittle.ir;

import dev.whittle.ir.tensor.Constant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one {@code .tflite} file holds.
 *
 * @param version of the file format; 3 for all files of the last years
 * @param graphs the first is the main one
 * @param trailer bytes that follow the flatbuffer in the file, such as the zip archive of label
 *     files that the metadata convention appends; empty for none
 */
public record Model(
    int version,
    String description,
    List<Graph> graphs,
    List<Signature> signatures,
    List<Metadata> metadata,
    Constant trailer) {
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

  /** The graph that runs where no signature is named. */
  public Graph mainGraph() {
    return graphs.getFirst();
  }

  public Optional<Signature> signature(String key) {
    return signatures.stream().filter(s -> s.key().equals(key)).findFirst();
  }

  public Optional<Metadata> metadata(String name) {
    return metadata.stream().filter(m -> m.name().equals(name)).findFirst();
  }

  /** The same model with other graphs. */
  public Model withGraphs(List<Graph> newGraphs) {
    return new Model(version, description, newGraphs, signatures, metadata, trailer);
  }

  /** The same model with other descriptions of its main graph's values. */
  public Model withMainValues(List<Value> values) {
    List<Graph> others = new ArrayList<>(graphs);
    others.set(0, mainGraph().withValues(values));
    return withGraphs(others);
  }

  /** The same model with other graphs and signatures. */
  public Model with(List<Graph> newGraphs, List<Signature> newSignatures) {
    return new Model(version, description, newGraphs, newSignatures, metadata, trailer);
  }
}
