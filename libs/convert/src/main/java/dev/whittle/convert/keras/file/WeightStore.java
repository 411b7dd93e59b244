package dev.whittle.convert.keras.file;

import dev.whittle.ir.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The trained weights of a model, independent of the layout of its file. */
public interface WeightStore {
  /** Returns the scope of the model, which contains its layers. */
  Scope root();

  /** The weights of a model, a layer, or a part of a layer. */
  interface Scope {
    /**
     * Returns the scope of a layer of a model.
     *
     * @param key the key of the layer in its model: its class in snake case, with {@code _1} and so
     *     on for further layers of that class
     * @param name the layer's name
     */
    Scope layer(String key, String name);

    /**
     * Returns the scope of a layer nested in another layer.
     *
     * @param attribute the Python attribute of the nested layer, such as {@code cell}
     * @param name the nested layer's name; empty if names of weights do not contain it
     */
    Scope part(String attribute, String name);

    /**
     * Reads a weight.
     *
     * @param index its index among the layer's own weights, trainable ones first
     * @param name its name, such as {@code kernel}
     * @return null if the file has no such weight
     */
    @Nullable Tensor weight(int index, String name);

    /** Returns the name in the file of the weight that {@link #weight} reads; null if missing. */
    @Nullable String variable(int index, String name);

    /** Reads the lines of a text file that the layer saved beside its weights; null if missing. */
    @Nullable List<String> asset(String name);

    /** Returns the place of the weights in the file, for messages. */
    String place();
  }
}
