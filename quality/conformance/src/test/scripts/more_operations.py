"""SavedModels of operations that TensorFlow's own converter leaves to TensorFlow or that stand for
whole computations (bits, scans, derivatives, diagonals, images, complex numbers, ...), with
TensorFlow's outputs: testdata/savedmodel-operations/NAME/{saved_model,calls.npz}.

Made with TensorFlow 2.21.0, NumPy 2.4.6. Usage: python more_operations.py FOLDER [NAME...]

Each model has one function with several results, which vary attributes, axes, types and ranks.
Arrays in calls.npz are named CALL|SIGNATURE|in or out|NAME.
"""
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import shutil
import sys

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

FOLDER = sys.argv[1]
ONLY = sys.argv[2:]
raw = tf.raw_ops


def case(name, function, *inputs, dims=None):
    """Saves a model of one function of arrays.

    function: returns a list of tensors
    dims: the shapes in the signature; those of the inputs if None
    """
    if ONLY and name not in ONLY:
        return
    module = tf.Module()
    specs = [
        tf.TensorSpec(x.shape if dims is None else dims[i], x.dtype, f"x{i}")
        for i, x in enumerate(inputs)
    ]
    named = lambda *x: {f"y{i:02d}": y for i, y in enumerate(function(*x))}
    module.f = tf.function(named, input_signature=specs, autograph=False)
    path = os.path.join(FOLDER, name)
    shutil.rmtree(path, ignore_errors=True)
    tf.saved_model.save(module, path + "/saved_model", signatures={"serving_default": module.f})
    slim(path + "/saved_model")
    arrays = {f"00|serving_default|in|x{i}": x for i, x in enumerate(inputs)}
    for key, y in module.f(*[tf.constant(x) for x in inputs]).items():
        arrays["00|serving_default|out|" + key] = y.numpy()
    np.savez_compressed(path + "/calls.npz", **arrays)


def slim(folder):
    """Drops what no reader needs: shapes that were inferred, and where operations come from."""
    os.remove(folder + "/fingerprint.pb")
    os.rmdir(folder + "/assets")
    model = saved_model_pb2.SavedModel()
    with open(folder + "/saved_model.pb", "rb") as file:
        model.ParseFromString(file.read())
    for graph in model.meta_graphs:
        for nodes in [graph.graph_def.node] + [f.node_def for f in graph.graph_def.library.function]:
            for node in nodes:
                node.attr.pop("_output_shapes", None)
                node.ClearField("experimental_debug_info")
    with open(folder + "/saved_model.pb", "wb") as file:
        file.write(model.SerializeToString(deterministic=True))


def random(seed):
    return np.random.default_rng(seed)


def floats(seed, *shape, low=-2, high=2):
    return random(seed).uniform(low, high, shape).astype("f")


# Bits.

for kind in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64"):
    info = np.iinfo(kind)
    edges = np.array([info.min, info.max, 0, 1, info.max - 1, info.min + 1], kind)
    many = np.concatenate([edges, random(1).integers(info.min, info.max, 14, kind, endpoint=True)])
    other = np.concatenate([edges[::-1], random(2).integers(info.min, info.max, 14, kind, endpoint=True)])
    distance = random(3).integers(0, info.bits, 20).astype(kind)

    def bits(x, y, d, kind=kind):
        b = tf.bitwise
        results = [b.bitwise_and(x, y), b.bitwise_or(x, y), b.bitwise_xor(x, y), b.invert(x)]
        results += [b.bitwise_and(tf.reshape(x, [-1, 1]), tf.reshape(y, [1, -1])), b.bitwise_and(x, tf.constant(15, kind))]
        if kind != "uint64":
            results += [b.left_shift(x, d), b.left_shift(x, tf.constant(3, kind))]
        if kind != "int64":
            results += [b.right_shift(x, d), b.right_shift(x, tf.constant(3, kind))]
        return results

    case("bits_" + kind, bits, many, other, distance, dims=[[None]] * 3)


# Cumulative operations.

