package dev.whittle.convert.lower;

import static dev.whittle.convert.lower.Domain.ANY;
import static dev.whittle.convert.lower.Domain.BOOLEANS;
import static dev.whittle.convert.lower.Domain.FLOATS;
import static dev.whittle.convert.lower.Domain.NUMBERS;

import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.Elu;
import dev.whittle.ir.op.activation.HardSwish;
import dev.whittle.ir.op.activation.LeakyRelu;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Relu;
import dev.whittle.ir.op.activation.Relu6;
import dev.whittle.ir.op.activation.ReluN1To1;
import dev.whittle.ir.op.activation.Tanh;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Ceil;
import dev.whittle.ir.op.math.Cos;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.math.Exp;
import dev.whittle.ir.op.math.Floor;
import dev.whittle.ir.op.math.FloorMod;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.GreaterEqual;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.LessEqual;
import dev.whittle.ir.op.math.Log;
import dev.whittle.ir.op.math.LogicalAnd;
import dev.whittle.ir.op.math.LogicalNot;
import dev.whittle.ir.op.math.LogicalOr;
import dev.whittle.ir.op.math.Neg;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.math.Pow;
import dev.whittle.ir.op.math.Round;
import dev.whittle.ir.op.math.Rsqrt;
import dev.whittle.ir.op.math.Sign;
import dev.whittle.ir.op.math.Sin;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.math.SquaredDifference;
import dev.whittle.ir.op.shape.ZerosLike;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongBinaryOperator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The elementwise operators of all front ends: one line for each, with its lowering and its names.
 * Operators with several attributes are declared by their front end.
 */
public final class Elementwise {
  private Elementwise() {}

  /** Adds the nodes of an operator with one operand. */
  @FunctionalInterface
  public interface UnaryLowering {
    Value lower(Emitter emit, Value x);
  }

  /** Adds the nodes of an operator with two operands; promotes operands of different types. */
  @FunctionalInterface
  public interface BinaryLowering {
    Value lower(Emitter emit, Value a, Value b);
  }

  /** Adds the nodes of an operator with one operand and a number as its attribute. */
  @FunctionalInterface
  public interface ParametricLowering {
    Value lower(Emitter emit, Value x, float parameter);
  }

  /** An operator with one operand, which has to lie in its domain. */
  public record Unary(Domain domain, UnaryLowering lowering, OperatorNames names) {
    Unary keras(String... kerasNames) {
      return new Unary(domain, lowering, names.withKeras(kerasNames));
    }

    Unary tensorFlow(String... tensorFlowNames) {
      return new Unary(domain, lowering, names.withTensorFlow(tensorFlowNames));
    }
  }

  /**
   * An operator with two operands, which have to lie in its domain.
   *
   * @param integers computes the result for integers that are known during conversion, such as
   *     dimension sizes; null where that is not needed
   */
  public record Binary(
      Domain domain,
      BinaryLowering lowering,
      @Nullable LongBinaryOperator integers,
      OperatorNames names) {
    Binary keras(String... kerasNames) {
      return new Binary(domain, lowering, integers, names.withKeras(kerasNames));
    }

    Binary tensorFlow(String... tensorFlowNames) {
      return new Binary(domain, lowering, integers, names.withTensorFlow(tensorFlowNames));
    }
  }

  /**
   * An operator with one operand, which has to lie in its domain, and a number as its attribute.
   *
   * @param ifAbsent the attribute's value where a model does not state it
   * @param keras the attribute's key by the class names of {@code keras.ops}
   * @param tensorFlow the attribute's name by the names of TensorFlow graph operations
   */
  public record Parametric(
      Domain domain,
      ParametricLowering lowering,
      float ifAbsent,
      Map<String, String> keras,
      Map<String, String> tensorFlow) {
    public Parametric {
      keras = Map.copyOf(keras);
      tensorFlow = Map.copyOf(tensorFlow);
    }

    Parametric keras(String name, String attribute) {
      return new Parametric(domain, lowering, ifAbsent, Map.of(name, attribute), tensorFlow);
    }

    Parametric tensorFlow(String name, String attribute) {
      return new Parametric(domain, lowering, ifAbsent, keras, Map.of(name, attribute));
    }
  }

  // Lambdas instead of constructor references: a reference would load the operator's class when the
  // table is initialized.

  private static Unary operator(Domain domain, Supplier<Op> operator) {
    return unary(domain, (emit, x) -> emit.node(operator.get(), x));
  }

  private static Binary promoting(Supplier<Op> operator) {
    return binary(ANY, (emit, a, b) -> emit.binary(operator.get(), a, b));
  }

