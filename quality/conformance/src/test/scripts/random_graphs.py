"""Random small graphs of TensorFlow's operations, with random attributes, types, ranks up to 6 and open
dimensions, and TensorFlow's outputs: FOLDER/SEED/{saved_model,calls.npz}. Each graph is a signature.

TensorFlow 2.21, NumPy 2. Usage: python random_graphs.py FOLDER SEED... [--graphs COUNT]
"""
import argparse
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import pathlib
import shutil

import numpy as np
import tensorflow as tf

r = tf.raw_ops
FLOATS = [tf.float32] * 8 + [tf.float64, tf.float16, tf.bfloat16]
INTEGERS = [tf.int32] * 4 + [tf.int64, tf.int64, tf.int8, tf.uint8, tf.int16, tf.uint16, tf.uint32]
MAX_ELEMENTS = 200


class Unfit(Exception):
    """An operation does not fit what there is."""


class Draw:
    """Random choices."""

    def __init__(self, seed):
        self.random = np.random.RandomState(seed)

    def one(self, *choices):
        return choices[self.random.randint(len(choices))]

    def flag(self, chance=0.5):
        return bool(self.random.rand() < chance)

    def integer(self, low, high):
        """From low to high, inclusive."""
        return int(self.random.randint(low, high + 1))

    def shape(self, low=0, high=6):
        dims = [self.one(1, 2, 2, 3, 3, 4) for _ in range(self.integer(low, high))]
        while np.prod(dims) > MAX_ELEMENTS:
            dims[int(np.argmax(dims))] = 1
        return dims

    def values(self, dtype, shape):
        if dtype == tf.bool:
            return np.asarray(self.random.rand(*shape) < 0.5)
        if dtype.is_integer:
            low = -5 if dtype.min < 0 else 0
            return np.asarray(self.random.randint(low, 6, shape), dtype.as_numpy_dtype)
        # A grid that all float types hold, without zero.
        grid = (self.random.randint(0, 48, shape) - 24) / 8 + 0.0625
        return np.asarray(grid, dtype.as_numpy_dtype)

    def axis(self, rank):
        if rank == 0:
            raise Unfit
        axis = self.integer(0, rank - 1)
        return self.one(axis, axis - rank)

    def axes(self, rank):
        chosen = [a for a in range(rank) if self.flag()]
        return [self.one(a, a - rank) for a in chosen]

    def permutation(self, rank):
        return [int(i) for i in self.random.permutation(rank)]


def need(*conditions):
    if not all(conditions):
        raise Unfit


def is_float(x):
    return x.dtype.is_floating


def is_number(x):
    return x.dtype.is_floating or x.dtype.is_integer


# Each of these takes random choices and a tensor, and returns a function of that tensor.

UNARY_FLOATS = [
    "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Cos", "Cosh", "Elu", "Erf", "Erfc", "Exp",
    "Expm1", "Floor", "IsFinite", "IsInf", "IsNan", "Lgamma", "Log", "Log1p", "LogSoftmax", "Reciprocal", "Relu",
    "Relu6", "Rint", "Rsqrt", "Selu", "Sigmoid", "Sin", "Sinh", "Softmax", "Softplus", "Softsign", "Sqrt", "Tan",
    "Tanh",
]
UNARY_NUMBERS = ["Abs", "Neg", "Sign", "Square", "Relu", "Round", "ZerosLike", "OnesLike", "Identity", "L2Loss"]
BINARY_NUMBERS = [
    "AddV2", "Sub", "Mul", "Maximum", "Minimum", "SquaredDifference", "FloorMod", "FloorDiv", "Div", "RealDiv",
    "TruncateDiv", "TruncateMod", "Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual", "Pow",
    "DivNoNan", "MulNoNan", "Xdivy", "Xlogy", "Xlog1py", "Atan2",
]
BINARY_INTEGERS = ["BitwiseAnd", "BitwiseOr", "BitwiseXor", "LeftShift", "RightShift"]


def raw(name, x, **kwargs):
    op = getattr(r, name)
    arguments = op.__wrapped__.__code__.co_varnames if hasattr(op, "__wrapped__") else []
    for first in ("x", "input", "features", "logits", "t"):
        if first in arguments:
            return op(**{first: x}, **kwargs)
    raise Unfit


def unary(d, x):
    if x.dtype == tf.bool:
        return lambda x: r.LogicalNot(x=x)
    name = d.one(*UNARY_FLOATS) if is_float(x) and d.flag(0.8) else d.one(*UNARY_NUMBERS)
    # TensorFlow 2.21 writes zeros for ones of this type.
    need(name != "OnesLike" or x.dtype != tf.uint32)
    return lambda x: raw(name, x)


