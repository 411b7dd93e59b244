"""Asks the built-in kernels of TensorFlow Lite which element types and ranks they take.

Usage: native_kernels.py OUTPUT [OPERATOR...]

Writes libs/tflite/src/main/resources/dev/whittle/tflite/native-kernels.txt, whose head explains its
form. With operators, only their lines are made, and those of the other operators are kept.

For each operator, models of one node are run with TensorFlow 2.21.0 (without delegates), starting from
type combinations that are known to work and changing one type, or all equal types, at a time. A
combination counts as accepted if the model is allocated and invoked without an error and without ending
the process, if the kernel leaves the declared types of the outputs as they are, and if the numbers are
those of the first combination within the precision of the types. The numbers matter, since several
kernels compute nonsense in silence where they expect quantization parameters that are missing.
"""

import itertools
import json
import os
import re
import signal
import struct
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf
import flatbuffers
from tensorflow.lite.python import schema_py_generated as S
from ml_dtypes import bfloat16

VERSION = "2.21.0"
NUMPY = {
    "float32": np.float32, "float16": np.float16, "bfloat16": bfloat16, "float64": np.float64,
    "int8": np.int8, "uint8": np.uint8, "int16": np.int16, "uint16": np.uint16, "int32": np.int32,
    "uint32": np.uint32, "int64": np.int64, "uint64": np.uint64, "bool": np.bool_,
    "complex64": np.complex64,
}
PLAIN = ["float32", "float16", "bfloat16", "float64", "int2", "int4", "uint4", "int8", "uint8", "int16",
         "uint16", "int32", "uint32", "int64", "uint64", "bool", "string", "complex64"]
QUANTIZED = ["int2*", "int4*", "int8*", "uint8*", "int16*"]
# Any scale but one, at which the comparisons abort; a zero point that a kernel for int8 would not guess.
DEFAULT_PARAMETERS = {"uint8": (0.5, 128)}
FORMS = PLAIN + QUANTIZED
CONTROL = ["int32", "int64"]
SUB_BYTE = {"int2": 2, "int4": 4, "uint4": 4}
FLOATS = {"float32", "float16", "bfloat16", "float64"}


class X:
  """A data operand, whose values are small positive integers unless given."""

  def __init__(self, *shape, values=None, constant=False, forms=FORMS, fixed=None, quant=None, compare=True,
               axis=None):
    self.shape, self.values, self.constant, self.forms = shape, values, constant, forms
    self.fixed, self.quant, self.compare, self.axis = fixed, quant or {}, compare, axis


def W(*shape, **named):
  """A constant data operand, with negative values unless given."""
  if "values" not in named:
    named["values"] = np.arange(int(np.prod(shape, dtype=np.int64))) % 4 - 1.0
  return X(*shape, constant=True, **named)


def C(values, *shape, constant=True, forms=CONTROL):
  """An operand of indices, axes or dimensions."""
  values = np.array(values)
  return X(*(shape or values.shape), values=values, constant=constant, forms=forms)


def B(*shape):
  """A bias, whose integers have the product of the scales of the operands."""
  return X(*shape, constant=True, fixed="bias", forms=list(FORMS))


def Y(*shape, **named):
  """An output."""
  return X(*shape, **named)


class Template:
  def __init__(self, name, build, seeds, options=None, ranks=(2,), broadcast=None, rank=2, repeated=(),
               allowed=None, any_rank=False):
    self.name, self.build, self.seeds, self.options = name, build, seeds, options
    self.ranks, self.broadcast, self.rank, self.repeated = ranks, broadcast, rank, repeated
    self.allowed, self.any_rank = allowed, any_rank


def is_data(operand):
  """Returns whether an operand has elements of many types, not only indices or dimensions."""
  return operand is not None and operand.fixed != "bias" and len(operand.forms) > 3


def base(form):
  return form.rstrip("*")


def parameters(operand, form):
  """Returns scale and zero point of a quantized form."""
  if operand.fixed == "bias":
    return (0.25, 0)
  return operand.quant.get(base(form)) or DEFAULT_PARAMETERS.get(base(form), (0.5, 0))


def is_quantized(operand, form):
  return form.endswith("*") or operand.fixed == "bias" and form in ("int32", "int64")