def scans(*xs):
    results = []
    for x in xs:
        for axis in range(-1, x.shape.rank - 1):
            for exclusive in (False, True):
                for reverse in (False, True):
                    results.append(tf.math.cumprod(x, axis, exclusive, reverse))
    return results


case("cumprod", scans, floats(4, 3, 5), random(5).integers(-3, 4, (7,)).astype("i4"),
     random(6).integers(-3, 4, (2, 1, 3)).astype("i8"))
case("cumprod_open", scans, floats(7, 3, 5), dims=[[None, None]])


def log_scans(x):
    return [tf.math.cumulative_logsumexp(x, axis, exclusive, reverse)
            for axis in (0, 1) for exclusive in (False, True) for reverse in (False, True)]


case("cumulative_logsumexp", log_scans, floats(8, 4, 6) * 20)
case("cumulative_logsumexp_open", log_scans, floats(9, 4, 6) * 20, dims=[[None, None]])


# Derivatives.

def activations(x, y):
    g = tf.abs(y)
    return [raw.Relu6Grad(gradients=y, features=4 * x), raw.EluGrad(gradients=y, outputs=tf.nn.elu(x)),
            raw.SeluGrad(gradients=y, outputs=tf.nn.selu(x)), raw.SoftplusGrad(gradients=y, features=x),
            raw.SoftsignGrad(gradients=y, features=x), raw.ReciprocalGrad(y=y, dy=x),
            raw.LeakyReluGrad(gradients=y, features=x), raw.InvGrad(y=g, dy=x),
            raw.LeakyReluGrad(gradients=y, features=x, alpha=0.05)]


case("activation_gradients", activations, floats(10, 3, 4), floats(11, 3, 4), dims=[[None, 4]] * 2)


def derivative(function, *operands):
    with tf.GradientTape() as tape:
        tape.watch(operands)
        y = function(*operands)
        loss = tf.reduce_sum(y * tf.reshape(tf.range(tf.cast(tf.size(y), tf.float32)), tf.shape(y)))
    return tape.gradient(loss, operands)


def pools(x):
    results = []
    for size, stride, padding in ((2, 2, "VALID"), (3, 2, "SAME"), ((3, 2), (1, 3), "VALID"),
                                  ((2, 3), 1, "SAME"), (1, 2, "VALID")):
        results += derivative(lambda x: tf.nn.max_pool2d(x, size, stride, padding), x)
        results += derivative(lambda x: tf.nn.avg_pool2d(x, size, stride, padding), x)
    return results


case("pool_gradients", pools, floats(12, 2, 7, 8, 3), dims=[[None, 7, 8, 3]])


def convolutions(x, w, d):
    results = []
    for stride, padding, dilation in ((1, "VALID", 1), (2, "SAME", 1), ((1, 2), "VALID", 1),
                                      (1, "SAME", 2)):
        if dilation == 1:
            results += derivative(lambda x, w: tf.nn.conv2d(x, w, stride, padding), x, w)
        else:
            results += derivative(lambda w: tf.nn.conv2d(x, w, stride, padding, dilations=dilation), w)
        both = [1, stride, stride, 1] if isinstance(stride, int) else None
        if both:
            results += derivative(
                lambda x, d: tf.nn.depthwise_conv2d(x, d, both, padding, dilations=[dilation] * 2), x, d)
    return results


case("convolution_gradients", convolutions, floats(13, 2, 7, 8, 3), floats(14, 3, 2, 3, 4),
     floats(15, 3, 2, 3, 2))


def network(x, w):
    h = tf.nn.bias_add(tf.nn.conv2d(x, w, 1, "SAME"), [0.1, -0.2, 0.3, 0.4])
    a, _, _ = tf.compat.v1.nn.fused_batch_norm(
        h, [1., 2., .5, 1.5], [0., .1, .2, .3], [.1, .2, .3, .4], [1., 2., .5, .3], is_training=False)
    b, _, _ = tf.compat.v1.nn.fused_batch_norm(h, [1., 2., .5, 1.5], [0., .1, .2, .3])
    return tf.nn.elu(a) + tf.nn.relu6(b)


