package dev.whittle.convert.savedmodel;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.Gelu;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A matcher of GELU: {@code x / 2 (1 + erf(x / sqrt 2))}, {@code x / 2 erfc(-x / sqrt 2)} and
 * {@code x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))}.
 */
final class GeluPattern {
  private static final double TOLERANCE = 1e-3;
  private static final double CUBIC = 0.044715;
  private static final int MAX_FACTORS = 8;

  private final FunctionWalk walk;

  private GeluPattern(FunctionWalk walk) {
    this.walk = walk;
  }

  /** The product of all constant factors, and references to the other factors. */
  private record Product(double constant, List<String> factors) {}

  /** Lowers a product in the form of GELU; returns null for other products. */
  static @Nullable Value match(OperationCall call) {
    var pattern = new GeluPattern(call.walk());
    Product product = pattern.product(call.node(), 0);
    if (product.factors.size() != 2 || !isNear(product.constant, 0.5)) {
      return null;
    }
    for (int i = 0; i < 2; i++) {
      String x = product.factors.get(i);
      Boolean approximate = pattern.isGate(product.factors.get(1 - i), x);
      if (approximate != null && call.walk().lowered(x) instanceof Item.Tensor tensor) {
        return call.emit().node(new Gelu(approximate), tensor.value());
      }
    }
    return null;
  }

  private static boolean isNear(double a, double b) {
    return Math.abs(a - b) < TOLERANCE * Math.abs(b);
  }

  /** Returns true for a gate with {@code tanh}, false for one with {@code erf}; null for others. */
  private @Nullable Boolean isGate(String reference, String x) {
    TfNode complement = walk.producer(reference);
    if (complement != null && complement.op().equals("Erfc")) {
      Product argument = product(complement.input(0));
      boolean fits =
          argument.factors.size() == 1
              && isSame(argument.factors.getFirst(), x)
              && isNear(argument.constant, -Math.sqrt(0.5));
      return fits ? Boolean.FALSE : null;
    }
    String inner = addedTo(reference, 1);
    TfNode function = inner == null ? null : walk.producer(inner);
    if (function == null || function.inputs().isEmpty()) {
      return null;
    }
    Product argument = product(function.input(0));
    if (argument.factors.size() != 1) {
      return null;
    }
    String factor = argument.factors.getFirst();
    if (function.op().equals("Erf")) {
      boolean fits = isSame(factor, x) && isNear(argument.constant, Math.sqrt(0.5));
      return fits ? Boolean.FALSE : null;
    }
    boolean fits =
        function.op().equals("Tanh")
            && isNear(argument.constant, Math.sqrt(2 / Math.PI))
            && isCubic(factor, x);
    return fits ? Boolean.TRUE : null;
  }

  /** Returns whether a reference is {@code x + 0.044715 x^3}. */
  private boolean isCubic(String reference, String x) {
    TfNode sum = walk.producer(reference);
    if (sum == null || !isSum(sum)) {
      return false;
    }
    for (int i = 0; i < 2; i++) {
      Product term = product(sum.input(1 - i));
      boolean isPower =
          isNear(term.constant, CUBIC)
              && (term.factors.size() == 3
                  ? term.factors.stream().allMatch(f -> isSame(f, x))
                  : term.factors.size() == 1 && isThirdPower(term.factors.getFirst(), x));
      if (isSame(sum.input(i), x) && isPower) {
        return true;
      }
    }
    return false;
  }

  private boolean isThirdPower(String reference, String x) {
    TfNode power = walk.producer(reference);
    if (power == null || !power.op().equals("Pow") || !isSame(power.input(0), x)) {
      return false;
    }
    Double exponent = constant(power.input(1));
    return exponent != null && exponent == 3;
  }

  private static boolean isSum(TfNode node) {
    return Set.of("Add", "AddV2").contains(node.op());
  }

  /** Returns the operand to which a constant is added; null if the reference is no such sum. */
  private @Nullable String addedTo(String reference, double constant) {
    TfNode sum = walk.producer(reference);
    if (sum == null || !isSum(sum)) {
      return null;
    }
    for (int i = 0; i < 2; i++) {
      Double other = constant(sum.input(i));
      if (other != null && other == constant) {
        return sum.input(1 - i);
      }
    }
    return null;
  }

  private boolean isSame(String a, String b) {
    return walk.lowered(a) instanceof Item.Tensor left
        && walk.lowered(b) instanceof Item.Tensor right
        && left.value().id() == right.value().id();
  }

  /** Returns a constant scalar; null if the reference is none. */
  private @Nullable Double constant(String reference) {
    Tensor contents =
        walk.lowered(reference) instanceof Item.Tensor tensor
                && tensor.value().type() == TensorType.FLOAT32
            ? tensor.value().contents()
            : null;
    return contents != null && contents.elements() == 1 ? contents.getReal(0) : null;
  }

  private Product product(String reference) {
    return product(reference, 0);
  }

  private Product product(String reference, int depth) {
    TfNode node = walk.producer(reference);
    boolean multiplies =
        node != null && Set.of("Mul", "Neg", "RealDiv", "Square").contains(node.op());
    return multiplies && node != null && depth < MAX_FACTORS
        ? product(node, depth)
        : new Product(1, List.of(reference));
  }

  private Product product(TfNode node, int depth) {
    double constant = node.op().equals("Neg") ? -1 : 1;
    List<String> factors = new ArrayList<>();
    for (int i = 0; i < node.inputs().size() && factors.size() < MAX_FACTORS; i++) {
      String input = node.input(i);
      if (TfNode.isControl(input)) {
        continue;
      }
      Double known = constant(input);
      boolean divides = node.op().equals("RealDiv") && i == 1;
      if (known != null) {
        constant *= divides ? 1 / known : known;
      } else if (divides) {
        return new Product(1, List.of());
      } else {
        Product inner = product(input, depth + 1);
        constant *= inner.constant;
        factors.addAll(inner.factors);
      }
    }
    if (node.op().equals("Square")) {
      factors.addAll(List.copyOf(factors));
      constant *= constant;
    }
    return new Product(constant, factors);
  }
}
