"""Writes the attributes of TensorFlow's operations that Whittle lowers, with their defaults.

TensorFlow 2.21.0. Run in the project's folder after docs/tensorflow-operations.md is up to date:

    python quality/conformance/src/test/scripts/operation_attributes.py

One line per operation: its name and its attributes, separated by spaces.

    ~T            follows from the inputs: their type, their types or their number
    padding       has no default
    axis=i:0      has a default: s (text), i, f, b, type, shape, or list of these

Spaces, percent signs and commas in texts are written as %20, %25 and %2C.
"""

import pathlib
import re
import sys

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import op_def_registry

ROOT = pathlib.Path(__file__).resolve().parents[5]
DOCUMENT = ROOT / "docs/tensorflow-operations.md"
TARGET = ROOT / "libs/convert/src/main/resources/dev/whittle/convert/savedmodel/attributes.txt"
HEADING = "## All of them\n\n"


def escaped(text):
    return re.sub(r"[^!-~]|[%,]", lambda m: "".join(f"%{b:02X}" for b in m.group().encode()), text)


def shape(value):
    if value.unknown_rank:
        return "?"
    return "x".join(str(d.size) for d in value.dim) or "scalar"


def value(attribute):
    kind = attribute.WhichOneof("value")
    one = getattr(attribute, kind)
    if kind == "s":
        return "s:" + escaped(one.decode())
    if kind == "i":
        return f"i:{one}"
    if kind == "f":
        return "f:" + str(np.float32(one))
    if kind == "b":
        return f"b:{int(one)}"
    if kind == "type":
        return f"type:{one}"
    if kind == "shape":
        return "shape:" + shape(one)
    if kind == "func" and not one.name:
        return "func:"
    if kind == "list":
        items = [escaped(s.decode()) for s in one.s]
        items += [str(i) for i in one.i]
        items += [str(np.float32(f)) for f in one.f]
        items += [str(int(b)) for b in one.b]
        items += [str(t) for t in one.type]
        items += [shape(s) for s in one.shape]
        if one.tensor or one.func:
            raise ValueError(f"a list of {attribute}")
        return "list:" + ",".join(items)
    raise ValueError(f"a default {attribute}")


def line(name):
    definition = op_def_registry.get(name)
    if definition is None:
        sys.exit(f"TensorFlow {tf.__version__} has no operation {name}")
    implied = set()
    for argument in definition.input_arg:
        implied |= {argument.type_attr, argument.number_attr, argument.type_list_attr}
    parts = [name]
    for attribute in definition.attr:
        if attribute.name in implied:
            parts.append("~" + attribute.name)
        elif attribute.HasField("default_value"):
            parts.append(f"{attribute.name}={value(attribute.default_value)}")
        else:
            parts.append(attribute.name)
    return " ".join(parts)


def main():
    # Importing the modules registers their operations.
    text = DOCUMENT.read_text()
    names = text[text.index(HEADING) + len(HEADING):].strip().split(", ")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text("".join(line(name) + "\n" for name in sorted(names)))


main()
