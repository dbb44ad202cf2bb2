"""Runs a notebook in a kernel: python execute.py NOTEBOOK OUT KERNEL [--go-on]

OUT gets the notebook as it ran, as far as it came, with the error in the cell that failed; with
--go-on the cells after it run as well.
"""

import os
import sys

import nbclient
import nbformat

notebook, out, kernel, *go_on = sys.argv[1:]
cells = nbformat.read(notebook, as_version=4)
client = nbclient.NotebookClient(
    cells,
    kernel_name=kernel,
    timeout=None,
    allow_errors=bool(go_on),
    resources={"metadata": {"path": os.path.dirname(notebook)}},
)
try:
    client.execute()
except nbclient.exceptions.CellExecutionError:
    pass  # The cell holds it as an output.
finally:
    nbformat.write(cells, out)
