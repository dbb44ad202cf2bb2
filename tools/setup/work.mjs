/**
 * The one rule that makes set-up safe to kill: a thing is made in a work folder of its own and published
 * by one rename. A work folder carries its process's number; the next start removes those of the dead.
 */
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { randomBytes } from "node:crypto";
import { explain, messageOf, SetupError } from "./errors.mjs";
import { megabytes } from "./progress.mjs";

/** @param {string} checkout */
export function residualFolder(checkout) {
  return path.join(checkout, ".residual");
}

/** A name that no other start uses: `<pid>-<random>`. */
export function uniqueName() {
  return `${process.pid}-${randomBytes(4).toString("hex")}`;
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    // A zombie answers too: dead, but its parent has not asked yet.
    return !/^\d+ \(.*\) Z/s.test(readText(`/proc/${pid}/stat`) ?? "");
  } catch (error) {
    return /** @type {{ code?: string }} */ (error).code === "EPERM";
  }
}

/**
 * Gives `make` an empty folder and removes it afterwards, whatever happens.
 * @template T
 * @param {string} checkout
 * @param {(folder: string) => Promise<T> | T} make
 * @returns {Promise<T>}
 */
export async function withWork(checkout, make) {
  const folder = path.join(residualFolder(checkout), "work", uniqueName());
  try {
    fs.mkdirSync(folder, { recursive: true });
    return await make(folder);
  } catch (error) {
    throw writeError(checkout, error);
  } finally {
    remove(folder);
  }
}

/**
 * What to tell where writing in the checkout may have failed; any other error comes back as it is.
 * @param {string} checkout
 * @param {unknown} error
 */
export function writeError(checkout, error) {
  const came = messageOf(error);
  const tried = `writing under ${checkout}`;
  if (error instanceof SetupError) return error;
  if (/ENOSPC|EDQUOT|os error 28/.test(came)) {
    const next = "Make room and start again.";
    return explain({ what: "Files could not be written.", tried, output: came, next });
  }
  const readOnly = /EROFS|os error 30/.test(came);
  if (!readOnly && !/EACCES|EPERM|os error (1|13)\b/.test(came)) return error;
  const at = /** @type {{ path?: string, dest?: string }} */ (error);
  let folder = path.dirname(at.dest ?? at.path ?? residualFolder(checkout));
  while (!fs.existsSync(folder)) folder = path.dirname(folder);
  const { uid: owner } = fs.statSync(folder);
  const user = process.getuid?.();
  const change = owner === user
    ? `chmod -R u+w "${checkout}"`
    : `sudo chown -R ${user} "${checkout}"`;
  return new SetupError({
    what: "Set-up cannot write in this folder.",
    tried,
    came: `${came}; ${folder} belongs to ${userName(owner)}, and this is ${userName(user)}`,
    next: readOnly
      ? "The disk is read-only: copy the folder to another disk and start there."
      : `Make the folder writable (${change}) and start again, without sudo.`,
  });
}

/** @param {number | undefined} id */
function userName(id) {
  return id === 0 ? "root" : `user ${id}`;
}

/** Removes what killed starts left behind. @param {string} checkout */
export function sweep(checkout) {
  for (const folder of PUBLISHED_IN) sweepTransit(path.join(checkout, folder));
  const folder = path.join(residualFolder(checkout), "work");
  for (const name of list(folder)) {
    if (!isAlive(Number.parseInt(name))) remove(path.join(folder, name));
  }
  for (const name of list(residualFolder(checkout))) {
    const pid = /^setup\.lock-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) {
      remove(path.join(residualFolder(checkout), name));
    }
  }
}

/** Folders in which set-up publishes and others look for files. */
const PUBLISHED_IN = ["", ".residual", "lib", "tools/kernels", "data/cifar-10-batches-bin"];

/** The name of what is on its way in or out of a folder, with the process's number. */
const IN_TRANSIT = /^\.residual-(\d+)-/;

/**
 * Puts `made` (a file or a folder in the work folder) in the place of `target`, by a rename within the
 * target's own folder: that may be on another disk than the work folder. A folder that is there already
 * is moved aside first; a file is replaced in one step.
 * @param {string} made
 * @param {string} target
 */
export function publish(made, target) {
  const folder = path.dirname(target);
  fs.mkdirSync(folder, { recursive: true });
  sweepTransit(folder);
  const ready = path.join(folder, `.residual-${uniqueName()}`);
  const old = path.join(folder, `.residual-${uniqueName()}`);
  try {
    moveTo(made, ready);
    if (fs.lstatSync(target, { throwIfNoEntry: false })?.isDirectory()) fs.renameSync(target, old);
    fs.renameSync(ready, target);
  } catch (error) {
    const code = /** @type {{ code?: string }} */ (error).code;
    // Another start published the same thing between two of the lines above: its result is as good as ours.
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  } finally {
    remove(ready);
    remove(old);
  }
}

/** @param {string} from @param {string} to */
function moveTo(from, to) {
  try {
    fs.renameSync(from, to);
  } catch (error) {
    if (!/EXDEV|os error 18\b/.test(messageOf(error))) throw error;
    fs.cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  }
}

/** @param {string} folder */
function sweepTransit(folder) {
  for (const name of list(folder)) {
    const pid = IN_TRANSIT.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) remove(path.join(folder, name));
  }
}

/** Removes without complaint: what a dying process still writes is removed by a later start. @param {string} target */
export function remove(target) {
  try {
    fs.rmSync(target, { recursive: true, force: true, maxRetries: 2 });
  } catch { /* a later start removes it */ }
}

/** @param {string} folder */
export function list(folder) {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

/** @param {string} file @returns {string | undefined} */
export function readText(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** What a JSON file holds; undefined where there is none or it cannot be read. @param {string} file */
export function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** The bytes that can still be written beside the checkout. @param {string} checkout */
export function freeBytes(checkout) {
  const { bavail, bsize } = fs.statfsSync(checkout);
  return Number(bavail) * Number(bsize);
}

/**
 * Refuses a step that is going to fill the disk, before it starts.
 * @param {string} checkout
 * @param {number} bytes
 * @param {string} what
 */
export function needRoom(checkout, bytes, what) {
  const free = freeBytes(checkout);
  if (free >= bytes) return;
  throw new SetupError({
    what: `There is not enough room on the disk for ${what}.`,
    tried: `reading the free space of ${checkout}`,
    came: `${megabytes(free)} free, ${megabytes(bytes)} needed`,
    next: `Make room (${megabytes(bytes - free)} more) and start again.`,
  });
}
