"""Writes Keras models with inputs and Keras' own outputs: NAME.keras (or .h5), NAME.json, and
NAME.tflite where TensorFlow's converter succeeds.

Made with TensorFlow 2.21.0, Keras 3.15.1, NumPy 2.4.6:
  python3 -m venv V && V/bin/pip install tensorflow-cpu==2.21.0
  V/bin/python keras_cases.py FOLDER
"""
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from keras import layers as L
from keras import ops

FOLDER = sys.argv[1]
ONLY = sys.argv[2] if len(sys.argv) > 2 else None
os.makedirs(FOLDER, exist_ok=True)
rng = np.random.default_rng(20261121)


def tensor(value):
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        data = [x.decode() if isinstance(x, bytes) else str(x) for x in array.ravel()]
        return dict(shape=list(array.shape), dtype="string", data=data)
    return dict(shape=list(array.shape), dtype=str(array.dtype), data=array.ravel().tolist())


def randomize(model):
    """Sets random weights, so that biases, statistics and scales are not 0 or 1."""
    for weight in model.weights:
        if "seed" in weight.path or not weight.dtype.startswith("float"):
            continue
        values = np.asarray(weight)
        if "variance" in weight.path:
            weight.assign(rng.uniform(0.5, 2, values.shape))
        elif values.ndim <= 1 or np.all(values == values.ravel()[0]):
            weight.assign(values + rng.uniform(-0.5, 0.5, values.shape))


def sample(spec):
    shape, dtype = spec.shape, spec.dtype
    dims = [2 if d is None and i == 0 else 5 if d is None else d for i, d in enumerate(shape)]
    if dtype.startswith("float"):
        return rng.uniform(-1, 1, dims).astype("float32")
    if dtype == "bool":
        return rng.uniform(0, 1, dims) < 0.6
    return rng.integers(0, 5, dims).astype(dtype)


def case(name, inputs, outputs, values=None, suffix=".keras", convert=True):
    if ONLY and ONLY not in name:
        return
    inputs = inputs if isinstance(inputs, (list, dict)) else [inputs]
    model = outputs if isinstance(outputs, keras.Model) else keras.Model(inputs, outputs)
    flat = keras.tree.flatten(inputs)
    randomize(model)
    values = values or [sample(i) for i in flat]
    fed = keras.tree.pack_sequence_as(inputs, values)
    path = os.path.join(FOLDER, name)
    model.save(path + suffix)
    # Some layers derive values from their weights only when they are loaded.
    try:
        model = keras.models.load_model(path + suffix, compile=False)
    except TypeError:
        # Keras 3.15 cannot read the calls of attention layers that it writes to .h5.
        pass
    results = model(fed if len(flat) > 1 or isinstance(inputs, dict) else values[0], training=False)
    outs = [ops.convert_to_numpy(o) for o in keras.tree.flatten(results)]
    if not all(np.all(np.isfinite(o)) for o in outs if o.dtype.kind == "f"):
        print("not finite", name)
    with open(path + ".json", "w") as f:
        json.dump(dict(name=name, inputs=[tensor(v) for v in values],
                       outputs=[tensor(o) for o in outs]), f)
    if convert:
        try:
            bytes_ = tf.lite.TFLiteConverter.from_keras_model(model).convert()
            with open(path + ".tflite", "wb") as f:
                f.write(bytes_)
        except Exception:
            pass


def layer(name, shape, *made, dtype="float32", batch=None, **rest):
    x = keras.Input(batch_shape=(batch, *shape), dtype=dtype)
    y = x
    for one in made:
        y = one(y)
    case(name, x, y, **rest)


# Core.
layer("dense_channels", (3, 4, 6), L.Dense(5, activation="gelu"))
layer("dense_softmax", (6,), L.Dense(4, activation="softmax"))
layer("dense_open", (None, 6), L.Dense(4))
for equation, shape, out, bias in [
    ("abc,cd->abd", (5, 6), (None, 4), "d"),
    ("abc,cde->abde", (5, 6), (None, 2, 3), "de"),
    ("...x,xy->...y", (3, 5, 6), (4,), "y"),
    ("abcd,cde->abe", (5, 2, 3), (None, 4), "e"),
    ("ab,bc->ac", (6,), (4,), None),
    ("abc,bcd->abd", (5, 6), (5, 4), None),
    ("abc,cd->adb", (5, 6), (4, None), None),
]:
    name = "einsum_" + equation.replace("...", "dots").replace(",", "_").replace("->", "_")
    if equation == "abc,cd->adb":
        layer(name, (5, 6), L.EinsumDense(equation, output_shape=(4, 5), bias_axes=bias))
    else:
        layer(name, shape, L.EinsumDense(equation, output_shape=out, bias_axes=bias))
layer("embedding_masked_gap", (6,), L.Embedding(7, 4, mask_zero=True), L.GlobalAveragePooling1D(),
      dtype="int32", values=[np.array([[1, 2, 0, 0, 0, 0], [3, 4, 5, 6, 1, 0]], "int32")])
layer("masking_conv_free", (6, 3), L.Masking(), L.Dense(2), L.GlobalAveragePooling1D())
layer("reversible_embedding", (4,), L.ReversibleEmbedding(6, 3), dtype="int32")
layer("time_distributed_conv", (3, 6, 6, 2), L.TimeDistributed(L.Conv2D(3, 3)))
layer("time_distributed_open", (None, 6), L.TimeDistributed(L.LayerNormalization()))

# Activations.
layer("relu_max_slope", (6,), L.ReLU(max_value=0.5, negative_slope=0.1))
layer("relu_threshold", (6,), L.ReLU(threshold=0.3, max_value=0.8))
layer("prelu_shared", (4, 5, 3), L.PReLU(shared_axes=[1, 2]))
layer("prelu_vector", (7,), L.PReLU())
layer("softmax_axes", (3, 4, 5), L.Softmax(axis=[2, 3]))
layer("softmax_first", (3, 4), L.Softmax(axis=1))
layer("softplus_large", (4,), L.Activation("softplus"),
      values=[np.array([[-100, 30, 90, 120], [0, 1, -1, 200]], "float32")])
