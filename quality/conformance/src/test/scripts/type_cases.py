"""Models of element types that few kernels have, and of broadcasts of many dimensions, with TensorFlow's
outputs: testdata/types/NAME/{model.keras or model.h5, saved_model, calls.npz}. The arrays of calls.npz are
in|NAME, out|INDEX and tolerance.

TensorFlow 2.21.0, Keras 3.15.1, NumPy 2.4.6. Usage: python type_cases.py FOLDER [PART OF A NAME]
"""
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
# The oneDNN convolution of bfloat16 gives wrong sums on some processors.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import shutil
import sys

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

FOLDER = sys.argv[1]
ONLY = sys.argv[2] if len(sys.argv) > 2 else ""
raw = tf.raw_ops
rng = np.random.default_rng(20261201)


def write(name, inputs, outputs, tolerance):
  arrays = {f"in|{k}": np.asarray(v) for k, v in inputs.items()}
  arrays |= {f"out|{i}": np.asarray(o) for i, o in enumerate(outputs)}
  np.savez(os.path.join(FOLDER, name, "calls.npz"), tolerance=np.float64(tolerance), **arrays)


def strip(path):
  for extra in ("fingerprint.pb", "keras_metadata.pb"):
    if os.path.exists(os.path.join(path, extra)):
      os.remove(os.path.join(path, extra))
  shutil.rmtree(os.path.join(path, "assets"), ignore_errors=True)


def signature(name, function, inputs, tolerance=1e-5, dims=None):
  """Saves a function of the inputs, whose results are a list."""
  if ONLY not in name:
    return
  shutil.rmtree(os.path.join(FOLDER, name), ignore_errors=True)
  specs = [tf.TensorSpec((dims or {}).get(k, v.shape), v.dtype, k) for k, v in inputs.items()]
  module = tf.Module()
  module.call = tf.function(
      lambda *a: {f"o{i:02}": y for i, y in enumerate(function(*a))}, input_signature=specs)
  path = os.path.join(FOLDER, name, "saved_model")
  tf.saved_model.save(module, path, signatures=module.call)
  strip(path)
  outputs = tf.saved_model.load(path).signatures["serving_default"](
      **{k: tf.constant(v) for k, v in inputs.items()})
  write(name, inputs, [outputs[k].numpy() for k in sorted(outputs)], tolerance)


def randomize(model):
  for weight in model.weights:
    if weight.dtype.startswith(("float", "bfloat")):
      weight.assign(np.asarray(weight) + rng.uniform(-0.3, 0.3, weight.shape))


def model(name, inputs, build, tolerance=1e-5, after=None, suffix=".keras", export=False, dims=None):
  """Saves a Keras model as a file and as a SavedModel."""
  if ONLY not in name:
    return
  shutil.rmtree(os.path.join(FOLDER, name), ignore_errors=True)
  os.makedirs(os.path.join(FOLDER, name))
  keras.utils.clear_session()
  keras.utils.set_random_seed(1)
  tensors = [keras.Input((dims or {}).get(k, v.shape[1:]), name=k, dtype=str(v.dtype))
             for k, v in inputs.items()]
  built = keras.Model(tensors, build(*tensors))
  randomize(built)
  if after:
    after(built)
  built.save(os.path.join(FOLDER, name, "model" + suffix))
  if export:
    path = os.path.join(FOLDER, name, "saved_model")
    built.export(path, verbose=False)
    strip(path)
  outputs = built([tf.constant(v) for v in inputs.values()])
  write(name, inputs, tf.nest.flatten(outputs), tolerance)


def floats(dtype, *shape):
  return rng.uniform(-1, 1, shape).astype(tf.as_dtype(dtype).as_numpy_dtype)


def network(*tensors):
  x = L.Conv2D(3, 3, activation="relu")(tensors[0])
  x = L.BatchNormalization()(x)
  return L.Dense(4, activation="softmax")(L.Flatten()(x))


