package dev.whittle.convert.savedmodel;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What to take of a SavedModel.
 *
 * @param tags of the graph to take, usually {@code serve}
 * @param signatureKeys the signatures to take; all if there are none
 * @param allowsCustomOperators whether operations that have no lowering become custom operators of
 *     the same name
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
