package dev.whittle.runtime.kernel.simd;

/** The columns of an image between which each column of a resized image lies. */
public final class InterpolatedColumns {
  /** For each new column the index in its row of the pixel on the left. */
  final int[] lefts;

  /** For each new column the index in its row of the pixel on the right. */
  final int[] rights;

  /** For each new column its distance from the left pixel, between 0 and 1. */
  final float[] fractions;

  final int channels;

  /**
   * Creates the columns of a resized image.
   *
   * @param lefts for each new column the index in its row of the pixel on the left
   * @param rights for each new column the index in its row of the pixel on the right
   * @param fractions for each new column its distance from the left pixel, between 0 and 1
   */
  public InterpolatedColumns(int[] lefts, int[] rights, float[] fractions, int channels) {
    this.lefts = lefts;
    this.rights = rights;
    this.fractions = fractions;
    this.channels = channels;
  }
}
