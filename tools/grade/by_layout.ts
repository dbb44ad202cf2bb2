/** Assigns submissions to students by folder names and by the file names of learning platforms. */
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

/** Finds the students from the folder layout and from the file names of learning platforms. */
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
  const { kind, name, path } = item;
  if (kind === "folder" && !isNbgraderFolder(name)) {
    roster.addProblem(path, "not graded; this folder is next to the students' folder");
  } else if (kind === "unread" && isNbgraderFolder(name)) {
    // `npx deno task course` links the photos of the kit there.
    roster.addOther({ kind: "litter", name, path });
  } else roster.addOther(item);
}

type NamedBy = "folder" | "Moodle" | "Canvas";

/** Adds an item at the level of the students' folders; returns the source of the student's name. */
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
      'a zip outside the students\' folders; if each zip is one student, use --student "STUDENT.zip/**"',
    );
  } else roster.addOther(item);
  return undefined;
}

/** Reports where the layout is ambiguous. */
function addHints(roster: Roster, { folder, isNbgrader }: ClassLayout): void {
  const [rival] = isNbgrader ? [] : foldersBesideSubmitted(folder);
  if (rival !== undefined) {
    roster.addProblem(
      joinPath(folder.path, "submitted"),
      `treated as a student, because "${printable(rival.name)}" next to it has notebooks; ` +
        "if nbgrader made this folder, grade this folder only",
    );
  }
  const twins = folder.items.filter((item) => item.kind === "folder" && hasTwins(item));
  if (twins.length === 0) return;
  const others = twins.length === 1 ? "" : ` (and those of ${twins.length - 1} more)`;
  roster.addProblem(
    twins[0]!.path,
    `its subfolders${others} contain the same notebook; if they are students, use --student "*/STUDENT/**"`,
  );
}

function sentenceOf(
  kinds: ReadonlySet<NamedBy | undefined>,
  { isNbgrader }: ClassLayout,
  where: string,
): string {
  const parts: string[] = [];
  if (kinds.has("folder")) {
    parts.push(`Each folder in "${where}" is a student${isNbgrader ? " (nbgrader layout)" : ""}`);
  }
  for (const platform of ["Moodle", "Canvas"] as const) {
    if (kinds.has(platform)) {
      parts.push(`Student names come from the ${platform} names in "${where}"`);
    }
  }
  return `${parts.join("; ")}.`;
}
