"""Grades a submission with nbgrader's own commands and prints what it made of it as one line of JSON.

    drive_nbgrader.py KERNEL SUBMISSION     (a file of [id, role, points, code] for each cell)
"""

import json
import os
import subprocess
import sys
import tempfile

import nbformat
from nbgrader.api import Gradebook


def notebook(kernel, cells):
    made = []
    for name, role, points, code in cells:
        cell = nbformat.v4.new_code_cell(code)
        check = role == "check"
        cell.metadata.nbgrader = {
            "schema_version": 3,
            "grade_id": name,
            "grade": check,
            "locked": check,
            "solution": not check,
            "task": False,
            **({"points": points} if check else {}),
        }
        made.append(cell)
    spec = {"name": kernel, "display_name": kernel, "language": "typescript"}
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": spec})


def nbgrader(course, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course,
        capture_output=True,
        text=True,
    )
    return {"status": done.returncode, "said": done.stderr}


# nbgrader itself calls `alembic` by its name.
os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]


def main(kernel, submission):
    with open(submission) as file:
        cells = json.load(file)
    with tempfile.TemporaryDirectory(prefix="residual-course-") as course:
        for place in ("source/one", "submitted/ada/one"):
            os.makedirs(os.path.join(course, place))
            nbformat.write(notebook(kernel, cells), os.path.join(course, place, "lesson.ipynb"))
        with open(os.path.join(course, "nbgrader_config.py"), "w") as file:
            file.write("c = get_config()\nc.CourseDirectory.course_id = 'residual'\n")
            file.write("c.Execute.timeout = 120\nc.Execute.startup_timeout = 120\n")
            file.write("c.ClearSolutions.code_stub = {'typescript': '// Your code here.'}\n")
        released = nbgrader(course, "generate_assignment", "one", "--create", "--force")
        graded = nbgrader(course, "autograde", "one", "--student", "ada")
        if released["status"] or graded["status"]:
            return {"released": released, "graded": graded}
        with Gradebook(f"sqlite:///{course}/gradebook.db", "residual") as book:
            found = book.find_submission_notebook("lesson", "one", "ada")
            points = {grade.cell.name: grade.auto_score for grade in found.grades}
        path = os.path.join(course, "autograded", "ada", "one", "lesson.ipynb")
        outputs = {
            cell.metadata.nbgrader.grade_id: cell.outputs
            for cell in nbformat.read(path, as_version=4).cells
        }
        return {"released": released, "graded": graded, "points": points, "outputs": outputs}


print(json.dumps(main(*sys.argv[1:])))
