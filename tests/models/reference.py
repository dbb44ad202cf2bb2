"""Makes the fixtures in reference/: what PyTorch computes with weights and images that a formula gives.

    pip install torch==2.15.0 torchvision==0.29.2 numpy==2.4.6
    python tests/models/reference.py

The tests fill the kit's models by the same formula (reference.ts) and compare; they need no PyTorch. The
ImageNet networks are torchvision's own; the CIFAR networks are written down here after their sources.
"""

import base64
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

FOLDER = pathlib.Path(__file__).parent / "reference"
ROWS = 2  # images whose logits are recorded


def formula(count, key):
    """`count` numbers in [-1, 1): a hash of their places."""
    mask = np.uint64(0xFFFFFFFF)
    places = np.arange(count, dtype=np.uint64)
    h = (places * np.uint64(0x9E3779B1) + np.uint64(key) * np.uint64(0x85EBCA6B)) & mask
    h ^= h >> np.uint64(16)
    h = (h * np.uint64(0x7FEB352D)) & mask
    h ^= h >> np.uint64(15)
    h = (h * np.uint64(0x846CA68B)) & mask
    h ^= h >> np.uint64(16)
    return h.astype(np.float64) / 2**31 - 1


def weights(name, shape, key):
    u = formula(math.prod(shape), key)
    if len(shape) == 4:
        values = u * math.sqrt(6 / math.prod(shape[1:]))
    elif len(shape) == 2:
        values = u * math.sqrt(3 / shape[1])
    elif name.endswith("running_var"):
        values = 1 + 0.5 * u
    elif name.endswith("weight"):
        values = 0.75 + 0.25 * u
    elif name.endswith("bias"):
        values = 0.5 + 0.1 * u
    else:
        values = 0.1 * u
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def images(batch, height, width):
    """The formula fills [batch, height, width, channels], as TensorFlow has it."""
    values = formula(batch * height * width * 3, 999).astype(np.float32)
    return torch.from_numpy(values.reshape(batch, height, width, 3)).permute(0, 3, 1, 2).contiguous()


class Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def convolution(ni, no, stride=1, size=3):
    return nn.Conv2d(ni, no, size, stride, (size - 1) // 2, bias=False)


class Basic(nn.Module):
    """Two 3x3 convolutions and a shortcut of the given kind, None for a plain block."""

    def __init__(self, ni, no, stride, shortcut, name, skip_size=1):
        super().__init__()
        self.conv1, self.bn1 = convolution(ni, no, stride), nn.BatchNorm2d(no)
        self.conv2, self.bn2 = convolution(no, no), nn.BatchNorm2d(no)
        self.skip = name
        if shortcut is None:
            self.skip = None
        elif ni == no:
            setattr(self, name, nn.Sequential())
        elif shortcut == "pad":
            side = (no - ni) // 2
            setattr(self, name, Lambda(lambda x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, side, side))))
        else:
            projection = [convolution(ni, no, stride, skip_size), nn.BatchNorm2d(no)]
            setattr(self, name, nn.Sequential(*projection))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y if self.skip is None else y + getattr(self, self.skip)(x))


class Network(nn.Module):
    """A 3x3 stem, stages of basic blocks, the mean over all pixels, a linear layer."""

    def __init__(self, stem, widths, repeat, shortcut, skip, last, skip_size=1, classes=10):
        super().__init__()
        self.names = stem, last
        ni = widths[0]
        setattr(self, stem[0], convolution(3, ni))
        setattr(self, stem[1], nn.BatchNorm2d(ni))
        self.stages = len(widths)
        for stage, (no, n) in enumerate(zip(widths, repeat)):
            blocks = []
            for i in range(n):
                stride = 2 if stage > 0 and i == 0 else 1
                blocks.append(Basic(ni, no, stride, shortcut, skip, skip_size))
                ni = no
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        setattr(self, last, nn.Linear(ni, classes))

    def forward(self, x):
        (conv, bn), last = self.names
        x = F.relu(getattr(self, bn)(getattr(self, conv)(x)))
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return getattr(self, last)(x.mean((2, 3)))


