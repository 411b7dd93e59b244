package dev.whittle.image;

/** How a picture is scaled. */
public enum Resampling {
  /**
   * Each new pixel is the mean of what it covers, where a picture shrinks; where it grows, as
   * {@link #BILINEAR}. Details too fine for the new size vanish instead of becoming noise.
   */
  AREA,

  /**
   * Each new pixel is interpolated between the four around its center, whatever the scale: what
   * TensorFlow's {@code resize} does by default.
   */
  BILINEAR
}
