package dev.whittle.convert.keras.file;

import dev.whittle.ir.tensor.Tensor;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The weights of a {@code .keras} archive: {@code layers/dense_1/vars/0}. */
record ArchiveWeights(Hdf5 file, Function<String, @Nullable List<String>> assets)
    implements WeightStore {
  /** The names of the list of layers; Keras 2.12 and the first releases of Keras 3 use others. */
  private static final List<String> LISTS =
      List.of("layers", "_layer_checkpoint_dependencies", "_layers");

  @Override
  public Scope root() {
    return new Path("");
  }

  private final class Path implements Scope {
    private final String path;

    Path(String path) {
      this.path = path;
    }

    @Override
    public Scope layer(String key, String name) {
      for (String list : LISTS) {
        String folder = path + list + "/";
        if (file.has(folder + key)) {
          return new Path(folder + key + "/");
        }
      }
      for (String list : LISTS) {
        String named = named(path + list, name);
        if (named != null) {
          return new Path(named + "/");
        }
      }
      return new Path(path + LISTS.getFirst() + "/" + key + "/");
    }

    /** Finds a layer by its name, which later versions store beside its weights. */
    private @Nullable String named(String folder, String name) {
      for (String child : file.children(folder)) {
        String candidate = folder + "/" + child;
        if (file.has(candidate + "/vars") && name.equals(file.text(candidate + "/vars", "name"))) {
          return candidate;
        }
      }
      return null;
    }

    @Override
    public Scope part(String attribute, String name) {
      String hidden = "_" + attribute;
      return new Path(
          path
              + (!file.has(path + attribute) && file.has(path + hidden) ? hidden : attribute)
              + "/");
    }

    @Override
    public @Nullable Tensor weight(int index, String name) {
      Tensor numbered = file.tensor(path + "vars/" + index);
      // Layers with their own way of saving name their weights.
      return numbered == null ? file.tensor(path + "vars/" + name) : numbered;
    }

    @Override
    public @Nullable String variable(int index, String name) {
      String variable = path + "vars/" + index;
      return file.has(variable) ? variable : null;
    }

    @Override
    public @Nullable List<String> asset(String name) {
      return assets.apply(path + name);
    }

    @Override
    public String place() {
      return file.origin() + ":/" + path;
    }
  }
}
