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


# Lists.


def written(array, *items):
    for index, item in items:
        array = array.write(index, item)
    return array


case(
    "list_grows_outside_loops",
    lambda x, i: [
        written(tf.TensorArray(f32, 0, True), (0, x), (1, x * 2.0)).stack(),
        written(tf.TensorArray(f32, 2, True, element_shape=[3]), (4, x), (1, x + 1.0)).stack(),
        written(tf.TensorArray(i32, 1, True), (0, i), (2, i + 1)).stack(),
        written(tf.TensorArray(f32, 1, True), (i, x)).stack(),
        written(tf.TensorArray(f32, 1, True, element_shape=[3]), (i, x), (i + 2, x - 1.0)).size(),
    ],
    {"x": [3], "i": spec(i32)},
    {"x": (3,), "i": 0},
    {"x": (3,), "i": 3},
)


def looped(size, shape, place=lambda i: i, count=lambda x, n: n):
    def function(x, n):
        array = tf.TensorArray(f32, size, True, element_shape=shape)
        body = lambda i, a: (i + 1, a.write(place(i), x * tf.cast(i + 1, f32)))
        return tf.while_loop(lambda i, a: i < count(x, n), body, [0, array])[1].stack()

    return function


case(
    "list_grows_in_loops",
    lambda x, n: [
        looped(0, [2])(x, n),
        looped(1, [2])(x, n),
        looped(2, None)(x, n),
        looped(0, [2], place=lambda i: 2 * i + 1)(x, n),
        looped(0, [2], place=lambda i: 3 - i, count=lambda x, n: 4)(x, n),
        looped(7, [2])(x, n),
    ],
    {"x": [2], "n": spec(i32)},
    {"x": (2,), "n": 4},
    {"x": (2,), "n": 1},
    {"x": (2,), "n": 9},
)
case(
    "list_of_open_items_grows",
    lambda x, n: [looped(1, None)(x, n), looped(0, [None, 3])(x, n)],
    {"x": [None, 3], "n": spec(i32)},
    {"x": (2, 3), "n": 3},
    {"x": (5, 3), "n": 1},
)


def stacks(x, n):
    empty = r.EmptyTensorList(element_shape=[2], max_num_elements=-1, element_dtype=f32)
    push = lambda i, l: (i + 1, r.TensorListPushBack(input_handle=l, tensor=x * tf.cast(i, f32)))
    full = tf.while_loop(lambda i, l: i < n, push, [0, empty])[1]
    pop = lambda l: r.TensorListPopBack(
        input_handle=l, element_shape=[2], element_dtype=f32)
    rest, last = pop(full)

    def sum_up(i, l, s):
        l, item = pop(l)
        return i + 1, l, s + item

    total = tf.while_loop(lambda i, l, s: i < n - 2, sum_up, [0, rest, x])[1:]
    stack = lambda l: r.TensorListStack(input_handle=l, element_shape=[2], element_dtype=f32)
    return [
        stack(full), last, stack(rest), stack(total[0]), total[1],
        r.TensorListLength(input_handle=rest),
        stack(r.TensorListResize(input_handle=full, size=n + 2)),
        stack(r.TensorListResize(input_handle=full, size=n - 1)),
        stack(r.TensorListResize(input_handle=full, size=1)),
    ]


case("list_as_stack", stacks, {"x": [2], "n": spec(i32)}, {"x": (2,), "n": 4}, {"x": (2,), "n": 2})


def scattered(x, at):
    stack = lambda l: r.TensorListStack(input_handle=l, element_shape=[2], element_dtype=f32)
    scatter = lambda size, places: r.TensorListScatterV2(
        tensor=x, indices=places, element_shape=[2], num_elements=size)
    list_of_5 = r.TensorListReserve(element_shape=[2], num_elements=5, element_dtype=f32)
    into = r.TensorListScatterIntoExistingList(input_handle=list_of_5, tensor=x, indices=at)
    return [
        stack(scatter(-1, at)), stack(scatter(6, at)), stack(scatter(5, [0, 1, 2])),
        stack(scatter(-1, [0, 1, 2])), stack(into),
        r.TensorListGather(input_handle=into, indices=at, element_shape=[2], element_dtype=f32),
        *r.TensorListConcatV2(
            input_handle=r.TensorListFromTensor(tensor=tf.stack([x, x]), element_shape=[3, 2]),
            element_shape=[3, 2], leading_dims=tf.constant([], tf.int64), element_dtype=f32),
    ]


case("list_is_scattered", scattered, {"x": [3, 2], "at": spec(i32, 3)}, {"x": (3, 2), "at": [4, 0, 1]})


# Loops.

