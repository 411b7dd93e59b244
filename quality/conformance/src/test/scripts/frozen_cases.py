"""Writes frozen graphs of TensorFlow 1, with inputs and TensorFlow's own outputs: NAME.pb and NAME.json.

Made with TensorFlow 2.21.0, NumPy 2.4.6:
  python3 -m venv V && V/bin/pip install tensorflow-cpu==2.21.0
  V/bin/python frozen_cases.py FOLDER
"""
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
from lookup_cases import tensor
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

FOLDER = sys.argv[1]
os.makedirs(FOLDER, exist_ok=True)
v1 = tf.compat.v1
rng = np.random.default_rng(30)


def reals(*shape):
    return rng.uniform(-1, 1, shape).astype("float32")


def write(name, graph_def, feeds, fetches, shapes=None):
    """Writes a graph; feeds are arrays by tensor, shapes those that the graph does not state."""
    with open(os.path.join(FOLDER, name + ".pb"), "wb") as f:
        f.write(graph_def.SerializeToString(deterministic=True))
    with tf.Graph().as_default() as graph, v1.Session(graph=graph) as session:
        tf.import_graph_def(graph_def, name="")
        full = lambda t: t if ":" in t else t + ":0"
        results = session.run([full(f) for f in fetches], {full(t): v for t, v in feeds.items()})
    with open(os.path.join(FOLDER, name + ".json"), "w") as f:
        json.dump(dict(input_arrays=list(feeds), output_arrays=fetches, input_shapes=shapes or [],
                       inputs=[tensor(v) for v in feeds.values()],
                       outputs=[tensor(r) for r in results]), f)


def frozen(build, outputs):
    with tf.Graph().as_default() as graph, v1.Session(graph=graph) as session:
        v1.disable_control_flow_v2()
        build()
        session.run(v1.global_variables_initializer())
        return v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), outputs)


def variable(name, *shape):
    return v1.get_variable(name, initializer=reals(*shape), use_resource=False)


def network():
    x = v1.placeholder(tf.float32, [None, 8, 8, 2], "image")
    keep = v1.placeholder_with_default(1.0, [], "keep")
    y = tf.nn.conv2d(x, variable("filters", 3, 3, 2, 4), 2, "SAME")
    y, _, _ = v1.nn.fused_batch_norm(y, variable("scale", 4), variable("offset", 4),
                                     mean=variable("mean", 4), variance=np.full(4, 0.5, "float32"),
                                     is_training=False)
    y = tf.identity(tf.nn.relu6(y), "features")
    y = tf.reshape(y, [-1, 64]) * keep
    with tf.control_dependencies([v1.assert_greater(keep, 0.0)]):
        y = tf.identity(y)
    y = tf.matmul(y, variable("weights", 64, 3)) + variable("bias", 3)
    tf.nn.softmax(y, name="scores")
    tf.argmax(y, 1, name="label")


graph = frozen(network, ["scores", "label"])
write("network", graph, {"image": reals(2, 8, 8, 2)}, ["scores", "label"])
write("from_the_middle", graph, {"features:0": reals(2, 4, 4, 4)}, ["scores:0"], [[-1, 4, 4, 4]])


def loop():
    x = v1.placeholder(tf.float32, None, "x")
    n = v1.placeholder(tf.int32, [], "n")
    step = lambda i, s: (i + 1, s * 0.5 + tf.cast(i, tf.float32))
    _, s = v1.while_loop(lambda i, s: i < n, step, [tf.constant(0), x])
    v1.cond(tf.reduce_sum(s) > 0, lambda: s + 1, lambda: s - 1, name="branch")
    tf.identity(v1.cond(tf.reduce_sum(s) > 0, lambda: s * 2, lambda: -s), "result")


graph = frozen(loop, ["result"])
write("control_flow", graph, {"x": reals(2, 3), "n": np.int32(3)}, ["result"], [[2, 3], []])


def split():
    x = v1.placeholder(tf.float32, [2, 6], "x")
    values, indices = tf.math.top_k(x, 2)
    tf.identity(values, "largest")
    tf.split(x, 3, 1, name="parts")
    tf.add(x, 1.0, name="plus")


graph = frozen(split, ["largest", "parts", "plus"])
write("several_outputs", graph, {"x": reals(2, 6)}, ["parts:2", "largest", "parts", "TopKV2:1"])

# A graph of TensorFlow 2 with functions, which has no definitions of operations.
filters = tf.Variable(reals(3, 3))


@tf.function(input_signature=[tf.TensorSpec([2, 3], name="x")])
def functional(x):
    i = tf.constant(0)
    while i < 3:
        x = tf.matmul(x, filters)
        values, indices = tf.math.top_k(x, 3)
        x = values + tf.cast(indices, tf.float32)
        i += 1
    return x


constant = convert_variables_to_constants_v2(functional.get_concrete_function(), lower_control_flow=False)
write("functions", constant.graph.as_graph_def(), {"x": reals(2, 3)}, ["Identity"])


# Not frozen, and in text form.
with tf.Graph().as_default() as graph:
    v1.disable_resource_variables()
    x = v1.placeholder(tf.float32, [1, 2], "x")
    tf.identity(tf.matmul(x, variable("w", 2, 2)), "y")
    tf.io.write_graph(graph, FOLDER, "not_frozen.pb", as_text=False)
    tf.io.write_graph(graph, FOLDER, "text.pbtxt", as_text=True)
