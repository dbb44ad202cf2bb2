/** Grades one notebook: each exercise in a sandbox of its own, judged here by what came out of it. */
import { randomBytes, randomInt } from "node:crypto";
import { type Exercise, pointsOf } from "../../lib/checks/exercise.ts";
import { judge, type Verdict } from "../../lib/checks/judge.ts";
import type { Observation, Outcome } from "../../lib/checks/observe.ts";
import { analyse, type CellCode } from "./cell_code.ts";
import type { Course, GradedLesson } from "./course.ts";
import { type OwnCell, readAnswers } from "./notebook_answers.ts";
import { type Program, programFor, residualModule } from "./program.ts";
import type { ExerciseResult, NotebookResult } from "./result.ts";
import type { Run, Sandboxes } from "./sandbox/sandbox.ts";
import type { Submission } from "./submissions.ts";
import type { Written } from "./units.ts";

/** A notebook may take as long as so many of its exercises. */
const WHOLE = 5;

/** The most statements of a student's own, beside the answers, that are looked at. */
const MOST_STATEMENTS = 2_000;

/** Two seeds that nobody knows before. */
export function secretSeeds(): number[] {
  return [randomInt(1_000, 1 << 30), randomInt(1_000, 1 << 30)];
}

/** What a notebook is graded with. */
export interface Means {
  readonly course: Course;
  readonly sandboxes: Sandboxes;
  readonly seeds: readonly number[];
}

/** Grades a notebook's bytes; whatever they are, there is a result. */
export async function gradeNotebook(
  { course, sandboxes, seeds }: Means,
  lesson: GradedLesson,
  { student, file }: Pick<Submission, "student" | "file">,
  bytes: Uint8Array,
  digest: string,
): Promise<NotebookResult> {
  const started = performance.now();
  const { answers, untouched, own, notices: found } = readAnswers(lesson, bytes);
  const notices = [...found];
  const code = new Map([...answers].map(([id, source]) => [id, analyse(source)]));
  const written = { answers: code, own: analysed(own, notices) };
  const limit = WHOLE * sandboxes.limits.seconds;
  const exercises: ExerciseResult[] = [];
  let peakMebibytes = 0;
  let computed = 0;
  for (const { cell } of lesson.cells) {
    const { id, role } = cell;
    if (id === undefined) continue;
    if (role === "answer") exercises.push(waiting(id, cell.points ?? 0, answers.get(id)));
    if (role !== "solution") continue;
    const exercise = course.exercises.get(id);
    if (exercise === undefined) {
      const check = lesson.cells.find((other) => other.cell.id === `check_${id}`);
      const result = waiting(id, check?.cell.points ?? 0, answers.get(id));
      const reason = "its check compares in the learner's process: a teacher has to look at it";
      exercises.push({ ...result, reasons: [reason] });
      continue;
    }
    const missing = answersElsewhere(id, lesson, written)
      ? undefined
      : untouched.has(id)
      ? "not written yet"
      : ungraded(code.get(id));
    const early = missing ??
      (computed > limit ? `the notebook took more than ${limit} s of computing` : undefined);
    const program = early ?? programOrReason(lesson, id, written);
    if (typeof program === "string") {
      exercises.push(resultOf(exercise, [lookedAt(exercise, seeds[0]!, [], program)], [program]));
      continue;
    }
    const { run, verdicts, reasons } = await tryAnswer({ course, sandboxes, seeds }, {
      ...{ exercise, program },
    });
    peakMebibytes = Math.max(peakMebibytes, run.peakMebibytes);
    computed += run.seconds;
    exercises.push(resultOf(exercise, verdicts, reasons));
  }
  return {
    ...{ student, lesson: lesson.name, file, digest, seeds, notices, exercises },
    seconds: (performance.now() - started) / 1000,
    peakMebibytes,
  };
}

/** The code of a student's own cells, as far as it is not too much. */
function analysed(own: readonly OwnCell[], notices: string[]): Written["own"] {
  const codes: { after: number; code: CellCode }[] = [];
  let statements = 0;
  for (const { after, source } of own) {
    const code = analyse(source);
    statements += code.pieces.length;
    if (statements > MOST_STATEMENTS) {
      notices.push(
        `of the student's own cells the first ${codes.length} were looked at: the others have more ` +
          `than ${MOST_STATEMENTS} statements with them`,
      );
      break;
    }
    codes.push({ after, code });
  }
  return codes;
}