def reals(operand):
  """Returns the numbers of an operand before they are quantized."""
  count = int(np.prod(operand.shape, dtype=np.int64))
  if operand.values is not None:
    return np.array(operand.values, np.float64).reshape(operand.shape)
  return (np.arange(count) % 3 + 1).astype(np.float64).reshape(operand.shape)


def strings_buffer(strings):
  head = struct.pack("<i", len(strings))
  offset = 4 * (len(strings) + 2)
  for s in strings:
    head += struct.pack("<i", offset)
    offset += len(s)
  return head + struct.pack("<i", offset) + b"".join(strings)


def contents(operand, form):
  """Returns the elements of an operand as an array, or None if NumPy has no such type."""
  values = reals(operand)
  name = base(form)
  if is_quantized(operand, form):
    scale, zero = parameters(operand, form)
    values = np.round(values / scale + zero)
  if name == "string":
    return np.array([b"%d" % int(v) for v in values.reshape(-1)], dtype=object).reshape(operand.shape)
  if name == "bool":
    return values > 1 if operand.values is None else values != 0
  if name in SUB_BYTE:
    return None
  if name in ("float16", "bfloat16", "float32", "float64", "complex64"):
    return values.astype(NUMPY[name])
  limits = np.iinfo(NUMPY[name])
  return np.clip(values, limits.min, limits.max).astype(NUMPY[name])


def raw(operand, form):
  name = base(form)
  if name in SUB_BYTE:
    bits = SUB_BYTE[name]
    values = reals(operand)
    if form.endswith("*"):
      scale, zero = parameters(operand, form)
      values = np.round(values / scale + zero)
    values = values.astype(np.int64).reshape(-1) & ((1 << bits) - 1)
    per = 8 // bits
    values = np.concatenate([values, np.zeros(-len(values) % per, np.int64)]).reshape(-1, per)
    return (values << (np.arange(per) * bits)).sum(axis=1).astype(np.uint8).tobytes()
  if name == "string":
    return strings_buffer(list(contents(operand, form).reshape(-1)))
  return contents(operand, form).tobytes()


def settable(form):
  return base(form) in NUMPY and base(form) not in ("bfloat16",) or base(form) == "string"


def model_bytes(template, inputs, outputs, forms, version, options):
  model = S.ModelT()
  model.version = 3
  code = S.OperatorCodeT()
  code.builtinCode = getattr(S.BuiltinOperator, template.name)
  code.deprecatedBuiltinCode = min(code.builtinCode, 127)
  code.version = version
  model.operatorCodes = [code]
  model.buffers = [S.BufferT()]
  graph = S.SubGraphT()
  graph.tensors, graph.inputs, graph.outputs = [], [], []
  operator = S.OperatorT()
  operator.inputs, operator.outputs = [], []
  settables = []
  for place, (operand, form) in enumerate(zip(list(inputs) + list(outputs), forms)):
    is_input = place < len(inputs)
    if operand is None:
      operator.inputs.append(-1)
      continue
    tensor = S.TensorT()
    tensor.name = "t%d" % place
    tensor.shape = list(operand.shape)
    tensor.hasRank = True
    tensor.type = getattr(S.TensorType, base(form).upper())
    if is_quantized(operand, form):
      scale, zero = parameters(operand, form)
      tensor.quantization = S.QuantizationParametersT()
      channels = 1 if operand.axis is None else operand.shape[operand.axis]
      tensor.quantization.scale, tensor.quantization.zeroPoint = [scale] * channels, [zero] * channels
      tensor.quantization.quantizedDimension = operand.axis or 0
    index = len(graph.tensors)
    graph.tensors.append(tensor)
    if is_input and operand.fixed == "state":
      tensor.isVariable = True
    elif is_input and (operand.constant or not settable(form)):
      buffer = S.BufferT()
      buffer.data = np.frombuffer(raw(operand, form), np.uint8)
      tensor.buffer = len(model.buffers)
      model.buffers.append(buffer)
    elif is_input:
      graph.inputs.append(index)
      settables.append((operand, form))
    else:
      graph.outputs.append(index)
    (operator.inputs if is_input else operator.outputs).append(index)
  if options:
    kind, fields = options
    fields = dict(fields)
    if hasattr(S.BuiltinOptions, kind):
      operator.builtinOptionsType = getattr(S.BuiltinOptions, kind)
      operator.builtinOptions = getattr(S, kind + "T")()
      target = operator.builtinOptions
    else:
      operator.builtinOptions2Type = getattr(S.BuiltinOptions2, kind)
      operator.builtinOptions2 = getattr(S, kind + "T")()
      target = operator.builtinOptions2
    for key, value in fields.items():
      if not hasattr(target, key):
        raise AttributeError(kind + "." + key)
      setattr(target, key, value)
  graph.operators = [operator]
  model.subgraphs = [graph]
  builder = flatbuffers.Builder(1024)
  builder.Finish(model.Pack(builder), b"TFL3")
  return bytes(builder.Output()), settables


