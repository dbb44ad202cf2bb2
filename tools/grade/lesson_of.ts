/** Finds the lesson of a notebook, and selects which of a student's notebooks is graded. */
import { printable } from "./printable.ts";

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
 * A file name matches a lesson if it contains the lesson's name as whole words: `03_identity_block (1)`,
 * `Copy of 03_identity_block`, `03-Identity-Block_ann`. A file name with two lessons matches neither, unless
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
 * Selects one notebook for each student and lesson, and reports a problem for each of the others.
 *
 * The first difference decides: fewer parent folders, a file name that equals the lesson's name, a shorter
 * path, then code unit order. File times do not count, because platforms and zips change them.
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
      `${file}: not graded; ${student} submitted ${lesson} more than once; graded instead: ${instead}`,
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
