/**
 * `npm test`: sets up what the tests need, proves format, lint and types, runs every test, and ends
 * with one line that a program can read: `N passed, N failed`.
 */
import process from "node:process";
import { setUp } from "../setup/steps.ts";
import { peersPart } from "./peers.ts";

const deno = Deno.execPath();

/** The checks that are commands of their own; each counts as one test. */
const COMMANDS: readonly { name: string; args: string[] }[] = [
  { name: "every source is formatted", args: ["fmt", "--check"] },
  { name: "no lint rule is broken", args: ["lint"] },
  { name: "every type is right", args: ["task", "check"] },
];

let passed = 0;
let failed = 0;

const peers = { part: peersPart, needs: ["venv"], optional: false };
const { ready, failures } = await setUp({ also: [peers] });
if (!ready) {
  console.error(`The kit could not be set up: ${[...failures.keys()].join(", ")} (see above).`);
  finish();
}

for (const { name, args } of COMMANDS) {
  const { success } = await new Deno.Command(deno, { args }).spawn().status;
  console.log(`${name} ... ${success ? "ok" : "FAILED"}`);
  if (success) passed++;
  else failed++;
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
  env: { TF_CPP_MIN_LOG_LEVEL: "2", TF_ENABLE_ONEDNN_OPTS: "1" },
}).spawn().status;
const [, tests = "0", faults = "0", errors = "0"] =
  /<testsuites[^>]* tests="(\d+)" failures="(\d+)" errors="(\d+)"/
    .exec(await Deno.readTextFile(report)) ?? [];
await Deno.remove(report);
const broken = Number(faults) + Number(errors);
passed += Number(tests) - broken;
failed += broken;
// A test file that cannot be loaded has no test in the report, and only shows here.
if (!success && broken === 0) failed++;
finish();

/** Prints the closing line and ends with a status that says the same. */
function finish(): never {
  if (passed === 0) failed = Math.max(failed, 1);
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
