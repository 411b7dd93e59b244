/** Reading and writing of TensorFlow Lite files. */
module dev.whittle.tflite {
  requires transitive dev.whittle.ir;
  requires dev.whittle.io;
  requires flatbuffers.java;
  requires static transitive org.jspecify;

  exports dev.whittle.tflite;
}
