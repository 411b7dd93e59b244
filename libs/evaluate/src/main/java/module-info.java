/** Comparison of models by accuracy, size and latency, and the accuracy doctor. */
module dev.whittle.evaluate {
  requires transitive dev.whittle.data;
  requires transitive dev.whittle.optimize;
  requires transitive dev.whittle.runtime;
  requires dev.whittle.io;
  requires dev.whittle.json;
  requires dev.whittle.tflite;
  requires java.desktop;
  requires org.knowm.xchart;
  requires tools.jackson.core;
  requires static transitive org.jspecify;

  exports dev.whittle.evaluate;
  exports dev.whittle.evaluate.doctor;
}
