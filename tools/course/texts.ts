/** The two texts of a course: nbgrader's configuration, and a page for the teacher. */
import path from "node:path";
import { STUB } from "../lessons/parse.ts";

/** nbgrader_config.py. */
export function configText(root: string): string {
  const own = JSON.stringify(path.join(root, "tools", "course"));
  return `# Written by \`npx deno task course\`. Your own settings go into a file beside it, nbgrader_own.py.
import os
import sys

c = get_config()
here = os.path.dirname(os.path.abspath(__file__))
c.CourseDirectory.root = here
c.CourseDirectory.course_id = "residual"

c.ClearSolutions.code_stub = {"typescript": ${JSON.stringify(STUB.code.join("\n"))}}
c.ClearSolutions.text_stub = ${JSON.stringify(STUB.markdown.join("\n"))}
c.CheckCellMetadata.enabled = True

# Points come from the checks' results; deleted check cells are restored.
sys.path.insert(0, ${own})
from residual_nbgrader import CheckPoints, RestoreCells, SubmissionReader
from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    Execute,
    IgnorePattern,
    LimitOutput,
    OverwriteKernelspec,
    SaveAutoGrades,
)

c.Autograde.exporter_class = SubmissionReader
c.Autograde.sanitize_preprocessors = [
    ClearOutput,
    OverwriteKernelspec,
    RestoreCells,
    CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    Execute,
    CheckPoints,
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
# Seconds for one cell; a cell that takes longer is stopped, and the rest of the notebook goes on.
c.Execute.timeout = 120
c.Execute.interrupt_on_timeout = True

# nbgrader calls a program of its environment by its bare name.
os.environ["PATH"] = os.path.join(sys.prefix, "bin") + os.pathsep + os.environ.get("PATH", "")

# Trainings only have to run, and a student's checks are not the teacher's progress.
os.environ.setdefault("RESIDUAL_BUDGET", "quick")
os.environ["RESIDUAL_PROGRESS"] = "off"

own = os.path.join(here, "nbgrader_own.py")
if os.path.exists(own):
    exec(compile(open(own).read(), own, "exec"))
`;
}

/** README.md of the course. */
export function teachersPage(root: string, lessons: readonly string[]): string {
  const nbgrader = path.join(root, ".venv", "bin", "nbgrader");
  const first = lessons[0] ?? "NN_name";
  return `# The course

Made by \`npx deno task course\` from the kit in \`${root}\`. Each lesson is an assignment: ${
    lessons.map((name) => `\`${name}\``).join(", ")
  }.

In this folder, with \`nbgrader\` for \`${nbgrader}\`:

| what | command |
|---|---|
| make what students get (answers and hidden tests taken out) | \`nbgrader generate_assignment ${first}\` |
| put what they hand in to \`submitted/STUDENT/${first}/${first}.ipynb\` | by hand, or \`nbgrader collect\` with an exchange |
| run the checks and count the points | \`nbgrader autograde ${first}\` |
| grade the free-text answers | \`nbgrader formgrade\`, or the Formgrader page in JupyterLab |
| write a page for each student | \`nbgrader generate_feedback ${first}\` |
| export the gradebook | \`nbgrader export\` |

**Careful:** nbgrader runs what students wrote with all your rights. On code that you have not read use
\`npx deno task grade\` in the kit, which runs it without network, files or programs; it gives the same
points for the checks.

- A check gives points row by row; where a hidden test runs the same check on other inputs, the lower
  points count.
- A warning on stderr costs nothing. A cell that takes longer than 120 s is stopped and earns nothing, the
  rest of the notebook runs on; \`c.Execute.timeout\` in a file \`nbgrader_own.py\` here changes that.
- Checks come from this course, not from the student's notebook: a check that a student deleted, edited,
  copied, moved or turned into text is replaced.
- A deleted answer, or one turned into text, gets 0 points for its exercise. All other exercises count.
  Of several copies of an answer, autograde grades the last one above the check.
- A deleted free-text answer is restored with a note, and waits for you in the Formgrader.
- nbgrader runs a notebook from top to bottom: an answer fails if the cell with the imports is missing or
  comes later. \`npx deno task grade\` finds answers by name and runs the lesson's own cells, so such an
  answer gets its points.
- A submission that is not a notebook (not JSON, truncated, without cells) gets no grade. autograde grades all
  other submissions, names the student (\`There was an error processing assignment '${first}' for
  student 'STUDENT'\`) and ends with exit status 1. Each traceback above ends with the reason, such as
  \`Cannot read this notebook: expected JSON\`. Put a good copy into \`submitted/STUDENT/${first}/\` and run
  \`nbgrader autograde ${first} --student STUDENT\`. Until then the student has 0 points in the export.
- Feedback pages show the hidden tests' code: generate them when nobody can hand in any more.
`;
}