def chosen_options(template, forms, outputs_at, rank):
  options = template.options
  if callable(options):
    options = options(forms, outputs_at, rank)
  return options


VERSIONS = {}


def run(template, rank, mode, forms):
  """Runs one model; returns ("", outputs) or (error text, None)."""
  error, interpreter, outputs, _ = invoke(template, rank, mode, forms)
  return results(interpreter, outputs, forms) if not error else (error, None)


def invoke(template, rank, mode, forms, resolver="BUILTIN_WITHOUT_DEFAULT_DELEGATES"):
  """Runs one model; returns an error text or "", the interpreter, the outputs, and the model."""
  if mode == "plain":
    built = template.build(rank)
  else:
    built = template.broadcast(rank)
  inputs, outputs = built
  options = chosen_options(template, forms, len(inputs), rank)
  version = VERSIONS.get(template.name, 1)
  while True:
    content, settables = model_bytes(template, inputs, outputs, forms, version, options)
    try:
      interpreter = tf.lite.Interpreter(
          model_content=content,
          experimental_op_resolver_type=getattr(tf.lite.experimental.OpResolverType, resolver))
      break
    except ValueError as e:
      if "Didn't find op" in str(e) and version < 4:
        version += 1
        continue
      return ("model: " + str(e), None, outputs, content)
  VERSIONS[template.name] = version
  try:
    interpreter.allocate_tensors()
    for detail, (operand, form) in zip(interpreter.get_input_details(), settables):
      interpreter.set_tensor(detail["index"], contents(operand, form))
    interpreter.invoke()
  except (ValueError, RuntimeError, TypeError) as e:
    return (str(e), None, outputs, content)
  return ("", interpreter, outputs, content)


def results(interpreter, outputs, forms):
  """Returns ("", shapes and numbers of outputs), or (error text, None) if their types changed."""
  values = []
  details = interpreter.get_output_details()
  for detail, operand, form in zip(details, outputs, forms[len(forms) - len(outputs):]):
    name = base(form)
    dtype = detail["dtype"]
    expected = NUMPY.get(name, np.bytes_ if name == "string" else None)
    if name in SUB_BYTE and np.dtype(dtype).name != name:
      return ("output type became %s" % np.dtype(dtype), None)
    if expected is not None and np.dtype(dtype).name != np.dtype(expected).name and name != "string":
      return ("output type became %s" % np.dtype(dtype), None)
    if name == "string" and dtype not in (np.bytes_, np.object_, np.str_):
      return ("output type became %s" % np.dtype(dtype), None)
    try:
      value = interpreter.get_tensor(detail["index"])
    except ValueError:
      values.append(None)
      continue
    if name == "string":
      value = np.array([float(s or b"0") for s in value.reshape(-1)])
    elif name == "complex64":
      value = value.real.astype(np.float64)
    elif name == "bool":
      value = value.astype(np.float64)
    else:
      value = value.astype(np.float64)
      if form.endswith("*"):
        scale, zero = parameters(operand, form)
        value = (value - zero) * scale
    values.append((list(detail["shape"]), value.reshape(-1).tolist()))
  return ("", [None if v is None else [[int(d) for d in v[0]], v[1]] for v in values])


