"""Writes models in the forms that Keras 2 and TensorFlow.js save: NAME.h5 with nodes and weight
names of Keras 2, and NAME/model.json with shards, plain and quantized. Neither tool installs beside
Keras 3, so the forms are written by hand after their source; outputs are Keras 3's own.

Made with TensorFlow 2.21.0, Keras 3.15.1, h5py 3.16, NumPy 2.4.6:
  V/bin/python keras2_cases.py FOLDER
"""
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import h5py
import keras
import numpy as np
from keras import layers as L
from keras import ops

FOLDER = sys.argv[1]
os.makedirs(FOLDER, exist_ok=True)
rng = np.random.default_rng(20261121)


def tensor(value):
    array = np.asarray(value)
    return dict(shape=list(array.shape), dtype=str(array.dtype), data=array.ravel().tolist())


def randomize(model):
    for weight in model.weights:
        values = np.asarray(weight)
        if "variance" in weight.path:
            weight.assign(rng.uniform(0.5, 2, values.shape))
        elif values.ndim == 1:
            weight.assign(values + rng.uniform(-0.5, 0.5, values.shape))


def expect(path, name, model, values):
    outs = keras.tree.flatten(model(values if len(values) > 1 else values[0], training=False))
    with open(path, "w") as f:
        json.dump(dict(name=name, inputs=[tensor(v) for v in values],
                       outputs=[tensor(ops.convert_to_numpy(o)) for o in outs]), f)


def layer2(class_name, name, nodes=None, **config):
    entry = dict(class_name=class_name,
                 config=dict(name=name, trainable=True, dtype="float32", **config))
    if nodes is not None:
        entry["name"] = name
        entry["inbound_nodes"] = nodes
    return entry


def node(*names, **kwargs):
    """Names are layers, or (layer, call): calls of nested models count from 1."""
    calls = [n if isinstance(n, tuple) else (n, 0) for n in names]
    return [[[n, call, 0, kwargs if i == 0 else {}] for i, (n, call) in enumerate(calls)]]


def legacy_names(layer):
    """Returns the weight names of Keras 2 for a layer of Keras 3."""
    names = []
    for weight in layer.weights:
        name = weight.path
        if isinstance(layer, L.DepthwiseConv2D) and name.endswith("/kernel"):
            name = name[: -len("kernel")] + "depthwise_kernel"
        names.append((name + ":0", np.asarray(weight)))
    return names


def save_h5(path, config, weighted):
    with h5py.File(path, "w") as f:
        f.attrs["keras_version"] = b"2.10.0"
        f.attrs["backend"] = b"tensorflow"
        f.attrs["model_config"] = json.dumps(config).encode()
        group = f.create_group("model_weights")
        group.attrs["layer_names"] = [n.encode() for n, _ in weighted]
        group.attrs["backend"] = b"tensorflow"
        group.attrs["keras_version"] = b"2.10.0"
        for name, weights in weighted:
            inner = group.create_group(name)
            inner.attrs["weight_names"] = [n.encode() for n, _ in weights]
            for weight_name, values in weights:
                inner[weight_name] = values


