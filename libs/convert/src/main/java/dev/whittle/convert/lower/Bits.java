package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.BitwiseXor;
import dev.whittle.ir.op.math.RightShift;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.stream.LongStream;

/**
 * Bitwise operations on integers. TensorFlow Lite has the exclusive or and the right shift of up to
 * 32 bits; the others follow from {@code a + b = (a ^ b) + 2 (a & b)}.
 */
final class Bits {
  private Bits() {}

  static Value xor(Emitter emit, Value a, Value b) {
    return switch (a.type()) {
      case INT64, UINT64 -> asInt32(emit, a, b, (e, x, y) -> e.node(new BitwiseXor(), x, y));
      default -> emit.node(new BitwiseXor(), a, b);
    };
  }

  static Value and(Emitter emit, Value a, Value b) {
    return asInt32(emit, a, b, Bits::and32);
  }

  /** The bits of the exclusive or and of the conjunction are disjoint, so that their sum fits. */
  static Value or(Emitter emit, Value a, Value b) {
    return asInt32(emit, a, b, (e, x, y) -> e.add(e.node(new BitwiseXor(), x, y), and32(e, x, y)));
  }

  static Value invert(Emitter emit, Value x) {
    return asInt32(emit, x, x, (e, y, same) -> e.node(new BitwiseXor(), y, e.scalar(-1)));
  }

  /**
   * The conjunction of the upper 31 bits by the identity above, whose terms then cannot overflow,
   * and of the lowest bit as a product.
   */
  private static Value and32(Emitter emit, Value a, Value b) {
    Value one = emit.scalar(1);
    Value upperA = emit.node(new RightShift(), a, one);
    Value upperB = emit.node(new RightShift(), b, one);
    Value lowestA = emit.sub(a, emit.add(upperA, upperA));
    Value lowestB = emit.sub(b, emit.add(upperB, upperB));
    Value differing = emit.node(new BitwiseXor(), upperA, upperB);
    return emit.add(emit.sub(emit.add(upperA, upperB), differing), emit.mul(lowestA, lowestB));
  }

  /** Computes with integers of any width as those of 32 bits. */
  private static Value asInt32(
      Emitter emit, Value a, Value b, Elementwise.BinaryLowering operation) {
    TensorType type = a.type();
    return switch (type) {
      case INT32 -> operation.lower(emit, a, b);
      case INT8, UINT8, INT16, UINT16 ->
          emit.cast(
              operation.lower(emit, emit.cast(a, TensorType.INT32), emit.cast(b, TensorType.INT32)),
              type);
      case UINT32, INT64, UINT64 ->
          emit.bitcast(
              operation.lower(
                  emit, emit.bitcast(a, TensorType.INT32), emit.bitcast(b, TensorType.INT32)),
              type);
      default -> throw OperandException.unsupported("bitwise operations on %s", type);
    };
  }

  /** {@code a 2^b}; a distance beyond the width counts as the width less one, as in TensorFlow. */
  static Value leftShift(Emitter emit, Value a, Value b) {
    TensorType type = a.type();
    return switch (type) {
      case INT8, UINT8, INT16, UINT16, INT32 -> {
        Value wide = emit.cast(a, TensorType.INT32);
        yield emit.cast(emit.mul(wide, powers(emit, TensorType.INT32, type, b)), type);
      }
      case UINT32 -> {
        Value bits = emit.bitcast(a, TensorType.INT32);
        yield emit.bitcast(emit.mul(bits, powers(emit, TensorType.INT32, type, b)), type);
      }
      case INT64 -> emit.mul(a, powers(emit, type, type, b));
      default -> throw OperandException.unsupported("a left shift of %s", type);
    };
  }

  /** {@code floor(a / 2^b)}; the distance is clamped as for the left shift. */
  static Value rightShift(Emitter emit, Value a, Value b) {
    return switch (a.type()) {
      case INT64, UINT64 ->
          throw OperandException.unsupported("a right shift of %s; cast it to int32", a.type());
      default -> emit.node(new RightShift(), a, b);
    };
  }

  private static Value clamped(Emitter emit, TensorType shifted, Value distance) {
    Value narrow = emit.cast(distance, TensorType.INT32);
    return emit.min(emit.max(narrow, 0), shifted.bits() - 1);
  }

  /**
   * Looks up powers of two of a type; the highest one is negative in a signed type of its width.
   */
  private static Value powers(Emitter emit, TensorType type, TensorType shifted, Value distance) {
    long[] all = LongStream.range(0, shifted.bits()).map(i -> 1L << i).toArray();
    Tensor table = Tensor.allocate(type, all.length);
    for (int i = 0; i < all.length; i++) {
      table.setInteger(i, type == TensorType.INT32 ? (int) all[i] : all[i]);
    }
    return emit.gather(emit.constant("powers", table), clamped(emit, shifted, distance), 0);
  }
}