layer("log_sigmoid_large", (4,), L.Activation("log_sigmoid"),
      values=[np.array([[-100, 30, 90, 120], [0, 1, -1, 200]], "float32")])
layer("activation_layer", (4,), L.Activation(keras.layers.LeakyReLU(negative_slope=0.3)))
layer("sparse_sigmoid", (6,), L.Activation("sparse_sigmoid"),
      values=[np.linspace(-2, 2, 12).reshape(2, 6).astype("float32")])

# Convolutions.
layer("conv1d_same_bn_relu", (10, 3), L.Conv1D(4, 3, padding="same"), L.BatchNormalization(), L.ReLU())
layer("conv1d_stack", (12, 3), L.Conv1D(4, 3, activation="relu"), L.Conv1D(5, 3, strides=2),
      L.MaxPooling1D(2))
layer("conv1d_groups", (10, 4), L.Conv1D(6, 3, groups=2))
layer("conv2d_rect", (9, 7, 3), L.Conv2D(4, (3, 2), strides=(2, 1), padding="same"))
layer("conv2d_depthwise_groups", (8, 8, 4), L.Conv2D(8, 3, groups=4, padding="same"))
layer("conv2d_dilated_valid", (9, 9, 2), L.Conv2D(3, 3, dilation_rate=(2, 3)))
layer("conv2d_open", (None, None, 3), L.Conv2D(4, 3, padding="same", activation="relu"),
      L.GlobalAveragePooling2D())
layer("conv2d_tanh_nobias", (6, 6, 2), L.Conv2D(3, 3, use_bias=False, activation="tanh"))
layer("conv2d_pad_stride", (8, 8, 3), L.ZeroPadding2D(((0, 1), (0, 1))),
      L.Conv2D(4, 3, strides=2, use_bias=False), L.BatchNormalization(), L.ReLU(max_value=6.0))
layer("conv2d_pad_one", (8, 8, 3), L.ZeroPadding2D(1), L.Conv2D(4, 3))
layer("conv2d_pad_three", (8, 8, 3), L.ZeroPadding2D(3), L.Conv2D(4, 7, strides=2))
layer("depthwise_pad", (8, 8, 3), L.ZeroPadding2D(((0, 1), (0, 1))),
      L.DepthwiseConv2D(3, strides=2), L.BatchNormalization())
layer("depthwise_rect", (8, 9, 2), L.DepthwiseConv2D((3, 5), depth_multiplier=3, padding="same"))
layer("depthwise1d_dilated", (12, 3), L.DepthwiseConv1D(3, dilation_rate=2))
layer("separable_dilated", (9, 9, 3), L.SeparableConv2D(5, 3, dilation_rate=2, depth_multiplier=2,
                                                       activation="relu"))
layer("separable1d_same", (9, 3), L.SeparableConv1D(5, 3, padding="same", activation="elu"))
layer("conv2dt_padding", (4, 5, 3), L.Conv2DTranspose(4, 3, strides=2, padding="same",
                                                     output_padding=1))
layer("conv2dt_valid_s3", (4, 4, 2), L.Conv2DTranspose(3, 2, strides=3, activation="relu"))
layer("conv2dt_dilated", (5, 5, 2), L.Conv2DTranspose(3, 3, dilation_rate=2))
layer("conv2dt_open", (None, None, 2), L.Conv2DTranspose(3, 3, strides=2, padding="same"))
layer("conv2dt_bn", (4, 4, 2), L.Conv2DTranspose(3, 3, strides=2, padding="same", use_bias=False),
      L.BatchNormalization(), L.LeakyReLU(negative_slope=0.2))
layer("conv1dt_same", (6, 3), L.Conv1DTranspose(4, 3, strides=2, padding="same"))
layer("conv3d_strided", (6, 6, 6, 2), L.Conv3D(3, 3, strides=2, padding="same", activation="relu"))
layer("conv3d_groups", (4, 5, 5, 4), L.Conv3D(6, 2, groups=2))
layer("conv3d_bn", (4, 5, 5, 2), L.Conv3D(3, 2), L.BatchNormalization())
layer("conv3dt_same", (2, 3, 3, 2), L.Conv3DTranspose(3, 2, strides=2, padding="same"))

# Pooling.
layer("pool2d_rect", (9, 7, 2), L.MaxPooling2D((3, 2), strides=(2, 1), padding="same"))
layer("pool3d_same", (5, 5, 5, 2), L.AveragePooling3D(3, strides=2, padding="same"))
layer("pool3d_max_same", (5, 4, 6, 2), L.MaxPooling3D((2, 3, 2), strides=(2, 1, 3), padding="same"))
layer("pool1d_same", (9, 2), L.AveragePooling1D(3, strides=2, padding="same"))
layer("adaptive1d", (10, 3), L.AdaptiveAveragePooling1D(4))
layer("adaptive3d", (5, 6, 7, 2), L.AdaptiveMaxPooling3D((2, 3, 4)))
layer("gap3d_keep", (3, 4, 5, 2), L.GlobalAveragePooling3D(keepdims=True))
layer("gmp_first", (3, 4, 5), L.GlobalMaxPooling2D(data_format="channels_first"))