def probe(jobs):
  """Runs jobs in forked processes, so that a kernel that aborts ends only its own."""
  results = [None] * len(jobs)
  start = 0
  while start < len(jobs):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
      os.close(reading)
      null = os.open(os.devnull, os.O_WRONLY)
      os.dup2(null, 2)
      os.dup2(null, 1)
      out = os.fdopen(writing, "w")
      for job in jobs[start:]:
        signal.alarm(5)
        try:
          answer = run(*job)
        except Exception as e:
          answer = ("%s: %s" % (type(e).__name__, e), None)
        out.write(json.dumps(answer) + "\n")
        out.flush()
      os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as lines:
      for line in lines:
        if line.endswith("\n"):
          results[start] = tuple(json.loads(line))
          start += 1
    _, status = os.waitpid(child, 0)
    if start < len(jobs):
      results[start] = ("the process ended with signal %d" % os.WTERMSIG(status), None)
      start += 1
  return results


def tolerance(forms):
  """Returns relative tolerance for a combination."""
  if any(base(f) in ("int8", "uint8", "int4", "int2") and f.endswith("*") for f in forms):
    return 0.06
  if "bfloat16" in forms or "float16" in forms:
    return 0.03
  return 0.01


def plausible(template, built, forms, outputs, expected):
  """Returns whether outputs are those of the first combination, as far as the types can tell."""
  inputs, declared = built
  lead = base(next((f for f, o in zip(forms, inputs) if is_data(o)), ""))
  boolean_result = base(template.seeds[0][-1]) == "bool"
  for operand, form, value, right in zip(declared, forms[len(inputs):], outputs, expected):
    if not operand.compare or value is None or right is None or base(form) == "string":
      continue
    if value[0] != right[0]:
      return False
    a, b = np.array(value[1]), np.array(right[1])
    if base(form) == "bool" and lead == "bool":
      continue
    if base(form) == "bool" and not boolean_result:
      if template.name != "CAST":
        return False
      b = (b != 0).astype(np.float64)
    if close(operand, form, forms, a, b):
      continue
    # Booleans were made of other numbers than the first combination had.
    if lead != "bool" or not close(operand, form, forms, a, (b > 1).astype(np.float64)):
      return False
  return True


def close(operand, form, forms, a, b):
  step = parameters(operand, form)[0] * 1.01 if form.endswith("*") else 0
  if base(form) not in FLOATS and not form.endswith("*"):
    if b.size > 2 and np.all(np.abs(b) < 1) and np.any(b != 0):
      return False
    step = 0.99
  return bool(np.all(np.abs(a - b) <= step + tolerance(forms) * np.abs(b) + 1e-4))


def is_sensible(template, operands, forms):
  """Returns whether operands have one type where they have in every seed.

  Kernels that do not look at some types take mixes that no file has.
  """
  if any(f.endswith("*") and f[:-1] in forms for f in forms):
    return False
  if template.allowed and not template.allowed(forms):
    return False
  present = [p for p, o in enumerate(operands) if o is not None]
  seeds = [dict(zip(present, seed)) for seed in template.seeds]
  for a, b in itertools.combinations(present, 2):
    alike = operands[a].forms == operands[b].forms
    if alike and forms[a] != forms[b] and all(seed[a] == seed[b] for seed in seeds):
      return False
  return True


def explore(template):
  """Returns the accepted combinations and the reasons for those near them that are not."""
  built = template.build(template.rank)
  operands = list(built[0]) + list(built[1])
  seeds = [tuple(seed) for seed in template.seeds]
  seeds = [
      tuple("-" if o is None else next(it) for o in operands)
      for seed in seeds for it in [iter(seed)]]
  first = probe([(template, template.rank, "plain", seeds[0])])[0]
  if first[0]:
    raise AssertionError("%s %s: %s" % (template.name, seeds[0], first[0]))
  expected = first[1]
  seen, accepted, odd = set(), {}, {}
  wave = seeds
  while wave:
    wave = [w for w in dict.fromkeys(wave) if w not in seen]
    seen.update(wave)
    answers = probe([(template, template.rank, "plain", w) for w in wave])
    following = []
    for forms, (error, outputs) in zip(wave, answers):
      if error:
        odd[forms] = error
        continue
      if not is_sensible(template, operands, forms):
        continue
      if not plausible(template, built, forms, outputs, expected):
        odd[forms] = "WRONG %s instead of %s" % (
            [o and o[1][:4] for o in outputs], [o and o[1][:4] for o in expected])
        continue
      accepted[forms] = outputs
      for place, operand in enumerate(operands):
        if operand is None:
          continue
        for form in operand.forms:
          following.append(forms[:place] + (form,) + forms[place + 1:])
      for old in set(forms) - {"-"}:
        places = [p for p, f in enumerate(forms)
                  if f == old and is_data(operands[p])]
        for form in FORMS:
          if any(form not in operands[p].forms for p in places):
            continue
          changed = list(forms)
          for p in places:
            changed[p] = form
          following.append(tuple(changed))
    wave = following
  return accepted, odd


