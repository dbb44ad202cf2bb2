/**
 * Two starts at once: the second waits. This saves double work; that nothing breaks without it is the
 * business of work.mjs (unique names, one rename).
 */
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { isAlive, readText, residualFolder, uniqueName, writeError } from "./work.mjs";

/** A holder touches its lock; one that has not for so long is dead or stopped, whatever its number says. */
const STALE_AFTER_MS = 120_000;
const TOUCH_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 300;

/**
 * Runs `work` while holding the lock.
 * @template T
 * @param {string} checkout
 * @param {() => Promise<T>} work
 * @param {(text: string) => void} say
 * @returns {Promise<T>}
 */
export async function withLock(checkout, work, say = console.log) {
  const file = path.join(residualFolder(checkout), "setup.lock");
  try {
    await waitFor(file, say);
  } catch (error) {
    // It is the first thing that a start writes.
    throw writeError(checkout, error);
  }
  const touch = setInterval(() => {
    try {
      fs.utimesSync(file, new Date(), new Date());
    } catch { /* taken away: work goes on, it is safe without */ }
  }, TOUCH_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    if (Number.parseInt(readText(file) ?? "") === process.pid) fs.rmSync(file, { force: true });
  }
}

/** @param {string} file @param {(text: string) => void} say */
async function waitFor(file, say) {
  try {
    // Not `recursive`: Node then says ENOENT of a disk that can only be read.
    fs.mkdirSync(path.dirname(file));
  } catch (error) {
    if (!isThere(error)) throw error;
  }
  let said = false;
  while (!take(file)) {
    const holder = Number.parseInt(readText(file) ?? "");
    if (isStale(file, holder)) {
      giveWay(file, holder);
      continue;
    }
    if (!said) say(`… another start (process ${holder}) is setting up: waiting`);
    said = true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** The lock appears with its content, in one step: written beside, then linked. @param {string} file */
function take(file) {
  const beside = `${file}-${uniqueName()}`;
  fs.writeFileSync(beside, `${process.pid}\n`);
  try {
    fs.linkSync(beside, file);
    return true;
  } catch (error) {
    if (isThere(error)) return false;
    // A file system without hard links.
    try {
      fs.writeFileSync(file, `${process.pid}\n`, { flag: "wx" });
      return true;
    } catch (error) {
      if (isThere(error)) return false;
      throw error;
    }
  } finally {
    fs.rmSync(beside, { force: true });
  }
}

/** @param {unknown} error */
function isThere(error) {
  return /** @type {{ code?: string }} */ (error).code === "EEXIST";
}

/** @param {string} file @param {number} holder */
function isStale(file, holder) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  return Number.isNaN(holder) || !isAlive(holder) || Date.now() - stat.mtimeMs > STALE_AFTER_MS;
}

/** Takes a dead lock away, and puts it back if a living one came between. @param {string} file @param {number} holder */
function giveWay(file, holder) {
  const aside = `${file}-${uniqueName()}`;
  try {
    fs.renameSync(file, aside);
    const found = Number.parseInt(readText(aside) ?? "");
    if (found !== holder && isAlive(found)) fs.linkSync(aside, file);
  } catch { /* another start was faster */ }
  fs.rmSync(aside, { force: true });
}
