package dev.whittle.runtime.custom;

import com.google.flatbuffers.FlexBuffers;
import dev.whittle.ir.CustomOperator;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The post-processing of SSD object detectors, {@code TFLite_Detection_PostProcess}: it decodes
 * boxes relative to anchors and applies non-maximum suppression. Operands: encodings {@code [1,
 * anchors, 4 or more]}, scores {@code [1, anchors, classes]}, anchors {@code [anchors, 4]} as
 * center and size. Results: boxes as {@code ymin, xmin, ymax, xmax}, classes, scores, and the
 * number of detections; the remaining elements are zeros.
 */
public final class DetectionPostProcess implements CustomOperator {
  private static final int MAX_RESULTS = 1 << 20;

  private static final int DEFAULT_DETECTIONS_PER_CLASS = 100;

  private record Attributes(
      int maxDetections,
      int maxClassesPerDetection,
      int detectionsPerClass,
      boolean regular,
      float scoreThreshold,
      float overlapThreshold,
      int classes,
      float yScale,
      float xScale,
      float hScale,
      float wScale) {
    static Attributes of(byte[] options) {
      Attributes attributes = FlexOptions.read(options, Attributes::of);
      attributes.check();
      return attributes;
    }

    private static Attributes of(FlexBuffers.Map map) {
      return new Attributes(
          map.get("max_detections").asInt(),
          map.get("max_classes_per_detection").asInt(),
          map.get("detections_per_class").isNull()
              ? DEFAULT_DETECTIONS_PER_CLASS
              : map.get("detections_per_class").asInt(),
          map.get("use_regular_nms").asBoolean(),
          (float) map.get("nms_score_threshold").asFloat(),
          (float) map.get("nms_iou_threshold").asFloat(),
          map.get("num_classes").asInt(),
          (float) map.get("y_scale").asFloat(),
          (float) map.get("x_scale").asFloat(),
          (float) map.get("h_scale").asFloat(),
          (float) map.get("w_scale").asFloat());
    }

    private void check() {
      if (maxDetections < 1
          || maxClassesPerDetection < 1
          || (long) maxDetections * maxClassesPerDetection > MAX_RESULTS
          || classes < 1
          || detectionsPerClass < 1
          || !(overlapThreshold > 0 && overlapThreshold <= 1)) {
        throw OperandException.invalid("has the options %s", this);
      }
    }

    int results() {
      return maxDetections * (regular ? 1 : maxClassesPerDetection);
    }
  }

  private record Box(float top, float left, float bottom, float right) {
    private float area() {
      return (bottom - top) * (right - left);
    }

    /** Returns the intersection over union of two boxes; 0 if one is empty. */
    float overlap(Box other) {
      float a = area();
      float b = other.area();
      if (a <= 0 || b <= 0) {
        return 0;
      }
      float height = Math.max(Math.min(bottom, other.bottom) - Math.max(top, other.top), 0);
      float width = Math.max(Math.min(right, other.right) - Math.max(left, other.left), 0);
      return height * width / (a + b - height * width);
    }
  }

  private record Detection(int anchor, int label, float score) {}

  @Override
  public String name() {
    return "TFLite_Detection_PostProcess";
  }

  @Override
  public List<TypedShape> infer(Operands operands, byte[] options) {
    Attributes attributes = Attributes.of(options);
    int results = attributes.maxDetections * attributes.maxClassesPerDetection;
    return List.of(
        new TypedShape(TensorType.FLOAT32, Shape.of(1, results, 4)),
        new TypedShape(TensorType.FLOAT32, Shape.of(1, results)),
        new TypedShape(TensorType.FLOAT32, Shape.of(1, results)),
        new TypedShape(TensorType.FLOAT32, Shape.of(1)));
  }

  @Override
  public Kernel kernel(Operands operands, byte[] options) {
    Attributes attributes = Attributes.of(options);
    for (int i = 0; i < 3; i++) {
      switch (operands.type(i)) {
        case FLOAT32, UINT8, INT8 -> {}
        default ->
            throw OperandException.unsupported(
                "no kernel for operands of type %s", operands.type(i));
      }
    }
    return invocation -> run(invocation, attributes);
  }

  private static float real(Tensor tensor, long i) {
    @Nullable Quantization q = tensor.quantization();
    return tensor.type() == TensorType.FLOAT32 || q == null
        ? tensor.getFloat(i)
        : (tensor.getInteger(i) - q.zeroPointValue()) * q.scaleValue();
  }

  private static void run(Invocation invocation, Attributes attributes) {
    List<Box> boxes = boxes(invocation, attributes);
    Tensor scores = invocation.input(1);
    int columns = scores.dim(2);
    if (scores.dim(1) != boxes.size() || columns < attributes.classes) {
      throw OperandException.invalid(
          "scores %s for %d anchors and %d classes",
          scores.shape(), boxes.size(), attributes.classes);
    }
    List<Detection> found =
        attributes.regular
            ? perClass(boxes, scores, attributes)
            : perAnchor(boxes, scores, attributes);
    write(invocation, boxes, found.subList(0, Math.min(found.size(), attributes.results())));
    // The number of anchors, not that of their classes.
    int classes =
        attributes.regular ? 1 : Math.min(attributes.maxClassesPerDetection, attributes.classes);
    int anchors = found.size() / classes;
    invocation.output(3).setFloat(0, anchors);
  }

