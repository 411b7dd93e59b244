package dev.whittle.convert.keras.file;

import dev.whittle.ir.kernel.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Weights by name, as legacy HDF5 files and TensorFlow.js keep them: {@code
 * bidirectional/forward_lstm/lstm_cell/kernel:0}. How many parts a name has differs between
 * versions, so a weight is the one whose name ends with the weight's name and mentions every layer
 * on the way, in order, with the fewest others.
 *
 * @param origin what messages call the file
 * @param weightsOfLayer the full names of the weights of a layer of the outermost model, in order
 */
record NamedWeights(
    String origin,
    Function<String, List<String>> weightsOfLayer,
    Function<String, @Nullable Tensor> read)
    implements WeightStore {
  @Override
  public Scope root() {
    return new Place(null, List.of(), 0);
  }

  private final class Place implements Scope {
    private final @Nullable List<String> candidates;
    private final List<String> names;
    private final int depth;

    Place(@Nullable List<String> candidates, List<String> names, int depth) {
      this.candidates = candidates;
      this.names = names;
      this.depth = depth;
    }

    @Override
    public Scope layer(String key, String name) {
      return candidates == null
          ? new Place(weightsOfLayer.apply(name), List.of(name), 1)
          : part(key, name);
    }

    @Override
    public Scope part(String attribute, String name) {
      if (name.isEmpty()) {
        return new Place(candidates, names, depth + 1);
      }
      List<String> longer = new ArrayList<>(names);
      longer.add(name);
      return new Place(candidates, longer, depth + 1);
    }

    @Override
    public @Nullable Tensor weight(int index, String name) {
      String found = variable(index, name);
      return found == null ? null : read.apply(found);
    }

    @Override
    public @Nullable String variable(int index, String name) {
      if (candidates == null) {
        return null;
      }
      String found = best(name, names);
      // The outermost names may be left out: a nested layer's weight may be just "dense/kernel".
      for (int skip = 1; found == null && skip < names.size(); skip++) {
        found = best(name, names.subList(skip, names.size()));
      }
      if (found == null) {
        found = only(name);
      }
      if (found == null && depth == 1 && index < candidates.size()) {
        // Names are free: a layer's own weights also stand in order.
        String inOrder = candidates.get(index);
        found = candidates.stream().noneMatch(c -> lastPart(c).equals(name)) ? inOrder : null;
      }
      return found;
    }

    /** The one weight of that name, whatever layers its name mentions. */
    private @Nullable String only(String name) {
      List<String> all =
          (candidates == null ? List.<String>of() : candidates)
              .stream().filter(c -> lastPart(c).equals(name)).toList();
      return all.size() == 1 ? all.getFirst() : null;
    }

    private @Nullable String best(String name, List<String> layers) {
      String best = null;
      int fewest = Integer.MAX_VALUE;
      for (String candidate : candidates == null ? List.<String>of() : candidates) {
        String[] parts = candidate.split("/", -1);
        if (lastPart(candidate).equals(name)
            && mentions(Arrays.asList(parts).subList(0, parts.length - 1), layers)
            && parts.length < fewest) {
          best = candidate;
          fewest = parts.length;
        }
      }
      return best;
    }

    private static boolean mentions(List<String> parts, List<String> layers) {
      int next = 0;
      for (String part : parts) {
        if (next < layers.size() && part.equals(layers.get(next))) {
          next++;
        }
      }
      return next == layers.size();
    }

    private static String lastPart(String name) {
      String last = name.substring(name.lastIndexOf('/') + 1);
      int colon = last.indexOf(':');
      return colon < 0 ? last : last.substring(0, colon);
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
}