  private static BinaryLowering promoted(BinaryLowering lowering) {
    return (emit, a, b) -> {
      List<Value> operands = emit.promote(a, b);
      return lowering.lower(emit, operands.get(0), operands.get(1));
    };
  }

  private static Unary unary(Domain domain, UnaryLowering lowering) {
    return new Unary(domain, lowering, OperatorNames.NONE);
  }

  private static Parametric parametric(Domain domain, float ifAbsent, ParametricLowering lowering) {
    return new Parametric(domain, lowering, ifAbsent, Map.of(), Map.of());
  }

  private static Binary binary(Domain domain, BinaryLowering lowering) {
    return new Binary(domain, lowering, null, OperatorNames.NONE);
  }

  private static Binary exact(BinaryLowering lowering, LongBinaryOperator integers) {
    return new Binary(ANY, lowering, integers, OperatorNames.NONE);
  }

  private static final List<Unary> SIGNS_AND_ROUNDING =
      List.of(
          operator(ANY, () -> new Abs()).keras("Abs", "Absolute", "Fabs").tensorFlow("Abs"),
          operator(ANY, () -> new Neg()).keras("Negative").tensorFlow("Neg"),
          operator(ANY, () -> new Sign()).keras("Sign").tensorFlow("Sign"),
          unary(ANY, (e, x) -> x.type().isInteger() ? x : e.node(new Round(), x))
              .tensorFlow("Round", "Rint"),
          operator(FLOATS, () -> new Floor()).keras("Floor").tensorFlow("Floor"),
          operator(FLOATS, () -> new Ceil()).keras("Ceil").tensorFlow("Ceil"),
          unary(FLOATS, Functions::truncate).keras("Trunc"));

  private static final List<Unary> POWERS_AND_LOGARITHMS =
      List.of(
          unary(ANY, Functions::square).keras("Square").tensorFlow("Square"),
          operator(FLOATS, () -> new Sqrt()).keras("Sqrt").tensorFlow("Sqrt"),
          operator(FLOATS, () -> new Rsqrt()).keras("Rsqrt").tensorFlow("Rsqrt"),
          unary(FLOATS, Functions::cubeRoot).keras("Cbrt"),
          unary(FLOATS, Functions::reciprocal).keras("Reciprocal").tensorFlow("Reciprocal", "Inv"),
          operator(FLOATS, () -> new Exp()).keras("Exp").tensorFlow("Exp"),
          unary(FLOATS, (e, x) -> e.sub(e.node(new Exp(), x), 1))
              .keras("Expm1")
              .tensorFlow("Expm1"),
          unary(FLOATS, (e, x) -> e.node(new Exp(), e.mul(x, Math.log(2)))).keras("Exp2"),
          operator(FLOATS, () -> new Log()).keras("Log").tensorFlow("Log"),
          unary(FLOATS, (e, x) -> e.node(new Log(), e.add(x, 1)))
              .keras("Log1p")
              .tensorFlow("Log1p"),
          unary(FLOATS, (e, x) -> e.mul(e.node(new Log(), x), 1 / Math.log(2))).keras("Log2"),
          unary(FLOATS, (e, x) -> e.mul(e.node(new Log(), x), 1 / Math.log(10))).keras("Log10"),
          unary(FLOATS, Functions::erf).keras("Erf").tensorFlow("Erf"),
          unary(FLOATS, Functions::erfc).tensorFlow("Erfc"),
          unary(FLOATS, Functions::logGamma).tensorFlow("Lgamma"),
          unary(FLOATS, SpecialFunctions::inverseErf).keras("ErfInv").tensorFlow("Erfinv"),
          unary(FLOATS, SpecialFunctions::normalQuantile).tensorFlow("Ndtri"),
          unary(FLOATS, SpecialFunctions::digamma).tensorFlow("Digamma"),
          unary(FLOATS, SpecialFunctions::besselI0).keras("I0").tensorFlow("BesselI0"),
          unary(FLOATS, SpecialFunctions::besselI1).tensorFlow("BesselI1"),
          unary(FLOATS, SpecialFunctions::besselI0e).tensorFlow("BesselI0e"),
          unary(FLOATS, SpecialFunctions::besselI1e).tensorFlow("BesselI1e"));

