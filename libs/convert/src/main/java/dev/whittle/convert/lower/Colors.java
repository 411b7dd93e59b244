package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.math.Floor;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.tensor.OperandException;
import java.util.List;

/** Colors in the last axis: red, green and blue, or hue, saturation and value, all from 0 to 1. */
public final class Colors {
  private Colors() {}

  private static void requireChannels(Value x) {
    if (Emitter.fixedDimension(x, -1) != 3) {
      throw OperandException.invalid("colors %s; expected three channels at the end", x.shape());
    }
  }

  /** Smith, "Color gamut transform pairs" (1978), as TensorFlow computes it. */
  public static Value toHsv(Emitter emit, Value rgb) {
    requireChannels(rgb);
    List<Value> channels = emit.split(rgb, -1, 3);
    Value red = channels.get(0);
    Value green = channels.get(1);
    Value blue = channels.get(2);
    Value value = emit.reduceMax(rgb, true, -1);
    Value range = emit.sub(value, emit.reduceMin(rgb, true, -1));
    Value zero = emit.scalar(0f);
    Value one = emit.scalar(1f);
    Value isBright = emit.node(new Greater(), value, zero);
    Value isColored = emit.node(new Greater(), range, zero);
    Value saturation =
        emit.where(isBright, emit.div(range, emit.where(isBright, value, one)), zero);
    Value norm = emit.div(one, emit.mul(emit.where(isColored, range, one), 6));
    Value ofRed = emit.mul(norm, emit.sub(green, blue));
    Value ofGreen = emit.add(emit.mul(norm, emit.sub(blue, red)), 2 / 6.0);
    Value ofBlue = emit.add(emit.mul(norm, emit.sub(red, green)), 4 / 6.0);
    Value hue =
        emit.where(
            emit.node(new Equal(), red, value),
            ofRed,
            emit.where(emit.node(new Equal(), green, value), ofGreen, ofBlue));
    hue = emit.where(isColored, hue, zero);
    hue = emit.where(emit.node(new Less(), hue, zero), emit.add(hue, 1), hue);
    return emit.concat(-1, List.of(hue, saturation, value));
  }

  /** The inverse of {@link #toHsv}. */
  public static Value toRgb(Emitter emit, Value hsv) {
    requireChannels(hsv);
    List<Value> channels = emit.split(hsv, -1, 3);
    Value sextant = emit.mul(channels.get(0), 6);
    Value saturation = channels.get(1);
    Value value = channels.get(2);
    Value one = emit.scalar(1f);
    Value two = emit.scalar(2f);
    Value red = emit.sub(distance(emit, sextant, 3), 1);
    Value green = emit.sub(two, distance(emit, sextant, 2));
    Value blue = emit.sub(two, distance(emit, sextant, 4));
    Value all = emit.concat(-1, List.of(red, green, blue));
    Value pure = emit.min(emit.max(all, 0), 1);
    Value gray = emit.sub(one, saturation);
    return emit.mul(emit.add(gray, emit.mul(saturation, pure)), value);
  }

  private static Value distance(Emitter emit, Value x, double center) {
    return emit.node(new Abs(), emit.sub(x, center));
  }

  /**
   * Turns the hue.
   *
   * @param delta a part of the color wheel, a scalar
   */
  public static Value adjustHue(Emitter emit, Value rgb, Value delta) {
    List<Value> channels = emit.split(toHsv(emit, rgb), -1, 3);
    Value turned = emit.add(channels.get(0), delta);
    Value hue = emit.sub(turned, emit.node(new Floor(), turned));
    return toRgb(emit, emit.concat(-1, List.of(hue, channels.get(1), channels.get(2))));
  }

  /**
   * Multiplies the saturation, up to 1.
   *
   * @param factor a scalar
   */
  public static Value adjustSaturation(Emitter emit, Value rgb, Value factor) {
    List<Value> channels = emit.split(toHsv(emit, rgb), -1, 3);
    Value saturation = emit.min(emit.max(emit.mul(channels.get(1), factor), 0), 1);
    return toRgb(emit, emit.concat(-1, List.of(channels.get(0), saturation, channels.get(2))));
  }
}