def residual():
    x = keras.Input((8, 8, 3), name="input_1")
    y = L.Conv2D(4, 3, padding="same", use_bias=False, name="conv")(x)
    y = L.BatchNormalization(name="bn")(y)
    y = L.ReLU(6.0, name="relu")(y)
    z = L.DepthwiseConv2D(3, padding="same", name="depthwise")(y)
    z = L.LeakyReLU(negative_slope=0.3, name="leaky")(z)
    y = L.Add(name="sum")([y, z])
    y = L.GlobalAveragePooling2D(name="pool")(y)
    # The TFOpLambda and the SlicingOpLambda of the Keras 2 file.
    y = ops.relu6(y + 3.0) * (1 / 6)
    y = y[:, 1:]
    scores = L.Dense(2, activation="softmax", name="scores")
    model = keras.Model(x, scores(y))
    randomize(model)
    layers = [
        layer2("InputLayer", "input_1", [], batch_input_shape=[None, 8, 8, 3], sparse=False, ragged=False),
        layer2("Conv2D", "conv", node("input_1"), filters=4, kernel_size=[3, 3], strides=[1, 1],
               padding="same", data_format="channels_last", dilation_rate=[1, 1], groups=1,
               activation="linear", use_bias=False),
        layer2("BatchNormalization", "bn", node("conv"), axis=[3], momentum=0.99, epsilon=0.001,
               center=True, scale=True),
        layer2("ReLU", "relu", node("bn"), max_value=6.0, negative_slope=0.0, threshold=0.0),
        layer2("DepthwiseConv2D", "depthwise", node("relu"), kernel_size=[3, 3], strides=[1, 1],
               padding="same", data_format="channels_last", dilation_rate=[1, 1], groups=1,
               activation="linear", use_bias=True, depth_multiplier=1),
        layer2("LeakyReLU", "leaky", node("depthwise"), alpha=0.3),
        layer2("Add", "sum", node("relu", "leaky")),
        layer2("GlobalAveragePooling2D", "pool", node("sum"), data_format="channels_last", keepdims=False),
        layer2("TFOpLambda", "tf.__operators__.add", [["pool", 0, 0, {"y": 3.0, "name": None}]],
               function="__operators__.add"),
        layer2("TFOpLambda", "tf.nn.relu6", [["tf.__operators__.add", 0, 0, {"name": None}]],
               function="nn.relu6"),
        layer2("TFOpLambda", "tf.math.multiply",
               [["_CONSTANT_VALUE", -1, 1 / 6, {"y": ["tf.nn.relu6", 0, 0], "name": None}]],
               function="math.multiply"),
        layer2("SlicingOpLambda", "tf.__operators__.getitem",
               [["tf.math.multiply", 0, 0, {"slice_spec": [
                   {"start": None, "stop": None, "step": None}, {"start": 1, "stop": None, "step": None}]}]],
               function="__operators__.getitem"),
        layer2("Dense", "scores", node("tf.__operators__.getitem"), units=2, activation="softmax",
               use_bias=True),
    ]
    config = dict(class_name="Functional", config=dict(
        name="model", layers=layers, input_layers=[["input_1", 0, 0]], output_layers=[["scores", 0, 0]]))
    weighted = [(l.name, legacy_names(l)) for l in model.layers if l.weights]
    values = [rng.uniform(-1, 1, (2, 8, 8, 3)).astype("float32")]
    save_h5(os.path.join(FOLDER, "keras2_residual.h5"), config, weighted)
    expect(os.path.join(FOLDER, "keras2_residual.json"), "keras2_residual", model, values)


def text():
    model = keras.Sequential([
        keras.Input((6,), dtype="int32"), L.Embedding(9, 4, mask_zero=True, name="embedding"),
        L.Bidirectional(L.LSTM(3, return_sequences=True, name="lstm"), name="bidirectional"),
        L.GRU(4, name="gru"), L.Dropout(0.5, name="dropout"),
        L.Dense(2, activation="softmax", name="dense")])
    randomize(model)
    recurrent = dict(activation="tanh", recurrent_activation="sigmoid", use_bias=True, dropout=0.0,
                     recurrent_dropout=0.0, implementation=2, return_state=False, go_backwards=False,
                     stateful=False, unroll=False, time_major=False)
    layers = [
        layer2("InputLayer", "embedding_input", batch_input_shape=[None, 6], sparse=False, ragged=False),
        layer2("Embedding", "embedding", batch_input_shape=[None, 6], input_dim=9, output_dim=4,
               mask_zero=True, input_length=6),
        layer2("Bidirectional", "bidirectional", merge_mode="concat", layer=layer2(
            "LSTM", "lstm", units=3, return_sequences=True, unit_forget_bias=True, **recurrent)),
        layer2("GRU", "gru", units=4, return_sequences=False, reset_after=True, **recurrent),
        layer2("Dropout", "dropout", rate=0.5, noise_shape=None, seed=None),
        layer2("Dense", "dense", units=2, activation="softmax", use_bias=True),
    ]
    config = dict(class_name="Sequential", config=dict(name="sequential", layers=layers))
    weighted = []
    for l in model.layers:
        names = []
        for weight in l.weights:
            name = weight.path.replace("lstm_cell", "lstm_cell_1").replace("gru_cell", "gru_cell_4")
            names.append((name + ":0", np.asarray(weight)))
        weighted.append((l.name, names))
    values = [np.array([[1, 2, 3, 0, 0, 0], [4, 5, 6, 7, 8, 0]], "int32")]
    save_h5(os.path.join(FOLDER, "keras2_text.h5"), config, weighted)
    expect(os.path.join(FOLDER, "keras2_text.json"), "keras2_text", model, values)


