"""Writes models of one node with the results of the built-in kernels of TensorFlow Lite 2.21.0.

Usage: native_cases.py native-kernels.txt OUTPUT.npz

One model for each combination of types of the table that native_kernels.py writes, with random contents,
and models whose inputs contain NaN, whose results are those of the reference kernels. The array "data"
has the models and the contents of tensors as the runtime stores them. The array "index" has a line for
each: the case, the kind (model, in0, in1, out0, ...), the first byte, the number of bytes, and the
dimensions of an output, joined by x.
"""

import sys
import zlib

import numpy as np

import native_kernels as native
from native_kernel_templates import TEMPLATES

# Operators whose operands from one on must be positive.
POSITIVE = {"DIV": 1, "FLOOR_DIV": 1, "FLOOR_MOD": 1, "RIGHT_SHIFT": 1, "POW": 1, "LOG": 0, "RSQRT": 0, "SQRT": 0}
RANDOM = {"MULTINOMIAL", "RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL"}


def combinations(path):
  """Reads the table: (operator, forms) for each line and combination, without repetitions."""
  for text in open(path):
    if text.startswith("#") or " any ; " in text:
      continue
    words = text.split(" ; ")[0].split()
    slots = [w.removesuffix("...").split("|") for w in words[1:] if w != "->"]
    found = [()]
    for slot in slots:
      found = [f + (form,) for f in found for form in slot]
    for forms in found:
      yield words[0], tuple(forms[int(f[1:])] if f[0] == "=" else f for f in forms)


def randomize(template, built, forms, rng):
  """Fills the data inputs with random contents."""
  inputs, outputs = built
  for place, (operand, form) in enumerate(zip(inputs, forms)):
    if not native.is_data(operand) or \
        operand.values is not None and not operand.constant or operand.shape == () and template.name != "FILL":
      continue
    name = native.base(form)
    count = int(np.prod(operand.shape, dtype=np.int64))
    small = 3 if name in native.SUB_BYTE else 9
    if name in native.FLOATS or name == "complex64":
      values = rng.uniform(-3, 3, count)
    elif name.startswith("u") or name == "bool":
      values = rng.integers(0, small, count)
    else:
      values = rng.integers(-small, small, count)
    if form.endswith("*"):
      values = values * native.parameters(operand, form)[0]
      if name not in native.SUB_BYTE:
        values = values * 3.0
    if template.name in POSITIVE and place >= POSITIVE[template.name]:
      values = np.abs(values) + native.parameters(operand, form)[0]
      if name not in native.FLOATS and not form.endswith("*"):
        values = np.floor(values) + 1
      if template.name == "POW":
        values = np.minimum(values, 4)
    if form == "int16*" and template.name in ("LOG", "RSQRT", "EXP"):
      values = rng.uniform(1, 4, count)
    operand.values = values.astype(np.float64)
  return inputs, outputs


def raw_output(interpreter, detail, form):
  try:
    value = interpreter.get_tensor(detail["index"])
  except ValueError:
    return None
  if form == "string":
    return native.strings_buffer([bytes(s) for s in np.asarray(value, dtype=object).reshape(-1)])
  if native.base(form) in native.SUB_BYTE:
    return None
  return np.ascontiguousarray(value).tobytes()


def record(arrays, name, template, built, rank, forms, resolver="BUILTIN_WITHOUT_DEFAULT_DELEGATES"):
  fixed = native.Template(template.name, lambda r: built, template.seeds, template.options)
  error, interpreter, outputs, content = native.invoke(fixed, rank, "plain", forms, resolver)
  if error:
    print(name, error[:100])
    return False
  arrays[name + "|model"] = np.frombuffer(content, np.uint8)
  settable = [(o, f) for o, f in zip(built[0], forms)
              if o is not None and not o.constant and native.settable(f)]
  for i, (operand, form) in enumerate(settable):
    arrays["%s|in%d" % (name, i)] = np.frombuffer(native.raw(operand, form), np.uint8)
  for i, (detail, form) in enumerate(zip(interpreter.get_output_details(), forms[len(built[0]):])):
    content = raw_output(interpreter, detail, form)
    if content is not None and template.name not in RANDOM:
      arrays["%s|out%d" % (name, i)] = np.frombuffer(content, np.uint8)
      arrays["%s|shape%d" % (name, i)] = np.array(interpreter.get_tensor(detail["index"]).shape, np.int32)
  return True


