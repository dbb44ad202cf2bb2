/**
 * `npm test`: sets up the kit for the tests, checks format, lint rules, types and the quality of the text, and
 * runs every test. The last line of the output is for programs: `N passed, N failed`. The lines above it name the
 * failed tests, and the tests that cannot run on this machine, which count as neither.
 */
import process from "node:process";
import { hubPart } from "../hub/packages.ts";
import { setUp } from "../setup/steps.ts";
import { peersPart } from "./peers.ts";
import { readReport, type Tally, tallyText } from "./report.ts";

const deno = Deno.execPath();

/** The checks that are commands of their own; each counts as one test. */
const COMMANDS: readonly { name: string; args: string[] }[] = [
  { name: "every source is formatted", args: ["fmt", "--check"] },
  { name: "no lint rule is broken", args: ["lint"] },
  { name: "every type is right", args: ["task", "types"] },
  { name: "every word is spelled correctly", args: ["task", "quality", "spelling"] },
  { name: "no replaced phrase is used", args: ["task", "quality", "phrases"] },
  { name: "no import is part of a cycle", args: ["task", "quality", "cycles"] },
  { name: "every public name has a doc comment", args: ["task", "quality", "documentation"] },
];

const tally: Tally = { passed: 0, failed: [], skipped: [] };

const peers = { part: peersPart, needs: ["venv"], optional: false };
// Without JupyterHub its test is named as one that was not run.
const hub = { part: hubPart, needs: ["venv"], optional: true };
const { ready, failures } = await setUp({ also: [peers, hub] });
if (!ready) {
  console.error(`The kit could not be set up: ${[...failures.keys()].join(", ")} (see above).`);
  tally.failed.push("set-up");
  finish();
}

for (const { name, args } of COMMANDS) {
  const { success } = await new Deno.Command(deno, { args }).spawn().status;
  console.log(`${name} ... ${success ? "ok" : "FAILED"}`);
  if (success) tally.passed++;
  else tally.failed.push(name);
}

/** Folders whose tests mostly wait for kernels, browsers and servers. They run beside the others. */
const WAITING = ["browser", "hub", "kernels", "site", "study"].map((name) => `tests/${name}`);
const folders = Array.from(Deno.readDirSync("tests"), ({ name }) => name)
  .filter((name) => !name.startsWith("."))
  .map((name) => `tests/${name}`)
  .sort();
// The examples in the doc comments of lib are tests as well.
const others = [...folders.filter((folder) => !WAITING.includes(folder)), "lib"];

/** Runs the tests of these folders in a process of its own and adds them to the tally. */
async function runTests(places: readonly string[], { printAtEnd = false } = {}): Promise<void> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  const output = printAtEnd ? "piped" : "inherit";
  const child = new Deno.Command(deno, {
    args: ["test", "--no-check", "-A", "--doc", `--junit-path=${report}`, ...places, ...Deno.args],
    // Whoever runs the tests keeps the progress that is theirs.
    env: { TF_CPP_MIN_LOG_LEVEL: "2", TF_ENABLE_ONEDNN_OPTS: "1", RESIDUAL_PROGRESS: "off" },
    stdout: output,
    stderr: output,
  }).spawn();
  if (printAtEnd) {
    const { stdout, stderr } = await child.output();
    for (const bytes of [stdout, stderr]) console.log(new TextDecoder().decode(bytes));
  }
  const { success } = await child.status;
  const { passed, failed, skipped } = readReport(await Deno.readTextFile(report));
  await Deno.remove(report);
  tally.passed += passed;
  tally.failed.push(...failed);
  tally.skipped.push(...skipped);
  // A test file that cannot be loaded is not in the report.
  if (!success && failed.length === 0) {
    tally.failed.push(`a test file in ${places.join(", ")} cannot be loaded (see above)`);
  }
}

await Promise.all([runTests(others), runTests(WAITING, { printAtEnd: true })]);
finish();

/** Prints the end of the output and ends the process with a matching status. */
function finish(): never {
  if (tally.passed === 0 && tally.failed.length === 0) tally.failed.push("no test ran");
  console.log(`\n${tallyText(tally)}`);
  process.exit(tally.failed.length === 0 ? 0 : 1);
}
