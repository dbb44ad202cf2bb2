"""nbgrader on a hub, for teachers and students: where assignments are handed out and in."""

import os

c = get_config()  # noqa: F821: nbgrader gives it

c.Exchange.root = os.environ["RESIDUAL_EXCHANGE"]
c.CourseDirectory.course_id = "residual"
