"""Writes Keras models of lookup layers, the whole product of their options, with inputs and Keras'
own outputs: NAME.keras (or .h5) and NAME.json.

Made with TensorFlow 2.21.0, Keras 3.15.1, NumPy 2.4.6:
  python3 -m venv V && V/bin/pip install tensorflow-cpu==2.21.0
  V/bin/python lookup_cases.py FOLDER

Each file has the layers of one class and one origin of the vocabulary: given as a list, learned by
adapt(), read from a file, or taken from get_vocabulary() of another layer (with special tokens).
"""
import itertools
import json
import os
import sys
import tempfile
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

FOLDER = sys.argv[1] if __name__ == "__main__" else ""
ROWS = 4
WORDS = ["oak", "elm", "ash", "fir", "yew"]
NUMBERS = [11, 7, -3, 40, 12]


def tensor(value):
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        data = [x.decode() if isinstance(x, bytes) else str(x) for x in array.ravel()]
        return dict(shape=list(array.shape), dtype="string", data=data)
    return dict(shape=list(array.shape), dtype=str(array.dtype), data=array.ravel().tolist())


def compress(path):
    """Keras stores the entries of archives as they are; the configurations compress well."""
    with zipfile.ZipFile(path) as archive:
        entries = [(i.filename, archive.read(i)) for i in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)


def write(name, inputs, values, outputs, suffix=".keras"):
    model = keras.Model(inputs, outputs)
    path = os.path.join(FOLDER, name + suffix)
    model.save(path)
    if suffix == ".keras":
        compress(path)
        # The layers must survive loading: what Keras itself cannot load is no case.
        model = keras.models.load_model(path)
    results = model([tf.constant(v) for v in values])
    data = dict(inputs=[tensor(v) for v in values], outputs=[tensor(np.asarray(r)) for r in results],
                layers=[o._keras_history.operation.name for o in outputs])
    with open(os.path.join(FOLDER, name + ".json"), "w") as f:
        json.dump(data, f)
    print(name, len(outputs), "outputs,", os.path.getsize(path), "bytes")


def vocabulary_file(tokens):
    path = os.path.join(tempfile.mkdtemp(), "vocabulary.txt")
    with open(path, "w") as f:
        f.write("\n".join(str(t) for t in tokens))
    return path


def product(strings, origin):
    """The options of all layers of one file."""
    masks = [None, "" if strings else 0]
    modes = ["int", "one_hot", "multi_hot", "count", "tf_idf"]
    for mode, oov, mask, limit in itertools.product(
            modes, [0, 1] if strings else [0, 1, 3], masks, ["none", "max", "pad"]):
        if mode == "tf_idf" and origin == "file":
            continue  # Keras refuses.
        if mode == "int" and limit == "pad":
            continue  # No effect.
        if mode == "tf_idf" and limit == "pad" and origin == "adapt":
            continue  # Keras cannot load what it saved.
        if mode == "int" and limit == "none":
            yield dict(output_mode=mode, num_oov_indices=oov, mask_token=mask, invert=True)
        yield dict(output_mode=mode, num_oov_indices=oov, mask_token=mask,
                   max_tokens=None if limit == "none" else 9, pad_to_max_tokens=limit == "pad")


def lookup(strings, origin, options, unknown=None):
    kind = L.StringLookup if strings else L.IntegerLookup
    tokens = WORDS if strings else NUMBERS
    options = dict(options)
    if unknown is not None:
        options["oov_token"] = unknown
    weights = [0.5, 0.75, 1.0, 1.25, 3.5]
    is_idf = options["output_mode"] == "tf_idf"
    if origin == "list":
        return kind(vocabulary=tokens, idf_weights=weights if is_idf else None, **options)
    if origin == "file":
        return kind(vocabulary=vocabulary_file(tokens), **options)
    if origin == "get":
        plain = {k: v for k, v in options.items() if k not in ("invert",)}
        if is_idf:
            plain["idf_weights"] = weights
        given = kind(vocabulary=tokens, **plain).get_vocabulary()
        if is_idf:
            weights = np.linspace(0.25, 1.5, len(given)).tolist()
        return kind(vocabulary=given, idf_weights=weights if is_idf else None, **options)
    layer = kind(**options)
    layer.adapt(np.array([tokens[:1] * 5, tokens[:2] + [tokens[0]] * 3, tokens], dtype=object)
                if strings else np.array([tokens[:1] * 5, tokens[:2] + [tokens[0]] * 3, tokens]))
    return layer


def values(strings, known, mask, width):
    rng = np.random.default_rng(30)
    tokens = list(WORDS if strings else NUMBERS)
    if mask:
        tokens.append("" if strings else 0)
    if not known:
        tokens += ["larch", "[UNK]", "Oak", "hornbeam"] if strings else [8, -1, 99, -44]
    chosen = rng.choice(np.array(tokens, dtype=object), (ROWS, width))
    return chosen if strings else chosen.astype("int64")