case("network_gradients", lambda x, w: derivative(network, x, w), floats(16, 2, 4, 5, 3),
     floats(17, 3, 3, 3, 4), dims=[[None, 4, 5, 3], [3, 3, 3, 4]])


def batch_norm(x, s, o):
    def f(x, s, o, training):
        m, v = (None, None) if training else (tf.constant([.1, .2, .3]), tf.constant([1., .5, 2.]))
        return tf.compat.v1.nn.fused_batch_norm(x, s, o, m, v, is_training=training, epsilon=.01)[0]
    return (derivative(lambda *a: f(*a, True), x, s, o) + derivative(lambda *a: f(*a, False), x, s, o))


case("batch_norm_gradients", batch_norm, floats(18, 2, 3, 4, 3), floats(19, 3), floats(20, 3),
     dims=[[None, 3, 4, 3], [3], [3]])


def slices(x):
    functions = [lambda x: x[:, 1], lambda x: x[:, 1:5:2], lambda x: x[:, ::-1], lambda x: x[:, 4:0:-2],
                 lambda x: x[..., 1], lambda x: x[:, None, 2:], lambda x: x[:, -2:, ::3],
                 lambda x: x[..., -1:], lambda x: x[:, 1:-1, tf.newaxis, 2:3], lambda x: x[0],
                 lambda x: x[1:, 2], lambda x: x[-1:]]
    return [derivative(f, x)[0] for f in functions]


case("slice_gradients", slices, floats(21, 3, 6, 4), dims=[[None, 6, 4]])


# Diagonals.

def parts(x, y):
    results = [tf.linalg.trace(x), tf.linalg.diag_part(x)]
    for align in ("RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT"):
        for k in (1, -2, (-1, 2), (-3, -1), (0, 1)):
            results.append(tf.linalg.diag_part(x, k=k, align=align, padding_value=7.))
    results += [raw.MatrixDiagPartV2(input=x, k=[-1, 1], padding_value=3.), tf.linalg.diag_part(y, k=(-1, 0))]
    return results


case("diagonals", parts, floats(22, 2, 4, 5), random(23).integers(0, 9, (3, 3)).astype("i4"),
     dims=[[None, 4, 5], [3, 3]])


def matrices(v, b):
    results = [tf.linalg.diag(v), tf.linalg.diag(v, k=1), tf.linalg.diag(v, k=-2, padding_value=2.),
               tf.linalg.diag(v, num_rows=5, num_cols=4), tf.linalg.diag(v, k=1, num_rows=4, num_cols=6)]
    for align in ("RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT"):
        results.append(tf.linalg.diag(b, k=(-1, 1), align=align))
        results.append(tf.linalg.diag(b, k=(0, 2), align=align, num_rows=4, num_cols=5))
        results.append(tf.linalg.set_diag(tf.ones([2, 4, 4]), b, k=(-1, 1), align=align))
    return results + [tf.linalg.set_diag(tf.ones([2, 4, 4]), v), tf.linalg.set_diag(tf.ones([2, 5, 4]), v, k=-1)]


case("diagonal_matrices", matrices, floats(24, 2, 4), floats(25, 2, 3, 4), dims=[[None, 4], [None, 3, 4]])


# Images.

def colors(x, delta):
    return [tf.image.rgb_to_hsv(x), tf.image.hsv_to_rgb(x), tf.image.adjust_hue(x, 0.3),
            tf.image.adjust_hue(x, delta), tf.image.adjust_saturation(x, 0.4),
            tf.image.adjust_saturation(x, 3.0 + delta), tf.image.rgb_to_hsv(x * 0.0 + 0.5)]


case("colors", colors, floats(26, 2, 4, 5, 3, low=0, high=1), np.float32(-0.45),
     dims=[[None, None, None, 3], []])


def crops(x, boxes, images):
    whole = tf.constant([[0., 0., 1., 1.], [.1, .1, .8, .9]])
    crop = tf.image.crop_and_resize
    return [crop(x, boxes, images, [3, 4]), crop(x, boxes, images, [1, 5], "nearest", 3.),
            crop(x, boxes, images, [4, 1], extrapolation_value=-1.), crop(x, whole, [1, 0], [4, 4]),
            crop(x, whole, [1, 0], [7, 3], "nearest")]


