/** Grades a class until somebody kills it: run_to_kill.ts SUBMISSIONS RECORDS. */
import process from "node:process";
import { Grading } from "../../tools/grade/grade_class.ts";
import { findSubmissions } from "../../tools/grade/submissions.ts";
import { COURSE } from "./students.ts";

const [submissions, records] = process.argv.slice(2) as [string, string];
await new Grading({
  ...{ course: COURSE, records, jobs: 1, force: false },
  limits: { seconds: 30, mebibytes: 700 },
  onProgress: ({ done }) => console.log(`done ${done}`),
}).run(await findSubmissions(submissions));
