package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.GatherNd;
import dev.whittle.ir.op.math.Ceil;
import dev.whittle.ir.op.math.Floor;
import dev.whittle.ir.op.math.GreaterEqual;
import dev.whittle.ir.op.math.LessEqual;
import dev.whittle.ir.op.math.LogicalAnd;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;

/** Parts of images {@code [batch, height, width, channels]}, resized to one size. */
public final class Crops {
  private final Emitter emit;
  private final Value images;
  private final boolean nearest;

  private Crops(Emitter emit, Value images, boolean nearest) {
    this.emit = emit;
    this.images = images;
    this.nearest = nearest;
  }

  /**
   * Crops and resizes boxes as TensorFlow's {@code CropAndResize}.
   *
   * @param boxes {@code [boxes, 4]}: top, left, bottom, right; the image ends at 1
   * @param of the index of each box's image, int32 {@code [boxes]}
   * @param height of the results
   * @param width of the results
   * @param nearest whether the nearest pixel is taken, else one interpolated between four
   * @param filler the value outside of images
   */
  public static Value cropAndResize(
      Emitter emit,
      Value images,
      Value boxes,
      Value of,
      int height,
      int width,
      boolean nearest,
      float filler) {
    var crops = new Crops(emit, emit.cast(images, TensorType.FLOAT32), nearest);
    List<Value> edges = emit.split(boxes, 1, 4);
    Line rows = crops.line(edges.get(0), edges.get(2), 1, height);
    Line columns = crops.line(edges.get(1), edges.get(3), 2, width);
    return crops.sampled(
        emit.reshape(of, -1, 1, 1, 1), rows.along(emit, 2), columns.along(emit, 1), filler);
  }

  /**
   * The places of samples along one axis, {@code [boxes, samples]}, in pixels.
   *
   * @param before the pixel at or before each, int32
   * @param after the pixel at or after each, int32
   * @param part how far each lies from the former to the latter
   * @param inside whether it lies within the image
   */
  private record Line(Value before, Value after, Value part, Value inside) {
    /** Returns these places with axes for the other direction and for channels. */
    Line along(Emitter emit, int axis) {
      return new Line(
          wide(emit, before, axis),
          wide(emit, after, axis),
          wide(emit, part, axis),
          wide(emit, inside, axis));
    }

    private static Value wide(Emitter emit, Value x, int axis) {
      return emit.expandDims(emit.expandDims(x, axis), 3);
    }
  }

  private Line line(Value from, Value to, int axis, int samples) {
    Value pixels = emit.sub(emit.cast(emit.dimension(images, axis), TensorType.FLOAT32), 1);
    Value places;
    if (samples > 1) {
      float[] steps = new float[samples];
      for (int i = 0; i < samples; i++) {
        steps[i] = i;
      }
      // TensorFlow's rounding decides whether a sample at the edge lies within the image, so the
      // divisor is no constant, by whose reciprocal a rule would multiply.
      Value divisor = emit.add(emit.mul(from, 0), samples - 1);
      Value scale = emit.div(emit.mul(emit.sub(to, from), pixels), divisor);
      Value step = emit.constant("steps", steps, 1, samples);
      places = emit.add(emit.mul(from, pixels), emit.mul(step, scale));
    } else {
      places = emit.mul(emit.mul(emit.add(from, to), 0.5), pixels);
    }
    Value inside =
        emit.node(
            new LogicalAnd(),
            emit.node(new GreaterEqual(), places, emit.scalar(0f)),
            emit.node(new LessEqual(), places, pixels));
    // Samples outside are replaced, but their places have to exist.
    Value valid = emit.min(emit.max(places, 0), pixels);
    Value before = emit.node(new Floor(), nearest ? emit.add(valid, 0.5) : valid);
    Value after = nearest ? before : emit.node(new Ceil(), valid);
    return new Line(
        emit.cast(before, TensorType.INT32),
        emit.cast(after, TensorType.INT32),
        emit.sub(valid, before),
        inside);
  }

  private Value sampled(Value of, Line rows, Line columns, float filler) {
    Value inside = emit.node(new LogicalAnd(), rows.inside, columns.inside);
    Value pixels;
    if (nearest) {
      pixels = pixels(of, rows.before, columns.before);
    } else {
      Value top =
          between(
              pixels(of, rows.before, columns.before),
              pixels(of, rows.before, columns.after),
              columns.part);
      Value bottom =
          between(
              pixels(of, rows.after, columns.before),
              pixels(of, rows.after, columns.after),
              columns.part);
      pixels = between(top, bottom, rows.part);
    }
    return emit.where(inside, pixels, emit.scalar(filler));
  }

  private Value between(Value a, Value b, Value part) {
    return emit.add(a, emit.mul(emit.sub(b, a), part));
  }

  /** Gathers pixels by indices that are broadcast to {@code [boxes, rows, columns, 1]}. */
  private Value pixels(Value image, Value row, Value column) {
    Value all = emit.mul(emit.add(emit.add(image, row), column), 0);
    Value indices =
        emit.concat(3, List.of(emit.add(image, all), emit.add(row, all), emit.add(column, all)));
    return emit.node(new GatherNd(), images, indices);
  }
}