# Normalization.
layer("bn_axis1", (4, 5), L.BatchNormalization(axis=1))
layer("bn_plain", (6,), L.BatchNormalization(center=False, scale=False))
layer("layernorm_axes", (3, 4, 5), L.LayerNormalization(axis=[2, 3]))
layer("layernorm_axis1", (4, 5), L.LayerNormalization(axis=1))
layer("layernorm_open", (None, 6), L.LayerNormalization(epsilon=1e-6))
layer("groupnorm_first", (6, 4, 4), L.GroupNormalization(3, axis=1))
layer("groupnorm_instance", (4, 4, 3), L.GroupNormalization(-1))
layer("groupnorm_open", (None, None, 4), L.GroupNormalization(2))
layer("unitnorm_axes", (3, 4), L.UnitNormalization(axis=[1, 2]))
layer("spectral_conv", (6, 6, 2), L.SpectralNormalization(L.Conv2D(3, 3)))

# Recurrent.
for kind in (L.SimpleRNN, L.GRU, L.LSTM):
    n = kind.__name__.lower()
    layer(n + "_backwards", (5, 3), kind(4, go_backwards=True, return_sequences=True))
    layer(n + "_open", (None, 3), kind(4, return_sequences=True), kind(3))
    layer(n + "_nobias", (5, 3), kind(4, use_bias=False))
    x = keras.Input((5, 3))
    case(n + "_states", x, kind(4, return_state=True, return_sequences=True)(x))
    x, h = keras.Input((5, 3)), [keras.Input((4,)) for _ in range(2 if kind is L.LSTM else 1)]
    case(n + "_given", [x, *h], kind(4)(x, initial_state=h if len(h) > 1 else h[0]))
    layer(n + "_masked_sequence", (5, 3), L.Masking(), kind(4, return_sequences=True), kind(2),
          values=[np.concatenate([rng.uniform(-1, 1, (2, 3, 3)), np.zeros((2, 2, 3))], 1)
                  .astype("float32")])
layer("lstm_other", (5, 3), L.LSTM(4, activation="relu", recurrent_activation="hard_sigmoid"))
layer("gru_other", (5, 3), L.GRU(4, activation="elu", recurrent_activation="hard_sigmoid",
                                reset_after=False, return_sequences=True))
layer("gru_unroll_masked", (4, 3), L.Masking(), L.GRU(3, unroll=True, return_sequences=True))
layer("lstm_zero_masked", (5, 3), L.Masking(),
      L.RNN(L.LSTMCell(3), return_sequences=True, zero_output_for_mask=True),
      values=[np.concatenate([rng.uniform(-1, 1, (2, 3, 3)), np.zeros((2, 2, 3))], 1)
              .astype("float32")])
layer("rnn_stacked_mixed", (5, 3), L.RNN([L.GRUCell(4), L.LSTMCell(3), L.SimpleRNNCell(2)],
                                        return_sequences=True))
for mode in ("sum", "mul", "ave", None):
    layer(f"bidirectional_{mode}", (5, 3), L.Bidirectional(L.GRU(4, return_sequences=True),
                                                          merge_mode=mode))
layer("bidirectional_other", (5, 3), L.Bidirectional(
    L.LSTM(4), backward_layer=L.GRU(3, go_backwards=True)))
layer("bidirectional_masked", (6,), L.Embedding(7, 4, mask_zero=True), L.Bidirectional(L.LSTM(3)),
      dtype="int32", values=[np.array([[1, 2, 0, 0, 0, 0], [3, 4, 5, 6, 1, 0]], "int32")])
layer("bidirectional_stacked", (5, 3), L.Bidirectional(L.LSTM(4, return_sequences=True)),
      L.Bidirectional(L.LSTM(3)))
layer("convlstm1d", (4, 6, 2), L.ConvLSTM1D(3, 3, padding="same", return_sequences=True))
layer("convlstm3d", (2, 4, 4, 4, 1), L.ConvLSTM3D(2, 2, padding="same"))
layer("convlstm2d_valid", (3, 6, 6, 2), L.ConvLSTM2D(3, 3, strides=2, return_sequences=True))

# Attention.
q, v = keras.Input((4, 6)), keras.Input((5, 6))
case("mha_cross", [q, v], L.MultiHeadAttention(2, 3, value_dim=4, output_shape=5)(q, v))
case("mha_scores", [q, v], L.MultiHeadAttention(2, 3)(q, v, return_attention_scores=True))
x = keras.Input((4, 6))
m = keras.Input((4, 4), dtype="bool")
case("mha_mask", [x, m], L.MultiHeadAttention(2, 3, use_bias=False)(x, x, attention_mask=m))
x = keras.Input((None, 6))
case("mha_open", x, L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True))
x = keras.Input((3, 4, 6))
case("mha_picture", x, L.MultiHeadAttention(2, 3)(x, x))
case("mha_axes", x, L.MultiHeadAttention(2, 3, attention_axes=(2,))(x, x))
x = keras.Input((6,), dtype="int32")
e = L.Embedding(7, 4, mask_zero=True)(x)
case("mha_masked", x, L.MultiHeadAttention(2, 3)(e, e),
     values=[np.array([[1, 2, 3, 0, 0, 0], [3, 4, 5, 6, 1, 0]], "int32")])
case("attention_masked", x, L.Attention()([e, e]),
     values=[np.array([[1, 2, 3, 0, 0, 0], [3, 4, 5, 6, 1, 0]], "int32")])
case("attention_scaled", [q, v], L.Attention(use_scale=True)([q, v], return_attention_scores=True))
case("attention_concat", [q, v], L.Attention(score_mode="concat", use_scale=True)([q, v]))
case("attention_causal", [q, v], L.Attention()([q, v], use_causal_mask=True))
case("additive_plain", [q, v], L.AdditiveAttention(use_scale=False)([q, v]))
case("gqa_cross", [q, v], L.GroupQueryAttention(3, 4, 2)(q, v))
x = keras.Input((5, 8))
case("gqa_causal", x, L.GroupQueryAttention(4, 4, 2)(x, x, use_causal_mask=True))
case("mha_window", x, L.MultiHeadAttention(2, 3, sliding_window=2)(x, x))

