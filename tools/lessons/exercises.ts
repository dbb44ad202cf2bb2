/**
 * Joins a lesson's exercises with what the kit says about them: title, goal, difficulty, minutes and
 * points are written once, beside the exercise's check. A lesson with an unfinished exercise is refused.
 */
import { callsCheck } from "./subset.ts";
import { type Cell, LessonError, withoutAnswers } from "./parse.ts";

/** What the builder needs to know about an exercise. */
export interface ExerciseFacts {
  readonly id: string;
  /** The name of the lesson it belongs to, such as `07_resnet20`. */
  readonly lesson: string;
  readonly title: string;
  /** What will be built and why, in a sentence. */
  readonly goal: string;
  /** From 1 to 5. */
  readonly difficulty: number;
  readonly minutes: number;
  readonly points: number;
  readonly hints: readonly string[];
}

/** All exercises of the kit, by id. */
export type Exercises = ReadonlyMap<string, ExerciseFacts>;

/** What is wrong with an exercise's facts, if anything. */
function flaw(facts: ExerciseFacts): string | undefined {
  const { title, goal, difficulty, minutes, points } = facts;
  const hints = facts.hints.filter((hint) => hint.trim() !== "").length;
  const whole = (value: number) => Number.isInteger(value) && value > 0;
  if (title.trim() === "") return "expected a title, found none";
  if (goal.trim() === "") return "expected a goal, found none";
  if (!whole(difficulty) || difficulty > 5) {
    return `expected a difficulty from 1 to 5, found ${difficulty}`;
  }
  if (!whole(minutes)) return `expected a positive whole number of minutes, found ${minutes}`;
  if (!whole(points)) return `expected a positive whole number of points, found ${points}`;
  if (hints < 2) return `expected at least two hints, found ${hints}`;
  return undefined;
}

/** The generated text that an exercise opens with. */
function opening({ title, goal, difficulty, minutes, points }: ExerciseFacts): string[] {
  const dots = "●".repeat(difficulty) + "○".repeat(5 - difficulty);
  return [
    `## Exercise: ${title.trim()}`,
    "",
    // Two blanks at the end break the line in markdown.
    `**Goal:** ${goal.trim().replace(/\s+/g, " ")}  `,
    `**Difficulty:** ${dots} · **Minutes:** ${minutes} · **Points:** ${points}`,
  ];
}

/**
 * Completes a lesson's cells: the text of each exercise gets its opening, its check gets its points.
 * A check or an answer with `points=` of its own is not looked up, and has no such text.
 *
 * @param file The name that errors show.
 * @param lesson The lesson's name, such as `07_resnet20`.
 * @throws {LessonError} naming file, line and what is missing.
 */
export function withExercises(
  file: string,
  lesson: string,
  cells: readonly Cell[],
  exercises: Exercises,
): Cell[] {
  const found = new Map<string, { facts: ExerciseFacts; header: Cell }>();
  for (const cell of cells) {
    const id = cell.exercise;
    if (id === undefined) continue;
    const fail = (message: string): never => {
      throw new LessonError(file, cell.line, `exercise "${id}": ${message}`);
    };
    const facts = exercises.get(id) ?? fail("the kit has no such exercise");
    if (facts.lesson !== lesson) fail(`it belongs to lesson ${facts.lesson}`);
    const wrong = flaw(facts);
    if (wrong !== undefined) fail(wrong);
    const earlier = found.get(id)?.header.line;
    if (earlier !== undefined) fail(`line ${earlier} already opens it`);
    const graded = cells.some((c) => c.id === id && (c.role === "solution" || c.role === "answer"));
    if (!graded) fail(`expected a cell id="${id}" role="solution" (or "answer") after this one`);
    found.set(id, { facts, header: cell });
  }
  for (const [id, facts] of exercises) {
    if (facts.lesson !== lesson || found.has(id)) continue;
    const expected = `expected a cell [markdown] exercise="${id}"`;
    throw new LessonError(file, 1, `exercise "${id}" of this lesson is not in it; ${expected}`);
  }
  for (const cell of cells) checkPlace(file, cells, cell);
  return cells.map((cell): Cell => {
    const header = found.get(cell.exercise ?? "");
    if (header !== undefined) {
      const own = cell.lines.length > 0 ? ["", ...cell.lines] : [];
      return { ...cell, lines: [...opening(header.facts), ...own] };
    }
    if (cell.role !== "check" && cell.role !== "answer") return cell;
    const facts = found.get(exerciseOf(cell))?.facts;
    return facts === undefined ? cell : { ...cell, points: facts.points };
  });
}

/** The exercise of a cell with a role. */
function exerciseOf({ id = "", role }: Cell): string {
  return role === "check" ? id.replace(/^check_/, "") : id;
}

/** Checks that a cell with a role has the others of its exercise, in their order. */
function checkPlace(file: string, cells: readonly Cell[], cell: Cell): void {
  if (cell.role === undefined) return;
  const id = exerciseOf(cell);
  const fail = (message: string): never => {
    throw new LessonError(file, cell.line, `exercise "${id}": ${message}`);
  };
  const check = cells.find((c) => c.role === "check" && c.id === `check_${id}`);
  const header = cells.find((c) => c.exercise === id);
  if (cell.role === "check") {
    if (!cell.id?.startsWith("check_")) {
      fail(`expected the id of a check to be "check_" and the exercise's, found "${id}"`);
    }
    const solution = cells.find((c) => c.role === "solution" && c.id === id) ??
      fail(`expected a cell id="${id}" role="solution" before this check`);
    if (solution.line > cell.line) fail(`expected the solution, line ${solution.line}, before`);
  }
  if (cell.role === "solution" && check === undefined) {
    fail(`expected a cell id="check_${id}" role="check" after this one`);
  }
  const points = cell.role === "answer" ? cell.points : check?.points;
  if (points !== undefined) {
    if (header === undefined) return;
    fail("expected no points=: the kit's exercises say how many");
  }
  if (header === undefined) {
    return fail(`expected a cell [markdown] exercise="${id}" before this one`);
  }
  if (header.line > cell.line) fail(`expected its text, line ${header.line}, before this cell`);
  if (cell.role === "check" && !callsCheck(withoutAnswers(cell).lines.join("\n"), id)) {
    fail(`expected \`await check("${id}", ...)\` in this cell`);
  }
}
