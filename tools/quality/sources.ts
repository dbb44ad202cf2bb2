/** Finds the files that people write, as opposed to those that a command generates or installs. */
import path from "node:path";

/** Folders and files at the top of the checkout that hold hand-written text. */
const TOP = [
  ...[".ci", ".github", "docs", "hub", "lib", "solutions", "tests", "tools"],
  ...["CHANGELOG.md", "CONTRIBUTING.md", "README.md", "deno.json", "requirements.txt"],
];

/** Folders with these names hold compiled, written, temporary or cached files. */
const GENERATED = new Set([
  "dist",
  "reference",
  "node_modules",
  ".tmp",
  "__pycache__",
  ".ipynb_checkpoints",
]);

const WRITTEN = /(\.(ts|mjs|cjs|js|py|md|txt|sh|ya?ml)|^Dockerfile|^deno\.json|^run)$/;

/** The files with hand-written text, relative to the checkout, with `/` on every system, sorted. */
export function sources(checkout: string): string[] {
  const found: string[] = [];
  const visit = (relative: string) => {
    const full = path.join(checkout, relative);
    if (!Deno.statSync(full).isDirectory) {
      if (WRITTEN.test(path.basename(relative))) found.push(relative);
      return;
    }
    for (const { name } of Deno.readDirSync(full)) {
      if (!GENERATED.has(name)) visit(`${relative}/${name}`);
    }
  };
  TOP.forEach(visit);
  return found.sort();
}
