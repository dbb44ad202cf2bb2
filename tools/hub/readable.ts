/** Checks that the hub's users can read the files that their servers and notebooks need. */
import fs from "node:fs";
import path from "node:path";
import { NODE, type Site } from "../setup/paths.ts";
import { homesOf, type Hub } from "./hub.ts";
import { hubPackages } from "./packages.ts";

/** Files and folders that no user's server reads; of `.residual`, some folders are needed. */
const NOT_NEEDED = [".git", ".ci", ".residual", "docs", "tests"];

/** The maximum number of paths in an error. */
const MOST_NAMED = 5;

/** Mode bits for other accounts. */
const READ = 0o4;
const PASS = 0o1;

/** @throws {Error} if other accounts cannot read needed files, with their paths and commands to fix them */
export function checkReadable(hub: Hub): void {
  const { site, folder } = hub;
  const places = [site.residual, path.resolve(folder), path.resolve(homesOf(hub))];
  const programs = [site.python, NODE].map((program) => path.dirname(fs.realpathSync(program)));
  const closed = new Map<string, string>();
  for (const target of [...places, ...programs]) {
    for (const place of foldersTo(target)) {
      if (!allows(fs.statSync(place), PASS)) closed.set(place, target);
    }
  }
  const isOfKit = (place: string) => `${place}/`.startsWith(`${site.checkout}/`);
  const outside = [...closed].filter(([place]) => !isOfKit(place));
  const inside = [
    ...[...closed.keys()].filter(isOfKit),
    ...neededParts(site).flatMap((part) => [...unreadableIn(part)]),
  ];
  if (outside.length + inside.length === 0) return;
  const more = inside.length - MOST_NAMED;
  throw new Error([
    "Cannot start the hub: other accounts cannot read",
    ...outside.map(([place, target]) =>
      `  ${place}${place === target ? "" : `, which leads to ${target}`}`
    ),
    ...inside.slice(0, MOST_NAMED).map((place) => `  ${place}`),
    ...(more > 0 ? [`  and ${more} more in ${site.checkout}`] : []),
    "The users' servers need these files and folders. To make them readable:",
    ...outside.map(([place]) => `  chmod a+x '${place}'`),
    ...(inside.length > 0 ? [`  chmod -R a+rX '${site.checkout}'`] : []),
  ].join("\n"));
}

/** A folder and all its parent folders. */
function foldersTo(folder: string): string[] {
  const above = path.dirname(folder);
  return above === folder ? [folder] : [...foldersTo(above), folder];
}

function neededParts(site: Site): string[] {
  const parts = fs.readdirSync(site.checkout).filter((name) => !NOT_NEEDED.includes(name));
  const tensorflow = fs.readdirSync(site.residual).filter((name) => name.startsWith("tensorflow-"));
  return [
    ...parts.map((name) => site.at(name)),
    ...tensorflow.map((name) => path.join(site.residual, name)),
    fs.realpathSync(site.venv),
    hubPackages(site),
  ];
}

/** Finds paths that other accounts cannot read, without searching unreadable folders. */
function* unreadableIn(place: string): Generator<string> {
  const stat = fs.lstatSync(place);
  // A link has no mode of its own; its target is checked as another part.
  if (stat.isSymbolicLink()) return;
  // If the owner can run a file, other accounts must be able to run it too.
  const isProgram = (stat.mode & 0o100) !== 0;
  if (!allows(stat, READ) || (isProgram && !allows(stat, PASS))) yield place;
  else if (stat.isDirectory()) {
    for (const name of fs.readdirSync(place)) yield* unreadableIn(path.join(place, name));
  }
}

function allows({ mode }: fs.Stats, bits: number): boolean {
  return (mode & bits) === bits;
}
