package dev.whittle.convert.lower;

import dev.whittle.ir.Model;
import java.util.List;

/**
 * A lowered model, before the first rule.
 *
 * @param layers the calls of layers, or the operations, in order
 */
public record Imported(Model model, List<Layer> layers) {
  /**
   * One call of a layer, or one operation.
   *
   * @param className the class of the layer, or the type of the operation
   * @param operators the names of its operators, including those of nested layers
   */
  public record Layer(String name, String className, List<String> operators) {
    public Layer {
      operators = List.copyOf(operators);
    }
  }

  public Imported {
    layers = List.copyOf(layers);
  }
}
