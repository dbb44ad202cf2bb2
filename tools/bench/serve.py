"""What the contenders in Python share: answering the benchmark's requests (see protocol.ts)."""

import json
import sys
import time


def serve(version, backend, make):
    """Answers until the input ends.

    `make(model, batch, size, classes)` gives the model's trainable parameters, and two functions that
    make one step, `train` and `infer`, and return when its result can be read.
    """
    say({"version": version, "backend": backend})
    workload, made = None, None
    for line in sys.stdin:
        request = json.loads(line)
        mode, steps = request.pop("mode"), request.pop("steps")
        if request != workload:
            made = None  # only one is kept, for the memory's sake
            workload, made = request, make(**request)
        parameters, train, infer = made
        step = train if mode == "train" else infer
        say({"parameters": parameters, "msPerStep": [milliseconds(step) for _ in range(steps)]})


def milliseconds(step):
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1000


def say(answer):
    print(json.dumps(answer), flush=True)
