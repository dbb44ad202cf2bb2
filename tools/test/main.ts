/**
 * `npm test`: sets up the kit for the tests, checks format, lint rules and types, and runs every test. The last
 * line of the output is for programs: `N passed, N failed`. The lines above it name the failed tests, and the
 * tests that cannot run on this machine, which count as neither.
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
tally.failed.push(...failed);
tally.skipped = skipped;
// A test file that cannot be loaded is not in the report.
if (!success && failed.length === 0) tally.failed.push("a test file cannot be loaded (see above)");
finish();

/** Prints the end of the output and ends the process with a matching status. */
function finish(): never {
  if (tally.passed === 0 && tally.failed.length === 0) tally.failed.push("no test ran");
  console.log(`\n${tallyText(tally)}`);
  process.exit(tally.failed.length === 0 ? 0 : 1);
}