def binary(d, x):
    shape = [1 if d.flag(0.2) else n for n in x.shape]
    shape = shape[d.integer(0, len(shape)) :] if d.flag(0.4) else shape
    if d.flag(0.15):
        shape = [d.integer(1, 3)] * d.integer(0, max(0, 6 - len(shape))) + shape
    if x.dtype == tf.bool:
        name = d.one("LogicalAnd", "LogicalOr", "Equal", "NotEqual")
    elif x.dtype.is_integer and d.flag(0.3):
        name = d.one(*BINARY_INTEGERS)
    else:
        name = d.one(*BINARY_NUMBERS)
    y = d.values(x.dtype, shape)
    if name in ("LeftShift", "RightShift"):
        y = np.abs(y)
    if "Div" in name or "Mod" in name:
        y = np.where(y == 0, np.asarray(2, y.dtype), y)
    if name == "Pow":
        y = np.abs(y)
    op = getattr(r, name)
    return (lambda x: op(x=y, y=x)) if d.flag(0.3) and "Div" not in name and "Mod" not in name and "Shift" not in name and name != "Pow" and name != "Atan2" else (
        (lambda x: op(y=x, x=y)) if name == "Atan2" and d.flag() else (lambda x: op(x=x, y=y)))


def cast(d, x):
    to = d.one(*FLOATS, *INTEGERS, tf.bool)
    # A negative float has no unsigned counterpart.
    need(not (is_float(x) and to.is_integer and to.min == 0))
    return lambda x: tf.cast(x, to)


def reduce(d, x):
    axes = d.axes(len(x.shape))
    keep = d.flag()
    axis = np.asarray(axes, d.one("i4", "i8"))
    if x.dtype == tf.bool:
        op = d.one(r.Any, r.All)
    else:
        op = d.one(r.Sum, r.Mean, r.Max, r.Min, r.Prod, r.EuclideanNorm)
        need(is_float(x) or op not in (r.Mean, r.EuclideanNorm))
    return lambda x: op(input=x, axis=axis, keep_dims=keep)


def arg(d, x):
    op, kind = d.one(r.ArgMax, r.ArgMin), d.one(tf.int32, tf.int64)
    need(is_number(x))
    axis = d.axis(len(x.shape))
    return lambda x: op(input=x, dimension=axis, output_type=kind)


def cumulate(d, x):
    op, axis = d.one(r.Cumsum, r.Cumprod), d.axis(len(x.shape))
    need(is_number(x))
    flags = dict(exclusive=d.flag(), reverse=d.flag())
    return lambda x: op(x=x, axis=axis, **flags)


def reshape(d, x):
    count = int(np.prod(x.shape))
    dims = []
    while count > 1 and len(dims) < 5 and d.flag(0.8):
        factor = d.one(*[f for f in range(1, count + 1) if count % f == 0])
        dims.append(factor)
        count //= factor
    dims.append(count)
    if d.flag(0.3):
        dims[d.integer(0, len(dims) - 1)] = -1
    shape = np.asarray(dims, d.one("i4", "i8"))
    return lambda x: r.Reshape(tensor=x, shape=shape)


def move(d, x):
    rank = len(x.shape)
    kind = d.one("transpose", "expand", "squeeze", "tile", "reverse", "roll")
    if kind == "transpose":
        order = d.permutation(rank)
        return lambda x: r.Transpose(x=x, perm=order)
    if kind == "expand":
        need(rank < 6)
        axis = d.integer(-rank - 1, rank)
        return lambda x: r.ExpandDims(input=x, axis=axis)
    if kind == "squeeze":
        axes = [d.one(a, a - rank) for a in range(rank) if x.shape[a] == 1 and d.flag()]
        return lambda x: r.Squeeze(input=x, axis=axes)
    if kind == "tile":
        times = [d.one(1, 1, 2) for _ in range(rank)]
        return lambda x: r.Tile(input=x, multiples=np.asarray(times, "i4"))
    if kind == "reverse":
        axes = d.axes(rank)
        return lambda x: r.ReverseV2(tensor=x, axis=np.asarray(axes, "i4"))
    axes = [d.axis(rank) for _ in range(d.integer(1, 2))]
    shift = [d.integer(-5, 5) for _ in axes]
    return lambda x: r.Roll(input=x, shift=shift, axis=axes)