def ranks_text(ranks):
  if ranks == "any":
    return "any"
  if not ranks:
    return "none"
  ranks = sorted(ranks)
  parts, begin = [], ranks[0]
  for a, b in itertools.pairwise(ranks + [99]):
    if b != a + 1:
      parts.append(str(a) if a == begin else "%d-%d" % (begin, a))
      begin = b
  return ",".join(parts)


def rank_limits(template, accepted):
  """Returns for each combination the text of the accepted ranks, plain and broadcast."""
  jobs, keys = [], []
  first = next(iter(accepted))
  for forms in accepted:
    for rank in template.ranks:
      jobs.append((template, rank, "plain", forms))
      keys.append((forms, rank, "plain"))
    if template.broadcast:
      for rank in range(2, 9):
        jobs.append((template, rank, "broadcast", forms))
        keys.append((forms, rank, "broadcast"))
  answers = dict(zip(keys, probe(jobs)))
  good = broadcasts(template, answers) if template.broadcast else set()
  limits = {}
  usual = None
  for forms in accepted:
    plain = set()
    for rank in template.ranks:
      error, outputs = answers[forms, rank, "plain"]
      expected = answers[first, rank, "plain"][1]
      built = template.build(rank)
      if not error and (expected is None or plausible(template, built, forms, outputs, expected)):
        plain.add(max(len(o.shape) for o in built[0] + built[1] if o is not None))
    common = {r for r in usual if r <= 3} if usual else set()
    usual = usual or plain
    if not plain or not common <= plain:
      # A chance result of stray memory: a kernel takes small ranks all the same.
      print("  no rank", template.name, forms, plain)
      continue
    stretched = None
    if template.broadcast:
      stretched = ranks_text([rank for rank in range(2, 9) if (forms, rank) in good])
    limits[forms] = (ranks_text("any" if template.any_rank else plain), stretched)
  return limits


def flat(template, rank):
  """Returns a template whose operands were broadcast before and have one dimension."""
  inputs, declared = template.broadcast(rank)
  shape = np.broadcast_shapes(*[i.shape for i in inputs])
  count = int(np.prod(shape))
  operands = [X(count, values=np.broadcast_to(reals(i), shape).reshape(-1), quant=i.quant) for i in inputs]
  return Template(template.name, lambda r: (operands, [X(count, quant=declared[0].quant)]), [],
                  template.options)


def broadcasts(template, answers):
  """Returns the combinations and ranks whose broadcasts give the same as flat operands."""
  keys = [k for k, answer in answers.items() if k[2] == "broadcast" and not answer[0]]
  right = probe([(flat(template, rank), 1, "plain", forms) for forms, rank, _ in keys])
  good = set()
  for (forms, rank, mode), (error, outputs) in zip(keys, right):
    found = answers[forms, rank, mode][1][0]
    # Booleans and strings are made of the shape, so they differ from those of flat operands.
    unknown = error or found is None or outputs[0] is None or any(base(f) in ("bool", "string") for f in forms)
    if unknown or len(found[1]) == len(outputs[0][1]) and np.allclose(found[1], outputs[0][1], 1e-3, 1e-3):
      good.add((forms, rank))
  return good


def compress(limits, data, inputs_count):
  """Joins combinations to patterns: sets of types, and "=N" for the type of operand N."""
  groups = {}
  for forms, limit in limits.items():
    groups.setdefault(limit, set()).add(forms)
  lines = []
  for limit, combinations in groups.items():
    leads = [d for d in data if d < inputs_count] or [0]
    choices = [rows_with_lead(combinations, lead, data) for lead in leads]
    lines += [(row, limit) for row in min(choices, key=len)]
  return lines


