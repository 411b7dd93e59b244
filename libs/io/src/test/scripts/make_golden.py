"""Makes the golden files of the tests: src/test/resources/golden.

Made with Python 3.11, numpy 2.4.6 and ml_dtypes 0.6.0:

    python make_golden.py ../resources/golden

Values are chosen by the tests' knowledge of them, not by chance; tests repeat them in Java.
"""

import io
import sys
import warnings
import zipfile
from pathlib import Path

import ml_dtypes
import numpy as np
from numpy.lib import format as npy

INF, NAN = float("inf"), float("nan")
VALUES = {
    "bool": [True, False, False, True, True, False],
    "int8": [-128, -1, 0, 1, 2, 127],
    "int16": [-(2**15), -1, 0, 1, 258, 2**15 - 1],
    "int32": [-(2**31), -1, 0, 1, 16909060, 2**31 - 1],
    "int64": [-(2**63), -1, 0, 1, 72623859790382856, 2**63 - 1],
    "uint8": [0, 1, 2, 127, 128, 255],
    "uint16": [0, 1, 258, 2**15 - 1, 2**15, 2**16 - 1],
    "uint32": [0, 1, 16909060, 2**31 - 1, 2**31, 2**32 - 1],
    "uint64": [0, 1, 72623859790382856, 2**63 - 1, 2**63, 2**64 - 1],
    "float16": [0.0, -1.5, 65504.0, 2.0**-24, INF, -INF],
    "float32": [0.1, -1.5, 3.4028234663852886e38, 2.0**-149, INF, -INF],
    "float64": [0.1, -1.5, 1.7976931348623157e308, 5e-324, INF, -INF],
    "complex64": [1 + 2j, -0.5j, 3, 0, 1e10 + 1e-10j, -1],
    "complex128": [1 + 2j, -0.5j, 3, 0, 1e100 + 1e-100j, -1],
    "S5": [b"", b"a", b"\xff\x00z", b"hello", b"caf\xc3\xa9", b" "],
    "U4": ["", "a", "caf\u00e9", "\u65e5\u672c", "\U0001f600x", " "],
}


def save(name, array, version=None):
    with open(OUT / name, "wb") as file:
        npy.write_array(file, array, version=version)


def every_type():
    arrays = {}
    for name, values in VALUES.items():
        array = np.array(values, dtype=name).reshape(2, 3)
        arrays[name] = array
        save(f"{name}.npy", array)
        if array.dtype.itemsize > 1 and array.dtype.kind != "S":
            save(f"{name}-big.npy", array.astype(array.dtype.newbyteorder(">")))
    bfloat16 = np.array([0.0, -1.5, 3.0e38, 0.1, INF, -INF], dtype=ml_dtypes.bfloat16)
    arrays["bfloat16"] = bfloat16.reshape(2, 3)
    save("bfloat16.npy", arrays["bfloat16"])
    save("void2.npy", arrays["bfloat16"].view("V2"))
    np.savez(OUT / "all.npz", **arrays)
    np.savez_compressed(OUT / "all-compressed.npz", **arrays)


def layouts():
    cube = np.arange(24, dtype="<i4").reshape(2, 3, 4)
    save("rows.npy", cube)
    save("columns.npy", np.asfortranarray(cube))
    save("columns-big.npy", np.asfortranarray(cube.astype(">i4")))
    save("columns-strings.npy", np.asfortranarray(cube.astype(">U2")))
    save("version2.npy", cube, (2, 0))
    save("version3.npy", cube, (3, 0))
    save("scalar.npy", np.array(2.5, dtype="<f4"))
    save("vector.npy", np.arange(3, dtype="<i8"))
    save("empty.npy", np.zeros((0,), dtype="<f4"))
    save("empty-axis.npy", np.zeros((2, 0, 3), dtype="<f4"))
    save("empty-columns.npy", np.zeros((0, 3, 2), dtype="<f4", order="F"))
    save("rank32.npy", np.full((1,) * 32, 7, dtype="u1"))


def archives():
    table = np.arange(300 * 7, dtype="<i4").reshape(300, 7)
    arrays = dict(
        table=table,
        columns=np.asfortranarray(table),
        scalar=np.float32(2.5),
        empty=np.zeros((0, 4), dtype="f4"),
        words=np.array(["one", "two", "three"]),
    )
    np.savez(OUT / "table.npz", **arrays)
    np.savez_compressed(OUT / "table-compressed.npz", **arrays)
    np.savez(OUT / "none.npz")
    np.savez(OUT / "names.npz", **{"../up": 1, "/root": 2, "a/b": 3, "\u65e5": 4, "": 5, "x.npy": 6})
    member = io.BytesIO()
    np.save(member, np.arange(3))
    with warnings.catch_warnings(), zipfile.ZipFile(OUT / "twice.npz", "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("x.npy", member.getvalue())
        archive.writestr("x.npy", member.getvalue())
    with zipfile.ZipFile(OUT / "mixed.npz", "w") as archive:
        archive.writestr("README.txt", "not an array")
        archive.writestr("x.npy", member.getvalue())
    with zipfile.ZipFile(OUT / "bzip2.npz", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("x.npy", member.getvalue())


def refused():
    np.save(OUT / "object.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    np.savez(OUT / "object.npz", good=np.arange(3), bad=np.array([None]), allow_pickle=True)
    save("records.npy", np.zeros(2, dtype=[("a", "<i4"), ("b", "<f4")]))
    save("dates.npy", np.array(["2020-01-01"], dtype="M8[D]"))
    save("longdouble.npy", np.zeros(2, dtype=np.longdouble))
    save("float8.npy", np.zeros(2, dtype=ml_dtypes.float8_e5m2))
    save("void8.npy", np.zeros(2, dtype="V8"))


if __name__ == "__main__":
    OUT = Path(sys.argv[1])
    OUT.mkdir(parents=True, exist_ok=True)
    every_type()
    layouts()
    archives()
    refused()
