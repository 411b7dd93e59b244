package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Complex;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.FourierTransforms;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.signal.ComplexAbs;
import dev.whittle.ir.op.signal.Imag;
import dev.whittle.ir.op.signal.Real;
import dev.whittle.ir.op.signal.Rfft2d;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Complex numbers and Fourier transforms. Other operations compute with the real and the imaginary
 * part, each as with real numbers.
 */
final class TensorFlowSignalOperations {
  /** Operations that forward their inputs, of whatever kind. */
  private static final Set<String> FORWARDING =
      Set.of(
          "Identity",
          "IdentityN",
          "StopGradient",
          "PreventGradient",
          "Snapshot",
          "PartitionedCall",
          "StatefulPartitionedCall");

  /** Operations of which each part of the result follows from the same part of the inputs. */
  private static final Set<String> PART_BY_PART =
      Set.of(
          "Add",
          "AddN",
          "AddV2",
          "BroadcastTo",
          "ConcatV2",
          "Cumsum",
          "ExpandDims",
          "Fill",
          "Gather",
          "GatherNd",
          "GatherV2",
          "Mean",
          "Neg",
          "Pack",
          "Pad",
          "Reshape",
          "ReverseV2",
          "Roll",
          "SelectV2",
          "Slice",
          "Split",
          "SplitV",
          "Squeeze",
          "StridedSlice",
          "Sub",
          "Sum",
          "Tile",
          "Transpose",
          "Unpack",
          "ZerosLike");

  /** Operations of which the result follows from the shape. */
  private static final Set<String> SHAPES = Set.of("Rank", "Shape", "ShapeN", "Size");

  /** Operations that are linear in each of two inputs. */
  private static final Set<String> PRODUCTS = Set.of("Einsum", "MatMul", "Mul");

  private TensorFlowSignalOperations() {}

  static void register(TensorFlowOperations table) {
    table.put("Complex", call -> complex(Complex.of(call.emit(), call.x(), call.value(1))));
    table.put("Conj", call -> complex(parts(call, 0).conjugate(call.emit())));
    table.single("ComplexAbs", TensorFlowSignalOperations::magnitude);
    table.single("Angle", call -> parts(call, 0).angle(call.emit()));
    table.single("Real", call -> part(call, true));
    table.single("Imag", call -> part(call, false));
    table.put(
        "RFFT2D", call -> whole(call, call.emit().node(new Rfft2d(), call.x(), call.narrow(1))));
    table.put("RFFT", TensorFlowSignalOperations::forward);
    table.single(
        "IRFFT", call -> FourierTransforms.inverse(call.emit(), parts(call, 0), call.integer(1)));
    table.put("FFT", call -> transform(call, false, false));
    table.put("IFFT", call -> transform(call, false, true));
    table.put("FFT2D", call -> transform(call, true, false));
    table.put("IFFT2D", call -> transform(call, true, true));
  }

  /** Lowers an operation, by the parts of its inputs if they are complex. */
  static List<Item> lower(OperationCall call, TensorFlowOperations.Lowering lowering) {
    String op = call.node().op();
    if (FORWARDING.contains(op) || call.inputs().stream().noneMatch(i -> isComplex(i))) {
      return op.equals("Cast") && isComplex(call.node().type("DstT", 1))
          ? complex(Complex.of(call.emit(), call.x()))
          : lowering.lower(call);
    }
    if (SHAPES.contains(op)) {
      return lowering.lower(withParts(call, true));
    }
    if (PART_BY_PART.contains(op)) {
      List<Item> real = lowering.lower(withParts(call, true));
      List<Item> imaginary = lowering.lower(withParts(call, false));
      List<Item> results = new ArrayList<>();
      for (int i = 0; i < real.size(); i++) {
        results.addAll(complex(new Complex(value(real.get(i)), value(imaginary.get(i)))));
      }
      return results;
    }
    if (PRODUCTS.contains(op) && call.inputs().size() == 2) {
      return product(call, lowering);
    }
    return switch (op) {
      case "RealDiv", "Div" -> complex(parts(call, 0).dividedBy(call.emit(), parts(call, 1)));
      case "Square" -> complex(parts(call, 0).times(call.emit(), parts(call, 0)));
      case "Exp" -> complex(parts(call, 0).exp(call.emit()));
      case "Cast" -> {
        call.node().type("DstT", 1);
        yield isComplex(call.node().type("DstT", 1))
            ? List.of(call.item(0))
            : List.of(
                Item.of(
                    call.emit()
                        .cast(parts(call, 0).real(), DataTypes.type(call.node().type("DstT", 1)))));
      }
      // Those that register above, and those that refuse complex numbers.
      default -> lowering.lower(call);
    };
  }

