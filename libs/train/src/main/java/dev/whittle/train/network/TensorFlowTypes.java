package dev.whittle.train.network;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TType;

/** The correspondence between tensor types and those of TensorFlow Java. */
public final class TensorFlowTypes {
  private TensorFlowTypes() {}

  /**
   * Returns TensorFlow's class of tensors for a type.
   *
   * @throws OperandException if TensorFlow Java has none
   */
  public static Class<? extends TType> type(TensorType type) {
    return switch (type) {
      case FLOAT32 -> TFloat32.class;
      case FLOAT64 -> TFloat64.class;
      case FLOAT16 -> TFloat16.class;
      case INT32 -> TInt32.class;
      case INT64 -> TInt64.class;
      case UINT8 -> TUint8.class;
      case BOOL -> TBool.class;
      default -> throw unsupported(type);
    };
  }

  private static OperandException unsupported(TensorType type) {
    return OperandException.unsupported("tensors of type %s in training", type);
  }

  /**
   * Returns TensorFlow's data type for a type.
   *
   * @throws OperandException if it has none
   */
  static DataType dataType(TensorType type) {
    return switch (type) {
      case FLOAT32 -> DataType.DT_FLOAT;
      case FLOAT64 -> DataType.DT_DOUBLE;
      case FLOAT16 -> DataType.DT_HALF;
      case INT32 -> DataType.DT_INT32;
      case INT64 -> DataType.DT_INT64;
      case INT16 -> DataType.DT_INT16;
      case INT8 -> DataType.DT_INT8;
      case UINT8 -> DataType.DT_UINT8;
      case BOOL -> DataType.DT_BOOL;
      default -> throw unsupported(type);
    };
  }
}
