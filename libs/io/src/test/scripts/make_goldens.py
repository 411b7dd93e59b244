"""Writes the golden files of this module's tests to ../resources/numpy.

Made with Python 3.11, numpy 2.4.6 and ml_dtypes 0.6.0 (pip install numpy ml_dtypes).
Every numeric array holds 0, 1, 2, ... 5 in shape (2, 3), booleans their parity.
"""

import pathlib

import ml_dtypes
import numpy as np

OUT = pathlib.Path(__file__).parent.parent / "resources" / "numpy"
OUT.mkdir(parents=True, exist_ok=True)
COUNT = np.arange(6).reshape(2, 3)

types = {
    "int8": "i1", "int16": "<i2", "int32": "<i4", "int64": "<i8",
    "uint8": "u1", "uint16": "<u2", "uint32": "<u4", "uint64": "<u8",
    "float16": "<f2", "float32": "<f4", "float64": "<f8",
    "complex64": "<c8", "complex128": "<c16",
}
arrays = {name: COUNT.astype(dtype) for name, dtype in types.items()}
arrays["bool"] = COUNT % 2 == 1
arrays["bfloat16"] = COUNT.astype(ml_dtypes.bfloat16)
arrays["bytes"] = np.array([b"", b"a", b"abc"])
arrays["unicode"] = np.array(["", "\u00e9", "z\U0001f600"])
arrays["scalar"] = np.array(7.5, np.float32)
arrays["empty"] = np.zeros((0, 3), np.int32)

for name, array in arrays.items():
    np.save(OUT / f"{name}.npy", array)
np.save(OUT / "big-endian.npy", COUNT.astype(">f4"))
np.save(OUT / "fortran.npy", np.asfortranarray(COUNT.astype("<i4")))
for version in ((2, 0), (3, 0)):
    with open(OUT / f"version{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, COUNT.astype("<f4"), version=version)
np.save(OUT / "pickled.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
np.save(OUT / "records.npy", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
np.savez(OUT / "stored.npz", x=COUNT.astype("<f4"), labels=np.arange(2))
np.savez_compressed(OUT / "deflated.npz", x=COUNT.astype("<f4"), labels=np.arange(2))
