/** Decides which lesson a notebook belongs to, and which of a student's notebooks is graded. */
import { printable } from "./printable.ts";

/** A notebook whose lesson is known. */
export interface LessonNotebook {
  readonly student: string;
  readonly file: string;
  readonly lesson: string;
}

/**
 * The lesson that a notebook file belongs to: its metadata's if that names a lesson of the course, else what
 * the file's name says; undefined if neither does.
 *
 * A file's name says a lesson if it contains the lesson's name as words of its own: `03_identity_block (1)`,
 * `Copy of 03_identity_block`, `03-Identity-Block_ann`. A name that contains two lessons says neither, unless
 * one lesson's name is part of the other's.
 *
 * @param file The notebook's path, with "/".
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

/** Lowercase words between single underscores: what platforms and learners change in a name is gone. */
function words(name: string): string {
  return `_${name.normalize("NFC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_")}_`
    .replace(/__+/g, "_");
}

/**
 * Of several notebooks of one student for one lesson, the one that is graded, and a problem for each of the
 * others. The graded one has the fewest folders above it; among those, the one whose file is named exactly as
 * the lesson; then the one with the shortest path; then the first in code unit order. The times of files play
 * no part, as platforms and zips change them.
 */
export function onePerLesson<Notebook extends LessonNotebook>(
  notebooks: readonly Notebook[],
): { graded: Notebook[]; problems: string[] } {
  const best = new Map<string, Notebook>();
  for (const notebook of notebooks) {
    const key = keyOf(notebook);
    const other = best.get(key);
    if (other === undefined || isBefore(notebook, other)) best.set(key, notebook);
  }
  const graded = notebooks.filter((notebook) => best.get(keyOf(notebook)) === notebook);
  const problems = notebooks.flatMap((notebook) => {
    const chosen = best.get(keyOf(notebook))!;
    if (chosen === notebook) return [];
    const [file, student, lesson, instead] = [
      ...[notebook.file, notebook.student, notebook.lesson, chosen.file],
    ].map((text) => printable(text));
    return [
      `${file}: not graded; ${student} submitted ${lesson} more than once, graded: ${instead}`,
    ];
  });
  return { graded, problems };
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
