"""The models of one node that native_kernels.py starts from, one template for each operator."""

from native_kernels import B, C, CONTROL, FORMS, PLAIN, Template, W, X, Y

TEMPLATES = []

# The ranks of these follow from several operands and were not tried.
ANY_RANKS = {"EMBEDDING_LOOKUP", "EMBEDDING_LOOKUP_SPARSE", "HASHTABLE_LOOKUP", "RFFT2D", "GATHER_ND", "MULTINOMIAL",
             "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "SPARSE_TO_DENSE", "RANDOM_UNIFORM",
             "RANDOM_STANDARD_NORMAL"}

ANY_RANK = tuple(range(0, 9))
FROM_1 = tuple(range(1, 9))
FROM_2 = tuple(range(2, 9))


def add(name, build, *seeds, **named):
  TEMPLATES.append(Template(name, build, [s.split() for s in seeds], any_rank=name in ANY_RANKS, **named))


def dims(rank):
  """Dimensions of two alternate with three, and the rank is small enough to stay quick."""
  return [2 if i % 2 == 0 else 3 for i in range(rank)]


def alternating(rank, name_of_output=None, quant=None, third=False):
  a = [2 if i % 2 == 0 else 1 for i in range(rank)]
  b = [1 if i % 2 == 0 else 3 for i in range(rank)]
  return a, b, dims(rank)


LOGISTIC = {"int8": (1 / 256, -128), "uint8": (1 / 256, 0), "int16": (1 / 32768, 0)}
TANH = {"int8": (1 / 128, 0), "uint8": (1 / 128, 128), "int16": (1 / 32768, 0)}
LOG_SOFTMAX = {"int8": (16 / 256, 127), "uint8": (16 / 256, 255)}

Q3 = ["int8* int8*", "uint8* uint8*", "int16* int16*"]


# Functions that are the identity, or constant, for positive numbers.
SIGNED = {"ABS", "ELU", "GELU", "HARD_SWISH", "LEAKY_RELU", "NEG", "RELU", "RELU6", "RELU_0_TO_1",
          "RELU_N1_TO_1", "SIGN"}


