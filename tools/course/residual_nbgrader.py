"""Classes that nbgrader needs for the kit's notebooks. A course's nbgrader_config.py uses them.

A check shows its result under its own MIME type and throws an error if a row fails. nbgrader gives no points
for an error or for text on stderr; here the points come from the check's result.
"""

import json

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.nbgraderformat import SCHEMA_VERSION
from nbgrader.preprocessors import NbGraderPreprocessor

CHECK_MIME = "application/vnd.residual.check+json"


class SubmissionReader(NotebookExporter):
    """Reads submissions without the parts that nbformat requires, such as metadata or a cell's type."""

    def from_file(self, file_stream, resources=None, **kw):
        text = file_stream.read().removeprefix("\ufeff")
        try:
            notebook = json.loads(text)
        except ValueError as error:
            raise ValueError(f"Cannot read this notebook: expected JSON, got {error}") from None
        notebook = dict_or_empty(notebook)
        if "worksheets" in notebook:
            # The format before version 4.
            nb = nbformat.reads(text, as_version=4)
        elif isinstance(notebook.get("cells"), list):
            cells = [readable(cell) for cell in notebook["cells"] if isinstance(cell, dict)]
            metadata = dict_or_empty(notebook.get("metadata"))
            nb = nbformat.from_dict(
                {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
            )
        else:
            raise ValueError("Cannot read this notebook: expected a list of cells")
        return self.from_notebook_node(nb, resources=resources, **kw)


def readable(cell):
    """A cell as nbformat requires it, without outputs: nbgrader runs the notebook."""
    cell_type, source = cell.get("cell_type"), cell.get("source")
    lines = source if isinstance(source, list) else [source]
    parts = {
        "cell_type": cell_type if cell_type in ("code", "markdown") else "raw",
        "metadata": dict_or_empty(cell.get("metadata")),
        "source": "".join(line for line in lines if isinstance(line, str)),
    }
    if isinstance(cell.get("id"), str):
        parts["id"] = cell["id"]
    if cell_type == "code":
        parts.update(execution_count=None, outputs=[])
    else:
        attachments = dict_or_empty(cell.get("attachments")).items()
        parts["attachments"] = {name: data for name, data in attachments if isinstance(data, dict)}
    return parts


def dict_or_empty(value):
    return value if isinstance(value, dict) else {}


class RestoreCells(NbGraderPreprocessor):
    """Restores the assignment's cells in a submission, regardless of a student's changes.

    Students delete, copy, split, move, rename and convert cells. nbgrader's own OverwriteCells fails on
    some of these notebooks, so the student gets no points at all. This class uses only the name, the
    type and the source of a student's cell. All other metadata comes from the gradebook:

    - An answer is a cell with the answer's name and type. A deleted answer stays deleted: its check fails.
    - A check is the instructor's cell. It is placed where the student's check was, but below the answer.
    - A deleted free-text answer is restored with a note, and waits for an instructor.
    - All other cells are the student's own, without nbgrader metadata.
    """

    def preprocess(self, nb, resources):
        lesson = assignment_cells(resources["nbgrader"])
        cells = [with_name_only(cell, lesson) for cell in nb.cells]
        names = list(lesson)
        for index, name in enumerate(names):
            later = names[index + 1 :]
            if utils.is_locked(lesson[name]):
                cells = self.put_in_check(cells, lesson[name], later)
            else:
                cells = self.choose_answer(cells, lesson[name], later)
        for cell in cells:
            if name_of(cell) is not None:
                cell.metadata.nbgrader = lesson[name_of(cell)].metadata.nbgrader
        nb.cells = cells
        return nb, resources

    def choose_answer(self, cells, answer, later):
        """Keeps an answer's name on one of its copies; the other copies run as the student's own code."""
        name = name_of(answer)
        copies = places(cells, name)
        if not copies:
            return self.add(cells, answer, later) if utils.is_grade(answer) else cells
        if len(copies) > 1:
            self.log.warning("Cell with id '%s' exists %d times", name, len(copies))
        stub = answer.source.strip()
        worked = [place for place in copies if cells[place].source.strip() != stub]
        check = [*places(cells, f"check_{name}"), len(cells)][0]
        chosen = ([place for place in worked if place < check] or worked or copies)[-1]
        for place in copies:
            if place != chosen:
                del cells[place].metadata["nbgrader"]
        # A stub below the answer would replace it.
        stubs = [place for place in copies if place not in worked and place != chosen]
        return [cell for place, cell in enumerate(cells) if place not in stubs]

    def put_in_check(self, cells, check, later):
        """Replaces the student's copies of a check with the instructor's check."""
        name = name_of(check)
        copies = places(cells, name)
        if not copies:
            cells = self.add(cells, check, later)
            copies = places(cells, name)
        lowest_answer = [-1, *places(cells, name.removeprefix("check_"))][-1]
        place = max(copies[0], lowest_answer + 1)
        above, below = (
            [cell for cell in part if name_of(cell) != name] for part in (cells[:place], cells[place:])
        )
        return [*above, check, *below]

    def add(self, cells, missing, later):
        """Adds a cell that a student deleted, above the next cell of the assignment."""
        name = name_of(missing)
        self.log.warning("Cell with id '%s' is missing in the submission", name)
        note = f"The cell {name} was missing in the submission."
        note = f"// {note}\n" if missing.cell_type == "code" else f"*{note}*\n\n"
        missing.source = note + missing.source
        place = min([place for other in later for place in places(cells, other)], default=len(cells))
        return [*cells[:place], missing, *cells[place:]]


def assignment_cells(about):
    """Reads the cells of an assignment's notebook from the gradebook, by name and in order."""
    with Gradebook(about["db_url"]) as gradebook:
        notebook = gradebook.find_notebook(about["notebook"], about["assignment"])
        points = {cell.name: cell.max_score for cell in notebook.grade_cells}
        solutions = {cell.name for cell in notebook.solution_cells}
        return {
            source.name: assignment_cell(source, points.get(source.name), source.name in solutions)
            for source in notebook.source_cells
        }


def assignment_cell(source, points, is_solution):
    about = {
        "grade": points is not None,
        "grade_id": source.name,
        "locked": source.locked,
        "solution": is_solution,
        "task": False,
        "schema_version": SCHEMA_VERSION,
        "checksum": source.checksum,
        "cell_type": source.cell_type,
    }
    if points is not None:
        about["points"] = points
    cell = {"cell_type": source.cell_type, "metadata": {"nbgrader": about}, "source": source.source}
    if source.cell_type == "code":
        cell.update(execution_count=None, outputs=[])
    return nbformat.from_dict(cell)


def with_name_only(cell, lesson):
    """Removes a cell's nbgrader metadata except the name of a check or of an answer of the right type."""
    about = cell.metadata.pop("nbgrader", None)
    name = dict_or_empty(about).get("grade_id")
    known = lesson.get(name) if isinstance(name, str) else None
    if known is not None and (utils.is_locked(known) or cell.cell_type == known.cell_type):
        cell.metadata.nbgrader = NotebookNode(grade_id=name)
    return cell


def name_of(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def places(cells, name):
    return [place for place, cell in enumerate(cells) if name_of(cell) == name]


class CheckPoints(NbGraderPreprocessor):
    """Gives each check cell the points of its result; if there are several results, the fewest points."""

    def preprocess_cell(self, cell, resources, cell_index):
        if cell.cell_type != "code":
            return cell, resources
        for output in cell.outputs:
            # A warning is not a failure.
            if output.output_type == "stream" and output.name == "stderr":
                output.name = "stdout"
        if utils.is_grade(cell) and not utils.is_solution(cell):
            self.grade(cell)
        return cell, resources

    def grade(self, cell):
        results = [
            output.data[CHECK_MIME]
            for output in cell.outputs
            if output.output_type == "display_data" and CHECK_MIME in output.data
        ]
        if not results or not all(is_result_of(cell, result) for result in results):
            # Another check ran, or no check ran. If the cell threw an error, that error is the reason.
            if not any(output.output_type == "error" for output in cell.outputs):
                reason = "the check of this cell showed no result"
                cell.outputs.append(
                    NotebookNode(
                        output_type="error",
                        ename="CheckMissing",
                        evalue=reason,
                        traceback=[f"CheckMissing: {reason}"],
                    )
                )
            return
        cell.outputs = [self.plain(output) for output in cell.outputs]
        cell.outputs.append(
            NotebookNode(
                output_type="execute_result",
                execution_count=cell.execution_count,
                metadata={},
                data={"text/plain": str(min(result["points"] for result in results))},
            )
        )

    def plain(self, output):
        """Turns an error after a result into text, and keeps other values from counting as points."""
        if output.output_type == "error":
            return NotebookNode(
                output_type="stream", name="stdout", text=f"{output.ename}: {output.evalue}\n"
            )
        if output.output_type == "execute_result":
            return NotebookNode(
                output_type="display_data", data=output.data, metadata=output.metadata
            )
        return output


def is_result_of(cell, result):
    """Whether a result comes from the cell's check; a student's code can show any value."""
    about = cell.metadata.nbgrader
    points = dict_or_empty(result).get("points")
    return (
        isinstance(points, (int, float))
        and 0 <= points <= about.points
        and result.get("exercise") == about.grade_id.removeprefix("check_")
    )