BOXES = np.array([[0, 0, 1, 1], [.1, .2, .6, .9], [.8, .9, .2, .1], [-.2, .3, 1.2, .7]], "f")
case("crop_and_resize", crops, floats(27, 2, 8, 7, 2), BOXES, np.array([0, 1, 1, 0], "i4"),
     dims=[[None, 8, 7, 2], [None, 4], [None]])


def windows(x, w):
    pool = tf.nn.max_pool_with_argmax
    results = [*pool(x, 2, 2, "VALID"), *pool(x, [3, 2], [2, 1], "SAME", output_dtype=tf.int32),
               *pool(x, 3, 2, "SAME", include_batch_in_index=True)]
    for strides, padding, dilations in (([1, 1, 1, 1], "SAME", [1, 1, 1, 1]), ([1, 2, 1, 1], "VALID", [1, 1, 2, 1])):
        results += [tf.nn.dilation2d(x, w, strides, padding, "NHWC", dilations),
                    tf.nn.erosion2d(x, w, strides, padding, "NHWC", dilations)]
    return results


case("windows", windows, floats(28, 2, 6, 7, 3), floats(29, 3, 2, 3), dims=[[None, 6, 7, 3], [3, 2, 3]])


# Boxes.

def boxes_at(seed, *shape):
    corner = floats(seed, *shape, 2, low=-0.1, high=0.7)
    return np.concatenate([corner, corner + floats(seed + 1, *shape, 2, low=0.1, high=0.5)], -1)


def suppression(a, b, scores):
    nms = tf.image.combined_non_max_suppression
    results = []
    for boxes in (a, b):
        for options in (dict(), dict(pad_per_class=True), dict(clip_boxes=False, score_threshold=0.6)):
            results += nms(boxes, scores, 4, 9, 0.4, **dict(dict(score_threshold=0.3), **options))
    results += nms(a, scores, 20, 50, 0.3, 0.5)
    return results


case("combined_suppression", suppression, boxes_at(30, 2, 12, 1), boxes_at(32, 2, 12, 3),
     floats(34, 2, 12, 3, low=0, high=1))


# Segments, sparse and ragged tensors.

def segments(x, ids):
    m = tf.math
    results = [f(x, ids) for f in (m.segment_sum, m.segment_prod, m.segment_max, m.segment_min, m.segment_mean)]
    rows = tf.constant([4, 0, 0, 3, 2])
    for f in (tf.sparse.segment_sum, tf.sparse.segment_mean, tf.sparse.segment_sqrt_n):
        results += [f(x, rows, ids), f(x, rows, ids, num_segments=6)]
    return results


case("segments", segments, floats(35, 5, 2, 3), np.array([0, 0, 2, 2, 4], "i4"), dims=[[None, 2, 3], [None]])


def sparse(x, d):
    s = tf.sparse.from_dense(x)
    return [tf.sparse.sparse_dense_matmul(s, d), tf.sparse.sparse_dense_matmul(s, tf.transpose(d), adjoint_b=True),
            tf.sparse.sparse_dense_matmul(s, d[:4], adjoint_a=True), tf.sparse.to_dense(s)]


case("sparse", sparse, np.where(floats(36, 4, 5) > 0.5, floats(37, 4, 5), 0).astype("f"), floats(38, 5, 3))


def ragged(x, splits, rows):
    a = tf.RaggedTensor.from_row_splits(x, splits, validate=False)
    b = tf.RaggedTensor.from_value_rowids(x, rows, nrows=5, validate=False)
    return [a.to_tensor(), a.to_tensor(-1.), a.to_tensor(shape=[None, 2, 3]), b.to_tensor(2.),
            a.to_tensor(shape=[None, 6, 3]), a.to_tensor(shape=[2, 4, 3]), b.to_tensor(shape=[7, 1, 3])]


case("ragged", ragged, floats(39, 7, 3), np.array([0, 3, 3, 7], "i8"), np.array([0, 0, 1, 3, 3, 3, 3], "i8"),
     dims=[[None, 3], [None], [None]])


