/** Finds the lesson of a notebook, and selects which of a student's notebooks is graded. */
import { printable } from "./printable.ts";

/** The maximum number of notebooks named in a problem. */
const MOST_NAMED = 3;

/** A notebook whose lesson is known. */
export interface LessonNotebook {
  readonly student: string;
  readonly file: string;
  readonly lesson: string;
}

/**
 * Finds the lesson of a notebook file. If the metadata names a lesson of the course, the result is that
 * lesson; otherwise the file name decides. The result is undefined if neither matches a lesson.
 *
 * A file name matches a lesson if it contains the lesson's name as whole words: `05_identity_block (1)`,
 * `Copy of 05_identity_block`, `03-Identity-Block_ann`. A file name with two lessons matches neither, unless
 * one lesson's name is part of the other's.
 *
 * @param file The notebook's path, with "/" as the separator.
 * @param origin The lesson in the notebook's metadata.
 * @param lessons The lessons of the course.
 */
export function lessonOf(
  file: string,
  origin: string | undefined,
  lessons: readonly string[],
): string | undefined {
  if (origin !== undefined && lessons.includes(origin)) return origin;
  const name = words(file.slice(file.lastIndexOf("/") + 1));
  const named = lessons.filter((lesson) => name.includes(words(lesson)));
  const [lesson, ...others] = named.filter((lesson) =>
    !named.some((other) => other !== lesson && words(other).includes(words(lesson)))
  );
  return others.length === 0 ? lesson : undefined;
}

/** Converts a name to lowercase words between underscores, to ignore changes by platforms and learners. */
function words(name: string): string {
  return `_${name.normalize("NFC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_")}_`
    .replace(/__+/g, "_");
}

/**
 * Selects one notebook for each student and lesson. If a student submitted a lesson more than once, one problem
 * names the graded notebook and the others.
 *
 * The first difference decides: fewer parent folders, a file name that equals the lesson's name, a shorter
 * path, then code unit order. File times do not count, because platforms and zips change them.
 */
export function onePerLesson<Notebook extends LessonNotebook>(
  notebooks: readonly Notebook[],
): { graded: Notebook[]; problems: string[] } {
  const groups = Map.groupBy(notebooks, keyOf);
  const best = new Map<string, Notebook>();
  for (const [key, group] of groups) {
    best.set(key, group.reduce((a, b) => isBefore(b, a) ? b : a));
  }
  const graded = notebooks.filter((notebook) => best.get(keyOf(notebook)) === notebook);
  const problems = [...groups].filter(([, group]) => group.length > 1)
    .map(([key, group]) => submittedTwice(best.get(key)!, group));
  return { graded, problems };
}

/** The problem with the notebooks of one student for one lesson. */
function submittedTwice(graded: LessonNotebook, all: readonly LessonNotebook[]): string {
  const others = all.filter((notebook) => notebook !== graded);
  const named = others.slice(0, MOST_NAMED).map(({ file }) => printable(file)).join(", ");
  const more = others.length > MOST_NAMED ? ` and ${others.length - MOST_NAMED} more` : "";
  const [student, lesson, file] = [graded.student, graded.lesson, graded.file]
    .map((text) => printable(text));
  return `${student} submitted lesson ${lesson} in ${all.length} files; ` +
    `graded: ${file}; not graded: ${named}${more}`;
}

function keyOf({ student, lesson }: LessonNotebook): string {
  return JSON.stringify([student, lesson]);
}

function isBefore(a: LessonNotebook, b: LessonNotebook): boolean {
  const [ranksA, ranksB] = [ranksOf(a), ranksOf(b)];
  const place = ranksA.findIndex((rank, i) => rank !== ranksB[i]);
  return place === -1 ? a.file < b.file : ranksA[place]! < ranksB[place]!;
}

function ranksOf({ file, lesson }: LessonNotebook): number[] {
  const parts = file.split("/");
  return [parts.length, parts.at(-1) === `${lesson}.ipynb` ? 0 : 1, file.length];
}
