package dev.whittle.convert.savedmodel;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The part of a SavedModel to import.
 *
 * @param tags the tags of the graph, usually {@code serve}; empty for the graph without tags
 * @param signatureKeys the signatures to import; empty for all
 * @param allowsCustomOperators whether operations without a lowering become custom operators of the
 *     same name
 */
public record SavedModelSource(
    Path folder, Set<String> tags, List<String> signatureKeys, boolean allowsCustomOperators) {
  public SavedModelSource {
    // An option without a value is a text without characters: the graph without tags.
    tags = tags.stream().filter(tag -> !tag.isEmpty()).collect(Collectors.toUnmodifiableSet());
    signatureKeys = List.copyOf(signatureKeys);
  }

  public SavedModelSource allowingCustomOperators(boolean allow) {
    return new SavedModelSource(folder, tags, signatureKeys, allow);
  }
}
