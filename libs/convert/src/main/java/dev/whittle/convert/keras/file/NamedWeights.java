package dev.whittle.convert.keras.file;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Weights by name, as in legacy HDF5 files and TensorFlow.js: {@code
 * bidirectional/forward_lstm/lstm_cell/kernel:0}. The layers in a name differ between versions, and
 * TensorFlow 1 appended numbers to repeated names. So several rules are tried in turn to find a
 * weight. No rule assigns a weight to two layers.
 */
final class NamedWeights implements WeightStore {
  /**
   * A weight of the file.
   *
   * @param name the names of layers and weight, such as {@code dense/kernel:0}
   * @param place the path or key by which it is read
   */
  record Variable(String name, String place) {
    /** Returns the layers in the name. */
    List<String> layers() {
      List<String> parts = List.of(name.split("/", -1));
      return parts.subList(0, parts.size() - 1);
    }

    /** Returns the name within its layer, such as {@code kernel}. */
    String last() {
      String last = name.substring(name.lastIndexOf('/') + 1);
      int colon = last.indexOf(':');
      return colon < 0 ? last : last.substring(0, colon);
    }
  }

  /** A comparison of a stored name with an expected one. */
  @FunctionalInterface
  private interface Alike {
    boolean test(String stored, String expected);
  }

  private static final Alike EXACTLY = String::equals;

  /** Accepts a number behind the name, which TensorFlow 1 may have appended. */
  private static final Alike NUMBERED =
      (stored, expected) ->
          stored.equals(expected)
              || (stored.startsWith(expected + "_")
                  && stored.substring(expected.length() + 1).chars().allMatch(Character::isDigit));

  private final String origin;
  private final Function<String, List<Variable>> weightsOfLayer;
  private final Function<String, @Nullable Tensor> read;

  /** The owner of each weight by place: layers and name. */
  private final Map<String, String> owners = new HashMap<>();

  /**
   * Creates a store of the weights of a file.
   *
   * @param origin the name of the file in messages
   * @param weightsOfLayer returns the weights of a layer of the outermost model, in order
   * @param read reads a weight by its place
   */
  NamedWeights(
      String origin,
      Function<String, List<Variable>> weightsOfLayer,
      Function<String, @Nullable Tensor> read) {
    this.origin = origin;
    this.weightsOfLayer = weightsOfLayer;
    this.read = read;
  }

  @Override
  public Scope root() {
    return new Place(null, List.of(), 0);
  }

  private final class Place implements Scope {
    private final @Nullable List<Variable> candidates;
    private final List<String> names;
    private final int depth;

    Place(@Nullable List<Variable> candidates, List<String> names, int depth) {
      this.candidates = candidates;
      this.names = names;
      this.depth = depth;
    }

    @Override
    public Scope layer(String key, String name) {
      return candidates == null
          ? new Place(weightsOfLayer.apply(name), List.of(name.split("/", -1)), 1)
          : part(key, name);
    }

    @Override
    public Scope part(String attribute, String name) {
      List<String> longer = new ArrayList<>(names);
      if (!name.isEmpty()) {
        longer.addAll(List.of(name.split("/", -1)));
      }
      return new Place(candidates, longer, depth + 1);
    }

    @Override
    public @Nullable Tensor weight(int index, String name) {
      String found = variable(index, name);
      return found == null ? null : read.apply(found);
    }

    @Override
    public @Nullable String variable(int index, String name) {
      String owner = String.join("/", names) + "/" + name;
      Variable found = candidates == null ? null : find(candidates, index, name, owner);
      if (found == null) {
        return null;
      }
      String other = owners.putIfAbsent(found.place, owner);
      if (other != null && !other.equals(owner)) {
        throw new MalformedModelException(
            "%s: '%s' could be the weight of both '%s' and '%s'"
                .formatted(origin, found.name, other, owner));
      }
      return found.place;
    }

    private @Nullable Variable find(List<Variable> all, int index, String name, String owner) {
      Variable found = best(all, name, names, EXACTLY);
      if (found != null) {
        return found;
      }
      List<Variable> free =
          all.stream().filter(v -> owners.getOrDefault(v.place, owner).equals(owner)).toList();
      for (Alike alike : List.of(EXACTLY, NUMBERED)) {
        // Outer names may be missing: a nested layer's weight may be called "dense/kernel".
        for (int skip = 0; found == null && skip < names.size(); skip++) {
          found = best(free, name, names.subList(skip, names.size()), alike);
        }
        if (found == null) {
          found = mentioningNoOther(free, name, alike);
        }
      }
      Variable only = only(all, name);
      if (found == null && only != null && free.contains(only)) {
        found = only;
      }
      if (found == null && depth == 1 && index < all.size()) {
        // Weights of a layer may have any names; then they are in order.
        found = all.stream().noneMatch(v -> v.last().equals(name)) ? all.get(index) : null;
      }
      return found;
    }

    /**
     * Returns the first weight with only layers of the path in its name. Layers within a wrapper
     * may be missing.
     */
    private @Nullable Variable mentioningNoOther(List<Variable> free, String name, Alike alike) {
      for (Variable variable : free) {
        if (alike.test(variable.last(), name) && mentions(names, variable.layers(), alike)) {
          return variable;
        }
      }
      return null;
    }

    @Override
    public @Nullable List<String> asset(String name) {
      return null;
    }

    @Override
    public String place() {
      return origin + ":" + String.join("/", names);
    }
  }

  /** Returns the weight with given layers in its name, in order, and the fewest others. */
  private static @Nullable Variable best(
      List<Variable> candidates, String name, List<String> layers, Alike alike) {
    Variable best = null;
    int fewest = Integer.MAX_VALUE;
    for (Variable variable : candidates) {
      List<String> stored = variable.layers();
      if (alike.test(variable.last(), name)
          && stored.size() < fewest
          && isMentioned(layers, stored, alike)) {
        best = variable;
        fewest = stored.size();
      }
    }
    return best;
  }

  /** Returns the only weight of a name in any layer; null if there is none, or several. */
  private static @Nullable Variable only(List<Variable> candidates, String name) {
    List<Variable> all = candidates.stream().filter(v -> v.last().equals(name)).toList();
    return all.size() == 1 ? all.getFirst() : null;
  }

  /** Returns whether a stored name contains all layers, in order. */
  private static boolean isMentioned(List<String> layers, List<String> stored, Alike alike) {
    int next = 0;
    for (String part : stored) {
      if (next < layers.size() && alike.test(part, layers.get(next))) {
        next++;
      }
    }
    return next == layers.size();
  }

  /** Returns whether the path contains all layers of a stored name, in order. */
  private static boolean mentions(List<String> layers, List<String> stored, Alike alike) {
    int next = 0;
    for (String layer : layers) {
      if (next < stored.size() && alike.test(stored.get(next), layer)) {
        next++;
      }
    }
    return next == stored.size();
  }
}
