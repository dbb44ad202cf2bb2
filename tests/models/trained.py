"""Records what PyTorch makes of the networks that the kit ships, for the first 100 test images.

    pip install torch==2.15.0 torchvision==0.29.2 numpy==2.4.6 safetensors==0.8.0
    python tests/models/trained.py

It reads data/trained/*/model.safetensors and CIFAR-10's own test_batch.bin, and writes trained.json: each
network's predictions and the logits of the first image. The tests compare; they need no PyTorch.
"""

import json
import pathlib

import numpy as np
import torch
from safetensors.torch import load_file

from reference import cifar

ROOT = pathlib.Path(__file__).parents[2]
IMAGES = 100
RECORD = 1 + 3 * 32 * 32
MEAN = np.array([0.4914, 0.4822, 0.4465], dtype=np.float32).reshape(1, 3, 1, 1)
STD = np.array([0.2470, 0.2435, 0.2616], dtype=np.float32).reshape(1, 3, 1, 1)

NETWORKS = {
    "plain20": dict(n=3, shortcut=None),
    "resnet20": dict(n=3, shortcut="pad"),
    "resnet20_projection": dict(n=3, shortcut="projection"),
    "plain56": dict(n=9, shortcut=None),
    "resnet56": dict(n=9, shortcut="pad"),
}


def photos():
    raw = (ROOT / "data/cifar-10-batches-bin/test_batch.bin").read_bytes()[: IMAGES * RECORD]
    planes = np.frombuffer(raw, np.uint8).reshape(IMAGES, RECORD)[:, 1:]
    values = planes.reshape(IMAGES, 3, 32, 32).astype(np.float32) / 255
    return torch.from_numpy((values - MEAN) / STD)


def main():
    x = photos()
    made = {}
    for record in sorted((ROOT / "data/trained").glob("*/record.json")):
        run = json.loads(record.read_text())
        model = cifar(**NETWORKS[run["model"]], classes=len(run.get("classes", range(10))))
        entries = load_file(record.with_name("model.safetensors"))
        missing, unexpected = model.load_state_dict(entries, strict=False)
        assert not unexpected, unexpected
        assert all(entry.endswith("num_batches_tracked") for entry in missing), missing
        with torch.no_grad():
            logits = model.eval()(x)
        made[record.parent.name] = {
            "predictions": logits.argmax(1).tolist(),
            "logits": [round(value, 5) for value in logits[0].tolist()],
        }
    text = json.dumps(made, indent=2)
    (pathlib.Path(__file__).parent / "trained.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
