"""Runs cells in a kernel and prints the outputs as one line of JSON.

    drive_refusals.py KERNEL CELLS

CELLS is a JSON list: a string is run as a cell, the strings of a list are sent at once, and null restarts the
kernel.
"""

import json
import os
import sys
import time

from drive import PATIENCE_S, Session, alive, children_of


def run(session, code):
    if isinstance(code, str):
        return session.run(code)
    if code is not None:
        return session.collect([session.send(one) for one in code])
    before = children_of(session.manager.provisioner.pid)
    session.manager.restart_kernel()
    session.client.wait_for_ready(timeout=PATIENCE_S)
    return {"ran": len(before), "left": left_of(before)}


def left_of(processes):
    end = time.time() + PATIENCE_S
    while time.time() < end and any(alive(pid) for pid in processes):
        time.sleep(0.05)
    return [pid for pid in processes if alive(pid)]


def main(kernel, cells):
    os.environ["RESIDUAL_PROGRESS"] = "off"
    session = Session(kernel)
    try:
        return [run(session, code) for code in json.loads(cells)]
    finally:
        session.end()


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
