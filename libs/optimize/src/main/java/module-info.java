/** Calibration, quantization, pruning and clustering. */
module dev.whittle.optimize {
  requires transitive dev.whittle.data;
  requires transitive dev.whittle.ir;
  requires dev.whittle.io;
  requires dev.whittle.json;
  requires dev.whittle.runtime;
  requires tools.jackson.core;
  requires static transitive org.jspecify;

  exports dev.whittle.optimize.calibrate;
  exports dev.whittle.optimize.quantize;
  exports dev.whittle.optimize.recipe;
  exports dev.whittle.optimize.sparse;
}