/** Whether a cell of the student's own, above the check, declares what the answer's cell is there for. */
function answersElsewhere(id: string, { cells }: GradedLesson, { own }: Written): boolean {
  const check = cells.findIndex(({ cell }) => cell.id === `check_${id}`);
  const { code: asked } = cells.find(({ cell }) => cell.id === id)!;
  const names = new Set(asked?.pieces.flatMap(({ declares }) => declares));
  return own.some(({ after, code }) =>
    after < check && code.pieces.some(({ declares }) => declares.some((name) => names.has(name)))
  );
}

/** A program, or why there is none. */
function programOrReason(lesson: GradedLesson, id: string, written: Written): Program | string {
  try {
    return programFor(lesson, id, written);
  } catch (error) {
    // Code can be nested deeper than TypeScript can follow.
    if (error instanceof RangeError) return `its code cannot be compiled: ${error.message}`;
    throw error;
  }
}

function ungraded(code: CellCode | undefined): string | undefined {
  if (code === undefined) return "there is no answer";
  if (code.broken !== undefined) return `this is no TypeScript: ${code.broken}`;
  return undefined;
}

/** A part that a teacher has to read. */
function waiting(id: string, of: number, answer: string | undefined): ExerciseResult {
  return {
    ...{ exercise: id, title: id.replaceAll("_", " "), of },
    answer: answer ?? "",
    reasons: [answer === undefined ? "there is no answer" : "waits for a teacher"],
  };
}

/** The result with the fewest points that any look at it gave. */
function resultOf(
  exercise: Exercise,
  verdicts: readonly Verdict[],
  reasons: readonly string[],
): ExerciseResult {
  const verdict = verdicts.reduce((least, v) => v.points < least.points ? v : least);
  const { id, title } = exercise;
  return { exercise: id, title, of: pointsOf(exercise), points: verdict.points, reasons, verdict };
}

/** Runs an answer and judges every look at it. */
async function tryAnswer(
  { course, sandboxes, seeds }: Means,
  { exercise, program }: { readonly exercise: Exercise; readonly program: Program },
): Promise<{ run: Run; verdicts: Verdict[]; reasons: string[] }> {
  const run = await sandboxes.run({
    task: {
      ...{ exercise: exercise.id, seeds },
      limitSeconds: sandboxes.limits.seconds / 3,
    },
    word: randomBytes(16).toString("hex"),
    program: program.code,
    residual: residualModule(exercise.ownParts ?? []),
    exercisesModule: course.exercisesModule,
  });
  const last = run.messages.at(-1);
  const end = run.stopped ?? (last?.kind === "end" ? last.error : undefined);
  const missing = end ?? "its check was not reached";
  const verdicts: Verdict[] = [];
  for (let call = 0; call < program.calls; call++) {
    for (const seed of seeds) {
      verdicts.push(lookedAt(exercise, seed, observationsOf(run, call), missing));
    }
  }
  const thrown = run.messages.flatMap((m) =>
    m.kind === "note" ? [`its cell throws ${m.text}`] : []
  );
  return {
    ...{ run, verdicts },
    reasons: [...new Set([...program.notices, ...thrown, ...(end === undefined ? [] : [end])])],
  };
}

/** One look, as far as it was taken. */
interface Looked {
  readonly seed: number;
  readonly look: number;
  readonly observation: Observation;
}

/** The looks at one call's candidate. */
function observationsOf({ messages }: Run, call: number): Looked[] {
  const same = messages.find((m) => m.kind === "same" && m.call === call);
  const source = same?.kind === "same" ? same.as : call;
  return messages.flatMap((m) => m.kind === "look" && m.call === source ? [m] : []);
}

/** Judges what was seen with one seed; `missing` says why the rest was not. */
function lookedAt(
  exercise: Exercise,
  seed: number,
  looked: readonly Looked[],
  missing: string,
): Verdict {
  const about = { exercise: exercise.id, seed };
  const refused = looked.find(({ observation }) => observation.refused !== undefined);
  if (refused !== undefined) {
    return judge(exercise, { ...refused.observation, ...about, outcomes: [] });
  }
  let leaked = 0;
  const outcomes = exercise.looks.map((_, i): Outcome => {
    const all = looked.filter(({ look }) => look === i);
    const found = all.find((one) => one.seed === seed)?.observation;
    leaked += found?.leaked ?? 0;
    // With a seed that had trouble the others are not waited for.
    const other = all.map(({ observation: { outcomes: [first] } }) => first)
      .find((outcome) => outcome !== undefined && "trouble" in outcome);
    return found?.outcomes[0] ?? other ?? { trouble: missing };
  });
  return judge(exercise, { ...about, outcomes, leaked });
}
