/**
 * Takes a new version of the kit from its git server. The notebooks are files of the kit in which the
 * learner works, so `git pull` alone refuses; here they are kept aside, git takes the new version, and the
 * learner's work is carried into the new notebooks.
 */
import fs from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { replaceFile } from "../../lib/replace_file.ts";
import { type Notebook, notebookText } from "../lessons/notebook.ts";
import { messageOf, SetupError } from "../setup/errors.mjs";
import type { Site } from "../setup/paths.ts";
import { list, readJson, readText } from "../setup/work.mjs";
import { type Carried, carryOver } from "./carry.ts";
import { Clone } from "./git.ts";

/** What an update did. */
export interface Update {
  /** The commits before and after; the same where nothing was new. */
  from: string;
  to: string;
  /** The folder with the notebooks as they were, if any had been worked in. */
  kept?: string;
  /** What was carried into each notebook, by file name. */
  carried: Map<string, Carried>;
  /** A line for each notebook whose place the new version's took; it is among the kept ones. */
  replaced: string[];
}

/** Noted beside the kept notebooks, so that the next update can finish one that was killed. */
interface Journal {
  /** The commit that both sides have in common: the notebooks as the kit gave them out. */
  base: string;
  head: string;
  target: string;
  finished: boolean;
}

/** A notebook of the kit's. */
const NOTEBOOK = /^(notebooks|solutions)\/[^/]+\.ipynb$/;

/** @throws {SetupError} where it cannot be done; the checkout is then as it was. */
export async function update(site: Site): Promise<Update> {
  const clone = new Clone(site.checkout);
  await checkClone(clone, site);
  const earlier = await finishEarlier(clone, site);
  if (earlier !== undefined) return earlier;
  await clone.run(
    ["fetch", "--quiet"],
    "The new version could not be fetched; nothing has changed.",
    "Run `git fetch` in this folder; once that works, run the update again.",
  );
  const head = await commitOf(clone, "HEAD");
  const target = await commitOf(clone, "@{upstream}");
  const base = await clone.ask("merge-base", head, target);
  if (base === undefined) {
    throw new SetupError({
      what: "This clone and its server have no commit in common.",
      tried: "git merge-base HEAD @{upstream}",
      came: "nothing",
      next: "Clone the kit into another folder.",
    });
  }
  if (base === target) return { from: head, to: head, carried: new Map(), replaced: [] };
  await checkObstacles(clone, base, target);
  const mine = await workedIn(clone, site, base);
  const folder = path.join(site.residual, "updates", `${stamp()}-${head.slice(0, 7)}`);
  const journal: Journal = { base, head, target, finished: false };
  for (const file of mine) {
    const kept = path.join(folder, file);
    fs.mkdirSync(path.dirname(kept), { recursive: true });
    fs.copyFileSync(site.at(file), kept);
  }
  await writeJournal(folder, journal);
  try {
    await takeVersion(clone, journal);
  } catch (error) {
    await clone.ask("merge", "--abort");
    await putBack(clone, site, folder, journal);
    throw error;
  }
  const result = await carryFrom(clone, site, folder, journal);
  const place = mine.length > 0 ? { kept: folder } : {};
  return { from: head, to: await commitOf(clone, "HEAD"), ...place, ...result };
}

async function checkClone(clone: Clone, site: Site): Promise<void> {
  const top = await clone.ask("rev-parse", "--show-toplevel");
  if (top === undefined || fs.realpathSync(top) !== fs.realpathSync(site.checkout)) {
    throw new SetupError({
      what: "This folder is not a git clone of the kit.",
      tried: "git rev-parse --show-toplevel",
      came: top ?? "no repository, or no git",
      next: "Clone the new version into another folder. Your answers are in notebooks/ here.",
    });
  }
  if (await clone.ask("rev-parse", "--abbrev-ref", "@{upstream}") === undefined) {
    throw new SetupError({
      what: "The current branch has no upstream branch.",
      tried: "git rev-parse @{upstream}",
      came: `the branch is ${await clone.ask("rev-parse", "--abbrev-ref", "HEAD")}`,
      next: "Set one: git branch --set-upstream-to=origin/main",
    });
  }
  for (const [ref, what] of [["MERGE_HEAD", "merge"], ["REBASE_HEAD", "rebase"]] as const) {
    if (await clone.ask("rev-parse", "--verify", "--quiet", ref) === undefined) continue;
    if (await isOurMerge(clone, site)) continue;
    throw new SetupError({
      what: `A ${what} is in progress in this clone.`,
      tried: "looking at the clone",
      came: ref,
      next: `Finish or abort it (git ${what} --abort), and update again.`,
    });
  }
}