def nested():
    base = keras.Sequential([keras.Input((6, 6, 2)), L.Conv2D(3, 3, name="block"),
                             L.BatchNormalization(name="norm")], name="base")
    x = keras.Input((6, 6, 2), name="input_2")
    model = keras.Model(x, L.Dense(2, name="head")(L.Flatten(name="flatten")(base(x))))
    randomize(model)
    inner = [
        layer2("InputLayer", "block_input", batch_input_shape=[None, 6, 6, 2]),
        layer2("Conv2D", "block", filters=3, kernel_size=[3, 3], strides=[1, 1], padding="valid",
               data_format="channels_last", dilation_rate=[1, 1], groups=1, activation="linear",
               use_bias=True),
        layer2("BatchNormalization", "norm", axis=[3], epsilon=0.001, center=True, scale=True)]
    layers = [
        layer2("InputLayer", "input_2", [], batch_input_shape=[None, 6, 6, 2]),
        dict(class_name="Sequential", config=dict(name="base", layers=inner), name="base",
             inbound_nodes=node("input_2")),
        layer2("Flatten", "flatten", node(("base", 1)), data_format="channels_last"),
        layer2("Dense", "head", node("flatten"), units=2, activation="linear", use_bias=True)]
    config = dict(class_name="Model", config=dict(
        name="model_1", layers=layers, input_layers=[["input_2", 0, 0]], output_layers=[["head", 0, 0]]))
    # Keras 2 omits the nested model's name and writes frozen weights last.
    flat = [(w.path.replace("base/", "") + ":0", np.asarray(w)) for w in base.weights]
    weighted = [("base", flat[::-1]), ("head", legacy_names(model.layers[-1]))]
    values = [rng.uniform(-1, 1, (2, 6, 6, 2)).astype("float32")]
    save_h5(os.path.join(FOLDER, "keras2_nested.h5"), config, weighted)
    expect(os.path.join(FOLDER, "keras2_nested.json"), "keras2_nested", model, values)


def siamese():
    i = keras.Input((5,), name="input_1")
    base = keras.Model(i, L.Dense(3, activation="tanh", name="inner")(i), name="model")
    a, b = keras.Input((5,), name="input_2"), keras.Input((5,), name="input_3")
    model = keras.Model([a, b], [L.Subtract(name="difference")([base(a), base(b)]), base(b)])
    randomize(model)
    dense = layer2("Dense", "inner", node("input_1"), units=3, activation="tanh", use_bias=True)
    inner = [layer2("InputLayer", "input_1", [], batch_input_shape=[None, 5]), dense]
    layers = [
        layer2("InputLayer", "input_2", [], batch_input_shape=[None, 5]),
        layer2("InputLayer", "input_3", [], batch_input_shape=[None, 5]),
        dict(class_name="Functional", name="model", inbound_nodes=node("input_2") + node("input_3"),
             config=dict(name="model", layers=inner, input_layers=[["input_1", 0, 0]],
                         output_layers=[["inner", 0, 0]])),
        layer2("Subtract", "difference", node(("model", 1), ("model", 2)))]
    config = dict(class_name="Functional", config=dict(
        name="model_1", layers=layers, input_layers=[["input_2", 0, 0], ["input_3", 0, 0]],
        output_layers=[["difference", 0, 0], ["model", 2, 0]]))
    weighted = [("model", [(w.path.replace("model/", "") + ":0", np.asarray(w)) for w in base.weights])]
    values = [rng.uniform(-1, 1, (2, 5)).astype("float32") for _ in range(2)]
    save_h5(os.path.join(FOLDER, "keras2_siamese.h5"), config, weighted)
    expect(os.path.join(FOLDER, "keras2_siamese.json"), "keras2_siamese", model, values)


def save_legacy(name, config, weighted, model, values):
    save_h5(os.path.join(FOLDER, name + ".h5"), config, weighted)
    expect(os.path.join(FOLDER, name + ".json"), name, model, values)