def pad(d, x):
    rank = len(x.shape)
    kind = d.one("Pad", "PadV2", "REFLECT", "SYMMETRIC")
    limit = lambda a: min(2, x.shape[a] - (kind == "REFLECT")) if kind.isupper() else 2
    paddings = np.asarray([[d.integer(0, limit(a)), d.integer(0, limit(a))] for a in range(rank)], d.one("i4", "i8"))
    paddings = paddings.reshape(rank, 2)
    if kind == "Pad":
        return lambda x: r.Pad(input=x, paddings=paddings)
    if kind == "PadV2":
        filler = d.values(x.dtype, [])
        return lambda x: r.PadV2(input=x, paddings=paddings, constant_values=filler)
    return lambda x: r.MirrorPad(input=x, paddings=paddings, mode=kind)


def strided(d, x):
    rank = len(x.shape)
    masks = dict(begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0)
    begin, end, step = [], [], []
    axis = 0
    while axis < rank and d.flag(0.8):
        bit = 1 << len(begin)
        size = x.shape[axis]
        begin.append(d.integer(-size, size - 1))
        end.append(d.integer(-size - 1, size + 1))
        step.append(d.one(1, 1, 1, 2, -1, -2))
        if d.flag(0.15) and not masks["ellipsis_mask"]:
            masks["ellipsis_mask"] |= bit
            axis += d.integer(0, 2)
            continue
        if d.flag(0.1):
            masks["new_axis_mask"] |= bit
            continue
        if d.flag(0.2):
            masks["shrink_axis_mask"] |= bit
            step[-1] = 1
            end[-1] = begin[-1] + 1
        else:
            masks["begin_mask"] |= bit if d.flag(0.4) else 0
            masks["end_mask"] |= bit if d.flag(0.4) else 0
        axis += 1
    need(begin)
    bounds = [np.asarray(v, "i4") for v in (begin, end, step)]
    return lambda x: r.StridedSlice(input=x, begin=bounds[0], end=bounds[1], strides=bounds[2], **masks)


def cut(d, x):
    begin = [d.integer(0, n - 1) for n in x.shape]
    size = [d.one(-1, d.integer(0 if d.flag(0.1) else 1, n - b)) for n, b in zip(x.shape, begin)]
    kind = d.one("i4", "i8")
    return lambda x: r.Slice(input=x, begin=np.asarray(begin, kind), size=np.asarray(size, kind))


def gather(d, x):
    rank = len(x.shape)
    need(rank > 0)
    if d.flag(0.3):
        depth = d.integer(1, rank)
        lead = d.shape(0, 2)
        indices = np.stack([d.random.randint(0, x.shape[a], lead) for a in range(depth)], -1)
        indices = np.asarray(indices, d.one("i4", "i8"))
        return lambda x: r.GatherNd(params=x, indices=indices)
    batch = d.integer(0, min(1, rank - 1)) if d.flag(0.4) else 0
    axis = d.integer(batch, rank - 1)
    shape = list(x.shape[:batch]) + d.shape(0, 2)
    indices = np.asarray(d.random.randint(0, x.shape[axis], shape), d.one("i4", "i8"))
    place = d.one(axis, axis - rank)
    return lambda x: r.GatherV2(params=x, indices=indices, axis=place, batch_dims=batch)


def scatter(d, x):
    rank = len(x.shape)
    need(rank > 0)
    depth = d.integer(1, rank)
    places = d.permutation(int(np.prod(x.shape[:depth])))[: d.integer(1, 3)]
    indices = np.stack(np.unravel_index(places, x.shape[:depth]), -1).astype(d.one("i4", "i8"))
    updates = d.values(x.dtype, [len(places)] + list(x.shape[depth:]))
    op = d.one(r.TensorScatterUpdate, r.TensorScatterAdd, r.TensorScatterSub, r.TensorScatterMax, r.TensorScatterMin)
    need(is_number(x) or op is r.TensorScatterUpdate)
    return lambda x: op(tensor=x, indices=indices, updates=updates)


def one_hot(d, x):
    need(x.dtype in (tf.int32, tf.int64, tf.uint8, tf.int8), len(x.shape) < 6)
    kind = d.one(tf.float32, tf.int32, tf.bool, tf.int64)
    on, off = (True, False) if kind == tf.bool else (d.values(kind, []), d.values(kind, []))
    depth, axis = d.integer(1, 5), d.integer(-1, len(x.shape))
    return lambda x: tf.one_hot(x, depth, on_value=tf.constant(on, kind), off_value=tf.constant(off, kind), axis=axis, dtype=kind)