# Merging.
a, b = keras.Input((4, 5)), keras.Input((4, 5))
case("average_three", [a, b], L.Average()([a, b, a]))
case("concatenate_three", [a, b], L.Concatenate(axis=1)([a, b, a]))
c = keras.Input((5,))
case("multiply_ranks", [a, c], L.Multiply()([a, c]))
case("dot_axes", [a, b], L.Dot(axes=(1, 1))([a, b]))
case("dot_normalized", [a, b], L.Dot(axes=2, normalize=True)([a, b]))
d = keras.Input((7,))
case("dot_vectors", [c], L.Dot(axes=1)([c, L.Dense(5)(c)]))

# Reshaping.
layer("flatten_first", (3, 4, 5), L.Flatten(data_format="channels_first"))
layer("flatten_open", (None, 5), L.Flatten())
layer("reshape_open", (None, 6), L.Reshape((-1, 3)))
layer("upsample1d_open", (None, 3), L.UpSampling1D(3))
layer("upsample2d_open", (None, None, 3), L.UpSampling2D((2, 3)))
layer("upsample2d_bicubic", (5, 4, 2), L.UpSampling2D(2, interpolation="bicubic"))
layer("upsample2d_lanczos5", (5, 4, 2), L.UpSampling2D(3, interpolation="lanczos5"))
layer("crop_first", (2, 6, 6), L.Cropping2D(((1, 2), (0, 1)), data_format="channels_first"))
layer("pad1d", (4, 3), L.ZeroPadding1D((2, 1)))

# Preprocessing.
layer("rescaling_list", (4, 4, 3), L.Rescaling([0.1, 0.2, 0.3], offset=[1.0, 2.0, 3.0]))
layer("rescaling_bytes", (4, 4, 3), L.Rescaling(1 / 127.5, offset=-1), dtype="uint8")
layer("normalization_conv", (4, 4, 3), L.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0]),
      L.Conv2D(2, 3))
layer("normalization_invert", (6,), L.Normalization(mean=1.5, variance=4.0, invert=True))
adapted = L.Normalization()
adapted.adapt(rng.normal(2, 3, (50, 6)).astype("float32"))
layer("normalization_adapted", (6,), adapted)
layer("resizing_antialias", (9, 9, 2), L.Resizing(4, 5, antialias=True))
layer("resizing_down_nearest", (9, 7, 2), L.Resizing(4, 5, interpolation="nearest"))
layer("resizing_crop", (9, 6, 2), L.Resizing(4, 5, crop_to_aspect_ratio=True))
layer("resizing_pad", (9, 6, 2), L.Resizing(4, 5, pad_to_aspect_ratio=True, fill_value=0.5))
layer("centercrop_larger", (4, 4, 2), L.CenterCrop(6, 5))
for mode in ("one_hot", "multi_hot", "count"):
    layer("category_" + mode, (1,) if mode == "one_hot" else (4,),
          L.CategoryEncoding(num_tokens=5, output_mode=mode), dtype="int32")
layer("discretization_one_hot", (4,), L.Discretization([-0.5, 0.0, 0.5], output_mode="one_hot"))
layer("integer_lookup_mask", (4,), L.IntegerLookup(vocabulary=[3, 4, 7], mask_token=0), dtype="int64")
layer("integer_lookup_multi", (4,), L.IntegerLookup(vocabulary=[1, 3, 4], output_mode="multi_hot"),
      dtype="int64")
layer("integer_lookup_oov", (4,), L.IntegerLookup(vocabulary=[1, 3], num_oov_indices=3), dtype="int64")
layer("integer_lookup_invert", (4,), L.IntegerLookup(vocabulary=[11, 13, 14, 15], invert=True),
      dtype="int64")
layer("stft_log", (512, 1), L.STFTSpectrogram(frame_length=64, frame_step=32, fft_length=64))
layer("stft_psd", (256, 2), L.STFTSpectrogram(mode="psd", frame_length=32, frame_step=16,
                                             fft_length=32, expand_dims=True, padding="same"))

# Operations.
x = keras.Input((4, 6))
z = keras.Input((4, 6))
for name, function in {
    "op_arithmetic": lambda x, z: (x + 2.0 * z - 1.0) / (ops.abs(z) + 1.5) - (3.0 - x),
    "op_powers": lambda x, z: ops.sqrt(ops.square(x) + ops.exp(z)) ** 1.5,
    "op_reductions": lambda x, z: ops.concatenate(
        [ops.mean(x, axis=-1), ops.sum(z, axis=1, keepdims=False)[:, :4], ops.max(x, axis=(2,)),
         ops.min(z, axis=-1), ops.std(x, axis=-1), ops.var(z, axis=-1), ops.logsumexp(x, axis=-1)], -1),
    "op_matmul": lambda x, z: ops.matmul(x, ops.transpose(z, (0, 2, 1))),
    "op_einsum": lambda x, z: ops.einsum("bij,bkj->bik", x, z),
    "op_index": lambda x, z: x[:, 1:3, ::2] + z[:, -1, None, :3] + x[..., 5:6][:, :2],
    "op_where": lambda x, z: ops.where(ops.greater(x, z), x, ops.minimum(z, 0.2)),
    "op_stack": lambda x, z: ops.stack([x, z], axis=1),
    "op_split": lambda x, z: ops.split(x, 3, axis=2)[1] * ops.split(z, [1, 3], axis=2)[1],
    "op_shapes": lambda x, z: ops.squeeze(ops.expand_dims(ops.swapaxes(x, 1, 2), 1), 1)
    + ops.moveaxis(z, 1, 2),
    "op_tile": lambda x, z: ops.tile(x, (1, 2, 1)) - ops.repeat(z, 2, axis=1),
    "op_pad": lambda x, z: ops.pad(x, ((0, 0), (1, 2), (0, 1))) * ops.pad(
        z, ((0, 0), (2, 1), (1, 0)), mode="reflect"),
    "op_roll": lambda x, z: ops.roll(x, 2, axis=1) + ops.flip(z, axis=2),
    "op_clip": lambda x, z: ops.clip(x, -0.3, 0.4) + ops.sign(z),
    "op_cumsum": lambda x, z: ops.cumsum(x, axis=1) + ops.argmax(z, axis=2)[:, :, None],
    "op_activations": lambda x, z: ops.relu(x) + ops.softmax(z) + ops.leaky_relu(x, 0.1)
    + ops.gelu(z) + ops.silu(x) + ops.elu(z) + keras.activations.relu(x, max_value=0.5),
    "op_norm": lambda x, z: ops.normalize(x, axis=-1) + ops.norm(z, axis=-1, keepdims=True),
    "op_trig": lambda x, z: ops.sin(x) * ops.cos(z) + ops.arctan2(x, z) + ops.log1p(ops.abs(x)),
    "op_logic": lambda x, z: ops.cast(
        ops.logical_and(ops.greater(x, 0.0), ops.logical_not(ops.less_equal(z, 0.1))), "float32"),
    "op_reshape": lambda x, z: ops.reshape(x, (-1, 24)) + ops.reshape(z, (-1, 24)),
    "op_tensordot": lambda x, z: ops.tensordot(x, ops.ones((6, 3)), axes=1),
    "op_take": lambda x, z: ops.take(x, ops.convert_to_tensor([2, 0]), axis=1),
    "op_floor": lambda x, z: ops.floor(x * 3) + ops.round(z * 5) + ops.mod(x, 0.3),
}.items():
    case(name, [x, z], function(x, z))
