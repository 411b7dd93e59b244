/** Training with TensorFlow Java, and the experiments. */
module dev.whittle.train {
  requires transitive dev.whittle.convert;
  requires transitive dev.whittle.data;
  requires transitive dev.whittle.optimize;
  requires transitive dev.whittle.evaluate;
  requires dev.whittle.io;
  requires dev.whittle.runtime;
  requires dev.whittle.tflite;
  requires java.desktop;
  requires me.tongfei.progressbar;
  requires org.knowm.xchart;
  requires org.tensorflow.ndarray;
  requires transitive tensorflow;
  requires static transitive org.jspecify;

  exports dev.whittle.train;
  exports dev.whittle.train.data;
  exports dev.whittle.train.knn;
  exports dev.whittle.train.mnist;
  exports dev.whittle.train.network;
}
