package dev.whittle.image;

/** An algorithm for scaling images. */
public enum Resampling {
  /**
   * Each new pixel is the mean of the area that it covers, along axes that shrink; along axes that
   * grow, the algorithm is {@link #BILINEAR}. Averaging avoids aliasing.
   */
  AREA,

  /**
   * Each new pixel is interpolated between the four pixels around its center, at every scale, as
   * TensorFlow's {@code tf.image.resize} does by default.
   */
  BILINEAR
}