def classifier():
    """A sequential model of sequential models; the first one begins with a functional model."""
    i = keras.Input((8, 8, 3), name="input_1")
    base = keras.Model(i, L.ReLU(name="relu")(L.Conv2D(4, 3, name="conv1_conv")(i)), name="base")
    dense = L.Dense(3, activation="softmax", name="dense_1")
    model = keras.Sequential([keras.Input((8, 8, 3)), base, L.GlobalAveragePooling2D(), dense])
    randomize(model)
    # As in Keras' own DenseNet, names have slashes.
    inner = [
        layer2("InputLayer", "input_1", [], batch_input_shape=[None, 8, 8, 3]),
        layer2("Conv2D", "conv1/conv", node("input_1"), filters=4, kernel_size=[3, 3], strides=[1, 1],
               padding="valid", data_format="channels_last", dilation_rate=[1, 1], activation="linear",
               use_bias=True),
        layer2("ReLU", "conv1/relu", node("conv1/conv"), max_value=None, negative_slope=0.0, threshold=0.0)]
    first = [
        dict(class_name="Model", config=dict(name="base", layers=inner, input_layers=[["input_1", 0, 0]],
                                             output_layers=[["conv1/relu", 0, 0]])),
        layer2("GlobalAveragePooling2D", "pool", data_format="channels_last")]
    second = [layer2("Dense", "dense_1", batch_input_shape=[None, 4], units=3, activation="softmax",
                     use_bias=True)]
    config = dict(class_name="Sequential", config=dict(name="sequential_4", layers=[
        dict(class_name="Sequential", config=dict(name="sequential_1", layers=first)),
        dict(class_name="Sequential", config=dict(name="sequential_3", layers=second))]))
    kernel, bias = [np.asarray(w) for w in base.weights]
    weighted = [("sequential_1", [("conv1/conv/kernel:0", kernel), ("conv1/conv/bias:0", bias)]),
                ("sequential_3", legacy_names(dense))]
    values = [rng.uniform(-1, 1, (2, 8, 8, 3)).astype("float32")]
    save_legacy("keras2_classifier", config, weighted, model, values)


def lists():
    """A sequential model before Keras 2.2.3: its configuration is the list of its layers."""
    dense = [L.Dense(5, activation="relu", name="dense_1"), L.Dense(3, activation="tanh", name="dense_2"),
             L.Dense(2, activation="softmax", name="dense_3")]
    model = keras.Sequential([keras.Input((4,)), *dense])
    randomize(model)
    inner = [layer2("Dense", "dense_1", units=5, activation="relu", use_bias=True, batch_input_shape=[None, 4]),
             layer2("Dense", "dense_2", units=3, activation="tanh", use_bias=True)]
    config = dict(class_name="Sequential", config=[
        dict(class_name="Sequential", config=inner),
        layer2("Dense", "dense_3", units=2, activation="softmax", use_bias=True)])
    weighted = [("sequential_9", legacy_names(dense[0]) + legacy_names(dense[1])),
                ("dense_3", legacy_names(dense[2]))]
    save_legacy("keras2_lists", config, weighted, model, [rng.uniform(-1, 1, (2, 4)).astype("float32")])


