/** Assigns submissions to students with the option `--student`. */
import { allItems, type FolderItem, isNotebook } from "./item.ts";
import { printable } from "./printable.ts";
import { Roster, type Submissions } from "./roster.ts";
import type { StudentPattern } from "./student_pattern.ts";

/** Finds the students with the pattern of `--student`. */
export function byPattern(root: FolderItem, pattern: StudentPattern): Submissions {
  const roster = new Roster();
  for (const item of allItems(root.items)) {
    const { path, kind } = item;
    if (kind === "litter") {
      roster.addOther(item);
      continue;
    }
    const isFolder = kind === "folder" || (kind === "unread" && item.isFolder);
    const student = isFolder ? pattern.studentOfFolder(path) : pattern.studentOf(path);
    if (kind === "folder") {
      if (student !== undefined) roster.addStudent({ name: student }, student);
    } else if (student !== undefined) roster.addItem(item, { name: student }, student);
    else if (kind === "file" && isNotebook(item.name)) {
      roster.addProblem(
        path,
        `not graded; the path does not match --student "${printable(pattern.text)}"`,
      );
    } else roster.addOther(item);
  }
  return roster.submissions(`Student names come from the pattern "${printable(pattern.text)}".`);
}
