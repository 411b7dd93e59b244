/** Image classification: decoding, cropping and scaling of images, normalization, labels. */
module dev.whittle.vision {
  requires transitive dev.whittle.ir;
  requires transitive dev.whittle.runtime;
  requires transitive dev.whittle.tflite;
  requires transitive java.desktop;
  requires metadata.extractor;
  requires static transitive org.jspecify;

  exports dev.whittle.image;
  exports dev.whittle.vision;
}