def decoded(x, lengths):
    results = []
    for options in (dict(), dict(merge_repeated=False), dict(blank_index=0)):
        (s,), score = tf.nn.ctc_greedy_decoder(x, lengths, **options)
        results += [s.indices, s.values, s.dense_shape, score, tf.sparse.to_dense(s, default_value=-1)]
    return results


case("ctc_greedy", decoded, floats(40, 9, 3, 4), np.array([9, 5, 7], "i4"), dims=[[None, None, 4], [None]])


# Complex numbers and Fourier transforms.

def complexes(x, y):
    a, b = tf.complex(x, y), tf.complex(y[:1], 2.)
    c = (a * b + a / b - tf.math.conj(a)) * tf.exp(0.3 * a) + tf.square(b)
    d = tf.concat([tf.transpose(c[:, 1:3]), tf.reshape(c[:2, :3], [2, 3])[:, :2], -c[:2, :2]], 0)
    e = tf.reduce_sum(d, 0) + tf.cast(x[0, 0], tf.complex64)
    results = []
    for z in (a, b, c, d, e, tf.stack([a, a]), tf.matmul(a, c, transpose_b=True), tf.where(x > 0, a, c)):
        results += [tf.math.real(z), tf.math.imag(z), tf.abs(z), tf.math.angle(z)]
    return results + [tf.shape(c)]


case("complex_numbers", complexes, floats(41, 2, 4), floats(42, 2, 4))


def transforms(x):
    z = tf.complex(x, x * x)
    r = tf.signal.rfft
    results = []
    for y in (tf.signal.fft(z), tf.signal.ifft(z), tf.signal.fft2d(z), tf.signal.ifft2d(z), r(x, [16]), r(x, [10]),
              r(x, [24]), r(x), tf.signal.fft(tf.cast(x, tf.complex64))):
        results += [tf.math.real(y), tf.math.imag(y)]
    return results + [tf.signal.irfft(r(x)), tf.signal.irfft(r(x) * r(x), [16]), tf.abs(r(x)),
                      tf.signal.irfft(r(x), [7]), tf.math.angle(tf.signal.stft(x, 8, 4)[..., 1:-1])]


case("fourier", transforms, floats(43, 3, 12))
case("cepstra", lambda x: [tf.signal.mfccs_from_log_mel_spectrograms(x), tf.signal.dct(x), tf.signal.idct(x),
                           tf.signal.dct(x, type=3), tf.signal.dct(x, norm="ortho")],
     floats(44, 2, 20))


# Special functions and linear algebra.

def special(x, u):
    m = tf.math
    return [m.erfinv(u), m.ndtri(u * u * 0.998 + 0.001), m.digamma(4 * x), m.digamma(x * 0 - 2), m.bessel_i0(x), m.bessel_i1(x),
            m.bessel_i0e(9 * x), m.bessel_i1e(9 * x), m.lgamma(4 * x)]


case("special_functions", special, floats(45, 6, 5), floats(46, 6, 5, low=-1, high=1), dims=[[None, 5]] * 2)


def algebra(a, b):
    eye = tf.eye(4)
    swapped = tf.constant([[0., 2., 0.], [0., 0., -3.], [4., 0., 0.]])
    symmetric = tf.matmul(a, a, transpose_b=True) + eye
    l = tf.linalg
    return [l.inv(a), l.inv(a, adjoint=True), l.det(a), l.solve(a, b), l.solve(a, b, adjoint=True), l.cholesky(symmetric),
            l.triangular_solve(a, b), l.triangular_solve(a, b, lower=False), l.triangular_solve(a, b, adjoint=True),
            *l.slogdet(a), l.inv(swapped + 0 * a[0, :3, :3]), l.det(swapped + 0 * a[0, :3, :3])]


case("linear_algebra", algebra, floats(47, 3, 4, 4) + 2 * np.eye(4, dtype="f"), floats(48, 3, 4, 2),
     dims=[[None, 4, 4], [None, 4, 2]])
