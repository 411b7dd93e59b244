"""Models of quantization-aware training as SavedModels, and what TensorFlow's converter makes of them.

Made with TensorFlow 2.21.0 and NumPy 2.4.6. Run: python fake_quant_cases.py OUTPUT_FOLDER [CASE...]

Each case is a folder with `saved_model`, `tensorflow.tflite` (the model that TensorFlow's converter
quantizes with Optimize.DEFAULT and no representative data; missing where the converter fails) and
`calls.npz` with inputs `in|NAME`, outputs of the SavedModel `float|NAME` and outputs of that model in
TensorFlow Lite's reference kernels `out|NAME` (missing where they do not run it).
"""
import os
import shutil
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

FQ = tf.quantization
ROOT = sys.argv[1]
WANTED = sys.argv[2:]


class Net(tf.Module):
    """Weights and ranges, as constants or as variables, which moving averages leave."""

    def __init__(self, seed, constant=True):
        super().__init__()
        self.constant = constant
        self.random = np.random.default_rng(seed)
        self.all = []

    def var(self, value, trainable=False):
        if self.constant:
            return tf.constant(np.asarray(value, np.float32))
        v = tf.Variable(np.asarray(value, np.float32), trainable=trainable)
        self.all.append(v)
        return v

    def weights(self, *shape, scale=0.5):
        spread = self.random.uniform(0.3, 2, shape[-1])
        return self.var(self.random.normal(0, scale, shape) * spread, True)

    def bias(self, n):
        return self.var(self.random.normal(0, 0.3, n), True)

    def per_channel(self, w, narrow=True, bits=8, symmetric=True):
        axes = tuple(range(len(w.shape) - 1))
        low, high = w.numpy().min(axes), w.numpy().max(axes)
        if symmetric:
            high = np.maximum(-low, high)
            low = -high
        low, high = self.var(low), self.var(high)
        return lambda: FQ.fake_quant_with_min_max_vars_per_channel(
            w, low, high, num_bits=bits, narrow_range=narrow)

    def per_tensor(self, w, narrow=True, bits=8, symmetric=True):
        low, high = float(w.numpy().min()), float(w.numpy().max())
        if symmetric:
            high = max(-low, high)
            low = -high
        low, high = self.var(low), self.var(high)
        return lambda: FQ.fake_quant_with_min_max_vars(
            w, low, high, num_bits=bits, narrow_range=narrow)

    def act(self, low, high, narrow=False, bits=8):
        low, high = self.var(low), self.var(high)
        return lambda x: FQ.fake_quant_with_min_max_vars(
            x, low, high, num_bits=bits, narrow_range=narrow)


def conv(x, w, stride=1, padding="SAME"):
    return tf.nn.conv2d(x, w, stride, padding)


def dense(narrow=True, per_channel=True, symmetric=True):
    n = Net(1, constant=False)
    w1, b1, w2, b2 = n.weights(12, 16), n.bias(16), n.weights(16, 5), n.bias(5)
    fq = n.per_channel if per_channel else n.per_tensor
    q1, q2 = (fq(w, narrow=narrow, symmetric=symmetric) for w in (w1, w2))
    a0, a1, a2 = n.act(-2.7, 3.1), n.act(0, 7.3), n.act(-11.2, 9.7)

    def f(x):
        y = a1(tf.nn.relu(tf.matmul(a0(x), q1()) + b1))
        return {"y": a2(tf.matmul(y, q2()) + b2)}
    return n, f, {"x": (12,)}


def conv_bn(per_channel=True, folded=False, relu=tf.nn.relu6):
    n = Net(2, constant=not per_channel)
    w, w2 = n.weights(3, 3, 3, 8), n.weights(1, 1, 8, 6)
    gamma, beta = n.var(n.random.uniform(0.5, 1.5, 8)), n.bias(8)
    mean, variance = n.bias(8), n.var(n.random.uniform(0.5, 1.5, 8))
    if folded:
        w = n.var((w * gamma / tf.sqrt(variance + 1e-3)).numpy())
    fq = n.per_channel if per_channel else n.per_tensor
    q, q2 = fq(w), fq(w2)
    a0, a1, a2 = n.act(-3, 3), n.act(0, 6), n.act(-7.9, 8.3)

    def f(x):
        y = conv(a0(x), q(), 2)
        if folded:
            y = y + (beta - mean * gamma / tf.sqrt(variance + 1e-3))
        else:
            y, _, _ = tf.compat.v1.nn.fused_batch_norm(
                y, gamma, beta, mean, variance, 1e-3, is_training=False)
        y = a1(relu(y))
        return {"y": a2(conv(y, q2()))}
    return n, f, {"x": (8, 8, 3)}


