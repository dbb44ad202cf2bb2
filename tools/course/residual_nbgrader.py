"""What nbgrader needs to know about the kit's checks: small preprocessors, named in a course's config.

A check shows its verdict under a MIME type of its own, and throws where something failed. nbgrader takes a
thrown error, or a word on stderr, for no points at all; here the verdict's points count.
"""

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor, OverwriteCells

CHECK_MIME = "application/vnd.residual.check+json"


class LastOfDoubles(NbGraderPreprocessor):
    """Of cells with the same id the last one counts, as it does when a notebook runs from top to bottom.

    nbgrader's own leaves the others in a state that its next step refuses.
    """

    def preprocess(self, nb, resources):
        seen = set()
        for cell in reversed(nb.cells):
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id in seen:
                self.log.warning("Cell with id '%s' exists several times", grade_id)
                del cell.metadata["nbgrader"]
            elif grade_id is not None:
                seen.add(grade_id)
        return nb, resources


class RestoreCells(OverwriteCells):
    """Puts deleted check cells back; as it comes, the note in front of them is no TypeScript."""

    def missing_cell_transform(self, source_cell, max_score, is_solution=False, is_task=False):
        cell = super().missing_cell_transform(source_cell, max_score, is_solution, is_task)
        if cell.cell_type == "code":
            note = f"// The cell {source_cell.name} was missing in the submission.\n"
            cell.source = note + source_cell.source
        return cell

    def add_missing_task_cells(self, nb, resources):
        """The kit has no tasks, and nbgrader's own search for them fails where a cell was doubled."""
        return nb, resources


class CheckPoints(NbGraderPreprocessor):
    """Gives each check cell the points of its verdict; of two verdicts, the lower one's."""

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
        exercise = cell.metadata.nbgrader.grade_id.removeprefix("check_")
        verdicts = [
            output.data[CHECK_MIME]
            for output in cell.outputs
            if output.output_type == "display_data" and CHECK_MIME in output.data
        ]
        points = [v["points"] for v in verdicts if v.get("exercise") == exercise]
        if len(points) < len(verdicts) or not points:
            # Whatever ran, it was not this check; where it threw, the error says why.
            if not any(output.output_type == "error" for output in cell.outputs):
                text = "CheckMissing: the check of this cell gave no verdict"
                cell.outputs.append(
                    NotebookNode(
                        output_type="error",
                        ename="CheckMissing",
                        evalue="the check of this cell gave no verdict",
                        traceback=[text],
                    )
                )
            return
        cell.outputs = [self.plain(output) for output in cell.outputs]
        cell.outputs.append(
            NotebookNode(
                output_type="execute_result",
                execution_count=cell.execution_count,
                metadata={},
                data={"text/plain": str(min(points))},
            )
        )

    def plain(self, output):
        """An error after a verdict is the verdict's last line; a result must not be taken for points."""
        if output.output_type == "error":
            return NotebookNode(
                output_type="stream", name="stdout", text=f"{output.ename}: {output.evalue}\n"
            )
        if output.output_type == "execute_result":
            return NotebookNode(
                output_type="display_data", data=output.data, metadata=output.metadata
            )
        return output