  private static final List<Unary> TRIGONOMETRY =
      List.of(
          operator(FLOATS, () -> new Sin()).keras("Sin").tensorFlow("Sin"),
          operator(FLOATS, () -> new Cos()).keras("Cos").tensorFlow("Cos"),
          unary(FLOATS, Functions::tan).keras("Tan").tensorFlow("Tan"),
          unary(FLOATS, Functions::asin).keras("Arcsin").tensorFlow("Asin"),
          unary(FLOATS, Functions::acos).keras("Arccos").tensorFlow("Acos"),
          unary(FLOATS, Functions::atan).keras("Arctan").tensorFlow("Atan"),
          unary(FLOATS, Functions::sinh).keras("Sinh").tensorFlow("Sinh"),
          unary(FLOATS, Functions::cosh).keras("Cosh").tensorFlow("Cosh"),
          unary(FLOATS, Functions::asinh).keras("Arcsinh").tensorFlow("Asinh"),
          unary(FLOATS, Functions::acosh).keras("Arccosh").tensorFlow("Acosh"),
          unary(FLOATS, Functions::atanh).keras("Arctanh").tensorFlow("Atanh"),
          unary(FLOATS, (e, x) -> e.mul(x, Math.PI / 180)).keras("Deg2rad"),
          unary(FLOATS, (e, x) -> e.mul(x, 180 / Math.PI)).keras("Rad2deg"));

  private static final List<Unary> PREDICATES_AND_BITS =
      List.of(
          operator(BOOLEANS, () -> new LogicalNot()).keras("LogicalNot").tensorFlow("LogicalNot"),
          unary(ANY, (e, x) -> e.node(new NotEqual(), x, x)).keras("Isnan").tensorFlow("IsNan"),
          unary(FLOATS, Functions::isFinite).tensorFlow("IsFinite"),
          unary(FLOATS, Functions::isInfinite).tensorFlow("IsInf"),
          unary(NUMBERS, Bits::invert).keras("BitwiseInvert", "BitwiseNot").tensorFlow("Invert"),
          operator(ANY, () -> new ZerosLike()).tensorFlow("ZerosLike"),
          unary(ANY, (e, x) -> e.add(e.node(new ZerosLike(), x), e.scalar(x.type(), 1)))
              .tensorFlow("OnesLike"));

  private static final List<Unary> ACTIVATIONS =
      List.of(
          operator(FLOATS, () -> new Relu()).keras("Relu").tensorFlow("Relu"),
          operator(FLOATS, () -> new Relu6()).keras("Relu6").tensorFlow("Relu6"),
          operator(FLOATS, () -> new Elu()).tensorFlow("Elu"),
          unary(FLOATS, ActivationFunctions::selu).keras("Selu").tensorFlow("Selu"),
          operator(FLOATS, () -> new Logistic()).keras("Sigmoid").tensorFlow("Sigmoid"),
          operator(FLOATS, () -> new Tanh()).keras("Tanh").tensorFlow("Tanh"),
          unary(FLOATS, ActivationFunctions::softplus).keras("Softplus").tensorFlow("Softplus"),
          unary(FLOATS, ActivationFunctions::softsign).keras("Softsign").tensorFlow("Softsign"),
          unary(FLOATS, ActivationFunctions::silu).keras("Silu"),
          unary(FLOATS, ActivationFunctions::mish).keras("Mish"),
          unary(FLOATS, ActivationFunctions::logSigmoid).keras("LogSigmoid"),
          unary(FLOATS, ActivationFunctions::hardSigmoid).keras("HardSigmoid"),
          operator(FLOATS, () -> new HardSwish()).keras("HardSilu"),
          operator(FLOATS, () -> new ReluN1To1()).keras("HardTanh"),
          unary(FLOATS, ActivationFunctions::tanhShrink).keras("TanhShrink"),
          unary(FLOATS, ActivationFunctions::sparsePlus).keras("SparsePlus"),
          unary(FLOATS, ActivationFunctions::sparseSigmoid).keras("SparseSigmoid"));

  private static final List<Parametric> PARAMETRIC =
      List.of(
          parametric(FLOATS, 0.2f, (e, x, slope) -> e.node(new LeakyRelu(slope), x))
              .keras("LeakyRelu", "negative_slope")
              .tensorFlow("LeakyRelu", "alpha"),
          parametric(FLOATS, 1, ActivationFunctions::elu).keras("Elu", "alpha"),
          parametric(FLOATS, 1, ActivationFunctions::celu).keras("Celu", "alpha"),
          parametric(FLOATS, 0.5f, ActivationFunctions::softShrink)
              .keras("SoftShrink", "threshold"),
          parametric(FLOATS, 0.5f, ActivationFunctions::hardShrink)
              .keras("HardShrink", "threshold"),
          parametric(FLOATS, 4, ActivationFunctions::squareplus).keras("Squareplus", "b"));

