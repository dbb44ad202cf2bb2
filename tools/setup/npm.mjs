/** Step 1: the npm packages of package-lock.json. No package's own install script runs. */
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { runCommand } from "./command.mjs";
import { explain } from "./errors.mjs";
import { needRoom, publish, readJson, withWork } from "./work.mjs";

/** Measured: 800 MB of packages, and npm's cache of their archives where it is on the same disk. */
const ROOM = 1.3e9;

/** Every option that decides what is installed and where, so that no .npmrc can change it. */
const NPM_OPTIONS = [
  ...["--workspaces", "--include-workspace-root", "--include=prod", "--include=dev"],
  ...["--include=optional", "--include=peer"],
  ...[`--os=${process.platform}`, `--cpu=${process.arch}`, "--install-strategy=hoisted"],
  ...["--location=project", "--no-global", "--package-lock", "--no-package-lock-only"],
  ...["--bin-links", "--no-dry-run", "--no-legacy-peer-deps", "--no-strict-peer-deps"],
  ...["--no-engine-strict", "--no-install-links", "--ignore-scripts", "--no-json"],
  ...["--no-audit", "--no-fund", "--loglevel=error"],
];

/** @typedef {{ version?: string, optional?: boolean, link?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockEntry */
/** @typedef {import("./progress.mjs").StepLine} StepLine */

/**
 * What is not as package-lock.json wants it; an empty text when all is good.
 * @param {string} checkout
 */
export function npmFault(checkout) {
  const wanted = readLock(path.join(checkout, "package-lock.json"));
  const found = readLock(path.join(checkout, "node_modules", ".package-lock.json"));
  if (Object.keys(found).length === 0) return "not installed";
  for (const [folder, entry] of Object.entries(wanted)) {
    if (entry.optional || !folder.startsWith("node_modules/")) continue;
    const there = found[folder];
    const name = folder.slice("node_modules/".length);
    if (there === undefined) return `${name} is missing`;
    if (there.version !== entry.version) {
      return `${name} is ${there.version}, not ${entry.version}`;
    }
    if (!fs.existsSync(path.join(checkout, folder, "package.json"))) return `${name} is missing`;
  }
  if (!fs.existsSync(denoBinary(checkout))) return "deno's program is not in its place";
  return "";
}

/** @param {string} checkout */
export function denoBinary(checkout) {
  return path.join(checkout, "node_modules", "deno", "deno");
}

/** How many packages the lock file asks for. @param {string} checkout */
export function npmPackageCount(checkout) {
  return foldersFor(readLock(path.join(checkout, "package-lock.json"))).length;
}

/**
 * Installs into a work folder, then puts node_modules into the checkout by one rename.
 * @param {string} checkout
 * @param {StepLine} line
 */
export async function installNpm(checkout, line) {
  const folders = foldersFor(readLock(path.join(checkout, "package-lock.json")));
  needRoom(checkout, ROOM, "the npm packages");
  await withWork(checkout, async (work) => {
    const stage = path.join(work, "npm");
    fs.mkdirSync(path.join(stage, "lib"), { recursive: true });
    for (const file of ["package.json", "package-lock.json", ".npmrc", "lib/package.json"]) {
      fs.copyFileSync(path.join(checkout, file), path.join(stage, file));
    }
    const poll = setInterval(() => {
      const there = folders.filter((folder) =>
        fs.existsSync(path.join(stage, folder, "package.json"))
      );
      line.update(there.length / folders.length, `${there.length} of ${folders.length} packages`);
    }, 500);
    const { command, first } = npmCommand();
    const { code, output } = await runCommand(command, [...first, "ci", ...NPM_OPTIONS], {
      cwd: stage,
    }).finally(() => clearInterval(poll));
    if (code !== 0) {
      throw explain({
        what: "The npm packages could not be installed.",
        tried: "npm ci --ignore-scripts",
        output,
        next: "Fix the problem that npm names above, and start again.",
        room: ` (the packages need ${ROOM / 1e9} GB)`,
      });
    }
    const deno = await runCommand(process.env.RESIDUAL_NODE ?? process.execPath, [
      path.join(stage, "node_modules", "deno", "bin.cjs"),
      "--version",
    ]);
    if (deno.code !== 0) {
      throw explain({
        what: "Deno does not start on this machine.",
        tried: "node node_modules/deno/bin.cjs --version",
        output: deno.output,
        next: "Deno's npm package has programs for Linux (glibc) and macOS, on x86-64 and ARM64.",
      });
    }
    publish(path.join(stage, "node_modules"), path.join(checkout, "node_modules"));
  });
}

/** npm itself: the one that started us, else the one on the path. */
function npmCommand() {
  const started = process.env.npm_execpath;
  if (started !== undefined && path.basename(started) === "npm-cli.js" && fs.existsSync(started)) {
    return { command: process.env.RESIDUAL_NODE ?? process.execPath, first: [started] };
  }
  return { command: "npm", first: [] };
}

/** @param {string} file @returns {Record<string, LockEntry>} */
function readLock(file) {
  return readJson(file)?.packages ?? {};
}

/** The folders that npm is going to fill on this machine. @param {Record<string, LockEntry>} packages */
function foldersFor(packages) {
  return Object.entries(packages).filter(([folder, entry]) =>
    folder.startsWith("node_modules/") && !entry.link &&
    (entry.os === undefined || entry.os.includes(process.platform)) &&
    (entry.cpu === undefined || entry.cpu.includes(process.arch))
  ).map(([folder]) => folder);
}
