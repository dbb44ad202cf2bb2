/**
 * A contender that measures nothing: writes its process's number into the file of its first argument and
 * behaves as the second says; for contender_test.ts.
 */
import { createInterface } from "node:readline";
import process from "node:process";
import type { Answer, Hello, Request } from "../../tools/bench/protocol.ts";

const [file = "", behavior] = Deno.args;
Deno.writeTextFileSync(file, String(Deno.pid));
if (behavior === "no hello") console.log("Welcome!");
console.log(JSON.stringify({ version: "Fake 1.0", backend: "none" } satisfies Hello));
for await (const line of createInterface({ input: process.stdin })) {
  const { steps } = JSON.parse(line) as Request;
  if (behavior === "dies") {
    console.error("error: no memory left");
    Deno.exit(3);
  }
  if (behavior === "rubbish") console.log("step 1 of 3");
  const parameters = behavior === "other network" ? 8 : 7;
  console.log(
    JSON.stringify({ parameters, msPerStep: Array(steps).fill(2) } satisfies Answer),
  );
}
