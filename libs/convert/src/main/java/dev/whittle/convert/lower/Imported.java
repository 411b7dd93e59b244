package dev.whittle.convert.lower;

import dev.whittle.ir.Model;
import java.util.List;

/**
 * A lowered model before any rule has run.
 *
 * @param layers what each call of a layer, or each operation, became, in order
 */
public record Imported(Model model, List<Layer> layers) {
  /**
   * One call of a layer, or one operation.
   *
   * @param className what kind of layer or operation it is
   * @param operators the names of the operators that it added, including those of layers within
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
