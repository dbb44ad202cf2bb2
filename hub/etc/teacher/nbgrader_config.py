"""Where the Formgrader finds the course: what `npx deno task course ~/course` made."""

import os

c = get_config()  # noqa: F821: nbgrader gives it

c.CourseDirectory.root = os.path.expanduser("~/course")
