"""Runs a notebook in a kernel: python execute.py NOTEBOOK OUT KERNEL [--go-on]

OUT gets the notebook as it ran, as far as it came, with the error in the cell that failed; with
--go-on the cells after it run as well.
"""

import os
import sys
import tempfile

import nbclient
import nbformat
from traitlets.config import Config

notebook, out, kernel, *go_on = sys.argv[1:]
cells = nbformat.read(notebook, as_version=4)
with tempfile.TemporaryDirectory() as folder:
    # Files in place of ports: two kernels that start at once may be given the same port.
    sockets = {"transport": "ipc", "connection_file": os.path.join(folder, "kernel.json")}
    client = nbclient.NotebookClient(
        cells,
        kernel_name=kernel,
        timeout=None,
        allow_errors=bool(go_on),
        resources={"metadata": {"path": os.path.dirname(notebook)}},
        config=Config(KernelManager=sockets),
    )
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError:
        pass  # The cell holds it as an output.
    finally:
        nbformat.write(cells, out)
