/**
 * `npm test`: sets up what the tests need, proves format, lint and types, runs every test, and ends
 * with one line that a program can read: `N passed, N failed`. Tests that cannot be run on this machine
 * count as neither; the line before names them.
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
];

const tally: Tally = { passed: 0, failed: 0, skipped: [] };

const peers = { part: peersPart, needs: ["venv"], optional: false };
// Without JupyterHub its test is named as one that was not run.
const hub = { part: hubPart, needs: ["venv"], optional: true };
const { ready, failures } = await setUp({ also: [peers, hub] });
if (!ready) {
  console.error(`The kit could not be set up: ${[...failures.keys()].join(", ")} (see above).`);
  finish();
}

for (const { name, args } of COMMANDS) {
  const { success } = await new Deno.Command(deno, { args }).spawn().status;
  console.log(`${name} ... ${success ? "ok" : "FAILED"}`);
  if (success) tally.passed++;
  else tally.failed++;
}

const report = await Deno.makeTempFile({ suffix: ".xml" });
const { success } = await new Deno.Command(deno, {
  // The examples in the doc comments of lib are tests as well.
  args: [
    "test",
    "--no-check",
    "-A",
    "--doc",
    `--junit-path=${report}`,
    "tests",
    "lib",
    ...Deno.args,
  ],
  // Whoever runs the tests keeps the progress that is theirs.
  env: { TF_CPP_MIN_LOG_LEVEL: "2", TF_ENABLE_ONEDNN_OPTS: "1", RESIDUAL_PROGRESS: "off" },
}).spawn().status;
const { passed, failed, skipped } = readReport(await Deno.readTextFile(report));
await Deno.remove(report);
tally.passed += passed;
tally.failed += failed;
tally.skipped = skipped;
// A test file that cannot be loaded has no test in the report, and only shows here.
if (!success && failed === 0) tally.failed++;
finish();

/** Prints the closing line and ends with a status that says the same. */
function finish(): never {
  if (tally.passed === 0) tally.failed = Math.max(tally.failed, 1);
  console.log(`\n${tallyText(tally)}`);
  process.exit(tally.failed === 0 ? 0 : 1);
}
