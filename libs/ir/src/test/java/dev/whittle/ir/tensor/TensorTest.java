package dev.whittle.ir.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorTest {
  @ParameterizedTest
  @EnumSource(
      names = {
        "INT2", "INT4", "UINT4", "INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64"
      })
  void readsIntegersOfEveryWidthAsStored(TensorType type) {
    boolean unsigned = type.name().startsWith("U");
    int bits = Math.min(type.bits(), 62);
    long low = unsigned ? 0 : -(1L << (bits - 1));
    long high = unsigned ? (1L << bits) - 1 : (1L << (bits - 1)) - 1;
    long[] values = {low, high, 0, 1, high - 1, low + 1, 1};
    Tensor tensor = Tensor.allocate(type, values.length);
    for (int i = 0; i < values.length; i++) {
      tensor.setInteger(i, values[i]);
    }
    assertArrayEquals(values, tensor.toLongs());
  }

  @Test
  void packsIntegersOfLessThanAByte() {
    assertEquals(2, Tensor.allocate(TensorType.INT4, 3).data().byteSize());
    assertEquals(1, Tensor.allocate(TensorType.INT2, 4).data().byteSize());
  }

  @Test
  void firstInt4ElementIsInLowNibble() {
    Tensor tensor = Tensor.allocate(TensorType.INT4, 2);
    tensor.data().set(Tensor.BYTE, 0, (byte) 0x7f);
    assertArrayEquals(new long[] {-1, 7}, tensor.toLongs());
  }

  @Test
  void resizeAllocatesOnlyIfMemoryIsTooSmall() {
    var tensor = new Tensor(TensorType.FLOAT32, null, Tensor.Allocator.AUTOMATIC);
    tensor.resize(4, 4);
    long address = tensor.data().address();
    tensor.resize(2, 3);
    assertEquals(address, tensor.data().address());
    assertEquals(24, tensor.data().byteSize());
    var same = tensor.data();
    tensor.resize(3, 2);
    assertSame(same, tensor.data());
  }

  @Test
  void readsStringsAsStored() {
    Tensor tensor = new Tensor(TensorType.STRING, null, Tensor.Allocator.AUTOMATIC);
    List<byte[]> strings =
        List.of("".getBytes(StandardCharsets.UTF_8), "à la carte".getBytes(StandardCharsets.UTF_8));
    tensor.setStrings(strings, 2, 1);
    assertArrayEquals(new int[] {2, 1}, tensor.dims());
    List<byte[]> read = tensor.strings();
    assertEquals(2, read.size());
    assertArrayEquals(strings.get(0), read.get(0));
    assertArrayEquals(strings.get(1), read.get(1));
  }

  @Test
  void rejectsStringOffsetsOutsideData() {
    Tensor tensor = new Tensor(TensorType.STRING, null, Tensor.Allocator.AUTOMATIC);
    tensor.setStrings(List.of(new byte[] {1, 2}), 1);
    tensor.data().set(Tensor.INT, 8, 1000);
    assertThrows(OperandException.class, tensor::strings);
    tensor.data().set(Tensor.INT, 0, Integer.MAX_VALUE);
    assertThrows(OperandException.class, tensor::strings);
  }

  @Test
  void rejectsAnotherNumberOfStringsThanElements() {
    Tensor tensor = new Tensor(TensorType.STRING, null, Tensor.Allocator.AUTOMATIC);
    tensor.setStrings(List.of(new byte[] {1}, new byte[] {2}), 2);
    tensor.resize(3);
    assertThrows(OperandException.class, tensor::strings);
  }

  @Test
  void rejectsMemoryOfWrongSize() {
    Tensor four = Tensor.allocate(TensorType.FLOAT32, 4);
    assertThrows(
        OperandException.class,
        () -> new Tensor(TensorType.FLOAT32, new int[] {3}, null, four.data()));
  }

  @Test
  void rejectsMoreElementsThanFitIntoLong() {
    Tensor tensor = Tensor.allocate(TensorType.INT8, 1);
    int huge = Integer.MAX_VALUE;
    assertThrows(OperandException.class, () -> tensor.resize(huge, huge, huge));
  }
}
