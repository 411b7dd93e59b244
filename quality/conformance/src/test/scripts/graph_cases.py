"""SavedModels of attributes that matter, of lists, loops, index notation and assignments, with TensorFlow's
outputs: testdata/savedmodel-operations/NAME/{saved_model,calls.npz}, in the form of saved_model_cases.py.

TensorFlow 2.21, NumPy 2. Usage: python graph_cases.py FOLDER [NAME...]
"""
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import pathlib
import shutil
import sys
import zlib

import numpy as np
import tensorflow as tf

FOLDER = pathlib.Path(sys.argv[1])
ONLY = sys.argv[2:]
r = tf.raw_ops
f32 = tf.float32
i32 = tf.int32


def case(name, function, specs, *calls, module=None):
    """Saves a function with its outputs.

    specs: a shape of floats or a TensorSpec for each input, by name
    calls: for each call the inputs by name, as arrays or as tuples: shapes of random arrays
    """
    if ONLY and name not in ONLY:
        return
    random = np.random.RandomState(zlib.crc32(name.encode()))
    specs = {k: s if isinstance(s, tf.TensorSpec) else spec(f32, *s) for k, s in specs.items()}
    named = [tf.TensorSpec(s.shape, s.dtype, k) for k, s in specs.items()]
    module = module or tf.Module()
    module.call = tf.function(
        lambda *x: {f"y{i}": tf.identity(y) for i, y in enumerate(outputs(function(*x)))},
        input_signature=named,
        autograph=False,
    )
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    tf.saved_model.save(module, folder / "saved_model", signatures={"serving_default": module.call})
    for unread in ["assets", "fingerprint.pb"]:
        path = folder / "saved_model" / unread
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    signature = tf.saved_model.load(folder / "saved_model").signatures["serving_default"]
    arrays = {}
    for n, call in enumerate(calls):
        given = {k: value(random, specs[k], v) for k, v in call.items()}
        found = signature(**{k: tf.constant(v) for k, v in given.items()})
        arrays |= {f"{n:02d}|serving_default|in|{k}": v for k, v in given.items()}
        arrays |= {f"{n:02d}|serving_default|out|{k}": v.numpy() for k, v in found.items()}
    np.savez_compressed(folder / "calls.npz", **arrays)


def outputs(results):
    return results if isinstance(results, (list, tuple)) else [results]


def value(random, spec, given):
    """An array of a given shape with random numbers, or the given array."""
    kind = spec.dtype.as_numpy_dtype
    if not isinstance(given, tuple):
        return np.asarray(given, kind)
    if spec.dtype.is_integer:
        return random.randint(-4, 5, given).astype(kind)
    return np.asarray(random.randn(*given), kind)


def spec(dtype, *shape):
    return tf.TensorSpec(shape, dtype)


# Attributes.

case(
    "equal_of_shapes_that_differ",
    lambda x, y: [
        r.Equal(x=x, y=y, incompatible_shape_error=False),
        r.NotEqual(x=x, y=y, incompatible_shape_error=False),
        r.Equal(x=x, y=x, incompatible_shape_error=False),
    ],
    {"x": [3], "y": [4]},
    {"x": (3,), "y": (4,)},
)
case(
    "ensured_shape",
    lambda x: tf.reshape(tf.ensure_shape(x * 2.0, [2, 3]), [3, 2])
    + tf.ensure_shape(tf.ones([3, 2]), [None, 2]),
    {"x": [None, None]},
    {"x": (2, 3)},
)
BOXES = [[0, 0, 1, 1], [0, 0.1, 1, 1.1], [2, 2, 3, 3], [5, 5, 6, 6]]
for padded in [False, True]:
    limits = dict(max_output_size=4, iou_threshold=0.5, score_threshold=0.2)
    case(
        f"suppression_{'padded' if padded else 'cut'}",
        lambda x, s, padded=padded, limits=limits: [
            *r.NonMaxSuppressionV4(
                boxes=x, scores=s, pad_to_max_output_size=padded, **limits),
            *r.NonMaxSuppressionV5(
                boxes=x, scores=s, soft_nms_sigma=0.0, pad_to_max_output_size=padded, **limits),
        ],
        {"x": [4, 4], "s": [4]},
        {"x": BOXES, "s": [0.9, 0.8, 0.7, 0.1]},
    )