case(
    "loop_variable_grows",
    lambda x, n: [
        tf.while_loop(
            lambda i, y: i < n,
            lambda i, y: (i + 1, tf.concat([y, x[:1] * tf.cast(i, f32)], 0)),
            [0, x], [tf.TensorShape([]), tf.TensorShape([None, 2])])[1],
        tf.while_loop(
            lambda i, y: i < 3,
            lambda i, y: (i + 1, tf.concat([y, y + 1.0], 1)),
            [0, x], [tf.TensorShape([]), tf.TensorShape([3, None])])[1],
        tf.while_loop(
            lambda y: tf.shape(y)[0] > 1,
            lambda y: (y[1:] * 2.0,),
            [x], [tf.TensorShape([None, 2])])[0],
    ],
    {"x": [3, 2], "n": spec(i32)},
    {"x": (3, 2), "n": 4},
    {"x": (3, 2), "n": 0},
)


def nested(x, n):
    def outer(i, y):
        inner = lambda j, z: (j + 1, tf.concat([z, x * tf.cast(i * 10 + j, f32)], 0))
        return i + 1, tf.while_loop(
            lambda j, z: j < i, inner, [0, y],
            [tf.TensorShape([]), tf.TensorShape([None, 2])])[1]

    return tf.while_loop(
        lambda i, y: i < n, outer, [0, x], [tf.TensorShape([]), tf.TensorShape([None, 2])])[1]


case("loop_variable_grows_in_nested_loops", nested, {"x": [1, 2], "n": spec(i32)},
     {"x": (1, 2), "n": 4})


def step(state, item):
    return tf.tanh(state * 0.5 + item)


def over_time(x):
    time_first = tf.transpose(x, [1, 0, 2])
    start = tf.zeros_like(time_first[0])
    return [
        tf.transpose(tf.scan(step, time_first, start), [1, 0, 2]),
        tf.map_fn(lambda item: tf.reduce_sum(item, 0), time_first),
        tf.foldl(step, time_first, start),
        tf.scan(step, time_first, start, reverse=True)[0],
    ]


for name, batch in [("one_sequence", 1), ("sequences", None)]:
    case(f"scan_of_{name}_over_open_time", over_time, {"x": [batch, None, 4]},
         {"x": (1, 5, 4)}, *([] if batch else [{"x": (3, 2, 4)}]))


def by_index(x):
    time = tf.shape(x)[1]
    array = tf.TensorArray(f32, time)

    def body(i, s, a):
        s = step(s, x[:, i])
        return i + 1, s, tf.cond(i % 2 == 0, lambda: a.write(i, s), lambda: a.write(i, -s))

    start = [0, tf.zeros([tf.shape(x)[0], 4]), array]
    found = tf.while_loop(lambda i, s, a: i < time, body, start)[1:]
    return [found[0], found[1].stack()]


case("loop_by_index_over_open_time", by_index, {"x": [None, None, 4]},
     {"x": (2, 5, 4)}, {"x": (3, 1, 4)})


# Index notation.


def sums(*equations):
    def function(*operands):
        results = []
        for equation, chosen in equations:
            given = [operands["abcdef".index(c)] for c in chosen]
            # The Python function takes no repeated label in the result, but more operands.
            results.append(
                tf.einsum(equation, *given)
                if len(given) > 2
                else r.Einsum(inputs=given, equation=equation)
            )
        return results

    return function