def rows_with_lead(combinations, lead, data):
  """Returns the patterns if the types of other data operands are compared with that of one."""
  tied = {}
  for forms in combinations:
    pattern = tuple(
        "?" if i == lead else "=%d" % lead if i in data and f == forms[lead] else f
        for i, f in enumerate(forms))
    tied.setdefault(pattern, set()).add(forms[lead])
  rows = {tuple(frozenset(v) if p == "?" else frozenset([p]) for p in pattern)
          for pattern, v in tied.items()}
  places = len(next(iter(rows)))
  changed = True
  while changed:
    changed = False
    for place in range(places):
      merged = {}
      for row in rows:
        merged.setdefault(row[:place] + row[place + 1:], set()).update(row[place])
      new = {rest[:place] + (frozenset(v),) + rest[place:] for rest, v in merged.items()}
      if len(new) < len(rows):
        rows, changed = new, True
  return rows


def order(form):
  return ["=%d" % i for i in range(9)].index(form) if form[0] == "=" else 9 + (["-"] + FORMS + ["int32*", "complex128"]).index(form)


def line(template, row, limit, inputs_count):
  texts = ["|".join(sorted(slot, key=order)).replace("int32*", "int32") for slot in row]
  for place in template.repeated:
    texts[place] += "..."
  text = "%s %s -> %s ; rank %s" % (
      template.name, " ".join(texts[:inputs_count]), " ".join(texts[inputs_count:]), limit[0])
  if limit[1] is not None:
    text += " ; broadcast " + limit[1]
  return text


def lines_of(template, verbose=False):
  accepted, odd = explore(template)
  if verbose:
    for forms, error in odd.items():
      if error.startswith("WRONG") or "signal" in error:
        print("   ", template.name, " ".join(forms), error[:150])
  limits = rank_limits(template, accepted)
  built = template.build(template.rank)
  data = [i for i, o in enumerate(list(built[0]) + list(built[1])) if is_data(o)]
  return sorted(line(template, row, limit, len(built[0]))
                for row, limit in compress(limits, data, len(built[0])))


HEAD = """\
# The types and ranks that the built-in kernels of TensorFlow Lite %s take, by their own answers
# (without delegates, on x86-64). Made by quality/conformance/src/test/scripts/native_kernels.py.
#
#   OPERATOR INPUT... -> OUTPUT... ; rank RANKS [; broadcast RANKS]
#
# Each operand is a set of element types, separated by bars: every combination of them is accepted.
# TYPE* is the quantized form of a type (of int32 both forms are int32), =N the type of operand N, counted from 0 over the inputs. A last
# input or output followed by ... may be repeated with its own type. "rank" lists the accepted
# ranks, where the rank of a node is the greatest of its operands, or "any" if they were not tried; "broadcast" those if dimensions of two operands
# alternate between one and more.
#   OPERATOR any ; REASON
# is an operator whose kernel was not asked.
""" % VERSION


def main():
  if tf.__version__ != VERSION:
    sys.exit("needs TensorFlow %s, found %s" % (VERSION, tf.__version__))
  from native_kernel_templates import TEMPLATES, NOT_ASKED
  output, names = sys.argv[1], sys.argv[2:]
  kept = {}
  if names and os.path.exists(output):
    for text in open(output):
      if not text.startswith("#") and text.split(" ", 1)[0] not in names:
        kept.setdefault(text.split(" ", 1)[0], []).append(text.rstrip("\n"))
  result = dict(kept)
  for template in TEMPLATES:
    if names and template.name not in names:
      continue
    try:
      made = lines_of(template, bool(os.environ.get("VERBOSE")))
    except AssertionError as e:
      print("FAILED", e)
      continue
    print(template.name, len(made), flush=True)
    result[template.name] = result.get(template.name, []) + made
    write(output, result)
  for name, reason in NOT_ASKED.items():
    result[name] = ["%s any ; %s" % (name, reason)]
  write(output, result)


def write(output, result):
  with open(output, "w") as f:
    f.write(HEAD)
    for name in sorted(result):
      for text in result[name]:
        f.write(text + "\n")


if __name__ == "__main__":
  # The templates import this module, which is to be the same one.
  import native_kernels
  native_kernels.main()
