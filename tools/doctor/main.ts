/**
 * `npx deno task doctor`: checks each part as set-up does, tries the kernels, JupyterLab and TensorFlow, and
 * says what works, what does not, and what to do. It changes nothing. Exit status 0 only when lessons can be run.
 */
import process from "node:process";
import { examine, type Finding } from "./examine.ts";

const MARKS = { good: "✓", weak: "!", bad: "✗" } as const;

function print(findings: readonly Finding[]): void {
  const width = Math.max(...findings.map(({ title }) => title.length));
  for (const { state, title, found, advice } of findings) {
    const lines = found.split("\n");
    console.log(`${MARKS[state]} ${title.padEnd(width)}  ${lines[0]}`);
    for (const more of lines.slice(1)) console.log(`  ${" ".repeat(width)}  ${more}`);
    if (advice !== undefined) console.log(`  ${" ".repeat(width)}  → ${advice}`);
  }
}

const args = process.argv.slice(2);
const unknown = args.filter((arg) => arg !== "--json");
if (unknown.length > 0) {
  console.error(`Unknown option ${unknown[0]}. The only option is --json.`);
  process.exit(2);
}
const findings = await examine();
const ready = findings.every(({ state }) => state !== "bad");
if (args.includes("--json")) console.log(JSON.stringify({ ready, findings }, null, 2));
else {
  print(findings);
  console.log(ready ? "\nLessons can be run." : "\nLessons cannot be run yet.");
}
process.exit(ready ? 0 : 1);
