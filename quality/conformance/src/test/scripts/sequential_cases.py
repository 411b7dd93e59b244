"""Writes Sequential models whose input Keras inferred, or the user stated, with inputs of another batch
and Keras' own outputs: NAME.keras (or .h5) and NAME.json. "batch" in the JSON is the batch that a
converted model should state: null where it is open.

Made with TensorFlow 2.21.0, Keras 3.15.1, NumPy 2.4.6:
  python3 -m venv V && V/bin/pip install tensorflow-cpu==2.21.0
  V/bin/python sequential_cases.py FOLDER
"""
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from keras import layers as L
from lookup_cases import compress, tensor

FOLDER = sys.argv[1]
os.makedirs(FOLDER, exist_ok=True)
rng = np.random.default_rng(30)


def case(name, model, value, batch=None, suffix=".keras"):
    path = os.path.join(FOLDER, name + suffix)
    model.save(path)
    if suffix == ".keras":
        compress(path)
    # The layers by themselves: a model that was called once accepts no other batch in h5 files.
    result = tf.constant(value)
    for layer in model.layers:
        result = layer(result)
    with open(os.path.join(FOLDER, name + ".json"), "w") as f:
        json.dump(dict(inputs=[tensor(value)], outputs=[tensor(np.asarray(result))], batch=batch), f)


def reals(*shape):
    return rng.uniform(-1, 1, shape).astype("float32")


def image():
    return keras.Sequential([L.Conv2D(3, 3), L.Flatten(), L.Dense(2)])


model = image()
model(reals(1, 6, 6, 1))
case("called", model, reals(3, 6, 6, 1))
case("called_h5", model, reals(3, 6, 6, 1), suffix=".h5")
model = image()
model.build((8, 6, 6, 1))
case("built", model, reals(3, 6, 6, 1))
model = keras.Sequential([L.Dense(4, activation="relu"), L.Dense(2)])
model.compile("sgd", "mse")
model.fit(reals(32, 5), reals(32, 2), verbose=0)
case("fitted", model, reals(3, 5))
model = keras.Sequential([keras.Sequential([L.Dense(4), L.ReLU()]), L.Dense(2)])
model(reals(7, 5))
case("nested", model, reals(3, 5))
model = keras.Sequential([L.StringLookup(vocabulary=["a", "b"]), L.Embedding(3, 2), L.GlobalAveragePooling1D()])
model(tf.constant([["a", "b"]]))
case("strings", model, np.array([["b", "c"], ["a", "a"]], dtype=object))
model = keras.Sequential([keras.Input((5,), batch_size=3, name="stated"), L.Dense(2)])
case("stated", model, reals(3, 5), batch=3)
model = keras.Sequential([L.LSTM(3, stateful=True), L.Dense(2)])
model(reals(2, 4, 3))
model.layers[0].reset_states()
case("stateful", model, reals(2, 4, 3), batch=2)
