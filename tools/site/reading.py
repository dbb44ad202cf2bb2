"""Writes solved lessons as parts of HTML pages: reading.py OUT NOTEBOOK...

OUT becomes JSON: the style sheets of the code, for light and dark pages, and each notebook's body by its name.
"""

import json
import re
import sys
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from pygments.formatters import HtmlFormatter
from traitlets.config import Config

# Pictures need no script, unlike plotly's figures.
PRIORITY = ["text/html", "image/svg+xml", "image/png", "text/markdown", "text/plain"]

# What only graders need in a solution.
MARKERS = re.compile(
    r"^[ ]*// BEGIN HIDDEN TESTS\n.*?// END HIDDEN TESTS\n?"
    r"|^[ ]*// (?:BEGIN|END) SOLUTION\n"
    r"|^<!-- (?:BEGIN|END) SOLUTION -->\n",
    re.MULTILINE | re.DOTALL,
)

config = Config()
config.HTMLExporter.exclude_input_prompt = True
config.HTMLExporter.exclude_output_prompt = True
config.HTMLExporter.exclude_anchor_links = True
config.NbConvertBase.display_data_priority = PRIORITY
exporter = HTMLExporter(config=config, template_name="basic")

out, *notebooks = map(Path, sys.argv[1:])
bodies = {}
for place in notebooks:
    notebook = nbformat.read(place, as_version=4)
    for cell in notebook.cells:
        cell.source = MARKERS.sub("", cell.source + "\n").rstrip("\n")
    bodies[place.stem], _ = exporter.from_notebook_node(notebook)

light, dark = (
    HtmlFormatter(style=style).get_style_defs(".highlight")
    for style in ("xcode", "github-dark")
)
out.write_text(json.dumps({"light": light, "dark": dark, "bodies": bodies}))
