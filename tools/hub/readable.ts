// Checks that the accounts of the hub's users can read what their servers and notebooks need.
import fs from "node:fs";
import path from "node:path";
import { NODE, type Site } from "../setup/paths.ts";
import { homesOf, type Hub } from "./hub.ts";
import { hubPackages } from "./packages.ts";

/** What no user's server reads; of `.residual`, only some folders. */
const NOT_NEEDED = [".git", ".ci", ".residual", "docs", "tests"];

/** The most paths that an error names. */
const MOST_NAMED = 5;

/** Mode bits of other accounts. */
const READ = 0o4;
const PASS = 0o1;

/** Throws an error that names what other accounts cannot read, and the commands that change it. */
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

/** The folders that lead to a folder, and the folder. */
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

/** What other accounts cannot read at or below a path; nothing below a folder that they cannot read. */
function* unreadableIn(place: string): Generator<string> {
  const stat = fs.lstatSync(place);
  // A link has no mode of its own, and leads to another part.
  if (stat.isSymbolicLink()) return;
  // What its owner can run, others have to run too.
  const isProgram = (stat.mode & 0o100) !== 0;
  if (!allows(stat, READ) || (isProgram && !allows(stat, PASS))) yield place;
  else if (stat.isDirectory()) {
    for (const name of fs.readdirSync(place)) yield* unreadableIn(path.join(place, name));
  }
}

function allows({ mode }: fs.Stats, bits: number): boolean {
  return (mode & bits) === bits;
}
