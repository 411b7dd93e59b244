/** Samples for calibration, evaluation and training, streamed. */
module dev.whittle.data {
  requires transitive dev.whittle.ir;
  requires transitive dev.whittle.vision;
  requires dev.whittle.io;
  requires static transitive org.jspecify;

  exports dev.whittle.data;
}