p = keras.Input((6, 6, 4))
case("op_pictures", p, ops.image.resize(ops.max_pool(p, 2), (5, 4)))
i = keras.Input((3,), dtype="int32")
case("op_integers", i, [ops.one_hot(i, 5), i * 2 + 1, i // 2, ops.cast(i, "float32") / 3])

# Masks, axes and arguments that converters tend to ignore.
i, j = keras.Input((5,), dtype="int32"), keras.Input((5,), dtype="int32")
tokens = [np.array([[1, 0, 2, 0, 3], [0, 0, 4, 1, 1]], "int32"), np.array([[1, 2, 0, 0, 3], [3, 0, 4, 1, 0]], "int32")]
embedded = [L.Embedding(6, 3, mask_zero=True)(i), L.Embedding(6, 3, mask_zero=True)(j)]
case("multiply_masked", [i, j], L.GRU(3)(L.Multiply()(embedded)), values=tokens)
case("multiply_masked_one", [i, j], L.Multiply()([embedded[0], L.Embedding(6, 3)(j)]), values=tokens)
case("average_integers", [i, j], L.Average()([i, j]), values=tokens)
x = keras.Input((6, 2))
case("concatenate_masked", x, L.LSTM(3)(L.Concatenate()([L.Masking()(x), L.Dense(2)(x)])))
layer("channels_first_softmax", (3, 6, 5), L.Conv2D(4, 3, data_format="channels_first", activation="softmax"))
layer("gru_softmax_gates", (4, 3), L.GRU(3, recurrent_activation="softmax"))
x = keras.Input((3, 4))
case("op_arguments", x, [
    ops.average(x, axis=2, weights=np.array([1, 2, 3, 4], "float32")), ops.max(x, axis=1, initial=0.3),
    ops.min(x, axis=1, initial=-0.3), ops.cumsum(x), ops.cumsum(x * 3, axis=1, dtype="int32"),
    ops.cast(ops.saturate_cast(x * 200, "int8"), "int32"), ops.softmax(x, axis=None), ops.append(x, x),
    ops.take(x, np.array([0, -1]), axis=1), ops.zeros_like(x, dtype="bool"), ops.full_like(x, 7, dtype="int32")])
i = keras.Input((4,), dtype="int32")
numbers = [np.array([[0, 3, 9, 7], [3, 3, 0, 0]], "int32")]
case("lookup_masked", i, [
    L.IntegerLookup(vocabulary=[3, 7, 5], mask_token=0, output_mode="count")(i),
    L.IntegerLookup(vocabulary=[3, 7, 5], mask_token=0, output_mode="multi_hot")(i),
    L.IntegerLookup(vocabulary=[3, 7, 5], output_mode="tf_idf", idf_weights=[0.5, 0.6, 0.7])(i)], values=numbers)
b = keras.Input((4,), dtype="uint8")
case("op_bytes", b, [b + 200, b * 3, b - 5], values=[np.array([[1, 2, 100, 255], [0, 7, 90, 3]], "uint8")])
x, y = keras.Input(batch_shape=(2, 3, 4)), keras.Input(batch_shape=(2, 4, 5))
case("op_dot_rank3", [x, y], ops.dot(x, y))
i = keras.Input((3, 4), dtype="int32")
case("op_multi_hot_rank3", i, ops.multi_hot(i, 5))

# Models.
inner = keras.Sequential([keras.Input((6,)), L.Dense(4, activation="relu"), L.BatchNormalization()])
x = keras.Input((6,), name="left")
y = keras.Input((6,), name="right")
case("nested_shared", [x, y], L.Dense(2, name="scores")(L.Concatenate()([inner(x), inner(y)])))
s = L.Dense(6)
case("shared_layer", x, [s(s(x)), L.Dense(1, name="head")(s(x))])
case("dictionaries", {"right": y, "left": x},
     {"sum": L.Add()([x, y]), "difference": L.Subtract()([x, y])})
deep = keras.Model(x, inner(L.Dense(6)(x)))
case("nested_twice", y, L.Dense(3)(deep(y)))
inner2 = keras.Model([x, y], [L.Add()([x, y]), L.Dense(2)(x)])
u, w = inner2([L.Dense(6)(x), y])
case("nested_two_outputs", [x, y], L.Concatenate()([u, w]))
frozen = keras.Sequential([keras.Input((8, 8, 3)), L.Conv2D(4, 3), L.BatchNormalization(), L.ReLU()])
frozen.trainable = False
for suffix in (".keras", ".h5"):
    x = keras.Input((8, 8, 3))
    y = L.Dense(2)(L.GlobalAveragePooling2D()(frozen(x, training=False)))
    case("transfer" + suffix.replace(".", "_"), x, y, suffix=suffix)
    layer("sequence" + suffix.replace(".", "_"), (5, 3), L.Bidirectional(L.LSTM(4, return_sequences=True)),
          L.GRU(3, return_sequences=True), L.Dense(2),
          suffix=suffix)
    x = keras.Input((4, 6))
    y = L.MultiHeadAttention(2, 3)(x, x)
    case("attention" + suffix.replace(".", "_"), x, L.SeparableConv1D(3, 2)(y + x), suffix=suffix)
    q = keras.Input((5, 3))
    case("cells" + suffix.replace(".", "_"), q, L.RNN([L.LSTMCell(3), L.LSTMCell(4)])(q), suffix=suffix)
case("sequential_h5", keras.Input((6, 6, 1)), keras.Sequential(
    [keras.Input((6, 6, 1)), L.Conv2D(2, 3, activation="relu"), L.MaxPooling2D(), L.Dropout(0.5),
     L.Flatten(), L.Dense(3, activation="softmax")]), suffix=".h5")

# Strings.
words = np.array([["cat", "dog"], ["bird", "cow"]], dtype=object)
layer("strings", (2,), L.StringLookup(vocabulary=["dog", "cat", "cow"]), dtype="string", values=[words])
layer("strings_one_hot", (2,), L.StringLookup(vocabulary=["dog", "cat"], output_mode="one_hot"),
      dtype="string", values=[words])
layer("strings_invert", (3,), L.StringLookup(vocabulary=["dog", "cat"], invert=True), dtype="int64",
      values=[np.array([[0, 1, 2], [2, 5, 1]], "int64")])


# TensorFlow has no channels-first convolution on CPUs: the outputs are those of the same layers with
# channels last.
def first(name, shape, made):
    if ONLY and ONLY not in name:
        return
    x = keras.Input(shape[1:] + shape[:1])
    last = keras.Model(x, made("channels_last", -1)(x))
    randomize(last)
    x = keras.Input(shape)
    model = keras.Model(x, made("channels_first", 1)(x))
    model.set_weights(last.get_weights())
    model.save(os.path.join(FOLDER, name + ".keras"))
    value = rng.uniform(-1, 1, (2, *shape)).astype("float32")
    result = np.moveaxis(np.asarray(last(np.moveaxis(value, 1, -1))), -1, 1)
    with open(os.path.join(FOLDER, name + ".json"), "w") as f:
        json.dump(dict(name=name, inputs=[tensor(value)], outputs=[tensor(result)]), f)


def network(data_format, axis):
    return keras.Sequential([
        L.Conv2D(4, 3, padding="same", use_bias=False, data_format=data_format),
        L.BatchNormalization(axis=axis), L.ReLU(), L.MaxPooling2D(data_format=data_format),
        L.SeparableConv2D(5, 3, data_format=data_format), L.Activation("silu"),
        L.Conv2DTranspose(3, 2, strides=2, data_format=data_format)])


first("first_network", (3, 8, 8), network)
first("first_conv2d", (3, 8, 8), lambda f, a: L.Conv2D(4, 3, data_format=f))
first("first_depthwise", (3, 8, 8), lambda f, a: L.DepthwiseConv2D(3, data_format=f))
first("first_conv1d", (3, 8), lambda f, a: L.Conv1D(4, 3, data_format=f))
first("first_conv3d", (2, 4, 5, 6), lambda f, a: L.Conv3D(3, 2, data_format=f))
first("first_upsample", (2, 4, 5), lambda f, a: L.UpSampling2D(2, data_format=f, interpolation="bilinear"))


# Many operations in one model.
x, z = keras.Input((4, 6)), keras.Input((4, 6))
p, i = keras.Input((6, 6, 4)), keras.Input((4,), dtype="int32")
case("op_many", [x, z, p, i], [
    ops.argmin(x,axis=1),  # argmin
    ops.argmax(x,axis=-1,keepdims=True),  # argmax_flat
    ops.all(x>0,axis=1),  # all
    ops.any(x>0.5,axis=-1),  # any
    ops.prod(x,axis=1),  # prod
    ops.count_nonzero(ops.relu(x),axis=1),  # count
    ops.amax(x,axis=1),  # amax
    ops.average(x,axis=1),  # average
    ops.hypot(x,z),  # hypot
    ops.exp2(x),  # exp2
    ops.expm1(x),  # expm1
    ops.log2(ops.abs(x)+1),  # log2
    ops.log10(ops.abs(x)+1),  # log10
    ops.rsqrt(ops.abs(x)+.1),  # rsqrt
    ops.tan(x),  # tan
    ops.sinh(x),  # sinh
    ops.cosh(x),  # cosh
    ops.arctan(x),  # arctan
    ops.reciprocal(x+3),  # recip
    ops.cbrt(x),  # cbrt
    ops.arcsin(x),  # arcsin
    ops.erf(x),  # erf
    ops.logaddexp(x,z),  # logaddexp
    ops.divide_no_nan(x,ops.relu(z)),  # divnonan
    ops.dot(x,ops.ones((6,2))),  # dot
    ops.outer(x,z),  # vdot
    ops.tril(x),  # tri
    ops.triu(x),  # triu
    ops.sort(x,axis=-1),  # sort
    ops.argsort(x,axis=-1),  # argsort
    ops.median(x,axis=1),  # median
    x+ops.linspace(0.,1.,6),  # linspace
    x+ops.arange(6,dtype='float32'),  # arange
    ops.matmul(x,ops.eye(6)),  # eye
    x+ops.full_like(z,2.),  # full
    x+ops.zeros_like(z),  # zeros_like
    x*ops.ones_like(z),  # ones
    ops.isnan(x),  # isnan
    ops.nan_to_num(x),  # nan2num
    ops.logical_xor(x>0,z>0),  # logical
    x//0.3,  # floordiv
    ops.mod(i,3),  # mod
    ops.power(ops.abs(x)+.1,2.5),  # power
    ops.unstack(x,axis=1)[2],  # unstack
    ops.hstack([x,z]),  # hstack
    ops.reshape(x,(-1,)),  # ravel
    ops.flip(x,axis=1),  # rot
    ops.append(x,z,axis=1),  # meshgrid
    ops.slice(x,(0,1,2),(2,2,3)),  # slice
    ops.slice_update(x,(0,1,1),ops.ones((2,2,2))),  # slice_update
    ops.one_hot(i,7,axis=1),  # scatter
    ops.multi_hot(i,7),  # multihot
    ops.conv(p,ops.ones((3,3,4,2)),padding='same'),  # conv
    ops.average_pool(p,2,padding='same'),  # avgpool
    ops.max_pool(p,3,strides=1),  # maxpool
    ops.depthwise_conv(p,ops.ones((3,3,4,1))),  # dwconv
    list(ops.moments(x,axes=[1])),  # moments
    ops.batch_normalization(x,ops.ones(6),ops.ones(6)*2,-1),  # bn
    ops.layer_normalization(x,ops.ones(6),ops.ones(6)),  # ln
    ops.rms_normalization(x),  # rms
    ops.dot_product_attention(ops.reshape(x,(-1,4,2,3)),ops.reshape(z,(-1,4,2,3)),ops.reshape(z,(-1,4,2,3))),  # dpa
    ops.softmax(x,axis=1),  # softmax_ax
    ops.log_softmax(x),  # logsoftmax
    ops.sparsemax(x),  # sparsemax
    ops.glu(x),  # glu
    ops.celu(x,0.5),  # celu
    ops.hard_tanh(x*2),  # hardtanh
    ops.hard_sigmoid(x),  # hs
    ops.softplus(x),  # softplus
    keras.activations.swish(x),  # swish
    keras.activations.gelu(x,approximate=True),  # gelu2
    keras.activations.selu(x),  # selu
    keras.activations.softmax(x),  # act_softmax
    ops.image.rgb_to_grayscale(p[...,:3]),  # gray
    ops.image.crop_images(p,top_cropping=1,left_cropping=1,target_height=3,target_width=4),  # crop
    ops.image.pad_images(p,top_padding=1,left_padding=2,target_height=9,target_width=9),  # padim
    ops.std(x),  # stdall
    ops.sum(x,axis=(1,2)),  # sumall
    ops.where(x>0,1.0,0.0),  # where1
    ops.clip(x,0.0,1.0),  # clip2
    ops.maximum(x,0.0),  # maximum_s
    1-x,  # rsub
    1/(x+2),  # rdiv
    -x,  # neg
    x@ops.transpose(z,(0,2,1)),  # matmul_t
    ops.cast(x*5,'int32'),  # cast_int
    ops.one_hot(ops.argmax(x,-1),6),  # argmax_one
    ops.squeeze(x[:,:1]),  # squeeze
    x[:,-2:],  # idx_list
    x[:,::-1],  # idx_neg
    x[:,0],  # idx_int
    x[...,0],  # ellipsis
    x[:,None],  # newaxis
    ops.tile(x,2),  # tile
    ops.repeat(x,3,axis=2),  # repeat
    ops.broadcast_to(x[:,:1],(2,4,6)),  # broadcast
    ops.swapaxes(x,-1,-2),  # swap
    ops.square(x-z),  # sqdiff
    ops.norm(x,ord=1,axis=-1),  # norm1
    ops.logsumexp(x,axis=-1,keepdims=True),  # lse
    ops.floor(x),  # floor
    ops.trunc(x*3),  # trunc
    ops.round(x,1),  # round
], convert=False)


# Small networks of many kinds.
def transformer():
    x=keras.Input((12,),dtype='int32',name='tokens')
    e=L.Embedding(50,16)(x)+L.Embedding(12,16)(ops.arange(12))
    for i in range(2):
        a=L.MultiHeadAttention(2,8)(e,e,use_causal_mask=True); e=L.LayerNormalization(epsilon=1e-6)(e+L.Dropout(.1)(a))
        f=L.Dense(32,activation='relu')(e); f=L.Dense(16)(f); e=L.LayerNormalization()(e+f)
    case('transformer',x,L.Dense(50,activation='softmax')(e))
def unet():
    x=keras.Input((16,16,3)); c1=L.Conv2D(4,3,padding='same',activation='relu')(x); p=L.MaxPooling2D()(c1)
    c2=L.Conv2D(8,3,padding='same',activation='relu')(p); u=L.UpSampling2D()(c2); u=L.Conv2DTranspose(4,2,padding='same')(u)
    case('unet',x,L.Conv2D(1,1,activation='sigmoid')(L.concatenate([u,c1])))
def gan():
    m=keras.Sequential([keras.Input((10,)),L.Dense(4*4*8,use_bias=False),L.BatchNormalization(),L.LeakyReLU(),L.Reshape((4,4,8)),L.Conv2DTranspose(4,5,strides=2,padding='same',use_bias=False),L.BatchNormalization(),L.LeakyReLU(),L.Conv2DTranspose(1,5,strides=2,padding='same',activation='tanh')])
    case('gan',keras.Input((10,)),m)
def nolayers():
    m=keras.Sequential([L.Dense(4,activation='relu'),L.Dense(2)]); m.build((None,6)); case('built',keras.Input((6,)),m)
def seq2seq():
    e=keras.Input((None,5),name='enc'); d=keras.Input((None,4),name='dec')
    _,h,c=L.LSTM(6,return_state=True)(e); o,_,_=L.LSTM(6,return_sequences=True,return_state=True)(d,initial_state=[h,c])
    case('seq2seq',[e,d],L.Dense(4,activation='softmax')(o))
def multi():
    x=keras.Input((8,8,3),name='image'); t=keras.Input((5,),name='meta')
    a=L.Flatten()(L.Conv2D(4,3,activation='relu')(x)); b=L.Dense(4,activation='relu')(t)
    z=L.Concatenate()([a,b]); case('multi',[x,t],[L.Dense(3,activation='softmax',name='cls')(z),L.Dense(4,name='box')(z)])
def dictio():
    x=keras.Input((4,),name='a'); y=keras.Input((4,),name='b'); inner=keras.Model({'a':x,'b':y},{'s':x+y,'d':x-y})
    p=keras.Input((4,)); q=keras.Input((4,)); r=inner({'a':p,'b':q}); case('dictio',[p,q],L.Dense(2)(r['s']*r['d']))
def preproc():
    x=keras.Input((20,20,3),dtype='uint8'); y=L.Resizing(16,16)(x); y=L.Rescaling(1/255)(y); y=L.RandomFlip()(y); y=L.Normalization(mean=[.4,.5,.6],variance=[.2,.2,.2])(y); case('preproc',x,L.GlobalAveragePooling2D()(L.Conv2D(4,3,strides=2)(y)),values=[rng.integers(0,255,(2,20,20,3)).astype('uint8')])
def se():
    x=keras.Input((8,8,4)); s=L.GlobalAveragePooling2D(keepdims=True)(x); s=L.Conv2D(2,1,activation='swish')(s); s=L.Conv2D(4,1,activation='sigmoid')(s); case('se',x,x*s)
def wavenet():
    x=keras.Input((32,2)); y=x
    for d in (1,2,4): 
        t=L.Conv1D(4,2,dilation_rate=d,padding='causal',activation='tanh')(y); s=L.Conv1D(4,2,dilation_rate=d,padding='causal',activation='sigmoid')(y); y=L.Conv1D(2,1)(t*s)+y
    case('wavenet',x,y)
def tdcnn():
    x=keras.Input((4,12,12,1)); y=L.TimeDistributed(keras.Sequential([L.Conv2D(3,3,activation='relu'),L.GlobalMaxPooling2D()]))(x); case('tdcnn',x,L.LSTM(4)(y))
def stateful():
    x=keras.Input(batch_shape=(2,5,3)); case('stateful',x,L.GRU(4,stateful=True)(x))
    x=keras.Input(batch_shape=(2,5,3)); case('stateful_lstm',x,L.LSTM(4,stateful=True,return_sequences=True)(x))
def attpool():
    x=keras.Input((6,8)); w=ops.softmax(L.Dense(1)(x),axis=1); case('attpool',x,ops.sum(w*x,axis=1))
def siamese():
    b=keras.Sequential([keras.Input((8,)),L.Dense(4,activation='relu'),L.UnitNormalization()]); p,q=keras.Input((8,)),keras.Input((8,)); case('siamese',[p,q],ops.sqrt(ops.sum(ops.square(b(p)-b(q)),axis=1,keepdims=True)+1e-9))
def bidi_conv():
    x=keras.Input((3,6,6,2)); case('bidi_conv',x,L.Bidirectional(L.ConvLSTM2D(2,3,padding='same',return_sequences=True))(x))
def groupconv():
    x=keras.Input((8,8,8)); y=L.Conv2D(8,3,groups=2,padding='same',use_bias=False)(x); y=L.BatchNormalization()(y); y=L.ReLU()(y); case('resnext',x,L.Add()([x,y]))
def intin():
    x=keras.Input((3,),dtype='int32'); case('int_dense',x,L.Dense(2)(x))
def shapes():
    x=keras.Input((None,None,3)); case('prelu_open',x,L.PReLU(shared_axes=[1,2])(L.Conv2D(4,3)(x)))
def sortop():
    x=keras.Input((5,)); case('topk',x,ops.top_k(x,3)[0]); 
def f16in():
    x=keras.Input((5,),dtype='float16'); case('f16in',x,L.Dense(2)(x),values=[np.ones((2,5),'float16')])
def broadcast():
    x=keras.Input((1,4)); y=keras.Input((3,1)); case("broadcast",[x,y],x*y+ops.maximum(x,y))


for network_ in (transformer, unet, gan, nolayers, seq2seq, multi, dictio, preproc, se, wavenet, tdcnn, stateful, attpool, siamese, bidi_conv, groupconv, intin, shapes, sortop, f16in, broadcast):
    network_()

# Outside of training, the layer returns its input since Keras 3.8.
layer("random_crop", (8, 9, 2), L.RandomCrop(6, 5), L.Conv2D(2, 3))

# Outputs of nested models, whose calls the file numbers differently.
for suffix in (".keras", ".h5"):
    i = keras.Input((6,))
    base = keras.Model(i, L.Dense(5, activation="tanh")(i), name="base")
    row = keras.Sequential([keras.Input((6,)), L.Dense(5, activation="tanh")], name="row")
    x = keras.Input((6,))
    case("nested_output" + suffix.replace(".", "_"), x, base(x), suffix=suffix)
    first, second = base(x), base(L.Rescaling(2.0)(x))
    case("nested_outputs" + suffix.replace(".", "_"), x,
         [second, L.Add()([first, second]), first, row(x)], suffix=suffix)