def join(d, x):
    rank = len(x.shape)
    if d.flag():
        need(rank < 6)
        other = d.values(x.dtype, x.shape)
        axis = d.integer(-rank - 1, rank)
        return lambda x: r.Pack(values=[x, other, x], axis=axis)
    axis = d.axis(rank)
    shape = list(x.shape)
    shape[axis] = d.integer(1, 3)
    other = d.values(x.dtype, shape)
    return lambda x: r.ConcatV2(values=[other, x], axis=axis)


def split(d, x):
    axis = d.axis(len(x.shape))
    size = x.shape[axis]
    kind = d.one("Split", "SplitV", "Unpack")
    if kind == "Split":
        count = d.one(*[n for n in range(1, size + 1) if size % n == 0])
        return lambda x: r.Split(axis=axis, value=x, num_split=count)[-1]
    if kind == "Unpack":
        return lambda x: r.Unpack(value=x, num=size, axis=axis)[size // 2]
    first = d.integer(0, size)
    return lambda x: r.SplitV(value=x, size_splits=[first, size - first], axis=axis, num_split=2)[1]


def matmul(d, x):
    rank = len(x.shape)
    need(rank >= 2, is_number(x))
    adjoint = dict(adj_x=d.flag(), adj_y=d.flag())
    inner = x.shape[-2] if adjoint["adj_x"] else x.shape[-1]
    outer = d.integer(1, 3)
    batch = [1 if d.flag(0.2) else n for n in x.shape[:-2]]
    shape = batch + ([outer, inner] if adjoint["adj_y"] else [inner, outer])
    y = d.values(x.dtype, shape)
    if rank == 2 and d.flag():
        return lambda x: r.MatMul(a=x, b=y, transpose_a=adjoint["adj_x"], transpose_b=adjoint["adj_y"])
    return lambda x: r.BatchMatMulV2(x=x, y=y, **adjoint)


def einsum(d, x):
    rank = len(x.shape)
    need(1 <= rank <= 5, is_float(x))
    labels = "abcde"[:rank]
    own = [c for c in labels if d.flag(0.6)]
    sizes = dict(zip(labels, x.shape)) | {"z": 2}
    other = "".join(own + (["z"] if d.flag() else []))
    every = [labels[i] for i in d.permutation(rank)] + (["z"] if "z" in other else [])
    result = "".join(c for c in every if d.flag(0.7))
    y = d.values(x.dtype, [sizes[c] for c in other])
    equation = f"{labels},{other}->{result}"
    return lambda x: r.Einsum(inputs=[x, y], equation=equation)


def convolve(d, x):
    need(len(x.shape) == 4, x.dtype == tf.float32)
    stride = [1, d.integer(1, 2), 0, 1]
    stride[2] = stride[1]
    padding = d.one("SAME", "VALID")
    dilations = [1, 1, 1, 1] if stride[1] > 1 else [1, d.integer(1, 2), d.integer(1, 2), 1]
    h, w, c = d.integer(1, 3), d.integer(1, 3), x.shape[3]
    if d.flag(0.4):
        filters = d.values(x.dtype, [h, w, c, d.integer(1, 2)])
        dilations[2] = dilations[1]
        return lambda x: r.DepthwiseConv2dNative(
            input=x, filter=filters, strides=stride, padding=padding, dilations=dilations)
    filters = d.values(x.dtype, [h, w, c, d.integer(1, 3)])
    extra = {}
    if d.flag(0.3):
        padding = "EXPLICIT"
        extra = dict(explicit_paddings=[0, 0, d.integer(0, 2), d.integer(0, 2), d.integer(0, 2), d.integer(0, 2), 0, 0])
    return lambda x: r.Conv2D(input=x, filter=filters, strides=stride, padding=padding, dilations=dilations, **extra)


def pool(d, x):
    need(len(x.shape) == 4, x.dtype == tf.float32)
    op = d.one(r.MaxPool, r.AvgPool)
    size = [1, d.integer(1, 3), d.integer(1, 3), 1]
    stride = [1, d.integer(1, 2), d.integer(1, 2), 1]
    padding = d.one("SAME", "VALID")
    first = "input" if op is r.MaxPool else "value"
    return lambda x: op(**{first: x}, ksize=size, strides=stride, padding=padding)


def image(d, x):
    need(len(x.shape) == 4, is_number(x))
    op = d.one(r.ResizeBilinear, r.ResizeNearestNeighbor)
    corners = d.flag()
    halves = d.flag() and not corners
    size = [d.integer(1, 6), d.integer(1, 6)]
    return lambda x: op(images=x, size=size, align_corners=corners, half_pixel_centers=halves)


def blocks(d, x):
    need(len(x.shape) == 4)
    kind = d.one("SpaceToDepth", "DepthToSpace", "SpaceToBatchND", "BatchToSpaceND")
    if kind in ("SpaceToDepth", "DepthToSpace"):
        size = d.integer(2, 3)
        return lambda x: getattr(r, kind)(input=x, block_size=size)
    if kind == "SpaceToBatchND":
        block = [d.integer(1, 2), d.integer(1, 2)]
        pads = [[d.integer(0, 1), 0] for _ in range(2)]
        for i in range(2):
            pads[i][1] = -(x.shape[i + 1] + pads[i][0]) % block[i]
        return lambda x: r.SpaceToBatchND(input=x, block_shape=block, paddings=pads)
    return lambda x: r.BatchToSpaceND(input=x, block_shape=[2, 1], crops=[[1, 0], [0, 0]])


def normalize(d, x):
    need(is_float(x), len(x.shape) >= 1)
    if len(x.shape) == 4 and x.dtype == tf.float32 and d.flag():
        c = x.shape[3]
        scale, offset, mean = (d.values(x.dtype, [c]) for _ in range(3))
        variance = np.abs(d.values(x.dtype, [c])) + 0.5
        epsilon = d.one(1e-4, 1e-2)
        return lambda x: r.FusedBatchNormV3(
            x=x, scale=scale, offset=offset, mean=mean, variance=variance, epsilon=epsilon, is_training=False)[0]
    if len(x.shape) == 4 and d.flag():
        radius, bias = d.integer(0, 3), d.one(1.0, 0.5)
        return lambda x: r.LRN(input=x, depth_radius=radius, bias=bias, alpha=0.5, beta=0.5)
    bias = d.values(x.dtype, [x.shape[-1]])
    need(len(x.shape) >= 2)
    return lambda x: r.BiasAdd(value=x, bias=bias)


def matrix(d, x):
    rank = len(x.shape)
    kind = d.one("diag", "part", "set", "band")
    if kind == "diag":
        need(1 <= rank < 6)
        return lambda x: tf.linalg.diag(x)
    need(rank >= 2)
    if kind == "part":
        return lambda x: tf.linalg.diag_part(x)
    if kind == "band":
        need(is_number(x))
        low, high = d.integer(-1, x.shape[-2] - 1), d.integer(-1, x.shape[-1] - 1)
        return lambda x: r.MatrixBandPart(input=x, num_lower=low, num_upper=high)
    diagonal = d.values(x.dtype, list(x.shape[:-2]) + [min(x.shape[-2:])])
    return lambda x: tf.linalg.set_diag(x, diagonal)


def choose(d, x):
    shape = [1 if d.flag(0.2) else n for n in x.shape]
    condition = d.values(tf.bool, shape)
    other = d.values(x.dtype, [1 if d.flag(0.2) else n for n in x.shape])
    if is_number(x) and d.flag(0.3):
        low, high = np.sort(np.stack([d.values(x.dtype, []), d.values(x.dtype, [])]))
        return lambda x: r.ClipByValue(t=x, clip_value_min=low, clip_value_max=high)
    return lambda x: r.SelectV2(condition=condition, t=x, e=other)


def order(d, x):
    need(is_number(x), len(x.shape) >= 1)
    kind = d.one("top", "where", "buckets", "segment", "unsorted", "reverse")
    if kind == "top":
        # Ties have no order that all runtimes share.
        k = d.integer(1, x.shape[-1])
        return lambda x: r.TopKV2(input=x, k=k, sorted=True)[0]
    if kind == "where":
        return lambda x: r.Where(condition=x > tf.cast(1, x.dtype))
    if kind == "buckets":
        need(x.dtype in (tf.float32, tf.int32, tf.int64, tf.float64))
        return lambda x: r.Bucketize(input=x, boundaries=[-1.0, 0.5, 2.0])
    if kind == "segment":
        ids = np.sort(d.random.randint(0, 3, x.shape[0])).astype("i4")
        return lambda x: r.SegmentSum(data=x, segment_ids=ids)
    if kind == "unsorted":
        ids = d.random.randint(0, 3, x.shape[0]).astype("i4")
        op = d.one(r.UnsortedSegmentSum, r.UnsortedSegmentMax, r.UnsortedSegmentMin, r.UnsortedSegmentProd)
        return lambda x: op(data=x, segment_ids=ids, num_segments=3)
    need(len(x.shape) >= 2)
    axes = d.permutation(len(x.shape))
    lengths = d.random.randint(0, x.shape[axes[0]] + 1, x.shape[axes[1]])
    return lambda x: r.ReverseSequence(input=x, seq_lengths=lengths, seq_dim=axes[0], batch_dim=axes[1])


def describe(d, x):
    kind = d.one(tf.int32, tf.int64)
    op = d.one(r.Shape, r.Size, None)
    if op is None:
        return lambda x: r.Rank(input=x)
    return lambda x: op(input=x, out_type=kind)


def activate(d, x):
    need(is_float(x))
    if d.flag():
        alpha = d.one(0.1, 0.3, 0.0)
        return lambda x: r.LeakyRelu(features=x, alpha=alpha)
    need(x.dtype == tf.float32)
    low, bits, narrow = d.one(-2.0, 0.0, -1.0), d.one(8, 6, 16), d.flag()
    return lambda x: r.FakeQuantWithMinMaxArgs(inputs=x, min=low, max=3.0, num_bits=bits, narrow_range=narrow)


OPERATIONS = [
    unary, unary, unary, binary, binary, binary, cast, reduce, reduce, arg, cumulate, reshape, move, move, pad,
    strided, strided, cut, gather, gather, scatter, one_hot, join, split, matmul, einsum, convolve, pool, image,
    blocks, normalize, matrix, choose, order, describe, activate,
]


def graph(d):
    """Returns an input, the shape that is stated for it, and operations that are applied in turn."""
    kind = d.one(tf.float32, tf.float32, d.one(*FLOATS), d.one(*INTEGERS), tf.bool)
    # Many operations take images.
    shape = [d.integer(1, 2), d.integer(2, 5), d.integer(2, 5), d.integer(1, 4)] if d.flag(0.2) else d.shape()
    given = d.values(kind, shape)
    stated = [None if d.flag(0.4) else n for n in shape] if d.flag(0.35) else shape
    steps = []
    x = tf.constant(given, kind)
    for _ in range(50):
        if len(steps) >= d.integer(1, 4):
            break
        try:
            step = d.one(*OPERATIONS)(d, x)
            y = step(x)
        except (Unfit, tf.errors.OpError, TypeError, ValueError, AttributeError):
            continue
        if y.dtype.is_complex or not 0 < np.prod(y.shape) <= 4 * MAX_ELEMENTS or len(y.shape) > 6:
            continue
        # Runtimes differ in what comparisons and extrema make of NaN.
        if y.dtype.is_floating and np.isnan(y.numpy().astype("f8")).any():
            continue
        steps.append(step)
        x = y
    if not steps:
        return None
    return given, kind, stated, steps


def function(steps):
    def run(x):
        results = {}
        for i, step in enumerate(steps):
            x = step(x)
            results[f"y{i}"] = tf.identity(x)
        return results

    return run


def widened(array):
    """Arrays of bfloat16 have no type of NumPy's own."""
    return array.astype("f4") if array.dtype == tf.bfloat16.as_numpy_dtype else array


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("seeds", type=int, nargs="+")
    parser.add_argument("--graphs", type=int, default=25)
    stated = parser.parse_args()
    for seed in stated.seeds:
        d = Draw(seed)
        module = tf.Module()
        arrays, signatures = {}, {}
        while len(signatures) < stated.graphs:
            made = graph(d)
            if made is None:
                continue
            given, kind, shape, steps = made
            key = f"g{len(signatures):03d}"
            traced = tf.function(
                function(steps), input_signature=[tf.TensorSpec(shape, kind, "x")], autograph=False)
            try:
                found = traced.get_concrete_function()(tf.constant(given, kind))
            except (tf.errors.OpError, TypeError, ValueError):
                continue
            setattr(module, key, traced)
            signatures[key] = traced
            arrays[f"{key}|{key}|in|x"] = widened(given)
            arrays |= {f"{key}|{key}|out|{name}": widened(y.numpy()) for name, y in found.items()}
        folder = stated.folder / str(seed)
        shutil.rmtree(folder, ignore_errors=True)
        tf.saved_model.save(module, folder / "saved_model", signatures=signatures)
        for unread in ["assets", "variables", "fingerprint.pb"]:
            path = folder / "saved_model" / unread
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        np.savez_compressed(folder / "calls.npz", **arrays)


main()
