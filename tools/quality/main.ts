/** `npx deno task quality`: checks spelling, phrases, import cycles and doc comments; all, or those named. */
import path from "node:path";
import process from "node:process";
import { CHECKOUT } from "../setup/paths.ts";
import { cycleFaults, filesOnTheWay, folderGraph, importGraph } from "./cycles.ts";
import { documentationFaults } from "./documentation.ts";
import { phraseFaults } from "./phrases.ts";
import { sources } from "./sources.ts";
import { spellingFaults, WORDS } from "./spelling.ts";

/** A check returns one message for each fault; `advice` tells what to do about them. */
const CHECKS: Readonly<Record<string, { find: () => Promise<string[]>; advice: string }>> = {
  spelling: {
    find: () => spellingFaults(CHECKOUT, sources(CHECKOUT)),
    advice: `Correct the spelling (American), or add a term to ${WORDS}, which is sorted.`,
  },
  phrases: {
    find: () => Promise.resolve(phrases()),
    advice: "The list of phrases is in tools/quality/phrases.ts.",
  },
  cycles: {
    find: () => Promise.resolve(cycles()),
    advice: "Type-only imports count.",
  },
  documentation: {
    find: () => documentationFaults(CHECKOUT),
    advice:
      "Every public name needs a doc comment, and every type in a signature must be exported.",
  },
};

function read(file: string): string {
  return Deno.readTextFileSync(path.join(CHECKOUT, file));
}

function phrases(): string[] {
  // These two quote the phrases.
  const quoting = ["tools/quality/phrases.ts", "tests/quality/phrases_test.ts"];
  return sources(CHECKOUT).filter((file) => !quoting.includes(file))
    .flatMap((file) => phraseFaults(file, read(file)));
}

function cycles(): string[] {
  const code = sources(CHECKOUT).filter((file) => /^(lib|tools|tests)\/.*\.[cm]?[jt]s$/.test(file));
  const files = importGraph(new Map(code.map((file) => [file, read(file)])), {
    residual: "lib/mod.ts",
  });
  return [
    ...cycleFaults(files),
    ...cycleFaults(folderGraph(files, "lib"), (way) => filesOnTheWay(files, way)),
  ];
}

const unknown = Deno.args.filter((name) => !(name in CHECKS));
if (unknown.length > 0) {
  console.error(
    `There is no check "${unknown.join('", "')}"; expected ${Object.keys(CHECKS).join(", ")}.`,
  );
  process.exit(2);
}

for (const name of Deno.args.length > 0 ? Deno.args : Object.keys(CHECKS)) {
  const { find, advice } = CHECKS[name]!;
  const faults = await find();
  if (faults.length === 0) continue;
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  console.error([`${name}: ${count}`, ...faults, advice].join("\n"));
  process.exitCode = 1;
}
