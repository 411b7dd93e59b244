/** The representation of models: graphs, operators, tensors, shape inference and rewriting. */
@SuppressWarnings("module") // modules named in exports are compiled later
module dev.whittle.ir {
  requires static transitive org.jspecify;

  exports dev.whittle.ir;
  exports dev.whittle.ir.kernel;
  exports dev.whittle.ir.op;
  exports dev.whittle.ir.op.activation;
  exports dev.whittle.ir.op.control;
  exports dev.whittle.ir.op.image;
  exports dev.whittle.ir.op.index;
  exports dev.whittle.ir.op.math;
  exports dev.whittle.ir.op.nn;
  exports dev.whittle.ir.op.random;
  exports dev.whittle.ir.op.recurrent;
  exports dev.whittle.ir.op.reduce;
  exports dev.whittle.ir.op.shape;
  exports dev.whittle.ir.op.signal;
  exports dev.whittle.ir.op.state;
  exports dev.whittle.ir.op.type;
  exports dev.whittle.ir.op.common to
      dev.whittle.convert,
      dev.whittle.optimize,
      dev.whittle.runtime,
      dev.whittle.tflite,
      dev.whittle.train;
  exports dev.whittle.ir.rewrite;
  exports dev.whittle.ir.tensor;

  uses dev.whittle.ir.CustomOperator;
}
