/** Execution of models on the Java virtual machine without native code. */
module dev.whittle.runtime {
  requires transitive dev.whittle.ir;
  requires dev.whittle.tflite;
  requires flatbuffers.java;
  requires java.management;
  requires jdk.management;
  requires static jdk.incubator.vector;
  requires static transitive org.jspecify;

  exports dev.whittle.runtime;
  exports dev.whittle.runtime.session;

  uses dev.whittle.runtime.Engine;

  provides dev.whittle.ir.CustomOperator with
      dev.whittle.runtime.custom.DetectionPostProcess,
      dev.whittle.runtime.custom.TransposeConvBias,
      dev.whittle.runtime.custom.MaxPoolWithArgmax;
}
