"""Runs a notebook in a kernel: python execute.py NOTEBOOK OUT KERNEL

OUT gets the notebook as it ran, as far as it came, with the error in the cell that failed.
"""

import os
import sys

import nbclient
import nbformat

notebook, out, kernel = sys.argv[1:]
cells = nbformat.read(notebook, as_version=4)
client = nbclient.NotebookClient(
    cells,
    kernel_name=kernel,
    timeout=None,
    resources={"metadata": {"path": os.path.dirname(notebook)}},
)
try:
    client.execute()
except nbclient.exceptions.CellExecutionError:
    pass  # The cell holds it as an output.
finally:
    nbformat.write(cells, out)