# Floats of other sizes are computed in 32 bits.
for dtype, tolerance in (("float16", 5e-3), ("bfloat16", 4e-2), ("float64", 1e-5)):
  keras.config.set_dtype_policy(dtype)
  model("layers_" + dtype, dict(a=floats(dtype, 2, 6, 6, 2)), network, tolerance,
        export=dtype == "float16")
  keras.config.set_dtype_policy("float32")
for policy, tolerance in (("mixed_float16", 5e-3), ("mixed_bfloat16", 4e-2)):
  keras.config.set_dtype_policy(policy)
  model("layers_" + policy, dict(a=floats("float32", 2, 6, 6, 2)), network, tolerance)
  model("float_output_" + policy, dict(a=floats("float32", 2, 6)),
        lambda a: L.Dense(3, dtype="float32")(L.Dense(4, activation="tanh")(a)), tolerance)
  keras.config.set_dtype_policy("float32")


def float_operations(a, b):
  scale = tf.constant(0.37, a.dtype)
  state = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * scale + b), [0, a])[1]
  return [a + b, tf.matmul(a, b, transpose_b=True) * scale, tf.reduce_mean(a, 1), state,
          tf.where(a > b, a, tf.zeros_like(a)), tf.cast(a, tf.float32), tf.nn.softmax(a)]


for dtype, tolerance in (("float16", 5e-3), ("bfloat16", 4e-2), ("float64", 1e-6)):
  signature("floats_" + dtype, float_operations,
            dict(a=floats(dtype, 3, 4), b=floats(dtype, 3, 4)), tolerance)
signature("masked_float64",
          lambda a: [tf.nn.softmax(tf.where(a > 0, a, tf.constant(-1e300, tf.float64)))],
          dict(a=floats("float64", 3, 5)), 1e-6)


# Integers without quantization parameters wrap around.
INTEGERS = [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, tf.maximum, tf.minimum,
    lambda a, b: a // b, lambda a, b: raw.FloorMod(x=a, y=b), lambda a, b: raw.TruncateDiv(x=a, y=b),
    lambda a, b: raw.TruncateMod(x=a, y=b), lambda a, b: tf.where(a > b, a, b),
    tf.math.squared_difference, lambda a, b: tf.add_n([a, b, a]),
    lambda a, b: tf.concat([a, b], 1), lambda a, b: tf.stack([a, b]),
    lambda a, b: a < b, lambda a, b: a <= b, lambda a, b: a > b, lambda a, b: a >= b, tf.equal,
    tf.not_equal,
] + [lambda a, b, f=f: f(a) for f in (
    lambda a: tf.reduce_sum(a, 0), lambda a: tf.reduce_max(a, 1), lambda a: tf.reduce_min(a, 1),
    lambda a: tf.reduce_prod(a, 1), tf.square, lambda a: tf.gather(a, [1, 0]),
    lambda a: tf.tile(a, [1, 2]), tf.transpose, lambda a: tf.pad(a, [[1, 0], [0, 1]]),
    lambda a: tf.reverse(a, [1]), lambda a: tf.cumsum(a, 1), lambda a: a[:, 1:3],
    lambda a: tf.one_hot([0, 2], 3, tf.cast(3, a.dtype), tf.cast(0, a.dtype)), tf.abs, tf.negative,
    tf.sign, tf.nn.relu, tf.nn.relu6, lambda a: tf.argmax(a, 1), lambda a: tf.cast(a, tf.float32),
    lambda a: tf.math.top_k(a, 2)[0], lambda a: tf.reshape(a, [-1]), lambda a: tf.split(a, 2, 1)[1],
    lambda a: tf.broadcast_to(a, [3, 2, 6]), lambda a: tf.zeros_like(a), lambda a: tf.clip_by_value(a, 2, 9))]


def integer_operations(a, b):
  """Returns the results of all operations that TensorFlow has for the type."""
  results = []
  for operation in INTEGERS:
    try:
      with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.ones([2, 6], a.dtype)
        session.run(operation(x, x))
    except (TypeError, ValueError, tf.errors.OpError):
      continue
    results.append(operation(a, b))
  return results


