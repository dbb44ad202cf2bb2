"""PyTorch as a contender: eager, on all cores, with the memory layout that is its fastest on a CPU.

ResNet18 is torchvision's; ResNet20 is the one that the tests compare the kit with. Its threads wait for
each other by spinning, its own default: patient ones (OMP_WAIT_POLICY=PASSIVE) were 20 % slower on a
quiet machine, if faster on a busy one.
"""

import os
import pathlib
import sys

import torch
import torch.nn.functional as F
import torchvision
from serve import serve

sys.path.append(str(pathlib.Path(__file__).parents[2] / "tests" / "models"))
from reference import cifar

MODELS = {
    "resnet20": lambda classes: cifar(3, "pad", classes),
    "resnet18": lambda classes: torchvision.models.resnet18(num_classes=classes),
}


def make(model, batch, size, classes):
    network = MODELS[model](classes).to(memory_format=torch.channels_last)
    images = torch.randn(batch, 3, size, size).to(memory_format=torch.channels_last)
    labels = torch.arange(batch) % classes
    kernels = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim == 1]
    optimizer = torch.optim.SGD(
        [{"params": kernels, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0}],
        lr=0.001,
        momentum=0.9,
        nesterov=True,
    )

    def train():
        network.train()
        optimizer.zero_grad()
        loss = F.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()
        loss.item()

    def infer():
        network.eval()
        with torch.inference_mode():
            network(images).numpy()

    return sum(p.numel() for p in network.parameters()), train, infer


threads = os.cpu_count()
torch.set_num_threads(threads)
serve(f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}", f"CPU, {threads} threads", make)