  private static final List<Binary> ARITHMETIC =
      List.of(
          exact(Emitter::add, Math::addExact).keras("Add").tensorFlow("Add", "AddV2"),
          exact(Emitter::sub, Math::subtractExact).keras("Subtract").tensorFlow("Sub"),
          exact(Emitter::mul, Math::multiplyExact).keras("Multiply").tensorFlow("Mul"),
          binary(FLOATS, Emitter::div).keras("Divide", "TrueDivide").tensorFlow("RealDiv", "Div"),
          exact(Functions::floorDivide, Functions::floorQuotient)
              .keras("FloorDivide")
              .tensorFlow("FloorDiv"),
          promoting(() -> new FloorMod()).keras("Mod").tensorFlow("FloorMod"),
          binary(ANY, Functions::truncateDivide).tensorFlow("TruncateDiv"),
          binary(ANY, Functions::truncateMod).tensorFlow("TruncateMod"),
          exact(Emitter::max, Math::max).keras("Maximum").tensorFlow("Maximum"),
          exact(Emitter::min, Math::min).keras("Minimum").tensorFlow("Minimum"),
          promoting(() -> new Pow()).keras("Power").tensorFlow("Pow"),
          promoting(() -> new SquaredDifference())
              .keras("SquaredDifference")
              .tensorFlow("SquaredDifference"),
          binary(FLOATS, Functions::atan2).keras("Arctan2").tensorFlow("Atan2"),
          binary(ANY, Functions::hypot).keras("Hypot"),
          binary(ANY, Functions::logAddExp).keras("Logaddexp"),
          binary(FLOATS, Functions::divideNoNan).keras("DivideNoNan").tensorFlow("DivNoNan"),
          binary(FLOATS, Functions::multiplyNoNan).tensorFlow("MulNoNan"),
          binary(FLOATS, Functions::xDivY).tensorFlow("Xdivy"),
          binary(FLOATS, Functions::xLogY).tensorFlow("Xlogy"),
          binary(FLOATS, Functions::xLog1pY).tensorFlow("Xlog1py"));

  private static final List<Binary> COMPARISONS =
      List.of(
          promoting(() -> new Equal()).keras("Equal").tensorFlow("Equal"),
          promoting(() -> new NotEqual()).keras("NotEqual").tensorFlow("NotEqual"),
          promoting(() -> new Greater()).keras("Greater").tensorFlow("Greater"),
          promoting(() -> new GreaterEqual()).keras("GreaterEqual").tensorFlow("GreaterEqual"),
          promoting(() -> new Less()).keras("Less").tensorFlow("Less"),
          promoting(() -> new LessEqual()).keras("LessEqual").tensorFlow("LessEqual"));

  private static final List<Binary> LOGIC_AND_BITS =
      List.of(
          binary(BOOLEANS, (e, a, b) -> e.node(new LogicalAnd(), a, b))
              .keras("LogicalAnd")
              .tensorFlow("LogicalAnd"),
          binary(BOOLEANS, (e, a, b) -> e.node(new LogicalOr(), a, b))
              .keras("LogicalOr")
              .tensorFlow("LogicalOr"),
          binary(BOOLEANS, (e, a, b) -> e.node(new NotEqual(), a, b)).keras("LogicalXor"),
          binary(NUMBERS, promoted(Bits::and)).keras("BitwiseAnd").tensorFlow("BitwiseAnd"),
          binary(NUMBERS, promoted(Bits::or)).keras("BitwiseOr").tensorFlow("BitwiseOr"),
          binary(NUMBERS, promoted(Bits::xor)).keras("BitwiseXor").tensorFlow("BitwiseXor"),
          binary(NUMBERS, promoted(Bits::leftShift))
              .keras("BitwiseLeftShift", "LeftShift")
              .tensorFlow("LeftShift"),
          binary(NUMBERS, promoted(Bits::rightShift))
              .keras("BitwiseRightShift", "RightShift")
              .tensorFlow("RightShift"));

  /** Returns all operators with one operand. */
  public static List<Unary> unary() {
    return joined(
        List.of(
            SIGNS_AND_ROUNDING,
            POWERS_AND_LOGARITHMS,
            TRIGONOMETRY,
            PREDICATES_AND_BITS,
            ACTIVATIONS));
  }

  /** Returns all operators with one operand and a number as their attribute. */
  public static List<Parametric> parametric() {
    return PARAMETRIC;
  }

  /** Returns all operators with two operands. */
  public static List<Binary> binary() {
    return joined(List.of(ARITHMETIC, COMPARISONS, LOGIC_AND_BITS));
  }

  private static <T> List<T> joined(List<List<T>> topics) {
    List<T> all = new ArrayList<>();
    topics.forEach(all::addAll);
    return all;
  }
}