/** Files that the new version would overwrite and that nothing can carry over. */
async function checkObstacles(clone: Clone, base: string, target: string): Promise<void> {
  const incoming = new Set(await clone.paths("diff", "--name-only", "-z", base, target));
  const changed = (await clone.paths("diff", "--name-only", "-z", "HEAD"))
    .filter((file) => !NOTEBOOK.test(file) && incoming.has(file));
  const untracked = (await clone.paths("ls-files", "-z", "--others"))
    .filter((file) => incoming.has(file));
  if (changed.length + untracked.length === 0) return;
  const commands = [
    ...changed.length > 0 ? [`keep your changes with \`git stash push ${changed.join(" ")}\``] : [],
    ...untracked.length > 0 ? [`rename ${untracked.join(", ")}`] : [],
  ];
  throw new SetupError({
    what: "You changed files that the new version changes as well. Nothing was updated.",
    tried: "comparing your files with the new version",
    came: [...changed, ...untracked.map((file) => `${file} (new)`)].join(", "),
    next: `To go on, ${commands.join(", and ")}. Then update again.`,
  });
}

/** The kit's notebooks that are not as the kit gave them out. */
async function workedIn(clone: Clone, site: Site, base: string): Promise<string[]> {
  const changed = await clone.paths("diff", "--name-only", "-z", base);
  return changed.filter((file) => NOTEBOOK.test(file) && fs.existsSync(site.at(file)));
}

async function commitOf(clone: Clone, name: string): Promise<string> {
  return (await clone.run(["rev-parse", name], `There is no ${name}.`, "Try `git status`.")).trim();
}

/** Lets git take the new version. Notebooks are taken as they are there. */
async function takeVersion(clone: Clone, { head, base, target }: Journal): Promise<void> {
  const changed = (await clone.paths("diff", "--name-only", "-z", "HEAD")).filter((file) =>
    NOTEBOOK.test(file)
  );
  const next = "Read git's message above; `git status` shows what is in the way.";
  const what = "Git could not take the new version; your files are as they were.";
  if (changed.length > 0) {
    await clone.run(["checkout", "--quiet", "HEAD", "--", ...changed], what, next);
  }
  if (head === base) {
    await clone.run(["merge", "--ff-only", "--quiet", target], what, next);
    return;
  }
  // The learner has commits of their own.
  if (!await clone.succeeds("merge", "--no-ff", "--no-commit", "--quiet", target)) {
    const conflicts = await clone.paths("diff", "--name-only", "-z", "--diff-filter=U");
    const others = conflicts.filter((file) => !NOTEBOOK.test(file));
    if (others.length > 0 || conflicts.length === 0) {
      throw new SetupError({
        what,
        tried: `git merge ${target.slice(0, 7)}`,
        came: others.length > 0
          ? `your commits and the new version change the same lines of ${others.join(", ")}`
          : "git refused",
        next: "Merge by hand (git merge), or ask the maintainer of your copy of the kit.",
      });
    }
  }
  const inTarget = new Set(await clone.paths("ls-tree", "-r", "--name-only", "-z", target));
  const notebooks = (await clone.paths("diff", "--name-only", "-z", "--cached", target))
    .filter((file) => NOTEBOOK.test(file));
  for (const file of notebooks) {
    await clone.run(
      inTarget.has(file)
        ? ["checkout", "--quiet", target, "--", file]
        : ["rm", "--quiet", "--force", "--", file],
      what,
      next,
    );
  }
  await clone.run(["commit", "--quiet", "--no-edit", "--no-verify"], what, next);
}

/** Carries the kept notebooks into those of the new version. */
async function carryFrom(
  clone: Clone,
  site: Site,
  folder: string,
  journal: Journal,
): Promise<Pick<Update, "carried" | "replaced">> {
  const replaced: string[] = [];
  const names = list(path.join(folder, "notebooks"));
  const mine = new Map<string, Notebook>();
  for (const name of names) {
    try {
      mine.set(name, parseNotebook(fs.readFileSync(path.join(folder, "notebooks", name), "utf8")));
    } catch {
      replaced.push(`notebooks/${name} cannot be read as a notebook`);
    }
  }
  const old = await notebooksOf(clone, journal.base);
  const fresh = await notebooksOf(clone, journal.target);
  const { notebooks } = carryOver(mine, old, fresh);
  for (const [name, { notebook, notes }] of notebooks) {
    if (isDeepStrictEqual(notebook, fresh.get(name))) continue;
    const text = notebookText(notebook);
    const file = `notebooks/${name}`;
    const now = readText(site.at(file));
    if (now === undefined || now === await clone.file(journal.target, file)) {
      await replaceFile(site.at(file), text);
    } else if (now !== text) {
      // An update was killed, and the learner went on before the next one.
      notes.push("you have worked in the new notebook since: nothing was carried into it");
    }
  }
  for (const name of list(path.join(folder, "solutions"))) {
    const file = `solutions/${name}`;
    const versions = [journal.base, journal.target].map((commit) => clone.file(commit, file));
    const [before, after] = await Promise.all(versions);
    if (before === after) fs.copyFileSync(path.join(folder, file), site.at(file));
    else replaced.push(`${file} is new in this version, and you had changed it`);
  }
  await writeJournal(folder, { ...journal, finished: true });
  const carried = new Map(
    [...notebooks].filter(([, { answers, cells, notes }]) => answers + cells + notes.length > 0),
  );
  return { carried, replaced };
}