def video():
    """TimeDistributed, which weight names omit; Bidirectional with unnamed directions; and an
    unused loss layer."""
    i = keras.Input((4, 4, 2), name="input_2")
    frame = keras.Model(i, L.GlobalAveragePooling2D()(L.Conv2D(3, 3, name="conv")(i)), name="frame")
    x = keras.Input((5, 4, 4, 2), name="input_1")
    both = L.Bidirectional(L.LSTM(2, name="lstm"), name="bidirectional_1")
    model = keras.Model(x, both(L.TimeDistributed(frame)(x)))
    randomize(model)
    inner = [
        layer2("InputLayer", "input_2", [], batch_input_shape=[None, 4, 4, 2]),
        layer2("Conv2D", "conv", node("input_2"), filters=3, kernel_size=[3, 3], strides=[1, 1],
               padding="valid", data_format="channels_last", dilation_rate=[1, 1], activation="linear",
               use_bias=True),
        layer2("GlobalAveragePooling2D", "pool", node("conv"), data_format="channels_last")]
    wrapped = dict(class_name="Model", config=dict(
        name="frame", layers=inner, input_layers=[["input_2", 0, 0]], output_layers=[["pool", 0, 0]]))
    lstm = layer2("LSTM", "lstm_1", units=2, activation="tanh", recurrent_activation="sigmoid",
                  use_bias=True, unit_forget_bias=True, return_sequences=False, return_state=False,
                  go_backwards=False, stateful=False, unroll=False, implementation=1)
    layers = [
        layer2("InputLayer", "input_1", [], batch_input_shape=[None, 5, 4, 4, 2]),
        layer2("TimeDistributed", "time_distributed_1", node("input_1"), layer=wrapped),
        layer2("Bidirectional", "bidirectional_1", node("time_distributed_1"), merge_mode="concat", layer=lstm),
        layer2("AddLoss", "add_loss", node("bidirectional_1"), unconditional=False)]
    config = dict(class_name="Model", config=dict(
        name="model_1", layers=layers, input_layers=[["input_1", 0, 0]],
        output_layers=[["bidirectional_1", 0, 0]]))
    kernel, bias = [np.asarray(w) for w in frame.weights]
    names = [n + suffix for suffix in (":0", "_1:0") for n in ("kernel", "recurrent_kernel", "bias")]
    weighted = [
        ("time_distributed_1", [("time_distributed_1/kernel:0", kernel), ("time_distributed_1/bias:0", bias)]),
        ("bidirectional_1", [("bidirectional_1/" + n, np.asarray(w)) for n, w in zip(names, both.weights)])]
    values = [rng.uniform(-1, 1, (2, 5, 4, 4, 2)).astype("float32")]
    save_legacy("keras2_video", config, weighted, model, values)


def recurrent():
    """Forms of Keras 2.0: its own hard_sigmoid, and GRU without reset_after."""
    def gate(z):
        return ops.clip(0.2 * z + 0.5, 0, 1)

    gru = L.GRU(3, reset_after=False, recurrent_activation=gate, return_sequences=True, name="gru_1")
    lstm = L.LSTM(2, recurrent_activation=gate, name="lstm_1")
    dense = L.Dense(2, activation=gate, name="dense_1")
    model = keras.Sequential([keras.Input((5, 4)), gru, lstm, dense])
    randomize(model)
    common = dict(activation="tanh", recurrent_activation="hard_sigmoid", use_bias=True, go_backwards=False,
                  return_state=False, stateful=False, unroll=False, implementation=0)
    config = dict(class_name="Sequential", config=[
        layer2("GRU", "gru_1", batch_input_shape=[None, 5, 4], units=3, return_sequences=True, **common),
        layer2("LSTM", "lstm_1", units=2, return_sequences=False, unit_forget_bias=True, **common),
        layer2("Dense", "dense_1", units=2, activation="hard_sigmoid", use_bias=True)])
    weighted = [(l.name, [(l.name + "/" + w.name + ":0", np.asarray(w)) for w in l.weights])
                for l in (gru, lstm, dense)]
    save_legacy("keras2_recurrent", config, weighted, model, [rng.uniform(-1, 1, (2, 5, 4)).astype("float32")])