def depthwise(kind):
    n = Net(3)
    w, w2 = n.weights(3, 3, 6, 1), n.weights(1, 1, 6, 4)
    if kind == "reshaped":
        flat = n.var(w.numpy()[..., 0])
        q1 = n.per_channel(flat)
        q = lambda: tf.reshape(q1(), [3, 3, 6, 1])
    else:
        q = n.per_tensor(w)
    q2, b, b2 = n.per_channel(w2), n.bias(6), n.bias(4)
    a0, a1, a2 = n.act(-3, 3), n.act(0, 6), n.act(-7.9, 8.3)

    def f(x):
        y = tf.nn.depthwise_conv2d(a0(x), q(), [1, 1, 1, 1], "SAME") + b
        y = a1(tf.nn.relu6(y))
        return {"y": a2(conv(y, q2()) + b2)}
    return n, f, {"x": (7, 7, 6)}


def residual():
    n = Net(4)
    w1, b1, w2, b2 = n.weights(3, 3, 4, 4), n.bias(4), n.weights(3, 3, 4, 4), n.bias(4)
    w3, b3 = n.weights(4, 3), n.bias(3)
    q1, q2, q3 = n.per_channel(w1), n.per_channel(w2), n.per_tensor(w3)
    a0, a1, a2, a3 = n.act(-3, 3), n.act(0, 9.5), n.act(-14, 15), n.act(0, 16.5)
    a4, a5 = n.act(0, 8), n.act(-12, 12.5)

    def f(x):
        x = a0(x)
        y = a1(tf.nn.relu(conv(x, q1()) + b1))
        y = a2(conv(y, q2()) + b2)
        y = a3(tf.nn.relu(x + y))
        y = tf.nn.max_pool2d(y, 2, 2, "VALID")
        y = a4(tf.reduce_mean(y, [1, 2]))
        return {"y": a5(tf.matmul(y, q3()) + b3)}
    return n, f, {"x": (8, 8, 4)}


def two_inputs():
    n = Net(5)
    w1, b1, w2, b2 = n.weights(6, 8), n.bias(8), n.weights(4, 8), n.bias(8)
    w3, b3 = n.weights(20, 3), n.bias(3)
    q1, q2, q3 = n.per_tensor(w1), n.per_tensor(w2), n.per_tensor(w3)
    a0, a1, a2, a3 = n.act(-3, 3), n.act(-2, 2.5), n.act(0, 6), n.act(-4, 4.4)
    a4, a5 = n.act(-3, 6.2), n.act(-10, 10)

    def f(a, b):
        a, b = a0(a), a1(b)
        y = a2(tf.nn.relu(tf.matmul(a, q1()) + b1))
        z = a3(tf.matmul(b, q2()) + b2)
        c = a4(tf.concat([y, z, b], -1))
        return {"y": a5(tf.matmul(c, q3()) + b3)}
    return n, f, {"a": (6,), "b": (4,)}


def softmax(bits=8):
    n = Net(6)
    w, b = n.weights(10, 4), n.bias(4)
    q, a0, a1 = n.per_tensor(w, bits=bits), n.act(-3, 3, bits=bits), n.act(-8, 8.5, bits=bits)

    def f(x):
        return {"y": tf.nn.softmax(a1(tf.matmul(a0(x), q()) + b))}
    return n, f, {"x": (10,)}


def no_output_range():
    n = Net(7)
    w, b = n.weights(10, 4), n.bias(4)
    q, a0 = n.per_tensor(w), n.act(-3, 3)

    def f(x):
        return {"y": tf.matmul(a0(x), q()) + b}
    return n, f, {"x": (10,)}


def args():
    n = Net(8)
    w, b = n.weights(10, 4), n.bias(4)
    q = n.per_tensor(w, narrow=True)

    def f(x):
        x = FQ.fake_quant_with_min_max_args(x, -3.3, 3.1)
        y = tf.matmul(x, q()) + b
        return {"y": FQ.fake_quant_with_min_max_args(y, -9.1, 8.2)}
    return n, f, {"x": (10,)}


def mixed():
    """A part without trained ranges behind a trained one."""
    n = Net(9)
    w1, b1, w2, b2 = n.weights(10, 8), n.bias(8), n.weights(8, 4), n.bias(4)
    q1, a0, a1 = n.per_tensor(w1), n.act(-3, 3), n.act(0, 9)

    def f(x):
        y = a1(tf.nn.relu(tf.matmul(a0(x), q1()) + b1))
        return {"y": tf.nn.tanh(tf.matmul(y, w2) + b2)}
    return n, f, {"x": (10,)}


def conv_wide(symmetric=True, bits=8):
    """Weights in the full range, per channel and per tensor; asymmetric ones have zero points."""
    n = Net(12)
    w1, b1, w2, b2 = n.weights(3, 3, 3, 8), n.bias(8), n.weights(1, 1, 8, 6), n.bias(6)
    q1 = n.per_channel(w1, narrow=False, symmetric=symmetric, bits=bits)
    q2 = n.per_tensor(w2, narrow=False, symmetric=symmetric, bits=bits)
    a0, a1, a2 = n.act(-3, 3, bits=bits), n.act(0, 6, bits=bits), n.act(-7.9, 8.3, bits=bits)

    def f(x):
        y = a1(tf.nn.relu(conv(a0(x), q1()) + b1))
        return {"y": a2(conv(y, q2()) + b2)}
    return n, f, {"x": (6, 6, 3)}