for dtype in ("int8", "uint8", "int16", "int64", "uint32"):
  limits = np.iinfo(dtype)
  a = rng.integers(limits.min, limits.max, (2, 6), dtype, endpoint=True)
  b = rng.integers(limits.min, limits.max, (2, 6), dtype, endpoint=True)
  b = np.where(np.arange(12).reshape(2, 6) % 3 == 0, b, b // (limits.max // 11)).astype(dtype)
  b[b == 0] = 3
  # The least integer divided by -1 is not defined.
  if limits.min < 0:
    b[b == -1] = -2
  signature("integers_" + dtype, integer_operations, dict(a=a, b=b), 0)

signature("products_int8",
          lambda a, b: [raw.BatchMatMulV3(x=a, y=b, Tout=tf.int32)],
          dict(a=rng.integers(-128, 128, (2, 3, 1300)).astype("int8"),
               b=rng.integers(-128, 128, (2, 1300, 2)).astype("int8")), 0)
signature("products_int32",
          lambda a, b: [tf.matmul(a, b), tf.matmul(a, tf.constant(np.arange(8).reshape(4, 2), tf.int32))],
          dict(a=rng.integers(-1 << 31, 1 << 31, (3, 4)).astype("int32"),
               b=rng.integers(-1 << 31, 1 << 31, (4, 2)).astype("int32")), 0)


# Broadcasts of five and six dimensions.
def broadcasts(a, b, c):
  one = tf.constant(1.5)
  return [tf.equal(tf.round(a), tf.round(b)), a < b, tf.pow(tf.abs(a) + one, b), a // b,
          raw.FloorMod(x=a, y=b), tf.math.squared_difference(a, b), tf.where(c, a, b),
          tf.atan2(a, b), tf.where(c, a, 0.0), a + b, tf.maximum(a, b), a * b / (b + 3.0)]


for name, left, right, condition in (
    ("last", [2, 3, 2, 2, 3], [3], [2, 1, 1, 1, 1]),
    ("alternating", [2, 1, 2, 1, 3], [1, 3, 1, 2, 1], [2, 3, 1, 2, 1]),
    ("batch", [2, 2, 3, 2, 4], [2, 1, 1, 1, 4], [2, 1, 1, 1, 1])):
  inputs = dict(a=floats("float32", *left), b=floats("float32", *right),
                c=rng.uniform(0, 1, condition) < 0.5)
  dims = {k: [None] + list(v.shape[1:]) for k, v in inputs.items() if v.ndim == 5}
  signature("broadcast_" + name, broadcasts, inputs, dims=None if name == "alternating" else dims)
signature("broadcast_six",
          lambda a, b: [tf.math.squared_difference(a, b), a < b],
          dict(a=floats("float32", 2, 1, 2, 3, 1, 2), b=floats("float32", 2, 3, 1, 1, 2, 2)))


def edits(a, b):
  """Slices, padding and products of six dimensions, of which kernels take five."""
  return [tf.slice(a, [1, 0, 0, 1, 0, 2], [1, -1, 2, 2, 1, -1]),
          tf.slice(a, [0, 0, 1, 0, 0, 0], [2, 3, 1, 3, 2, 4]),
          a[1:, ::2, -1, :, tf.newaxis, ::-1, 1:3], a[..., 1, 0], a[:, 1], a[:1, :2, :1, :2, :1, ::2],
          tf.pad(a, [[0, 1], [0, 0], [1, 0], [0, 0], [2, 0], [0, 1]]),
          tf.pad(a, [[1, 1], [1, 0], [0, 1], [2, 1], [0, 1], [1, 0]], constant_values=2.0),
          tf.matmul(a, a, transpose_b=True), tf.matmul(a, b), tf.matmul(a, b[0, 0, 0, 0]),
          tf.math.l2_normalize(a, -1), tf.transpose(a, [5, 0, 3, 1, 4, 2])]


signature("edits_six", edits,
          dict(a=floats("float32", 2, 3, 2, 3, 2, 4), b=floats("float32", 1, 3, 1, 3, 4, 2)))
signature("edits_open", lambda a: [a[:, 1:, :, ::2], a[..., 1], tf.pad(a, [[0, 0]] + [[1, 0]] * 5),
                                   tf.matmul(a, a, transpose_a=True)],
          dict(a=floats("float32", 2, 3, 2, 3, 2, 4)), dims=dict(a=[None, 3, 2, 3, 2, 4]))
model("layer_norm_volumes", dict(a=floats("float32", 2, 2, 3, 2, 4)),
      lambda a: L.LayerNormalization()(a))
model("group_norm_open", dict(a=floats("float32", 2, 5, 6, 4)),
      lambda a: L.GroupNormalization(2)(L.Conv2D(4, 3)(a)), dims=dict(a=(None, None, 4)), tolerance=1e-4)
model("attention_axes", dict(a=floats("float32", 1, 2, 3, 2, 4)),
      lambda a: L.MultiHeadAttention(2, 3, attention_axes=(1, 2, 3))(a, a))


# Layers that Keras quantized or trained in low rank.
def quantize(mode, config=None):
  return lambda m: m.quantize(mode) if config is None else m.quantize(mode, config=config)


def dense(a):
  return L.Dense(5)(L.Dense(7, activation="relu")(a))


for mode in ("int8", "int4"):
  model("dense_" + mode, dict(a=floats("float32", 3, 9)), dense, 1e-5, quantize(mode), export=mode == "int8")
  model("einsum_" + mode, dict(a=floats("float32", 2, 3, 8)),
        lambda a: L.EinsumDense("abcd,cde->abe", (None, 6), bias_axes="e")(
            L.EinsumDense("abc,cde->abde", (None, 2, 4), bias_axes="e", activation="relu")(a)),
        1e-5, quantize(mode), export=mode == "int8")
  model("embedding_" + mode, dict(a=rng.integers(0, 11, (2, 5)).astype("int32")),
        lambda a: L.Embedding(11, 7)(a), 1e-5, quantize(mode))


def reversible(tied):
  def build(a):
    layer = L.ReversibleEmbedding(11, 7, tie_weights=tied, logit_soft_cap=2.0)
    return layer(layer(a), reverse=True)
  return build


model("reversible_int8", dict(a=rng.integers(0, 11, (2, 5)).astype("int32")), reversible(True),
      1e-5, quantize("int8"))
model("reversible_untied_int8", dict(a=rng.integers(0, 11, (2, 5)).astype("int32")),
      reversible(False), 1e-5, quantize("int8"))
model("reversible_int4", dict(a=rng.integers(0, 11, (2, 5)).astype("int32")), reversible(True),
      1e-5, quantize("int4"))
model("dense_int4_channels", dict(a=floats("float32", 3, 9)), dense, 1e-5,
      quantize("int4", keras.quantizers.Int4QuantizationConfig(block_size=-1)))
model("dense_int4_blocks", dict(a=floats("float32", 3, 9)), dense, 1e-5,
      quantize("int4", keras.quantizers.Int4QuantizationConfig(block_size=4)))
model("dense_int8_weights", dict(a=floats("float32", 3, 9)), dense, 1e-5,
      quantize("int8", keras.quantizers.Int8QuantizationConfig(activation_quantizer=None)))


def low_rank(built):
  for layer in built.layers:
    if hasattr(layer, "enable_lora"):
      layer.enable_lora(2, lora_alpha=3)
  randomize(built)


def adapted(a):
  x = L.Embedding(11, 6)(a)
  x = L.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d")(x)
  return L.Dense(3)(L.Conv1D(4, 3)(x))


for suffix in (".keras", ".h5"):
  model("low_rank_" + suffix[1:], dict(a=rng.integers(0, 11, (2, 5)).astype("int32")), adapted,
        1e-5, low_rank, suffix)
