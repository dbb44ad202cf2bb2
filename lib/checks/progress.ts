/** `progress`: the lessons with the learner's points. */
import { type MimeBundle, show, showText } from "../display/display.ts";
import { escapeHtml } from "../display/html.ts";
import { type Exercise, pointsOf } from "./exercise.ts";
import { exercisesOf, LESSONS } from "./exercises/mod.ts";
import { NOTHING_DONE, type Progress, readProgress } from "./progress_file.ts";

/**
 * Shows the lessons with their points.
 *
 * @example
 * ```ts
 * import { progress } from "residual";
 *
 * await progress();
 * ```
 */
export async function progress(): Promise<void> {
  const { progress: kept, trouble } = readProgress();
  if (trouble !== undefined) await showText(trouble);
  await show(progressBundle(kept));
}

/** What `progress` shows. */
export function progressBundle(kept: Progress): MimeBundle {
  const parts = LESSONS.map((lesson) => ({
    lesson,
    ...lessonPoints(lesson, kept),
    exercises: exercisesOf(lesson).map((exercise) => lineOf(exercise, kept)),
  }));
  const points = parts.reduce((sum, part) => sum + part.points, 0);
  const of = parts.reduce((sum, part) => sum + part.maxPoints, 0);
  const total = `${points} of ${of} points`;
  return {
    "text/html": `<div><b>${total}</b><table>${
      parts.map((part) =>
        `<tr><td style="text-align: left"><b>${escapeHtml(lessonTitle(part.lesson))}</b></td><td>` +
        `<progress value="${part.points}" max="${part.maxPoints}"></progress></td>` +
        `<td>${part.points} of ${part.maxPoints}</td><td style="text-align: left">${
          part.exercises.map(escapeHtml).join("<br>")
        }</td></tr>`
      ).join("")
    }</table></div>`,
    "text/plain": [
      total,
      ...parts.flatMap(({ lesson, points, maxPoints, exercises }) => [
        "",
        `${lessonTitle(lesson)}  ${bar(points / maxPoints)}  ${points} of ${maxPoints}`,
        ...exercises.map((line) => `  ${line}`),
      ]),
    ].join("\n"),
  };
}

/** A lesson's title: "5 · identity block" for 05_identity_block. */
export function lessonTitle(lesson: string): string {
  const [, number, words = lesson] = /^(\d+)_(.*)$/.exec(lesson) ?? [];
  return [number === undefined ? "" : `${Number(number)} · `, words.replaceAll("_", " ")].join("");
}

function lineOf(exercise: Exercise, kept: Progress): string {
  const { id, title } = exercise;
  const of = pointsOf(exercise);
  const { points, checks, hints } = kept[id] ?? NOTHING_DONE;
  const mark = points === of ? "✓" : checks > 0 ? "◐" : "○";
  const help = hints === 0 ? "" : `, ${hints} ${hints === 1 ? "hint" : "hints"}`;
  return `${mark} ${title}: ${points} of ${of}${help}`;
}

const BAR_WIDTH = 20;

function bar(share: number): string {
  const full = Math.round(share * BAR_WIDTH);
  return "█".repeat(full) + "░".repeat(BAR_WIDTH - full);
}

/** The learner's points in a lesson, and the most points that the lesson gives. */
export function lessonPoints(
  lesson: string,
  kept: Progress,
): { points: number; maxPoints: number } {
  const exercises = exercisesOf(lesson);
  return {
    points: exercises.reduce((sum, { id }) => sum + (kept[id]?.points ?? 0), 0),
    maxPoints: exercises.reduce((sum, exercise) => sum + pointsOf(exercise), 0),
  };
}
