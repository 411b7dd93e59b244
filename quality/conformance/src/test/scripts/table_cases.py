"""Writes SavedModels with lookup tables, and variables that only the object graph names, with inputs and
TensorFlow's own outputs: NAME/saved_model and NAME/case.json.

Made with TensorFlow 2.21.0, Keras 3.15.1, NumPy 2.4.6:
  python3 -m venv V && V/bin/pip install tensorflow-cpu==2.21.0
  V/bin/python table_cases.py FOLDER
"""
import json
import os
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from lookup_cases import tensor

FOLDER = sys.argv[1]
WORDS = ["oak", "elm", "ash", "fir"]
S, I, I32, F = tf.string, tf.int64, tf.int32, tf.float32
words = np.array([["oak", "fir"], ["larch", "elm"]], dtype=object)
numbers = np.array([[0, 3], [7, 1]], "int64")


def text_file(lines, end="\n"):
    path = os.path.join(tempfile.mkdtemp(), "tokens.txt")
    with open(path, "w", newline="") as f:
        f.write(end.join(lines) + end)
    return path


def save(name, module, function, specs, values):
    folder = os.path.join(FOLDER, name)
    concrete = tf.function(function, input_signature=specs)
    tf.saved_model.save(module, os.path.join(folder, "saved_model"), concrete.get_concrete_function())
    finish(folder, concrete(*[tf.constant(v) for v in values]), values)


def finish(folder, results, values):
    results = results if isinstance(results, (list, tuple)) else [results]
    model = os.path.join(folder, "saved_model")
    for unread in ["fingerprint.pb", "variables/checkpoint"]:
        if os.path.exists(os.path.join(model, unread)):
            os.remove(os.path.join(model, unread))
    with open(os.path.join(folder, "case.json"), "w") as f:
        json.dump(dict(inputs=[tensor(v) for v in values], outputs=[tensor(np.asarray(r)) for r in results]), f)


def tables(name, *made):
    """One model that looks up in several tables."""
    module = tf.Module()
    module.tables = list(made)
    by_type = {S: 0, I: 1, I32: 2}
    specs = [tf.TensorSpec([None, 2], t, name="keys%d" % i) for t, i in by_type.items()]

    def look_up(*keys):
        return [t.lookup(keys[by_type[t.key_dtype]]) for t in made]

    save(name, module, look_up, specs, [words, numbers, numbers.astype("int32")])


def static(initializer, default):
    return tf.lookup.StaticHashTable(initializer, default)


def of(keys, values, key_type, value_type):
    return tf.lookup.KeyValueTensorInitializer(keys, values, key_type, value_type)


WHOLE, LINE = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
File = tf.lookup.TextFileInitializer
rows = ["oak;3;0.5", "elm;1;0.25", "fir;7;2"]
tables(
    "files",
    static(File(text_file(WORDS), S, WHOLE, I, LINE), -1),
    static(File(text_file(WORDS, "\r\n"), S, WHOLE, I, LINE), -1),
    static(File(text_file(WORDS), S, WHOLE, I, LINE, value_index_offset=2), 1),
    static(File(text_file(WORDS), S, WHOLE, I, LINE, vocab_size=3), -1),
    static(File(text_file(WORDS), I, LINE, S, WHOLE), "?"),
    static(File(text_file(["7", "3", "-5"]), I, WHOLE, I, LINE), -1),
    static(File(text_file(rows), S, 0, I, 1, delimiter=";"), -1),
    static(File(text_file(rows), I, 1, F, 2, delimiter=";"), -1.0))
tables("file", static(File(text_file(WORDS), S, WHOLE, I, LINE), -1))
tables(
    "constants",
    static(of(WORDS, [7, -2, 3, 4], S, I), -1),
    static(of([0, 1, 7], [3, 2, 1], I, I), -1),
    static(of(WORDS, [0.5, 1.5, 2.5, 3.5], S, F), -1.0),
    static(of(WORDS, ["a", "b", "c", "d"], S, S), "?"),
    static(of(WORDS, [4, 3, 2, 1], S, I32), -1),
    static(of([0, 1, 7], ["a", "b", "c"], I32, S), "?"),
    tf.lookup.StaticVocabularyTable(of(WORDS, np.arange(4), S, I), 1))

mutable = tf.lookup.experimental.MutableHashTable(S, I, -1)
mutable.insert(tf.constant(WORDS), tf.range(10, 14, dtype=I))
integers = tf.lookup.experimental.MutableHashTable(I, F, -1.0)
integers.insert(tf.constant([3, 7], I), tf.constant([0.25, 0.75]))
tables("mutable", mutable, integers)

# Keras layers.
keras.utils.clear_session()
x = keras.Input((2,), dtype="string")
layers = [keras.layers.StringLookup(**options) for options in [
    {}, dict(output_mode="count"), dict(mask_token=""), dict(vocabulary=text_file(WORDS))]]
for layer in layers[:3]:
    layer.adapt(np.array(WORDS + ["oak", "oak", "elm"], dtype=object))
model = keras.Model(x, [layer(x) for layer in layers])
folder = os.path.join(FOLDER, "adapted")
model.export(os.path.join(folder, "saved_model"), verbose=False)
finish(folder, model(tf.constant(words)), [words])

keras.utils.clear_session()
x = keras.Input((3,), dtype="int64")
layers = [keras.layers.StringLookup(vocabulary=WORDS, invert=True, mask_token=mask) for mask in [None, "-"]]
model = keras.Model(x, [layer(x) for layer in layers])
folder = os.path.join(FOLDER, "inverse")
model.export(os.path.join(folder, "saved_model"), verbose=False)
value = np.array([[0, 1, 2], [5, 6, -1]], "int64")
finish(folder, model(value), [value])

# Variables that the restore operation does not name.
keras.utils.clear_session()
keras.utils.set_random_seed(30)
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(2)])
for weight in model.weights:
    weight.assign(weight + 0.125)
folder = os.path.join(FOLDER, "object_graph")
tf.saved_model.save(model, os.path.join(folder, "saved_model"))
value = np.random.default_rng(30).uniform(-1, 1, (2, 3)).astype("float32")
finish(folder, model(value), [value])

# TensorFlow 1.
graph = tf.Graph()
with graph.as_default(), tf.compat.v1.Session(graph=graph) as session:
    keys = tf.compat.v1.placeholder(S, [None, 2], "keys")
    path = text_file(WORDS)
    made = tf.lookup.StaticHashTable(File(path, S, WHOLE, I, LINE), -1)
    ids = made.lookup(keys)
    session.run(tf.compat.v1.tables_initializer())
    folder = os.path.join(FOLDER, "first_version")
    builder = tf.compat.v1.saved_model.Builder(os.path.join(folder, "saved_model"))
    signature = tf.compat.v1.saved_model.predict_signature_def({"keys": keys}, {"ids": ids})
    builder.add_meta_graph_and_variables(
        session, [], {"serving_default": signature},
        assets_collection=tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.ASSET_FILEPATHS),
        main_op=tf.compat.v1.tables_initializer())
    builder.save()
    result = session.run(ids, {keys: words})
finish(folder, result, [words])