  private static List<Item> product(OperationCall call, TensorFlowOperations.Lowering lowering) {
    Emitter emit = call.emit();
    Complex a = parts(call, 0);
    Complex b = parts(call, 1);
    Value[] products = new Value[4];
    for (int i = 0; i < 4; i++) {
      Item left = Item.of(i < 2 ? a.real() : a.imaginary());
      Item right = Item.of(i % 2 == 0 ? b.real() : b.imaginary());
      products[i] = value(lowering.lower(call.with(List.of(left, right))).getFirst());
    }
    return complex(
        new Complex(emit.sub(products[0], products[3]), emit.add(products[1], products[2])));
  }

  // Items.

  private static boolean isComplex(Item item) {
    return item instanceof Item.ComplexTensor
        || (item instanceof Item.Tensor tensor && tensor.value().type() == TensorType.COMPLEX64);
  }

  /** Returns whether the number of an element type is that of complex numbers. */
  private static boolean isComplex(long type) {
    return DataTypes.type(type) == TensorType.COMPLEX64;
  }

  private static List<Item> complex(Complex parts) {
    return List.of(new Item.ComplexTensor(parts, null));
  }

  private static List<Item> whole(OperationCall call, Value whole) {
    return List.of(new Item.ComplexTensor(Complex.of(call.emit(), whole), whole));
  }

  private static Value value(Item item) {
    if (item instanceof Item.Tensor tensor) {
      return tensor.value();
    }
    throw OperandException.unsupported("complex numbers");
  }

  private static Complex parts(OperationCall call, int input) {
    return call.item(input) instanceof Item.ComplexTensor complex
        ? complex.parts()
        : Complex.of(call.emit(), call.value(input));
  }

  private static @Nullable Value whole(OperationCall call) {
    return call.item(0) instanceof Item.ComplexTensor complex
        ? complex.whole()
        : call.x().type() == TensorType.COMPLEX64 ? call.x() : null;
  }

  /** Replaces complex inputs by one of their parts. */
  private static OperationCall withParts(OperationCall call, boolean real) {
    List<Item> inputs = new ArrayList<>(call.inputs());
    for (int i = 0; i < inputs.size(); i++) {
      if (isComplex(inputs.get(i))) {
        Complex parts = parts(call, i);
        inputs.set(i, Item.of(real ? parts.real() : parts.imaginary()));
      }
    }
    return call.with(inputs);
  }

  // Operations.

  private static Value magnitude(OperationCall call) {
    Value whole = whole(call);
    return whole == null
        ? parts(call, 0).magnitude(call.emit())
        : call.emit().node(new ComplexAbs(), whole);
  }

  private static Value part(OperationCall call, boolean real) {
    Value whole = whole(call);
    if (whole == null) {
      return real ? parts(call, 0).real() : parts(call, 0).imaginary();
    }
    return call.emit().node(real ? new Real() : new Imag(), whole);
  }

  private static List<Item> forward(OperationCall call) {
    Emitter emit = call.emit();
    List<@Nullable Long> known = call.known(1);
    Long length = known == null || known.size() != 1 ? null : known.getFirst();
    if (length != null && Long.bitCount(length) != 1) {
      return complex(FourierTransforms.spectrum(emit, call.x(), Math.toIntExact(length)));
    }
    Value size = emit.concat(0, List.of(emit.ints(1), emit.reshape(call.narrow(1), 1)));
    return whole(call, FourierTransforms.forward(emit, call.x(), size));
  }

  private static List<Item> transform(OperationCall call, boolean images, boolean inverse) {
    Complex x = parts(call, 0);
    return complex(
        images
            ? FourierTransforms.transformImages(call.emit(), x, inverse)
            : FourierTransforms.transform(call.emit(), x, inverse));
  }
}
