"""SavedModels whose indices and shapes have the types that attributes ask for, with TensorFlow's outputs:
testdata/savedmodel-operations/index_types/{saved_model,calls.npz}.

TensorFlow 2.21, NumPy 2. Usage: python index_type_cases.py FOLDER
"""
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import shutil
import sys

import numpy as np
import tensorflow as tf

folder = os.path.join(sys.argv[1], "index_types")
raw = tf.raw_ops


class Model(tf.Module):

  @tf.function(input_signature=[
      tf.TensorSpec([2, 8], tf.float32, "x"),
      tf.TensorSpec([2], tf.int64, "a"),
      tf.TensorSpec([3], tf.int64, "b")])
  def call(self, x, a, b):
    return {
        "topk_int16": raw.TopKV2(input=x, k=3, index_type=tf.int16)[1],
        "topk_int32": raw.TopKV2(input=x, k=3, index_type=tf.int32)[1],
        "topk_int64": raw.TopKV2(input=x, k=3, index_type=tf.int64)[1],
        "argmax_int16": raw.ArgMax(input=x, dimension=1, output_type=tf.int16),
        "argmin_int64": raw.ArgMin(input=x, dimension=1, output_type=tf.int64),
        "unique_int64": raw.Unique(x=tf.reshape(x, [-1]), out_idx=tf.int64)[1],
        "shape_int64": raw.Shape(input=x, out_type=tf.int64),
        "size_int64": raw.Size(input=x, out_type=tf.int64),
        "lower_int64": raw.LowerBound(
            sorted_inputs=tf.sort(x), values=x[:, :2], out_type=tf.int64),
        "broadcast_int64": raw.BroadcastArgs(s0=a, s1=b),
        "broadcast_int32": raw.BroadcastArgs(s0=tf.cast(a, tf.int32), s1=tf.cast(b, tf.int32)),
    }


model = Model()
inputs = {
    "x": np.random.RandomState(3).randn(2, 8).astype("f"),
    "a": np.array([3, 1], "i8"),
    "b": np.array([2, 3, 4], "i8"),
}
path = os.path.join(folder, "saved_model")
shutil.rmtree(folder, ignore_errors=True)
tf.saved_model.save(model, path, signatures=model.call.get_concrete_function())
signature = tf.saved_model.load(path).signatures["serving_default"]
outputs = signature(**{k: tf.constant(v) for k, v in inputs.items()})
arrays = {f"0|serving_default|in|{k}": v for k, v in inputs.items()}
arrays |= {f"0|serving_default|out|{k}": v.numpy() for k, v in outputs.items()}
np.savez(os.path.join(folder, "calls.npz"), **arrays)
