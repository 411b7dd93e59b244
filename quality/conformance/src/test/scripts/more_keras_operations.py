"""Keras models of operations of keras.ops, with Keras' outputs: NAME.keras, NAME.json.

Made with TensorFlow 2.21.0, Keras 3.15.1, NumPy 2.4.6. Usage: python more_keras_operations.py FOLDER [NAME...]
"""
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
from keras import ops

FOLDER = sys.argv[1]
ONLY = sys.argv[2:]


def tensor(array):
    return dict(shape=list(array.shape), dtype=str(array.dtype), data=array.ravel().tolist())


def case(name, function, *values, open_batch=True):
    if ONLY and name not in ONLY:
        return
    inputs = [
        keras.Input(batch_shape=(None if open_batch else v.shape[0], *v.shape[1:]), dtype=str(v.dtype))
        for v in values
    ]
    model = keras.Model(inputs, function(*inputs))
    path = os.path.join(FOLDER, name)
    model.save(path + ".keras")
    outputs = [np.asarray(o) for o in keras.tree.flatten(model(list(values), training=False))]
    with open(path + ".json", "w") as file:
        json.dump(dict(name=name, inputs=[tensor(v) for v in values], outputs=[tensor(o) for o in outputs]), file)


def floats(seed, *shape, low=-2, high=2):
    return np.random.default_rng(seed).uniform(low, high, shape).astype("f")


def integers(seed, low, high, *shape, kind="int32"):
    return np.random.default_rng(seed).integers(low, high, shape).astype(kind)


case("ops_bits",
     lambda a, b, d: [ops.bitwise_and(a, b), ops.bitwise_or(a, b), ops.bitwise_xor(a, b), ops.bitwise_not(a),
                      ops.bitwise_invert(b), ops.left_shift(a, d), ops.right_shift(a, d),
                      ops.bitwise_left_shift(a, d), ops.bitwise_right_shift(a, d)],
     integers(1, -2**31, 2**31, 3, 5), integers(2, -2**31, 2**31, 3, 5), integers(3, 0, 31, 3, 5))

case("ops_scans",
     lambda x, n: [ops.cumprod(x, axis=1), ops.cumprod(x, axis=-1), ops.cumprod(n, axis=0), ops.cumprod(x),
                   ops.diff(x), ops.diff(x, n=2, axis=1), ops.diff(x, axis=0), ops.max(x, axis=1) - ops.min(x, axis=1),
                   ops.segment_sum(x, np.array([0, 2, 0]), 4), ops.segment_max(x, np.array([1, 0, 1]), 2),
                   ops.segment_sum(x, np.array([0, 0, 1]), sorted=True)],
     floats(4, 3, 4, 5), integers(5, -3, 4, 3, 2), open_batch=False)

case("ops_diagonals",
     lambda x, v: [ops.trace(x, axis1=1, axis2=2), ops.diagonal(x, axis1=1, axis2=2), ops.diagonal(x, 1, 1, 2),
                   ops.diagonal(x, -2, 1, 2), ops.diagonal(x, 0, 2, 0), ops.trace(x, -1, 1, 2),
                   ops.diag(v), ops.diag(v, k=-1), ops.diag(x[0], k=1), ops.diagflat(x[:, 0, :2], k=1)],
     floats(6, 3, 4, 5), floats(7, 4), open_batch=False)

case("ops_along_axes",
     lambda x, i, j: [ops.take_along_axis(x, i, 2), ops.take_along_axis(x, i[:, :, :1], -1),
                      ops.take_along_axis(x, j, 1), ops.take_along_axis(x, ops.argsort(x, -1), -1),
                      ops.take_along_axis(x, j[:, :, :1], 1)],
     floats(8, 3, 4, 5), integers(9, -5, 5, 3, 4, 2), integers(10, -4, 4, 3, 2, 5))

case("ops_quantiles",
     lambda x: [ops.quantile(x, 0.3, axis=2), ops.quantile(x, [0.1, 0.5, 1.0], axis=[1, 2], keepdims=True),
                ops.quantile(x, 0.25), ops.percentile(x, 70, axis=1, method="nearest"),
                ops.percentile(x, 70, axis=1, method="lower"), ops.percentile(x, 70, axis=1, method="higher"),
                ops.percentile(x, 70, axis=1, method="midpoint"), ops.digitize(x, np.array([-1.0, 0.0, 0.5])),
                ops.searchsorted(np.array([-1.0, 0.0, 1.0], "f"), x[0, 0]),
                ops.searchsorted(np.array([-1.0, 0.0, 1.0], "f"), x[0, 0], side="right")],
     floats(11, 3, 4, 5), open_batch=False)

case("ops_products",
     lambda a, b: [ops.vdot(a, a), ops.inner(a, a), ops.correlate(b[0], b[1, :3]),
                   ops.correlate(b[0], b[1, :3], mode="same"), ops.correlate(b[0], b[1, :4], mode="full"),
                   *ops.meshgrid(b[0], b[1, :3]), *ops.meshgrid(b[0], b[1, :3], b[2, :2], indexing="ij")],
     floats(12, 3, 4), floats(13, 3, 6), open_batch=False)

case("ops_colors",
     lambda x, f: [ops.image.rgb_to_hsv(x), ops.image.hsv_to_rgb(x),
                   ops.image.rgb_to_hsv(f, data_format="channels_first"),
                   ops.image.hsv_to_rgb(f, data_format="channels_first"),
                   ops.image.gaussian_blur(x, (3, 5), (1.0, 0.7)), ops.image.extract_patches(x, (2, 3), strides=(1, 2)),
                   ops.image.extract_patches(x, 2, padding="same", dilation_rate=2, strides=1)],
     floats(14, 2, 5, 6, 3, low=0, high=1), floats(15, 2, 3, 4, 2, low=0, high=1))

case("ops_fourier",
     lambda x, y: [*ops.rfft(x), *ops.rfft(x, fft_length=16), *ops.rfft(x, fft_length=9), *ops.fft((x, y)),
                   *ops.fft2((x, y)), *ops.ifft2((x, y)), ops.irfft((x, y)), ops.irfft((x, y), fft_length=10)],
     floats(16, 2, 4, 12), floats(17, 2, 4, 12))

case("ops_linear_algebra",
     lambda a, b: [ops.inv(a), ops.det(a), ops.solve(a, b),
                   ops.cholesky(ops.matmul(a, ops.transpose(a, (0, 2, 1))) + np.eye(3, dtype="f"))],
     floats(18, 2, 3, 3) + 3 * np.eye(3, dtype="f"), floats(19, 2, 3, 2))
