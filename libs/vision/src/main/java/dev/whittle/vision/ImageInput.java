package dev.whittle.vision;

import dev.whittle.image.Image;
import dev.whittle.image.Region;
import dev.whittle.image.Resampling;
import dev.whittle.image.Resizer;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Div;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.tflite.ImageMetadata;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The input of an image classifier: the tensor that a model takes, and how pixels become its
 * elements.
 *
 * @param dims shape of the tensor: {@code [1, height, width, channels]}, or {@code [1, height,
 *     width]} for gray
 * @param type of the tensor's elements: FLOAT32, UINT8 or INT8
 * @param quantization of the tensor; null if it has none
 * @param normalization applied to levels before they are quantized
 * @param raw true if the tensor's elements are the levels themselves, as bytes
 * @param source where the normalization was found, as a phrase for messages
 * @param isAssumed true if the model does not determine the normalization
 */
public record ImageInput(
    List<Integer> dims,
    TensorType type,
    @Nullable Quantization quantization,
    Normalization normalization,
    boolean raw,
    String source,
    boolean isAssumed) {
  private static final int MAX_SIDE = 4096;
  private static final int GRAY_RANK = 3;

  /** A first multiplication by less than this maps levels of 0 to 255 to small numbers. */
  private static final float MAX_SCALING = 1f / 32;

  public ImageInput {
    dims = List.copyOf(dims);
  }

  /** Returns the height of the image in pixels. */
  public int height() {
    return dims.get(1);
  }

  /** Returns the width of the image in pixels. */
  public int width() {
    return dims.get(2);
  }

  /** Returns the number of channels: 3, or 1 for gray. */
  public int channels() {
    return dims.size() == GRAY_RANK ? 1 : dims.get(3);
  }

  private record Found(Normalization normalization, String source, boolean isAssumed) {}

  /**
   * Returns the input of a model.
   *
   * @param stated normalization that the caller states; null to infer it from the model
   * @throws UnsupportedModelException if the model does not take exactly one image
   */
  static ImageInput of(
      Model model, Optional<ImageMetadata> metadata, @Nullable Normalization stated) {
    Graph graph = model.mainGraph();
    if (graph.inputs().size() != 1) {
      throw unsupported("it has %d inputs, not 1".formatted(graph.inputs().size()));
    }
    Value input = graph.value(graph.inputs().getFirst());
    Shape shape = input.shape();
    int rank = shape.isRankKnown() ? shape.rank() : 0;
    int channels = rank == 4 ? shape.dim(3) : 1;
    boolean isImage =
        (rank == GRAY_RANK || rank == 4)
            && Math.abs(shape.dim(0)) == 1
            && inRange(shape.dim(1))
            && inRange(shape.dim(2))
            && (channels == 1 || channels == 3);
    if (!isImage) {
      throw unsupported(
          "its input '%s' is %s, not [1, height, width, 1 or 3]".formatted(input.name(), shape));
    }
    TensorType type = input.type();
    boolean bytes = type == TensorType.UINT8 || type == TensorType.INT8;
    if (type != TensorType.FLOAT32 && !bytes) {
      throw unsupported("its input is %s, not FLOAT32, UINT8 or INT8".formatted(type));
    }
    if (bytes && (input.quantization() == null || !input.quantization().isQuantized())) {
      // Without quantization parameters, a byte can only be a level.
      stated = Normalization.NONE;
    }
    Found found = normalization(graph, input, metadata, stated);
    boolean raw = type == TensorType.UINT8 && (stated == null || stated.isNone());
    int[] dims = shape.toArray();
    dims[0] = 1;
    return new ImageInput(
        Arrays.stream(dims).boxed().toList(),
        type,
        input.quantization(),
        found.normalization,
        raw,
        found.source,
        found.isAssumed);
  }

  private static boolean inRange(int side) {
    return side >= 1 && side <= MAX_SIDE;
  }

  private static UnsupportedModelException unsupported(String reason) {
    return new UnsupportedModelException(
        "the model", "does not classify images: " + reason, "fix its shape with --input_shape");
  }

  private static Found normalization(
      Graph graph, Value input, Optional<ImageMetadata> metadata, @Nullable Normalization stated) {
    if (stated != null) {
      return new Found(stated, "stated", false);
    }
    Optional<Normalization> described = metadata.flatMap(Normalization::of);
    if (described.isPresent()) {
      return new Found(described.get(), "the model's metadata", false);
    }
    if (input.type() == TensorType.UINT8) {
      return new Found(Normalization.NONE, "bytes", false);
    }
    Quantization stored = input.quantization();
    if (input.type() == TensorType.INT8 && stored != null) {
      return ofRange(stored);
    }
    for (Node node : graph.nodes()) {
      if (!node.inputs().contains(input.id())) {
        continue;
      }
      if (node.op() instanceof Quantize) {
        Quantization first = graph.value(node.outputs().getFirst()).quantization();
        if (first != null && first.isQuantized()) {
          return ofRange(first);
        }
      }
      if (scales(graph, node, input.id())) {
        return new Found(Normalization.NONE, "the model, which scales by itself", false);
      }
    }
    return new Found(Normalization.TF, "assumed, because the model does not say", true);
  }

  /** Returns the preset whose range is that of an 8-bit input, or else a normalization to it. */
  private static Found ofRange(Quantization stored) {
    float low = (-128 - stored.zeroPointValue()) * stored.scaleValue();
    float high = (127 - stored.zeroPointValue()) * stored.scaleValue();
    float tolerance = (high - low) / 16;
    for (Normalization preset : List.of(Normalization.TF, Normalization.UNIT, Normalization.NONE)) {
      float black = -preset.mean().getFirst() / preset.deviation().getFirst();
      float white = (255 - preset.mean().getFirst()) / preset.deviation().getFirst();
      if (Math.abs(black - low) <= tolerance && Math.abs(white - high) <= tolerance) {
        return new Found(preset, "the range of the model's quantized input", false);
      }
    }
    return new Found(
        Normalization.ofRange(low, high), "the range of the model's quantized input", true);
  }

  /** Returns whether a node maps levels of 0 to 255 to small numbers by a constant factor. */
  private static boolean scales(Graph graph, Node node, int input) {
    Op op = node.op();
    for (int id : node.inputs()) {
      Value other = id == Node.ABSENT || id == input ? null : graph.value(id);
      if (other != null && other.data() != null && other.type() == TensorType.FLOAT32) {
        float[] factors =
            Tensor.of(other.type(), other.initialShape(), null, other.data()).toFloats();
        float first = factors.length == 0 ? 0 : Math.abs(factors[0]);
        boolean multiplies = op instanceof Mul && first > 0 && first < MAX_SCALING;
        if (multiplies || (op instanceof Div && first > 1 / MAX_SCALING)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Returns the tensor of a region of an image, scaled, normalized and quantized. */
  Tensor tensor(Image image, Region region, Resampling resampling) {
    double[] levels = Resizer.resize(image, region, width(), height(), resampling);
    Tensor tensor = Tensor.allocate(type, dims.stream().mapToInt(d -> d).toArray());
    int channels = channels();
    long element = 0;
    for (int pixel = 0; pixel < levels.length / 3; pixel++) {
      if (channels == 1) {
        set(tensor, element++, Resizer.gray(levels, pixel), 0);
      } else {
        for (int c = 0; c < channels; c++) {
          int color = normalization.blueFirst() ? 2 - c : c;
          set(tensor, element++, levels[3 * pixel + color], color);
        }
      }
    }
    return tensor;
  }

  /** Rounds to the nearest integer, halves away from zero, as the operator QUANTIZE does. */
  private static long round(double value) {
    return (long) Math.copySign(Math.floor(Math.abs(value) + 0.5), value);
  }

  private void set(Tensor tensor, long index, double level, int color) {
    if (raw) {
      tensor.setInteger(index, Math.clamp(Math.round(level), 0, 255));
      return;
    }
    double normal =
        (level - normalization.mean().get(color)) / normalization.deviation().get(color);
    Quantization stored = quantization;
    if (type == TensorType.FLOAT32) {
      tensor.setFloat(index, (float) normal);
    } else if (stored == null || !stored.isQuantized()) {
      long offset = type == TensorType.INT8 ? 128 : 0;
      tensor.setInteger(index, Math.clamp(Math.round(normal) - offset, -offset, 255 - offset));
    } else {
      long quantized = round(normal / stored.scaleValue()) + stored.zeroPointValue();
      tensor.setInteger(
          index,
          type == TensorType.INT8
              ? Math.clamp(quantized, -128, 127)
              : Math.clamp(quantized, 0, 255));
    }
  }
}