def cifar(n, shortcut, classes=10):
    """He et al. 2016, section 4.2, with akamaster's names."""
    widths = 16, 32, 64
    return Network(("conv1", "bn1"), widths, (n,) * 3, shortcut, "shortcut", "linear", classes=classes)


class Vgg16(nn.Module):
    """kuangliu's VGG-16."""

    def __init__(self):
        super().__init__()
        layers, ni = [], 3
        for stage in ((64, 64), (128, 128), (256,) * 3, (512,) * 3, (512,) * 3):
            for no in stage:
                layers += [nn.Conv2d(ni, no, 3, padding=1), nn.BatchNorm2d(no), nn.ReLU()]
                ni = no
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(512, 10)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


SIZES = ((8, 32, 32), (4, 64, 64), (4, 75, 61))
SMALL = ((8, 32, 32),)
MODELS = {
    "resnet18": (torchvision.models.resnet18, SIZES),
    "resnet34": (torchvision.models.resnet34, SIZES),
    "resnet50": (torchvision.models.resnet50, SIZES),
    "resnet101": (torchvision.models.resnet101, SIZES),
    "plain20": (lambda: cifar(3, None), SIZES),
    "resnet20": (lambda: cifar(3, "pad"), SIZES),
    "resnet20_projection": (lambda: cifar(3, "projection"), SIZES),
    "resnet32": (lambda: cifar(5, "pad"), SMALL),
    "resnet44": (lambda: cifar(7, "pad"), SMALL),
    "resnet56": (lambda: cifar(9, "pad"), SMALL),
    "resnet110": (lambda: cifar(18, "pad"), SMALL),
    "plain56": (lambda: cifar(9, None), SMALL),
    "cifar_resnet18": (
        lambda: Network(
            ("conv1", "bn1"), (64, 128, 256, 512), (2, 2, 2, 2), "projection", "shortcut", "linear"
        ),
        SIZES,
    ),
    "small_resnet": (
        lambda: Network(
            ("conv", "bn"), (16, 32, 64), (2, 2, 2), "projection", "downsample", "fc", skip_size=3
        ),
        SIZES,
    ),
    "vgg16": (Vgg16, ((8, 32, 32), (4, 61, 45))),
}


def entries(model):
    """PyTorch counts batches too; the kit does not."""
    return {k: v for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}


def fill(model):
    for key, (name, value) in enumerate(entries(model).items()):
        value.copy_(weights(name, tuple(value.shape), key))


def projection(value, key):
    """One number in which the sign and the place of every value count."""
    flat = value.double().flatten().numpy()
    return float((flat * formula(flat.size, key)).sum())


def packed(values):
    return base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()


def case(model, batch, height, width):
    x = images(batch, height, width)
    with torch.no_grad():
        fill(model)
        logits = model.eval()(x)[:ROWS].numpy()
    trained = model.train()(x)
    labels = torch.arange(batch) * 7 % trained.shape[1]
    loss = F.cross_entropy(trained, labels)
    model.zero_grad()
    loss.backward()
    running = [v for k, v in entries(model).items() if "running_" in k]
    # As the kit's entries are laid out: PyTorch's own layout.
    gradients = [p.grad for p in model.parameters()]
    return {
        "images": [batch, height, width, 3],
        "logits": packed(logits),
        "training": {
            "logits": packed(trained[:ROWS].detach().numpy()),
            "loss": loss.item(),
            "runningNorms": packed([v.double().norm() for v in running]),
            "running": packed([projection(v, 5000 + i) for i, v in enumerate(running)]),
            "gradientNorms": packed([g.double().norm() for g in gradients]),
            "gradients": packed([projection(g, 9000 + i) for i, g in enumerate(gradients)]),
        },
    }


def main():
    FOLDER.mkdir(exist_ok=True)
    for name, (make, sizes) in MODELS.items():
        model = make()
        record = {
            "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__},
            "trainable": sum(p.numel() for p in model.parameters()),
            "entries": [[k, list(v.shape)] for k, v in entries(model).items()],
            "cases": [case(model, *size) for size in sizes],
        }
        path = FOLDER / f"{name}.json"
        path.write_text(json.dumps(record, separators=(",", ":")) + "\n")
        print(name, record["trainable"], path.stat().st_size)


if __name__ == "__main__":
    main()
