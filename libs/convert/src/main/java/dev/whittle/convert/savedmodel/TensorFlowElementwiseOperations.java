package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Elementwise;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.Select;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.AddN;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/** The shared elementwise operators, and those with several attributes or more operands. */
final class TensorFlowElementwiseOperations {
  private TensorFlowElementwiseOperations() {}

  static void register(TensorFlowOperations table) {
    for (Elementwise.Unary operator : Elementwise.unary()) {
      for (String name : operator.names().tensorFlow()) {
        table.single(name, call -> operator.lowering().lower(call.emit(), call.x()));
      }
    }
    for (Elementwise.Binary operator : Elementwise.binary()) {
      for (String name : operator.names().tensorFlow()) {
        table.put(name, call -> List.of(binary(call, operator)));
      }
    }
    for (Elementwise.Parametric operator : Elementwise.parametric()) {
      operator
          .tensorFlow()
          .forEach(
              (name, attribute) -> table.single(name, call -> lower(call, operator, attribute)));
    }
    table.extend("Equal", plain -> call -> compare(call, plain, 0));
    table.extend("NotEqual", plain -> call -> compare(call, plain, 1));
    table.extend("Mul", product -> call -> multiply(call, product));
    table.single("ApproximateEqual", TensorFlowElementwiseOperations::approximateEqual);
    table.single("AddN", call -> call.emit().node(new AddN(), call.operands()));
    table.single("Select", call -> select(call, new Select()));
    table.single("SelectV2", call -> select(call, new SelectV2()));
    table.single("ClipByValue", TensorFlowElementwiseOperations::clip);
    table.put("Cast", TensorFlowElementwiseOperations::cast);
  }

  /** Lowers an operator with two operands, which TensorFlow requires to have one type. */
  private static Item binary(OperationCall call, Elementwise.Binary operator) {
    Value a = call.x();
    Value b = call.value(1);
    if (a.type() != b.type()) {
      throw OperandException.invalid(
          "operands of types %s and %s; expected one type", a.type(), b.type());
    }
    Value result = operator.lowering().lower(call.emit(), a, b);
    LongBinaryOperator integers = operator.integers();
    return new Item.Tensor(
        result, integers == null ? null : known(call.known(0), call.known(1), integers));
  }

  /** Computes the result for the integers that are known, with broadcasting. */
  private static @Nullable List<@Nullable Long> known(
      @Nullable List<@Nullable Long> a,
      @Nullable List<@Nullable Long> b,
      LongBinaryOperator compute) {
    if (a == null || b == null || (a.size() != b.size() && a.size() != 1 && b.size() != 1)) {
      return null;
    }
    List<@Nullable Long> known = new ArrayList<>();
    for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
      Long left = a.get(a.size() == 1 ? 0 : i);
      Long right = b.get(b.size() == 1 ? 0 : i);
      known.add(left == null || right == null ? null : compute.applyAsLong(left, right));
    }
    return known;
  }

  /** Shapes that cannot be broadcast are an error, or else simply differ. */
  private static List<Item> compare(
      OperationCall call, TensorFlowOperations.Lowering plain, int ifShapesDiffer) {
    boolean isError = call.node().flag("incompatible_shape_error", true);
    return isError || areCompatible(call.x().shape(), call.value(1).shape())
        ? plain.lower(call)
        : List.of(Item.of(call.emit().scalar(TensorType.BOOL, ifShapesDiffer)));
  }

  private static boolean areCompatible(Shape a, Shape b) {
    if (!a.isRankKnown() || !b.isRankKnown()) {
      return true;
    }
    for (int i = 1; i <= Math.min(a.rank(), b.rank()); i++) {
      int left = a.dim(a.rank() - i);
      int right = b.dim(b.rank() - i);
      boolean isOpen = left == Shape.DYNAMIC || right == Shape.DYNAMIC;
      if (!isOpen && left != right && left != 1 && right != 1) {
        return false;
      }
    }
    return true;
  }

  private static List<Item> multiply(OperationCall call, TensorFlowOperations.Lowering product) {
    Value gelu = call.x().type() == TensorType.FLOAT32 ? GeluPattern.match(call) : null;
    return gelu == null ? product.lower(call) : List.of(Item.of(gelu));
  }

  private static Value lower(
      OperationCall call, Elementwise.Parametric operator, String attribute) {
    float parameter = call.node().real(attribute, operator.ifAbsent());
    return operator.lowering().lower(call.emit(), call.x(), parameter);
  }

  private static Value approximateEqual(OperationCall call) {
    Emitter emit = call.emit();
    Value distance = emit.node(new Abs(), emit.sub(call.x(), call.value(1)));
    return emit.node(new Less(), distance, emit.scalar(call.node().real("tolerance", 1e-5f)));
  }

  private static Value clip(OperationCall call) {
    Value bounded = call.emit().max(call.x(), call.value(1));
    return call.emit().min(bounded, call.value(2));
  }

  private static List<Item> cast(OperationCall call) {
    TensorType to = DataTypes.type(call.node().type("DstT", 1));
    Value x = call.x();
    Value y = call.emit().cast(x, to);
    TensorType rounded = DataTypes.declared(call.node().type("DstT", 1));
    // Activations are rounded as the model says; its weights keep what they have.
    if (rounded.bits() < to.bits() && !x.isConstant()) {
      y = call.emit().cast(call.emit().cast(y, rounded), to);
    }
    return List.of(new Item.Tensor(y, to.isInteger() ? call.known(0) : null));
  }

  private static Value select(OperationCall call, Op op) {
    return call.value(1).type() == TensorType.STRING
        ? TensorFlowTableOperations.select(call)
        : call.emit().node(op, call.operands());
  }
}
