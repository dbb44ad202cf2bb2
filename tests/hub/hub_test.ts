/** A course on a real JupyterHub: several users fetch, solve, hand in, are graded and read why. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { makeCourse } from "../../tools/course/main.ts";
import type { Notebook } from "../../tools/lessons/notebook.ts";
import {
  answer,
  cellOf,
  checkOf,
  LESSON,
  PLAIN,
  RIGHT,
  smallCourse,
} from "../course/small_lesson.ts";
import { HubUser } from "./hub_client.ts";
import { hubIsInstalled, withHub } from "./running_hub.ts";

const PLACE = `${LESSON}/${LESSON}.ipynb`;
const CHECK_MIME = "application/vnd.residual.check+json";

/** What each student writes, the points for it, and what the feedback has to say. */
const STUDENTS: readonly Student[] = [
  { name: "ann", points: 6, work: answer(RIGHT), told: /find a residual|6 of 6 points/ },
  {
    name: "bob",
    points: 2,
    work: answer(PLAIN),
    told: /the input is not added: this is a plain block/,
  },
  { name: "cem", points: 0, work: () => {}, told: /not implemented/ },
];

interface Student {
  name: string;
  points: number;
  work: (notebook: Notebook) => void;
  told: RegExp;
}

Deno.test({
  name: "Three students of a JupyterHub fetch a lesson, hand it in, are graded and get feedback",
  ignore: !hubIsInstalled,
  // The hub is a process that outlives a test's own bookkeeping.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withHub(async ({ address, admin, homes }) => {
      const teacher = await HubUser.create(address, "teacher", admin);
      const students = await Promise.all(STUDENTS.map(async (student) => ({
        ...student,
        user: await HubUser.create(address, student.name, admin),
      })));
      await teacher.startServer();
      const course = path.join(homes, "teacher", "course");
      await makeCourse(course, { course: smallCourse(path.dirname(homes)) });
      const nbgrader = (command: string) => teacher.terminal(`cd ~/course && nbgrader ${command}`);
      await nbgrader(`generate_assignment ${LESSON} --create`);
      await nbgrader(`release_assignment ${LESSON}`);
      assert.deepEqual((await teacher.pageConfig()).disabledExtensions, []);

      const ask = { course_id: "residual", assignment_id: LESSON };
      await Promise.all(students.map(async ({ user, work, points }) => {
        await user.startServer();
        assert.deepEqual((await user.pageConfig()).disabledExtensions.sort(), [
          "@jupyter/nbgrader:course-list",
          "@jupyter/nbgrader:create-assignment",
          "@jupyter/nbgrader:formgrader",
        ]);
        await user.server("POST", "assignments/fetch", ask);
        const notebook = await user.readNotebook(PLACE);
        work(notebook);
        await user.run(PLACE, notebook);
        assert.deepEqual(
          cellOf(notebook, "check_res_identity").outputs?.filter(isError).length,
          points === 6 ? 0 : 1,
        );
        assert.equal(pointsSeen(notebook), points);
        await user.writeNotebook(PLACE, notebook);
        const handedIn = await user.server("POST", "assignments/submit", ask);
        assert.equal((handedIn as { success: boolean }).success, true, JSON.stringify(handedIn));
        // What the check gave is kept in the home of its user.
        assert.ok(fs.existsSync(path.join(homes, user.name, "progress.json")));
      }));

      await nbgrader(`collect ${LESSON}`);
      await nbgrader(`autograde ${LESSON}`);
      const seen = await teacher.server("GET", `formgrader/api/submissions/${LESSON}`);
      const inFormgrader = (seen as { student: string; score: number }[])
        .map(({ student, score }) => [student, score] as const);
      assert.deepEqual(
        inFormgrader.sort(),
        STUDENTS.map(({ name, points }) => [name, points]),
      );
      await nbgrader(`generate_feedback ${LESSON}`);
      await nbgrader(`release_feedback ${LESSON}`);
      await nbgrader("export --to grades.csv");
      assert.deepEqual(
        readGrades(path.join(course, "grades.csv")),
        Object.fromEntries(STUDENTS.map(({ name, points }) => [name, points])),
      );

      for (const { user, told } of students) {
        await user.server("POST", "assignments/fetch_feedback", ask);
        const feedback = path.join(homes, user.name, LESSON, "feedback");
        const [page, ...others] = fs.readdirSync(feedback, { recursive: true, encoding: "utf8" })
          .filter((name) => name.endsWith(".html"));
        assert.ok(page !== undefined && others.length === 0);
        const place = path.join(LESSON, "feedback", page);
        const model = await user.server("GET", `api/contents/${encodeURI(place)}?type=file`);
        assert.match((model as { content: string }).content, told);
      }
    }),
});

function isError({ output_type }: { output_type?: unknown }): boolean {
  return output_type === "error";
}

/** The points of the check's result in a notebook that has run. */
function pointsSeen(notebook: Notebook): number | undefined {
  const results = (checkOf(notebook).outputs ?? []).flatMap(({ data }) =>
    (data as Record<string, { points: number }> | undefined)?.[CHECK_MIME] ?? []
  );
  return results.at(-1)?.points;
}

/** Points by student, from what `nbgrader export` wrote. */
function readGrades(file: string): Record<string, number> {
  const [head, ...rows] = fs.readFileSync(file, "utf8").trim().split("\n").map((row) =>
    row.split(",")
  );
  const [student, score] = ["student_id", "score"].map((name) => head!.indexOf(name));
  return Object.fromEntries(rows.map((row) => [row[student!]!, Number(row[score!])]).sort());
}