def unary(name, *seeds, options=None, quant=None, ranks=ANY_RANK, compare=True,
          xquant=None, forms=FORMS):
  def signed(r):
    return [(-1, 2, -3)[i % 3] for i in range(2 ** ((r + 1) // 2) * 3 ** (r // 2))]

  # Without quantization parameters, the range of these two is undefined.
  allowed = (lambda f: not f[0].endswith("int8")) if name in ("RELU_0_TO_1", "RELU_N1_TO_1") else None
  add(name, lambda r: ([X(*dims(r), values=signed(r) if name in SIGNED else None, quant=xquant, forms=forms)], [Y(*dims(r), quant=quant, compare=compare, forms=forms)]),
      *(seeds or ["float32 float32"] + Q3), options=options, ranks=ranks, allowed=allowed)


for name, kind in [("ABS", "AbsOptions"), ("CEIL", None), ("COS", "CosOptions"), ("ELU", None),
                   ("EXP", "ExpOptions"), ("FLOOR", None), ("HARD_SWISH", "HardSwishOptions"),
                   ("LOG", None), ("NEG", "NegOptions"), ("RELU", None), ("RELU6", None),
                   ("RELU_0_TO_1", None), ("RELU_N1_TO_1", None), ("ROUND", None), ("RSQRT", None),
                   ("SIGN", "SignOptions"), ("SIN", None), ("SQRT", None), ("SQUARE", "SquareOptions"),
                   ("ZEROS_LIKE", "ZerosLikeOptions")]:
  quant = {"int8": (0.25, 0), "int16": (0.001, 0), "uint8": (0.25, 0)} if name in ("LOG", "RSQRT", "EXP") else None
  # The kernels of int16 interpolate a function of the whole range, so the range has to be small.
  unary(name, options=(kind, {}) if kind else None, quant=quant, xquant={"int16": (0.0002, 0)} if quant else None)
unary("GELU", options=("GeluOptions", {"approximate": True}))
unary("LEAKY_RELU", options=("LeakyReluOptions", {"alpha": 0.5}))
unary("LOGICAL_NOT", "bool bool", options=("LogicalNotOptions", {}))
unary("LOGISTIC", quant=LOGISTIC)
unary("TANH", quant=TANH)
unary("SOFTMAX", "float32 float32", *Q3, "int8* int16*", "uint8* int16*", quant=LOGISTIC, options=("SoftmaxOptions", {"beta": 1.0}), ranks=FROM_1)
unary("LOG_SOFTMAX", quant=LOG_SOFTMAX, options=("LogSoftmaxOptions", {}), ranks=FROM_1)
unary("L2_NORMALIZATION", quant=TANH, options=("L2NormOptions", {}), ranks=FROM_1)
unary("FAKE_QUANT", options=("FakeQuantOptions", {"min": 0.0, "max": 6.0, "numBits": 8}),
      forms=["float32", "float16", "float64"])
unary("DEQUANTIZE", "int8* float32", "uint8* float32", "int16* float32", "float16 float32", "int4* float32",
      options=("DequantizeOptions", {}))
unary("QUANTIZE", "float32 int8*", "float32 int16*", "int8* int8*", "int16* int16*", "int8* uint8*",
      "uint8* int8*", "int32* int8*", "int16* int32*", forms=FORMS + ["int32*"], options=("QuantizeOptions", {}))
unary("CAST", "float32 float32", "float32 int32", forms=PLAIN,
      options=lambda f, n, r: ("CastOptions", {"inDataType": code(f[0]), "outDataType": code(f[1])}))
unary("COMPLEX_ABS", "complex64 float32", "complex128 float64", compare=False)
unary("REAL", "complex64 float32", compare=False)
unary("IMAG", "complex64 float32", compare=False)


ANY_INDEX = ["int16"] + CONTROL


def code(form):
  from tensorflow.lite.python import schema_py_generated as S
  return getattr(S.TensorType, form.rstrip("*").upper())


def pair(name, *seeds, options=None):
  def build(r):
    count = 2 ** ((r + 1) // 2) * 3 ** (r // 2)
    return [X(*dims(r)), X(*dims(r), values=[(2 * i + 1) % 3 + 1 for i in range(count)])], [Y(*dims(r))]

  def broadcast(r):
    a, b, c = alternating(r)
    return [X(*a), X(*b)], [Y(*c)]

  add(name, build, *(seeds or ["float32 float32 float32", "int8* int8* int8*", "uint8* uint8* uint8*",
                               "int16* int16* int16*", "int32 int32 int32"]),
      options=options, ranks=ANY_RANK, broadcast=broadcast)


for name, kind in [("ADD", "AddOptions"), ("SUB", "SubOptions"), ("MUL", "MulOptions"), ("DIV", "DivOptions"),
                   ("FLOOR_DIV", "FloorDivOptions"), ("FLOOR_MOD", "FloorModOptions"), ("POW", "PowOptions"),
                   ("SQUARED_DIFFERENCE", "SquaredDifferenceOptions"), ("MAXIMUM", "MaximumMinimumOptions"),
                   ("MINIMUM", "MaximumMinimumOptions"), ("ATAN2", "ATan2Options")]:
  pair(name, options=(kind, {"potScaleInt16": False} if name in ("ADD", "SUB") else {}) if kind else None)


def slopes(r):
  """PRELU broadcasts its second operand only."""
  a, b, c = alternating(r)
  return [X(*c, values=signed_values(c)), X(*b)], [Y(*c)]


def signed_values(shape):
  count = 1
  for d in shape:
    count *= d
  return [(-1, 2, -3)[i % 3] for i in range(count)]


add("PRELU", lambda r: ([X(*dims(r), values=signed_values(dims(r))), X(*dims(r))], [Y(*dims(r))]),
    "float32 float32 float32", *["%s %s %s" % (q, q, q) for q in ("int8*", "uint8*", "int16*")],
    ranks=ANY_RANK, broadcast=slopes)
for name, kind in [("LOGICAL_AND", "LogicalAndOptions"), ("LOGICAL_OR", "LogicalOrOptions")]:
  pair(name, "bool bool bool", options=(kind, {}))
for name, kind in [("BITWISE_XOR", "BitwiseXorOptions"), ("RIGHT_SHIFT", "RightShiftOptions")]:
  pair(name, "int32 int32 int32", options=(kind, {}))
for name, kind in [("EQUAL", "EqualOptions"), ("NOT_EQUAL", "NotEqualOptions"), ("GREATER", "GreaterOptions"),
                   ("GREATER_EQUAL", "GreaterEqualOptions"), ("LESS", "LessOptions"),
                   ("LESS_EQUAL", "LessEqualOptions")]:
  pair(name, "float32 float32 bool", "int8* int8* bool", "uint8* uint8* bool", options=(kind, {}))
for name in ("ADD", "MULTIPLY", "MAXIMUM", "MINIMUM"):
  pair("STABLEHLO_" + name)
pair("STABLEHLO_SHIFT_LEFT", "int32 int32 int32")
add("ADD_N", lambda r: ([X(*dims(r)), X(*dims(r))], [Y(*dims(r))]), "float32 float32 float32",
    options=("AddNOptions", {}), repeated=(1,), ranks=ANY_RANK)

# Convolutions and matrix products.
CONV = ("Conv2DOptions", {"strideW": 1, "strideH": 1, "padding": 1})
BIAS = {"int32": (1.0, 0), "int64": (1.0, 0)}
PRODUCTS = ["float32 float32 float32 float32", "float32 int8* float32 float32", "int8* int8* int32 int8*",
            "uint8* uint8* int32 uint8*", "int16* int8* int64 int16*", "float32 int4* float32 float32",
            "int8* int4* int32 int8*", "int16* int8* int32 int16*", "float32 uint8* float32 float32"]


def without_bias(seeds):
  return [" ".join(s.split()[:2] + s.split()[3:]) for s in seeds]


for bias in (True, False):
  seeds = PRODUCTS if bias else without_bias(PRODUCTS)
  two = [B(2)] if bias else []
  if bias:  # Without, the kernel of CONV_2D refuses, and that of DEPTHWISE_CONV_2D ends the process.
    add("CONV_2D", lambda r, b=two: ([X(1, 3, 3, 2), W(2, 2, 2, 2)] + b, [Y(1, 2, 2, 2)]), *seeds,
        options=CONV, ranks=(4,), rank=4)
    add("DEPTHWISE_CONV_2D",
        lambda r, b=two: ([X(1, 3, 3, 2), W(1, 2, 2, 2, axis=3)] + b, [Y(1, 2, 2, 2)]), *seeds,
        options=("DepthwiseConv2DOptions", {"strideW": 1, "strideH": 1, "padding": 1, "depthMultiplier": 1}),
        ranks=(4,), rank=4)
  if bias:
    add("DEPTHWISE_CONV_2D", lambda r, b=two: ([X(1, 3, 3, 2), W(1, 2, 2, 2)] + b, [Y(1, 2, 2, 2)]),
        "uint8* uint8* int32 uint8*", allowed=lambda f: f[0] == "uint8*",
        options=("DepthwiseConv2DOptions", {"strideW": 1, "strideH": 1, "padding": 1, "depthMultiplier": 1}),
        ranks=(4,), rank=4)
  add("FULLY_CONNECTED",
      lambda r, b=two: ([X(*dims(r - 1), 4), W(2, 4)] + b, [Y(*dims(r - 1), 2)]), *seeds,
      "uint8* uint8* int32 int16*" if bias else "uint8* uint8* int16*",
      # Bytes are taken for those of the other sign, which gives the same for some numbers only.
      allowed=lambda f: ("uint8*" in f[:2]) == (f[0] == f[1] == "uint8*"),
      options=("FullyConnectedOptions", {"keepNumDims": True}), ranks=FROM_1, rank=2)
  add("TRANSPOSE_CONV",
      lambda r, b=two: ([C([1, 3, 3, 2], forms=["int32"]), W(2, 2, 2, 2), X(1, 2, 2, 2)] + b,
                        [Y(1, 3, 3, 2)]),
      *[" ".join(["int32", s.split()[1], s.split()[0]] + s.split()[2:]) for s in seeds
        if not s.startswith("float32 int") and not s.startswith("float32 uint")],
      options=("TransposeConvOptions", {"strideW": 1, "strideH": 1, "padding": 1}), ranks=(4,), rank=4)
  add("CONV_3D", lambda r, b=two: ([X(1, 3, 3, 3, 2), W(2, 2, 2, 2, 2)] + b, [Y(1, 2, 2, 2, 2)]), seeds[0],
      options=("Conv3DOptions", {"strideW": 1, "strideH": 1, "strideD": 1, "padding": 1}), ranks=(5,), rank=5)
  add("CONV_3D_TRANSPOSE",
      lambda r, b=two: ([C([1, 3, 3, 3, 2], forms=["int32", "int64"]), W(2, 2, 2, 2, 2), X(1, 2, 2, 2, 2)] + b,
                        [Y(1, 3, 3, 3, 2)]),
      "int32 " + seeds[0], options=("Conv3DOptions", {"strideW": 1, "strideH": 1, "strideD": 1, "padding": 1}),
      ranks=(5,), rank=5)
add("BATCH_MATMUL", lambda r: ([X(*dims(r - 2), 2, 4), X(*dims(r - 2), 4, 3)], [Y(*dims(r - 2), 2, 3)]),
    "float32 float32 float32", "int8* int8* int8*", "int16* int16* int16*", "int8* int8* int32",
    options=("BatchMatMulOptions", {}), ranks=FROM_2)
add("BATCH_MATMUL", lambda r: ([X(*dims(r - 2), 2, 4), W(*dims(r - 2), 4, 3)], [Y(*dims(r - 2), 2, 3)]),
    "float32 float32 float32", "float32 int8* float32", options=("BatchMatMulOptions", {}), ranks=FROM_2)
POOL = ("Pool2DOptions", {"strideW": 1, "strideH": 1, "filterWidth": 2, "filterHeight": 2, "padding": 1})
for name in ("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"):
  add(name, lambda r: ([X(1, 3, 3, 2)], [Y(1, 2, 2, 2)]), "float32 float32", *Q3, options=POOL, ranks=(4,),
      rank=4)
add("LOCAL_RESPONSE_NORMALIZATION", lambda r: ([X(1, 2, 2, 4)], [Y(1, 2, 2, 4)]), "float32 float32",
    options=("LocalResponseNormalizationOptions", {"radius": 1, "bias": 1.0, "alpha": 1.0, "beta": 0.5}),
    ranks=(4,), rank=4)

# Moves.
SAME = ["float32 float32"]


def spread(seed):
  """Types that the movers of data usually take, tied, with the same control operands."""
  return [seed.replace("T", t) for t in ("float32", "int8*", "int16*", "uint8*", "int32", "string", "bool")]


add("BATCH_TO_SPACE_ND", lambda r: ([X(4, 2, 2, 1), C([2, 2]), C([[0, 0], [0, 0]])], [Y(1, 4, 4, 1)])
    if r == 4 else ([X(4, 2, 1), C([2]), C([[0, 0]])], [Y(2, 4, 1)]),
    *spread("T int32 int32 T"), options=("BatchToSpaceNDOptions", {}), ranks=(3, 4), rank=4)
add("SPACE_TO_BATCH_ND", lambda r: ([X(1, 4, 4, 1), C([2, 2]), C([[0, 0], [0, 0]])], [Y(4, 2, 2, 1)])
    if r == 4 else ([X(1, 4, 1), C([2]), C([[0, 0]])], [Y(2, 2, 1)]),
    *spread("T int32 int32 T"), options=("SpaceToBatchNDOptions", {}), ranks=(3, 4), rank=4)
add("SPACE_TO_DEPTH", lambda r: ([X(1, 4, 4, 1)], [Y(1, 2, 2, 4)]), *spread("T T"),
    options=("SpaceToDepthOptions", {"blockSize": 2}), ranks=(4,), rank=4)
add("DEPTH_TO_SPACE", lambda r: ([X(1, 2, 2, 4)], [Y(1, 4, 4, 1)]), *spread("T T"),
    options=("DepthToSpaceOptions", {"blockSize": 2}), ranks=(4,), rank=4)
add("BROADCAST_TO", lambda r: ([X(*alternating(r)[0]), C(dims(r), r)], [Y(*dims(r))]), *spread("T int32 T"),
    options=("BroadcastToOptions", {}), ranks=FROM_1)
add("CONCATENATION", lambda r: ([X(*dims(r)), X(*dims(r))], [Y(*([4] + dims(r)[1:]))]), *spread("T T T"),
    options=("ConcatenationOptions", {"axis": 0}), repeated=(1,), ranks=FROM_1)
add("PACK", lambda r: ([X(*dims(r)), X(*dims(r))], [Y(2, *dims(r))]), *spread("T T T"),
    options=("PackOptions", {"valuesCount": 2, "axis": 0}), repeated=(1,), ranks=ANY_RANK)
add("UNPACK", lambda r: ([X(*dims(r))], [Y(*dims(r)[1:]), Y(*dims(r)[1:])]), *spread("T T T"),
    options=("UnpackOptions", {"num": 2, "axis": 0}), repeated=(2,), ranks=FROM_1)
add("SPLIT", lambda r: ([C(0), X(*dims(r))], [Y(1, *dims(r)[1:]), Y(1, *dims(r)[1:])]),
    *spread("int32 T T T"), options=("SplitOptions", {"numSplits": 2}), repeated=(3,), ranks=FROM_1)
add("SPLIT_V", lambda r: ([X(*dims(r)), C([1, 1]), C(0)], [Y(1, *dims(r)[1:]), Y(1, *dims(r)[1:])]),
    *spread("T int32 int32 T T"), "float32 int64 int32 float32 float32", options=("SplitVOptions", {"numSplits": 2}), repeated=(4,), ranks=FROM_1)
add("EXPAND_DIMS", lambda r: ([X(*dims(r)), C(0)], [Y(1, *dims(r))]), *spread("T int32 T"),
    options=("ExpandDimsOptions", {}), ranks=ANY_RANK)
add("SQUEEZE", lambda r: ([X(1, *dims(r - 1))], [Y(*dims(r - 1))]), *spread("T T"),
    options=("SqueezeOptions", {"squeezeDims": [0]}), ranks=FROM_1)
add("RESHAPE", lambda r: ([X(*dims(r)), C([-1])], [Y(2 ** ((r + 1) // 2) * 3 ** (r // 2))]),
    *spread("T int32 T"), options=("ReshapeOptions", {"newShape": [-1]}), ranks=ANY_RANK)
add("SHAPE", lambda r: ([X(*dims(r))], [Y(r)]), *spread("T int32"),
    options=lambda f, n, r: ("ShapeOptions", {"outType": code(f[1])}), ranks=ANY_RANK)
add("RANK", lambda r: ([X(*dims(r))], [Y()]), *spread("T int32"), options=("RankOptions", {}), ranks=ANY_RANK)
add("SLICE", lambda r: ([X(*dims(r)), C([0] * r, r), C([1] * r, r)], [Y(*[1] * r)]),
    *spread("T int32 int32 T"), options=("SliceOptions", {}), ranks=FROM_1)
add("STRIDED_SLICE",
    lambda r: ([X(*dims(r)), C([0] * r, r), C([1] * r, r), C([1] * r, r)], [Y(*[1] * r)]),
    *spread("T int32 int32 int32 T"), options=("StridedSliceOptions", {}), ranks=FROM_1)
add("TRANSPOSE", lambda r: ([X(*dims(r)), C(list(reversed(range(r))), r)], [Y(*reversed(dims(r)))]),
    *spread("T int32 T"), options=("TransposeOptions", {}), ranks=FROM_1)
add("PAD", lambda r: ([X(*dims(r)), C([[0, 1]] * r, r, 2, forms=ANY_INDEX)], [Y(*[d + 1 for d in dims(r)])]),
    *spread("T int32 T"), options=("PadOptions", {}), ranks=FROM_1)
add("PADV2", lambda r: ([X(*dims(r)), C([[0, 1]] * r, r, 2, forms=ANY_INDEX), X(1, values=1, constant=True)], [Y(*[d + 1 for d in dims(r)])]),
    *spread("T int32 T T"), options=("PadV2Options", {}), ranks=FROM_1)
add("MIRROR_PAD", lambda r: ([X(*dims(r)), C([[0, 1]] * r, r, 2)], [Y(*[d + 1 for d in dims(r)])]),
    *spread("T int32 T"), options=("MirrorPadOptions", {"mode": 0}), ranks=FROM_1)
add("TILE", lambda r: ([X(*dims(r)), C([2] + [1] * (r - 1), r)], [Y(*([4] + dims(r)[1:]))]),
    *spread("T int32 T"), options=("TileOptions", {}), ranks=FROM_1)
add("REVERSE_V2", lambda r: ([X(*dims(r)), C([0])], [Y(*dims(r))]), *spread("T int32 T"),
    options=("ReverseV2Options", {}), ranks=FROM_1)
add("REVERSE_SEQUENCE", lambda r: ([X(*dims(r)), C([1, 2, 1], constant=False)], [Y(*dims(r))]),
    *spread("T int32 T"), options=("ReverseSequenceOptions", {"seqDim": 0, "batchDim": 1}), ranks=FROM_2)
add("FILL", lambda r: ([C(dims(r), r), X()], [Y(*dims(r))]), *spread("int32 T T"),
    options=("FillOptions", {}), ranks=ANY_RANK)
add("GATHER", lambda r: ([X(*dims(r)), C([1, 0], constant=False, forms=ANY_INDEX)], [Y(*dims(r))]), *spread("T int32 T"),
    options=("GatherOptions", {"axis": 0}), ranks=FROM_1)
add("GATHER_ND", lambda r: ([X(*dims(r)), C([[1], [0]], constant=False, forms=ANY_INDEX)], [Y(*dims(r))]),
    *spread("T int32 T"), options=("GatherNdOptions", {}), ranks=FROM_1)
add("SCATTER_ND", lambda r: ([C([[1], [0]], constant=False), X(*dims(r)), C(dims(r), r)], [Y(*dims(r))]),
    *spread("int32 T int32 T"), options=("ScatterNdOptions", {}), ranks=FROM_1)
add("SPARSE_TO_DENSE", lambda r: ([C([[0] * r, [1] * r], 2, r), C(dims(r), r), X(2), X()], [Y(*dims(r))]),
    *spread("int32 int32 T T T"), "int64 int32 float32 float32 float32", options=("SparseToDenseOptions", {}), ranks=FROM_1)
add("DYNAMIC_UPDATE_SLICE",
    lambda r: ([X(*dims(r)), X(*[1] * r), C([0] * r, r)], [Y(*dims(r))]), *spread("T T int32 T"),
    options=("DynamicUpdateSliceOptions", {}), ranks=FROM_1)
add("BROADCAST_ARGS", lambda r: ([C([2, 1, 3], constant=False, forms=FORMS), C([1, 3], constant=False, forms=FORMS)], [Y(3)]), "int32 int32 int32", ranks=(1,), rank=1)
# For other types the kernels of these two do nothing, in silence.
DIAGONAL = ["float32", "int8", "uint8", "int16", "int32", "uint32", "int64", "int8*", "uint8*", "int16*"]
add("MATRIX_DIAG", lambda r: ([X(*dims(r), forms=DIAGONAL)], [Y(*dims(r), dims(r)[-1], forms=DIAGONAL)]),
    "float32 float32", *["%s %s" % (t, t) for t in DIAGONAL],
    options=("MatrixDiagOptions", {}), ranks=FROM_1)
add("MATRIX_SET_DIAG",
    lambda r: ([X(*dims(r), forms=DIAGONAL), X(*dims(r - 2), min(dims(r)[-2:]), forms=DIAGONAL)],
               [Y(*dims(r), forms=DIAGONAL)]),
    "float32 float32 float32", *["%s %s %s" % (t, t, t) for t in DIAGONAL], options=("MatrixSetDiagOptions", {}), ranks=FROM_2)
add("UNIQUE", lambda r: ([X(4)], [Y(3), Y(4, forms=CONTROL)]), *spread("T T int32"),
    options=lambda f, n, r: ("UniqueOptions", {"idxOutType": code(f[2])}), ranks=(1,), rank=1)
add("WHERE", lambda r: ([X(*dims(r))], [Y(1, r, compare=False)]), "bool int64", "float32 int64", options=("WhereOptions", {}),
    ranks=FROM_1)
add("ONE_HOT", lambda r: ([C([1] * (2 ** ((r + 1) // 2) * 3 ** (r // 2)), *dims(r), constant=False)
                           if r else C(1, constant=False), C(3), X(), X(values=0)], [Y(*dims(r), 3)]),
    *spread("int32 int32 T T T"), "int64 int32 float32 float32 float32", options=("OneHotOptions", {"axis": -1}), ranks=ANY_RANK)
add("RANGE", lambda r: ([C(0, constant=False, forms=FORMS), C(5, constant=False, forms=FORMS),
                         C(1, constant=False, forms=FORMS)], [Y(5)]),
    "int32 int32 int32 int32", options=("RangeOptions", {}), ranks=(0,), rank=0)
add("DILATE", lambda r: ([X(*dims(r)), C([2] * r, r), X()], [Y(*[2 * d - 1 for d in dims(r)])]),
    *spread("T int32 T T"), options=("DilateOptions", {}), ranks=FROM_1)
add("REDUCE_WINDOW",
    lambda r: ([X(*dims(r)), X(values=0), C([2] + [1] * (r - 1), r), C([1] * r, r), C([1] * r, r)],
               [Y(*([1] + dims(r)[1:]))]),
    *spread("T T int64 int64 int64 T"), options=lambda f, n, r: ("ReduceWindowOptions", {"reduceFunction": 6 if f[0] == "bool" else 1}),
    ranks=FROM_1)

# Choices.


def select(name, kind):
  def build(r):
    return [X(*dims(r), forms=list(FORMS)), X(*dims(r)), X(*dims(r))], [Y(*dims(r))]

  def broadcast(r):
    a, b, c = alternating(r)
    return [X(*a, forms=list(FORMS)), X(*b), X(*c)], [Y(*c)]

  add(name, build, *spread("bool T T T"), options=(kind, {}), ranks=ANY_RANK,
      broadcast=broadcast if name == "SELECT_V2" else None)


select("SELECT", "SelectOptions")
select("SELECT_V2", "SelectV2Options")
for name, kind in [("ARG_MAX", "ArgMaxOptions"), ("ARG_MIN", "ArgMinOptions")]:
  add(name, lambda r: ([X(*dims(r)), C(0)], [Y(*dims(r)[1:])]), *spread("T int32 int32"),
      options=lambda f, n, r, k=kind: (k, {"outputType": code(f[2])}), ranks=FROM_1)
add("TOPK_V2", lambda r: ([X(*dims(r)), C(2, forms=ANY_INDEX)], [Y(*dims(r)[:-1], 2), Y(*dims(r)[:-1], 2)]),
    *spread("T int32 T int32"), options=("TopKV2Options", {}), ranks=FROM_1)
for name in ("SUM", "MEAN", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ANY", "REDUCE_ALL"):
  seeds = ["bool int32 bool"] if name in ("REDUCE_ANY", "REDUCE_ALL") else spread("T int32 T")
  add(name, lambda r: ([X(*dims(r)), C([0])], [Y(*dims(r)[1:])]), *seeds, options=("ReducerOptions", {}),
      ranks=FROM_1)
add("CUMSUM", lambda r: ([X(*dims(r)), C(0)], [Y(*dims(r))]), *spread("T int32 T"),
    options=("CumsumOptions", {}), ranks=FROM_1)
add("SEGMENT_SUM", lambda r: ([X(*dims(r)), C([0, 1], constant=False)], [Y(*dims(r))]), *spread("T int32 T"),
    options=("SegmentSumOptions", {}), ranks=FROM_1)
for name in ("MAX", "MIN", "PROD", "SUM"):
  add("UNSORTED_SEGMENT_" + name,
      lambda r: ([X(*dims(r)), C([0, 1], constant=False), C(2)], [Y(*dims(r))]), *spread("T int32 int32 T"),
      options=("UnsortedSegment%sOptions" % name.capitalize(), {}), ranks=FROM_1)
add("BUCKETIZE", lambda r: ([X(*dims(r))], [Y(*dims(r))]), "float32 int32",
    options=("BucketizeOptions", {"boundaries": [1.5, 2.5]}), ranks=ANY_RANK)

# Images and signals.
for name, kind in [("RESIZE_BILINEAR", "ResizeBilinearOptions"),
                   ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions")]:
  add(name, lambda r: ([X(1, 2, 2, 1), C([4, 4])], [Y(1, 4, 4, 1)]), *spread("T int32 T"),
      options=(kind, {}), ranks=(4,), rank=4)
add("RFFT2D", lambda r: ([X(*[1] * (r - 2), 4, 4), C([4, 4])], [Y(*[1] * (r - 2), 4, 3)]),
    "float32 int32 complex64", options=("Rfft2dOptions", {}), ranks=range(2, 9), rank=2)
NMS = [X(3, 4, values=[[0, 0, 1, 1], [0, 0, 2, 2], [5, 5, 6, 6]]), X(3)]
add("NON_MAX_SUPPRESSION_V4", lambda r: (NMS + [C(2), X(values=1), X(values=0)], [Y(2), Y()]),
    "float32 float32 int32 float32 float32 int32 int32", options=("NonMaxSuppressionV4Options", {}))
add("NON_MAX_SUPPRESSION_V5", lambda r: (NMS + [C(2), X(values=1), X(values=0), X(values=0)], [Y(2), Y(2), Y()]),
    "float32 float32 int32 float32 float32 float32 int32 float32 int32",
    options=("NonMaxSuppressionV5Options", {}))
for name in ("RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL"):
  add(name, lambda r: ([C(dims(r))], [Y(*dims(r), compare=False)]), "int32 float32",
      options=("RandomOptions", {"seed": 1, "seed2": 2}), ranks=range(1, 9), rank=1)
add("MULTINOMIAL", lambda r: ([X(2, 3), C(4)], [Y(2, 4, compare=False)]), "float32 int32 int64", "float32 int32 int32",
    options=("RandomOptions", {"seed": 1, "seed2": 2}))

# Lookups.
add("EMBEDDING_LOOKUP", lambda r: ([C([1, 0]), W(2, 4)], [Y(2, 4)]), "int32 float32 float32",
    "int32 int8* float32", "int32 int4* float32", "int32 uint8* float32", "int32 int8* int8*",
    allowed=lambda f: f[1] == f[2] or f[1].endswith("*") and f[2].startswith("float"))
add("EMBEDDING_LOOKUP_SPARSE", lambda r: ([C([1, 0]), C([[0, 0], [1, 0]]), C([2, 2]), X(2), W(2, 4)], [Y(2, 4)]),
    "int32 int32 int32 float32 float32 float32", options=("EmbeddingLookupSparseOptions", {"combiner": 0}))
add("HASHTABLE_LOOKUP", lambda r: ([C([1, 2]), C([1, 2]), X(2, 3)], [Y(2, 3), Y(2)]),
    "int32 int32 float32 float32 uint8")
add("HASHTABLE_LOOKUP", lambda r: ([C([1, 2]), C([1, 2]), X(2)], [Y(2), Y(2)]),
    "int32 int32 string string uint8", "int32 int32 float32 float32 uint8")

STATE = "keeps a state in other tensors"
NOT_ASKED = {
    "ASSIGN_VARIABLE": "works on resources", "VAR_HANDLE": "works on resources",
    "READ_VARIABLE": "works on resources", "HASHTABLE": "works on resources",
    "HASHTABLE_FIND": "works on resources", "HASHTABLE_IMPORT": "works on resources",
    "HASHTABLE_SIZE": "works on resources",
    "IF": "runs graphs", "WHILE": "runs graphs", "CALL_ONCE": "runs graphs",
    "STABLEHLO_COMPOSITE": "runs graphs", "STABLEHLO_WHILE": "runs graphs", "STABLEHLO_CASE": "runs graphs",
    "BITCAST": "takes any types whose sizes fit the shapes",
    "CUSTOM": "is defined by its own kernel",
    "DENSIFY": "reads a sparse constant",
    "SKIP_GRAM": "reads one string",
    "LSH_PROJECTION": "hashes elements of any type",
    **{"STABLEHLO_" + name: "has attributes of StableHLO"
       for name in ("GATHER", "PAD", "REDUCE_WINDOW", "RNG_BIT_GENERATOR", "SCATTER")},
    "LSTM": STATE, "UNIDIRECTIONAL_SEQUENCE_LSTM": STATE, "BIDIRECTIONAL_SEQUENCE_LSTM": STATE,
    "RNN": STATE, "UNIDIRECTIONAL_SEQUENCE_RNN": STATE, "BIDIRECTIONAL_SEQUENCE_RNN": STATE, "SVDF": STATE,
}