case(
    "einsum_of_open_axes",
    sums(
        ("btd,bsd->bts", "ab"), ("btd,bsd->tbs", "ab"), ("btd,bsd->", "ab"), ("btd,bsd->d", "ab"),
        ("btd,bsd->btsd", "ab"), ("bthd,bshd->bhts", "cd"), ("bthd,bshd->bths", "cd"),
        ("bthd,bshd->ts", "cd"), ("btd->bdt", "a"),
        ("bthd,bshd->hd", "cd"), ("bthd,hde->bte", "ce"), ("bthd,bshd->bhdts", "cd"),
    ),
    {"a": [None, None, 3], "b": [None, None, 3], "c": [None, None, 2, 3],
     "d": [None, None, None, 3], "e": [2, 3, 4]},
    {"a": (2, 4, 3), "b": (2, 5, 3), "c": (2, 4, 2, 3), "d": (2, 5, 2, 3), "e": (2, 3, 4)},
)
case(
    "einsum_with_diagonals",
    sums(
        ("ii->i", "a"), ("ii->", "a"), ("bii->b", "b"), ("bii->bi", "b"), ("ibi->bi", "c"),
        ("bij,ii->bj", "ba"), ("ii,ij->j", "aa"), ("i->ii", "d"), ("bi,i->bii", "ed"),
        ("bi->iib", "e"),
    ),
    {"a": [3, 3], "b": [None, 3, 3], "c": [3, 2, 3], "d": [3], "e": [2, 3]},
    {"a": (3, 3), "b": (2, 3, 3), "c": (3, 2, 3), "d": (3,), "e": (2, 3)},
)
case(
    "einsum_with_ellipses",
    sums(
        ("...ij,...jk->...ik", "ab"), ("...ij,jk->...ik", "ac"), ("ij,...jk->...ik", "cb"),
        ("...i,...i->...i", "ad"), ("...ij->...ji", "a"), ("b...i->...", "a"), ("...,...->...", "ad"),
        ("...ij,...jk->ik...", "ab"), ("i...,j...->...ij", "cc"),
    ),
    {"a": [2, 1, 3, 4], "b": [5, 4, 3], "c": [4, 4], "d": [4]},
    {"a": (2, 1, 3, 4), "b": (5, 4, 3), "c": (4, 4), "d": (4,)},
)
case(
    "einsum_of_many_axes",
    sums(
        ("abcdef,abcdfg->abcdeg", "ab"), ("abcdef,abcdef->fedcba", "aa"), ("abcdef->fa", "a"),
        ("ij,jk,kl->il", "cdc"), ("ij,jk,ik->", "cdf"), ("i,j,k->ijk", "eee"),
    ),
    {"a": [1, 2, 1, 2, 3, 2], "b": [1, 2, 1, 2, 2, 3], "c": [2, 3], "d": [3, 2], "e": [2], "f": [2, 2]},
    {"a": (1, 2, 1, 2, 3, 2), "b": (1, 2, 1, 2, 2, 3), "c": (2, 3), "d": (3, 2), "e": (2,), "f": (2, 2)},
)


# Convolutions over open lengths, which TensorFlow dilates by way of the batch.


def dilated(x, y):
    random = np.random.RandomState(5)
    filters = lambda *shape: tf.constant(random.randn(*shape), f32)
    causal = tf.pad(x, [[0, 0], [4, 0], [0, 0]])
    return [
        tf.nn.convolution(causal, filters(3, 3, 4), dilations=2),
        tf.nn.convolution(x, filters(3, 3, 2), padding="SAME", dilations=3),
        tf.nn.convolution(y, filters(3, 2, 2, 3), padding="SAME", dilations=[2, 3]),
        tf.nn.convolution(y, filters(2, 2, 2, 3), padding="VALID", dilations=2),
    ]


case("convolutions_dilated_over_open_lengths", dilated,
     {"x": [None, None, 3], "y": [None, None, None, 2]},
     {"x": (2, 7, 3), "y": (2, 5, 6, 2)}, {"x": (1, 12, 3), "y": (1, 4, 3, 2)})


# Assignments to parts of variables.


class Cache(tf.Module):
    def __init__(self, *shape):
        super().__init__()
        self.all = tf.Variable(np.arange(np.prod(shape)).reshape(shape), dtype=f32)


cache = Cache(2, 4, 3)


def write_step(x, at):
    cache.all[:, at].assign(x)
    cache.all[:, -at].assign(x + 1.0)
    cache.all[:, at + 1 : at + 2].assign(x[:, tf.newaxis] * 2.0)
    return cache.all + 0.0


case("slices_assigned_at_computed_places", write_step, {"x": [2, 3], "at": spec(i32)},
     {"x": (2, 3), "at": 1}, {"x": (2, 3), "at": 2}, {"x": (2, 3), "at": 0}, module=cache)
other = Cache(3, 4, 5)


def write_slices(x):
    other.all[1, 2, 3].assign(x[0])
    other.all[..., 1:3].assign(tf.reshape(tf.tile(x, [12]), [3, 4, 2]))
    other.all[0, ::-2, tf.newaxis, 1::3].assign(tf.reshape(tf.tile(x, [2]), [2, 1, 2]))
    other.all[-1, -2:, :2].assign(tf.reshape(tf.tile(x, [2]), [2, 2]))
    other.all.scatter_nd_update([[0, 0], [2, 3]], tf.tile(x[:1, tf.newaxis], [2, 5]))
    other.all.scatter_nd_add([[0, 0], [0, 0]], tf.tile(x[:1, tf.newaxis], [2, 5]))
    other.all.scatter_update(tf.IndexedSlices(x[0], 1))
    other.all.scatter_add(tf.IndexedSlices(tf.fill([2, 4, 5], x[1]), [2, 2]))
    updated = r.TensorStridedSliceUpdate(
        input=x, begin=[1], end=[2], strides=[1], value=x[:1] * 3.0)
    return [other.all + 0.0, updated]


case("slices_assigned", write_slices, {"x": [2]}, {"x": (2,)}, {"x": (2,)}, module=other)
