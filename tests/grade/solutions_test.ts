/** The kit's own answers, handed in: the grader gives every one of them all of its points. */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXERCISES } from "../../lib/checks/exercises/mod.ts";
import { kitUrl } from "../../tools/grade/course.ts";
import { Grading } from "../../tools/grade/grade_class.ts";
import { findSubmissions } from "../../tools/grade/submissions.ts";
import { findLessons } from "../../tools/lessons/build.ts";
import { KIT } from "../../tools/lessons/kit.ts";

Deno.test("the kit's own solutions get all points from the grader", async () => {
  const folder = mkdtempSync(join(tmpdir(), "residual-solutions-"));
  try {
    const lessons = await findLessons(KIT.root);
    mkdirSync(join(folder, "class", "author"), { recursive: true });
    for (const lesson of lessons) {
      const file = `${lesson}.ipynb`;
      copyFileSync(join(KIT.root, "solutions", file), join(folder, "class", "author", file));
    }
    const { notebooks, problems } = await new Grading({
      course: {
        root: KIT.root,
        exercises: EXERCISES,
        exercisesModule: kitUrl("lib/checks/exercises/mod.ts"),
      },
      ...{ records: join(folder, "records"), jobs: 2, force: false },
      limits: { seconds: 60, mebibytes: 1024 },
    }).run(await findSubmissions(join(folder, "class")));
    assert.deepEqual(problems, []);
    assert.equal(notebooks.length, lessons.length);
    const graded = notebooks.flatMap(({ exercises }) => exercises)
      .filter(({ points }) => points !== undefined);
    assert.deepEqual(graded.map(({ exercise }) => exercise).sort(), [...EXERCISES.keys()].sort());
    for (const { exercise, points, maxPoints, reasons } of graded) {
      assert.equal(points, maxPoints, `${exercise}: ${reasons.join("; ")}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
