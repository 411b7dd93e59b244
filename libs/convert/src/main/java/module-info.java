/** Conversion of trained models to TensorFlow Lite. */
@SuppressWarnings("module") // modules named in exports are compiled later
module dev.whittle.convert {
  requires transitive dev.whittle.ir;
  requires transitive dev.whittle.optimize;
  requires dev.whittle.io;
  requires dev.whittle.json;
  requires dev.whittle.tflite;
  requires com.google.protobuf;
  requires de.siegmar.fastcsv;
  requires flatbuffers.java;
  requires io.jhdf;
  // io.jhdf is an automatic module, which cannot name the modules that it needs.
  requires com.ning.compress.lzf;
  requires org.apache.commons.lang3;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.whittle.convert;
  exports dev.whittle.convert.knn;
  exports dev.whittle.convert.lower;
  exports dev.whittle.convert.fuse to
      dev.whittle.train;
  exports dev.whittle.convert.keras to
      dev.whittle.train;
  exports dev.whittle.convert.keras.file to
      dev.whittle.train;
}
