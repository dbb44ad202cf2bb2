/** Sorts submissions by their folders, and by the names that platforms give. */
import {
  type ClassLayout,
  foldersBesideSubmitted,
  hasTwins,
  isNbgraderFolder,
  layoutOf,
  studentOfFile,
} from "./class_layout.ts";
import { type FolderItem, type Item, joinPath } from "./item.ts";
import { printable } from "./printable.ts";
import { Roster, type Submissions } from "./roster.ts";
import { moodleStudent } from "./student_name.ts";

/** Students by the layout of folders, and by the names that platforms give. */
export function byLayout(root: FolderItem): Submissions {
  const roster = new Roster();
  const layout = layoutOf(root);
  const { folder } = layout;
  for (const item of layout.beside) addBeside(roster, item);
  const kinds = new Set(folder.items.map((item) => addTopItem(roster, item)));
  const where = printable([root.name, folder.path].filter((part) => part !== "").join("/"));
  addHints(roster, layout);
  return roster.submissions(sentenceOf(kinds, layout, where));
}

function addBeside(roster: Roster, item: Item): void {
  if (item.kind === "folder" && !isNbgraderFolder(item.name)) {
    roster.addProblem(item.path, "not graded; it stands beside the students' folders");
  } else roster.addOther(item);
}

type NamedBy = "folder" | "Moodle" | "Canvas";

/** Adds what stands where students' folders do; returns what named the student. */
function addTopItem(roster: Roster, item: Item): NamedBy | undefined {
  const { name, kind } = item;
  const isFolder = (kind === "folder" && !item.isZip) || (kind === "unread" && item.isFolder);
  const byPlatform = isFolder ? moodleStudent(name) : studentOfFile(name);
  const student = byPlatform ?? (isFolder ? { name } : undefined);
  const isHidden = kind === "unread" && name.startsWith(".");
  if (student !== undefined && kind !== "litter" && !isHidden) {
    roster.addItem(item, student, name);
    if (byPlatform === undefined) return "folder";
    return moodleStudent(name) === undefined ? "Canvas" : "Moodle";
  }
  if (kind === "folder") {
    roster.addProblem(
      item.path,
      'a zip in no student\'s folder; if each zip is a student, use --student "STUDENT.zip/**"',
    );
  } else roster.addOther(item);
  return undefined;
}

/** Says where the layout is in doubt. */
function addHints(roster: Roster, { folder, isNbgrader }: ClassLayout): void {
  const [rival] = isNbgrader ? [] : foldersBesideSubmitted(folder);
  if (rival !== undefined) {
    roster.addProblem(
      joinPath(folder.path, "submitted"),
      `taken for a student, because "${printable(rival.name)}" beside it holds notebooks; ` +
        "if it is nbgrader's, grade that folder alone",
    );
  }
  const twins = folder.items.filter((item) => item.kind === "folder" && hasTwins(item));
  if (twins.length === 0) return;
  const others = twins.length === 1 ? "" : ` (and of ${twins.length - 1} more)`;
  roster.addProblem(
    twins[0]!.path,
    `folders in it${others} hold the same notebook; if they are students, use --student "*/STUDENT/**"`,
  );
}

function sentenceOf(
  kinds: ReadonlySet<NamedBy | undefined>,
  { isNbgrader }: ClassLayout,
  where: string,
): string {
  const parts: string[] = [];
  if (kinds.has("folder")) {
    parts.push(`Each folder in "${where}" is a student${isNbgrader ? ", as in nbgrader" : ""}`);
  }
  for (const platform of ["Moodle", "Canvas"] as const) {
    if (kinds.has(platform)) parts.push(`${platform}'s names in "${where}" give the students`);
  }
  return `${parts.join("; ")}.`;
}
