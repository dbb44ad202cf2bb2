"""Runs a notebook in a kernel: python execute.py NOTEBOOK KERNEL CELLS [--go-on]

Runs the first CELLS cells, up to the first that fails; with --go-on, the cells below it as well.
Writes one line of JSON when a cell begins and one when it has ended:

    {"begins": INDEX}
    {"ended": INDEX, "cell": CELL}

The end of stdin ends the run. A caller that is killed closes it too, so no kernel and no folder
outlives a caller.
"""

import json
import os
import signal
import sys
import tempfile
import threading

import nbclient
import nbformat
from traitlets.config import Config

notebook, kernel, count, *go_on = sys.argv[1:]

# The kernel inherits stdout; what it writes there must not come between the lines.
events = os.fdopen(os.dup(sys.stdout.fileno()), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# What follows a temporary folder in the path of a socket: tempfile's name, and Jupyter's own.
SOCKET_NAME = "/tmp01234567/kernel.json-ipc-1"
# The operating system's limit for such a path (Linux 107 bytes, macOS 103).
LONGEST_SOCKET = 103


def temporary_folder():
    """The first temporary folder that can be written and whose path is short enough for sockets."""
    places = [tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm", os.environ.get("XDG_RUNTIME_DIR", "")]
    for place in places:
        short = len(os.fsencode(place + SOCKET_NAME)) <= LONGEST_SOCKET
        if short and os.access(place, os.W_OK | os.X_OK):
            return place
    longest = LONGEST_SOCKET - len(SOCKET_NAME)
    sys.exit(
        f"Cannot start the kernel: no temporary folder for its sockets among {', '.join(filter(None, places))}. "
        f"Set TMPDIR to a folder that you can write, with a path of at most {longest} bytes."
    )


def write(event):
    print(json.dumps(event), file=events, flush=True)


def as_stored(cell):
    """Returns a cell as a notebook's file holds it, with texts as lists of lines."""
    alone = nbformat.v4.new_notebook(cells=[cell])
    return json.loads(nbformat.writes(alone))["cells"][0]


def stop_with_caller():
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGINT)


# Ctrl-C in a terminal reaches the caller, which then closes stdin.
os.setpgid(0, 0)
cells = nbformat.read(notebook, as_version=4)
cells.cells = cells.cells[: int(count)]
with tempfile.TemporaryDirectory(dir=temporary_folder()) as folder:
    # Files in place of ports: two kernels that start at once may be given the same port.
    sockets = {"transport": "ipc", "connection_file": os.path.join(folder, "kernel.json")}
    client = nbclient.NotebookClient(
        cells,
        kernel_name=kernel,
        timeout=None,
        # A busy machine may take longer than the few seconds that nbclient allows by default.
        startup_timeout=600,
        iopub_timeout=600,
        allow_errors=bool(go_on),
        resources={"metadata": {"path": os.path.dirname(notebook)}},
        config=Config(KernelManager=sockets),
        on_cell_execute=lambda cell, cell_index: write({"begins": cell_index}),
        on_cell_executed=lambda cell, cell_index, execute_reply: write(
            {"ended": cell_index, "cell": as_stored(cell)}
        ),
    )
    threading.Thread(target=stop_with_caller, daemon=True).start()
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError:
        pass  # The cell holds it as an output.
