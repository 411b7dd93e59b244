package dev.whittle.data;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The assignment of a sample's tensors to the inputs of a model's main graph. A tensor has the
 * shape of its input without the batch axis, or the same elements with adjacent axes merged or
 * split (28 x 28 for 784). Numbers of another type than a quantized input has are quantized. Other
 * numbers are converted to the type of the input, which must have the value. A fixed batch is
 * filled with copies of the sample.
 */
public final class InputBinding {
  private final Graph graph;
  private final List<List<String>> names = new ArrayList<>();

  /**
   * Binds to the main graph of a model. A sample may name an input as a signature of that graph
   * does or as the graph does.
   */
  public InputBinding(Model model) {
    graph = model.mainGraph();
    for (int id : graph.inputs()) {
      List<String> known = new ArrayList<>();
      for (Signature signature : model.signatures()) {
        if (signature.graph() == 0) {
          signature.inputs().stream()
              .filter(p -> p.value() == id)
              .forEach(p -> known.add(p.name()));
        }
      }
      known.add(graph.value(id).name());
      names.add(known);
    }
  }

  /**
   * Returns the shape that each input must have for one sample: a batch of one, and the sample's
   * sizes in place of dynamic dimensions.
   *
   * @return the shapes in the order of the graph's inputs
   * @throws IOException if an input is missing or the shape of a tensor does not fit; the message
   *     names all such inputs
   */
  public List<int[]> shapes(Sample sample) throws IOException {
    List<int[]> shapes = new ArrayList<>();
    List<Tensor> tensors = tensors(sample);
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      Shape declared = graph.value(graph.inputs().get(i)).shape();
      int[] shape = shape(declared, tensors.get(i).dims());
      if (shape == null) {
        problems.add(
            "input '%s' takes %s, but a sample has shape %s"
                .formatted(name(i), declared, Arrays.toString(tensors.get(i).dims())));
      } else {
        shapes.add(shape);
      }
    }
    if (!problems.isEmpty()) {
      throw new IOException(String.join("; ", problems));
    }
    return shapes;
  }

  /**
   * Copies a sample into the inputs.
   *
   * @param inputs the graph's input tensors, with the shapes of {@link #shapes}
   * @throws IOException if an input is missing or its type cannot be converted
   */
  public void fill(Sample sample, List<Tensor> inputs) throws IOException {
    List<Tensor> tensors = tensors(sample);
    for (int i = 0; i < tensors.size(); i++) {
      fill(tensors.get(i), inputs.get(i), name(i));
    }
  }

  private String name(int input) {
    return names.get(input).getFirst();
  }

  private List<Tensor> tensors(Sample sample) throws IOException {
    SequencedMap<String, Tensor> given = sample.inputs();
    if (given.size() == 1 && names.size() == 1) {
      String only = given.firstEntry().getKey();
      if (only.equals(Sample.ONLY_INPUT) || names.getFirst().contains(only)) {
        return List.of(given.firstEntry().getValue());
      }
    }
    List<Tensor> tensors = new ArrayList<>();
    Map<String, Tensor> unused = new LinkedHashMap<>(given);
    for (List<String> known : names) {
      Tensor found = null;
      for (String name : known) {
        found = found == null ? unused.remove(name) : found;
      }
      if (found != null) {
        tensors.add(found);
      }
    }
    if (tensors.size() != names.size() || !unused.isEmpty()) {
      throw new IOException(
          "the data holds %s, but the model's inputs are %s"
              .formatted(
                  given.keySet(),
                  names.stream().map(List::getFirst).collect(Collectors.joining(", ", "[", "]"))));
    }
    return tensors;
  }

  /** Returns the shape of an input for a sample; null if the sample does not fit. */
  private static int @Nullable [] shape(Shape declared, int[] sample) {
    if (!declared.isRankKnown()) {
      int[] dims = new int[sample.length + 1];
      dims[0] = 1;
      System.arraycopy(sample, 0, dims, 1, sample.length);
      return dims;
    }
    int[] dims = declared.toArray();
    if (dims.length == 0) {
      return Shape.elements(sample) == 1 ? dims : null;
    }
    if (dims[0] == Shape.DYNAMIC) {
      dims[0] = 1;
    }
    int[] withBatch = new int[sample.length + 1];
    withBatch[0] = 1;
    System.arraycopy(sample, 0, withBatch, 1, sample.length);
    for (int[] candidate : List.of(withBatch, sample)) {
      if (candidate.length == dims.length && Shape.of(dims).accepts(Shape.of(candidate))) {
        return candidate;
      }
    }
    if (!Shape.of(dims).isStatic()) {
      return null;
    }
    // A fixed batch is filled with copies of one sample.
    int[] single = dims.clone();
    single[0] = 1;
    return mergesAxes(dims, sample) || mergesAxes(single, sample) ? dims : null;
  }

  /**
   * Returns whether one shape becomes the other by merging adjacent axes. Axes of size 1 are
   * ignored.
   */
  private static boolean mergesAxes(int[] a, int[] b) {
    List<Long> first = boundaries(a);
    List<Long> second = boundaries(b);
    return first.equals(second)
        || (!first.isEmpty()
            && !second.isEmpty()
            && first.getLast().equals(second.getLast())
            && (first.containsAll(second) || second.containsAll(first)));
  }

  /** Returns the products of the sizes up to each axis whose size is not 1. */
  private static List<Long> boundaries(int[] dims) {
    List<Long> products = new ArrayList<>();
    long product = 1;
    for (int dim : dims) {
      product *= dim;
      if (dim != 1) {
        products.add(product);
      }
    }
    return products;
  }

  private static void fill(Tensor sample, Tensor input, String name) throws IOException {
    if (sample.elements() == 0 || input.elements() % sample.elements() != 0) {
      throw new IOException(
          "input '%s' has %d elements, which is not a multiple of the sample's %d"
              .formatted(name, input.elements(), sample.elements()));
    }
    Quantization quantization = input.quantization();
    boolean floats = isFloat(sample.type());
    long size = sample.elements();
    if (sample.type() == TensorType.STRING && input.type() == TensorType.STRING) {
      List<byte[]> strings = new ArrayList<>();
      for (long i = 0; i < input.elements(); i += size) {
        strings.addAll(sample.strings());
      }
      input.setStrings(strings, input.dims());
    } else if (sample.type() == input.type()) {
      long bytes = sample.data().byteSize();
      for (long at = 0; at < input.data().byteSize(); at += bytes) {
        MemorySegment.copy(sample.data(), 0, input.data(), at, bytes);
      }
    } else if (isFloat(input.type()) && sample.type() != TensorType.STRING) {
      for (long i = 0; i < input.elements(); i++) {
        input.setReal(i, sample.getReal(i % size));
      }
    } else if (sample.type() == TensorType.STRING) {
      throw new IOException(
          "input '%s' takes %s, but the data holds strings".formatted(name, input.type()));
    } else if (input.type().isInteger() && quantization != null && quantization.isQuantized()) {
      quantize(sample, input, quantization);
    } else if (!floats && input.type().isInteger()) {
      for (long i = 0; i < input.elements(); i++) {
        input.setInteger(i, inRange(sample.getInteger(i % size), input.type(), name));
      }
    } else {
      throw new IOException(
          "input '%s' takes %s, but the data holds %s"
              .formatted(name, input.type(), sample.type()));
    }
  }

  private static long inRange(long number, TensorType type, String name) throws IOException {
    if (type.bits() < 64 && (number < type.minInteger() || number > type.maxInteger())) {
      throw new IOException(
          "input '%s' takes %s, which cannot represent %d".formatted(name, type, number));
    }
    return number;
  }

  /**
   * Returns whether an input accepts samples of a type and shape.
   *
   * @param input an input of a model's main graph
   * @param dims the shape without the axis of samples
   */
  public static boolean accepts(Value input, TensorType type, int... dims) {
    boolean fits =
        type == input.type()
            || (isFloat(input.type()) && type != TensorType.STRING)
            || (input.type().isInteger()
                && type != TensorType.STRING
                && (!isFloat(type)
                    || (input.quantization() != null && input.quantization().isQuantized())));
    return fits && shape(input.shape(), dims) != null;
  }

  private static boolean isFloat(TensorType type) {
    return switch (type) {
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 -> true;
      default -> false;
    };
  }

  /**
   * Quantizes as the operator QUANTIZE does: {@code round(real / scale) + zeroPoint point},
   * clamped.
   */
  private static void quantize(Tensor sample, Tensor input, Quantization quantization) {
    float scale = quantization.scaleValue();
    int zeroPoint = quantization.zeroPointValue();
    long low = input.type().minInteger();
    long high = input.type().maxInteger();
    for (long i = 0; i < input.elements(); i++) {
      double q =
          FixedPoint.roundHalfAway(sample.getReal(i % sample.elements()) / scale) + zeroPoint;
      input.setInteger(i, Math.clamp((long) q, low, high));
    }
  }
}
