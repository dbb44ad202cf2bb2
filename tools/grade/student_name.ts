/** Reads students' names out of the names that learning platforms give to folders and files. */

/** A student as a name says it. */
export interface StudentName {
  readonly name: string;
  /** The platform's number, which tells students of one name apart. */
  readonly id?: string;
}

/**
 * Moodle: `Ann Lee_1234567_assignsubmission_file`, with an underscore at the end in older versions, as a
 * folder's name; and followed by the file's name where files are not in folders. A group may lack the number.
 */
const MOODLE = /^([^]+?)(?:_(\d+))?_assignsubmission_[a-z]+(?:_|$)/;

/**
 * Canvas: `leeann_12345_678901_file.ipynb`, with `_LATE` after the name; where students are anonymous,
 * `anon_x7Yz2_678901_file.ipynb`, with `LATE_` in front.
 */
const CANVAS = /^([^]+?)(?:_LATE)?_(\d+)_(?:\d+_|(?:text|link)\.html$)/;
const CANVAS_ANONYMOUS = /^(?:LATE_)?anon_([^_]+)_(?:\d+_|(?:text|link)\.html$)/;

/** The student of a folder or file that Moodle named. */
export function moodleStudent(name: string): StudentName | undefined {
  const [, student, id] = MOODLE.exec(name) ?? [];
  if (student === undefined) return undefined;
  return id === undefined ? { name: student } : { name: student, id };
}

/** The student of a file that Canvas named. */
export function canvasStudent(name: string): StudentName | undefined {
  const anonymous = CANVAS_ANONYMOUS.exec(name)?.[1];
  if (anonymous !== undefined) return { name: `anon_${anonymous}` };
  const [, student, id] = CANVAS.exec(name) ?? [];
  return student === undefined || id === undefined ? undefined : { name: student, id };
}
