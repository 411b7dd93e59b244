"""Writes one Keras model in three forms, in which its inputs have other names, with samples: model.keras,
exported (model.export), saved (tf.saved_model.save), and samples.npz with the names of the Keras file.

The inputs have no names of their own, are created after others, and are not in the order of creation.

Made with TensorFlow 2.21.0, Keras 3.15.1, NumPy 2.4.6:
  python3 -m venv V && V/bin/pip install tensorflow-cpu==2.21.0
  V/bin/python renamed_cases.py FOLDER
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from lookup_cases import compress

FOLDER = sys.argv[1]
os.makedirs(FOLDER, exist_ok=True)
keras.utils.set_random_seed(30)
for _ in range(9):
    keras.Input((3,))
first, second = keras.Input((3,)), keras.Input((3,))
model = keras.Model(
    [second, first], keras.layers.Dense(2)(keras.layers.Subtract()([first, second])))
model.save(os.path.join(FOLDER, "model.keras"))
compress(os.path.join(FOLDER, "model.keras"))
model.export(os.path.join(FOLDER, "exported"), verbose=False)
tf.saved_model.save(model, os.path.join(FOLDER, "saved"))
for folder in ["exported", "saved"]:
    for unread in ["fingerprint.pb", "variables/checkpoint"]:
        if os.path.exists(os.path.join(FOLDER, folder, unread)):
            os.remove(os.path.join(FOLDER, folder, unread))
rng = np.random.default_rng(30)
names = [layer.name for layer in model.layers[:2]]
np.savez(os.path.join(FOLDER, "samples.npz"), **{n: rng.uniform(-1, 1, (20, 3)).astype("float32") for n in names})