  private static List<Box> boxes(Invocation invocation, Attributes attributes) {
    Tensor encodings = invocation.input(0);
    Tensor anchors = invocation.input(2);
    int width = encodings.dim(2);
    if (anchors.rank() != 2
        || anchors.dim(1) != 4
        || anchors.dim(0) != encodings.dim(1)
        || width < 4) {
      throw OperandException.invalid("anchors %s for %s", anchors.shape(), encodings.shape());
    }
    List<Box> boxes = new ArrayList<>();
    for (int i = 0; i < anchors.dim(0); i++) {
      long a = 4L * i;
      long e = (long) width * i;
      float height = real(anchors, a + 2);
      float breadth = real(anchors, a + 3);
      float y = real(encodings, e) / attributes.yScale * height + real(anchors, a);
      float x = real(encodings, e + 1) / attributes.xScale * breadth + real(anchors, a + 1);
      float halfHeight =
          0.5f * (float) Math.exp(real(encodings, e + 2) / attributes.hScale) * height;
      float halfWidth =
          0.5f * (float) Math.exp(real(encodings, e + 3) / attributes.wScale) * breadth;
      boxes.add(new Box(y - halfHeight, x - halfWidth, y + halfHeight, x + halfWidth));
    }
    return boxes;
  }

  /** Applies non-maximum suppression once, to the best class of each anchor. */
  private static List<Detection> perAnchor(List<Box> boxes, Tensor scores, Attributes attributes) {
    int columns = scores.dim(2);
    int offset = columns - attributes.classes;
    int count = Math.min(attributes.maxClassesPerDetection, attributes.classes);
    List<List<Detection>> best = new ArrayList<>();
    for (int a = 0; a < boxes.size(); a++) {
      int anchor = a;
      best.add(
          IntStream.range(0, attributes.classes)
              .mapToObj(
                  c -> new Detection(anchor, c, real(scores, (long) anchor * columns + offset + c)))
              .sorted(Comparator.comparingDouble(d -> -d.score))
              .limit(count)
              .toList());
    }
    List<Detection> tops = best.stream().map(List::getFirst).toList();
    List<Detection> found = new ArrayList<>();
    for (Detection kept : suppress(boxes, tops, attributes, attributes.maxDetections)) {
      found.addAll(best.get(kept.anchor));
    }
    return found;
  }

  /** Applies non-maximum suppression to each class, and returns the best detections of all. */
  private static List<Detection> perClass(List<Box> boxes, Tensor scores, Attributes attributes) {
    int columns = scores.dim(2);
    int offset = columns - attributes.classes;
    List<Detection> all = new ArrayList<>();
    for (int c = 0; c < attributes.classes; c++) {
      List<Detection> candidates = new ArrayList<>();
      for (int a = 0; a < boxes.size(); a++) {
        candidates.add(new Detection(a, c, real(scores, (long) a * columns + offset + c)));
      }
      all.addAll(suppress(boxes, candidates, attributes, attributes.detectionsPerClass));
    }
    all.sort(Comparator.comparingDouble(d -> -d.score));
    return all.subList(0, Math.min(all.size(), attributes.maxDetections));
  }

  /** Returns the best candidates that do not overlap a better one too much. */
  private static List<Detection> suppress(
      List<Box> boxes, List<Detection> candidates, Attributes attributes, int limit) {
    List<Detection> sorted =
        candidates.stream()
            .filter(d -> d.score >= attributes.scoreThreshold)
            .sorted(Comparator.comparingDouble(d -> -d.score))
            .toList();
    List<Detection> kept = new ArrayList<>();
    for (Detection candidate : sorted) {
      if (kept.size() == limit) {
        break;
      }
      Box box = boxes.get(candidate.anchor);
      if (kept.stream()
          .allMatch(k -> boxes.get(k.anchor).overlap(box) <= attributes.overlapThreshold)) {
        kept.add(candidate);
      }
    }
    return kept;
  }

  private static void write(Invocation invocation, List<Box> boxes, List<Detection> found) {
    Tensor corners = invocation.output(0);
    Tensor labels = invocation.output(1);
    Tensor scores = invocation.output(2);
    for (int i = 0; i < labels.elements(); i++) {
      Detection detection = i < found.size() ? found.get(i) : null;
      Box box = detection == null ? new Box(0, 0, 0, 0) : boxes.get(detection.anchor);
      corners.setFloat(4L * i, box.top);
      corners.setFloat(4L * i + 1, box.left);
      corners.setFloat(4L * i + 2, box.bottom);
      corners.setFloat(4L * i + 3, box.right);
      labels.setFloat(i, detection == null ? 0 : detection.label);
      scores.setFloat(i, detection == null ? 0 : detection.score);
    }
  }
}