/** @throws {Error} for a text that is not a notebook with cells */
function parseNotebook(text: string): Notebook {
  const notebook = JSON.parse(text) as Notebook;
  const cells = notebook.cells.map((cell) => ({ ...cell, metadata: cell.metadata ?? {} }));
  for (const { cell_type, source } of cells) {
    const lines = [source].flat();
    if (typeof cell_type === "string" && lines.every((line) => typeof line === "string")) continue;
    throw new Error("Expected cells with a type and a source.");
  }
  return { ...notebook, cells, metadata: notebook.metadata ?? {} };
}

async function notebooksOf(clone: Clone, commit: string): Promise<Map<string, Notebook>> {
  const found = new Map<string, Notebook>();
  for (const file of await clone.paths("ls-tree", "--name-only", "-z", commit, "notebooks/")) {
    if (!NOTEBOOK.test(file)) continue;
    const text = await clone.file(commit, file);
    if (text !== undefined) found.set(path.basename(file), parseNotebook(text));
  }
  return found;
}

function stamp(): string {
  return new Date().toISOString().slice(0, 19).replace("T", "_").replaceAll(":", "-");
}

function journalFile(folder: string): string {
  return path.join(folder, "update.json");
}

async function writeJournal(folder: string, journal: Journal): Promise<void> {
  await replaceFile(journalFile(folder), `${JSON.stringify(journal, null, 1)}\n`);
}

/** The update that was killed, if one was. */
function unfinished(site: Site): { folder: string; journal: Journal } | undefined {
  for (const name of list(path.join(site.residual, "updates")).sort().reverse()) {
    const folder = path.join(site.residual, "updates", name);
    const journal = readJson(journalFile(folder)) as Journal | undefined;
    if (journal?.finished === false) return { folder, journal };
  }
  return undefined;
}

async function isOurMerge(clone: Clone, site: Site): Promise<boolean> {
  const target = unfinished(site)?.journal.target;
  return target !== undefined && target === await clone.ask("rev-parse", "MERGE_HEAD");
}

/** Finishes an update that was killed, or undoes it where git had not taken the new version yet. */
async function finishEarlier(clone: Clone, site: Site): Promise<Update | undefined> {
  const earlier = unfinished(site);
  if (earlier === undefined) return undefined;
  const { folder, journal } = earlier;
  if (await isOurMerge(clone, site)) await clone.ask("merge", "--abort");
  const taken = await clone.succeeds("merge-base", "--is-ancestor", journal.target, "HEAD");
  if (!taken) {
    await putBack(clone, site, folder, journal);
    return undefined;
  }
  const result = await carryFrom(clone, site, folder, journal);
  return { from: journal.head, to: await commitOf(clone, "HEAD"), kept: folder, ...result };
}

/** Puts the kept notebooks back where they were. A notebook that was changed since then stays. */
async function putBack(clone: Clone, site: Site, folder: string, journal: Journal): Promise<void> {
  const changed = new Set(await clone.paths("diff", "--name-only", "-z", "HEAD"));
  for (const part of ["notebooks", "solutions"]) {
    for (const name of list(path.join(folder, part))) {
      const file = `${part}/${name}`;
      if (!changed.has(file)) fs.copyFileSync(path.join(folder, file), site.at(file));
    }
  }
  await writeJournal(folder, { ...journal, finished: true });
}

/** The lines that tell the learner what an update did. */
export function tell(
  { from, to, kept, carried, replaced }: Update,
  shown: (file: string) => string = (file) => file,
): string[] {
  if (from === to) return ["This is the newest version."];
  const lines = [`Updated from ${from.slice(0, 7)} to ${to.slice(0, 7)}.`];
  for (const [name, { answers, cells, notes }] of [...carried].sort()) {
    const work = [counted(answers, "answer"), counted(cells, "cell")].filter((text) => text !== "");
    lines.push(
      `${name}: ${work.length > 0 ? `${work.join(" and ")} of yours carried over` : "look at"}`,
    );
    for (const note of notes) lines.push(`  → ${note}`);
  }
  for (const reason of replaced) lines.push(`${reason}: the new version's took its place`);
  if (kept !== undefined) {
    lines.push(`Your notebooks as they were: ${shown(kept)}`);
    lines.push("Is a notebook open in JupyterLab? File → Reload Notebook from Disk.");
  }
  lines.push("`npm start` sets up what the new version needs.");
  return lines;
}

function counted(count: number, what: string): string {
  return count === 0 ? "" : `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** What to print for an error of any kind. */
export function textOf(error: unknown): string {
  return error instanceof SetupError ? error.toText() : messageOf(error);
}
