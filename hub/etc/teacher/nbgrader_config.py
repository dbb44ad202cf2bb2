"""Where the Formgrader finds the course: what `deno task course ~/course` made."""

import os

c = get_config()  # noqa: F821: nbgrader gives it

c.CourseDirectory.root = os.path.expanduser("~/course")
