"""Python's own safetensors, for safetensors_test.ts.

    safetensors_peer.py read FILE    prints {name: [dtype, shape, sum]} as JSON
    safetensors_peer.py write FILE   writes one tensor of each type, and PyTorch's count of batches
"""

import json
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

VALUES = np.array([[1.5, -2.0, 0.25], [65504, 0, -0.0009765625]])


def read(path):
    tensors = load_file(path).items()
    print(json.dumps({k: [str(v.dtype), list(v.shape), float(v.sum(dtype="f8"))] for k, v in tensors}))


def write(path):
    tensors = {f"float{bits}": VALUES.astype(f"f{bits // 8}") for bits in (16, 32, 64)}
    tensors["bn1.num_batches_tracked"] = np.array(391, dtype="i8")
    save_file(tensors, path, metadata={"format": "np"})


{"read": read, "write": write}[sys.argv[1]](sys.argv[2])