def pairs(path, arrays):
  count = {}
  for operator, forms in combinations(path):
    for template in TEMPLATES:
      if template.name != operator:
        continue
      built = template.build(template.rank)
      if len(built[0]) + len(built[1]) != len(forms):
        continue
      if operator == "QUANTIZE":
        forms = tuple("int32*" if f == "int32" else f for f in forms)
      rng = np.random.default_rng(zlib.crc32((operator + " ".join(forms)).encode()))
      built = randomize(template, built, forms, rng)
      number = count.get(operator, 0)
      if record(arrays, "%s.%03d" % (operator, number), template, built, template.rank, forms):
        count[operator] = number + 1
        break


def with_nan(arrays):
  """Floats with NaN: the results of the reference kernels."""
  names = ["MAX_POOL_2D", "AVERAGE_POOL_2D", "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "MAXIMUM", "MINIMUM",
           "REDUCE_MAX", "REDUCE_MIN", "ARG_MAX", "ARG_MIN", "LEAKY_RELU", "PRELU", "HARD_SWISH",
           "UNSORTED_SEGMENT_MAX", "UNSORTED_SEGMENT_MIN"]
  for template in TEMPLATES:
    if template.name not in names or template.seeds[0][0] != "float32":
      continue
    names.remove(template.name)
    rank = 4 if "POOL" in template.name else 3
    for case in range(6):
      built = template.build(rank)
      rng = np.random.default_rng(case)
      for operand in built[0]:
        if operand.forms is native.FORMS:
          count = int(np.prod(operand.shape))
          values = rng.uniform(-3, 3, count)
          values[rng.random(count) < (0.3 if case < 5 else 1)] = np.nan
          operand.values = values
      options = template.options
      if "POOL" in template.name:
        options = (options[0], dict(options[1], fusedActivationFunction=[0, 1, 3, 2, 0, 0][case]))
      changed = native.Template(template.name, template.build, template.seeds, options)
      record(arrays, "%s.nan%d" % (template.name, case), changed, built, rank, template.seeds[0], "BUILTIN_REF")


def products(arrays):
  """Integer matrix products of activations with every pair of flags."""
  for case in range(24):
    rng = np.random.default_rng(case)
    form = "int8*" if case < 16 else "int16*"
    batch, rows, inner, columns = [int(v) for v in rng.integers(1, (4, 12, 20, 12))]
    zero = (lambda: int(rng.integers(-128, 128))) if form == "int8*" else (lambda: 0)
    name = native.base(form)
    scales = [(float(np.float32(s)), zero()) for s in np.exp(rng.uniform(-6, -2, 2))]
    scales.append((float(np.float32(scales[0][0] * scales[1][0] * inner ** 0.5 * (40 if name == "int8" else 6000))), zero()))
    adj_x, adj_y = bool(case & 1), bool(case & 2)
    limit = np.iinfo(native.NUMPY[name])
    shapes = [(batch, inner, rows) if adj_x else (batch, rows, inner),
              (batch, columns, inner) if adj_y else (batch, inner, columns)]
    inputs = []
    for shape, (scale, zero_point) in zip(shapes, scales):
      stored = rng.integers(limit.min, limit.max + 1, shape)
      inputs.append(native.X(*shape, values=(stored - zero_point) * scale, quant={name: (scale, zero_point)},
                             constant=bool(case & 4) and len(inputs) == 1))
    outputs = [native.Y(batch, rows, columns, quant={name: scales[2]})]
    template = native.Template("BATCH_MATMUL", None, [], ("BatchMatMulOptions", {"adjX": adj_x, "adjY": adj_y}))
    record(arrays, "BATCH_MATMUL.adj%02d" % case, template, (inputs, outputs), 3, (form,) * 3)


def main():
  arrays = {}
  products(arrays)
  with_nan(arrays)
  if sys.argv[1] != "-":
    pairs(sys.argv[1], arrays)
  save(arrays, sys.argv[2])


def save(arrays, path):
  """Writes few large arrays instead of many small ones, which take far more space."""
  index, data = [], b""
  for name, array in arrays.items():
    case, kind = name.split("|")
    if kind.startswith("shape"):
      continue
    shape = arrays.get(case + "|shape" + kind[3:]) if kind.startswith("out") else None
    dims = "" if shape is None else "x".join(str(d) for d in shape)
    index.append("%s %s %d %d %s" % (case, kind, len(data), array.size, dims))
    data += array.tobytes()
  np.savez_compressed(path, index=np.frombuffer("\n".join(index).encode(), np.uint8),
                      data=np.frombuffer(data, np.uint8))


if __name__ == "__main__":
  main()
