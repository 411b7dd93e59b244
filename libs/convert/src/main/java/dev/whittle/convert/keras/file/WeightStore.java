package dev.whittle.convert.keras.file;

import dev.whittle.ir.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The trained weights of a model, however its file arranges them. */
public interface WeightStore {
  /** The weights of the model itself; layers are found under it. */
  Scope root();

  /** The weights of a layer, or of a part of one. */
  interface Scope {
    /**
     * A layer of a model.
     *
     * @param key the place of the layer among its model's: its class in snake case, with {@code _1}
     *     and so on for further ones of that class
     * @param name the layer's name
     */
    Scope layer(String key, String name);

    /**
     * A layer that another layer holds.
     *
     * @param attribute the Python attribute that holds it, such as {@code cell}
     * @param name the part's name, empty if it adds none to the names of weights
     */
    Scope part(String attribute, String name);

    /**
     * A weight.
     *
     * @param index its place among the layer's own weights, trainable ones first
     * @param name its name, such as {@code kernel}
     * @return null if the file has no such weight
     */
    @Nullable Tensor weight(int index, String name);

    /** How the store calls what {@link #weight} reads; null if there is no such weight. */
    @Nullable String variable(int index, String name);

    /** The lines of a text file that the layer saved beside its weights; null if there is none. */
    @Nullable List<String> asset(String name);

    /** Where the weights stand, for messages. */
    String place();
  }
}
