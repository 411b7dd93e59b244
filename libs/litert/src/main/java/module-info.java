/** The native runtime of TensorFlow Lite as an engine. */
module dev.whittle.litert {
  requires dev.whittle.runtime;
  requires dev.whittle.tflite;
  requires org.bytedeco.javacpp;
  requires org.bytedeco.tensorflowlite;
  requires static transitive org.jspecify;

  provides dev.whittle.runtime.Engine with
      dev.whittle.litert.LiteRtEngine,
      dev.whittle.litert.XnnpackEngine;
}