def whole(strings, origin, unknown=None):
    keras.utils.clear_session()
    dtype = "string" if strings else "int64"
    # Without indices for unknown tokens, all inputs must be in the vocabulary.
    sources = {}
    for known, mask, width in itertools.product([True, False], [True, False], [1, 3]):
        sources[known, mask, width] = (
            keras.Input((width,), dtype=dtype), values(strings, known, mask, width))
    indices = keras.Input((6,), dtype="int64"), np.arange(ROWS * 6).reshape(ROWS, 6) % 12 - 2
    outputs = []
    for options in product(strings, origin):
        layer = lookup(strings, origin, options, unknown)
        if options.get("invert"):
            outputs.append(layer(indices[0]))
            continue
        mask = options["mask_token"] is not None
        for width in [1, 3]:
            x = sources[options["num_oov_indices"] == 0, mask, width][0]
            outputs.append(layer(x))
    inputs = list(sources.values()) + [indices]
    name = ("strings_" if strings else "integers_") + origin + ("" if unknown is None else "_token")
    write(name, [i[0] for i in inputs], [i[1] for i in inputs], outputs)


def ranks():
    """Encodings of inputs of any rank."""
    keras.utils.clear_session()
    inputs, outputs = [], []
    for shape in [(), (1,), (3,), (2, 3), (3, 1), (2, 3, 2)]:
        rng = np.random.default_rng(len(shape))
        tokens = np.array(WORDS + ["?", ""], dtype=object)
        words = keras.Input(shape, dtype="string"), rng.choice(tokens, (ROWS, *shape))
        numbers = keras.Input(shape, dtype="int64"), rng.integers(0, 6, (ROWS, *shape))
        inputs += [words, numbers]
        for mode in ["int", "one_hot", "multi_hot", "count", "tf_idf"]:
            idf = dict(idf_weights=[1.0, 2.0, 3.0, 4.0, 5.0]) if mode == "tf_idf" else {}
            outputs.append(L.StringLookup(vocabulary=WORDS, output_mode=mode, mask_token="", **idf)(words[0]))
            outputs.append(L.IntegerLookup(vocabulary=[1, 2, 3, 4, 5], output_mode=mode, **idf)(numbers[0]))
            if mode in ("one_hot", "multi_hot", "count"):
                outputs.append(L.CategoryEncoding(6, output_mode=mode)(numbers[0]))
    write("ranks", [i[0] for i in inputs], [i[1] for i in inputs], outputs)


def types():
    """Inputs of other types, and vocabularies with tokens that look like special ones."""
    keras.utils.clear_session()
    small = keras.Input((3,), dtype="int32"), np.array([[7, 8, -3]] * ROWS, "int32")
    real = keras.Input((3,)), np.array([[7.9, 8.2, -3.5]] * ROWS, "float32")
    words = keras.Input((4,), dtype="string"), np.array([["[UNK]", "", "é", "two words"]] * ROWS, dtype=object)
    outputs = [
        L.IntegerLookup(vocabulary=NUMBERS)(small[0]),
        L.IntegerLookup(vocabulary=NUMBERS, output_mode="multi_hot")(real[0]),
        L.IntegerLookup(vocabulary=[-1, 7], num_oov_indices=2, oov_token=-1)(small[0]),
        L.IntegerLookup(vocabulary=[-1, -1, 7], num_oov_indices=2, oov_token=-1)(small[0]),
        L.IntegerLookup(vocabulary=[8, 7], mask_token=-3, invert=False)(small[0]),
        L.StringLookup(vocabulary=["", "é", "two words"])(words[0]),
        L.StringLookup(vocabulary=["é", "[UNK]", "two words"])(words[0]),
        L.StringLookup(vocabulary=["[UNK]", "é", ""])(words[0]),
        L.StringLookup(vocabulary=["", "[UNK]", "é"], mask_token="")(words[0]),
        L.StringLookup(vocabulary=["é"], mask_token="two words", oov_token="-")(words[0]),
    ]
    write("types", [small[0], real[0], words[0]], [small[1], real[1], words[1]], outputs)


def consumers():
    """Layers behind encodings, which are integers for Keras."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(30)
    words = keras.Input((3,), dtype="string"), np.array([["oak", "yew", "?"]] * ROWS, dtype=object)
    reals = keras.Input((6,)), np.random.default_rng(30).uniform(-1, 1, (ROWS, 6)).astype("float32")
    hot = L.StringLookup(vocabulary=WORDS, output_mode="multi_hot")(words[0])
    many = L.StringLookup(vocabulary=WORDS, output_mode="one_hot")(words[0])
    index = L.StringLookup(vocabulary=WORDS)(words[0])
    outputs = [
        L.Dense(2)(hot), L.Concatenate()([hot, reals[0]]), L.Add()([reals[0], hot]),
        L.Multiply()([hot, reals[0]]), L.Rescaling(0.5)(hot), L.BatchNormalization()(hot),
        L.Dense(2)(L.Flatten()(many)), L.GlobalAveragePooling1D()(many), L.LSTM(2)(many),
        L.Embedding(6, 3)(index), L.CategoryEncoding(6, output_mode="count")(index),
        L.Dense(2)(L.Dropout(0.5)(L.Concatenate()([hot, L.Reshape((6,))(hot)]))), hot * reals[0],
        keras.ops.mean(keras.ops.cast(many, "float32"), axis=1), L.Dot(1)([hot, reals[0]]), L.Softmax()(reals[0] + hot),
    ]
    write("consumers", [words[0], reals[0]], [words[1], reals[1]], outputs)


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    for kind, origin in itertools.product([True, False], ["list", "adapt", "file", "get"]):
        whole(kind, origin)
    whole(True, "adapt", "<other>")
    whole(False, "adapt", -44)
    ranks()
    types()
    consumers()