def odd_ranges():
    """Ranges without zero, ranges in 16 bits, two ranges in a row, and narrow activations."""
    n = Net(13)
    w, b = n.weights(10, 4), n.bias(4)
    q, a0, a1, a2 = n.per_tensor(w), n.act(0.5, 3), n.act(-8, -1), n.act(-8, 8.5, narrow=True)
    a3, a4 = n.act(-4, 4), n.act(-30, 31, bits=16)

    def f(x):
        y = a1(tf.matmul(a0(x), q()) + b)
        z = a3(a2(tf.matmul(a0(x), q())))
        return {"y": y, "z": z, "u": a4(y + z)}
    return n, f, {"x": (10,)}


def transposed():
    n = Net(10)
    w, b = n.weights(3, 3, 5, 4), n.bias(5)
    # conv2d_transpose has its output channels on axis 2: one range.
    q, a0, a1 = n.per_tensor(w), n.act(-3, 3), n.act(-20, 21)

    def f(x):
        y = tf.nn.conv2d_transpose(a0(x), q(), [1, 8, 8, 5], 2, "SAME") + b
        return {"y": a1(y)}
    return n, f, {"x": (4, 4, 4)}


def moves():
    """Operators that keep the scale, and operators of fixed scale."""
    n = Net(11)
    w, b = n.weights(24, 6), n.bias(6)
    q, a0, a1, a2 = n.per_tensor(w), n.act(-3, 3), n.act(-12, 13), n.act(-1, 1)

    def f(x):
        y = tf.pad(a0(x), [[0, 0], [1, 1], [0, 0]])
        y = tf.transpose(y, [0, 2, 1])
        y = tf.reshape(y[:, 1:, :], [1, 24])
        y = a1(tf.matmul(y, q()) + b)
        left, right = tf.split(y, 2, -1)
        return {"y": a2(tf.nn.tanh(left)), "z": tf.sigmoid(right)}
    return n, f, {"x": (4, 5)}


CASES = {
    "dense": dense,
    "dense_per_tensor": lambda: dense(per_channel=False),
    "dense_asymmetric": lambda: dense(narrow=False, per_channel=False, symmetric=False),
    "conv_bn": conv_bn,
    "conv_bn_per_tensor": lambda: conv_bn(per_channel=False),
    "depthwise": lambda: depthwise("per_tensor"),
    "depthwise_reshaped": lambda: depthwise("reshaped"),
    "residual": residual,
    "two_inputs": two_inputs,
    "softmax": softmax,
    "no_output_range": no_output_range,
    "args": args,
    "mixed": mixed,
    "conv_wide": conv_wide,
    "conv_asymmetric": lambda: conv_wide(symmetric=False),
    "odd_ranges": odd_ranges,
    "transposed": transposed,
    "moves": moves,
}


def convert(folder):
    converter = tf.lite.TFLiteConverter.from_saved_model(folder)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return converter.convert()


def run(model, inputs):
    interpreter = tf.lite.Interpreter(
        model_content=model,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
    runner = interpreter.get_signature_runner("serving_default")
    return runner(**inputs)


for name, make in CASES.items():
    if WANTED and name not in WANTED:
        continue
    net, function, shapes = make()
    specs = {k: tf.TensorSpec([1, *s], tf.float32, name=k) for k, s in shapes.items()}
    concrete = tf.function(function).get_concrete_function(**specs)
    folder = os.path.join(ROOT, name)
    saved_model = os.path.join(folder, "saved_model")
    shutil.rmtree(folder, ignore_errors=True)
    tf.saved_model.save(net, saved_model, signatures=concrete)
    os.remove(os.path.join(saved_model, "fingerprint.pb"))
    os.rmdir(os.path.join(saved_model, "assets"))
    random = np.random.default_rng(99)
    inputs = {k: random.normal(0, 1.5, [1, *s]).astype(np.float32) for k, s in shapes.items()}
    arrays = {"in|" + k: v for k, v in inputs.items()}
    floats = concrete(**{k: tf.constant(v) for k, v in inputs.items()})
    arrays |= {"float|" + k: v.numpy() for k, v in floats.items()}
    try:
        model = convert(saved_model)
        with open(os.path.join(folder, "tensorflow.tflite"), "wb") as file:
            file.write(model)
        arrays |= {"out|" + k: v for k, v in run(model, inputs).items()}
        print(name, "converted", len(model))
    except Exception as e:  # TensorFlow's converter refuses some of the models.
        print(name, "fails in TensorFlow:", str(e)[:300])
    np.savez(os.path.join(folder, "calls.npz"), **arrays)