def calls():
    """TensorFlow functions with default arguments."""
    x = keras.Input((3, 4), name="input_1")
    rest = np.full((1, 2, 4), 0.5, "float32")
    product = ops.matmul(x, ops.transpose(x, (0, 2, 1)))
    first, second = ops.split(x, [1], axis=-1)
    joined = ops.concatenate([x, ops.broadcast_to(rest, (2, 2, 4))], axis=1)
    padded = ops.pad(x, [[0, 0], [1, 0], [0, 2]], constant_values=1.5)
    summed = ops.flip(ops.cumsum(ops.flip(x, 1), axis=1), 1) - x
    model = keras.Model(x, [product, first, second, joined, padded, summed])

    def function(name, what, first="input_1", **kwargs):
        nodes = [[[first, 0, 0, kwargs]]] if isinstance(first, str) else [first]
        return layer2("TFOpLambda", name, nodes[0], function=what)

    constant = ["_CONSTANT_VALUE", -1, np.repeat(rest, 2, 0).tolist()]
    layers = [
        layer2("InputLayer", "input_1", [], batch_input_shape=[2, 3, 4]),
        function("tf.linalg.matmul", "linalg.matmul", b=["input_1", 0, 0], transpose_b=True),
        function("tf.split", "split", num_or_size_splits=[1, 3], axis=-1),
        layer2("TFOpLambda", "tf.concat", [[["input_1", 0, 0, {"axis": 1}], constant]], function="concat"),
        function("tf.compat.v1.pad", "compat.v1.pad", paddings=[[0, 0], [1, 0], [0, 2]], constant_values=1.5),
        function("tf.math.cumsum", "math.cumsum", axis=1, exclusive=True, reverse=True)]
    outputs = [["tf.linalg.matmul", 0, 0], ["tf.split", 0, 0], ["tf.split", 0, 1], ["tf.concat", 0, 0],
               ["tf.compat.v1.pad", 0, 0], ["tf.math.cumsum", 0, 0]]
    config = dict(class_name="Functional", config=dict(
        name="model", layers=layers, input_layers=[["input_1", 0, 0]], output_layers=outputs))
    save_legacy("keras2_calls", config, [], model, [rng.uniform(-1, 1, (2, 3, 4)).astype("float32")])


def tfjs(name, quantize):
    model = keras.Sequential([
        keras.Input((8, 8, 1)), L.Conv2D(4, 3, activation="relu", name="conv2d_Conv2D1"),
        L.MaxPooling2D(name="pool"), L.Flatten(name="flatten"), L.Dense(3, activation="softmax", name="dense_Dense1")])
    randomize(model)
    layers = [
        layer2("Conv2D", "conv2d_Conv2D1", batch_input_shape=[None, 8, 8, 1], filters=4, kernel_size=[3, 3],
               strides=[1, 1], padding="valid", data_format="channels_last", dilation_rate=[1, 1],
               activation="relu", use_bias=True),
        layer2("MaxPooling2D", "pool", pool_size=[2, 2], strides=[2, 2], padding="valid",
               data_format="channels_last"),
        layer2("Flatten", "flatten"),
        layer2("Dense", "dense_Dense1", units=3, activation="softmax", use_bias=True)]
    folder = os.path.join(FOLDER, name)
    os.makedirs(folder, exist_ok=True)
    entries, blob = [], b""
    for weight in model.weights:
        values = np.asarray(weight)
        entry = dict(name=weight.path, shape=list(values.shape), dtype="float32")
        if quantize in ("uint8", "uint16"):
            steps = 255 if quantize == "uint8" else 65535
            low, high = float(values.min()), float(values.max())
            scale = (high - low) / steps
            stored = np.round((values - low) / scale).astype(quantize)
            entry["quantization"] = dict(dtype=quantize, min=low, scale=scale, original_dtype="float32")
            weight.assign(stored.astype("float32") * np.float32(scale) + np.float32(low))
        elif quantize == "float16":
            stored = values.astype("float16")
            entry["quantization"] = dict(dtype="float16", original_dtype="float32")
            weight.assign(stored.astype("float32"))
        else:
            stored = values
        entries.append(entry)
        blob += stored.tobytes()
    half = len(blob) // 2 + 1
    shards = ["group1-shard1of2.bin", "group1-shard2of2.bin"]
    for shard, part in zip(shards, (blob[:half], blob[half:])):
        with open(os.path.join(folder, shard), "wb") as f:
            f.write(part)
    document = dict(format="layers-model", generatedBy="keras v2.15.0", convertedBy="by hand",
                    modelTopology=dict(keras_version="2.15.0", backend="tensorflow", model_config=dict(
                        class_name="Sequential", config=dict(name="sequential_1", layers=layers))),
                    weightsManifest=[dict(paths=shards, weights=entries)])
    with open(os.path.join(folder, "model.json"), "w") as f:
        json.dump(document, f)
    values = [rng.uniform(-1, 1, (2, 8, 8, 1)).astype("float32")]
    expect(os.path.join(FOLDER, name + ".json"), name, model, values)


residual()
text()
nested()
for kind in ("float32", "float16", "uint8", "uint16"):
    tfjs("tfjs_" + kind, kind)
siamese()
classifier()
lists()
video()
recurrent()
calls()
