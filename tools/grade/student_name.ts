/** Extracts students' names from the folder and file names that learning platforms make. */

/** A student's name, from the name of a folder or file. */
export interface StudentName {
  readonly name: string;
  /** The platform's number, which distinguishes students with the same name. */
  readonly id?: string;
}

/**
 * Moodle's folder name is `Ann Lee_1234567_assignsubmission_file`, with a final underscore in older versions.
 * Without folders, the file's own name follows. A group may have no number.
 */
const MOODLE = /^([^]+?)(?:_(\d+))?_assignsubmission_[a-z]+(?:_|$)/;

/**
 * Canvas's file name is `leeann_12345_678901_file.ipynb`; a late submission has `_LATE` after the student.
 * With anonymous students it is `anon_x7Yz2_678901_file.ipynb`; a late submission starts with `LATE_`.
 */
const CANVAS = /^([^]+?)(?:_LATE)?_(\d+)_(?:\d+_|(?:text|link)\.html$)/;
const CANVAS_ANONYMOUS = /^(?:LATE_)?anon_([^_]+)_(?:\d+_|(?:text|link)\.html$)/;

/** Reads the student from a folder or file name that Moodle made. */
export function moodleStudent(name: string): StudentName | undefined {
  const [, student, id] = MOODLE.exec(name) ?? [];
  if (student === undefined) return undefined;
  return id === undefined ? { name: student } : { name: student, id };
}

/** Reads the student from a file name that Canvas made. */
export function canvasStudent(name: string): StudentName | undefined {
  const anonymous = CANVAS_ANONYMOUS.exec(name)?.[1];
  if (anonymous !== undefined) return { name: `anon_${anonymous}` };
  const [, student, id] = CANVAS.exec(name) ?? [];
  return student === undefined || id === undefined ? undefined : { name: student, id };
}
