package dev.whittle.data;

import dev.whittle.ir.tensor.TensorType;
import dev.whittle.npz.DType;
import java.io.IOException;

/** The tensor types of NumPy arrays. */
final class ArrayTypes {
  private ArrayTypes() {}

  /**
   * Returns the tensor type that corresponds to an array's element type.
   *
   * @param array the name of the array, for the message
   * @throws IOException if no tensor type corresponds
   */
  static TensorType tensorType(DType type, String array) throws IOException {
    return switch (type) {
      case FLOAT16 -> TensorType.FLOAT16;
      case FLOAT32 -> TensorType.FLOAT32;
      case FLOAT64 -> TensorType.FLOAT64;
      case BFLOAT16 -> TensorType.BFLOAT16;
      case INT8 -> TensorType.INT8;
      case INT16 -> TensorType.INT16;
      case INT32 -> TensorType.INT32;
      case INT64 -> TensorType.INT64;
      case UINT8 -> TensorType.UINT8;
      case UINT16 -> TensorType.UINT16;
      case UINT32 -> TensorType.UINT32;
      case UINT64 -> TensorType.UINT64;
      case BOOL -> TensorType.BOOL;
      case BYTES, UNICODE -> TensorType.STRING;
      default ->
          throw new IOException(
              "array '%s' has elements of type %s; samples must be real numbers, booleans or strings"
                  .formatted(array, type));
    };
  }
}
