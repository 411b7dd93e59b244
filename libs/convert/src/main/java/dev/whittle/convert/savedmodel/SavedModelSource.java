package dev.whittle.convert.savedmodel;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The part of a SavedModel to import.
 *
 * @param tags the tags of the graph, usually {@code serve}
 * @param signatureKeys the signatures to import; empty for all
 * @param allowsCustomOperators whether operations without a lowering become custom operators of the
 *     same name
 */
public record SavedModelSource(
    Path folder, Set<String> tags, List<String> signatureKeys, boolean allowsCustomOperators) {
  public SavedModelSource {
    tags = Set.copyOf(tags);
    signatureKeys = List.copyOf(signatureKeys);
  }

  public SavedModelSource allowingCustomOperators(boolean allow) {
    return new SavedModelSource(folder, tags, signatureKeys, allow);
  }
}
