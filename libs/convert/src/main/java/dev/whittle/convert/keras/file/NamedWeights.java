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
 * Weights by name, as legacy HDF5 files and TensorFlow.js keep them: {@code
 * bidirectional/forward_lstm/lstm_cell/kernel:0}. Which layers a name mentions differs between
 * versions, and TensorFlow 1 appended numbers to names that it had already given. So a weight is
 * looked for in several ways, one after the other, and none of them gives two layers the same one.
 */
final class NamedWeights implements WeightStore {
  /**
   * A weight of the file.
   *
   * @param name of layers and weight, such as {@code dense/kernel:0}
   * @param place where it is to be read
   */
  record Variable(String name, String place) {
    /** The layers that the name mentions. */
    List<String> layers() {
      List<String> parts = List.of(name.split("/", -1));
      return parts.subList(0, parts.size() - 1);
    }

    /** The name in its layer: {@code kernel}. */
    String last() {
      String last = name.substring(name.lastIndexOf('/') + 1);
      int colon = last.indexOf(':');
      return colon < 0 ? last : last.substring(0, colon);
    }
  }

  /** Whether a stored name stands for one that is looked for. */
  @FunctionalInterface
  private interface Alike {
    boolean test(String stored, String wanted);
  }

  private static final Alike EXACTLY = String::equals;

  /** With a number behind it that TensorFlow 1 may have appended. */
  private static final Alike NUMBERED =
      (stored, wanted) ->
          stored.equals(wanted)
              || (stored.startsWith(wanted + "_")
                  && stored.substring(wanted.length() + 1).chars().allMatch(Character::isDigit));

  private final String origin;
  private final Function<String, List<Variable>> weightsOfLayer;
  private final Function<String, @Nullable Tensor> read;

  /** Whose weight each place is: layers and name. */
  private final Map<String, String> owners = new HashMap<>();

  /**
   * Weights of a file.
   *
   * @param origin what messages call the file
   * @param weightsOfLayer the weights of a layer of the outermost model, in order
   * @param read a weight by its place
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
        // The outermost names may be left out: a nested layer's weight may be just "dense/kernel".
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
        // Names are free: a layer's own weights also stand in order.
        found = all.stream().noneMatch(v -> v.last().equals(name)) ? all.get(index) : null;
      }
      return found;
    }

    /**
     * The first weight whose name mentions only layers on the way, but perhaps not all of them:
     * those within a wrapper may be left out.
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

  /** The weight whose name mentions some layers in order, and the fewest others. */
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

  /** The one weight of that name, whatever layers its name mentions. */
  private static @Nullable Variable only(List<Variable> candidates, String name) {
    List<Variable> all = candidates.stream().filter(v -> v.last().equals(name)).toList();
    return all.size() == 1 ? all.getFirst() : null;
  }

  /** Whether all layers stand in a stored name, in order. */
  private static boolean isMentioned(List<String> layers, List<String> stored, Alike alike) {
    int next = 0;
    for (String part : stored) {
      if (next < layers.size() && alike.test(part, layers.get(next))) {
        next++;
      }
    }
    return next == layers.size();
  }

  /** Whether all of a stored name's layers are on the way, in order. */
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
